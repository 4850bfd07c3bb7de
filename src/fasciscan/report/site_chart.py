"""How each repeating site moves and repeats: its mean displacement and velocity, and the times between its twitches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.origin.events import Event
from fasciscan.origin.sites import Site
from fasciscan.report.axes import Axis, Tick
from fasciscan.report.interval_chart import IntervalChart, draw_intervals
from fasciscan.report.panels import (
    LANDMARKS,
    Curve,
    Panel,
    displacement,
    draw_panel,
    found_landmarks,
    moved_quantity,
    speed_quantity,
    velocity,
)

REPEATS_LEAST = 2
"""Twitches of a site that is shown by itself; a single one is shown among the events."""

SHARE_LEAST = 0.5
"""Of a site's twitches that a moment of the mean, or a mean landmark, must rest on."""

# Layout in units of the chart.
WIDTH = 520
LEFT, RIGHT = 58, 510
MOVED = (8, 118)
SPEED = (132, 252)
"""Top and bottom of the panels."""
AXIS_ROOM = 38
TIME_TICKS = 7
MS_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class SiteMedians:
    """The usual twitch of a site; None where it was not measured."""

    moved: float | None
    """mm, or px without a scale."""
    contraction_s: float | None
    total_s: float | None
    layer: str | None
    """The most frequent one."""


@dataclass(frozen=True, slots=True)
class SiteChart:
    """One site's pictures, ready to be drawn."""

    site: Site
    panels: list[Panel]
    time_ticks: list[Tick]
    """Milliseconds from the moment the tissue is farthest out."""
    bottom: float
    height: float
    intervals: IntervalChart | None


def draw_site_charts(clip: Clip, result: ClipResult) -> list[SiteChart]:
    """Lay out the pictures of every site that twitched more than once, in the order of the sites."""
    groups = [(site, _of_site(result.events, site)) for site in result.sites]
    drawn = [_draw_site(clip, site, events) for site, events in groups if len(events) >= REPEATS_LEAST]
    return [chart for chart in drawn if chart is not None]


def site_medians(result: ClipResult) -> dict[int, SiteMedians]:
    """Give the usual twitch of each site, by the site's number."""
    return {site.id: _medians(_of_site(result.events, site)) for site in result.sites}


def _of_site(events: Iterable[Event], site: Site) -> list[Event]:
    return [event for event in events if event.site == site.id]


def _medians(events: Sequence[Event]) -> SiteMedians:
    marks = [event.kinematics.landmarks for event in events if event.kinematics]
    layers = [event.setting.layer for event in events if event.setting]
    return SiteMedians(
        _median(e.peak_displacement_px if e.peak_displacement_mm is None else e.peak_displacement_mm for e in events),
        _median(mark.contraction_s for mark in marks),
        _median(mark.total_s for mark in marks),
        max(layers, key=layers.count) if layers else None,
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _draw_site(clip: Clip, site: Site, events: Sequence[Event]) -> SiteChart | None:
    """Lay out one site; None where its twitches have no stretch of time in common."""
    alone = _alone(events)
    moved = [_laid_over(displacement(event), event, alone) for event in events]
    mean = _mean(moved)
    if mean is None:
        return None
    time = Axis(float(mean.times_s[0]), float(mean.times_s[-1]), LEFT, RIGHT)
    in_mm = clip.scale is not None
    panels = [draw_panel(moved_quantity(in_mm=in_mm), mean, time, MOVED, singles=moved)]
    speeds = [_laid_over(velocity(e.kinematics, clip.scale), e, alone) for e in events if e.kinematics]
    mean = _mean(speeds) if len(speeds) >= SHARE_LEAST * len(events) else None
    if mean is not None:
        marks = _mean_landmarks(events)
        panels.append(draw_panel(speed_quantity(in_mm=in_mm), mean, time, SPEED, singles=speeds, landmarks=marks))
    bottom = panels[-1].bottom
    ticks = time.measured(0.0, MS_PER_S).ticks(TIME_TICKS)
    return SiteChart(site, panels, ticks, bottom, bottom + AXIS_ROOM, draw_intervals(site.intervals))


def _farthest_s(event: Event) -> float:
    """Give the moment at which twitches are laid over each other: reversal, or the sampled peak where it is missing."""
    reversal_s = event.kinematics.landmarks.reversal_s if event.kinematics else None
    return event.peak_s if reversal_s is None else reversal_s


def _alone(events: Sequence[Event]) -> dict[int, tuple[float, float]]:
    """Give the time in which each twitch moves the site alone: after the one before it and until the one after it."""
    in_time = sorted(events, key=lambda event: event.peak_s)
    ends = [-np.inf, *(event.offset_s for event in in_time[:-1])]
    begins = [*(event.onset_s for event in in_time[1:]), np.inf]
    return {event.id: (end, begin) for event, end, begin in zip(in_time, ends, begins, strict=True)}


def _laid_over(curve: Curve, event: Event, alone: dict[int, tuple[float, float]]) -> Curve:
    """Count time from the moment farthest out, and leave out the site's other twitches."""
    from_s, until_s = alone[event.id]
    shown = (curve.times_s >= min(from_s, event.onset_s)) & (curve.times_s <= max(until_s, event.offset_s))
    return Curve(curve.times_s[shown] - _farthest_s(event), curve.values[shown])


def _mean(curves: Sequence[Curve]) -> Curve | None:
    """Mean over the curves, at the moments that at least half of them cover; None where there is none."""
    curves = [curve for curve in curves if len(curve.times_s) > 1]
    if not curves:
        return None
    step_s = float(np.median([np.median(np.diff(curve.times_s)) for curve in curves]))
    first_s = float(np.median([curve.times_s[0] for curve in curves]))
    last_s = float(np.median([curve.times_s[-1] for curve in curves]))
    times_s = np.arange(first_s, last_s + step_s / 2, step_s)
    values = np.array([np.interp(times_s, c.times_s, c.values, left=np.nan, right=np.nan) for c in curves])
    known = np.isfinite(values)
    enough = known.mean(axis=0) >= SHARE_LEAST
    return Curve(times_s[enough], np.nanmean(values[:, enough], axis=0)) if enough.any() else None


def _mean_landmarks(events: Sequence[Event]) -> dict[str, float]:
    """Median time of each landmark from the moment farthest out, of those that most of the twitches have."""
    found = [
        {name: time_s - _farthest_s(event) for name, time_s in found_landmarks(event.kinematics.landmarks).items()}
        for event in events
        if event.kinematics
    ]
    told = {name: [marks[name] for marks in found if name in marks] for name in LANDMARKS}
    return {
        name: float(np.median(times)) for name, times in told.items() if len(times) >= max(SHARE_LEAST * len(events), 1)
    }

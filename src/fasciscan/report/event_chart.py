"""One event over time: the M-mode strip through its epicentre and, under it, the displacement there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.records import Clip
from fasciscan.origin.events import Event
from fasciscan.report.axes import Axis, Tick
from fasciscan.report.pictures import AROUND_S, Filmstrip, tissue_box

# Layout in units of the chart.
WIDTH = 520
LEFT, RIGHT = 52, 510
MMODE_TOP, MMODE_BOTTOM = 20, 194
TRACE_TOP, TRACE_BOTTOM = 208, 336
HEIGHT = 374
TIME_TICKS, TRACE_TICKS, DEPTH_TICKS = 7, 4, 4
HEADROOM = 1.12
"""Of the trace's panel over its largest value, so that the peak does not touch the edge."""
FOOTROOM = 0.15
"""Of the trace's panel under rest, so that the line at rest is seen."""
SWING_LEAST_MM, SWING_LEAST_PX = 0.02, 0.2
"""Least height of the trace's axis, about the noise of the flow, so that noise does not fill the panel."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A moment of the event on the time axis."""

    name: str
    x: float
    anchor: str
    """Side of its line that its name stands on, in SVG's words, so that names close in time do not meet."""


@dataclass(frozen=True, slots=True)
class EventChart:
    """The chart of one event, ready to be drawn."""

    unit: str
    mmode_uri: str | None
    mmode_x: float
    mmode_width: float
    epicentre_y: float
    time_ticks: list[Tick]
    trace_ticks: list[Tick]
    depth_ticks: list[Tick]
    zero_y: float
    path: str
    landmarks: list[Landmark]


def draw_event(clip: Clip, event: Event, strip: Filmstrip) -> EventChart:
    """Lay out the chart of one event.

    Parameters
    ----------
    clip
        The clip, for its scale and tissue.
    event
        The event with its trace.
    strip
        Its pictures.
    """
    in_mm = event.trace.displacement_mm is not None
    values = event.trace.displacement_mm if event.trace.displacement_mm is not None else event.trace.displacement_px
    time = Axis(event.onset_s - AROUND_S, event.offset_s + AROUND_S, LEFT, RIGHT)
    swing = SWING_LEAST_MM if in_mm else SWING_LEAST_PX
    top = max(float(np.nanmax(values, initial=0.0)), swing) * HEADROOM
    bottom = min(float(np.nanmin(values, initial=0.0)) * HEADROOM, -FOOTROOM * top)
    height = Axis(bottom, top, TRACE_BOTTOM, TRACE_TOP)
    rows = Axis(strip.box.top, strip.box.bottom, MMODE_TOP, MMODE_BOTTOM)
    return EventChart(
        "mm" if in_mm else "px",
        strip.mmode_uri,
        time.at(strip.start_s),
        time.at(strip.end_s) - time.at(strip.start_s),
        rows.at(event.origin.y_px),
        time.ticks(TIME_TICKS),
        height.ticks(TRACE_TICKS),
        _depth_ticks(clip, rows),
        height.at(0.0),
        _path(event.trace.times_s, values, time, height),
        _landmarks(event, time),
    )


def _landmarks(event: Event, time: Axis) -> list[Landmark]:
    onset, peak, offset = time.at(event.onset_s), time.at(event.peak_s), time.at(event.offset_s)
    roomier = "start" if peak - onset < offset - peak else "end"
    return [Landmark("onset", onset, "end"), Landmark("peak", peak, roomier), Landmark("offset", offset, "start")]


def _depth_ticks(clip: Clip, rows: Axis) -> list[Tick]:
    if clip.scale is not None:
        rows = rows.measured(tissue_box(clip).top, clip.scale.y_mm_per_px)
    return rows.ticks(DEPTH_TICKS)


def _path(times_s: NDArray[np.float64], values: NDArray[np.float64], time: Axis, height: Axis) -> str:
    """Line through the samples that lie on the time axis."""
    shown = [
        f"{time.at(t):.1f} {height.at(value):.1f}"
        for t, value in zip(times_s.tolist(), values.tolist(), strict=True)
        if time.low <= t <= time.high and np.isfinite(value)
    ]
    return "M" + " L".join(shown) if shown else ""

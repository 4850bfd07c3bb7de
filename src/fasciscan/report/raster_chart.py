"""The motion raster as a chart: depth over time and lateral position over time, in rows that fit a page.

Every event, look-alike and excluded stretch is marked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.motion.raster import Raster
from fasciscan.origin.events import Event
from fasciscan.report import images
from fasciscan.report.axes import Axis, Tick
from fasciscan.report.pictures import tissue_box

ROW_LONGEST_S = 75.0
"""A clip up to this long is one row; a longer one is cut in rows of a minute, as a strip chart is."""
ROW_S = 60.0

MOTION_RGB = (0, 114, 178)
"""Okabe & Ito's blue; the events' orange keeps apart from it for every kind of colour vision."""

QUIET_MM = 0.1
QUIET_PX = 1.0
"""The colour scale never ends below this, half a typical twitch (MUMRI: 0.2 mm), so that a quiet clip looks quiet."""

FULL_PERCENTILE = 99.8
USUAL_PERCENTILE = 90.0
"""Most of a clip is rest; colour begins above what rest shows, which is noise."""
GAMMA = 0.7
"""A twitch of a fifth of the largest is still seen at a third of the colour."""

COLUMNS_MOST = 1600

# Layout of a row, in units of the chart (1120 wide; about 0.16 mm each on A4).
WIDTH = 1120
LEFT, RIGHT = 58, 1108
NUMBER_LANES = 2
LANE = 15
OTHER_LANE_TOP = NUMBER_LANES * LANE + 4
DEPTH_TOP, DEPTH_HEIGHT = 54, 168
LATERAL_TOP, LATERAL_HEIGHT = DEPTH_TOP + DEPTH_HEIGHT + 12, 112
RIGID_TOP, RIGID_HEIGHT = LATERAL_TOP + LATERAL_HEIGHT + 12, 30
AXIS_TOP = RIGID_TOP + RIGID_HEIGHT
HEIGHT = AXIS_TOP + 40
CHARACTER = 7.5
"""Width of a digit of a mark's number."""
SPAN_LEAST = 3.0
"""Width of the bar of an event that is shorter than this."""
TIME_TICKS, DEPTH_TICKS, LATERAL_TICKS = 12, 5, 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One event in a row of the chart."""

    id: int
    counted: bool
    title: str
    x: float
    depth_y: float
    lateral_y: float
    span_x: float
    span_width: float
    lane: int | None
    """Lane its number is written in; None where there is no room."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An excluded stretch in a row."""

    x: float
    width: float
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the chart, ready to be drawn."""

    start_s: float
    end_s: float
    right: float
    """Where the row ends; the last one is shorter."""
    depth_uri: str | None
    lateral_uri: str | None
    time_ticks: list[Tick]
    depth_ticks: list[Tick]
    lateral_ticks: list[Tick]
    rigid_path: str
    marks: list[Mark]
    excluded: list[Stretch]


@dataclass(frozen=True, slots=True)
class RasterChart:
    """The whole chart."""

    rows: list[Row]
    unit: str
    full: str
    """Excursion shown in full colour, as text with its unit."""
    rigid_full: str


def draw_raster(clip: Clip, result: ClipResult, raster: Raster) -> RasterChart | None:
    """Lay out the motion raster of a clip.

    Parameters
    ----------
    clip
        The clip, for its scale and tissue.
    result
        The events, look-alikes and excluded stretches to mark.
    raster
        The motion.

    Returns
    -------
    RasterChart or None
        None when no motion could be measured.
    """
    if not (raster.depth_time.size and raster.lateral_time.size):
        return None
    ruler = _Ruler.for_clip(clip, raster)
    shown = _shown_range(result, raster)
    rigid_full = max(float(np.nanmax(raster.rigid, initial=0.0)), _quiet(raster))
    end_s = max(clip.duration_s, float(raster.times_s[-1]))
    length_s = end_s if end_s <= ROW_LONGEST_S else ROW_S
    count = max(math.ceil(end_s / length_s - 1e-9), 1)
    spans = [_Span(n * length_s, min((n + 1) * length_s, end_s), n == count - 1) for n in range(count)]
    rows = [_draw_row(ruler, result, raster, shown, rigid_full, span, length_s) for span in spans]
    return RasterChart(rows, ruler.unit, f"{shown[1]:.2g} {raster.unit}", f"{rigid_full:.2g} {raster.unit}")


@dataclass(frozen=True, slots=True)
class _Span:
    """Time of one row, half-open; the last one holds all that comes after its start."""

    start_s: float
    end_s: float
    is_last: bool

    def holds(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (times_s >= self.start_s) & ((times_s < self.end_s) | self.is_last)


@dataclass(frozen=True, slots=True)
class _Ruler:
    """Turns image rows and columns into places in the chart, labelled in millimetres where there is a scale."""

    unit: str
    depth: Axis
    lateral: Axis
    depth_ticks: list[Tick]
    lateral_ticks: list[Tick]

    @classmethod
    def for_clip(cls, clip: Clip, raster: Raster) -> _Ruler:
        depth = Axis(*_cell_edges(raster.depth_px), DEPTH_TOP, DEPTH_TOP + DEPTH_HEIGHT)
        lateral = Axis(*_cell_edges(raster.lateral_px), LATERAL_TOP, LATERAL_TOP + LATERAL_HEIGHT)
        if clip.scale is None:
            return cls("px", depth, lateral, depth.ticks(DEPTH_TICKS), lateral.ticks(LATERAL_TICKS))
        tissue = tissue_box(clip)
        in_depth = depth.measured(tissue.top, clip.scale.y_mm_per_px)
        across = lateral.measured(tissue.left, clip.scale.x_mm_per_px)
        return cls("mm", depth, lateral, in_depth.ticks(DEPTH_TICKS), across.ticks(LATERAL_TICKS))


def _cell_edges(centres: NDArray[np.float64]) -> tuple[float, float]:
    half = (centres[-1] - centres[0]) / (len(centres) - 1) / 2 if len(centres) > 1 else 0.5
    return float(centres[0] - half), float(centres[-1] + half)


def _quiet(raster: Raster) -> float:
    return QUIET_MM if raster.unit == "mm" else QUIET_PX


def _shown_range(result: ClipResult, raster: Raster) -> tuple[float, float]:
    """Excursions where the colour begins and where it is full.

    Full is the largest counted event; look-alikes may be far larger and saturate.
    """
    peaks = [
        event.peak_displacement_px if raster.unit == "px" else event.peak_displacement_mm or 0.0
        for event in result.events
    ]
    typical = float(np.nanpercentile(raster.depth_time, FULL_PERCENTILE))
    full = max(max(peaks, default=typical), _quiet(raster))
    return min(float(np.nanpercentile(raster.depth_time, USUAL_PERCENTILE)), full / 2), full


def _draw_row(
    ruler: _Ruler,
    result: ClipResult,
    raster: Raster,
    shown: tuple[float, float],
    rigid_full: float,
    span: _Span,
    length_s: float,
) -> Row:
    time = Axis(span.start_s, span.start_s + length_s, LEFT, RIGHT)
    right = time.at(span.end_s)
    inside = span.holds(raster.times_s)
    times_s = raster.times_s[inside]
    return Row(
        span.start_s,
        span.end_s,
        right,
        _panel_uri(raster.depth_time[inside], times_s, span, shown),
        _panel_uri(raster.lateral_time[inside], times_s, span, shown),
        [tick for tick in time.ticks(TIME_TICKS) if tick.at <= right + 1],
        ruler.depth_ticks,
        ruler.lateral_ticks,
        _rigid_path(raster.rigid[inside], times_s, time, rigid_full),
        _marks(ruler, result, time, span),
        [
            Stretch(time.at(gap.start_s), time.at(min(gap.end_s, span.end_s)) - time.at(gap.start_s), gap.why)
            for gap in result.excluded
            if gap.start_s < span.end_s and gap.end_s > span.start_s
        ],
    )


def _panel_uri(
    values: NDArray[np.float32], times_s: NDArray[np.float64], span: _Span, shown: tuple[float, float]
) -> str | None:
    """Picture (position, time) with the largest value in each column, so that a short twitch is not averaged away."""
    usual, full = shown
    if not len(times_s):
        return None
    count = min(COLUMNS_MOST, len(times_s))
    width_s = (span.end_s - span.start_s) / count
    centres = span.start_s + (np.arange(count) + 0.5) * width_s
    after = np.clip(np.searchsorted(times_s, centres), 0, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(times_s[after] - centres < centres - times_s[before], after, before)
    pooled = np.nan_to_num(values[nearest])
    column = np.clip(((times_s - span.start_s) / width_s).astype(int), 0, count - 1)
    np.maximum.at(pooled, column, np.nan_to_num(values))
    return images.strength_uri(np.clip((pooled.T - usual) / (full - usual), 0, 1) ** GAMMA, MOTION_RGB)


def _rigid_path(rigid: NDArray[np.float32], times_s: NDArray[np.float64], time: Axis, full: float) -> str:
    """Outline, to be filled, the whole-frame motion, the largest of each unit of width."""
    if not len(times_s):
        return ""
    height = Axis(0.0, full, AXIS_TOP, RIGID_TOP)
    columns = np.rint([time.at(t) for t in times_s]).astype(int)
    edges = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    tops = np.maximum.reduceat(np.nan_to_num(rigid), edges)
    points = " ".join(f"L{columns[edge]} {height.at(float(top)):.1f}" for edge, top in zip(edges, tops, strict=True))
    return f"M{columns[0]} {AXIS_TOP} {points} L{columns[-1]} {AXIS_TOP} Z"


def _marks(ruler: _Ruler, result: ClipResult, time: Axis, span: _Span) -> list[Mark]:
    others, events = _held(span, result.other_motion), _held(span, result.events)
    return [_mark(ruler, time, event, counted=False, lane=None) for event in others] + _numbered(ruler, time, events)


def _held(span: _Span, events: Sequence[Event]) -> list[Event]:
    inside = span.holds(np.array([event.peak_s for event in events]))
    return [event for event, held in zip(events, inside, strict=True) if held]


def _numbered(ruler: _Ruler, time: Axis, events: Sequence[Event]) -> list[Mark]:
    """Mark the counted events, their numbers spread over the lanes so that none covers another."""
    taken = [-math.inf] * NUMBER_LANES
    marks = []
    for event in sorted(events, key=lambda event: event.peak_s):
        half = (len(str(event.id)) + 1) * CHARACTER / 2
        x = time.at(event.peak_s)
        lane = next((lane for lane, end in enumerate(taken) if x - half > end), None)
        if lane is not None:
            taken[lane] = x + half
        marks.append(_mark(ruler, time, event, counted=True, lane=lane))
    return marks


def _mark(ruler: _Ruler, time: Axis, event: Event, *, counted: bool, lane: int | None) -> Mark:
    left, right = time.at(event.onset_s), time.at(event.offset_s)
    return Mark(
        event.id,
        counted,
        f"{event.kind} {event.id}, peak at {event.peak_s:.2f} s: {event.reason}",
        time.at(event.peak_s),
        ruler.depth.at(event.origin.y_px),
        ruler.lateral.at(event.origin.x_px),
        left,
        max(right - left, SPAN_LEAST),
        lane,
    )

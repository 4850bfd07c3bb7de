"""One event over time: the M-mode strip through its epicentre and, under it, displacement and velocity there."""

from __future__ import annotations

from dataclasses import dataclass

from fasciscan.clip.records import Clip
from fasciscan.origin.events import Event
from fasciscan.report.axes import Axis, Tick
from fasciscan.report.panels import (
    Panel,
    displacement,
    draw_panel,
    found_landmarks,
    moved_quantity,
    speed_quantity,
    velocity,
)
from fasciscan.report.pictures import AROUND_S, Filmstrip, tissue_box

# Layout in units of the chart.
WIDTH = 520
LEFT, RIGHT = 58, 510
MMODE_TOP, MMODE_BOTTOM = 20, 194
TRACE = (208, 336)
VELOCITY = (350, 478)
"""Top and bottom of the panels."""
AXIS_ROOM = 38
"""Under the last panel, for the time axis."""
TIME_TICKS, DEPTH_TICKS = 7, 4


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the event on the time axis."""

    name: str
    x: float
    anchor: str
    """Side of its line that its name stands on, in SVG's words, so that names close in time do not meet."""


@dataclass(frozen=True, slots=True)
class EventChart:
    """The chart of one event, ready to be drawn."""

    mmode_uri: str | None
    mmode_x: float
    mmode_width: float
    epicentre_y: float
    time_ticks: list[Tick]
    depth_ticks: list[Tick]
    panels: list[Panel]
    """Displacement and, where it was measured, velocity with the landmarks."""
    bottom: float
    """Of the last panel."""
    height: float
    moments: list[Moment]


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
    time = Axis(event.onset_s - AROUND_S, event.offset_s + AROUND_S, LEFT, RIGHT)
    rows = Axis(strip.box.top, strip.box.bottom, MMODE_TOP, MMODE_BOTTOM)
    panels = _panels(clip, event, time)
    return EventChart(
        strip.mmode_uri,
        time.at(strip.start_s),
        time.at(strip.end_s) - time.at(strip.start_s),
        rows.at(event.origin.y_px),
        time.ticks(TIME_TICKS),
        _depth_ticks(clip, rows),
        panels,
        panels[-1].bottom,
        panels[-1].bottom + AXIS_ROOM,
        _moments(event, time),
    )


def _panels(clip: Clip, event: Event, time: Axis) -> list[Panel]:
    in_mm = event.trace.displacement_mm is not None
    moved = draw_panel(moved_quantity(in_mm=in_mm), displacement(event), time, TRACE)
    if event.kinematics is None:
        return [moved]
    curve = velocity(event.kinematics, clip.scale)
    marks = found_landmarks(event.kinematics.landmarks)
    return [moved, draw_panel(speed_quantity(in_mm=clip.scale is not None), curve, time, VELOCITY, landmarks=marks)]


def _moments(event: Event, time: Axis) -> list[Moment]:
    onset, peak, offset = time.at(event.onset_s), time.at(event.peak_s), time.at(event.offset_s)
    roomier = "start" if peak - onset < offset - peak else "end"
    return [Moment("onset", onset, "end"), Moment("peak", peak, roomier), Moment("offset", offset, "start")]


def _depth_ticks(clip: Clip, rows: Axis) -> list[Tick]:
    if clip.scale is not None:
        rows = rows.measured(tissue_box(clip).top, clip.scale.y_mm_per_px)
    return rows.ticks(DEPTH_TICKS)

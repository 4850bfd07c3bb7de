"""Displacement and velocity over time as panels of a chart, the same for one event and for the mean of a site."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.records import Scale
from fasciscan.origin.events import Event, Kinematics, Landmarks
from fasciscan.report.axes import Axis, Tick, line

LANDMARKS = {
    "start_s": "start",
    "peak_contraction_s": "peak contraction",
    "reversal_s": "reversal",
    "peak_relaxation_s": "peak relaxation",
    "end_s": "end",
}
"""The five landmarks in their order, numbered from 1 wherever they are drawn (Sugisawa 2026)."""

TICKS = 4
MARGIN = 0.12
"""Over and under what is drawn, as a share of it, so that neither peak nor rest touches the edge."""
MARGIN_NUMBERED = 0.25
"""The same where a landmark's number stands over the peak and under the trough."""
SWING_LEAST_MM, SWING_LEAST_PX = 0.02, 0.2
"""Least height of a displacement's axis, about the noise of the flow, so that noise does not fill the panel."""
SPEED_LEAST_MM_S, SPEED_LEAST_PX_S = 0.5, 5.0
"""The same for velocity, a tenth of a usual twitch's (MUMRI: 5.5 mm/s)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity over time."""

    times_s: NDArray[np.float64]
    """(n,), rising."""
    values: NDArray[np.float64]
    """(n,)"""

    def at(self, time_s: float) -> float:
        """Value at a moment, between the samples."""
        return float(np.interp(time_s, self.times_s, self.values))


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a panel shows: its name with the unit, and the least height of its axis."""

    label: str
    least: float


@dataclass(frozen=True, slots=True)
class Point:
    """A landmark on a curve."""

    number: int
    name: str
    x: float
    y: float
    is_low: bool
    """Below rest, so that its number stands under it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity over time, ready to be drawn."""

    label: str
    top: float
    bottom: float
    ticks: list[Tick]
    zero_y: float
    path: str
    singles: list[str]
    """Thin lines behind it: what it is the mean of."""
    points: list[Point]


def displacement(event: Event) -> Curve:
    """Give how far the epicentre moved, in millimetres where the clip has a scale."""
    trace = event.trace
    return Curve(trace.times_s, trace.displacement_px if trace.displacement_mm is None else trace.displacement_mm)


def velocity(kinematics: Kinematics, scale: Scale | None) -> Curve:
    """Give the velocity waveform in mm/s, or px/s where there is no scale."""
    # Pixels of measured lengths are squares of a pixel's area, as in Grid.px_mm.
    px_mm = 1.0 if scale is None else math.sqrt(scale.x_mm_per_px * scale.y_mm_per_px)
    return Curve(kinematics.times_s, kinematics.velocity_px_s * px_mm)


def moved_quantity(*, in_mm: bool) -> Quantity:
    """Give what a panel of displacement shows."""
    return Quantity("moved, mm", SWING_LEAST_MM) if in_mm else Quantity("moved, px", SWING_LEAST_PX)


def speed_quantity(*, in_mm: bool) -> Quantity:
    """Give what a panel of velocity shows."""
    return Quantity("mm/s", SPEED_LEAST_MM_S) if in_mm else Quantity("px/s", SPEED_LEAST_PX_S)


def found_landmarks(landmarks: Landmarks) -> dict[str, float]:
    """Give the times of the landmarks that were found, by their names in the record."""
    times = {name: getattr(landmarks, name) for name in LANDMARKS}
    return {name: time_s for name, time_s in times.items() if time_s is not None}


def draw_panel(
    quantity: Quantity,
    curve: Curve,
    time: Axis,
    place: tuple[float, float],
    *,
    singles: Sequence[Curve] = (),
    landmarks: Mapping[str, float] | None = None,
) -> Panel:
    """Lay out one panel.

    Parameters
    ----------
    quantity
        What it shows.
    curve
        The line.
    time
        Its axis across; what lies outside is not shown.
    place
        Top and bottom of the panel in the chart.
    singles
        Thin lines behind it.
    landmarks
        Times by name, to be marked on the line.
    """
    marked = landmarks or {}
    values = np.concatenate([curve.values, *(single.values for single in singles)])
    high = max(float(np.nanmax(values, initial=0.0)), quantity.least)
    low = min(float(np.nanmin(values, initial=0.0)), 0.0)
    margin = (MARGIN_NUMBERED if marked else MARGIN) * (high - low)
    height = Axis(low - margin, high + margin, place[1], place[0])
    return Panel(
        quantity.label,
        *place,
        height.ticks(TICKS),
        height.at(0.0),
        line(curve.times_s, curve.values, time, height),
        [line(single.times_s, single.values, time, height) for single in singles],
        [
            _point(number, name, marked[name], curve, time, height)
            for number, name in enumerate(LANDMARKS, 1)
            if name in marked
        ],
    )


def _point(number: int, name: str, time_s: float, curve: Curve, time: Axis, height: Axis) -> Point:
    value = curve.at(time_s)
    return Point(number, LANDMARKS[name], time.at(time_s), height.at(value), name == "peak_relaxation_s")

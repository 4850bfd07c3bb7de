"""One muscle over the visits, drawn: the rate of each visit with its interval, on one scale for all muscles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fasciscan.exam.counts import poisson_rate
from fasciscan.history.records import MuscleHistory, Seen
from fasciscan.report.axes import Axis, Tick
from fasciscan.report.words import say_interval, say_seconds

# Layout in units of the chart.
WIDTH, HEIGHT = 340, 190
LEFT, RIGHT = 44, 322
TOP, BOTTOM = 12, 160
CAP = 4
"""Half the width of a bound's mark."""
TICKS = 4
HEADROOM = 1.3
"""Of the scale over the largest rate. Bounds may lie beyond it, or short recordings would flatten all."""
DAYS_LEAST = 14
"""Of the axis of time, so that one visit alone has a place on it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit."""

    x: float
    y: float
    low_y: float
    high_y: float
    is_cut: bool
    """Whether the upper bound lies beyond the scale."""
    told: str
    """For those who do not see the chart."""


@dataclass(frozen=True, slots=True)
class MuscleChart:
    """The chart of one muscle, ready to be drawn."""

    label: str
    marks: tuple[Mark, ...]
    path: str
    """Line through the rates."""
    dates: tuple[Tick, ...]
    rates: tuple[Tick, ...]


def draw_muscles(muscles: Sequence[MuscleHistory]) -> list[MuscleChart]:
    """Lay out a chart for each muscle of which anything could be analysed."""
    shown = [(muscle, seen) for muscle in muscles if (seen := [each for each in muscle.seen if each.exposure_s > 0])]
    visits = sorted({each.visit_date for _, seen in shown for each in seen})
    if not visits:
        return []
    rates = [poisson_rate(each.count, each.exposure_s) for _, seen in shown for each in seen]
    top = max(HEADROOM * max(rate.value for rate in rates), min(rate.high for rate in rates))
    height = Axis(0.0, top, BOTTOM, TOP)
    slack = max(0, DAYS_LEAST - (visits[-1] - visits[0]).days) / 2
    time = Axis(visits[0].toordinal() - slack, visits[-1].toordinal() + slack, LEFT + 2 * CAP, RIGHT - 2 * CAP)
    ends = [visits[0], visits[-1]] if len(visits) > 1 else visits
    dates = tuple(Tick(time.at(visit.toordinal()), _label(visit, ends)) for visit in visits)
    return [_draw(muscle.place.label, seen, time, height, dates) for muscle, seen in shown]


def _label(visit: date, labelled: Sequence[date]) -> str:
    """Dates between the first and the last have their tick and no text, which would run into its neighbours'."""
    return visit.isoformat() if visit in labelled else ""


def _draw(label: str, seen: Sequence[Seen], time: Axis, height: Axis, dates: tuple[Tick, ...]) -> MuscleChart:
    marks = tuple(_mark(each, time, height) for each in seen)
    path = "M" + " L".join(f"{mark.x:.1f} {mark.y:.1f}" for mark in marks)
    return MuscleChart(label, marks, path, dates, tuple(height.ticks(TICKS)))


def _mark(seen: Seen, time: Axis, height: Axis) -> Mark:
    rate = poisson_rate(seen.count, seen.exposure_s)
    told = f"{seen.visit_date}: {seen.count} in {say_seconds(seen.exposure_s)}, {say_interval(rate)} per minute"
    return Mark(
        time.at(seen.visit_date.toordinal()),
        height.at(rate.value),
        height.at(rate.low),
        height.at(rate.high),
        rate.high > height.high,
        told,
    )

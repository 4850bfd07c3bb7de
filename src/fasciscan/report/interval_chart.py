"""The times between successive twitches of one site as a histogram, beside what twitches at random times would give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from fasciscan.origin.sites import Intervals
from fasciscan.report.axes import Axis, Tick

LEAST = 5
"""Intervals that make a histogram; fewer are told one by one."""

EDGES_S = (0, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, math.inf)
"""Of the bins: about three a decade, so that the 80 ms of Kleine 2008 and pauses of a minute are both seen."""
LAST_LEAST_S = 10.0
"""The axis reaches at least this far, so that sites are compared at a glance."""

# Layout in units of the chart.
WIDTH = 520
LEFT, RIGHT = 58, 510
TOP, BOTTOM = 8, 252
HEIGHT = 290
"""As high as the panels of the site beside it."""
GAP = 3
"""Between bars."""
COUNT_TICKS = 4
HEADROOM = 1.15


@dataclass(frozen=True, slots=True)
class Bar:
    """Intervals of one bin, and how many random times would give."""

    x: float
    width: float
    y: float
    count: int
    expected_y: float
    label: str


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """The histogram, ready to be drawn."""

    bars: list[Bar]
    edges: list[Tick]
    counts: list[Tick]


def draw_intervals(intervals: Intervals | None) -> IntervalChart | None:
    """Lay out the histogram of a site's intervals.

    Beside each bar stands what a Poisson train of the same mean interval gives, whose intervals are exponential.

    Returns
    -------
    IntervalChart or None
        None when there are fewer than five intervals.
    """
    if intervals is None or len(intervals.values_s) < LEAST:
        return None
    values = intervals.values_s
    edges = _edges(max(values))
    mean_s = sum(values) / len(values)
    bins = list(pairwise(edges))
    counts = [sum(low <= value < high for value in values) for low, high in bins]
    expected = [len(values) * (math.exp(-low / mean_s) - math.exp(-high / mean_s)) for low, high in bins]
    across = Axis(0, len(bins), LEFT, RIGHT)
    up = Axis(0, max(*counts, *expected) * HEADROOM, BOTTOM, TOP)
    width = across.at(1) - across.at(0) - GAP
    bars = [
        Bar(across.at(n) + GAP / 2, width, up.at(count), count, up.at(chance), f"{low:g} to {high:g} s")
        for n, ((low, high), count, chance) in enumerate(zip(bins, counts, expected, strict=True))
    ]
    whole = [tick for tick in up.ticks(COUNT_TICKS) if "." not in tick.label]
    return IntervalChart(bars, [Tick(across.at(n), _edge(edge)) for n, edge in enumerate(edges)], whole)


def _edges(longest_s: float) -> tuple[float, ...]:
    last = next(n for n, edge in enumerate(EDGES_S) if edge > longest_s and edge >= LAST_LEAST_S)
    return EDGES_S[: last + 1]


def _edge(edge_s: float) -> str:
    return "more" if math.isinf(edge_s) else f"{edge_s:g}"

"""Axes of the page's charts: where a value lies in the picture, which values are worth a tick, lines between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TICK_STEPS = (1, 2, 5, 10)
"""What a reader divides easily."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight axis: values from `low` to `high` lie between the picture's `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Place of a value in the picture, held inside the axis."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.5
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def measured(self, origin: float, unit: float) -> Axis:
        """Give the same axis with its values counted from `origin`, in units of `unit` each."""
        return Axis((self.low - origin) * unit, (self.high - origin) * unit, self.start, self.end)

    def ticks(self, most: int) -> list[Tick]:
        """Round values along the axis, at most about `most` of them."""
        span = self.high - self.low
        if span <= 0:
            return []
        raw = span / most
        magnitude = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * magnitude for factor in TICK_STEPS if factor * magnitude >= raw * (1 - 1e-9))
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-6), math.floor(self.high / step + 1e-6)
        return [Tick(self.at(n * step), f"{n * step:.{decimals}f}".replace("-", "−")) for n in range(first, last + 1)]


def line(xs: NDArray[np.float64], ys: NDArray[np.float64], across: Axis, up: Axis) -> str:
    """Give the SVG path through the points that are finite and lie on the axis across."""
    shown = [
        f"{across.at(x):.1f} {up.at(y):.1f}"
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
        if across.low <= x <= across.high and np.isfinite(y)
    ]
    return "M" + " L".join(shown) if shown else ""

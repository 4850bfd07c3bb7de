"""What all presets draw alike: spreads of numbers, places that keep apart, and the size of a motor unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Range = tuple[float, float]

MAJOR_MM, MINOR_MM = (10.7, 3.3), (4.5, 1.2)
"""Territory of one motor unit, means and standard deviations (Birkbeck 2020, PMC7208543)."""
EDGE_S = 0.3
"""Nothing brief begins earlier or ends later than this from the ends of the clip: half an event has no truth."""
TRIES = 200
"""Enough to fill any picture with places; fewer fit into a small one."""


def log_uniform(rng: np.random.Generator, limits: Range) -> float:
    """Draw evenly on a logarithmic scale, so that half lies below the geometric mean of the limits."""
    return float(np.exp(rng.uniform(np.log(limits[0]), np.log(limits[1]))))


def normal(rng: np.random.Generator, mean: float, sd: float, limits: Range) -> float:
    """Draw from a normal distribution cut off where anatomy ends."""
    return float(np.clip(rng.normal(mean, sd), *limits))


def any_angle(rng: np.random.Generator) -> float:
    """Draw a direction, in degrees."""
    return float(rng.uniform(-180, 180))


def draw_apart(draw: Callable[[], tuple[float, float]], wanted: int, apart_mm: float) -> list[tuple[float, float]]:
    """Draw places until as many as wanted keep apart from each other, or no more seem to fit."""
    places: list[tuple[float, float]] = []
    for _ in range(TRIES):
        new = draw()
        if all(np.hypot(new[0] - x, new[1] - y) >= apart_mm for x, y in places):
            places.append(new)
        if len(places) == wanted:
            break
    return places

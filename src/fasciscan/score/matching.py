"""Which found event is which true one: one to one, near in time and place, as many pairs as there can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite

import numpy as np

TOLERANCE_S = 0.15
"""Half a typical twitch: nearer peaks are the same event, close pairs are 0.2 s apart."""
TOLERANCE_MM = 6.0
"""Half the distance at which two sites can be told apart, 12 mm."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event as it is matched, true or found. Places of one clip must share an origin."""

    onset_s: float
    peak_s: float
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Matches:
    """The outcome of a matching, as positions in the two sequences."""

    pairs: tuple[tuple[int, int], ...]
    """(true, found), in the order of the true ones."""
    missed: tuple[int, ...]
    false: tuple[int, ...]


def match_events(
    truth: Sequence[Mark],
    predicted: Sequence[Mark],
    tolerance_s: float = TOLERANCE_S,
    tolerance_mm: float = TOLERANCE_MM,
) -> Matches:
    """Match found events to true ones, one to one.

    Parameters
    ----------
    truth, predicted
        The events; any order.
    tolerance_s
        Largest distance between two peaks.
    tolerance_mm
        Largest distance between two epicentres.

    Returns
    -------
    Matches
        The largest possible set of pairs within both tolerances; among such sets, the one with the least sum of
        distances, each in units of its tolerance.

    Raises
    ------
    ValueError
        If a tolerance is not positive, or an event's time or place is not finite.

    References
    ----------
    Kuhn HW. The Hungarian method for the assignment problem. Nav Res Logist Q 1955;2:83-97.
    """
    from scipy.optimize import linear_sum_assignment  # here: 0.3 s to import

    if tolerance_s <= 0 or tolerance_mm <= 0:
        raise ValueError(f"tolerances must be positive, got {tolerance_s} s and {tolerance_mm} mm")
    _check(truth, "true")
    _check(predicted, "found")
    if not truth or not predicted:
        return Matches((), tuple(range(len(truth))), tuple(range(len(predicted))))
    seconds = np.array([[abs(a.peak_s - b.peak_s) for b in predicted] for a in truth])
    millimetres = np.array([[hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm) for b in predicted] for a in truth])
    near = (seconds <= tolerance_s) & (millimetres <= tolerance_mm)
    cost = np.hypot(seconds / tolerance_s, millimetres / tolerance_mm)
    # A pair too far apart costs more than all near pairs together, so it is taken only where nothing else is left.
    cost[~near] = 2.0 * (min(cost.shape) + 1)
    pairs = tuple((int(a), int(b)) for a, b in zip(*linear_sum_assignment(cost), strict=True) if near[a, b])
    matched_true = {a for a, _ in pairs}
    matched_found = {b for _, b in pairs}
    return Matches(
        pairs,
        tuple(a for a in range(len(truth)) if a not in matched_true),
        tuple(b for b in range(len(predicted)) if b not in matched_found),
    )


def _check(marks: Sequence[Mark], which: str) -> None:
    for i, mark in enumerate(marks):
        if not all(isfinite(value) for value in (mark.onset_s, mark.peak_s, mark.x_mm, mark.y_mm)):
            raise ValueError(f"{which} event {i} has a time or place that is not finite: {mark}")

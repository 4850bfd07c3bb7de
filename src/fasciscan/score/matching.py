"""Which found event is which true one: one to one, near in time and place, as many pairs as there can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

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
class Tolerance:
    """How far apart a true and a found event may lie and still be the same.

    Raises
    ------
    ValueError
        If one is not positive.
    """

    seconds: float = TOLERANCE_S
    """Between the peaks."""
    millimetres: float = TOLERANCE_MM
    """Between the epicentres."""

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.millimetres > 0):
            raise ValueError(f"tolerances must be positive, got {self.seconds} s and {self.millimetres} mm")


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

    tolerance = Tolerance(tolerance_s, tolerance_mm)
    _check(truth, "true")
    _check(predicted, "found")
    if not truth or not predicted:
        return Matches((), tuple(range(len(truth))), tuple(range(len(predicted))))
    cost, near = _distances(truth, predicted, tolerance)
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


def match_in_turn(
    truth: Sequence[Sequence[Mark]], predicted: Sequence[Sequence[Mark]], tolerance: Tolerance
) -> dict[tuple[int, int], Matches]:
    """Match groups of events by rank: what an earlier group has taken is not there for a later one.

    Parameters
    ----------
    truth, predicted
        Groups, the one that may choose first at the front. Each true group in turn is offered each found group in
        turn.
    tolerance
        How far apart two may lie.

    Returns
    -------
    dict
        For each (true group, found group) the pairs made between them, as positions in the groups; ``missed`` and
        ``false`` are those still free after it.
    """
    free_true = [list(range(len(group))) for group in truth]
    free_found = [list(range(len(group))) for group in predicted]
    made: dict[tuple[int, int], Matches] = {}
    for a, true_group in enumerate(truth):
        for b, found_group in enumerate(predicted):
            outcome = match_events(
                [true_group[i] for i in free_true[a]],
                [found_group[i] for i in free_found[b]],
                tolerance.seconds,
                tolerance.millimetres,
            )
            pairs = tuple((free_true[a][i], free_found[b][k]) for i, k in outcome.pairs)
            free_true[a] = [free_true[a][i] for i in outcome.missed]
            free_found[b] = [free_found[b][i] for i in outcome.false]
            made[a, b] = Matches(pairs, tuple(free_true[a]), tuple(free_found[b]))
    return made


def _distances(truth: Sequence[Mark], predicted: Sequence[Mark], tolerance: Tolerance) -> tuple[np.ndarray, np.ndarray]:
    """Tell the distances (true, found) in units of the tolerance, and which are within it."""
    a = np.array([(mark.peak_s, mark.x_mm, mark.y_mm) for mark in truth])[:, None]
    b = np.array([(mark.peak_s, mark.x_mm, mark.y_mm) for mark in predicted])[None]
    seconds = np.abs(a[..., 0] - b[..., 0])
    millimetres = np.hypot(a[..., 1] - b[..., 1], a[..., 2] - b[..., 2])
    near = (seconds <= tolerance.seconds) & (millimetres <= tolerance.millimetres)
    return np.hypot(seconds / tolerance.seconds, millimetres / tolerance.millimetres), near


def _check(marks: Sequence[Mark], which: str) -> None:
    for i, mark in enumerate(marks):
        if not all(isfinite(value) for value in (mark.onset_s, mark.peak_s, mark.x_mm, mark.y_mm)):
            raise ValueError(f"{which} event {i} has a time or place that is not finite: {mark}")

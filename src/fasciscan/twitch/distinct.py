"""Which candidates are views of one motion: a twitch is seen from many places, and drags its neighbours along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fasciscan.motion import Grid
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.judge.verdict import Verdict
from fasciscan.twitch.kind import Kind
from fasciscan.twitch.regions import label_regions

APART_MM = 12.0
"""Two peaks at the same moment closer than this, about the length of a territory (Birkbeck 2020), are one twitch."""
SADDLE = 0.6
"""Farther ones are two if the motion between them falls below this share of the lower one …"""
PASSIVE_SHARE = 0.35
"""… and the lower is at least this share of the higher: less is tissue dragged along."""
LARGE_SHARE = 0.4
"""A twitch that moves this much of the field is the only one at its moment: what else moves, moves with it."""
SAME_MOMENT_S = 0.1
WORTH_TELLING = 5.0
"""Times the noise from which a motion that is no twitch is told; candidates go down into the noise (3.5)."""
_WIDE_MM2 = 100.0
"""Several times a unit's territory: what moved more is no clearer for it."""
_AROUND_S = 0.15
"""A motion still casts lesser peaks this long before its onset and after its offset: the maps compare over that."""


def settle(candidates: Sequence[Candidate], verdicts: Sequence[Verdict], grid: Grid) -> list[tuple[Candidate, Verdict]]:
    """Make one event of each motion: the likeliest view of a twitch stands for it, then the largest of the others.

    Parameters
    ----------
    candidates, verdicts
        What was found, and what was said of each.
    grid
        The grid it was found on.

    Returns
    -------
    list of (Candidate, Verdict)
        In order of time. Nothing that is not counted hides a twitch, and of that the noise is left out.
    """
    of = dict(zip(map(id, candidates), verdicts, strict=True))

    def belief(candidate: Candidate) -> float:
        return of[id(candidate)].probabilities[Kind.FASCICULATION]

    twitches = [c for c in candidates if of[id(c)].kind is Kind.FASCICULATION]
    others = [c for c in candidates if of[id(c)].kind is not Kind.FASCICULATION]
    kept = keep_distinct([*sorted(twitches, key=belief, reverse=True), *clearest_first(others)], grid)
    told = [c for c in kept if of[id(c)].kind is Kind.FASCICULATION or c.strength >= WORTH_TELLING]
    return [(c, of[id(c)]) for c in sorted(told, key=lambda c: c.bump.peak_s)]


def keep_distinct(ordered: Iterable[Candidate], grid: Grid) -> list[Candidate]:
    """Drop every candidate that is another view of one before it.

    Parameters
    ----------
    ordered
        The candidates, the one to be believed first.
    grid
        The grid they were found on.

    Returns
    -------
    list of Candidate
        Those that are motions of their own, in the same order.
    """
    kept: list[Candidate] = []
    for candidate in ordered:
        if not any(is_view_of(candidate, other, grid) for other in kept):
            kept.append(candidate)
    return kept


def clearest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Order candidates by how far they stand out of the noise, over how wide an area."""
    return sorted(candidates, key=lambda c: -c.strength * min(c.support_mm2, _WIDE_MM2))


def is_view_of(candidate: Candidate, other: Candidate, grid: Grid) -> bool:
    """Whether a candidate would be dropped as another view of one believed before it."""
    (y, x), (v, u) = candidate.cell, other.cell
    near = np.hypot((y - v) * grid.pitch_mm[1], (x - u) * grid.pitch_mm[0]) < APART_MM
    around = near or other.field_share > LARGE_SHARE
    passive = candidate.bump.height_mm < PASSIVE_SHARE * other.bump.height_mm
    peak_s = candidate.bump.peak_s
    if abs(peak_s - other.bump.peak_s) <= SAME_MOMENT_S:
        return bool(around or passive or _joined(candidate, other))
    meanwhile = other.bump.onset_s - _AROUND_S <= peak_s <= other.bump.offset_s + _AROUND_S
    return bool(around and passive and meanwhile)


def _joined(candidate: Candidate, other: Candidate) -> bool:
    """Whether the motion between two places stays near that of the lesser one."""
    moved = other.amplitude
    labels, _ = label_regions(moved >= SADDLE * moved[candidate.cell])
    return bool(labels[candidate.cell] == labels[other.cell])

"""Which candidates are views of one motion: a twitch is seen from many places, and drags its neighbours along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

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
TOLD_SADDLE, TOLD_SHARE = 0.7, 0.15
"""The same for two views that both count, and that the network tells to start at places as far apart: motion reaches
beyond the midst between two twitches, and one may be much the weaker (docs/finding.md)."""
LARGE_SHARE = 0.4
"""A twitch that moves this much of the field is the only one at its moment: what else moves, moves with it."""
SAME_MOMENT_S = 0.1
ONE_COURSE, ONE_PLACE_MM = 0.9, 3.0
"""Two peaks of one place whose courses, from onset to offset, share this much of the time that either takes lie on one
hump. In 573 simulated clips three pairs that counted did, and were no two twitches; the likest of true pairs share 0.80
(1.5 mm apart)."""
WORTH_TELLING = 5.0
"""Times the noise from which a motion that is no twitch is told; candidates go down into the noise (3.5)."""
ARTEFACT_WORTH_TELLING, DOUBTFUL = 8.0, 0.1
"""An artefact is told from here on, unless it is a twitch with this probability: below, most of what passes for one is
the edge of another motion (docs/finding.md)."""
_WIDE_MM2 = 100.0
"""Several times a unit's territory: what moved more is no clearer for it."""
_AROUND_S = 0.15
"""A motion still casts lesser peaks this long before its onset and after its offset: the maps compare over that."""


_T = TypeVar("_T")


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
        In order of time. Nothing that is not counted hides a twitch, and of that what is next to noise is left out.
    """
    views = [_View(*one) for one in zip(candidates, verdicts, strict=True)]
    twitches = sorted(
        (v for v in views if v.counts),
        key=lambda v: (v.candidate.steadied, -v.verdict.probabilities[Kind.FASCICULATION]),
    )
    others = sorted((v for v in views if not v.counts), key=lambda v: -_clearness(v.candidate))

    def is_another(view: _View, other: _View) -> bool:
        if other.counts and _is_remainder(view.candidate, other.candidate):
            return True
        return is_view_of(view.candidate, other.candidate, grid) and not _start_apart(view, other, grid)

    kept = keep_distinct([*twitches, *others], is_another)
    told = [v for v in kept if v.counts or v.candidate.strength >= v.worth_telling]
    return list(_parted(sorted(told, key=lambda v: v.candidate.bump.peak_s), grid))


def keep_distinct(ordered: Iterable[_T], is_view: Callable[[_T, _T], bool]) -> list[_T]:
    """Drop whatever is another view of one before it.

    Parameters
    ----------
    ordered
        The candidates, the one to be believed first.
    is_view
        Whether the first is another view of the second.

    Returns
    -------
    list
        Those that are motions of their own, in the same order.
    """
    kept: list[_T] = []
    for candidate in ordered:
        if not any(is_view(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def clearest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Order candidates by how far they stand out of the noise, over how wide an area."""
    return sorted(candidates, key=lambda c: -_clearness(c))


def is_view_of(candidate: Candidate, other: Candidate, grid: Grid) -> bool:
    """Whether a candidate would be dropped as another view of one believed before it."""
    (y, x), (v, u) = candidate.cell, other.cell
    apart_mm = np.hypot((y - v) * grid.pitch_mm[1], (x - u) * grid.pitch_mm[0])
    if apart_mm <= ONE_PLACE_MM and _shared_course(candidate, other) >= ONE_COURSE:
        return True
    around = apart_mm < APART_MM or other.field_share > LARGE_SHARE
    passive = candidate.bump.height_mm < PASSIVE_SHARE * other.bump.height_mm
    if _at_once(candidate, other):
        return bool(around or passive or _joined(candidate, other))
    meanwhile = other.bump.onset_s - _AROUND_S <= candidate.bump.peak_s <= other.bump.offset_s + _AROUND_S
    return bool(around and passive and meanwhile)


def hides(other: Candidate, candidate: Candidate, grid: Grid) -> bool:
    """Whether the second would not count beside the first: as another view, or as the same moment at another look."""
    in_either_look = candidate.steadied != other.steadied and _at_once(candidate, other)
    return in_either_look or is_view_of(candidate, other, grid)


class _View(NamedTuple):
    """A candidate with what was said of it."""

    candidate: Candidate
    verdict: Verdict

    @property
    def counts(self) -> bool:
        """Whether it is taken for a twitch."""
        return self.verdict.kind is Kind.FASCICULATION

    @property
    def worth_telling(self) -> float:
        """Times the noise from which it is told if it does not count."""
        doubtful = self.verdict.probabilities[Kind.FASCICULATION] >= DOUBTFUL
        return ARTEFACT_WORTH_TELLING if self.verdict.kind is Kind.ARTEFACT and not doubtful else WORTH_TELLING


def _start_apart(view: _View, other: _View, grid: Grid) -> bool:
    """Whether two that count at one moment are told to start apart, with less motion between them."""
    one, two = view.candidate, other.candidate
    if not (view.counts and other.counts and _at_once(one, two)) or two.field_share > LARGE_SHARE:
        return False
    start, other_start = view.verdict.start_mm(one, grid), other.verdict.start_mm(two, grid)
    if start is None or other_start is None or np.linalg.norm(start - other_start) < APART_MM:
        return False
    return one.bump.height_mm >= TOLD_SHARE * two.bump.height_mm and not _joined(one, two, TOLD_SADDLE)


def _parted(views: list[_View], grid: Grid) -> list[_View]:
    """Give each of two twitches at one moment what moved nearer to itself, lest it take in the other one."""
    moved = [view.candidate.amplitude for view in views]
    for (n, one), (m, other) in combinations(enumerate(views), 2):
        if one.counts and other.counts and _at_once(one.candidate, other.candidate):
            nearer = _away_mm(one, grid) <= _away_mm(other, grid)
            moved[n], moved[m] = np.where(nearer, moved[n], 0), np.where(nearer, 0, moved[m])
    return [v._replace(candidate=replace(v.candidate, amplitude=m)) for v, m in zip(views, moved, strict=True)]


def _at_once(one: Candidate, other: Candidate) -> bool:
    return abs(one.bump.peak_s - other.bump.peak_s) <= SAME_MOMENT_S


def _shared_course(one: Candidate, other: Candidate) -> float:
    """Share of the time that either takes in which both move."""
    onsets_s, offsets_s = (one.bump.onset_s, other.bump.onset_s), (one.bump.offset_s, other.bump.offset_s)
    return (min(offsets_s) - max(onsets_s)) / (max(offsets_s) - min(onsets_s))


def _is_remainder(candidate: Candidate, other: Candidate) -> bool:
    """Whether the first may be what is left of the second: with the broad motion a part of it was taken out."""
    return candidate.steadied > other.steadied and _at_once(candidate, other)


def _away_mm(view: _View, grid: Grid) -> NDArray[np.float64]:
    """(ny, nx) distance of each cell from a candidate's."""
    y, x = view.candidate.cell
    return np.hypot((grid.depth_mm - grid.depth_mm[y])[:, None], grid.lateral_mm - grid.lateral_mm[x])


def _clearness(candidate: Candidate) -> float:
    """How far a candidate stands out of the noise, over how wide an area."""
    return candidate.strength * min(candidate.support_mm2, _WIDE_MM2)


def _joined(candidate: Candidate, other: Candidate, saddle: float = SADDLE) -> bool:
    """Whether the motion between two places stays near that of the lesser one."""
    moved = other.amplitude
    labels = label_regions(moved >= saddle * moved[candidate.cell])
    return bool(labels[candidate.cell] == labels[other.cell])

"""Time-locked pairs: whether twitches at separate sites begin together more often than chance makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid
from fasciscan.origin.events import Event
from fasciscan.origin.sites import map_of, places_mm, top_cell
from fasciscan.origin.stretches import Stretch, analysed_clock, stretch_of, total_s
from fasciscan.twitch.distinct import APART_MM, LARGE_SHARE, TOLD_SADDLE, TOLD_SHARE
from fasciscan.twitch.regions import label_regions

REACH_S = 0.08
"""Onsets farther apart than this are no pair. Onsets are found with a standard deviation of 8 to 27 ms by frame rate
(simulated clips), so two that are locked differ by 40 ms or less as a rule."""
SHIFT_S = 1.5
"""Trains are shifted by up to this, so by up to 3 s against each other. Chance pairs within bursts are then counted as
chance, and a rate that rises and falls at all sites together makes few pairs: with sites that share bursts of 5 s, 9 %
of independent trains passed for locked with 1.5 s, 27 % with 3 s."""
_LARGEST_SHIFT = 0.2
"""Share of the analysed time: two trains are then never shifted by more than it lasts."""
SHIFTS = 1999
"""Draws: p is told to 0.0005."""
LEAST_EVENTS = 10
"""Fewer events that could have had a partner are not tested: one chance pair would decide."""


@dataclass(frozen=True, slots=True)
class LockedPairs:
    """Pairs of events at separate sites that began together, against what chance gives."""

    pairs: int
    """Seen within 80 ms."""
    expected: float
    """The mean number chance gives, from shifted trains."""
    p: float
    """One-sided, that chance makes pairs as many and as close; mid-p."""
    share: float
    """Of the events that could have had a partner, those that had one."""
    events: int
    """That could have had a partner: another site far enough away to be told apart was active."""


def find_locked_pairs(
    events: Sequence[Event], stretches: Sequence[Stretch], grid: Grid, rng: np.random.Generator
) -> LockedPairs | None:
    """Test whether events at separate sites are time-locked.

    Parameters
    ----------
    events
        Twitches with their ``site`` set.
    stretches
        When the clip could be analysed.
    grid
        The grid their maps lie on.
    rng
        Randomness of the shifts.

    Returns
    -------
    LockedPairs or None
        None where there was too little to test; see :func:`judge_lock`.

    References
    ----------
    de Carvalho M, Swash M. Origin of fasciculations in amyotrophic lateral sclerosis and benign fasciculation syndrome.
    JAMA Neurol 2013;70:1562-1565.
    """
    if len(events) < LEAST_EVENTS or not stretches:
        return None
    onsets = np.array([event.onset_s for event in events])
    # Over a gap the clock goes on by the reach, so that the last event before it and the first after it are no pair.
    clock = analysed_clock(onsets, stretches) + REACH_S * stretch_of(onsets, stretches)
    lasts_s = total_s(stretches) + REACH_S * (len(stretches) - 1)
    sites = np.array([event.site for event in events])
    return judge_lock(clock, sites, seen_apart(events, grid), lasts_s, rng)


def seen_apart(events: Sequence[Event], grid: Grid) -> NDArray[np.bool_]:
    """Tell which two events (n, n) would be found as two, had they begun at the same moment.

    The rule of :mod:`fasciscan.twitch.distinct` where the network tells places: two motions of a moment are one if
    these are less than 12 mm apart, if one moves most of the field, if the lesser is small enough to be passive, or if
    the motion between them does not fall. Events without a map go by place alone.
    """
    places = places_mm(events, grid)
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1) >= APART_MM
    known = [i for i, event in enumerate(events) if event.moved is not None]
    cells = {i: top_cell(events[i], grid) for i in known}
    large = {i: _field_share(events[i], cells[i], grid) > LARGE_SHARE for i in known}
    for i, k in combinations(known, 2):
        if apart[i, k]:
            apart[i, k] = apart[k, i] = not (large[i] or large[k] or _merge(events[i], cells[i], events[k], cells[k]))
    return apart


def judge_lock(
    onsets_s: NDArray[np.float64],
    sites: NDArray[np.integer],
    apart: NDArray[np.bool_],
    exposure_s: float,
    rng: np.random.Generator,
) -> LockedPairs | None:
    """Compare pairs of onsets at different sites with those of trains shifted against each other.

    Each pair counts by its closeness, 1 for the same moment and 0 from 80 ms on, and the sum is compared with the sums
    of trains that were each shifted as a whole by up to 1.5 s, no two alike, round the ends of the analysed time. A
    shift leaves a site's rate, bursts and pauses as they are. Pairs that the detector would tell as one motion are
    counted neither as they were nor in the shifted trains. Where sums are equal, as at 0, half of them count (mid-p):
    otherwise a test on few events would stay far below its level.

    Parameters
    ----------
    onsets_s
        (n,) on the clock of the analysed time.
    sites
        (n,) site of each.
    apart
        (n, n) which two could be seen at the same moment.
    exposure_s
        Length of the analysed time.
    rng
        Randomness of the shifts.

    Returns
    -------
    LockedPairs or None
        None if fewer than ten events could have had a partner.

    References
    ----------
    Pipa G et al. NeuroXidence: reliable and efficient analysis of an excess or deficiency of joint-spike events.
    J Comput Neurosci 2008;25:64-88 (trains shifted as a whole). Lancaster HO. Significance tests in discrete
    distributions. J Am Stat Assoc 1961;56:223-234 (mid-p).
    """
    able = apart & (sites[:, None] != sites[None])
    tested = int(np.count_nonzero(able.any(axis=1)))
    reach = min(SHIFT_S, exposure_s * _LARGEST_SHIFT)
    if tested < LEAST_EVENTS or reach <= REACH_S:
        return None
    round_s = exposure_s + REACH_S  # so that the last event and the first are no pair
    gaps = (onsets_s[:, None] - onsets_s[None] + round_s / 2) % round_s - round_s / 2
    together = able & (np.abs(gaps) < REACH_S)
    sums, counts = _add_up(np.where(able, gaps, np.inf), sites, reach, rng)
    more = np.count_nonzero(sums[1:] > sums[0] + 1e-9)
    equal = np.count_nonzero(np.abs(sums - sums[0]) <= 1e-9)
    return LockedPairs(
        pairs=int(counts[0]),
        expected=float(counts[1:].mean()),
        p=float((more + equal / 2) / len(sums)),
        share=float(np.count_nonzero(together.any(axis=1)) / tested),
        events=tested,
    )


def _add_up(
    gaps_s: NDArray[np.float64], sites: NDArray[np.integer], reach_s: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add up the closeness of pairs and their number (1 + SHIFTS,), as seen, then shifted; no pair has a gap of inf."""
    numbers, which = np.unique(sites, return_inverse=True)
    seen = np.zeros((1, len(numbers)))
    shifts = np.concatenate([seen, _draw_shifts(rng, len(numbers), reach_s)])
    sums, counts = np.zeros(len(shifts)), np.zeros(len(shifts))
    for a, b in combinations(range(len(numbers)), 2):
        between = gaps_s[np.ix_(which == a, which == b)]
        near = between[np.abs(between) < 2 * reach_s + REACH_S]
        closeness = np.maximum(1 - np.abs(near + (shifts[:, a] - shifts[:, b])[:, None]) / REACH_S, 0)
        sums += closeness.sum(axis=1)
        counts += np.count_nonzero(closeness, axis=1)
    return sums, counts


def _draw_shifts(rng: np.random.Generator, trains: int, reach_s: float) -> NDArray[np.float64]:
    """Shifts (SHIFTS, trains), each in a slot of its own: trains shifted alike would keep the pairs that are tested."""
    slot_s = 2 * reach_s / trains
    order = rng.permuted(np.tile(np.arange(trains), (SHIFTS, 1)), axis=1)
    free_s = max(slot_s - 2 * REACH_S, slot_s / 2)
    return order * slot_s - reach_s + rng.uniform(0, free_s, order.shape)


def _field_share(event: Event, cell: tuple[int, int], grid: Grid) -> float:
    moved = map_of(event)
    return float(np.mean(moved[grid.valid] > moved[cell] / 3))


def _merge(one: Event, cell: tuple[int, int], other: Event, other_cell: tuple[int, int]) -> bool:
    """Whether two motions at one moment would be told as one although their places are far enough apart."""
    heights = sorted((one.peak_displacement_px, other.peak_displacement_px))
    if heights[0] < TOLD_SHARE * heights[1]:
        return True
    both = np.maximum(map_of(one), map_of(other))
    labels = label_regions(both >= TOLD_SADDLE * min(both[cell], both[other_cell]))
    return bool(labels[cell] == labels[other_cell])

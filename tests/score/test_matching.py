"""What a matching promises: one to one, within tolerance, as many as can be."""

from __future__ import annotations

from itertools import permutations
from math import hypot, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscan.score import Mark, match_events


def mark(peak_s: float, x_mm: float = 0.0, y_mm: float = 0.0) -> Mark:
    return Mark(peak_s - 0.075, peak_s, x_mm, y_mm)


def test_an_event_found_in_time_and_place_matches():
    assert match_events([mark(1.0)], [mark(1.1, 3, 4)]).pairs == ((0, 0),)


@pytest.mark.parametrize("found", [mark(1.16), mark(1.0, 6.1), mark(1.0, 5, 5)])
def test_an_event_too_late_or_too_far_is_both_missed_and_false(found):
    matches = match_events([mark(1.0)], [found])
    assert (matches.pairs, matches.missed, matches.false) == ((), (0,), (0,))


def test_one_event_found_twice_is_one_hit_and_one_false():
    matches = match_events([mark(1.0)], [mark(1.1), mark(1.01)])
    assert (matches.pairs, matches.false) == (((0, 1),), (0,))


def test_a_close_pair_needs_two_finds():
    assert match_events([mark(1.0), mark(1.2)], [mark(1.1)]).missed in ((0,), (1,))
    assert match_events([mark(1.0), mark(1.2)], [mark(1.01), mark(1.21)]).pairs == ((0, 0), (1, 1))


def test_simultaneous_twitches_are_told_by_place():
    assert match_events([mark(1, 0), mark(1, 13)], [mark(1, 12), mark(1, 1)]).pairs == ((0, 1), (1, 0))


def test_the_nearest_is_given_up_when_that_lets_both_match():
    # The first find lies exactly at the second truth, but only it can serve the first one.
    truth = [mark(1.0, 0), mark(1.14, 5.5)]
    assert match_events(truth, [mark(1.14, 5.5), mark(1.28, 11)]).pairs == ((0, 0), (1, 1))


def test_nothing_and_something():
    assert match_events([], [mark(1)]).false == (0,)
    assert match_events([mark(1)], []).missed == (0,)
    assert match_events([], []).pairs == ()


def test_what_cannot_be_matched_is_refused():
    with pytest.raises(ValueError, match="positive"):
        match_events([], [], tolerance_s=0)
    with pytest.raises(ValueError, match="finite"):
        match_events([mark(1)], [mark(nan)])


marks = st.lists(st.builds(mark, st.floats(0, 0.6), st.floats(0, 15)), max_size=4)


@settings(deadline=None, max_examples=150)
@given(marks, marks)
def test_no_matching_has_more_pairs_or_nearer_ones(truth, found):
    matches = match_events(truth, found)
    assert len(matches.pairs) + len(matches.missed) == len(truth)
    assert len(matches.pairs) + len(matches.false) == len(found)
    best = max(all_matchings(truth, found), key=lambda pair: (pair[0], -pair[1]))
    count, cost = worth(truth, found, matches.pairs)
    assert count == best[0]
    assert cost == pytest.approx(best[1], abs=1e-6)


def all_matchings(truth: list[Mark], found: list[Mark]) -> list[tuple[int, float]]:
    """Try every assignment, with as many unmatched places as needed."""
    slots = [*range(len(found)), *[-1] * len(truth)]
    tries = {order[: len(truth)] for order in permutations(slots, len(truth))} if truth else {()}
    return [worth(truth, found, [(a, b) for a, b in enumerate(order) if b >= 0]) for order in tries]


def worth(truth: list[Mark], found: list[Mark], pairs) -> tuple[int, float]:
    """Number of pairs within tolerance, and their summed distance."""
    count, cost = 0, 0.0
    for a, b in pairs:
        seconds = abs(truth[a].peak_s - found[b].peak_s) / 0.15
        millimetres = abs(truth[a].x_mm - found[b].x_mm) / 6
        if seconds <= 1 and millimetres <= 1:
            count += 1
            cost += hypot(seconds, millimetres)
    return count, cost

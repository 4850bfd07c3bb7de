"""The test of time-locked pairs: right as often as it says, blind to what could not be seen, able to find locks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.origin.pairs import find_locked_pairs, judge_lock, seen_apart

EXPOSURE_S = 60.0


def everywhere(sites: np.ndarray) -> np.ndarray:
    """All pairs of different sites could be seen."""
    return np.ones((len(sites), len(sites)), bool)


def trains(rng, counts):
    onsets = np.concatenate([rng.uniform(0, EXPOSURE_S, n) for n in counts])
    return onsets, np.repeat(np.arange(len(counts)), counts)


def locked(rng, count, share):
    """Two sites; a share of the first one's twitches bring one of the second."""
    onsets, sites = trains(rng, (count, count - round(share * count)))
    follow = onsets[: round(share * count)] + rng.normal(0, 0.02, round(share * count))
    return np.concatenate([onsets, follow]) % EXPOSURE_S, np.concatenate([sites, np.ones(len(follow), int)])


def test_independent_trains_are_called_locked_as_often_as_the_level_says():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(200):
        onsets, sites = trains(rng, (20, 15, 10))
        found.append(judge_lock(onsets, sites, everywhere(sites), EXPOSURE_S, rng).p < 0.05)

    assert 0.02 <= np.mean(found) <= 0.09


def test_sites_that_are_active_in_the_same_seconds_are_seldom_called_locked():
    rng = np.random.default_rng(2)
    found = []
    for _ in range(80):
        starts = np.repeat(rng.uniform(0, EXPOSURE_S, 4), 6)  # both sites are active in the same seconds
        onsets = np.concatenate([starts + rng.uniform(0, 5, 24) for _ in range(2)]) % EXPOSURE_S
        sites = np.repeat([1, 2], 24)
        found.append(judge_lock(onsets, sites, everywhere(sites), EXPOSURE_S, rng).p < 0.05)

    assert np.mean(found) < 0.17


def test_locked_trains_are_found():
    rng = np.random.default_rng(3)
    onsets, sites = locked(rng, 25, 0.4)
    outcome = judge_lock(onsets, sites, everywhere(sites), EXPOSURE_S, rng)

    assert outcome.p < 0.001
    assert outcome.pairs >= 10 > 3 * outcome.expected
    assert outcome.share >= 20 / 50
    assert outcome.events == 50


def test_chance_gives_the_number_that_rates_and_reach_make():
    rng = np.random.default_rng(4)
    outcomes = []
    for _ in range(20):
        onsets, sites = trains(rng, (30, 30))
        outcomes.append(judge_lock(onsets, sites, everywhere(sites), EXPOSURE_S, rng).expected)

    assert np.mean(outcomes) == pytest.approx(30 * 30 * 2 * 0.08 / EXPOSURE_S, rel=0.1)


def test_the_same_seed_gives_the_same_p():
    onsets, sites = locked(np.random.default_rng(5), 12, 0.2)
    one, two = (judge_lock(onsets, sites, everywhere(sites), EXPOSURE_S, np.random.default_rng(9)) for _ in range(2))

    assert one == two


def test_pairs_that_could_not_be_seen_count_nowhere():
    rng = np.random.default_rng(6)
    onsets, sites = locked(rng, 25, 0.5)
    assert judge_lock(onsets, sites, np.zeros((len(sites), len(sites)), bool), EXPOSURE_S, rng) is None


def test_one_site_or_few_events_are_not_tested():
    rng = np.random.default_rng(7)
    onsets, sites = trains(rng, (40,))
    few, of = trains(rng, (5, 4))

    assert judge_lock(onsets, sites, everywhere(sites), EXPOSURE_S, rng) is None
    assert judge_lock(few, of, everywhere(of), EXPOSURE_S, rng) is None


def test_a_pair_round_the_end_of_the_time_is_one_train_shifted_not_lost():
    rng = np.random.default_rng(8)
    onsets, sites = locked(rng, 25, 0.4)
    shifted = judge_lock((onsets + 31.7) % EXPOSURE_S, sites, everywhere(sites), EXPOSURE_S, rng)

    assert shifted.p < 0.001


def test_twitches_are_told_apart_only_where_the_detector_would(wide_grid, make_event, make_bell):
    left, near, right = (make_event(x, 15, 0, make_bell(x, 15, 2, 2)) for x in (8, 17, 30))
    weak, faint = (replace(right, peak_displacement_px=share * right.peak_displacement_px) for share in (0.3, 0.1))
    large = make_event(30, 15, 0, make_bell(30, 15, 30, 30))
    broad = [make_event(x, 15, 0, make_bell(x, 15, 9, 2)) for x in (10, 24)]
    unmapped = make_event(30, 15)

    assert seen_apart([left, right], wide_grid)[0, 1]
    assert seen_apart([left, unmapped], wide_grid)[0, 1]
    assert seen_apart([left, weak], wide_grid)[0, 1]
    assert not seen_apart([left, near], wide_grid)[0, 1]  # 9 mm
    assert not seen_apart([left, faint], wide_grid)[0, 1]  # passive, for all one can tell
    assert not seen_apart([left, large], wide_grid)[0, 1]
    assert not seen_apart(broad, wide_grid)[0, 1]  # what lies between moves with them
    assert not seen_apart([left], wide_grid).any()


def test_locked_events_are_found_on_the_analysed_clock(wide_grid, make_event):
    """Pairs stay pairs after a gap, and a gap makes none."""
    rng = np.random.default_rng(9)
    starts = np.sort(np.concatenate([rng.uniform(0, 28, 10), rng.uniform(42, 70, 10)]))
    events = [make_event(8, 15, t, site=1) for t in starts] + [make_event(30, 15, t + 0.01, site=2) for t in starts]
    outcome = find_locked_pairs(events, ((0.0, 30.0), (40.0, 72.0)), wide_grid, rng)
    apart = [make_event(8, 15, 29.99, site=1), make_event(30, 15, 40.0, site=2)]
    filler = [make_event(8 if n % 2 else 30, 15, 1 + 2 * n, site=1 if n % 2 else 2) for n in range(10)]

    assert outcome.pairs >= 20 and outcome.p < 0.001
    assert find_locked_pairs([*filler, *apart], ((0.0, 30.0), (40.0, 72.0)), wide_grid, rng).pairs == 0
    assert find_locked_pairs(events, (), wide_grid, rng) is None

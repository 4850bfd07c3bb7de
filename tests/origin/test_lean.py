"""The lean: indeterminate unless several indicators agree, each with its numbers and its caveat."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscan.origin import Favours, Indicator, Intervals, Kinematics, Landmarks, Site, group_sites, lean_of
from fasciscan.origin.lean import pooled_variation, weigh

STRETCHES = ((0.0, 60.0),)
NAMES = ["time-locked pairs", "interval shape", "same-site stability", "direction coherence", "clustering"]


@pytest.fixture
def judge(wide_grid):
    """Group events and judge them, as a clip is."""

    def run(events, muscle=None, seed=1):
        found, sites = group_sites(sorted(events, key=lambda e: e.onset_s), wide_grid, STRETCHES)
        return lean_of(found, sites, STRETCHES, wide_grid, np.random.default_rng(seed), muscle)

    return run


@pytest.fixture
def units(make_event, make_bell):
    """Two stable units 22 mm apart that twitch at the given moments."""

    def make(*trains):
        maps = [[make_bell(x, 15, 3, 2, 0.005, n) for n in range(4)] for x in (10, 32)]
        return [
            make_event((10, 32)[unit], 15, float(t), maps[unit][n % 4])
            for unit, train in enumerate(trains)
            for n, t in enumerate(train)
        ]

    return make


def by_name(lean):
    return {indicator.name: indicator for indicator in lean.indicators}


def make_indicator(name, favours, weight):
    return Indicator(name, "", None, None, None, favours, weight, "", "")


def test_too_little_data_is_indeterminate_and_weighs_nothing(judge, units):
    lean = judge(units([1.0, 9.0], [20.0]))

    assert lean.favours is Favours.INDETERMINATE
    assert [indicator.name for indicator in lean.indicators] == NAMES
    assert {indicator.weight for indicator in lean.indicators} == {0.0}
    assert all("Too little" in indicator.finding for indicator in lean.indicators)


def test_every_indicator_has_a_source_and_a_caveat(judge, units):
    rng = np.random.default_rng(2)
    for events in (units([1.0], []), units(rng.uniform(0, 60, 30), rng.uniform(0, 60, 30))):
        assert all(indicator.source and indicator.caveat for indicator in judge(events).indicators)


def test_locked_stable_units_favour_proximal(judge, units):
    rng = np.random.default_rng(3)
    first = np.sort(rng.uniform(0, 60, 18))
    lean = judge(units(first, first + rng.normal(0, 0.01, 18)))
    pairs = by_name(lean)["time-locked pairs"]

    assert lean.favours is Favours.PROXIMAL
    assert (pairs.favours, pairs.weight) == (Favours.PROXIMAL, 1.0)
    assert pairs.value >= 18 > 4 * pairs.expected and pairs.p < 0.001
    assert f"{pairs.value} pairs" in pairs.finding
    assert "time-locked pairs" in lean.why and "no diagnosis" in lean.why


def test_independent_poisson_trains_of_stable_units_stay_indeterminate(judge, units):
    rng = np.random.default_rng(4)
    leans = [judge(units(rng.uniform(0, 60, 15), rng.uniform(0, 60, 15))) for _ in range(6)]

    assert [lean.favours for lean in leans].count(Favours.INDETERMINATE) >= 5
    assert all(by_name(lean)["same-site stability"].favours is Favours.PROXIMAL for lean in leans)


def test_varying_units_with_poisson_trains_favour_distal(wide_grid, make_event):
    onsets = np.sort(np.random.default_rng(5).uniform(0, 60, 40))
    events = [make_event(20, 15, t, site=1) for t in onsets]
    site = Site(1, 200.0, 150.0, 20.0, 15.0, 40, _intervals(onsets), jaccard=0.2, shape_correlation=0.3)
    lean = lean_of(events, [site], STRETCHES, wide_grid, np.random.default_rng(1))

    assert lean.favours is Favours.DISTAL
    assert by_name(lean)["same-site stability"].weight == 0.3
    assert by_name(lean)["interval shape"].favours is Favours.DISTAL


def _intervals(onsets):
    gaps = np.diff(onsets)
    return Intervals(tuple(gaps.tolist()), float(np.median(gaps)), float(gaps.std() / gaps.mean()), 0)


@pytest.mark.parametrize(
    ("onsets", "shape"),
    [
        (np.arange(1.0, 59.0, 2.0), "are regular"),
        (np.concatenate([start + 0.4 * np.arange(6) for start in (2, 14, 31, 43, 55)]), "come in bursts"),
    ],
)
def test_trains_that_are_not_poisson_speak_for_neither_side(judge, units, onsets, shape):
    jitter = np.random.default_rng(6).normal(0, 0.02, len(onsets))
    interval = by_name(judge(units(onsets + jitter)))["interval shape"]

    assert shape in interval.finding
    assert interval.p < 0.05
    assert (interval.favours, interval.weight) == (Favours.INDETERMINATE, 0.0)


def test_poisson_trains_pass_for_such_as_often_as_the_level_says_whatever_their_dead_time():
    rng = np.random.default_rng(7)
    drawn = pooled_variation([rng.exponential(1, (4000, n)) for n in (8, 20)])
    low, high = np.quantile(drawn, (0.025, 0.975))
    trains = 0.3 + rng.exponential(1, (800, 8)), 0.5 + rng.exponential(4, (800, 20))
    outside = pooled_variation(trains)

    assert 0.03 < np.mean((outside < low) | (outside > high)) < 0.075


def test_the_tongue_is_told_only_what_holds_for_it(judge, units):
    rng = np.random.default_rng(3)
    first = np.sort(rng.uniform(0, 60, 18))
    lean = judge(units(first, first + 0.01), "tongue")

    assert lean.favours is Favours.INDETERMINATE and "tongue" in lean.why
    assert [indicator.name for indicator in lean.indicators] == ["same-site stability", "clustering"]
    assert {indicator.weight for indicator in lean.indicators} == {0.0}
    assert all(i.favours is Favours.INDETERMINATE for i in lean.indicators)


def test_coherence_is_told_beside_the_published_groups_and_counts_nothing(judge, make_event):
    def kinematics(coherence):
        marks, none = Landmarks(0, 0, 0, 0, 0), np.zeros(0)
        return Kinematics(
            marks, 1, 1.0, 1.0, None, None, 0.0, {0: 0.5, 5: coherence, 15: None}, 0.1, 10.0, None, None, none, none
        )  # fmt: skip

    events = [make_event(10, 15, n, kinematics=kinematics(c)) for n, c in enumerate((0.3, 0.4, 0.5, 0.6, 0.7, None))]
    coherence = by_name(judge(events))["direction coherence"]
    few = by_name(judge(events[:4]))["direction coherence"]

    assert coherence.value == pytest.approx(0.5)
    assert coherence.finding.startswith("0.50 ± 0.16 over 5 twitches") and "0.534" in coherence.finding
    assert (coherence.favours, coherence.weight) == (Favours.INDETERMINATE, 0.0)
    assert few.value is None


def test_the_same_clip_gives_the_same_lean(judge, units):
    rng = np.random.default_rng(8)
    events = units(rng.uniform(0, 60, 20), rng.uniform(0, 60, 20))

    assert judge(events, seed=5) == judge(events, seed=5)


P, D = Favours.PROXIMAL, Favours.DISTAL


@pytest.mark.parametrize(
    ("speaking", "leans_to"),
    [
        ([], Favours.INDETERMINATE),
        ([("pairs", P, 1.0)], Favours.INDETERMINATE),
        ([("pairs", P, 0.7), ("stability", P, 0.2)], P),
        ([("pairs", P, 0.4), ("stability", P, 0.2), ("intervals", D, 0.2)], Favours.INDETERMINATE),
        ([("pairs", P, 0.7), ("stability", P, 0.2), ("intervals", D, 0.3)], P),
        ([("stability", D, 0.3), ("intervals", D, 0.2)], D),
        ([("pairs", P, 0.4), ("stability", D, 0.3), ("intervals", D, 0.3)], Favours.INDETERMINATE),
        ([("pairs", P, 1.0), ("stability", P, 0.0)], Favours.INDETERMINATE),
    ],
)
def test_two_must_agree_and_outweigh_the_rest(speaking, leans_to):
    favours, why = weigh([make_indicator(*one) for one in speaking])

    assert favours is leans_to
    assert all(name in why for name, _, weight in speaking if weight)

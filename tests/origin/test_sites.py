"""Sites: repeats of one unit are one, two units are two, and their intervals tell no time that was not watched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from fasciscan.clip import Unusable
from fasciscan.origin import analysed_stretches, group_sites
from fasciscan.origin.sites import SAME_SITE_MM, join_nearest, judge_dispersion
from fasciscan.origin.stretches import analysed_clock, stretch_of, total_s


@pytest.fixture
def twitches(make_event, make_bell):
    """Repeats of a unit at each place, one after the other."""

    def make(places, repeats, seed):
        rng = np.random.default_rng(seed)
        return [
            make_event(*(np.array(place) + rng.normal(0, 0.6, 2)), n, make_bell(*place, 4, 2, 0.01, seed + n))
            for n in range(repeats)
            for place in places
        ]

    return make


@pytest.mark.parametrize("seed", range(3))
def test_repeats_of_units_8_mm_apart_are_told_by_unit(wide_grid, twitches, seed):
    places = [(8.0, 10.0), (16.0, 10.0), (24.0, 12.0), (12.0, 20.0)]
    found, sites = group_sites(twitches(places, 6, seed), wide_grid)

    assert len(sites) == 4
    assert all(len({e.site for e in found[n::4]}) == 1 for n in range(4))


def test_likeness_parts_what_place_alone_would_join(wide_grid, make_event, make_bell):
    wide, tall = make_bell(20, 15, 7, 1.5), make_bell(20, 15, 1.5, 7)
    alike = [make_event(20, 15, 0, wide), make_event(24, 15, 1, wide)]
    unlike = [make_event(20, 15, 0, wide), make_event(24, 15, 1, tall)]

    assert len(group_sites(alike, wide_grid)[1]) == 1
    assert len(group_sites(unlike, wide_grid)[1]) == 2


def test_events_without_a_map_go_by_place(wide_grid, make_event, make_bell):
    _, sites = group_sites(
        [make_event(10, 10), make_event(13, 10), make_event(30, 20, moved=make_bell(30, 20, 4, 3))], wide_grid
    )

    assert [site.count for site in sites] == [2, 1]
    assert sites[0].jaccard is None and sites[0].shape_correlation is None


def test_a_map_without_motion_is_no_warning(wide_grid, make_event):
    flat = np.zeros(wide_grid.shape, np.float32)
    _, sites = group_sites([make_event(10, 10, moved=flat), make_event(10.5, 10, moved=flat)], wide_grid)

    assert [site.count for site in sites] == [2]
    assert sites[0].shape_correlation is None and sites[0].jaccard is None


def test_groups_are_those_of_average_linkage():
    rng = np.random.default_rng(4)
    for size in (2, 5, 30):
        places = rng.uniform(0, 30, (size, 2))
        apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
        theirs = fcluster(linkage(squareform(apart), "average"), SAME_SITE_MM, "distance")
        ours = {frozenset(group) for group in join_nearest(apart)}
        assert ours == {frozenset(np.flatnonzero(theirs == label).tolist()) for label in set(theirs.tolist())}


def test_the_same_shape_overlaps_and_correlates_and_another_does_not(wide_grid, make_event, make_bell):
    same = [make_event(20, 15, n, make_bell(20, 15, 4, 3, 0.005, n)) for n in range(4)]
    drifting = [make_event(20, 15, n, make_bell(15 + 3 * n, 15, 2, 2)) for n in range(4)]
    stable, varying = (group_sites(events, wide_grid)[1][0] for events in (same, drifting))

    assert stable.jaccard > 0.8 and stable.shape_correlation > 0.95
    assert varying.jaccard is not None and varying.jaccard < 0.38


def test_another_place_that_moves_more_does_not_stand_for_the_event(wide_grid, make_event, make_bell):
    both = np.maximum(make_bell(10, 15, 3, 2), 2 * make_bell(32, 15, 3, 2))
    _, sites = group_sites([make_event(10, 15, 0, both), make_event(10, 15, 1, make_bell(10, 15, 3, 2))], wide_grid)

    assert sites[0].jaccard > 0.8


def test_no_interval_leads_across_what_could_not_be_analysed(wide_grid, make_event):
    stretches = analysed_stretches(0.0, 20.0, [Unusable(5.0, 9.0, "frozen")])
    _, [site] = group_sites([make_event(10, 10, t) for t in (1.0, 2.0, 4.0, 10.0, 10.2, 13.0)], wide_grid, stretches)

    assert site.intervals.values_s == pytest.approx((1.0, 2.0, 0.2, 2.8))
    assert site.intervals.median_s == pytest.approx(1.5)
    assert site.intervals.doublets == 1
    assert site.dispersion is None


def test_two_intervals_have_no_variation_and_one_event_no_interval(wide_grid, make_event):
    stretches = ((0.0, 10.0),)
    _, [three] = group_sites([make_event(10, 10, t) for t in (1.0, 2.0, 4.0)], wide_grid, stretches)
    _, [one] = group_sites([make_event(10, 10, 1.0)], wide_grid, stretches)

    assert three.intervals.variation is None
    assert (one.intervals.values_s, one.intervals.median_s) == ((), None)


def test_times_are_told_in_order_although_events_are_not(wide_grid, make_event):
    _, [site] = group_sites([make_event(10, 10, t) for t in (4.0, 1.0, 2.0)], wide_grid, ((0.0, 10.0),))

    assert site.intervals.values_s == pytest.approx((1.0, 2.0))


def test_bursts_are_dispersed_and_a_clockwork_is_not():
    regular = judge_dispersion(np.arange(0.5, 60, 1.0), 60.0)
    burst = judge_dispersion(np.concatenate([10 + np.arange(15) / 5, 50 + np.arange(15) / 5]), 60.0)

    assert regular.index < 0.2 and regular.p > 0.95
    assert burst.index > 4 and burst.p < 1e-6
    assert judge_dispersion(np.arange(9.0), 60.0) is None


def test_constant_rates_are_called_bursts_as_often_as_the_level_says():
    rng = np.random.default_rng(5)
    found = [judge_dispersion(rng.uniform(0, 60, 40), 60.0).p < 0.05 for _ in range(600)]

    assert 0.02 < np.mean(found) < 0.08


def test_the_clock_stands_still_where_nothing_could_be_analysed():
    stretches = analysed_stretches(1.0, 10.0, [Unusable(0.5, 2.0, "dark"), Unusable(4.0, 6.0, "frozen")])

    assert stretches == ((2.0, 4.0), (6.0, 10.0))
    assert total_s(stretches) == 6.0
    assert stretch_of(np.array([2.0, 3.9, 5.9, 6.0, 10.0]), stretches).tolist() == [0, 0, 1, 1, 1]
    assert analysed_clock(np.array([2.0, 3.0, 5.95, 7.0, 10.0]), stretches).tolist() == [0, 1, 2, 3, 6]


def test_a_clip_that_cannot_be_analysed_at_all_has_no_stretches():
    assert analysed_stretches(0.0, 3.0, [Unusable(0.0, 3.0, "frozen")]) == ()


def test_numbers_and_order_do_not_hang_on_the_order_of_the_events(wide_grid, make_event, twitches):
    events = [*twitches([(8.0, 10.0), (25.0, 20.0)], 5, 1), make_event(38, 5, 9.0)]
    counts = [[site.count for site in group_sites(order, wide_grid)[1]] for order in (events, events[::-1])]

    assert counts == [[5, 5, 1], [5, 5, 1]]


def test_sites_keep_their_events_ids(wide_grid, make_event):
    events = [replace(make_event(10, 10, n), id=n + 7) for n in range(3)]

    assert [e.id for e in group_sites(events, wide_grid)[0]] == [7, 8, 9]

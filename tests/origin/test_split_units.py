"""The cores of a split unit count once; units that are locked at times count each."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscan.origin import Trace, group_sites, part_second_cores

CENTRES_MM = (8.0, 30.0)


@pytest.fixture
def make_twitch(make_event):
    """A twitch of one of two sites 22 mm apart: a bell of a course, narrower or wider."""

    def make(number: int, site: int, moment_s: float, height_px: float = 2.0, width_s: float = 0.05):
        times_s = moment_s + np.arange(-0.4, 0.6, 0.02)
        course = height_px * np.exp(-0.5 * ((times_s - moment_s - 0.1) / width_s) ** 2)
        return make_event(
            CENTRES_MM[site - 1], 15, moment_s, id=number, site=site, peak_displacement_px=height_px,
            trace=Trace(times_s, course, None),
        )  # fmt: skip

    return make


def both(make_twitch, moments_s, lags_s, width_s=0.05):
    """Site 1, and site 2 with it: weaker, and later by so much."""
    main = [make_twitch(2 * n + 1, 1, t) for n, t in enumerate(moments_s)]
    later_s = [t + lag for t, lag in zip(moments_s, lags_s, strict=True)]
    other = [make_twitch(2 * n + 2, 2, t, 1.2, width_s) for n, t in enumerate(later_s)]
    return [event for pair in zip(main, other, strict=True) for event in pair]


def test_a_place_that_twitches_with_another_each_time_is_no_twitch_of_its_own(make_twitch):
    events = both(make_twitch, (1.0, 3.0, 4.5), (0.0, 0.004, -0.004))
    twitches, cores = part_second_cores(events)

    assert [event.id for event in twitches] == [1, 3, 5]
    assert [event.id for event in cores] == [2, 4, 6]
    assert all(core.site is None and core.p_fasciculation == 0 for core in cores)
    assert "event 3" in cores[1].reason


def test_what_moves_farther_counts_whichever_site_has_more(make_twitch):
    events = [*both(make_twitch, (1.0, 3.0, 4.5, 6.0), (0.0,) * 4), make_twitch(20, 2, 8.0, 1.2)]
    twitches, cores = part_second_cores(events)

    assert {event.site for event in twitches if event.id != 20} == {1}
    assert 20 in [event.id for event in twitches]  # alone at its moment: nothing else stands for it
    assert len(cores) == 4


def test_units_that_are_locked_at_times_count_each(make_twitch):
    alone = [make_twitch(10 + n, 2, t, 1.2) for n, t in enumerate((6.0, 7.0, 8.0))]
    events = [*both(make_twitch, (1.0, 3.0, 4.5), (0.0, 0.004, -0.004)), *alone]

    assert part_second_cores(events) == (events, [])


@pytest.mark.parametrize(
    ("lags_s", "width_s"), [((0.03, -0.03, 0.03), 0.05), ((0.0, 0.0, 0.0), 0.12)], ids=["apart in time", "unlike"]
)
def test_units_that_begin_apart_or_move_unlike_count_each(make_twitch, lags_s, width_s):
    events = both(make_twitch, (1.0, 3.0, 4.5), lags_s, width_s)

    assert part_second_cores(events) == (events, [])


def test_one_moment_does_not_tell(make_twitch):
    events = both(make_twitch, (1.0,), (0.0,))

    assert part_second_cores(events) == (events, [])


def test_sites_are_numbered_anew_without_the_cores(make_twitch, wide_grid):
    events = both(make_twitch, (1.0, 3.0), (0.0, 0.0))
    twitches, _ = part_second_cores(group_sites(events, wide_grid)[0])
    _, sites = group_sites(twitches, wide_grid)

    assert [site.count for site in sites] == [2]


def test_nothing_has_no_parts():
    assert part_second_cores([]) == ([], [])

"""Whether recordings were seen equally well."""

import pytest

from fasciscan.exam.visibility import mean_limit, say_unequal


def test_the_limit_of_several_clips_is_their_mean_over_the_time_watched():
    assert mean_limit([(0.1, 30.0), (0.4, 10.0)]) == pytest.approx(0.175)
    assert mean_limit([(0.1, 30.0), (None, 0.0)]) == pytest.approx(0.1)


@pytest.mark.parametrize("clips", [[], [(None, 30.0)], [(0.1, 30.0), (None, 10.0)], [(0.1, 0.0)]])
def test_where_it_is_not_known_of_a_clip_there_is_none(clips):
    assert mean_limit(clips) is None


def test_only_limits_far_apart_are_told():
    told = "not seen equally well: limit of detection 0.06 mm against 0.12 mm"
    assert say_unequal(0.06, 0.12) == told
    assert say_unequal(0.10, 0.12) == say_unequal(None, 0.12) == say_unequal(0.12, None) == ""

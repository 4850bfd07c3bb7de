"""Agreement of counts, against published values and cases reckoned by hand."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from fasciscan.score.agreement import GrowingLimits, bland_altman, count_error, growing_limits, icc

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Six targets, four judges (Shrout & Fleiss 1979, table 2)."""


def test_icc_is_that_of_the_published_example():
    assert float(icc(SHROUT_FLEISS)) == pytest.approx(0.29, abs=0.005)


def test_icc_is_1_for_equal_ratings_and_falls_with_a_bias():
    same = np.array([[1, 1], [4, 4], [9, 9]], float)
    assert float(icc(same)) == pytest.approx(1)
    assert float(icc(same + np.array([0, 5]))) < 0.7  # agreement, not correlation


def test_icc_of_many_draws_is_that_of_each():
    both = np.stack([SHROUT_FLEISS, SHROUT_FLEISS[::-1] * 2])
    assert icc(both) == pytest.approx([float(icc(part)) for part in both])


def test_icc_is_unknown_where_nothing_differs_or_there_is_one_clip():
    assert isnan(float(icc(np.ones((4, 2)))))
    assert isnan(float(icc(np.ones((1, 2)))))


def test_count_error_is_a_share_of_the_true_count_and_counts_empty_clips_too():
    assert float(count_error(np.array([[10, 8], [0, 1], [10, 10]], float))) == pytest.approx(3 / 20)
    assert isnan(float(count_error(np.array([[0, 1]], float))))


def test_limits_of_agreement_lie_1_96_standard_deviations_from_the_bias():
    bias, low, high = (float(value) for value in bland_altman(np.array([[5, 6], [5, 4], [5, 8]], float)))
    assert bias == pytest.approx(1)
    assert (low, high) == (pytest.approx(1 - 1.96 * 2), pytest.approx(1 + 1.96 * 2))


def test_limits_of_clips_whose_differences_grow_hold_their_share_at_every_count():
    rng = np.random.default_rng(1)
    true = rng.integers(0, 30, 4000).astype(float)
    found = true - 0.1 * true + rng.normal(0, 0.3 + 0.1 * true)
    limits = growing_limits(np.column_stack([true, found]))
    assert limits is not None
    for low, high in ((0, 6), (12, 18), (24, 30)):
        some = (true >= low) & (true < high)
        ends = np.array([limits.of([mean]) for mean in (true + found)[some] / 2])
        off = (found - true)[some]
        assert np.mean((ends[:, 0] <= off) & (off <= ends[:, 1])) == pytest.approx(0.95, abs=0.02)


def test_limits_of_several_clips_are_those_of_their_sum():
    limits = GrowingLimits(bias=(0.1, -0.1), spread=(0.2, 0.1))
    (one_low, one_high), (low, high) = limits.of([4]), limits.of([4, 4, 4, 4])
    assert (low + high) / 2 == pytest.approx(4 * (one_low + one_high) / 2)
    assert high - low == pytest.approx(2 * (one_high - one_low))


def test_clips_of_one_count_do_not_tell_how_limits_grow():
    assert growing_limits(np.full((5, 2), 3.0)) is None
    assert growing_limits(np.zeros((1, 2))) is None

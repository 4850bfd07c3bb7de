"""Sorting gives the same medians and quantiles as NumPy."""

import numpy as np
import pytest

from fasciscan.motion.sorting import median, quantiles


@pytest.mark.parametrize("count", [1, 2, 9, 150])
def test_the_median_is_numpys(count: int):
    values = np.random.default_rng(count).standard_normal((7, count, 2)).astype(np.float32)
    assert np.array_equal(median(values, axis=1), np.median(values, axis=1))
    assert np.array_equal(median(values[:, :, 0]), np.median(values[:, :, 0], axis=1))


def test_what_was_never_measured_is_an_infinite_error_in_the_median_too():
    assert median(np.array([1.0, np.inf, np.inf])) == np.inf


@pytest.mark.parametrize("count", [1, 4, 101])
def test_the_quantiles_are_numpys(count: int):
    values = np.random.default_rng(count).standard_normal((count, 5)).astype(np.float32)
    for share, found in zip((0.25, 0.75), quantiles(values, (0.25, 0.75)), strict=True):
        assert found == pytest.approx(np.quantile(values, share, axis=0), abs=1e-6)

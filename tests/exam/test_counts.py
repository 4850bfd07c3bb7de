"""Rates say what the exposure allows, and no more."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from fasciscan.exam import poisson_rate


def test_none_in_half_a_minute_still_allows_seven_a_minute():
    rate = poisson_rate(0, 30.0)
    assert (rate.value, rate.low) == (0.0, 0.0)
    assert rate.high == pytest.approx(-math.log(0.025) / 0.5, rel=1e-9)
    assert f"{rate.high:.1f}" == "7.4"


def test_the_interval_is_garwoods():
    # Garwood 1936, table for 10 events: 4.795 to 18.390.
    rate = poisson_rate(10, 60.0)
    assert rate.value == pytest.approx(10)
    assert rate.low == pytest.approx(4.795, abs=5e-4)
    assert rate.high == pytest.approx(18.390, abs=5e-4)


@given(count=st.integers(1, 400), exposure_s=st.floats(1, 3600))
def test_each_bound_leaves_one_in_forty_beyond_it(count, exposure_s):
    rate = poisson_rate(count, exposure_s)
    minutes = exposure_s / 60
    assert poisson.sf(count - 1, rate.low * minutes) == pytest.approx(0.025, rel=1e-6)
    assert poisson.cdf(count, rate.high * minutes) == pytest.approx(0.025, rel=1e-6)
    assert rate.low < rate.value < rate.high


def test_looking_longer_narrows_the_interval():
    short, long = poisson_rate(2, 12.0), poisson_rate(20, 120.0)
    assert short.value == pytest.approx(long.value)
    assert long.high - long.low < short.high - short.low


@pytest.mark.parametrize(("count", "exposure_s"), [(0, 0.0), (3, -1.0), (-1, 30.0)])
def test_no_rate_without_exposure_or_with_a_negative_count(count, exposure_s):
    with pytest.raises(ValueError, match="exposure"):
        poisson_rate(count, exposure_s)

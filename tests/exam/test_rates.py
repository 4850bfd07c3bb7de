"""Intervals of an exam hold what they promise, and tell bursts from chance."""

import numpy as np
import pytest
from scipy.stats import poisson

from fasciscan.exam import compare_rates, poisson_rate
from fasciscan.exam.rates import Watched, bootstrap_rate, fill_bins, judge_dispersion

EXAMS, MUSCLES = 500, 6
RATES_PER_MIN = (4.3, 161.0)
"""From the lowest rate of controls' legs to the highest in ALS."""
EXPOSURES_S = (30.0, 60.0, 60.0, 120.0)


def at_random(rng: np.random.Generator, rate_per_min: float, exposure_s: float) -> Watched:
    times = rng.uniform(0, exposure_s, rng.poisson(rate_per_min * exposure_s / 60))
    return Watched(((0.0, exposure_s),), tuple(np.sort(times)))


def in_bursts(rng: np.random.Generator, rate_per_min: float, exposure_s: float) -> Watched:
    starts = rng.uniform(-20, exposure_s, rng.poisson(rate_per_min * (exposure_s + 20) / 60 / 4))
    times = np.concatenate([[], *(start + rng.exponential(0.5, rng.geometric(0.25)).cumsum() for start in starts)])
    return Watched(((0.0, exposure_s),), tuple(np.sort(times[(times >= 0) & (times < exposure_s)])))


def test_intervals_hold_the_true_rate_in_93_to_97_of_100_cases():
    rng = np.random.default_rng(5)
    held = bursts = tested = 0
    for _ in range(EXAMS * MUSCLES):
        rate, exposure_s = float(np.exp(rng.uniform(*np.log(RATES_PER_MIN)))), float(rng.choice(EXPOSURES_S))
        clip = at_random(rng, rate, exposure_s)
        interval, spread = poisson_rate(len(clip.peaks_s), clip.exposure_s), judge_dispersion([clip])
        held += interval.low <= rate <= interval.high
        tested += spread is not None
        bursts += spread is not None and spread.is_clustered
    assert 0.93 <= held / (EXAMS * MUSCLES) <= 0.97
    assert 0.03 <= bursts / tested <= 0.07  # the test's own level is 5 %


def test_an_exact_interval_never_holds_less_than_it_says():
    counts = np.arange(200)
    bounds = [poisson_rate(int(count), 60.0) for count in counts]
    low, high = np.array([rate.low for rate in bounds]), np.array([rate.high for rate in bounds])
    for mean in np.geomspace(0.1, 100, 60):
        held = poisson.pmf(counts, mean)[(low <= mean) & (mean <= high)].sum()
        assert held >= 0.95 - 1e-9


def test_bursts_are_found_and_the_bootstrap_allows_for_them():
    rng = np.random.default_rng(6)
    found = exact = resampled = 0
    for _ in range(150):
        clips = [in_bursts(rng, 30.0, 60.0) for _ in range(2)]
        spread, rate = judge_dispersion(clips), bootstrap_rate(clips)
        interval = poisson_rate(sum(len(clip.peaks_s) for clip in clips), 120.0)
        assert spread is not None
        assert rate is not None
        found += spread.is_clustered
        exact += interval.low <= 30 <= interval.high
        resampled += rate.low <= 30 <= rate.high
    assert found > 0.9 * 150
    assert exact < 0.75 * 150
    assert resampled > 0.88 * 150


def test_the_bootstrap_is_the_same_each_time():
    clips = [in_bursts(np.random.default_rng(1), 40.0, 60.0)]
    assert bootstrap_rate(clips) == bootstrap_rate(clips)


def test_too_little_seen_tells_nothing_of_bursts():
    assert judge_dispersion([Watched(((0.0, 60.0),), ())]) is None
    assert judge_dispersion([Watched(((0.0, 60.0),), (1.0, 1.1, 1.2, 1.3))]) is None
    assert bootstrap_rate([Watched(((0.0, 10.0),), (1.0, 1.1, 1.2, 1.3))]) is None
    assert judge_dispersion([Watched((), ())]) is None


def test_bursts_are_found_in_clips_shorter_than_a_bin():
    counts = (1, 30, 0, 25, 2, 28, 1, 0, 31)
    clips = [Watched(((0.0, 3.97),), tuple(np.linspace(0.1, 3.9, count))) for count in counts]
    spread = judge_dispersion(clips)
    assert spread is not None
    assert spread.is_clustered
    assert spread.bins == len(counts)


def test_a_clip_expected_to_hold_too_little_is_no_bin():
    long, short = Watched(((0.0, 60.0),), tuple(np.linspace(1, 59, 20))), Watched(((0.0, 5.0),), (1.0,))
    assert fill_bins([long, short])[1].sum() == pytest.approx(60)


def test_bins_hold_analysable_time_only():
    # 30 twitches in the first and last 30 s of 90 s; the 30 s between could not be analysed.
    peaks = (*np.linspace(0.5, 29.5, 15), *np.linspace(60.5, 89.5, 15))
    counts, exposures_s = fill_bins([Watched(((0.0, 30.0), (60.0, 90.0)), peaks)])
    assert exposures_s.sum() == pytest.approx(60)
    assert counts.sum() == 30
    assert counts.min() >= 2
    spread = judge_dispersion([Watched(((0.0, 30.0), (60.0, 90.0)), peaks)])
    assert spread is not None
    assert not spread.is_clustered


def test_the_ratio_of_rates_is_that_of_the_published_example():
    # Fay, "Testing the ratio of two Poisson rates" (R's rateratio.test): 2 in 17877 against 9 in 16660.
    ratio = compare_rates(2, 17877, 9, 16660)
    assert ratio is not None
    assert ratio.value == pytest.approx(0.2070941557)
    assert (ratio.low, ratio.high) == pytest.approx((0.02177406, 1.00054910), rel=1e-6)
    assert ratio.p == pytest.approx(0.05011, abs=5e-6)


def test_a_side_where_nothing_was_seen_leaves_a_bound_open():
    ratio = compare_rates(8, 60, 0, 60)
    assert ratio is not None
    assert (ratio.value, ratio.high) == (None, None)
    assert ratio.low > 1
    other = compare_rates(0, 60, 8, 60)
    assert other is not None
    assert (other.value, other.low) == (0, 0)
    assert other.high == pytest.approx(1 / ratio.low)
    assert compare_rates(0, 60, 0, 60) is None


def test_the_ratio_agrees_with_its_probability():
    for count in range(21):
        ratio = compare_rates(count, 60, 20 - count, 45)
        assert ratio is not None
        apart = ratio.low > 1 or (ratio.high is not None and ratio.high < 1)
        assert apart == (ratio.p < 0.05)


def test_no_ratio_without_exposure():
    with pytest.raises(ValueError, match="exposures"):
        compare_rates(1, 0.0, 1, 60.0)

"""Change between visits: ratios and trends say what the counts allow, and no more."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.history.change import DAYS_A_MONTH, compare_visits, find_trends, pick_visits
from fasciscan.history.records import MuscleHistory, Place, Seen, SubjectHistory

FIRST = date(2026, 1, 1)
GOLDEN = {"scale": 1.5502798, "slope": 0.0669874, "low": 0.9238097, "high": 1.2376618}
"""Of counts 5, 9, 4, 14, 11 in a minute each, three months apart (rounded to days): statsmodels 0.15,
GLM(counts, [1, months], family=Poisson(), offset=log(exposures)).fit(scale="X2"), with t of 3 degrees of freedom."""


def day(months: float) -> date:
    return FIRST + timedelta(days=round(months * DAYS_A_MONTH))


def history(
    *counts_of_muscles: list[int | None], months: tuple[float, ...] = (), exposure_s: float = 60.0
) -> SubjectHistory:
    """Muscles with a count at each visit; None where they were not recorded."""
    months = months or tuple(3.0 * n for n in range(len(counts_of_muscles[0])))
    muscles = tuple(
        MuscleHistory(
            Place(f"muscle {number}", "left", "cervical"),
            tuple(
                Seen(day(month), count, exposure_s, 1, frozenset({"net"}))
                for month, count in zip(months, counts, strict=True)
                if count is not None
            ),
        )
        for number, counts in enumerate(counts_of_muscles)
    )
    return SubjectHistory("P", tuple(map(day, months)), muscles)


def test_the_ratio_is_later_over_earlier_with_the_exact_interval():
    (change,) = compare_visits(history([4, 12]), day(0), day(3))
    assert change.ratio is not None
    assert change.ratio.value == pytest.approx(3)
    # Clopper-Pearson of 12 in 16: 0.4762 to 0.9273, as odds.
    assert change.ratio.low == pytest.approx(0.4762 / 0.5238, rel=1e-3)
    assert change.ratio.high == pytest.approx(0.9273 / 0.0727, rel=2e-3)
    assert change.ratio.p == pytest.approx(2 * sum(math.comb(16, k) for k in range(12, 17)) / 2**16)


def test_where_nothing_was_seen_or_recorded_there_is_no_ratio_but_a_reason():
    changes = compare_visits(history([0, 0], [3, None], [None, 3]), day(0), day(3))
    assert [change.ratio for change in changes] == [None, None, None]
    assert [change.note for change in changes] == [
        "none seen at either visit",
        "not recorded at the later visit",
        "not recorded at the earlier visit",
    ]


def test_counts_of_different_models_are_not_compared_without_a_word():
    muscle = MuscleHistory(
        Place("tongue", None, "bulbar"),
        (Seen(day(0), 3, 60, 1, frozenset({"rule"})), Seen(day(3), 9, 60, 1, frozenset({"net ab"}))),
    )
    (change,) = compare_visits(SubjectHistory("P", (day(0), day(3)), (muscle,)), day(0), day(3))
    assert change.note.startswith("counted by different models (net ab, rule)")


def test_the_latest_two_visits_are_compared_unless_others_are_named():
    subject = history([1, 2, 3])
    assert pick_visits(subject, []) == (day(3), day(6))
    assert pick_visits(subject, [day(6), day(0)]) == (day(0), day(6))
    with pytest.raises(FasciscanError, match="has no visit of 2020-01-01"):
        pick_visits(subject, [day(0), date(2020, 1, 1)])
    with pytest.raises(FasciscanError, match="two different visits"):
        pick_visits(subject, [day(0), day(0)])
    with pytest.raises(FasciscanError, match="only one visit"):
        pick_visits(history([1]), [])


def test_a_rate_that_doubles_each_month_has_that_trend():
    trends = find_trends(history([10, 20, 40, 80], months=(0, 1, 2, 3)))
    assert trends is not None
    (trend,) = trends.trends
    assert trend.ratio_per_month == pytest.approx(2, rel=0.02)
    assert trends.dispersion == 1
    assert trend.low < trend.ratio_per_month < trend.high
    assert trend.p < 0.05


def test_the_trend_agrees_with_another_program():
    trends = find_trends(history([5, 9, 4, 14, 11], months=(0, 3, 6, 9, 12)))
    assert trends is not None
    (trend,) = trends.trends
    assert trends.dispersion == pytest.approx(GOLDEN["scale"], rel=1e-6)
    assert math.log(trend.ratio_per_month) == pytest.approx(GOLDEN["slope"], rel=1e-6)
    assert (trend.low, trend.high) == pytest.approx((GOLDEN["low"], GOLDEN["high"]), rel=1e-6)


def test_muscles_that_twitched_too_seldom_have_no_trend():
    assert find_trends(history([0, 0, 0], [0, 0, 9], [4, 0, 0])) is None
    assert find_trends(history([3, 4])) is None
    trends = find_trends(history([0, 9, 0]))
    assert trends is not None
    assert trends.trends[0].ratio_per_month == pytest.approx(1, abs=0.02)


def test_counts_that_vary_more_than_poisson_widen_the_intervals():
    calm = find_trends(history([20, 20, 20, 20], [20, 20, 20, 20]))
    wild = find_trends(history([20, 20, 20, 20], [5, 40, 4, 41]))
    assert calm is not None
    assert wild is not None
    assert (calm.dispersion, calm.freedom) == (1, 4)
    assert wild.dispersion > 5
    wide, narrow = (math.log(found.trends[0].high / found.trends[0].low) for found in (wild, calm))
    assert wide > 2 * narrow


@pytest.mark.parametrize("clustering", [1.0, 3.0])
def test_intervals_of_trends_cover_the_truth(clustering):
    """Six muscles, four visits, rates that grow by 10 % a month, counts of Poisson's variance and of three times it."""
    rng = np.random.default_rng(3)
    months, growth = (0.0, 3.0, 6.0, 9.0), 1.1
    covered = total = 0
    for _ in range(150):
        expected = 12 * growth ** np.array(months) * np.ones((6, 1))
        if clustering > 1:  # bursts of a constant mean size would do as well
            expected = rng.gamma(expected / (clustering - 1), clustering - 1)
        trends = find_trends(history(*rng.poisson(expected).tolist(), months=months))
        assert trends is not None
        covered += sum(trend.low <= growth <= trend.high for trend in trends.trends)
        total += len(trends.trends)
    assert 0.925 <= covered / total <= 0.985

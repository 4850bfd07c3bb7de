"""Change between visits: ratios and trends say what the counts allow, and no more."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from fasciscan.errors import FasciscanError
from fasciscan.history.change import DAYS_A_MONTH, compare_visits, find_trends, pick_visits
from fasciscan.history.records import MuscleHistory, Place, Seen, SubjectHistory
from fasciscan.history.say import say_trend

FIRST = date(2026, 1, 1)
GOLDEN = {"scale": 1.5510863, "slope": 0.0669874, "low": 0.9237746, "high": 1.2377089}
"""Of counts 5, 9, 4, 14, 11 in a minute each, three months apart (rounded to days): statsmodels 0.15,
GLM(counts, [1, months], family=Poisson(), offset=log(exposures)).fit(scale=scale), with t of 3 degrees of freedom;
scale is what fit(scale="X2") gives (1.5502798), over the mean of counts over fitted ones."""


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


def uneven(days: Sequence[int], counts: Sequence[int], exposures_s: Sequence[float]) -> SubjectHistory:
    """One muscle, each visit with its own exposure."""
    visits = [FIRST + timedelta(days=int(after)) for after in days]
    seen = [
        Seen(visit, int(count), float(exposure_s), 1, frozenset({"net"}))
        for visit, count, exposure_s in zip(visits, counts, exposures_s, strict=True)
    ]
    return SubjectHistory("P", tuple(visits), (MuscleHistory(Place("tongue", None, "bulbar"), tuple(seen)),))


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
    assert change.models.startswith("counted by different models (net ab, rule)")


def test_a_trend_over_different_models_is_not_told_without_a_word():
    models = ("rule", "net ab", "net ab", "net cd")
    # At the last visit nothing could be analysed, so its model does not matter.
    seen = tuple(Seen(day(n), 3, 60 * (n < 3), 1, frozenset({model})) for n, model in enumerate(models))
    muscle = MuscleHistory(Place("tongue", None, "bulbar"), seen)
    trends = find_trends(SubjectHistory("P", tuple(map(day, range(4))), (muscle,)))
    assert trends is not None
    assert trends.trends[0].models == "counted by different models (net ab, rule): analyse all visits anew by one"
    alike = find_trends(history([3, 4, 5]))
    assert alike is not None
    assert alike.trends[0].models == ""


def test_visits_that_were_not_seen_equally_well_are_not_compared_without_a_word():
    limits_mm = (0.06, 0.07, None, 0.14)
    seen = tuple(Seen(day(n), 3, 60, 1, frozenset({"net"}), limit_mm) for n, limit_mm in enumerate(limits_mm))
    visits = tuple(map(day, range(4)))
    subject = SubjectHistory("P", visits, (MuscleHistory(Place("tongue", None, "bulbar"), seen),))
    notes = [compare_visits(subject, visits[0], later)[0].note for later in visits[1:]]
    assert notes == ["", "", "not seen equally well: limit of detection 0.06 mm against 0.14 mm"]
    trends = find_trends(subject)
    assert trends is not None
    assert trends.trends[0].note == notes[-1]


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


@pytest.mark.parametrize(
    ("days", "counts", "exposures_s", "slope"),
    [((0, 113, 117), (2, 0, 3), (5, 5, 600), -1.142276), ((0, 39, 227), (59, 3, 2), (20, 120, 60), -2.346851)],
)
def test_few_or_uneven_counts_have_their_trend(days, counts, exposures_s, slope):
    """Newton's steps overshoot on these. The slopes: SciPy's Nelder and Mead on level and slope together."""
    trends = find_trends(uneven(days, counts, exposures_s))
    assert trends is not None
    assert math.log(trends.trends[0].ratio_per_month) == pytest.approx(slope, abs=1e-6)


def test_the_slope_is_where_the_likelihood_is_greatest():
    rng = np.random.default_rng(5)
    compared = 0
    while compared < 300:
        visits = rng.integers(3, 7)
        days = np.sort(rng.choice(rng.choice([10, 400, 4000]), visits, replace=False))
        counts = rng.poisson(rng.choice([0.3, 3, 40], visits))
        exposures_s = rng.choice([5.0, 60.0, 600.0], visits)
        trends = find_trends(uneven(days, counts, exposures_s))
        if trends is None or trends.trends[0].ratio_per_month is None:
            continue
        found = math.log(trends.trends[0].ratio_per_month)
        months = (days - days[0]) / DAYS_A_MONTH

        def loss(slope, months=months, counts=counts, exposures_s=exposures_s):
            """Minus the logarithm of the Poisson likelihood, with the best level for this slope."""
            logs = np.log(exposures_s) + slope * months
            level = math.log(counts.sum()) - logsumexp(logs)
            return np.exp(level + logs).sum() - counts @ (level + logs)

        reach = 2 + 2 * abs(found)
        best = minimize_scalar(loss, bounds=(found - reach, found + 0.7 * reach), options={"xatol": 1e-9})
        assert found == pytest.approx(best.x, rel=1e-5, abs=1e-5)
        compared += 1


def test_large_bounds_are_told_shortly_and_those_that_no_number_holds_as_endless():
    large = find_trends(uneven((0, 7, 14), (1, 0, 2), (60, 60, 60)))
    endless = find_trends(uneven((0, 1, 2), (1, 0, 1), (5, 600, 5)))
    assert large is not None
    assert endless is not None
    assert large.trends[0].high > 1e20
    assert say_trend(large.trends[0]) == "9.70 (<0.01–>1000)"
    assert endless.trends[0].high is None
    assert say_trend(endless.trends[0]) == "1.00 (<0.01–∞)"


def test_one_twitch_in_a_moment_of_recording_does_not_carry_off_all_intervals():
    steady = history([20, 20, 20], [20, 20, 20]).muscles
    brief = uneven((0, 91, 183), (20, 1, 20), (60, 0.02, 60))
    trends = find_trends(SubjectHistory("P", brief.visits, (*steady, *brief.muscles)))
    assert trends is not None
    # Pearson's chi-square alone makes it 48, and these bounds 0.31 and 3.2.
    assert trends.dispersion < 3
    assert 0.4 < trends.trends[0].low < trends.trends[0].high < 2.5


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

"""What changed in each muscle: the ratio of two visits' rates, and the trend over three visits and more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fasciscan.errors import FasciscanError
from fasciscan.exam.rates import RateRatio, compare_rates
from fasciscan.exam.visibility import say_unequal
from fasciscan.history.records import MuscleHistory, Place, Seen, SubjectHistory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = 0.95
DAYS_A_MONTH = 365.25 / 12
TREND_LEAST = 3
"""Visits. Two are compared by their ratio."""
SLOPE_WITHIN = 1e-8
"""Of the logarithm of the rate, over half the time from the first visit to the last: how well the trend is found."""
EXPECTED_LEAST = 1e-100
"""Twitches at a visit. Far down a steep slope still fewer are, and chi-square is to take neither 0 / 0 nor no end."""

FALLING = (
    "A falling count is not improvement: rates rise and later fall as a muscle fails. Weigh it with strength, "
    "wasting and the rest of the examination."
)
CHANCE = (
    "Intervals and p answer for chance alone, and take twitches as independent; as they cluster, the intervals are "
    "rather too narrow. Of twenty muscles in which nothing changed, one is expected to show p < 0.05."
)
PLANE = "A probe held elsewhere sees other motor units: part of any change between visits is that of the place."


@dataclass(frozen=True, slots=True)
class Change:
    """One muscle at two visits."""

    place: Place
    before: Seen | None
    after: Seen | None
    ratio: RateRatio | None
    """Rate after over rate before; None where nothing can be told."""
    note: str
    """Why there is no ratio, or what to doubt of it; empty where nothing."""
    models: str = ""
    """Which different models counted, and what to do about it; empty where one did."""


@dataclass(frozen=True, slots=True)
class Trend:
    """How the rate of one muscle changes with time, over all visits: a factor a month.

    None stands for a factor too large for a number, as visits a day apart may give.
    """

    place: Place
    visits: int
    ratio_per_month: float | None
    low: float | None
    high: float | None
    level: float
    p: float
    """Two-sided, that the rate does not change."""
    note: str
    """What to doubt of it; empty where nothing."""
    models: str = ""
    """Which different models counted, and what to do about it; empty where one did."""


@dataclass(frozen=True, slots=True)
class Trends:
    """The trends of a subject's muscles."""

    trends: tuple[Trend, ...]
    dispersion: float
    """By which variances are larger than Poisson's, estimated over all these muscles; at least 1."""
    freedom: int
    """Visits less two, over all these muscles: what the estimate of the dispersion stands on."""


def pick_visits(history: SubjectHistory, visits: Sequence[date]) -> tuple[date, date]:
    """Give the two visits to compare: those named, or the latest two.

    Raises
    ------
    FasciscanError
        If there are no such visits.
    """
    if not visits:
        if len(history.visits) < 2:
            raise FasciscanError(f"{history.subject}: has only one visit; add another to compare it with.")
        return history.visits[-2], history.visits[-1]
    for visit in visits:
        if visit not in history.visits:
            known = ", ".join(map(str, history.visits))
            raise FasciscanError(f"{history.subject}: has no visit of {visit}; there are {known}.")
    if len(visits) != 2 or visits[0] == visits[1]:
        raise FasciscanError(f"{history.subject}: name two different visits to compare, or none for the latest two.")
    return min(visits), max(visits)


def compare_visits(history: SubjectHistory, before: date, after: date) -> tuple[Change, ...]:
    """Compare each muscle's rates at two visits, by the exact conditional interval and test for two Poisson counts."""
    changes = [
        _compare(muscle.place, muscle.at(before), muscle.at(after))
        for muscle in history.muscles
        if muscle.at(before) or muscle.at(after)
    ]
    return tuple(changes)


def _compare(place: Place, before: Seen | None, after: Seen | None) -> Change:
    if before is None or after is None:
        missing = "earlier" if before is None else "later"
        return Change(place, before, after, None, f"not recorded at the {missing} visit")
    if not before.exposure_s or not after.exposure_s:
        return Change(place, before, after, None, "nothing could be analysed at one of the visits")
    ratio = compare_rates(after.count, after.exposure_s, before.count, before.exposure_s, level=LEVEL)
    if ratio is None:
        return Change(place, before, after, None, "none seen at either visit")
    unequal = say_unequal(before.detection_limit_mm, after.detection_limit_mm)
    return Change(place, before, after, ratio, unequal, _note_models(before.models | after.models, "both"))


def _note_models(models: frozenset[str], visits: str) -> str:
    if len(models) < 2:
        return ""
    return f"counted by different models ({', '.join(sorted(models))}): analyse {visits} visits anew by one"


def find_trends(history: SubjectHistory) -> Trends | None:
    """Fit how the rate of each muscle changes over the visits: Poisson regression, log-linear in time.

    A muscle takes part if it was analysed at three visits or more, and twitched at two of them or at one between
    others; else the rate that fits best is 0 or endless at one end. Counts of one muscle at a few visits tell little
    of how much more they vary than Poisson's, so this is estimated from all muscles of the subject together
    (quasi-Poisson) and not taken as less than 1. It is Fletcher's estimate: Pearson's alone is carried off by one
    twitch in a second of recording, and with it the intervals of every muscle.

    Returns
    -------
    Trends or None
        None if no muscle takes part.

    References
    ----------
    McCullagh P, Nelder JA. Generalized Linear Models, 2nd ed., 1989, chapter 6.
    Fletcher DJ. Estimating overdispersion when fitting a generalized linear model to sparse data. Biometrika
    2012;99:230-237, whose estimate this is for Poisson's variance.
    """
    from scipy.special import stdtr, stdtrit

    fits = [(muscle, fit) for muscle in history.muscles if (fit := _fit(muscle))]
    if not fits:
        return None
    freedom = sum(fit.visits - 2 for _, fit in fits)
    excess = sum(fit.excess for _, fit in fits) / sum(fit.visits for _, fit in fits)
    dispersion = max(1.0, sum(fit.chi_square for _, fit in fits) / freedom / (1 + excess))
    reach = float(stdtrit(freedom, (1 + LEVEL) / 2))
    trends = []
    for muscle, fit in fits:
        error = fit.error * math.sqrt(dispersion)
        low, factor, high = (_factor(fit.slope + sign * reach * error) for sign in (-1, 0, 1))
        p = 2 * float(stdtr(freedom, -abs(fit.slope) / error))
        note, models = say_unequal(*fit.limits_mm), _note_models(fit.models, "all")
        trends.append(Trend(muscle.place, fit.visits, factor, low, high, LEVEL, p, note, models))
    return Trends(tuple(trends), dispersion, freedom)


def _factor(logarithm: float) -> float | None:
    try:
        return math.exp(logarithm)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class _Fit:
    """The log-linear rate of one muscle."""

    visits: int
    slope: float
    """Of the logarithm of the rate, a month."""
    error: float
    """Its standard error, if counts vary as Poisson's do."""
    chi_square: float
    """Pearson's, with two degrees of freedom fewer than there are visits."""
    excess: float
    """Each visit's count over that expected, less 1, summed: far above 0 where a few twitches fell into a visit too
    short to expect any."""
    models: frozenset[str]
    """What judged at any of these visits."""
    limits_mm: tuple[float | None, float | None]
    """Lowest and highest limit of detection among them, as far as they are known."""


def _fit(muscle: MuscleHistory) -> _Fit | None:
    """Fit the slope alone: given their sum, the counts are multinomial, and the level of the rate drops out.

    The likelihood is greatest where the twitches' expected mean time is the one seen. That grows with the slope, so a
    bracketed search finds it always, where Newton's steps may run away.
    """
    import numpy as np
    from scipy.optimize import root_scalar
    from scipy.special import softmax

    seen = [seen for seen in muscle.seen if seen.exposure_s > 0]
    twitched = [number for number, each in enumerate(seen) if each.count]
    if len(seen) < TREND_LEAST or not twitched or twitched in ([0], [len(seen) - 1]):
        return None
    days = np.array([(each.visit_date - seen[0].visit_date).days for each in seen], float)
    half = days[-1] / 2
    times = days / half - 1  # from -1 to 1
    counts = np.array([each.count for each in seen], float)
    exposures = np.array([each.exposure_s for each in seen])
    total = counts.sum()
    mean_time = (counts @ times) / total

    def shares(slope: float) -> NDArray[np.float64]:
        return softmax(np.log(exposures) + slope * times)

    def lateness(slope: float) -> float:
        return float(shares(slope) @ times - mean_time)

    reach = 1.0
    while not lateness(-reach) < 0 < lateness(reach):
        reach *= 2
    slope = float(root_scalar(lateness, bracket=(-reach, reach), method="brentq", xtol=SLOPE_WITHIN).root)
    expected = total * shares(slope)
    information = float(expected @ (times - mean_time) ** 2)
    excess = (counts - expected) / np.maximum(expected, EXPECTED_LEAST)
    chi_square = float((counts - expected) @ excess)
    months = half / DAYS_A_MONTH
    error = 1 / (months * math.sqrt(information))
    models = frozenset[str]().union(*(each.models for each in seen))
    limits_mm = sorted(each.detection_limit_mm for each in seen if each.detection_limit_mm is not None)
    extremes = (limits_mm[0], limits_mm[-1]) if limits_mm else (None, None)
    return _Fit(len(seen), slope / months, error, chi_square, float(excess.sum()), models, extremes)

"""The figures of a data set, each with its bootstrap interval: one table from the scores of its clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.score.agreement import bland_altman, count_error, icc
from fasciscan.score.bootstrap import RESAMPLES, SEED, Estimate, Resamples, estimate, resample
from fasciscan.score.calibration import calibration_error
from fasciscan.score.metrics import Score

MS = 1000.0

Draws = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """The scores of a data set as columns over clips."""

    scores: Sequence[Score]

    def of(self, get: Callable[[Score], float]) -> Draws:
        """One number of each clip, (clips,)."""
        return np.array([get(score) for score in self.scores], float)

    def values(self, get: Callable[[Score], Sequence[float]]) -> list[Draws]:
        """All values of each clip."""
        return [np.array(get(score), float) for score in self.scores]

    @property
    def counts(self) -> Draws:
        """(clips, 2) true and found."""
        return np.array([np.sum(score.counts, axis=0) for score in self.scores], float)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is called, in what unit, and how it is reckoned in each draw of clips."""

    name: str
    label: str
    decimals: int
    reckon: Callable[[Columns, Resamples], Draws]


def _precision(c: Columns, d: Resamples) -> Draws:
    hits = c.of(lambda s: s.true_positives)
    return d.ratio(hits, hits + c.of(lambda s: s.false))


def _recall(c: Columns, d: Resamples) -> Draws:
    hits = c.of(lambda s: s.true_positives)
    return d.ratio(hits, hits + c.of(lambda s: s.missed))


def _f1(c: Columns, d: Resamples) -> Draws:
    hits = 2 * c.of(lambda s: s.true_positives)
    return d.ratio(hits, hits + c.of(lambda s: s.missed) + c.of(lambda s: s.false))


def _false_per_min(c: Columns, d: Resamples) -> Draws:
    return d.ratio(c.of(lambda s: s.false), c.of(lambda s: s.exposure_s / 60))


def _missed_excluded(c: Columns, d: Resamples) -> Draws:
    return d.ratio(c.of(lambda s: s.missed_excluded), c.of(lambda s: s.true_positives + s.missed))


def _told_right(c: Columns, d: Resamples) -> Draws:
    return d.ratio(
        c.of(lambda s: sum(told.right for told in s.look_alikes)),
        c.of(lambda s: sum(told.told is not None for told in s.look_alikes)),
    )


def _left_nothing(c: Columns, d: Resamples) -> Draws:
    return d.ratio(c.of(lambda s: sum(told.told is None for told in s.look_alikes)), c.of(lambda s: len(s.look_alikes)))


def _distance(share: float) -> Callable[[Columns, Resamples], Draws]:
    return lambda c, d: d.quantile(c.values(lambda s: s.epicentre_errors_mm), share)


def _late(of: Callable[[Score], Sequence[float]]) -> Callable[[Columns, Resamples], Draws]:
    """Median of found minus true, ms."""
    return lambda c, d: MS * d.quantile(c.values(of), 0.5)


def _off(of: Callable[[Score], Sequence[float]]) -> Callable[[Columns, Resamples], Draws]:
    """Size that nine of ten do not exceed, either way, ms."""
    return lambda c, d: MS * d.quantile([np.abs(part) for part in c.values(of)], 0.9)


FIGURES = (
    Figure("f1", "F1", 3, _f1),
    Figure("precision", "precision", 3, _precision),
    Figure("recall", "recall", 3, _recall),
    Figure("false_per_min", "false per minute", 2, _false_per_min),
    Figure("count_error", "count error, share of the true count", 3, lambda c, d: count_error(c.counts[d.indices])),
    Figure("count_bias", "count bias, found − true per clip", 2, lambda c, d: bland_altman(c.counts[d.indices])[0]),
    Figure("limit_low", "limit of agreement, lower", 2, lambda c, d: bland_altman(c.counts[d.indices])[1]),
    Figure("limit_high", "limit of agreement, upper", 2, lambda c, d: bland_altman(c.counts[d.indices])[2]),
    Figure("icc", "ICC(2,1) of counts", 3, lambda c, d: icc(c.counts[d.indices])),
    Figure("epicentre_median_mm", "epicentre error, median, mm", 2, _distance(0.5)),
    Figure("epicentre_p90_mm", "epicentre error, 90 %, mm", 2, _distance(0.9)),
    Figure("onset_bias_ms", "onset, median of found − true, ms", 0, _late(lambda s: s.onset_errors_s)),
    Figure("onset_p90_ms", "onset error, 90 %, ms", 0, _off(lambda s: s.onset_errors_s)),
    Figure("peak_bias_ms", "peak, median of found − true, ms", 0, _late(lambda s: s.peak_errors_s)),
    Figure("peak_p90_ms", "peak error, 90 %, ms", 0, _off(lambda s: s.peak_errors_s)),
    Figure("ece", "calibration error (ECE)", 3, lambda c, d: calibration_error([s.judged for s in c.scores], d)),
    Figure("class_accuracy", "look-alikes told by class", 3, _told_right),
    Figure("left_nothing", "look-alikes that left no candidate", 3, _left_nothing),
    Figure("missed_excluded", "twitches in stretches left out", 3, _missed_excluded),
)  # fmt: skip
"""All figures, in the order they are told."""

BRIEF = ("f1", "precision", "recall", "false_per_min", "count_error", "epicentre_median_mm")
"""The figures of a breakdown's rows."""


def reckon_figures(
    scores: Sequence[Score],
    names: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict[str, Estimate]:
    """Reckon the figures of a data set.

    Parameters
    ----------
    scores
        One of each clip.
    names
        Which figures; all by default.
    resamples, seed
        See :func:`resample`.

    Returns
    -------
    dict
        By name, in the order of :data:`FIGURES`.

    Raises
    ------
    ValueError
        If there is no clip.
    """
    columns, draws = Columns(scores), resample(len(scores), resamples, seed)
    wanted = [figure for figure in FIGURES if names is None or figure.name in names]
    return {figure.name: estimate(figure.reckon(columns, draws)) for figure in wanted}

"""Precision against recall as the threshold moves, and the threshold that gives a wanted rate of false events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.score.bootstrap import RESAMPLES, SEED, Estimate, estimate, resample
from fasciscan.score.clips import ScoredClip, Task
from fasciscan.score.matching import match_in_turn
from fasciscan.score.metrics import split_by_size, true_mark

POINTS = 120
"""Thresholds along a curve: steps of a hundredth of the recall or less."""
FALSE_PER_MIN = 0.3
"""The rate of false events at which detectors are compared: one in the 3 minutes of a short examination."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Hits and false events of each clip at falling thresholds."""

    thresholds: NDArray[np.float64]
    """(points,) falling."""
    hits: NDArray[np.float64]
    """(clips, points)."""
    false: NDArray[np.float64]
    """(clips, points)."""
    asked: NDArray[np.float64]
    """(clips,) true twitches that are asked for."""
    exposure_min: NDArray[np.float64]
    """(clips,)."""

    @property
    def recall(self) -> NDArray[np.float64]:
        """(points,) of all clips; never falls along the curve."""
        return self.hits.sum(axis=0) / max(self.asked.sum(), 1)

    @property
    def precision(self) -> NDArray[np.float64]:
        """(points,) of all clips; 1 where nothing is found."""
        hits, false = self.hits.sum(axis=0), self.false.sum(axis=0)
        return np.divide(hits, hits + false, out=np.ones_like(hits), where=hits + false > 0)

    @property
    def false_per_min(self) -> NDArray[np.float64]:
        """(points,) of all clips; never falls along the curve."""
        return self.false.sum(axis=0) / max(self.exposure_min.sum(), 1e-9)

    @property
    def f1(self) -> NDArray[np.float64]:
        """(points,) of all clips."""
        hits = self.hits.sum(axis=0)
        return 2 * hits / np.maximum(hits + self.false.sum(axis=0) + self.asked.sum(), 1)


def trace_curve(clips: Sequence[ScoredClip], task: Task, points: int = POINTS) -> Curve:
    """Score clips at thresholds from none found to all found.

    Parameters
    ----------
    clips
        Clips with what was found.
    task
        What is asked for.
    points
        Thresholds at most; they are taken evenly from the probabilities that occur, and always reach the lowest.

    Returns
    -------
    Curve
        The first threshold is infinite: nothing is found.
    """
    occurring = np.unique([item.p_fasciculation for clip in clips for item in clip.findings.found])[::-1]
    picked = np.unique(np.round(np.linspace(0, len(occurring) - 1, min(points, len(occurring)))).astype(int))
    thresholds = np.concatenate([[np.inf], occurring[picked] if len(occurring) else []])
    counted = np.array([_count_along(clip, task, thresholds) for clip in clips], float)
    return Curve(
        thresholds,
        counted[..., 0],
        counted[..., 1],
        np.array([len(split_by_size(clip.truth, task.least_mm)[0]) for clip in clips], float),
        np.array([clip.findings.exposure_s / 60 for clip in clips], float),
    )


def average_precision(curve: Curve, resamples: int = RESAMPLES, seed: int = SEED) -> Estimate:
    """Tell the area under precision against recall, summed in steps; recall that is never reached adds nothing."""
    draws = resample(len(curve.asked), resamples, seed)
    hits, false = draws.sums(curve.hits), draws.sums(curve.false)
    precision = np.divide(hits, hits + false, out=np.ones_like(hits), where=hits + false > 0)
    asked = draws.sums(curve.asked)
    area = (np.diff(hits, axis=1) * precision[:, 1:]).sum(axis=1)
    return estimate(np.divide(area, asked, out=np.full_like(area, np.nan), where=asked > 0))


def recall_at(
    curve: Curve, false_per_min: float = FALSE_PER_MIN, resamples: int = RESAMPLES, seed: int = SEED
) -> Estimate:
    """Tell the recall at the lowest threshold that keeps to a rate of false events, chosen anew in each draw."""
    draws = resample(len(curve.asked), resamples, seed)
    allowed = draws.sums(curve.false) <= false_per_min * draws.sums(curve.exposure_min)[:, None]
    # False events never fall along the curve, so the allowed thresholds are the first ones; infinity always is.
    last = allowed.sum(axis=1) - 1
    hits = draws.sums(curve.hits)[np.arange(len(last)), last]
    asked = draws.sums(curve.asked)
    return estimate(np.divide(hits, asked, out=np.full_like(hits, np.nan), where=asked > 0))


def threshold_at(curve: Curve, false_per_min: float = FALSE_PER_MIN) -> float:
    """Find the lowest threshold of the curve that keeps to a rate of false events; infinite if only silence does."""
    return float(curve.thresholds[np.nonzero(curve.false_per_min <= false_per_min)[0][-1]])


def best_threshold(curve: Curve, most_false_per_min: float = np.inf) -> float:
    """Find the threshold of the best F1 among those that keep to a rate of false events."""
    allowed = curve.false_per_min <= most_false_per_min
    return float(curve.thresholds[int(np.argmax(np.where(allowed, curve.f1, -1.0)))])


def _count_along(clip: ScoredClip, task: Task, thresholds: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Hits and false events of a clip at each threshold; matched anew only where something is added."""
    truth = [[true_mark(event, clip.truth) for event in group] for group in split_by_size(clip.truth, task.least_mm)]
    ranked = sorted(clip.findings.found, key=lambda item: -item.p_fasciculation)
    probabilities = np.array([item.p_fasciculation for item in ranked])
    counted: list[tuple[int, int]] = []
    before, outcome = -1, (0, 0)
    for threshold in thresholds:
        among = int(np.count_nonzero(probabilities >= threshold))
        if among != before:
            made = match_in_turn(truth, [[item.mark for item in ranked[:among]]], task.tolerance)
            before, outcome = among, (len(made[0, 0].pairs), len(made[1, 0].false))
        counted.append(outcome)
    return counted

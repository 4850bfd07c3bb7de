"""Whether a probability means what it says: expected calibration error and the reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.score.bootstrap import Resamples

BINS = 10
"""Usual, of equal width: equal-mass bins would spend most of themselves on the many sure rejections."""

Judged = Sequence[Sequence[tuple[float, bool]]]
"""Of each clip, of each motion found: the probability that it is a twitch, and whether it is one."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a reliability diagram."""

    low: float
    high: float
    count: int
    said: float
    """Mean probability; NaN in an empty bin."""
    true: float
    """Share that were twitches; NaN in an empty bin."""


def calibration_error(judged: Judged, draws: Resamples) -> NDArray[np.float64]:
    """Tell the expected calibration error in each draw.

    Parameters
    ----------
    judged
        Probabilities and outcomes by clip.
    draws
        Which clips make up each draw.

    Returns
    -------
    array (draws,)
        Mean over all judged of the distance between what their bin said and what was true; NaN without any.

    References
    ----------
    Guo C, Pleiss G, Sun Y, Weinberger KQ. On calibration of modern neural networks. ICML 2017.
    """
    count, said, true = (draws.sums(part) for part in _by_bin(judged))
    return _safe_ratio(np.abs(said - true).sum(axis=1), count.sum(axis=1))


def reliability(judged: Judged) -> list[Bin]:
    """Give the bars of the reliability diagram, all clips together."""
    count, said, true = (part.sum(axis=0) for part in _by_bin(judged))
    edges = np.linspace(0, 1, BINS + 1)
    means, shares = _safe_ratio(said, count), _safe_ratio(true, count)
    return [
        Bin(float(edges[i]), float(edges[i + 1]), int(count[i]), float(means[i]), float(shares[i])) for i in range(BINS)
    ]


def _by_bin(judged: Judged) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(clips, bins) number judged, sum of probabilities, number true."""
    count, said, true = (np.zeros((len(judged), BINS)) for _ in range(3))
    for i, clip in enumerate(judged):
        if not clip:
            continue
        p, is_true = np.array(clip, float).T
        place = np.minimum((p * BINS).astype(int), BINS - 1)
        for into, values in ((count, np.ones_like(p)), (said, p), (true, is_true)):
            np.add.at(into[i], place, values)
    return count, said, true


def _safe_ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)

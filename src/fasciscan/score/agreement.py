"""Agreement of found with true counts, clip by clip: absolute error, ICC(2,1), Bland–Altman limits, which may grow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, pi, sqrt

import numpy as np
from numpy.typing import NDArray

LIMITS_SD = 1.96
"""Normal limits of agreement (Bland JM, Altman DG. Lancet 1986;327:307-310)."""


def count_error(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean absolute error of the counts as a share of the true count.

    Parameters
    ----------
    counts : array (…, clips, 2)
        True and found count of each clip.

    Returns
    -------
    array (…)
        Summed over clips before dividing, so that clips without twitches are counted too; NaN without any twitch.
    """
    true = counts[..., 0].sum(axis=-1)
    wrong = np.abs(counts[..., 1] - counts[..., 0]).sum(axis=-1)
    return np.divide(wrong, true, out=np.full(np.shape(true), np.nan), where=true > 0)


def icc(ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intraclass correlation ICC(2,1): absolute agreement of single ratings, raters drawn at random.

    Parameters
    ----------
    ratings : array (…, subjects, raters)
        Here: (…, clips, 2) true and found counts.

    Returns
    -------
    array (…)
        NaN with fewer than two subjects, or where all ratings are the same.

    References
    ----------
    Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. Psychol Bull 1979;86:420-428.
    McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychol Methods 1996;1:30-46.
    """
    n, k = ratings.shape[-2:]
    if n < 2:
        return np.full(ratings.shape[:-2], np.nan)
    grand = ratings.mean(axis=(-2, -1), keepdims=True)
    by_subject = ratings.mean(axis=-1, keepdims=True)
    by_rater = ratings.mean(axis=-2, keepdims=True)
    between_subjects = k * ((by_subject - grand) ** 2).sum(axis=(-2, -1)) / (n - 1)
    between_raters = n * ((by_rater - grand) ** 2).sum(axis=(-2, -1)) / (k - 1)
    residual = ((ratings - by_subject - by_rater + grand) ** 2).sum(axis=(-2, -1)) / ((n - 1) * (k - 1))
    whole = between_subjects + (k - 1) * residual + k * (between_raters - residual) / n
    return np.divide(between_subjects - residual, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def bland_altman(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bias and limits of agreement.

    Parameters
    ----------
    counts : array (…, clips, 2)
        True and found count of each clip.

    Returns
    -------
    bias, low, high : array (…)
        Mean of found minus true, and the limits within which 95 % of clips would lie were the differences normal.
    """
    difference = counts[..., 1] - counts[..., 0]
    bias = difference.mean(axis=-1)
    spread = LIMITS_SD * difference.std(axis=-1, ddof=1) if counts.shape[-2] > 1 else np.full(np.shape(bias), np.nan)
    return bias, bias - spread, bias + spread


@dataclass(frozen=True, slots=True)
class GrowingLimits:
    """Limits of agreement of counts whose differences grow with the count.

    References
    ----------
    Bland JM, Altman DG. Measuring agreement in method comparison studies. Stat Methods Med Res 1999;8:135-160, 3.2.
    """

    bias: tuple[float, float]
    """Mean of found minus true: at a count of 0, and more for each one of the mean of both."""
    spread: tuple[float, float]
    """Mean distance from that, alike."""

    def of(self, mean_counts: Iterable[float]) -> tuple[float, float]:
        """Give the limits of the sum of the clips whose means of true and found count these are."""
        counts = list(mean_counts)
        middle = sum(self.bias[0] + self.bias[1] * count for count in counts)
        # The mean distance of a normal variable from its mean is √(2/π) of its standard deviation.
        half = LIMITS_SD * sqrt(pi / 2) * hypot(*(max(self.spread[0] + self.spread[1] * count, 0) for count in counts))
        return middle - half, middle + half


def growing_limits(counts: NDArray[np.float64]) -> GrowingLimits | None:
    """Fit limits that grow with the count: the differences by the mean of both, then their distances from that line.

    Parameters
    ----------
    counts : array (clips, 2)
        True and found count of each clip.

    Returns
    -------
    GrowingLimits or None
        None if all clips have the same mean.
    """
    mean, difference = counts.mean(axis=1), counts[:, 1] - counts[:, 0]
    if np.ptp(mean) == 0:
        return None
    by_mean = np.column_stack([np.ones_like(mean), mean])
    bias = np.linalg.lstsq(by_mean, difference, rcond=None)[0]
    spread = np.linalg.lstsq(by_mean, np.abs(difference - by_mean @ bias), rcond=None)[0]
    return GrowingLimits((float(bias[0]), float(bias[1])), (float(spread[0]), float(spread[1])))

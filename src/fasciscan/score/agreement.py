"""Agreement of found with true counts, clip by clip: absolute error, ICC(2,1), Bland–Altman limits."""

from __future__ import annotations

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

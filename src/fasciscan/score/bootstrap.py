"""How far a figure might be off: intervals from clips drawn anew, since events of one clip are not independent."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
"""Enough for 95 % percentile limits (Efron B, Tibshirani RJ. An introduction to the bootstrap. 1993, 14.2)."""
LEVEL = 0.95
SEED = 20250101
"""Any; fixed so that a report made twice says the same."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; NaN where there is nothing to tell it from."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return isfinite(self.value)


@dataclass(frozen=True, slots=True)
class Resamples:
    """Draws of clips with replacement; the first draw is the clips as they are."""

    indices: NDArray[np.int64]
    """(draws, clips)."""
    weights: NDArray[np.float64]
    """(draws, clips) how often each clip was drawn."""

    def sums(self, by_clip: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum (clips, …) over the clips of each draw: (draws, …)."""
        return np.tensordot(self.weights, by_clip, axes=1)

    def ratio(self, part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of one (clips, …) over sum of another in each draw; NaN where there is none of the other."""
        top, bottom = self.sums(part), self.sums(whole)
        return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)

    def quantile(self, values: list[NDArray[np.float64]], share: float) -> NDArray[np.float64]:
        """Smallest of the values that at least `share` of them do not exceed, in each draw.

        Parameters
        ----------
        values
            Those of each clip.
        share
            0.5 for the median.

        Returns
        -------
        array (draws,)
            NaN for draws without any value.
        """
        pooled = np.concatenate([*values, np.empty(0)])
        if not len(pooled):
            return np.full(len(self.weights), np.nan)
        order = np.argsort(pooled, kind="stable")
        owner = np.repeat(np.arange(len(values)), [len(part) for part in values])[order]
        reached = np.cumsum(self.weights[:, owner], axis=1)
        total = reached[:, -1:]
        # The small term keeps rounding from taking the next value.
        first = np.argmax(reached >= share * total - 1e-9, axis=1)
        return np.where(total[:, 0] > 0, pooled[order][first], np.nan)


def resample(clips: int, resamples: int = RESAMPLES, seed: int = SEED) -> Resamples:
    """Draw clips with replacement.

    Parameters
    ----------
    clips
        How many there are.
    resamples
        How often to draw.
    seed
        Decides the draws.

    Raises
    ------
    ValueError
        If there is no clip.
    """
    if clips < 1:
        raise ValueError("there is no clip to draw from")
    drawn = np.random.default_rng(seed).integers(0, clips, (resamples, clips))
    indices = np.concatenate([np.arange(clips)[None], drawn])
    weights = np.zeros(indices.shape)
    np.add.at(weights, (np.arange(len(indices))[:, None], indices), 1)
    return Resamples(indices, weights)


def estimate(draws: NDArray[np.float64]) -> Estimate:
    """Give the value of the first draw with the percentile interval of the others, those without a value apart."""
    told = draws[1:][~np.isnan(draws[1:])]
    if np.isnan(draws[0]) or not len(told):
        return Estimate(float(draws[0]), float("nan"), float("nan"))
    # An order statistic and no interpolation: some draws may be infinite ("not reached").
    low, high = np.quantile(told, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return Estimate(float(draws[0]), float(low), float(high))

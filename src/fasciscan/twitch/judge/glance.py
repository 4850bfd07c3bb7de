"""A first glance at candidates, by their measures alone: most are plainly no twitch, and the network need not look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.twitch.kind import Kind

FASCICULATION = tuple(Kind).index(Kind.FASCICULATION)
"""Its place among the probabilities."""
LIMIT_SD = 4.0
"""Measures are limited to this many standard deviations: what was never seen must not be extrapolated."""


@dataclass(frozen=True, slots=True)
class Glance:
    """Multinomial logistic regression on the measures, their squares and products.

    Fitted by :mod:`fasciscan.learn.glance`; stands in the network's metadata.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    """(25,) each, to standardise the measures by."""
    weights: NDArray[np.float64]
    """(features, 6); features as :meth:`features` lays them out."""
    bias: NDArray[np.float64]
    """(6,)."""
    least: float
    """The network looks at what is a fasciculation with at least this probability."""

    def judge(self, measures: NDArray[np.floating]) -> NDArray[np.float64]:
        """Tell probabilities (n, 6) from measures (n, 25), in the order of :class:`fasciscan.twitch.Kind`."""
        logits = self.features(measures) @ self.weights + self.bias
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        return likely / likely.sum(axis=1, keepdims=True)

    def leaves_open(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Whether the network looks at candidates (n,) of which a glance said so much, (n, 6)."""
        return probabilities[:, FASCICULATION] >= self.least

    def features(self, measures: NDArray[np.floating]) -> NDArray[np.float64]:
        """Lay out standardised measures and their products of two, (n, 25) to (n, 350)."""
        standard = np.clip((measures - self.mean) / self.sd, -LIMIT_SD, LIMIT_SD)
        first, second = np.triu_indices(standard.shape[1])
        return np.concatenate([standard, standard[:, first] * standard[:, second]], axis=1)

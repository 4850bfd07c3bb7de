"""Fitting the first glance: which candidates the network need not look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from fasciscan.learn.examples import Measured
from fasciscan.learn.labels import KINDS
from fasciscan.twitch.judge.glance import FASCICULATION, Glance

MOST_LOST = 0.03
"""Share of the twitches of the validation clips that the glance may hide from the network while it learns."""
LEAST_IN_USE = 0.05
"""In use the network looks at what is a fasciculation with this probability. On the validation clips one twitch of 667
was counted only where it was less likely at a glance: F1 is 0.879 at 0.16 false events a minute, 0.880 at as many with
0.03, and the network looks at 12 % of the candidates instead of 17 %."""

_FEWEST_PER_FEATURE = 10
"""Candidates a feature from which the fit can be relied on to hide any."""
_RIDGE = 1e-4
"""Of the squared weights, for each unit of the mean cross entropy."""
_ITERATIONS = 200
_LEAST_SD = 1e-3


def fit_glance(measured: Measured, validation: Measured) -> Glance:
    """Fit a glance.

    Parameters
    ----------
    measured
        All candidates of the training clips.
    validation
        Of clips that are not among them: these tell from which probability on the network must look.

    Returns
    -------
    Glance
        The maximum-likelihood fit with a ridge, with the probability that all twitches but :data:`MOST_LOST` reach.
    """
    counts = measured.weight > 0
    mean, sd = measured.measures[counts].mean(axis=0), measured.measures[counts].std(axis=0).clip(_LEAST_SD)
    blank = Glance(mean.astype(float), sd.astype(float), np.zeros((0, 0)), np.zeros(0), 0.0)
    weights, bias = _fit(blank.features(measured.measures[counts]), measured.kind[counts], measured.weight[counts])
    fitted = Glance(blank.mean, blank.sd, weights, bias, 0.0)
    best = (validation.kind == FASCICULATION) & (validation.weight == 1)
    if not best.any() or np.count_nonzero(counts) < _FEWEST_PER_FEATURE * len(weights):
        return fitted  # which hides nothing
    least = np.quantile(fitted.judge(validation.measures[best])[:, FASCICULATION], MOST_LOST)
    return replace(fitted, least=min(float(least), LEAST_IN_USE))


def in_use(glance: Glance) -> Glance:
    """Give the glance by which the network looks in use; one that hides nothing goes on hiding nothing."""
    return replace(glance, least=max(glance.least, LEAST_IN_USE)) if glance.least > 0 else glance


def _fit(
    features: NDArray[np.float64], kind: NDArray[np.int64], weight: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (features, 6) and bias (6,)."""
    seen = torch.from_numpy(features.astype(np.float32))
    true, counts = torch.from_numpy(kind), torch.from_numpy(weight / weight.sum())
    weights = torch.zeros(seen.shape[1], len(KINDS), requires_grad=True)
    bias = torch.zeros(len(KINDS), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        entropy = functional.cross_entropy(seen @ weights + bias, true, reduction="none")
        total = (entropy * counts).sum() + _RIDGE * weights.square().sum()
        total.backward()
        return total

    optimizer.step(loss)  # pyright: ignore[reportArgumentType] - its stubs want a float
    return weights.detach().numpy().astype(float), bias.detach().numpy().astype(float)

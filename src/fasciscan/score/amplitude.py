"""The smallest twitch that is found nine times of ten, at a rate of false events that is the same for all detectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.score.bootstrap import RESAMPLES, SEED, Estimate, estimate, resample
from fasciscan.score.clips import ScoredClip, Task
from fasciscan.score.curve import FALSE_PER_MIN, threshold_at, trace_curve
from fasciscan.score.matching import match_in_turn
from fasciscan.score.metrics import split_by_threshold, true_mark

SHARE = 0.9
"""Nine of ten, as in the other measurements of this project."""
TWITCHES_A_STEP = 10
"""Twitches of like amplitude that are taken together; the fit joins steps further where they do not rise."""
FEWEST_ABOVE = 40
"""Twitches there must be from the amplitude told on: a share of 0.9 is known from so many to about 0.05."""


@dataclass(frozen=True, slots=True)
class Detection:
    """How often twitches are found, by their amplitude, at one rate of false events."""

    amplitudes_mm: NDArray[np.float64]
    """(steps,) geometric mean of each step, rising."""
    shares: NDArray[np.float64]
    """(steps,) of the twitches that were found."""
    fitted: NDArray[np.float64]
    """(steps,) the nearest shares that never fall."""
    smallest_mm: Estimate
    """Infinite where not even the largest are found often enough, NaN with too few twitches to tell."""
    threshold: float


def smallest_amplitude_found(
    clips: Sequence[ScoredClip],
    task: Task = Task(),  # noqa: B008 - frozen
    share: float = SHARE,
    false_per_min: float = FALSE_PER_MIN,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Detection:
    """Tell the smallest amplitude that is found often enough.

    The threshold is the lowest that keeps to the rate of false events over all clips. Twitches of all sizes are
    ranked by amplitude and cut into steps of equal number; isotonic regression makes the shares of the steps
    rise, and the amplitude is where they cross ``share``, between steps along the logarithm. No shape is assumed:
    a logistic curve would have to reach 1, which twitches hidden in look-alikes never do.

    Parameters
    ----------
    clips
        Clips with what was found.
    task
        What is asked for; false events are counted as it says.
    share
        How often a twitch must be found.
    false_per_min
        Rate of false events.
    resamples, seed
        See :func:`fasciscan.score.bootstrap.resample`. The threshold stays the same in all draws.

    Returns
    -------
    Detection
        The amplitude is NaN with too few twitches of known amplitude to tell.
    """
    threshold = threshold_at(trace_curve(clips, task), false_per_min)
    outcomes = [_found_of_all(clip, task, threshold) for clip in clips]
    pooled = np.concatenate([*outcomes, np.empty((0, 2))])
    if not len(pooled):
        nothing = np.empty(0)
        return Detection(nothing, nothing, nothing, Estimate(np.nan, np.nan, np.nan), threshold)
    edges = _step_edges(pooled[:, 0])
    found, all_ = _by_step(outcomes, edges)
    centres = np.exp([np.log(part).mean() for part in np.split(np.sort(pooled[:, 0]), edges[1:-1])])
    draws = resample(len(clips), resamples, seed)
    drawn = [_crossing(centres, f, n, share) for f, n in zip(draws.sums(found), draws.sums(all_), strict=True)]
    shares = found.sum(axis=0) / all_.sum(axis=0)
    return Detection(centres, shares, _rising(shares, all_.sum(axis=0)), estimate(np.array(drawn)), threshold)


def _found_of_all(clip: ScoredClip, task: Task, threshold: float) -> NDArray[np.float64]:
    """(twitches, 2) amplitude and whether it was found, for twitches of all sizes alike."""
    twitches = [e for e in clip.truth.twitches if e.peak_displacement_mm and e.x_px is not None]
    events, _ = split_by_threshold(clip.findings, threshold)
    marks = [true_mark(event, clip.truth) for event in twitches]
    pairs = match_in_turn([marks], [[item.mark for item in events]], task.tolerance)[0, 0].pairs
    outcome = np.array([(event.peak_displacement_mm, 0.0) for event in twitches], float).reshape(-1, 2)
    outcome[[a for a, _ in pairs], 1] = 1
    return outcome


def _step_edges(amplitudes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ranks at which steps begin, and the end."""
    steps = max(1, len(amplitudes) // TWITCHES_A_STEP)
    return np.round(np.linspace(0, len(amplitudes), steps + 1)).astype(np.int64)


def _by_step(
    outcomes: Sequence[NDArray[np.float64]], edges: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(clips, steps) twitches found, and all."""
    pooled = np.concatenate(outcomes)
    clip = np.repeat(np.arange(len(outcomes)), [len(part) for part in outcomes])
    rank = np.empty(len(pooled), np.int64)
    rank[np.argsort(pooled[:, 0], kind="stable")] = np.arange(len(pooled))
    step = np.searchsorted(edges, rank, side="right") - 1
    found, all_ = (np.zeros((len(outcomes), len(edges) - 1)) for _ in range(2))
    np.add.at(found, (clip, step), pooled[:, 1])
    np.add.at(all_, (clip, step), 1)
    return found, all_


def _crossing(
    amplitudes: NDArray[np.float64], found: NDArray[np.float64], all_: NDArray[np.float64], share: float
) -> float:
    """Amplitude at which the rising shares reach `share`; infinite if never for enough, NaN with too few to tell."""
    held = all_ > 0
    if all_.sum() < FEWEST_ABOVE:
        return float("nan")
    log, rising = np.log(amplitudes[held]), _rising(found[held] / all_[held], all_[held])
    above = np.nonzero(rising >= share)[0]
    if not len(above) or all_[held][above].sum() < FEWEST_ABOVE:
        return float("inf")
    first = int(above[0])
    if first == 0:
        return float(amplitudes[held][0])
    part = (share - rising[first - 1]) / (rising[first] - rising[first - 1])
    return float(np.exp(log[first - 1] + part * (log[first] - log[first - 1])))


def _rising(shares: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit the nearest sequence that never falls (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression  # here: 0.3 s to import

    return np.asarray(isotonic_regression(shares, weights=weights).x)

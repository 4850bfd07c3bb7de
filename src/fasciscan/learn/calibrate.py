"""Probabilities that mean what they say, and the one from which a candidate counts; both from validation clips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fasciscan.learn.examples import ClipFacts, Examples
from fasciscan.learn.glance import in_use
from fasciscan.learn.labels import KINDS
from fasciscan.learn.train import Trained, predict
from fasciscan.score import Findings, Found, Mark, ScoredClip, Task
from fasciscan.score.curve import average_precision, best_threshold, trace_curve
from fasciscan.simulate import Truth
from fasciscan.twitch.judge.glance import FASCICULATION

MOST_FALSE_PER_MIN = 0.2
"""The operating point makes at most so many false events a minute on validation clips."""

_TEMPERATURES = np.geomspace(0.3, 4, 200)
_POINTS = 400
"""Thresholds looked at."""
_BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities, and from which one on a candidate is a fasciculation."""

    temperature: float
    """The logits are divided by this."""
    threshold: float
    metrics: dict[str, float | None]
    """On the validation clips, at that threshold; None for an error of the place where no twitch was found."""


def calibrate(trained: Trained, validation: Examples) -> Calibration:
    """Choose temperature and operating point.

    Parameters
    ----------
    trained
        The network.
    validation
        Examples of clips it was not trained on.

    Returns
    -------
    Calibration
        The temperature of the least cross entropy (Guo et al. 2017, On calibration of modern neural networks), and
        the threshold of the best F1 for twitches of at least 0.1 mm among those with at most 0.2 false events a
        minute.
    """
    logits, shift_mm, _ = predict(trained, validation)
    weight = torch.from_numpy(validation.weight * validation.seen)
    kind = torch.from_numpy(validation.kind)
    entropies = [
        float((functional.cross_entropy(logits / t, kind, reduction="none") * weight).sum()) for t in _TEMPERATURES
    ]
    temperature = float(_TEMPERATURES[int(np.argmin(entropies))])
    clips, probabilities = _judge(logits, temperature, shift_mm, validation)
    threshold = best_threshold(trace_curve(clips, Task(), _POINTS), MOST_FALSE_PER_MIN)
    threshold = min(threshold, 1.0)  # where none keeps to the rate it is infinite, which JSON cannot hold
    return Calibration(temperature, threshold, _tell_figures(clips, probabilities, threshold, validation))


def score_at(trained: Trained, calibration: Calibration, examples: Examples) -> dict[str, float | None]:
    """Score a network at its operating point.

    Parameters
    ----------
    trained, calibration
        The network.
    examples
        Of clips with truth, all candidates of each.

    Returns
    -------
    dict
        Figures by name, as :attr:`Calibration.metrics`. Every second of the clips counts, also the few that an analysis
        would exclude; of a clip that was reviewed in part, those of the stretches that were.
    """
    logits, shift_mm, _ = predict(trained, examples)
    clips, probabilities = _judge(logits, calibration.temperature, shift_mm, examples)
    return _tell_figures(clips, probabilities, calibration.threshold, examples)


def _tell_figures(
    clips: list[ScoredClip], probabilities: NDArray, threshold: float, examples: Examples
) -> dict[str, float | None]:
    score = reduce(add, [clip.score(Task(), threshold) for clip in clips])
    counts = examples.weight > 0
    told, true = probabilities[counts].argmax(axis=1), examples.kind[counts]
    others = true != FASCICULATION
    figures = {
        "clips": len(clips),
        "minutes": score.exposure_s / 60,
        "twitches": score.true_positives + score.missed,
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "false_per_min": score.false_per_min,
        "average_precision": average_precision(trace_curve(clips, Task())).value,
        "candidate_recall": _candidate_recall(examples),
        "looked_at": float(np.mean(in_use(examples.glance).leaves_open(examples.at_a_glance))),
        "class_accuracy": float(np.mean(told == true)),
        "look_alike_accuracy": float(np.mean(told[others] == true[others])),
        "calibration_error": _calibration_error(probabilities[counts, FASCICULATION], ~others),
    }
    errors_mm = score.epicentre_errors_mm
    # JSON knows no NaN: a share of nothing is told as 0. An error of 0 would read as perfect.
    return {name: float(np.nan_to_num(value)) for name, value in figures.items()} | {
        "epicentre_median_mm": float(np.median(errors_mm)) if errors_mm else None,
        "epicentre_p90_mm": float(np.quantile(errors_mm, 0.9)) if errors_mm else None,
    }


def _judge(
    logits: Tensor, temperature: float, shift_mm: Tensor, examples: Examples
) -> tuple[list[ScoredClip], NDArray]:
    """Say what is found in each clip, as a result would, and the probabilities (n, 6) of all candidates."""
    by_network = (logits / temperature).softmax(dim=1).numpy()
    probabilities = np.where(examples.seen[:, None], by_network, examples.at_a_glance)
    return _scored_clips(examples, probabilities, shift_mm.numpy()), probabilities


def _scored_clips(examples: Examples, probabilities: NDArray, shift_mm: NDArray) -> list[ScoredClip]:
    grid_mm = np.array([facts.grid_mm_per_px for facts in examples.clips])[examples.clip]
    true_mm = np.array([facts.truth.mm_per_px for facts in examples.clips])[examples.clip]
    # Half a pixel, since a truth counts from the centre of the first pixel and a grid from its edge.
    places_mm = (examples.place_px + shift_mm / grid_mm - 0.5) * true_mm[:, None]
    found: list[list[Found]] = [[] for _ in examples.clips]
    for n in _distinct(examples, probabilities[:, FASCICULATION]):
        if not examples.clips[examples.clip[n]].is_known(examples.peak_s[n]):
            continue
        mark = Mark(examples.onset_s[n], examples.peak_s[n], *(float(mm) for mm in places_mm[n]))
        best = int(np.argmax(probabilities[n]))
        found[examples.clip[n]].append(
            Found(mark, str(KINDS[best]), float(probabilities[n, best]), float(probabilities[n, FASCICULATION]))
        )
    return [
        ScoredClip(facts.truth.clip, _known_truth(facts), Findings(tuple(own), facts.exposure_s))
        for facts, own in zip(examples.clips, found, strict=True)
    ]


def _known_truth(facts: ClipFacts) -> Truth:
    """Give the truth of a clip without what lies where not all is known: what is found there is not asked about."""
    if facts.reviewed_s is None:
        return facts.truth
    return replace(facts.truth, events=tuple(event for event in facts.truth.events if facts.is_known(event.peak_s)))


def _distinct(examples: Examples, belief: NDArray) -> list[int]:
    """Drop other views of a twitch, as the pipeline does, but for two at once that are told to start apart.

    What is kept at a lower threshold has the rest of it kept.
    """
    hides: dict[int, set[int]] = {}
    for view, other in examples.views.tolist():
        hides.setdefault(view, set()).add(other)
    kept: set[int] = set()
    for n in np.argsort(-belief, kind="stable").tolist():
        if not hides.get(n, set()) & kept:
            kept.add(n)
    return sorted(kept)


def _candidate_recall(examples: Examples) -> float:
    had = [
        had
        for facts in examples.clips
        for twitch, had in zip(facts.truth.twitches, facts.had_candidate, strict=True)
        if (twitch.peak_displacement_mm or np.inf) >= Task().least_mm and facts.is_known(twitch.peak_s)
    ]
    return float(np.mean(had)) if had else float("nan")


def _calibration_error(probability: NDArray, is_one: NDArray[np.bool_]) -> float:
    """Tell the expected calibration error over ten bins of equal width."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, probability - is_one, minlength=_BINS)
    return float(np.abs(gaps).sum() / max(len(probability), 1))

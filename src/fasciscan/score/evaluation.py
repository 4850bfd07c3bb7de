"""One detector on one data set: everything an evaluation tells, reckoned once and then written by others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fasciscan.score.agreement import GrowingLimits, growing_limits
from fasciscan.score.amplitude import Detection, smallest_amplitude_found
from fasciscan.score.bootstrap import RESAMPLES, Estimate
from fasciscan.score.breakdown import AmplitudeRow, LookAlikeRow, Row, break_down, by_amplitude, by_look_alike
from fasciscan.score.calibration import Bin, reliability
from fasciscan.score.clips import ScoredClip, Task
from fasciscan.score.curve import Curve, average_precision, recall_at, trace_curve
from fasciscan.score.figures import FIGURES, Columns, reckon_figures
from fasciscan.score.hindrances import Hindrance, count_hindrances
from fasciscan.score.metrics import Score
from fasciscan.score.mistakes import Mistake, list_mistakes

AVERAGE_PRECISION, RECALL_AT, SMALLEST = "average_precision", "recall_at_rate", "smallest_mm"

LABELS = {figure.name: (figure.label, figure.decimals) for figure in FIGURES} | {
    AVERAGE_PRECISION: ("average precision", 3),
    RECALL_AT: ("recall at 0.3 false per minute", 3),
    SMALLEST: ("smallest amplitude found 9 times of 10 at 0.3 false per minute, mm", 2),
}
"""What each figure is called, and with how many decimals it is told."""

NOT_OF_RANKS = frozenset({"ece", "class_accuracy", "left_nothing"})
"""Figures that a detector without probabilities and classes does not have."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a detector did."""

    name: str
    clips: tuple[ScoredClip, ...]
    task: Task
    scores: tuple[Score, ...]
    """One of each clip."""
    figures: dict[str, Estimate]
    """By name; :data:`LABELS` tells what they are called."""
    curve: Curve
    detection: Detection
    reliability: list[Bin]
    breakdown: list[Row]
    by_amplitude: list[AmplitudeRow]
    by_look_alike: list[LookAlikeRow]
    limits: GrowingLimits | None
    """Of agreement, as they grow with the count."""
    hindrances: list[Hindrance]
    mistakes: list[Mistake]

    @property
    def total(self) -> Score:
        """The scores of all clips as one."""
        return sum(self.scores, Score())


def evaluate(
    clips: Sequence[ScoredClip],
    name: str = "fasciscan",
    task: Task = Task(),  # noqa: B008 - frozen
    threshold: float | None = None,
    *,
    has_classes: bool = True,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Evaluate a detector on clips.

    Parameters
    ----------
    clips
        Clips with what was found in them.
    name
        Of the detector.
    task
        What is asked for.
    threshold
        Probability from which on something counts; by default what the results themselves count.
    has_classes
        Whether it tells probabilities and classes; else the figures that need them are left out.
    resamples
        Draws of clips for the intervals.

    Raises
    ------
    ValueError
        If there is no clip.
    """
    scores = tuple(clip.score(task, threshold) for clip in clips)
    curve = trace_curve(clips, task)
    detection = smallest_amplitude_found(clips, task, resamples=resamples)
    names = [figure.name for figure in FIGURES if has_classes or figure.name not in NOT_OF_RANKS]
    figures = reckon_figures(scores, names, resamples) | {
        AVERAGE_PRECISION: average_precision(curve, resamples),
        RECALL_AT: recall_at(curve, resamples=resamples),
        SMALLEST: detection.smallest_mm,
    }
    return Evaluation(
        name=name,
        clips=tuple(clips),
        task=task,
        scores=scores,
        figures=figures,
        curve=curve,
        detection=detection,
        reliability=reliability([score.judged for score in scores]) if has_classes else [],
        breakdown=break_down(clips, scores, resamples),
        by_amplitude=by_amplitude(scores, resamples),
        by_look_alike=by_look_alike(scores) if has_classes else [],
        limits=growing_limits(Columns(scores).counts),
        hindrances=count_hindrances(clips, task, threshold),
        mistakes=list_mistakes(clips, task, threshold),
    )

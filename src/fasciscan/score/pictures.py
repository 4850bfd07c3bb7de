"""The four pictures of an evaluation: precision and recall, detection by amplitude, calibration, counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fasciscan.score.amplitude import SHARE
from fasciscan.score.evaluation import Evaluation
from fasciscan.score.plots import Chart, Series, draw

AMPLITUDE_RANGE_MM = (0.03, 1.0)


def draw_all(evaluations: Sequence[Evaluation]) -> dict[str, str]:
    """Draw the pictures; the first evaluation's calibration and counts, the others beside it in the rest.

    Returns
    -------
    dict
        SVG text by name: ``precision-recall``, ``amplitude``, ``counts`` and, where there are probabilities,
        ``calibration``.
    """
    first = evaluations[0]
    charts = {
        "precision-recall": _precision_recall(evaluations),
        "amplitude": _amplitude(evaluations),
        "counts": _counts(first),
    }
    if first.reliability:
        charts["calibration"] = _calibration(first)
    return {name: draw(chart) for name, chart in charts.items()}


def _precision_recall(evaluations: Sequence[Evaluation]) -> Chart:
    lines = [
        Series(e.name, list(zip(e.curve.recall[1:], e.curve.precision[1:], strict=True)), dashed=i > 0)
        for i, e in enumerate(evaluations)
    ]
    return Chart("Precision against recall", "recall", "precision", (0, 1), (0, 1), lines)


def _amplitude(evaluations: Sequence[Evaluation]) -> Chart:
    lines = [
        Series(e.name, list(zip(e.detection.amplitudes_mm, e.detection.fitted, strict=True)), dashed=i > 0)
        for i, e in enumerate(evaluations)
    ]
    lines.append(Series(f"{SHARE:.0%}", [(x, SHARE) for x in AMPLITUDE_RANGE_MM], dashed=True))
    title = "Twitches found at 0.3 false per minute"
    return Chart(title, "peak displacement, mm", "share found", AMPLITUDE_RANGE_MM, (0, 1), lines, x_log=True)


def _calibration(evaluation: Evaluation) -> Chart:
    told = [(part.said, part.true) for part in evaluation.reliability if part.count]
    lines = [Series("found", told), Series("said = true", [(0, 0), (1, 1)], dashed=True)]
    return Chart("Calibration", "probability said", "share that were twitches", (0, 1), (0, 1), lines)


def _counts(evaluation: Evaluation) -> Chart:
    """Bland–Altman: the difference of found and true counts against their mean, with bias and limits."""
    counts = np.array([np.sum(score.counts, axis=0) for score in evaluation.scores], float)
    mean, difference = counts.mean(axis=1), counts[:, 1] - counts[:, 0]
    right = max(float(mean.max()), 1.0)
    limits = [evaluation.figures[name].value for name in ("limit_low", "limit_high")]
    far = 1.1 * float(np.nanmax(np.abs([*difference, *limits, 2.0])))
    series = [Series("clips", list(zip(mean, difference, strict=True)), dots=True)]
    for name, figure in (("bias", "count_bias"), ("lower limit", "limit_low"), ("upper limit", "limit_high")):
        value = evaluation.figures[figure].value
        series.append(Series(name, [(0, value), (right, value)], dashed=True))
    return Chart("Counts per clip", "mean of true and found", "found − true", (0, right), (-far, far), series)

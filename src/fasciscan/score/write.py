"""An evaluation as files: scores.json, tables as CSV (clips, breakdown, mistakes), and index.md with its pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from fasciscan.files import not_writable
from fasciscan.score.evaluation import Evaluation
from fasciscan.score.figures import BRIEF
from fasciscan.score.pictures import draw_all
from fasciscan.score.tables import (
    amplitude_table,
    breakdown_table,
    confusion_table,
    figures_table,
    hindrances_table,
    limits_table,
    look_alike_table,
    mistakes_table,
    reliability_table,
)

SCHEMA = "fasciscan.scores/1"
WORST_TOLD = 40
"""Mistakes shown on the page; the table has them all."""


def write_evaluation(evaluation: Evaluation, out: Path) -> Path:
    """Write an evaluation to a folder.

    Parameters
    ----------
    evaluation
        What to tell.
    out
        Folder; made if it is not there.

    Returns
    -------
    Path
        The page to read first.

    Raises
    ------
    FasciscanError
        If the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(scores_to_dict(evaluation), indent=1, ensure_ascii=False, allow_nan=False)
        (out / "scores.json").write_text(text + "\n", encoding="utf-8")
        _write_clips(evaluation, out / "clips.csv")
        _write_breakdown(evaluation, out / "breakdown.csv")
        _write_rows(out / "mistakes.csv", [asdict(mistake) for mistake in evaluation.mistakes])
        pictures = draw_all([evaluation])
        for name, svg in pictures.items():
            (out / f"{name}.svg").write_text(svg, encoding="utf-8")
        page = out / "index.md"
        page.write_text(_page(evaluation, list(pictures)), encoding="utf-8")
    except OSError as error:
        raise not_writable(out, error, "the evaluation") from error
    return page


def scores_to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Turn an evaluation into plain JSON values; what is unknown or infinite is null."""
    curve, detection = evaluation.curve, evaluation.detection
    return _finite(
        {
            "schema": SCHEMA,
            "name": evaluation.name,
            "clips": len(evaluation.clips),
            "exposure_s": evaluation.total.exposure_s,
            "twitches": evaluation.total.true_positives + evaluation.total.missed,
            "task": asdict(evaluation.task),
            "figures": {name: asdict(value) for name, value in evaluation.figures.items()},
            "curve": {
                "threshold": curve.thresholds.tolist(),
                "recall": curve.recall.tolist(),
                "precision": curve.precision.tolist(),
                "false_per_min": curve.false_per_min.tolist(),
            },
            "detection": {
                "threshold": detection.threshold,
                "amplitude_mm": detection.amplitudes_mm.tolist(),
                "share": detection.shares.tolist(),
                "fitted": detection.fitted.tolist(),
            },
            "reliability": [asdict(part) for part in evaluation.reliability],
            "limits_of_agreement": None if evaluation.limits is None else asdict(evaluation.limits),
            "hindrances": [asdict(row) for row in evaluation.hindrances],
            "by_amplitude": [asdict(row) for row in evaluation.by_amplitude],
            "by_look_alike": [asdict(row) for row in evaluation.by_look_alike],
        }
    )


def describe_data(evaluation: Evaluation) -> str:
    """Tell in one paragraph what was evaluated and how it was scored."""
    task, total = evaluation.task, evaluation.total
    below = f" Twitches below {task.least_mm:g} mm may be found but are not asked for." if task.least_mm > 0 else ""
    return (
        f"{len(evaluation.clips)} clips, {total.exposure_s / 60:.1f} analysed minutes, "
        f"{total.true_positives + total.missed} twitches asked for. Matched one to one within "
        f"±{task.tolerance.seconds:g} s and {task.tolerance.millimetres:g} mm.{below} "
        "Intervals: 95 %, bootstrap by clip."
    )


def _page(evaluation: Evaluation, pictures: Sequence[str]) -> str:
    shown = evaluation.mistakes[:WORST_TOLD]
    parts = [
        f"# Evaluation of {evaluation.name}",
        describe_data(evaluation),
        figures_table([evaluation]),
        *([limits_table(evaluation.limits)] if evaluation.limits else []),
        *(f"![{name}]({name}.svg)" for name in pictures),
        "## By the size of the twitch",
        amplitude_table([evaluation]),
        "## What stood in the way",
        hindrances_table(evaluation.hindrances),
        "## By clip",
        breakdown_table(evaluation.breakdown),
    ]
    if evaluation.by_look_alike:
        parts += ["## What look-alikes were told to be", look_alike_table(evaluation.by_look_alike)]
        parts += [confusion_table(evaluation.scores), "## Calibration", reliability_table(evaluation.reliability)]
    parts += [f"## The worst mistakes ({len(shown)} of {len(evaluation.mistakes)})", mistakes_table(shown)]
    return "\n\n".join(parts) + "\n"


def _write_clips(evaluation: Evaluation, path: Path) -> None:
    rows = []
    for clip, score in zip(evaluation.clips, evaluation.scores, strict=True):
        row: dict[str, Any] = {
            "clip": clip.name,
            "preset": clip.truth.preset,
            "seed": clip.truth.seed,
            "scan_rate_hz": clip.truth.timing.scan_rate_hz,
            "exposure_s": round(score.exposure_s, 3),
            "true_positives": score.true_positives,
            "missed": score.missed,
            "missed_excluded": score.missed_excluded,
            "false": score.false,
            "set_aside": score.set_aside,
            "median_epicentre_error_mm": round(score.median_epicentre_error_mm, 3),
        }
        rows.append(row)
    _write_rows(path, rows)


def _write_breakdown(evaluation: Evaluation, path: Path) -> None:
    rows: list[dict[str, Any]] = []
    for row in evaluation.breakdown:
        told = {"by": row.by, "group": row.group, "clips": row.clips, "twitches": row.twitches}
        for name in BRIEF:
            told |= {f"{name}{end}": getattr(row.figures[name], part) for end, part in _ENDS.items()}
        rows.append(told)
    for part in evaluation.by_amplitude:
        told = {"by": "peak displacement, mm", "group": part.group, "clips": "", "twitches": part.twitches}
        rows.append(told | {f"recall{end}": getattr(part.recall, side) for end, side in _ENDS.items()})
    _write_rows(path, rows)


_ENDS = {"": "value", "_low": "low", "_high": "high"}
"""Ends of column names, and the part of an estimate they hold."""


def _write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as CSV, columns in the order they first come in."""
    told = [_finite(row) for row in rows]
    columns = list(dict.fromkeys(column for row in told for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(told)


def _finite(value: Any) -> Any:
    """Put None in place of what JSON cannot tell."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value

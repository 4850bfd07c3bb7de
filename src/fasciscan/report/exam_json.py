"""The exam as JSON: stable, since the history and other programs read it. ``exam.schema.json`` is the promise."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fasciscan import exam as exam_package
from fasciscan.clip import printable
from fasciscan.exam.clip_counts import ClipCount
from fasciscan.exam.context import Context
from fasciscan.exam.counts import LONG_ENOUGH_S
from fasciscan.exam.muscle_counts import LEAST_TO_FASCICULATE, MuscleCount, Spread
from fasciscan.exam.rates import RateRatio
from fasciscan.exam.session import Exam
from fasciscan.exam.summary import RuleResult, Summary
from fasciscan.report.result_json import SECONDS, SHARES, rate_to_dict

SCHEMA = "fasciscan.exam/1"
SCHEMA_PATH = Path(exam_package.__file__).with_name("exam.schema.json")


def write_exam_json(exam: Exam, path: Path) -> None:
    """Write an exam to `path` as JSON."""
    text = json.dumps(exam_to_dict(exam, path.parent), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def exam_to_dict(exam: Exam, folder: Path) -> dict[str, Any]:
    """Turn an exam into what its JSON file holds.

    Parameters
    ----------
    exam
        The exam.
    folder
        Where the file lies; the clips' reports are named relative to it.

    Returns
    -------
    dict
        Valid under ``exam.schema.json``. It holds no time of writing: the same clips give the same file.
    """
    return {
        "schema": SCHEMA,
        "subject": exam.subject,
        "visit_date": None if exam.visit_date is None else exam.visit_date.isoformat(),
        "muscles": [_muscle(muscle, folder) for muscle in exam.muscles],
        "sides": [{"muscle": side.muscle, **_ratio(side.ratio), "note": side.note} for side in exam.summary.sides],
        "summary": _summary(exam.summary),
        "context": None if exam.context is None else _context(exam.context),
        "failed": [
            {"clip": printable(failed.clip.name), "muscle": failed.muscle, "side": failed.side, "why": failed.why}
            for failed in exam.failed
        ],
        "warnings": list(exam.warnings),
        "provenance": {"version": exam.version, "command": exam.command},
    }


def relative(report: Path, folder: Path) -> str:
    """Name a report as a link from `folder`."""
    return Path(os.path.relpath(report, folder)).as_posix()


def _muscle(muscle: MuscleCount, folder: Path) -> dict[str, Any]:
    spread = muscle.dispersion
    return {
        "muscle": muscle.name.name,
        "known": muscle.name.known is not None,
        "nearest": muscle.name.nearest,
        "region": muscle.name.region,
        "side": muscle.side,
        "recorded_s": round(muscle.recorded_s, SECONDS),
        "exposure_s": round(muscle.exposure_s, SECONDS),
        "short": muscle.is_short,
        "count": muscle.count,
        "fasciculates": muscle.fasciculates,
        "rate_per_min": rate_to_dict(muscle.rate_per_min),
        "dispersion": None
        if spread is None
        else {
            "index": round(spread.index, SHARES),
            "p": _digits(spread.p),
            "bins": spread.bins,
            "bin_s": round(spread.bin_s, SECONDS),
            "clustered": spread.is_clustered,
        },
        "bootstrap_per_min": rate_to_dict(muscle.bootstrap_per_min),
        "rate_per_min_cm2": _digits(muscle.rate_per_min_cm2),
        "sites": {"least": muscle.sites.least, "most": muscle.sites.most},
        "amplitude_mm": _spread(muscle.amplitude_mm),
        "detection_limit_mm": _digits(muscle.detection_limit_mm),
        "duration_s": _spread(muscle.duration_s),
        "notes": list(muscle.notes),
        "clips": [_clip(clip, folder) for clip in muscle.clips],
    }


def _clip(clip: ClipCount, folder: Path) -> dict[str, Any]:
    return {
        "clip": printable(clip.entry.clip.name),
        "report": relative(clip.report, folder),
        "sha256": clip.sha256,
        "view": clip.entry.view,
        "notes": clip.entry.notes,
        "duration_s": round(clip.duration_s, SECONDS),
        "exposure_s": round(clip.exposure_s, SECONDS),
        "count": clip.count,
        "frame_rate_hz": round(clip.frame_rate_hz, SECONDS),
        "tissue_area_mm2": clip.tissue_area_mm2,
        "detection_limit_mm": clip.detection_limit_mm,
        "warnings": list(clip.warnings),
        "version": clip.version,
        "classifier": clip.classifier,
        "model_sha256": clip.model_sha256,
    }


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "examined": summary.examined,
        "count": summary.count,
        "exposure_s": round(summary.exposure_s, SECONDS),
        "fasciculating": list(summary.fasciculating),
        "single": list(summary.single),
        "quiet_but_short": summary.quiet_but_short,
        "least_to_fasciculate": LEAST_TO_FASCICULATE,
        "long_enough_s": LONG_ENOUGH_S,
        "extent": summary.extent,
        "tongue_fasciculates": summary.tongue_fasciculates,
        "regions": [
            {"region": region.region, "examined": region.examined, "fasciculating": region.fasciculating}
            for region in summary.regions
        ],
        "rules": [_rule(rule) for rule in summary.rules],
    }


def _rule(result: RuleResult) -> dict[str, Any]:
    rule = result.rule
    return {
        "basis": rule.basis,
        "threshold": rule.threshold,
        "muscles": rule.muscles,
        "sensitivity": rule.sensitivity,
        "specificity": rule.specificity,
        "people": rule.people,
        "source": rule.source,
        "found": result.found,
        "examined": result.examined,
        "reached": result.is_reached,
        "decided": result.is_decided,
    }


def _context(context: Context) -> dict[str, Any]:
    return {
        "signs": {name: getattr(context.signs, name) for name in context.signs.__slots__},
        "triggers": {name: getattr(context.triggers, name) for name in context.triggers.__slots__},
        "months": context.months,
        "change": context.change,
        "bmi_now": context.bmi_now,
        "bmi_before": context.bmi_before,
        "strength": [
            {"muscle": graded.muscle, "side": graded.side, "grade": graded.grade} for graded in context.strength
        ],
        "red_flags": list(context.red_flags),
        "benign_triggers": list(context.benign_triggers),
        "unrecorded_signs": list(context.unrecorded_signs),
        "leaning": context.leaning,
    }


def _ratio(ratio: RateRatio) -> dict[str, Any]:
    return {
        "ratio": _digits(ratio.value),
        "low": _digits(ratio.low),
        "high": _digits(ratio.high),
        "level": ratio.level,
        "p": _digits(ratio.p),
        "method": ratio.method,
    }


def _spread(spread: Spread | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    return {
        "median": round(spread.median, SHARES),
        "low_quartile": round(spread.low, SHARES),
        "high_quartile": round(spread.high, SHARES),
        "n": spread.n,
    }


def _digits(value: float | None) -> float | None:
    """Keep four significant digits, since ratios and probabilities may be tiny."""
    return None if value is None else float(f"{value:.4g}")

"""Reads what ``fasciscan exam`` writes (``exam.json``), as far as the history keeps it."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

from fasciscan.errors import FasciscanError
from fasciscan.exam.manifest import SUBJECT_CODE
from fasciscan.history.records import Analysis, ExamRecord
from fasciscan.history.tables import TEXT_MOST

SCHEMA = "fasciscan.exam/1"


def read_exam(path: Path, subject: str | None = None, visit_date: date | None = None) -> ExamRecord:
    """Read an exam.

    Parameters
    ----------
    path
        Its ``exam.json``.
    subject, visit_date
        Whose and of when it is, where the file does not say.

    Raises
    ------
    FasciscanError
        If it cannot be read, says another subject or date, or lacks one.
    """
    content = _load(path)
    code = _agree(path, "subject", content.get("subject"), subject, "--subject")
    told_date = _agree(path, "visit date", content.get("visit_date"), _iso(visit_date), "--visit")
    check_code(code, path)
    try:
        when = date.fromisoformat(told_date)
        analyses = tuple(_analysis(muscle, clip, when) for muscle in content["muscles"] for clip in muscle["clips"])
    except (KeyError, TypeError, ValueError) as error:
        raise FasciscanError(f"{path}: is damaged ({error!r}); make it again with fasciscan exam.") from error
    if not analyses:
        raise FasciscanError(f"{path}: holds no clip that was analysed; look at what fasciscan exam said of it.")
    _check_once(path, analyses)
    return ExamRecord(code, when, analyses)


def check_code(code: str, where: str | Path) -> None:
    """Refuse what looks like a name rather than a code.

    Raises
    ------
    FasciscanError
        If it has other characters than letters, digits, dots, dashes and underscores, or is too long.
    """
    if not SUBJECT_CODE.fullmatch(code):
        raise FasciscanError(
            f"{where}: {code!r} is no code of a subject; use letters, digits, '.', '-' and '_', and never a name."
        )


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FasciscanError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    except ValueError as error:
        raise FasciscanError(f"{path}: is no JSON ({error}); give the exam.json of fasciscan exam.") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise FasciscanError(f"{path}: is not of schema {SCHEMA}; give the exam.json of fasciscan exam.")
    return content


def _agree(path: Path, what: str, in_file: str | None, given: str | None, option: str) -> str:
    """Give what the file or the user says; both may, if it is the same."""
    if in_file and given and in_file != given:
        raise FasciscanError(f"{path}: says {what} {in_file}, not {given}; leave out {option}, or correct the exam.")
    told = in_file or given
    if not told:
        raise FasciscanError(f"{path}: says no {what}; give it with {option}.")
    return told


def _iso(when: date | None) -> str | None:
    return None if when is None else when.isoformat()


def _analysis(muscle: dict[str, Any], clip: dict[str, Any], when: date) -> Analysis:
    exposure_s, count = float(clip["exposure_s"]), int(clip["count"])
    limit_mm = clip.get("detection_limit_mm")  # exams made before do not tell it
    if not (math.isfinite(exposure_s) and exposure_s >= 0 and count >= 0):
        raise ValueError(f"{count} in {exposure_s} s")
    return Analysis(
        clip_sha256=str(clip["sha256"]),
        visit_date=when,
        muscle=str(muscle["muscle"])[:TEXT_MOST],
        side=muscle["side"],
        region=muscle["region"],
        exposure_s=exposure_s,
        count=count,
        classifier=str(clip["classifier"])[:TEXT_MOST],
        model_sha256=clip["model_sha256"],
        version=str(clip["version"])[:TEXT_MOST],
        detection_limit_mm=None if limit_mm is None else float(limit_mm),
    )


def _check_once(path: Path, analyses: tuple[Analysis, ...]) -> None:
    """Refuse an exam that counts one recording twice, as when a file was copied under another muscle's name."""
    labels: dict[str, str] = {}
    for analysis in analyses:
        first = labels.setdefault(analysis.clip_sha256, analysis.place.label)
        if first != analysis.place.label:
            raise FasciscanError(
                f"{path}: one recording is there as {first} and as {analysis.place.label}; correct the manifest."
            )

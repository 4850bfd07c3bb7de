"""What a result file says was found in a clip, as far as scoring needs it; any detector that writes it can be scored.

The fields read, of schema ``fasciscan.clip/1``: ``exposure_s``; ``excluded`` with ``start_s`` and ``end_s``; each of
``events`` with ``onset_s``, ``peak_s`` and ``origin.x_px``, ``origin.y_px``; each of ``other_motion`` with ``kind``,
``onset_s``, ``peak_s``, ``x_px``, ``y_px``. Both may carry ``probability`` (that it is of its kind) and
``p_fasciculation`` (that it is a twitch). ``detection_limit_px`` may tell how small a twitch may be to be found, and
``provenance.classifier`` names the detector.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fasciscan.errors import FasciscanError
from fasciscan.score.matching import Mark
from fasciscan.twitch.kind import Kind

RESULT_SCHEMA = "fasciscan.clip/1"


@dataclass(frozen=True, slots=True)
class Found:
    """One motion that a result names, counted or not."""

    mark: Mark
    kind: str
    probability: float
    """That it is of its kind."""
    p_fasciculation: float
    """That it is a twitch; for a detector without probabilities, a rank."""

    @property
    def counted(self) -> bool:
        """Whether the result counts it as a fasciculation."""
        return self.kind == Kind.FASCICULATION


@dataclass(frozen=True, slots=True)
class Findings:
    """All that scoring needs of one result.

    Raises
    ------
    ValueError
        If the exposure is negative.
    """

    found: tuple[Found, ...]
    exposure_s: float
    excluded: tuple[tuple[float, float], ...] = ()
    """Stretches the analysis left out, (start, end) in seconds."""
    classifier: str = ""
    limit_mm: float | None = None
    """Peak displacement of which half the twitches are found, as the result tells it."""

    def __post_init__(self) -> None:
        if self.exposure_s < 0:
            raise ValueError(f"exposure must not be negative, got {self.exposure_s} s")

    def excludes(self, time_s: float) -> bool:
        """Whether the analysis left this moment out."""
        return any(start <= time_s < end for start, end in self.excluded)


def read_findings(result: Path | str | dict[str, Any], mm_per_px: float) -> Findings:
    """Read a result.

    Parameters
    ----------
    result
        ``<stem>.json`` as written by ``fasciscan analyze``, or its content.
    mm_per_px
        Scale of the truth: places are read in pixels, so that a clip analysed without a scale can be scored too.

    Raises
    ------
    FasciscanError
        If the file cannot be read, is of another schema, or lacks a field.
    """
    content, name = (result, "result") if isinstance(result, dict) else (_read_json(Path(result)), str(result))
    if content.get("schema") != RESULT_SCHEMA or not isinstance(content.get("exposure_s"), int | float):
        raise FasciscanError(f"{name}: is no result of schema {RESULT_SCHEMA}; give one of fasciscan analyze.")
    try:
        found = [_event(event, mm_per_px) for event in content["events"]]
        found += [_other_motion(other, mm_per_px) for other in content.get("other_motion", [])]
        excluded = tuple((_number(part["start_s"]), _number(part["end_s"])) for part in content.get("excluded", []))
        classifier = str((content.get("provenance") or {}).get("classifier", ""))
        limit_px = content.get("detection_limit_px")
        limit_mm = None if limit_px is None else _number(limit_px) * mm_per_px
        return Findings(tuple(found), _number(content["exposure_s"]), excluded, classifier, limit_mm)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FasciscanError(f"{name}: is no complete result ({error}); analyse the clip again.") from error


def _event(event: dict[str, Any], mm_per_px: float) -> Found:
    probability = _share(event.get("probability", 1.0))
    mark = _mark(event, event["origin"], mm_per_px)
    return Found(mark, str(Kind.FASCICULATION), probability, _share(event.get("p_fasciculation", probability)))


def _other_motion(other: dict[str, Any], mm_per_px: float) -> Found:
    probability = _share(other.get("probability", 1.0))
    mark = _mark(other, other, mm_per_px)
    # Without the field, the most that can be left for a twitch.
    return Found(mark, str(other["kind"]), probability, _share(other.get("p_fasciculation", 1 - probability)))


def _mark(event: dict[str, Any], place: dict[str, Any], mm_per_px: float) -> Mark:
    onset_s, peak_s = _number(event["onset_s"]), _number(event["peak_s"])
    return Mark(onset_s, peak_s, _number(place["x_px"]) * mm_per_px, _number(place["y_px"]) * mm_per_px)


def _share(value: Any) -> float:
    share = _number(value)
    if not 0 <= share <= 1:
        raise ValueError(f"a probability of {share:g}")
    return share


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} where a number is needed")
    return float(value)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise FasciscanError(f"{path}: cannot be read as a result ({error}); analyse the clip again.") from error
    if not isinstance(content, dict):
        raise FasciscanError(f"{path}: is not a result file; give a result of fasciscan analyze.")
    return content

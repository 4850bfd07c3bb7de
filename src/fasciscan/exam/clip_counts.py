"""One clip as an exam sees it: what its result file says of exposure, twitches, sites and how it was made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fasciscan.errors import FasciscanError
from fasciscan.exam.manifest import Entry
from fasciscan.exam.rates import Watched


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """A twitch, as far as the exam needs it. Millimetres are None where the clip has no scale."""

    id: int
    probability: float
    onset_s: float
    peak_s: float
    offset_s: float
    x_px: float
    y_px: float
    x_mm: float | None
    y_mm: float | None
    peak_displacement_mm: float | None
    peak_velocity_mm_s: float | None
    area_mm2: float | None
    site: int | None

    @property
    def duration_s(self) -> float:
        """From onset to offset."""
        return self.offset_s - self.onset_s


@dataclass(frozen=True, slots=True)
class ClipCount:
    """What one clip of an exam came to."""

    entry: Entry
    report: Path
    """The clip's result file."""
    sha256: str
    width: int
    height: int
    duration_s: float
    exposure_s: float
    excluded_s: tuple[tuple[float, float], ...]
    frame_rate_hz: float
    tissue_area_mm2: float | None
    detection_limit_mm: float | None
    """Peak displacement of which half the twitches are found; None where it is unknown, as in older results."""
    events: tuple[ClipEvent, ...]
    other_s: tuple[float, ...]
    """Peaks of what was found and not counted."""
    sites: int
    warnings: tuple[str, ...]
    version: str
    classifier: str
    model_sha256: str | None

    @property
    def count(self) -> int:
        """Fasciculations."""
        return len(self.events)

    @property
    def watched(self) -> Watched:
        """When the clip could be analysed, and its twitches."""
        stretches, start_s = [], 0.0
        for gap_start_s, gap_end_s in self.excluded_s:
            if gap_start_s > start_s:
                stretches.append((start_s, gap_start_s))
            start_s = max(start_s, gap_end_s)
        if self.duration_s > start_s:
            stretches.append((start_s, self.duration_s))
        return Watched(tuple(stretches), tuple(event.peak_s for event in self.events))


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip of the manifest that could not be analysed."""

    clip: Path
    muscle: str
    side: str | None
    why: str


def read_clip_count(entry: Entry, report: Path) -> ClipCount:
    """Read the result file of a clip.

    Parameters
    ----------
    entry
        The clip's row of the manifest.
    report
        Its result, as ``fasciscan analyze`` writes it (``fasciscan.clip/1``).

    Raises
    ------
    FasciscanError
        If the file is not there or is no such result.
    """
    try:
        result: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return _clip_count(entry, report, result)
    except OSError as error:
        raise FasciscanError(f"{report}: cannot be read ({error.strerror}); run the exam again.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FasciscanError(
            f"{report}: is no result of a clip ({type(error).__name__}: {error}); delete it and run the exam again."
        ) from error


def _clip_count(entry: Entry, report: Path, result: dict[str, Any]) -> ClipCount:
    clip, made = result["clip"], result["provenance"]
    return ClipCount(
        entry=entry,
        report=report,
        sha256=clip["sha256"],
        width=clip["width"],
        height=clip["height"],
        duration_s=clip["duration_s"],
        exposure_s=result["exposure_s"],
        excluded_s=tuple((gap["start_s"], gap["end_s"]) for gap in result["excluded"]),
        frame_rate_hz=clip["frame_rate_hz"],
        tissue_area_mm2=clip["tissue_area_mm2"],
        detection_limit_mm=result.get("detection_limit_mm"),
        events=tuple(_event(event) for event in result["events"]),
        other_s=tuple(other["peak_s"] for other in result["other_motion"]),
        sites=len(result["sites"]),
        warnings=tuple(result["warnings"]),
        version=made["version"],
        classifier=made["classifier"],
        model_sha256=made["model_sha256"],
    )


def _event(event: dict[str, Any]) -> ClipEvent:
    origin = event["origin"]
    return ClipEvent(
        id=event["id"],
        probability=event["probability"],
        onset_s=event["onset_s"],
        peak_s=event["peak_s"],
        offset_s=event["offset_s"],
        x_px=origin["x_px"],
        y_px=origin["y_px"],
        x_mm=origin["x_mm"],
        y_mm=origin["y_mm"],
        peak_displacement_mm=event["peak_displacement_mm"],
        peak_velocity_mm_s=event["peak_velocity_mm_s"],
        area_mm2=event["territory"]["area_mm2"],
        site=event["site"],
    )

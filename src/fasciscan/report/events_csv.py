"""The events as a table for spreadsheets and statistics: one row an event, counted or not, units in the headers."""

from __future__ import annotations

import csv
from pathlib import Path

from fasciscan.clip import printable
from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.motion.raster import Raster
from fasciscan.origin.events import Event

COLUMNS = {
    "id": "id",
    "kind": "kind",
    "probability": "probability",
    "p_fasciculation": "p_fasciculation",
    "reason": "reason",
    "onset_s": "onset_s",
    "peak_s": "peak_s",
    "offset_s": "offset_s",
    "peak_frame": "peak_frame",
    "x_px": "origin.x_px",
    "y_px": "origin.y_px",
    "sd_px": "origin.sd_px",
    "x_mm": "origin.x_mm",
    "y_mm": "origin.y_mm",
    "sd_mm": "origin.sd_mm",
    "major_px": "territory.major_px",
    "minor_px": "territory.minor_px",
    "angle_deg": "territory.angle_deg",
    "area_px": "territory.area_px",
    "major_mm": "territory.major_mm",
    "minor_mm": "territory.minor_mm",
    "area_mm2": "territory.area_mm2",
    "peak_displacement_px": "peak_displacement_px",
    "peak_displacement_mm": "peak_displacement_mm",
    "peak_velocity_px_s": "peak_velocity_px_s",
    "peak_velocity_mm_s": "peak_velocity_mm_s",
    "site": "site",
    "start_s": "kinematics.landmarks.start_s",
    "peak_contraction_s": "kinematics.landmarks.peak_contraction_s",
    "reversal_s": "kinematics.landmarks.reversal_s",
    "peak_relaxation_s": "kinematics.landmarks.peak_relaxation_s",
    "end_s": "kinematics.landmarks.end_s",
    "landmarks_missing": "kinematics.landmarks.missing",
    "total_s": "kinematics.landmarks.total_s",
    "contraction_s": "kinematics.landmarks.contraction_s",
    "relaxation_s": "kinematics.landmarks.relaxation_s",
    "peak_contraction_frame": "kinematics.peak_contraction_frame",
    "contraction_velocity_px_s": "kinematics.contraction_velocity_px_s",
    "contraction_velocity_mm_s": "kinematics.contraction_velocity_mm_s",
    "relaxation_velocity_px_s": "kinematics.relaxation_velocity_px_s",
    "relaxation_velocity_mm_s": "kinematics.relaxation_velocity_mm_s",
    "direction_deg": "kinematics.direction_deg",
    "coherence_0": "kinematics.coherence.0",
    "coherence_5": "kinematics.coherence.5",
    "coherence_15": "kinematics.coherence.15",
    "active_share": "kinematics.active_share",
    "active_px": "kinematics.active_px",
    "active_mm2": "kinematics.active_mm2",
    "onset_spread_s": "kinematics.onset_spread_s",
    "depth_px": "setting.depth_px",
    "depth_mm": "setting.depth_mm",
    "layer": "setting.layer",
    "echogenicity": "setting.echogenicity",
    "relative_echogenicity": "setting.relative_echogenicity",
}
"""Each column after ``clip`` and ``counted``, and where an event tells it; a number is a key of a mapping."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run as a formula by spreadsheets (OWASP, "CSV Injection")."""

DECIMALS = 4


def write_csv(clip: Clip, result: ClipResult, raster: Raster, path: Path) -> None:  # noqa: ARG001
    """Write all events of a clip to `path`, in the order of their onsets.

    The text is UTF-8 with a byte-order mark: without it Excel takes the umlauts of a file name for Latin-1. A clip
    without events gives the header alone. ``kind`` and ``counted`` tell the twitches from what was found beside them.
    """
    told = [("yes", event) for event in result.events] + [("no", event) for event in result.other_motion]
    told.sort(key=lambda row: row[1].onset_s)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["clip", "counted", *COLUMNS])
        writer.writerows([cell(printable(clip.path.name)), counted, *_cells(event)] for counted, event in told)


def _cells(event: Event) -> list[object]:
    return [cell(_told(event, way.split("."))) for way in COLUMNS.values()]


def _told(record: object, way: list[str]) -> object:
    """Follow a way through the records of an event; None where one of them is not there."""
    for step in way:
        if record is None:
            return None
        record = record.get(int(step)) if isinstance(record, dict) else getattr(record, step)
    return record


def cell(value: object) -> object:
    """Round numbers and disarm text that a spreadsheet would run."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value

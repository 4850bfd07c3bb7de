"""The events as a table for spreadsheets and statistics: one row an event, counted or not, units in the headers."""

from __future__ import annotations

import csv
from pathlib import Path

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.motion.raster import Raster
from fasciscan.twitch.events import Event

COLUMNS = (
    "clip",
    "id",
    "kind",
    "counted",
    "probability",
    "reason",
    "onset_s",
    "peak_s",
    "offset_s",
    "duration_s",
    "peak_frame",
    "x_px",
    "y_px",
    "sd_px",
    "x_mm",
    "y_mm",
    "sd_mm",
    "major_px",
    "minor_px",
    "angle_deg",
    "area_px",
    "major_mm",
    "minor_mm",
    "area_mm2",
    "peak_displacement_px",
    "peak_displacement_mm",
    "peak_velocity_px_s",
    "peak_velocity_mm_s",
    "site",
)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run as a formula by spreadsheets (OWASP, "CSV Injection")."""

DECIMALS = 4


def write_csv(clip: Clip, result: ClipResult, raster: Raster, path: Path) -> None:  # noqa: ARG001
    """Write all events of a clip to `path`, in the order of their onsets.

    The text is UTF-8 with a byte-order mark: without it Excel takes the umlauts of a file name for Latin-1. A clip
    without events gives the header alone.
    """
    rows = [_row(clip.path.name, event, counted=True) for event in result.events]
    rows += [_row(clip.path.name, event, counted=False) for event in result.other_motion]
    rows.sort(key=lambda row: row["onset_s"])
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _row(clip: str, event: Event, *, counted: bool) -> dict[str, object]:
    origin, territory = event.origin, event.territory
    return {
        "clip": clip,
        "id": event.id,
        "kind": str(event.kind),
        "counted": "yes" if counted else "no",
        "probability": event.probability,
        "reason": event.reason,
        "onset_s": event.onset_s,
        "peak_s": event.peak_s,
        "offset_s": event.offset_s,
        "duration_s": event.offset_s - event.onset_s,
        "peak_frame": event.peak_frame,
        "x_px": origin.x_px,
        "y_px": origin.y_px,
        "sd_px": origin.sd_px,
        "x_mm": origin.x_mm,
        "y_mm": origin.y_mm,
        "sd_mm": origin.sd_mm,
        "major_px": territory.major_px,
        "minor_px": territory.minor_px,
        "angle_deg": territory.angle_deg,
        "area_px": territory.area_px,
        "major_mm": territory.major_mm,
        "minor_mm": territory.minor_mm,
        "area_mm2": territory.area_mm2,
        "peak_displacement_px": event.peak_displacement_px,
        "peak_displacement_mm": event.peak_displacement_mm,
        "peak_velocity_px_s": event.peak_velocity_px_s,
        "peak_velocity_mm_s": event.peak_velocity_mm_s,
        "site": event.site,
    }


def _cell(value: object) -> object:
    """Round numbers and disarm text that a spreadsheet would run."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value

"""The exam as tables, one row a muscle and one row an event, as CSV for spreadsheets and Parquet for statistics."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from fasciscan.clip import printable
from fasciscan.exam.clip_counts import ClipCount, ClipEvent
from fasciscan.exam.counts import Rate
from fasciscan.exam.muscle_counts import MuscleCount
from fasciscan.exam.session import Exam
from fasciscan.report.events_csv import cell

Row = Mapping[str, object]

MUSCLE_COLUMNS: dict[str, type] = {
    "subject": str, "visit_date": date, "muscle": str, "side": str, "region": str, "clips": int, "recorded_s": float,
    "exposure_s": float, "short": bool, "count": int, "fasciculates": bool, "rate_per_min": float, "rate_low": float,
    "rate_high": float, "dispersion_index": float, "dispersion_p": float, "clustered": bool, "bootstrap_low": float,
    "bootstrap_high": float, "rate_per_min_cm2": float, "sites_least": int, "sites_most": int,
    "amplitude_median_mm": float, "amplitude_low_quartile_mm": float, "amplitude_high_quartile_mm": float,
    "detection_limit_mm": float, "duration_median_s": float, "notes": str,
}  # fmt: skip
"""Columns of ``muscles.csv`` and what they hold."""

EVENT_COLUMNS: dict[str, type] = {
    "subject": str, "visit_date": date, "muscle": str, "side": str, "region": str, "clip": str, "sha256": str,
    "id": int, "site": int, "probability": float, "onset_s": float, "peak_s": float, "offset_s": float,
    "duration_s": float, "x_px": float, "y_px": float, "x_mm": float, "y_mm": float, "peak_displacement_mm": float,
    "peak_velocity_mm_s": float, "area_mm2": float,
}  # fmt: skip
"""Columns of ``events.csv`` and what they hold."""


def muscle_rows(exam: Exam) -> list[Row]:
    """Give a row for each muscle of each side, with the columns of :data:`MUSCLE_COLUMNS`."""
    return [{**_whose(exam), **_muscle(muscle)} for muscle in exam.muscles]


def event_rows(exam: Exam) -> list[Row]:
    """Give a row for each fasciculation, with the columns of :data:`EVENT_COLUMNS`."""
    return [
        {**_whose(exam), **_which(muscle), **_event(clip, event)}
        for muscle in exam.muscles
        for clip in muscle.clips
        for event in clip.events
    ]


def write_csv_table(rows: Sequence[Row], columns: Mapping[str, type], path: Path) -> None:
    """Write rows as CSV: UTF-8 with a byte-order mark for Excel, empty cells for what is not known."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_say(row[name]) for name in columns] for row in rows)


def write_parquet_table(rows: Sequence[Row], columns: Mapping[str, type], path: Path) -> None:
    """Write rows as Parquet, each column with its type even where all is unknown."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), date: pa.date32()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), path)


def _say(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else cell(value)


def _whose(exam: Exam) -> Row:
    return {"subject": exam.subject, "visit_date": exam.visit_date}


def _which(muscle: MuscleCount) -> Row:
    region = muscle.name.region
    return {"muscle": muscle.name.name, "side": muscle.side, "region": None if region is None else str(region)}


def _muscle(muscle: MuscleCount) -> Row:
    spread, amplitude, duration = muscle.dispersion, muscle.amplitude_mm, muscle.duration_s
    return {
        **_which(muscle),
        "clips": len(muscle.clips),
        "recorded_s": muscle.recorded_s,
        "exposure_s": muscle.exposure_s,
        "short": muscle.is_short,
        "count": muscle.count,
        "fasciculates": muscle.fasciculates,
        "rate_per_min": muscle.rate_per_min.value if muscle.rate_per_min else None,
        **_bounds("rate", muscle.rate_per_min),
        "dispersion_index": spread.index if spread else None,
        "dispersion_p": spread.p if spread else None,
        "clustered": spread.is_clustered if spread else None,
        **_bounds("bootstrap", muscle.bootstrap_per_min),
        "rate_per_min_cm2": muscle.rate_per_min_cm2,
        "sites_least": muscle.sites.least,
        "sites_most": muscle.sites.most,
        "amplitude_median_mm": amplitude.median if amplitude else None,
        "amplitude_low_quartile_mm": amplitude.low if amplitude else None,
        "amplitude_high_quartile_mm": amplitude.high if amplitude else None,
        "detection_limit_mm": muscle.detection_limit_mm,
        "duration_median_s": duration.median if duration else None,
        "notes": "; ".join(muscle.notes),
    }


def _bounds(name: str, rate: Rate | None) -> Row:
    return {f"{name}_low": rate.low if rate else None, f"{name}_high": rate.high if rate else None}


def _event(clip: ClipCount, event: ClipEvent) -> Row:
    told = {name: getattr(event, name) for name in EVENT_COLUMNS if hasattr(event, name)}
    return {"clip": printable(clip.entry.clip.name), "sha256": clip.sha256, **told}

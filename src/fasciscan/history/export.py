"""The whole record as a table others can read: a row for each analysis of each clip, codes and figures alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from fasciscan.history.records import Stored
from fasciscan.report.events_csv import cell

SCHEMA = "fasciscan.history/1"
COLUMNS = (
    "subject", "visit_date", "muscle", "side", "region", "clip_sha256", "exposure_s", "count",
    "classifier", "model_sha256", "version", "number", "is_current", "detection_limit_mm",
)  # fmt: skip
"""``number`` counts the analyses of a clip in the order they were added; the counts of a visit stand on those that are
``is_current``."""


def to_csv(stored: Sequence[Stored]) -> str:
    """Give the record as CSV with a heading; text that a spreadsheet would run is disarmed, numbers stay exact."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list[str](COLUMNS), lineterminator="\n")
    writer.writeheader()
    for each in stored:
        row = _row(each)
        writer.writerow({name: cell(value) if isinstance(value, str) else value for name, value in row.items()})
    return text.getvalue()


def to_json(stored: Sequence[Stored]) -> str:
    """Give the record as JSON."""
    content = {"schema": SCHEMA, "analyses": [_row(each) for each in stored]}
    return json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n"


def _row(stored: Stored) -> dict[str, Any]:
    own = {"subject": stored.subject, "number": stored.number, "is_current": stored.is_current}
    return {name: own[name] if name in own else getattr(stored.analysis, name) for name in COLUMNS}

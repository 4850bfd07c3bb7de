"""The manifest of an exam: which clip shows which muscle of which side, a row a clip."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fasciscan.clip import printable
from fasciscan.errors import FasciscanError

COLUMNS = ("clip", "muscle", "side", "view", "subject", "visit_date", "mm_per_px", "notes")
REQUIRED = ("clip", "muscle")
MANIFEST_NAME = "manifest.csv"
NO_TEXT = "{}: is not UTF-8 text; save the table as 'CSV UTF-8'."
SEPARATORS = ",;\t"
"""As spreadsheets write between cells, by language and kind of file."""

SIDES = {"left": "left", "l": "left", "links": "left", "right": "right", "r": "right", "rechts": "right"}
"""Ways to write a side; none at all is right for the tongue."""

SUBJECT_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a subject may be called. Blanks, commas and carets are what people's names have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip of an exam."""

    clip: Path
    muscle: str
    """As written; :func:`fasciscan.exam.muscles.name_muscle` tells which it is. Empty where nobody said."""
    side: str | None = None
    """``"left"``, ``"right"`` or None."""
    view: str | None = None
    subject: str | None = None
    """A code, never a name."""
    visit_date: date | None = None
    mm_per_px: float | None = None
    notes: str = ""


def read_manifest(path: Path) -> tuple[Entry, ...]:
    """Read the manifest of an exam.

    Parameters
    ----------
    path
        CSV, UTF-8, separated by commas, semicolons or tabs, with the columns of :data:`COLUMNS` in small or large
        letters, of which only ``clip`` and ``muscle`` are required. Clips are named relative to the manifest's folder.

    Returns
    -------
    tuple of Entry
        In the order of the rows.

    Raises
    ------
    FasciscanError
        If the file cannot be read, or a row says something that is not understood; the line is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FasciscanError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    except UnicodeDecodeError as error:
        raise FasciscanError(NO_TEXT.format(path)) from error
    if "\0" in text:
        raise FasciscanError(NO_TEXT.format(path))
    delimiter = max(SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        _check_columns(path, reader.fieldnames or ())
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise FasciscanError(
            f"{path}: line {reader.line_num + 1} is no row of a table ({error}); check its quotation marks."
        ) from error
    entries = tuple(_read_row(path, line, row) for line, row in rows if any((cell or "") for cell in row.values()))
    if not entries:
        raise FasciscanError(f"{path}: names no clip; add a row for each.")
    _check_once(path, entries)
    return entries


def write_manifest(entries: Sequence[Entry], path: Path) -> None:
    """Write a manifest to edit, its clips named relative to its folder.

    Raises
    ------
    FasciscanError
        If there is one already, since someone may have edited it, or a clip's name is no text.
    """
    for entry in entries:
        if (told := printable(entry.clip)) != str(entry.clip):
            raise FasciscanError(f"{told}: its name is no UTF-8, which a manifest is; rename it.")
    try:
        with path.open("x", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(entry, path.parent) for entry in entries)
    except FileExistsError:
        raise FasciscanError(f"{path}: is there already; edit it, or move it away to start anew.") from None
    except OSError as error:
        raise FasciscanError(f"{path}: cannot be written ({error.strerror}); check the folder.") from error


def read_side(written: str) -> str | None:
    """Tell the side that a word means, None for any other word."""
    return SIDES.get(written.strip().casefold())


def one_subject_and_visit(entries: Sequence[Entry], where: Path) -> tuple[str | None, date | None]:
    """Give the subject and the date of an exam, which all its clips share.

    Raises
    ------
    FasciscanError
        If the clips are of several subjects or visits: their counts must not be added up.
    """
    subjects = sorted({entry.subject for entry in entries if entry.subject})
    visits = sorted({entry.visit_date for entry in entries if entry.visit_date})
    for found, what in ((subjects, "subjects"), (visits, "visits")):
        if len(found) > 1:
            named = ", ".join(map(str, found[:4]))
            raise FasciscanError(
                f"{where}: its clips are of {len(found)} {what} ({named}); an exam is one subject's at one visit, so "
                "give each a manifest of its own."
            )
    return (subjects[0] if subjects else None), (visits[0] if visits else None)


Refuse = Callable[[str, str], FasciscanError]
"""Makes the error of a line, of what is wrong with it and what to do."""


def _check_columns(path: Path, found: Sequence[str]) -> None:
    names = [name.strip() for name in found if name]
    keys = [name.casefold() for name in names]
    missing = [name for name in REQUIRED if name not in keys]
    if missing:
        raise FasciscanError(f"{path}: has no column {missing[0]!r}; its first line must name {', '.join(REQUIRED)}.")
    for name, key in zip(names, keys, strict=True):
        if keys.count(key) > 1:
            raise FasciscanError(f"{path}: has more than one column {key!r}; keep one.")
        if key not in COLUMNS:
            near = get_close_matches(key, COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(COLUMNS)}."
            raise FasciscanError(f"{path}: has a column {name!r} that is not known; {hint}")


def _check_once(path: Path, entries: Sequence[Entry]) -> None:
    """Refuse a clip that is named twice, also by a link or another way to write its path."""
    names: dict[str, Path] = {}
    for entry in entries:
        first = names.setdefault(os.path.realpath(entry.clip), entry.clip)
        if first is not entry.clip:
            told = " and as ".join(dict.fromkeys(map(str, (first, entry.clip))))
            raise FasciscanError(f"{path}: names a clip more than once, as {told}; a clip shows one muscle.")


def _read_row(path: Path, line: int, row: Mapping[str | None, Any]) -> Entry:
    cells = {
        (name or "").strip().casefold(): (text or "").strip() for name, text in row.items() if isinstance(text, str)
    }

    def refuse(what: str, remedy: str) -> FasciscanError:
        return FasciscanError(f"{path}: line {line} {what}; {remedy}.")

    beyond = [cell.strip() for cell in row.get(None) or () if cell.strip()]  # for which there is no column
    if beyond:
        raise refuse(
            f"goes on beyond its columns with {beyond[0]!r}",
            "put a cell with commas, semicolons or tabs in quotation marks",
        )
    for name in REQUIRED:
        if not cells.get(name):
            raise refuse(f"names no {name}", f"fill in its {name!r}")
    side = cells.get("side", "")
    if side and not read_side(side):
        raise refuse(f"has the side {side!r}", "write left or right, or leave it empty")
    return Entry(
        clip=path.parent / cells["clip"],
        muscle=cells["muscle"],
        side=read_side(side),
        view=cells.get("view") or None,
        subject=_read_subject(cells.get("subject", ""), refuse),
        visit_date=_read_date(cells.get("visit_date", ""), refuse),
        mm_per_px=_read_scale(cells.get("mm_per_px", ""), refuse),
        notes=cells.get("notes", ""),
    )


def _read_subject(text: str, refuse: Refuse) -> str | None:
    if text and not SUBJECT_CODE.fullmatch(text):
        raise refuse(f"has the subject {text!r}", "write a code of letters, digits, '.', '-' and '_', and never a name")
    return text or None


def _read_date(text: str, refuse: Refuse) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise refuse(f"has the visit date {text!r}", "write it as 2026-01-31") from None


def _read_scale(text: str, refuse: Refuse) -> float | None:
    if not text:
        return None
    try:
        scale = float(text.replace(",", "."))
    except ValueError:
        scale = math.nan
    if not (math.isfinite(scale) and scale > 0):
        raise refuse(f"has mm_per_px {text!r}", "write the size of a pixel in millimetres, such as 0.08")
    return scale


def _cells(entry: Entry, folder: Path) -> list[object]:
    clip = entry.clip.relative_to(folder) if entry.clip.is_relative_to(folder) else entry.clip
    row = replace(entry, clip=clip)
    return ["" if (value := getattr(row, name)) is None else str(value) for name in COLUMNS]

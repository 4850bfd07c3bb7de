"""Writes the reports of an exam: data first, the page and its PDF last, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fasciscan.exam.session import Exam
from fasciscan.files import not_writable, whole_or_not_at_all
from fasciscan.report.exam_json import write_exam_json
from fasciscan.report.exam_page import write_exam_page
from fasciscan.report.exam_tables import (
    EVENT_COLUMNS,
    MUSCLE_COLUMNS,
    event_rows,
    muscle_rows,
    write_csv_table,
    write_parquet_table,
)
from fasciscan.report.pdf import print_pdf

PAGE_NAME = "exam.html"


def write_exam(exam: Exam, folder: Path, *, pdf: bool = False) -> list[Path]:
    """Write an exam into a folder.

    Parameters
    ----------
    exam
        The exam.
    folder
        Where to; made if it is not there. Files of a former run are replaced.
    pdf
        Whether to print the page as well; needs a Chromium.

    Returns
    -------
    list of Path
        ``exam.json``, ``muscles.csv``, ``muscles.parquet``, ``events.csv``, ``events.parquet``, ``exam.html`` and,
        where asked for, ``exam.pdf``.

    Raises
    ------
    FasciscanError
        If a file cannot be written, or there is no browser to print with; all other files are there then.
    """
    muscles, events = muscle_rows(exam), event_rows(exam)
    writers: dict[str, Callable[[Path], None]] = {
        "exam.json": lambda path: write_exam_json(exam, path),
        "muscles.csv": lambda path: write_csv_table(muscles, MUSCLE_COLUMNS, path),
        "muscles.parquet": lambda path: write_parquet_table(muscles, MUSCLE_COLUMNS, path),
        "events.csv": lambda path: write_csv_table(events, EVENT_COLUMNS, path),
        "events.parquet": lambda path: write_parquet_table(events, EVENT_COLUMNS, path),
        PAGE_NAME: lambda path: write_exam_page(exam, path),
    }
    if pdf:
        writers["exam.pdf"] = lambda path: print_pdf(folder / PAGE_NAME, path)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in writers.items():
            with whole_or_not_at_all(folder / name) as partial:
                write(partial)
            written.append(folder / name)
    except OSError as error:
        raise not_writable(folder, error, "the exam") from error
    return written

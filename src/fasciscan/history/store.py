"""The database: SQLite by default, PostgreSQL by URL. However many write at once, nothing is lost or there twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session, joinedload

from fasciscan.errors import FasciscanError
from fasciscan.exam.visibility import mean_limit
from fasciscan.history.records import (
    Added,
    Analysis,
    ExamRecord,
    MuscleHistory,
    Place,
    Seen,
    Stored,
    SubjectHistory,
)
from fasciscan.history.tables import AnalysisRow, ClipRow, SubjectRow

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_S = 30
"""Seconds SQLite waits for another writer."""
TRIES = 12
"""Times a transaction is tried that met another one's; with the pauses between them, some seconds."""
PAUSE_LEAST_S, PAUSE_MOST_S = 0.01, 1.0
MIGRATION_LOCK = 0x66617363
"""Key of PostgreSQL's advisory lock under which migrations run, so that two programs do not both make the tables."""
MODEL_DIGITS = 8
"""Of a model's SHA-256 where models are told apart for a reader."""
REGIONS = ("bulbar", "cervical", "thoracic", "lumbosacral")
"""From head to foot."""

Answer = TypeVar("Answer")


class Store:
    """An open database; made by :func:`open_store`."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def add(self, exam: ExamRecord) -> Added:
        """Add the analyses of an exam, all or none.

        A clip is known by its content, so a recording that is there already gets another version of its analysis and
        does not count twice; an analysis that is there already is not added.

        Raises
        ------
        FasciscanError
            If a clip is there under another subject, or the database fails.
        """
        return self._transact(lambda session: _add(session, exam))

    def remove(self, analyses: Iterable[Analysis]) -> int:
        """Remove analyses, and with them the recordings and subjects that have none left, all or none.

        Of a recording that keeps some, the latest of these counts.

        Returns
        -------
        int
            How many were there to remove.

        Raises
        ------
        FasciscanError
            If the database fails.
        """
        fingerprints = [analysis.fingerprint for analysis in analyses]
        return self._transact(lambda session: _remove(session, fingerprints))

    def subjects(self) -> tuple[SubjectHistory, ...]:
        """Give all subjects, by their codes."""
        by_subject = groupby(self.stored(), key=lambda stored: stored.subject)
        return tuple(_history(subject, list(stored)) for subject, stored in by_subject)

    def subject(self, code: str) -> SubjectHistory:
        """Give one subject.

        Raises
        ------
        FasciscanError
            If there is none of this code.
        """
        stored = self.stored(code)
        if not stored:
            raise FasciscanError(f"{code}: there is no such subject; fasciscan history list tells which there are.")
        return _history(code, stored)

    def stored(self, code: str | None = None) -> tuple[Stored, ...]:
        """Give every analysis, of one subject or of all, by subject, visit, muscle, clip and order of adding."""
        return self._transact(lambda session: _stored(session, code))

    def _transact(self, work: Callable[[Session], Answer]) -> Answer:
        """Do some work in a transaction, again if another one came between."""
        pause_s = PAUSE_LEAST_S
        for tries in range(1, TRIES + 1):
            try:
                with Session(self._engine) as session, session.begin():
                    return work(session)
            except (IntegrityError, OperationalError) as error:
                if tries == TRIES:
                    raise _failed(self._engine.url, error) from error
            except DBAPIError as error:
                raise _failed(self._engine.url, error) from error
            time.sleep(random.uniform(0, pause_s))  # so that two who met do not meet again
            pause_s = min(2 * pause_s, PAUSE_MOST_S)
        raise AssertionError("the last try returns or raises")


@contextmanager
def open_store(where: str | Path) -> Iterator[Store]:
    """Open a database and bring its tables up to date.

    Parameters
    ----------
    where
        File of an SQLite database, made if it is not there, or a URL such as ``postgresql://user@host/name``.

    Raises
    ------
    FasciscanError
        If it cannot be opened, or a newer fasciscan made its tables.
    """
    url = _url(where)
    try:
        engine = create_engine(url)
    except ModuleNotFoundError as error:
        raise FasciscanError(
            f"{_say(url)}: needs a package that is not installed ({error.name}); "
            "get it by: pip install 'fasciscan[postgresql]'"
        ) from error
    if url.get_backend_name() == "sqlite":
        _settle_sqlite(engine)
    try:
        _migrate(engine)
        yield Store(engine)
    finally:
        engine.dispose()


def _url(where: str | Path) -> URL:
    if "://" not in str(where):
        path = Path(where)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FasciscanError(f"{path}: cannot be made ({error.strerror}); name another file by --db.") from error
        return URL.create("sqlite", database=str(path))
    try:
        url = make_url(str(where))
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise FasciscanError("The database's URL is not understood; give a file or postgresql://…") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise FasciscanError(f"{_say(url)}: is neither SQLite nor PostgreSQL; give a file or postgresql://…")
    return url


def _settle_sqlite(engine: Engine) -> None:
    """Let writers wait for each other: each takes its turn at the start, so none finds its basis changed at the end."""

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transactions; the listener below does
        connection.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is removed is not to be read off the file

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            there = MigrationContext.configure(connection).get_current_revision()
            if there is not None and there not in {script.revision for script in scripts.walk_revisions()}:
                raise FasciscanError(f"{_say(engine.url)}: was made by a newer fasciscan; update this one.")
            if there is None and engine.dialect.name == "sqlite" and inspect(connection).get_table_names():
                raise FasciscanError(f"{_say(engine.url)}: is another program's database; name another file by --db.")
            if there != scripts.get_current_head():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except DBAPIError as error:
        raise _failed(engine.url, error) from error


def _failed(url: URL, error: DBAPIError) -> FasciscanError:
    reason = " ".join(str(error.orig).split())
    return FasciscanError(
        f"{_say(url)}: the database cannot be used ({reason}); check --db and that it can be reached."
    )


def _say(url: URL) -> str:
    """Name a database without its password."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _add(session: Session, exam: ExamRecord) -> Added:
    subject = session.scalar(select(SubjectRow).where(SubjectRow.code == exam.subject))
    if subject is None:
        subject = SubjectRow(code=exam.subject)
        session.add(subject)
    new = version = there = overtaken = 0
    # In one order for all, so that two writers of the same clips wait for each other and do not lock each other out.
    for analysis in sorted(exam.analyses, key=lambda analysis: analysis.clip_sha256):
        clip = session.scalar(select(ClipRow).where(ClipRow.sha256 == analysis.clip_sha256))
        if clip is None:
            clip = ClipRow(sha256=analysis.clip_sha256, subject=subject)
            session.add(clip)
            new += 1
        elif clip.subject is not subject:
            raise FasciscanError(
                f"{exam.subject}: clip {analysis.clip_sha256} is there already, of subject {clip.subject.code}; "
                "nothing of this exam was added. Check whose it is."
            )
        elif analysis.fingerprint in (said := [row.fingerprint for row in clip.analyses]):
            there += 1
            overtaken += said[-1] != analysis.fingerprint
            continue
        else:
            version += 1
        clip.analyses.append(_row(analysis))
        session.flush()
    return Added(new, version, there, overtaken)


def _remove(session: Session, fingerprints: Sequence[str]) -> int:
    rows = session.scalars(select(AnalysisRow).where(AnalysisRow.fingerprint.in_(fingerprints))).all()
    clips = {row.clip for row in rows}
    subjects = {clip.subject_id for clip in clips}
    for row in rows:
        session.delete(row)
    session.flush()
    gone = [clip.id for clip in clips]
    session.execute(delete(ClipRow).where(ClipRow.id.in_(gone), ~ClipRow.analyses.any()))
    session.execute(delete(SubjectRow).where(SubjectRow.id.in_(subjects), ~SubjectRow.clips.any()))
    return len(rows)


def _row(analysis: Analysis) -> AnalysisRow:
    return AnalysisRow(
        fingerprint=analysis.fingerprint,
        visit_date=analysis.visit_date,
        muscle=analysis.muscle,
        side=analysis.side,
        region=analysis.region,
        exposure_s=analysis.exposure_s,
        count=analysis.count,
        classifier=analysis.classifier,
        model_sha256=analysis.model_sha256,
        version=analysis.version,
        detection_limit_mm=analysis.detection_limit_mm,
    )


def _stored(session: Session, code: str | None) -> tuple[Stored, ...]:
    query = select(ClipRow).join(ClipRow.subject)
    query = query.options(joinedload(ClipRow.analyses), joinedload(ClipRow.subject))
    if code is not None:
        query = query.where(SubjectRow.code == code)
    stored = [
        Stored(clip.subject.code, _analysis(row, clip.sha256), number, row is clip.analyses[-1])
        for clip in session.scalars(query).unique()
        for number, row in enumerate(clip.analyses, 1)
    ]
    return tuple(sorted(stored, key=_order))


def _analysis(row: AnalysisRow, clip_sha256: str) -> Analysis:
    return Analysis(
        clip_sha256,
        row.visit_date,
        row.muscle,
        row.side,
        row.region,
        row.exposure_s,
        row.count,
        row.classifier,
        row.model_sha256,
        row.version,
        row.detection_limit_mm,
    )


def _order(stored: Stored) -> tuple[Any, ...]:
    analysis = stored.analysis
    return (
        stored.subject,
        analysis.visit_date,
        _from_head_to_foot(analysis.place),
        analysis.clip_sha256,
        stored.number,
    )


def _from_head_to_foot(place: Place) -> tuple[int, str, str]:
    region = REGIONS.index(place.region) if place.region in REGIONS else len(REGIONS)
    return region, place.muscle, place.side or ""


def _history(subject: str, stored: Sequence[Stored]) -> SubjectHistory:
    """Add up each clip's latest analysis, by muscle and visit."""
    current = [each.analysis for each in stored if each.is_current]
    places = sorted({analysis.place for analysis in current}, key=_from_head_to_foot)
    muscles = tuple(
        MuscleHistory(place, _seen([analysis for analysis in current if analysis.place == place])) for place in places
    )
    return SubjectHistory(subject, tuple(sorted({analysis.visit_date for analysis in current})), muscles)


def _seen(analyses: Sequence[Analysis]) -> tuple[Seen, ...]:
    seen = []
    for when in sorted({analysis.visit_date for analysis in analyses}):
        there = [analysis for analysis in analyses if analysis.visit_date == when]
        seen.append(
            Seen(
                when,
                sum(analysis.count for analysis in there),
                sum(analysis.exposure_s for analysis in there),
                len(there),
                frozenset(_say_model(analysis) for analysis in there),
                mean_limit((analysis.detection_limit_mm, analysis.exposure_s) for analysis in there),
            )
        )
    return tuple(seen)


def _say_model(analysis: Analysis) -> str:
    sha256 = analysis.model_sha256
    return analysis.classifier if sha256 is None else f"{analysis.classifier} {sha256[:MODEL_DIGITS]}"

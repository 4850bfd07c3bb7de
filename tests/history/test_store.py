"""The database says the same whichever it is, counts each recording once, and loses nothing of several writers."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.history.change import compare_visits, find_trends
from fasciscan.history.exam_file import read_exam
from fasciscan.history.export import COLUMNS, to_csv, to_json
from fasciscan.history.records import Added, Stored
from fasciscan.history.remove import pick_clip, pick_visit
from fasciscan.history.store import open_store

VISITS = ("2026-01-12", "2026-04-13", "2026-07-20")
COUNTS = {
    ("tongue", None): (0, 2, 5),
    ("biceps brachii", "left"): (3, 9, 20),
    ("biceps brachii", "right"): (4, 4, 5),
    ("rectus abdominis", "left"): (0, 0, 0),
    ("tibialis anterior", "left"): (30, 22, 9),
    ("tibialis anterior", "right"): (12, 0, 1),
}


@pytest.fixture
def exams(make_exam):
    """Three visits of six muscles."""
    return [
        make_exam(visit=visit, counts={place: counts[n] for place, counts in COUNTS.items()})
        for n, visit in enumerate(VISITS)
    ]


def test_three_visits_of_six_muscles_give_the_same_answers_in_any_order_of_adding(database, exams):
    with open_store(database) as store:
        assert [store.add(exam) for exam in reversed(exams)] == [Added(6, 0, 0, 0)] * 3
    with open_store(database) as store:  # opened anew, as another program would
        history = store.subject("P017")
    assert [visit.isoformat() for visit in history.visits] == list(VISITS)
    told = {(m.place.muscle, m.place.side): tuple(seen.count for seen in m.seen) for m in history.muscles}
    assert list(told.items()) == list(COUNTS.items())  # from head to foot, left before right
    changes = compare_visits(history, date(2026, 1, 12), date(2026, 7, 20))
    ratios = [change.ratio and change.ratio.value for change in changes]
    assert ratios == [None, pytest.approx(20 / 3), pytest.approx(1.25), None, pytest.approx(0.3), pytest.approx(1 / 12)]
    trends = find_trends(history)
    assert trends is not None
    never = ("rectus abdominis", "left")
    assert [trend.place[:2] for trend in trends.trends] == [place for place in COUNTS if place != never]


def test_an_exam_added_twice_is_there_once(database, exams):
    with open_store(database) as store:
        store.add(exams[0])
        assert store.add(exams[0]) == Added(0, 0, 6, 0)
        assert store.subject("P017").muscles[1].seen[0].count == 3


def test_a_newer_model_adds_a_version_which_counts_and_the_older_one_stays(database, make_exam):
    place = ("tongue", None)
    older, newer = make_exam(counts={place: 4}), make_exam(counts={place: 6}, model_sha256="cd" * 32)
    with open_store(database) as store:
        store.add(older)
        assert store.add(newer) == Added(0, 1, 0, 0)
        (tongue,) = store.subject("P017").muscles
        assert [(seen.count, seen.clips, seen.models) for seen in tongue.seen] == [
            (6, 1, frozenset({"fasciscan-cnn cdcdcdcd"}))
        ]
        assert [(each.analysis.count, each.number, each.is_current) for each in store.stored()] == [
            (4, 1, False),
            (6, 2, True),
        ]
        assert store.add(older) == Added(0, 0, 1, 1)  # told, and the newer one still counts
        assert store.subject("P017").muscles[0].seen[0].count == 6


def test_a_clip_whose_muscle_was_corrected_does_not_count_for_the_wrong_one(database, make_exam):
    exam = make_exam(counts={("tongue", None): 4})
    right = replace(exam.analyses[0], muscle="masseter", side="left")
    with open_store(database) as store:
        store.add(exam)
        store.add(replace(exam, analyses=(right,)))
        assert [muscle.place.label for muscle in store.subject("P017").muscles] == ["masseter, left"]


def test_two_exams_of_one_day_add_up(database, make_exam):
    morning = make_exam(counts={("tongue", None): 4})
    evening = replace(morning, analyses=(replace(morning.analyses[0], clip_sha256="f" * 64, count=5),))
    with open_store(database) as store:
        store.add(morning)
        store.add(evening)
        (seen,) = store.subject("P017").muscles[0].seen
    assert (seen.count, seen.exposure_s, seen.clips) == (9, 120.0, 2)


def test_a_recording_of_another_subject_is_refused_with_its_whole_exam(database, make_exam):
    exam = make_exam(counts={("tongue", None): 4, ("masseter", "left"): 1})
    stranger = make_exam(subject="P018", counts={("tongue", None): 2})
    mixed = replace(stranger, analyses=(stranger.analyses[0], exam.analyses[0]))
    with open_store(database) as store:
        store.add(exam)
        with pytest.raises(FasciscanError, match="is there already, of subject P017"):
            store.add(mixed)
        assert [history.subject for history in store.subjects()] == ["P017"]


def test_what_is_removed_is_gone_with_all_that_hung_on_it_alone(database, make_exam):
    place = ("tongue", None)
    older, newer = make_exam(counts={place: 4}), make_exam(counts={place: 6}, version="0.2.0")
    other = make_exam(subject="P018")
    with open_store(database) as store:
        for exam in (older, newer, other):
            store.add(exam)
        assert store.remove(newer.analyses) == 1
        assert store.subject("P017").muscles[0].seen[0].count == 4  # which is the latest again
        assert store.remove(newer.analyses) == 0
        assert store.remove(older.analyses) == 1
        assert [history.subject for history in store.subjects()] == ["P018"]
        clip = other.analyses[0].clip_sha256
        stranger = replace(older, analyses=(replace(older.analyses[0], clip_sha256=clip),))
        with pytest.raises(FasciscanError, match="is there already, of subject P018"):
            store.add(stranger)
        store.remove(other.analyses)
        assert store.add(stranger) == Added(1, 0, 0, 0)  # as nothing is left to say whose it was


def test_a_recording_that_was_dated_anew_is_removed_with_its_visit_as_a_whole(make_exam):
    first = make_exam(counts={("tongue", None): 4}).analyses[0]
    dated_anew = replace(first, visit_date=date(2026, 2, 1))
    stored = [Stored("P017", first, 1, False), Stored("P017", dated_anew, 2, True)]
    assert pick_visit(stored, date(2026, 2, 1)) == stored
    with pytest.raises(FasciscanError, match="has no visit of 2026-01-12; there are 2026-02-01"):
        pick_visit(stored, date(2026, 1, 12))


def test_a_clip_is_not_guessed(make_exam):
    analysis = make_exam(counts={("tongue", None): 4}).analyses[0]
    stored = [Stored("P017", replace(analysis, clip_sha256="ab" * 4 + end * 56), 1, True) for end in "cd"]
    with pytest.raises(FasciscanError, match="2 clips of this subject begin"):
        pick_clip(stored, "abababab")
    assert pick_clip(stored, "ABABABABC") == stored[:1]
    with pytest.raises(FasciscanError, match="has 1 analysis and no number 2"):
        pick_clip(stored, "ababababc", 2)


def test_what_is_removed_cannot_be_read_off_the_file(tmp_path, make_exam):
    exam = make_exam(subject="WITHDRAWN")
    path = tmp_path / "db.sqlite"
    with open_store(path) as store:
        store.add(exam)
    assert b"WITHDRAWN" in path.read_bytes()
    with open_store(path) as store:
        store.remove(exam.analyses)
    left = b"".join(file.read_bytes() for file in tmp_path.glob("db.sqlite*"))
    assert b"WITHDRAWN" not in left
    assert exam.analyses[0].clip_sha256.encode() not in left


def test_how_small_a_twitch_could_be_seen_is_kept_and_older_analyses_tell_none(database, make_exam):
    place = ("tongue", None)
    older, newer = make_exam(counts={place: 4}), make_exam(counts={place: 4}, limit_mm=0.08)
    with open_store(database) as store:
        store.add(older)
        assert store.subject("P017").muscles[0].seen[0].detection_limit_mm is None
        assert store.add(newer) == Added(0, 1, 0, 0)
        assert store.subject("P017").muscles[0].seen[0].detection_limit_mm == 0.08


def test_a_database_made_before_keeps_what_it_holds(database, make_exam):
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from fasciscan.history.store import MIGRATIONS, _url

    with open_store(database) as store:
        store.add(make_exam())
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(_url(database))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    engine.dispose()
    with open_store(database) as store:
        assert store.add(make_exam()) == Added(0, 0, len(make_exam().analyses), 0)
        assert store.subject("P017").muscles[0].seen[0].detection_limit_mm is None


def test_the_tables_are_those_the_program_works_with(database):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import create_engine

    from fasciscan.history.store import _url
    from fasciscan.history.tables import Base

    with open_store(database):
        pass
    engine = create_engine(_url(database))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_a_database_of_a_newer_program_is_left_alone(database):
    from sqlalchemy import create_engine, text

    from fasciscan.history.store import _url

    with open_store(database):
        pass
    engine = create_engine(_url(database))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(FasciscanError, match="made by a newer fasciscan"), open_store(database):
        pass


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "photos.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE albums (name TEXT)")
    with pytest.raises(FasciscanError, match="another program's database"), open_store(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("albums",)]


@pytest.mark.slow
def test_what_several_programs_write_at_once_is_all_there_once(database, make_exam, write_exam, tmp_path):
    """Four programs begin together with no tables there, and all write exams of one subject, some the same."""
    paths = [write_exam(make_exam(visit=f"2026-0{month}-01"), tmp_path / f"{month}.json") for month in range(1, 8)]
    start = "from fasciscan.cli import main; main()"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", start, "history", "add", "--db", database, *paths[n : n + 4]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for n in range(4)
    ]  # fmt: skip
    told = [writer.communicate(timeout=120)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0], told
    with open_store(database) as store:
        (history,) = store.subjects()
        stored = store.stored()
    assert len(history.visits) == 7
    assert [len(muscle.seen) for muscle in history.muscles] == [7] * 6
    assert len(stored) == 42
    assert sum(line.count("6 clips added") for line in told) == 7
    assert sum(line.count("6 there already") for line in told) == 9


def test_the_export_holds_every_version_and_no_more_than_codes_and_figures(tmp_path, make_exam, write_exam):
    path = write_exam(make_exam(counts={("tongue", None): 4}), tmp_path / "exam.json")
    newer = write_exam(make_exam(counts={("tongue", None): 6}, version="0.2.0"), tmp_path / "newer.json")
    with open_store(tmp_path / "db.sqlite") as store:
        store.add(read_exam(path))
        store.add(read_exam(newer))
        stored = store.stored()
    rows = list(csv.DictReader(io.StringIO(to_csv(stored))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["count"], row["version"], row["is_current"]) for row in rows] == [
        ("4", "0.1.0", "False"),
        ("6", "0.2.0", "True"),
    ]
    content = json.loads(to_json(stored))
    assert content["schema"] == "fasciscan.history/1"
    assert [row["count"] for row in content["analyses"]] == [4, 6]


def test_no_name_gets_into_the_database(tmp_path, make_exam, write_exam):
    path = write_exam(make_exam(), tmp_path / "exam.json")
    assert "Doe" in path.read_text()
    with open_store(tmp_path / "db.sqlite") as store:
        store.add(read_exam(path))
    for file in tmp_path.glob("db.sqlite*"):
        assert b"Doe" not in file.read_bytes()
        assert b"Roe" not in file.read_bytes()


@pytest.mark.parametrize("name", ["Doe^Jane", "Jane Doe", "Doe,Jane", "", "x" * 65, "ä"])
def test_what_looks_like_a_name_is_refused_as_a_code(tmp_path, make_exam, write_exam, name):
    path = write_exam(make_exam(subject=name), tmp_path / "exam.json")
    with pytest.raises(FasciscanError, match=r"exam\.json: "):
        read_exam(path)


def test_an_exam_without_subject_and_date_takes_them_from_the_user_and_does_not_contradict(tmp_path, make_exam):
    from_file = make_exam()
    content = {"schema": "fasciscan.exam/1", "subject": None, "visit_date": None, "muscles": []}
    path = tmp_path / "exam.json"
    path.write_text(json.dumps(content))
    with pytest.raises(FasciscanError, match="says no subject; give it with --subject"):
        read_exam(path)
    with pytest.raises(FasciscanError, match="holds no clip"):
        read_exam(path, "P1", from_file.visit_date)
    path.write_text(json.dumps(content | {"subject": "P2", "visit_date": "2026-01-12"}))
    with pytest.raises(FasciscanError, match="says subject P2, not P1"):
        read_exam(path, "P1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ('{"schema": "fasciscan.clip/1"}', "is not of schema"),
        ('{"schema": "fasciscan.exam/1", "subject": "P", "visit_date": "2026-01-12"}', "is damaged"),
        ('{"schema": "fasciscan.exam/1", "subject": "P", "visit_date": "soon", "muscles": []}', "is damaged"),
    ],
)
def test_a_file_that_is_no_exam_is_named(tmp_path, text, said):
    path = tmp_path / "exam.json"
    path.write_text(text)
    with pytest.raises(FasciscanError, match=said):
        read_exam(path)


def test_one_recording_under_two_muscles_is_refused(tmp_path, make_exam, write_exam):
    exam = make_exam(counts={("tongue", None): 4})
    twice = replace(exam, analyses=(*exam.analyses, replace(exam.analyses[0], muscle="masseter")))
    with pytest.raises(FasciscanError, match="is there as tongue and as masseter"):
        read_exam(write_exam(twice, tmp_path / "exam.json"))


def test_the_password_of_a_database_is_not_told():
    with (
        pytest.raises(FasciscanError, match="cannot be used") as caught,
        open_store("postgresql://me:secret@127.0.0.1:9/none?connect_timeout=2"),
    ):
        pass
    assert "secret" not in str(caught.value)
    assert "me:***@127.0.0.1:9" in str(caught.value)


def test_what_is_no_database_is_named(tmp_path):
    path = tmp_path / "db.sqlite"
    path.write_text("this is no database, " * 50)
    with pytest.raises(FasciscanError, match="the database cannot be used"), open_store(path):
        pass
    with pytest.raises(FasciscanError, match="is neither SQLite nor PostgreSQL"), open_store("mysql://x/y"):
        pass


def test_the_default_file_lies_in_the_users_data_folder(monkeypatch, tmp_path):
    from fasciscan.cli.history import default_file

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_file().name == "history.sqlite"
    assert Path.cwd() not in default_file().parents

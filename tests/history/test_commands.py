"""``fasciscan history`` tells what was done, says that falling is not improving, and draws every visit."""

import codecs
import csv
import json
import re
from dataclasses import replace

import pytest
from elements import Elements
from typer.testing import CliRunner

from fasciscan.cli import app
from fasciscan.cli.history import DB_VARIABLE
from fasciscan.history.change import FALLING

TONGUE, BICEPS = ("tongue", None), ("biceps brachii", "left")


@pytest.fixture
def exam_files(make_exam, write_exam, tmp_path):
    counts = [{TONGUE: 0, BICEPS: 4}, {TONGUE: 2, BICEPS: 11}, {TONGUE: 1, BICEPS: 25}]
    visits = ["2026-01-12", "2026-04-13", "2026-07-20"]
    return [
        write_exam(make_exam(visit=visit, counts=count), tmp_path / f"{visit}.json")
        for visit, count in zip(visits, counts, strict=True)
    ]


@pytest.fixture
def history(tmp_path, monkeypatch, exam_files):
    """Run ``fasciscan history`` on a database that holds three visits."""
    monkeypatch.setenv(DB_VARIABLE, str(tmp_path / "db.sqlite"))

    def run(*arguments, said=None):
        return CliRunner().invoke(app, ["history", *map(str, arguments)], input=said)

    done = run("add", *exam_files)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [f"{path}: 2 clips added" for path in exam_files]
    return run


def test_what_was_added_is_listed_and_shown(history):
    assert history("list").stdout.splitlines()[-1].split() == ["P017", "3", "2026-01-12", "2026-07-20", "2", "6"]
    lines = history("show", "P017").stdout.splitlines()
    assert next(line for line in lines if "2026-04-13" in line).startswith("tongue")
    assert any("11 in 60 s" in line and "11.0 (5.5–19.7)" in line for line in lines)


def test_one_clip_is_added_as_one(make_exam, write_exam, history, tmp_path):
    path = write_exam(make_exam(subject="P018", counts={TONGUE: 1}), tmp_path / "one.json")
    assert history("add", path).stdout == f"{path}: 1 clip added\n"


def test_a_file_that_cannot_be_added_is_named_and_the_others_are_added(history, exam_files, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    done = history("add", tmp_path / "bad.json", exam_files[0])
    assert done.exit_code == 1
    assert "bad.json: is no JSON" in done.stderr
    assert done.stdout == f"{exam_files[0]}: 2 there already\n"


def test_a_visit_of_which_nothing_could_be_analysed_is_not_told_as_none_seen(make_exam, write_exam, history, tmp_path):
    exam = make_exam(visit="2026-08-01", counts={TONGUE: 0, BICEPS: 4})
    blind = replace(exam, analyses=(replace(exam.analyses[0], exposure_s=0.0), *exam.analyses[1:]))
    assert history("add", write_exam(blind, tmp_path / "blind.json")).exit_code == 0
    shown = next(line for line in history("show", "P017").stdout.splitlines() if "2026-08-01" in line)
    assert shown.split()[:4] == ["tongue", "2026-08-01", "–", "–"]
    out = tmp_path / "P017.html"
    assert history("compare", "P017", "--out", out).exit_code == 0
    text = Elements(out.read_text(encoding="utf-8")).text
    assert "nothing could be analysed at one of the visits" in text
    assert "in 0 s" not in text


def test_two_visits_are_compared_with_the_trend_over_all(history):
    done = history("compare", "P017", "2026-01-12", "2026-07-20")
    assert done.exit_code == 0
    biceps = next(line for line in done.stdout.splitlines() if line.startswith("biceps"))
    assert "6.2 (2.2–24.7)" in biceps  # 25 against 4, in a minute each
    assert "< 0.001" in biceps
    assert "factor a month over 3 visits" in done.stdout
    assert FALLING in done.stdout


def test_uneven_visits_are_compared_with_bounds_that_are_short(make_exam, write_exam, history, tmp_path):
    for visit, count in (("2026-02-01", 59), ("2026-02-02", 0), ("2026-02-03", 2)):
        exam = make_exam(subject="P018", visit=visit, counts={TONGUE: count})
        assert history("add", write_exam(exam, tmp_path / f"{visit}.json")).exit_code == 0
    out = tmp_path / "P018.html"
    done = history("compare", "P018", "--out", out)
    assert done.exit_code == 0
    for told in (done.stdout, out.read_text(encoding="utf-8")):
        assert "–>1000)" in told.replace("&gt;", ">") or "–∞)" in told
        assert not re.search(r"\d{20}", told)


def test_a_trend_over_different_models_is_noted_where_the_latest_two_visits_agree(
    make_exam, write_exam, history, tmp_path
):
    older = make_exam(visit="2025-10-13", counts={TONGUE: 3}, model_sha256="cd" * 32)
    assert history("add", write_exam(older, tmp_path / "older.json")).exit_code == 0
    out = tmp_path / "P017.html"
    lines = history("compare", "P017", "--out", out).stdout.splitlines()
    tongue, biceps = (next(line for line in lines if line.startswith(name)) for name in ("tongue", "biceps"))
    models = "fasciscan-cnn abababab, fasciscan-cnn cdcdcdcd"
    note = f"counted by different models ({models}): analyse all visits anew by one"
    assert "trend: different models" in tongue
    assert f"Trend: {note}." in lines
    assert "models" not in biceps
    assert out.read_text(encoding="utf-8").count(note) == 1


def test_which_models_counted_is_told_once_for_all_muscles(make_exam, write_exam, history, tmp_path):
    newer = make_exam(visit="2026-10-12", counts={TONGUE: 3, BICEPS: 9}, model_sha256="cd" * 32)
    assert history("add", write_exam(newer, tmp_path / "newer.json")).exit_code == 0
    out = tmp_path / "P017.html"
    lines = history("compare", "P017", "--out", out).stdout.splitlines()
    models = "fasciscan-cnn abababab, fasciscan-cnn cdcdcdcd"
    note = f"counted by different models ({models}): analyse both visits anew by one"
    assert [line.split("  ")[0] for line in lines if "different models; trend: different models" in line] == [
        "tongue", "biceps brachii, left"
    ]  # fmt: skip
    assert [line for line in lines if note in line] == [f"Ratio: {note}."]
    assert out.read_text(encoding="utf-8").count(note) == 2  # where there is room for it


def test_the_page_draws_every_visit_and_needs_nothing_beside_it(history, tmp_path):
    out = tmp_path / "pages" / "P017.html"
    assert history("compare", "P017", "--out", out).exit_code == 0
    page = out.read_text(encoding="utf-8")
    assert page.count('<circle class="visit"') == 6
    assert FALLING in page
    assert "no diagnosis" in page
    assert "2026-04-13" in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)


def test_the_record_is_exported_as_csv_and_json(history, tmp_path):
    assert len(history("export").stdout.splitlines()) == 7
    assert history("export", "--out", tmp_path / "all.json", "--subject", "P017").exit_code == 0
    assert (tmp_path / "all.json").read_text().count('"clip_sha256"') == 6
    assert history("export", "--out", tmp_path / "all.xls").exit_code == 2
    assert history("export", "--subject", "P999").exit_code == 1


def test_a_spreadsheet_runs_nothing_of_the_export_and_reads_its_umlauts(history, make_exam, write_exam, tmp_path):
    formula, umlauts = '=HYPERLINK("http://x")', "Zungenmuskel, übrige"
    exam = make_exam(subject="P018", counts={(formula, "left"): 1, (umlauts, None): 2})
    assert history("add", write_exam(exam, tmp_path / "exam.json")).exit_code == 0
    for name in ("all.csv", "all.json"):
        assert history("export", "--out", tmp_path / name, "--subject", "P018").exit_code == 0
    assert (tmp_path / "all.csv").read_bytes().startswith(codecs.BOM_UTF8)
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["muscle"] for row in csv.DictReader(file)} == {f"'{formula}", umlauts}
    assert f"'{formula[:4]}" in history("export", "--subject", "P018").stdout
    told = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert {analysis["muscle"] for analysis in told["analyses"]} == {formula, umlauts}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["compare", "P999"], 1, "P999: there is no such subject"),
        (["compare", "P017", "2026-01-12"], 1, "name two different visits"),
        (["compare", "P017", "soon", "2026-01-12"], 2, "write a date as YYYY-MM-DD"),
        (["show", "P999"], 1, "there is no such subject"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(history, arguments, code, said):
    done = history(*arguments)
    assert done.exit_code == code
    assert said in done.stderr


def shas(history) -> list[str]:
    rows = history("export").stdout.splitlines()
    column = rows[0].split(",").index("clip_sha256")
    return [row.split(",")[column] for row in rows[1:]]


def test_a_visit_is_removed_only_when_that_is_confirmed(history):
    for answer in ("n\n", ""):
        asked = history("remove", "P017", "2026-04-13", said=answer)
        assert asked.exit_code == 1
        assert "Remove 2 analyses of P017?" in asked.output
        assert len(shas(history)) == 6
    done = history("remove", "P017", "2026-04-13", said="y\n")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "P017: 2 analyses removed."
    assert history("list").stdout.splitlines()[-1].split() == ["P017", "2", "2026-01-12", "2026-07-20", "2", "4"]


def test_one_clip_is_removed_by_its_first_digits_without_asking_if_told_so(history):
    gone, *others = shas(history)
    done = history("remove", "P017", "--clip", gone[:8], "--yes")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "P017: 1 analysis removed.")
    assert shas(history) == others


def test_of_a_clip_one_analysis_is_removed_and_the_one_before_counts_again(history, make_exam, write_exam, tmp_path):
    again = make_exam(visit="2026-01-12", counts={TONGUE: 9}, version="0.2.0")
    assert history("add", write_exam(again, tmp_path / "again.json")).exit_code == 0
    assert any("9 in 60 s" in line for line in history("show", "P017").stdout.splitlines())
    done = history("remove", "P017", "--clip", again.analyses[0].clip_sha256, "--number", "2", "--yes")
    assert "The analysis before it counts again." in done.stdout
    assert not any("9 in 60 s" in line for line in history("show", "P017").stdout.splitlines())
    assert len(shas(history)) == 6


def test_a_subject_without_visits_is_gone_and_can_be_added_again(history, exam_files):
    for visit in ("2026-01-12", "2026-04-13", "2026-07-20"):
        assert history("remove", "P017", visit, "--yes").exit_code == 0
    assert "P017" not in history("list").stdout
    assert "there is no such subject" in history("show", "P017").stderr
    assert history("add", exam_files[0]).stdout == f"{exam_files[0]}: 2 clips added\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["P017"], 2, "name either a visit or"),
        (["P017", "2026-01-12", "--clip", "0" * 8], 2, "name either a visit or"),
        (["P017", "2026-01-12", "--number", "1"], 2, "say of which clip"),
        (["P017", "2026-01-13"], 1, "has no visit of 2026-01-13; there are 2026-01-12, 2026-04-13, 2026-07-20"),
        (["P999", "2026-01-12"], 1, "there is no such subject"),
        (["P017", "--clip", "0"], 1, "is too short to name a clip"),
        (["P017", "--clip", "0" * 8], 1, "no clip of this subject begins with"),
    ],
)
def test_what_cannot_be_removed_is_told_and_nothing_is(history, arguments, code, said):
    done = history("remove", *arguments, "--yes")
    assert done.exit_code == code
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert len(shas(history)) == 6

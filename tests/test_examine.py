"""From a folder of clips to an exam: what fails is named, and a failure never looks like none."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fasciscan import examine as examine_module
from fasciscan.batch import BatchOutcome, Done, Failed
from fasciscan.cli import app

SAMPLES = Path(__file__).parents[1] / "data_samples"


def result_of(name: str, count: int) -> dict:
    events = [
        {
            "id": n + 1, "probability": 0.9, "onset_s": 2.0 * n, "peak_s": 2.0 * n + 0.1, "offset_s": 2.0 * n + 0.3,
            "origin": {"x_px": 5, "y_px": 5, "x_mm": 1, "y_mm": 1}, "territory": {"area_mm2": 20.0},
            "peak_displacement_mm": 0.2, "peak_velocity_mm_s": 5.0, "site": 1,
        }
        for n in range(count)
    ]  # fmt: skip
    clip = {
        "sha256": f"{sum(name.encode()):064x}", "width": 64, "height": 48, "duration_s": 60.0, "frame_rate_hz": 40.0,
        "tissue_area_mm2": 500.0,
    }  # fmt: skip
    return {
        "schema": "fasciscan.clip/1", "clip": clip, "exposure_s": 60.0, "excluded": [], "events": events,
        "other_motion": [], "sites": [{}] if count else [], "warnings": [],
        "provenance": {"version": "0.3.0", "classifier": "rule", "model_sha256": None},
    }  # fmt: skip


@pytest.fixture
def asked(monkeypatch) -> list:
    """A batch that counts as many twitches as the number in a clip's name says, and fails on clips named so."""
    tasks = []

    def run_clips(given, out, **_how):
        tasks.extend(given)
        out.mkdir(parents=True, exist_ok=True)
        endings = []
        for task in given:
            if "broken" in task.path.name:
                endings.append(Failed(task, f"{task.path}: is damaged; export the clip again."))
                continue
            report = out / f"{task.path.stem}.json"
            report.write_text(json.dumps(result_of(task.path.name, int(task.path.stem.split("-")[-1]))))
            report.with_suffix(".html").touch()
            endings.append(Done(task, {}, (report, report.with_suffix(".html")), kept=False))
        return BatchOutcome(tuple(endings))

    monkeypatch.setattr(examine_module, "run_clips", run_clips)
    return tasks


def clips_in(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def run(*words: str | Path):
    return CliRunner().invoke(app, ["exam", *map(str, words)])


def test_a_folder_whose_names_say_enough_needs_no_manifest(tmp_path, asked):
    folder = clips_in(tmp_path / "visit", "biceps-left-3.mp4", "biceps-right-0.mp4", "TA_R-5.mp4")
    done = run(folder, "--out", tmp_path / "out", "--model", "rule")
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "out" / "exam.json").read_text(encoding="utf-8"))
    counts = {(muscle["muscle"], muscle["side"]): muscle["count"] for muscle in told["muscles"]}
    assert counts == {
        ("biceps brachii", "left"): 3, ("biceps brachii", "right"): 0, ("tibialis anterior", "right"): 5
    }  # fmt: skip
    assert (asked[0].muscle.name, asked[0].muscle.side) == ("tibialis anterior", "right")
    assert told["muscles"][0]["clips"][0]["report"] == "clips/biceps-left-3.json"
    assert "tibialis anterior, right" in done.stdout
    assert str(tmp_path / "out" / "exam.html") in done.stdout


def test_init_writes_a_manifest_and_a_form_that_the_exam_reads(tmp_path, asked):
    folder = clips_in(tmp_path / "visit", "biceps-left-3.mp4", "IMG-4.mp4")
    assert "do not say which muscle" in run(folder, "--out", tmp_path / "out", "--model", "rule").stderr
    assert run("init", folder).exit_code == 0
    manifest = folder / "manifest.csv"
    assert "line 2 names no muscle" in run(folder, "--out", tmp_path / "out", "--model", "rule").stderr
    text = manifest.read_text(encoding="utf-8-sig").replace("IMG-4.mp4,,,,,,,", "IMG-4.mp4,FDI,left,,S07,,0.08,")
    manifest.write_text(text, encoding="utf-8")
    done = run(folder, "--out", tmp_path / "out", "--model", "rule", "--context", folder / "context.toml")
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "out" / "exam.json").read_text(encoding="utf-8"))
    assert (told["subject"], told["summary"]["count"]) == ("S07", 7)
    assert told["context"]["leaning"] == "not recorded"
    assert {task.path.name: task.options.mm_per_px for task in asked} == {"biceps-left-3.mp4": None, "IMG-4.mp4": 0.08}
    again = run("init", folder)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["biceps-left-1.mp4", "tongue-2.mp4", "popliteus-right-3.mp4"], []),
        (["biceps-left-1.mp4", "IMG-4.mp4"], ["1 of 2 clips does not say its muscle; fill in that row."]),
        (
            ["IMG-1.mp4", "IMG-2.mp4", "biceps-3.mp4", "TA-4.mp4", "tongue-5.mp4"],
            [
                "2 of 5 clips do not say their muscle; fill in those rows.",
                "2 of 5 clips do not say their side; fill in those rows.",
            ],
        ),
    ],
)
def test_init_says_how_many_rows_are_to_be_filled_in(tmp_path, names, said):
    lines = run("init", clips_in(tmp_path / "visit", *names)).stdout.splitlines()
    assert [line for line in lines if "fill in" in line and "Check" not in line] == said


def test_a_clip_that_fails_is_named_and_the_rest_is_counted(tmp_path, asked):
    folder = clips_in(tmp_path / "visit", "biceps-left-3.mp4", "broken-biceps-right.mp4")
    done = run(folder, "--out", tmp_path / "out", "--model", "rule")
    assert done.exit_code == 1
    assert "broken-biceps-right.mp4: is damaged" in done.stderr
    told = json.loads((tmp_path / "out" / "exam.json").read_text(encoding="utf-8"))
    assert told["failed"] == [
        {"clip": "broken-biceps-right.mp4", "muscle": "biceps brachii", "side": "right",
         "why": "is damaged; export the clip again."}
    ]  # fmt: skip
    assert told["summary"]["count"] == 3
    assert len(asked) == 2


@pytest.mark.usefixtures("asked")
def test_a_muscle_all_of_whose_clips_failed_is_listed_and_not_kept_as_seen_at_the_visit(tmp_path):
    folder = clips_in(tmp_path / "visit", "biceps-left-3.mp4", "broken-tongue.mp4")
    done = run(folder, "--out", tmp_path / "out", "--model", "rule")
    line = next(line for line in done.stdout.splitlines() if line.startswith("tongue"))
    assert line.split(maxsplit=5) == ["tongue", "0", "s", "–", "–", "its clip could not be analysed"]
    assert "No other muscle could be analysed" in done.stdout
    database = ["--db", str(tmp_path / "db.sqlite")]
    whose = ["--subject", "P017", "--visit", "2026-01-12"]
    added = CliRunner().invoke(app, ["history", "add", str(tmp_path / "out" / "exam.json"), *whose, *database])
    assert (added.exit_code, added.stdout.endswith("exam.json: 1 clip added\n")) == (0, True)
    shown = CliRunner().invoke(app, ["history", "show", "P017", *database]).stdout
    assert ("biceps brachii, left" in shown, "tongue" in shown) == (True, False)


@pytest.mark.usefixtures("asked")
def test_reports_that_another_exam_left_in_the_folder_are_not_counted_and_told(tmp_path):
    out = tmp_path / "out"
    first = run(clips_in(tmp_path / "first", "TA-left-5.mp4", "tongue-4.mp4"), "--out", out, "--model", "rule")
    assert "earlier runs" not in first.stdout
    folder = clips_in(tmp_path / "second", "biceps-left-3.mp4", "biceps-right-1.mp4")
    second = run(folder, "--out", out, "--model", "rule")
    assert json.loads((out / "exam.json").read_text(encoding="utf-8"))["summary"]["count"] == 4
    assert f"2 of the clips' reports in {out / 'clips'} are of earlier runs and not counted here." in second.stdout
    again = run(folder, "--out", out, "--model", "rule", "--quiet")
    assert (again.exit_code, again.stdout) == (0, "")


def test_an_exam_without_one_good_clip_is_no_exam(tmp_path, asked):
    folder = clips_in(tmp_path / "visit", "broken-biceps-left.mp4", "broken-biceps-right.mp4")
    done = run(folder, "--out", tmp_path / "out", "--model", "rule")
    assert (done.exit_code, len(asked)) == (1, 2)
    left, right, last = done.stderr.splitlines()[-3:]
    assert left.endswith("broken-biceps-left.mp4: is damaged; export the clip again.")
    assert right.endswith("broken-biceps-right.mp4: is damaged; export the clip again.")
    assert "none of its 2 clips could be analysed" in last
    assert not (tmp_path / "out" / "exam.json").exists()
    alone = run(clips_in(tmp_path / "alone", "broken-tongue.mp4"), "--out", tmp_path / "out", "--model", "rule")
    assert alone.stderr.splitlines()[-1].endswith("alone: its only clip could not be analysed.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "cannot be read"),
        (["init", "nowhere"], "is no folder"),
        ([".", "--context", "nowhere.toml"], "holds no clip"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.exit_code == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_pdf_that_cannot_be_printed_costs_no_analysis(tmp_path, asked, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    folder = clips_in(tmp_path / "visit", "biceps-left-3.mp4")
    done = run(folder, "--out", tmp_path / "out", "--model", "rule", "--pdf")
    assert (done.exit_code, asked) == (1, [])
    assert "no Chromium" in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["run", "--help"], ["init", "--help"], ["visit", "--help"]])
def test_help_is_given_wherever_it_is_asked_for(words):
    done = CliRunner().invoke(app, ["exam", *words])
    assert done.exit_code == 0
    assert "Usage" in done.stdout


@pytest.mark.slow
def test_a_real_clip_becomes_an_exam_and_is_not_analysed_twice(tmp_path):
    folder = tmp_path / "visit"
    folder.mkdir()
    shutil.copy(SAMPLES / "forearm-twitches.dcm", folder / "forearm-left-1.dcm")
    (folder / "broken-tongue-0.mp4").write_bytes(b"no video")
    for _ in range(2):
        done = run(folder, "--out", tmp_path / "out", "--model", "rule", "--jobs", "1")
        assert done.exit_code == 1
        assert "broken-tongue-0.mp4" in done.stderr
    told = json.loads((tmp_path / "out" / "exam.json").read_text(encoding="utf-8"))
    clip = json.loads((tmp_path / "out" / "clips" / "forearm-left-1.json").read_text(encoding="utf-8"))
    tongue, muscle = told["muscles"]
    assert (tongue["muscle"], tongue["rate_per_min"], tongue["clips"]) == ("tongue", None, [])
    assert (muscle["muscle"], muscle["count"]) == ("forearm", clip["count"])
    assert muscle["rate_per_min"] == clip["rate_per_min"]
    assert muscle["clips"][0]["sha256"] == clip["clip"]["sha256"]

"""``fasciscan evaluate``: results against truth, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fasciscan.cli import app
from fasciscan.score.matching import TOLERANCE_MM, TOLERANCE_S
from fasciscan.score.metrics import LEAST_MM
from fasciscan.simulate.truth import ImageBox, Timing, TrueEvent, Truth

SAMPLES = Path(__file__).parents[1] / "data_samples"


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture
def folders(tmp_path):
    """One clip of a minute with a twitch at 1 s, found 0.1 s late and 3 mm off."""
    twitch = TrueEvent("fasciculation", 0.9, 1.0, 1.2, 100, 100, 10, 10, peak_displacement_mm=0.2)
    scene = {"machine": {"codec": "mjpeg", "quality": 3}}
    truth, results = tmp_path / "truth", tmp_path / "results"
    truth.mkdir()
    results.mkdir()
    Truth(
        "clip.avi", 1, "test", 0.1, ImageBox(0, 0, 300, 200), Timing(40, 40, 2400, 0, 0, 60.0), (twitch,), scene
    ).write(truth / "clip.truth.json")
    event = {"onset_s": 1.0, "peak_s": 1.1, "probability": 0.9, "origin": {"x_px": 130, "y_px": 100}}
    result = {"schema": "fasciscan.clip/1", "exposure_s": 60.0, "events": [event], "other_motion": []}
    (results / "clip.json").write_text(json.dumps(result))
    return truth, results


def test_results_are_scored_and_told(folders, tmp_path):
    truth, results = folders
    done = run("--truth", truth, "--predictions", results, "--out", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "| F1 | 1.000 (1.000 to 1.000) |" in done.stdout
    assert done.stdout.rstrip().endswith("index.md")
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["figures"]["recall"]["value"] == 1


@pytest.mark.parametrize("narrower", [("--tolerance-s", 0.05), ("--tolerance-mm", 2)])
def test_the_tolerances_are_the_ones_asked_for(narrower, folders, tmp_path):
    truth, results = folders
    done = run("--truth", truth, "--predictions", results, "--out", tmp_path / "out", *narrower)
    assert "| recall | 0.000" in done.stdout


def test_a_twitch_below_the_size_asked_for_is_not_asked_for(folders, tmp_path):
    truth, results = folders
    done = run("--truth", truth, "--predictions", results, "--out", tmp_path / "out", "--least-mm", 0.3, "--quiet")
    assert (done.exit_code, done.stdout) == (0, "")
    told = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert told["twitches"] == 0
    assert told["figures"]["false_per_min"]["value"] == 0


def test_what_is_asked_by_default_is_what_the_library_asks(folders, tmp_path):
    truth, results = folders
    run("--truth", truth, "--predictions", results, "--out", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "scores.json").read_text())["task"]
    assert told == {"tolerance": {"seconds": TOLERANCE_S, "millimetres": TOLERANCE_MM}, "least_mm": LEAST_MM}


def test_what_is_missing_is_named_in_one_line(folders, tmp_path):
    truth, results = folders
    (results / "clip.json").unlink()
    done = run("--truth", truth, "--predictions", results, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no result for 1 of 1 clips (clip)" in done.stderr
    assert run("--truth", results, "--predictions", results, "--out", tmp_path / "out").exit_code == 1


@pytest.mark.parametrize(
    "wrong",
    [(), ("--run", "--predictions", "."), ("--run", "--tolerance-mm", "0"), ("--predictions", ".", "--model", "rule")],
)
def test_a_command_that_cannot_be_meant_is_a_usage_error(wrong, folders, tmp_path):
    truth, _ = folders
    assert run("--truth", truth, "--out", tmp_path / "out", *wrong).exit_code == 2


def test_the_model_asked_for_is_the_one_that_judges(tmp_path):
    done = run("--truth", SAMPLES, "--run", "--model", "rule", "--jobs", 1, "--out", tmp_path, "--quiet")
    assert (done.exit_code, done.stderr) == (0, "")
    told = [
        json.loads(path.read_text())["provenance"]["classifier"] for path in (tmp_path / "predictions").glob("*.json")
    ]
    assert told == ["rule"] * len(list(SAMPLES.glob("*.truth.json")))


def test_a_model_that_is_not_there_is_named_in_one_line(tmp_path):
    done = run("--truth", SAMPLES, "--run", "--model", "none.onnx", "--jobs", 1, "--out", tmp_path, "--quiet")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "none.onnx: cannot be read (No such file or directory); give an .onnx file" in done.stderr

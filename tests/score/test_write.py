"""An evaluation on disk: JSON that loads, tables with every clip, pictures that are valid and show what they should."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.score import find_truths, read_clips
from fasciscan.score.bootstrap import Estimate
from fasciscan.score.evaluation import evaluate
from fasciscan.score.pictures import draw_all
from fasciscan.score.plots import LEFT, Chart, Series, draw
from fasciscan.score.tables import say
from fasciscan.score.write import write_evaluation


@pytest.fixture
def folders(bench, tmp_path):
    """Two clips with truth and results."""
    truth, results = tmp_path / "truth", tmp_path / "results"
    truth.mkdir()
    results.mkdir()
    for name, found in (("a", [bench.event(1), bench.other("tremor", 9)]), ("b", [bench.event(6)])):
        bench.truth(bench.twitch(1, amplitude_mm=0.2), bench.twitch(5, amplitude_mm=0.05)).write(
            truth / f"{name}.truth.json"
        )
        (results / f"{name}.json").write_text(json.dumps(bench.result(*found)))
    return truth, results


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_evaluation_is_told_in_files(folders, tmp_path):
    truth, results = folders
    evaluation = evaluate(read_clips(find_truths(truth), results), resamples=20)
    page = write_evaluation(evaluation, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "scores.json").read_text(encoding="utf-8"))
    assert told["figures"]["f1"]["value"] == pytest.approx(0.5)
    assert told["figures"]["class_accuracy"]["value"] is None
    assert (told["clips"], told["twitches"]) == (2, 2)
    rows = read_csv(tmp_path / "out" / "clips.csv")
    assert [(row["clip"], row["true_positives"], row["false"]) for row in rows] == [("a", "1", "0"), ("b", "0", "1")]
    by = {row["by"] for row in read_csv(tmp_path / "out" / "breakdown.csv")}
    assert {"preset", "frame rate, per s", "compression", "peak displacement, mm"} <= by
    text = page.read_text(encoding="utf-8")
    assert "| F1 | 0.500 (" in text
    for name in draw_all([evaluation]):
        assert f"({name}.svg)" in text
        assert ElementTree.parse(tmp_path / "out" / f"{name}.svg").getroot().tag.endswith("svg")


def test_a_detector_without_classes_has_no_figures_that_need_them(folders):
    truth, results = folders
    evaluation = evaluate(read_clips(find_truths(truth), results), has_classes=False, resamples=5)
    assert not {"ece", "class_accuracy"} & set(evaluation.figures)
    assert "calibration" not in draw_all([evaluation])


def test_a_missing_result_is_no_clip_to_leave_out(folders):
    truth, results = folders
    (results / "b.json").unlink()
    with pytest.raises(FasciscanError, match=r"1 of 2 clips \(b\)"):
        read_clips(find_truths(truth), results)


def test_hidden_files_are_no_truths(bench, tmp_path):
    bench.truth().write(tmp_path / "a.truth.json")
    (tmp_path / "._a.truth.json").write_bytes(b"\0\5\26\7")  # as macOS leaves them on other disks
    assert [path.name for path in find_truths(tmp_path)] == ["a.truth.json"]


def test_a_folder_without_truth_is_told(tmp_path):
    with pytest.raises(FasciscanError, match=r"no \.truth\.json"):
        find_truths(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(folders, tmp_path):
    truth, results = folders
    evaluation = evaluate(read_clips(find_truths(truth), results), resamples=5)
    (tmp_path / "file").write_text("")
    with pytest.raises(FasciscanError, match="the evaluation could not be written there"):
        write_evaluation(evaluation, tmp_path / "file" / "out")


def test_figures_are_told_with_their_interval_or_as_unknown():
    assert say(Estimate(0.95, 0.9, 0.99), 2) == "0.95 (0.90 to 0.99)"
    assert say(Estimate(-0.001, -1.5, 0.2), 1) == "0.0 (−1.5 to 0.2)"
    nan, inf = float("nan"), float("inf")
    assert say(Estimate(nan, nan, nan), 2) == "–"
    assert say(Estimate(0.2, 0.1, inf), 1) == "0.2 (0.1 to not reached)"


def test_a_chart_has_its_lines_and_escapes_its_words():
    lines = [Series("a < b", [(0, 0), (0.5, float("nan")), (1, 1)]), Series("dots", [(0.5, 0.5)], dots=True)]
    root = ElementTree.fromstring(draw(Chart("A & B", "x", "y", (0, 1), (0, 1), lines)))
    (line,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    assert len(line.get("points", "").split()) == 2
    assert line.get("points", "").startswith(f"{LEFT:.1f},")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 1
    assert "a < b" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]

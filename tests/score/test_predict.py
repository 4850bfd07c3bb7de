"""Running a detector over clips: what is done is kept, what was made otherwise is done again, failures are named."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from fasciscan.clip.open import hash_clip
from fasciscan.errors import ClipError, FasciscanError
from fasciscan.score import Task, predict, read_clips
from fasciscan.score.traces import read_trace
from fasciscan.twitch import Rule

SAMPLES = Path(__file__).parents[2] / "data_samples"

MADE = {"version": "1", "config": {}, "model_sha256": "a", "classifier": "network"}


def write_clip(bench, folder: Path, name: str) -> None:
    (folder / f"{name}.mp4").write_text(name)
    replace(bench.truth(), clip=f"{name}.mp4").write(folder / f"{name}.truth.json")


@pytest.fixture
def analyzed(bench, tmp_path, monkeypatch) -> list[str]:
    """Three clips, and an analysis that takes note of what it is given and runs in this process."""
    done: list[str] = []
    for name in ("a", "b", "c"):
        write_clip(bench, tmp_path, name)

    def analyze_one(truth_path: Path, out: Path, **_) -> Path:
        done.append(truth_path.name[0])
        if "bad" in truth_path.name:
            raise ClipError(truth_path, "is no video", "make it again")
        path = out / truth_path.name.replace(".truth", "")
        clip = truth_path.with_name(f"{truth_path.name[0]}.mp4")
        told = {"sha256": hash_clip(clip), "mm_per_px": [bench.truth().mm_per_px] * 2}
        path.write_text(json.dumps({"clip": told, "provenance": MADE}))
        return path

    def in_this_process(work, items, _jobs):
        return ((item, SimpleNamespace(result=partial(work, item))) for item in items)

    monkeypatch.setattr(predict, "_analyze_one", analyze_one)
    monkeypatch.setattr(predict, "in_processes", in_this_process)
    return done


def truths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.truth.json"))


def test_a_second_run_does_only_the_first_clip_anew(analyzed, tmp_path):
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    assert analyzed == ["a", "b", "c"]
    analyzed.clear()
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    assert analyzed == ["a"]


def test_results_of_other_weights_or_half_written_ones_are_made_again(analyzed, tmp_path):
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    (tmp_path / "out" / "b.json").write_text(json.dumps({"provenance": MADE | {"model_sha256": "old"}}))
    (tmp_path / "out" / "c.json").write_text('{"provenance"')
    analyzed.clear()
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    assert analyzed == ["a", "b", "c"]


def test_a_result_of_another_clip_of_that_name_is_made_again(analyzed, tmp_path):
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    (tmp_path / "b.mp4").write_text("simulated anew")
    analyzed.clear()
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    assert analyzed == ["a", "b"]


def test_a_result_made_without_a_scale_is_made_again(analyzed, tmp_path):
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    result = json.loads((tmp_path / "out" / "b.json").read_text())
    (tmp_path / "out" / "b.json").write_text(json.dumps(result | {"clip": result["clip"] | {"mm_per_px": None}}))
    analyzed.clear()
    predict.analyze_clips(truths(tmp_path), tmp_path / "out")
    assert analyzed == ["a", "b"]


@pytest.mark.parametrize("bad", ["a", "b"])
def test_a_clip_that_fails_is_named_after_the_others_are_done(analyzed, bench, tmp_path, bad):
    bench.truth().write(tmp_path / f"{bad}-bad.truth.json")
    told: list[tuple[int, int]] = []
    with pytest.raises(FasciscanError, match=r"1 of 4 clips could not be analysed: .*-bad\.truth\.json"):
        predict.analyze_clips(truths(tmp_path), tmp_path / "out", progress=lambda *at: told.append(at))
    assert "c" in analyzed
    assert told[-1] == (4, 4)


def test_a_trace_of_another_clip_of_that_name_is_not_kept(bench, tmp_path):
    write_clip(bench, tmp_path, "a")
    before = predict.trace_path(tmp_path / "a.truth.json", tmp_path)
    (tmp_path / "a.mp4").write_text("simulated anew")
    assert predict.trace_path(tmp_path / "a.truth.json", tmp_path) != before


def test_a_folder_that_cannot_be_made_is_one_line(bench, tmp_path):
    write_clip(bench, tmp_path, "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(FasciscanError, match="file/out: could not be written to"):
        predict.analyze_clips(truths(tmp_path), tmp_path / "file" / "out")


@pytest.mark.slow
def test_clips_are_analysed_by_the_rule_and_watched_by_a_baseline_in_processes_of_their_own(tmp_path):
    samples = [SAMPLES / "biceps-twitches.truth.json", SAMPLES / "calf-lookalikes.truth.json"]
    predict.analyze_clips(samples, tmp_path / "rule", Rule, jobs=1)
    twitches, look_alikes = (clip.score(Task()) for clip in read_clips(samples, tmp_path / "rule"))
    assert twitches.recall > 0.5
    assert twitches.false == 0
    assert ("tremor", "tremor") in [(told.name, told.told) for told in look_alikes.look_alikes]
    predict.watch_clips(samples, tmp_path / "difference", "difference", jobs=1)
    trace = read_trace(predict.trace_path(samples[0], tmp_path / "difference"))
    assert trace.times_s[-1] == pytest.approx(12, abs=0.1)
    assert trace.strength.shape == (2, len(trace.times_s))

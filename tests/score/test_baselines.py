"""The baselines: each finds an obvious large twitch where and when it is, and nothing in a picture that is still."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.score import Task, read_findings, score_findings
from fasciscan.score.baselines import BASELINES
from fasciscan.score.traces import Trace, Tuned, read_trace, tell_events, tune
from fasciscan.simulate import Twitch, random_scene, read_truth, write_clip

WIDTH_PX = 240
NAMES = [baseline.name for baseline in BASELINES]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A clip with two twitches of 0.8 mm, and one of the same scene without any."""
    folder = tmp_path_factory.mktemp("clips")
    scene = random_scene(3, "scatterer-twitches")
    width_mm, layers = WIDTH_PX * scene.mm_per_px, scene.tissue.layers
    depth_mm = (layers.muscle_top_mm + layers.muscle_bottom_mm) / 2
    large = [
        Twitch(x * width_mm, depth_mm, t, 0.08, 0.15, 0.8, 5.0, 9.0, 5.0, site=1) for t, x in ((1.4, 0.35), (2.6, 0.65))
    ]
    scene = replace(scene, duration_s=3.6, frame_rate_hz=30, width_px=WIDTH_PX)
    for name, twitches in (("moving", large), ("still", [])):
        write_clip(replace(scene, twitches=tuple(twitches)), folder / f"{name}.mp4")
    return folder


@pytest.fixture(scope="module")
def traces(clips) -> dict[tuple[str, str], Trace]:
    options = ClipOptions(mm_per_px=read_truth(clips / "still.truth.json").mm_per_px)
    opened = {name: open_clip(clips / f"{name}.mp4", options) for name in ("moving", "still")}
    return {(b.name, name): b.watch(clip) for b in BASELINES for name, clip in opened.items()}


@pytest.mark.parametrize("baseline", BASELINES, ids=NAMES)
def test_an_obvious_twitch_is_found_and_a_still_clip_has_none(baseline, clips, traces):
    truths = [read_truth(clips / f"{name}.truth.json") for name in ("moving", "still")]
    both = [traces[baseline.name, name] for name in ("moving", "still")]
    tuned = tune(baseline.name, both, truths, Task())
    moving, still = (
        score_findings(read_findings(tell_events(trace, tuned), truth.mm_per_px), truth)
        for trace, truth in zip(both, truths, strict=True)
    )
    assert (moving.true_positives, moving.missed, moving.false) == (2, 0, 0)
    assert still.false == 0
    assert tuned.f1 == 1


def bumps(*peaks: tuple[float, float]) -> Trace:
    """A trace at 20 moments a second with triangular bumps at (time, strength)."""
    times = np.arange(0, 6, 0.05)
    strength = np.zeros((1, len(times)), np.float32)
    for time, height in peaks:
        strength = np.maximum(strength, height * np.clip(1 - np.abs(times - time) / 0.1, 0, 1)[None])
    place = np.full_like(strength, 100)
    return Trace(times, strength, place, place, 6.0)


def test_peaks_above_the_threshold_are_events_and_the_others_are_kept_as_other_motion():
    result = tell_events(bumps((1, 4.0), (3, 8.0), (5, 2.0)), Tuned("flow", 0, 0.25, 4.0, 1.0))
    assert [(e["peak_s"], e["p_fasciculation"]) for e in result["events"]] == [
        (pytest.approx(1), pytest.approx(0.5)),
        (pytest.approx(3), pytest.approx(2 / 3)),
    ]
    (other,) = result["other_motion"]
    assert other["p_fasciculation"] == pytest.approx(1 / 3)
    assert 0.85 <= result["events"][0]["onset_s"] <= 0.95
    assert result["exposure_s"] == 6


def test_of_two_peaks_nearer_than_the_gap_the_stronger_is_told():
    trace = bumps((1, 4.0), (1.3, 6.0))
    assert len(tell_events(trace, Tuned("flow", 0, 0.2, 1.0, 1.0))["events"]) == 2
    (only,) = tell_events(trace, Tuned("flow", 0, 0.4, 1.0, 1.0))["events"]
    assert only["peak_s"] == pytest.approx(1.3)


def test_tuning_takes_the_threshold_between_twitches_and_noise(bench):
    truth = bench.truth(bench.twitch(1), bench.twitch(3))
    trace = bumps((1, 9.0), (3, 7.0), (5, 3.0))
    tuned = tune("flow", [trace], [truth], Task())
    assert 3 < tuned.threshold <= 7
    assert tuned.f1 == 1


def test_a_trace_is_read_as_it_was_written(tmp_path):
    trace = bumps((1, 4.0))
    trace.write(tmp_path / "trace.npz")
    again = read_trace(tmp_path / "trace.npz")
    assert (again.strength == trace.strength).all()
    assert again.duration_s == trace.duration_s

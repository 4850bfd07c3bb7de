"""What a written clip promises: frames, times and truth come back as they were put in."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.simulate import (
    Layers,
    Machine,
    Phantom,
    ProbeMotion,
    Scene,
    Screen,
    Twitch,
    read_truth,
    render,
    write_clip,
)

PHANTOM = Phantom(
    Layers(1.5, 4.0, 11.0, 13.0), 0.0, 8.0, -36.0, -38.0, -26.0, 20.0, -8.0, 0.0, False, 8.0, 0.3, 0.5, 7.0
)
MACHINE = Machine(60.0, -66.0, 1.0, 0.2, "h264", 18, key_frame_interval=10)
SCENE = Scene(
    seed=9,
    preset="test",
    duration_s=1.0,
    frame_rate_hz=30.0,
    width_px=160,
    height_px=132,
    mm_per_px=0.1,
    tissue=PHANTOM,
    machine=MACHINE,
    twitches=(Twitch(8.0, 7.0, 0.3, 0.075, 0.2, 0.3, 0.0, 10.7, 4.5, site=1),),
    look_alikes=(ProbeMotion(0.7, 0.1, 0.3, 0.4, returns=False),),
)


def with_machine(**changes) -> Scene:
    return replace(SCENE, machine=replace(MACHINE, **changes))


def decode(path: Path) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Times, luma (n, h, w) and positions of the key frames."""
    times, lumas, keys = [], [], []
    with av.open(str(path)) as container:
        for i, frame in enumerate(container.decode(video=0)):
            plane = frame.planes[0]
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            luma = rows[: frame.height, : frame.width]
            assert frame.pts is not None
            assert frame.time_base is not None
            times.append(float(frame.pts * frame.time_base))
            lumas.append(luma.astype(float))
            if frame.key_frame:
                keys.append(i)
    return np.array(times), np.array(lumas), keys


@pytest.mark.parametrize(
    ("codec", "quality", "suffix"),
    [("h264", 18, ".mp4"), ("h264", 18, ".mkv"), ("mpeg4", 2, ".mp4"), ("mjpeg", 2, ".avi"), ("hevc", 18, ".mp4")],
)
def test_a_clip_decodes_to_the_frames_and_times_that_were_rendered(codec, quality, suffix, tmp_path):
    scene = with_machine(codec=codec, quality=quality)
    truth = write_clip(scene, tmp_path / f"clip{suffix}")
    times, lumas, _ = decode(tmp_path / f"clip{suffix}")
    rendered = list(render(scene))
    assert len(times) == len(rendered) == truth.timing.frames == 30
    assert times - times[0] == pytest.approx([time for time, _ in rendered], abs=6e-4)  # Matroska rounds to 1 ms
    grey = lumas if codec == "mjpeg" else (lumas - 16) * 255 / 219
    assert np.abs(grey - np.array([frame for _, frame in rendered])).mean() < 4


def test_more_compression_makes_a_smaller_and_worse_clip(tmp_path):
    for codec, qualities in (("h264", (18, 36)), ("hevc", (18, 36)), ("mpeg4", (2, 20)), ("mjpeg", (2, 20))):
        suffix = ".avi" if codec == "mjpeg" else ".mp4"
        sizes = []
        for quality in qualities:
            path = tmp_path / f"{codec}{quality}{suffix}"
            write_clip(with_machine(codec=codec, quality=quality), path)
            sizes.append(path.stat().st_size)
        assert sizes[1] < 0.6 * sizes[0], codec


def test_key_frames_come_at_their_interval_and_nowhere_else(tmp_path):
    write_clip(SCENE, tmp_path / "clip.mp4")
    assert decode(tmp_path / "clip.mp4")[2] == [0, 10, 20]


def test_the_same_scene_writes_the_same_file(tmp_path):
    write_clip(SCENE, tmp_path / "a.mp4")
    write_clip(SCENE, tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("effort", ["veryfast", "medium"])
def test_a_file_does_not_depend_on_what_memory_held_before(tmp_path, effort):
    write_clip(with_machine(effort=effort), tmp_path / "a.mp4")
    write = f"from test_recording import *; write_clip(with_machine(effort={effort!r}), {str(tmp_path / 'b.mp4')!r})"
    filled = os.environ | {"MALLOC_PERTURB_": "1"}  # glibc fills fresh memory with a byte
    subprocess.run([sys.executable, "-c", write], cwd=Path(__file__).parent, env=filled, check=True)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_faster_recorder_copies_pictures(tmp_path):
    truth = write_clip(with_machine(recorded_rate_hz=90.0), tmp_path / "clip.mp4")
    frames = [frame for _, frame in render(with_machine(recorded_rate_hz=90.0))]
    copies = sum(np.array_equal(a, b) for a, b in itertools.pairwise(frames))
    assert truth.timing.frames == 90
    assert copies == truth.timing.copied_frames == 60


def test_lost_frames_leave_the_times_of_the_others_right(tmp_path):
    scene = with_machine(dropped_share=0.2)
    truth = write_clip(scene, tmp_path / "clip.mp4")
    times = decode(tmp_path / "clip.mp4")[0]
    assert 1 < truth.timing.dropped_frames < 15
    assert len(times) == 30 - truth.timing.dropped_frames
    assert times == pytest.approx([time for time, _ in render(scene)], abs=1e-3)
    assert np.diff(times).max() == pytest.approx(2 / 30, abs=1e-3), "a gap where a frame is missing"
    whole = {round(time * 30): frame for time, frame in render(SCENE)}
    for time, frame in render(scene):
        assert np.array_equal(frame, whole[round(time * 30)])


def test_frames_cannot_be_lost_from_avi(tmp_path):
    with pytest.raises(ValueError, match="AVI"):
        with_machine(codec="mjpeg", dropped_share=0.1)
    with pytest.raises(ValueError, match="AVI"):
        write_clip(with_machine(dropped_share=0.1), tmp_path / "clip.avi")


def test_scenes_no_codec_can_hold_are_refused():
    with pytest.raises(ValueError, match="even"):
        replace(SCENE, width_px=161)
    with pytest.raises(ValueError, match="vp9"):
        with_machine(codec="vp9")


def test_the_screen_lies_around_the_image_and_its_clock_runs():
    scene = replace(with_machine(screen=Screen(60, 40, 36, 20)), duration_s=1.5)
    frames = {round(time, 3): frame for time, frame in render(scene)}
    x, y, width, height = scene.image_box
    assert (x, y, width, height) == (60, 40, 160, 132)
    assert frames[0.0].shape == (192, 256)
    bare = {round(time, 3): frame for time, frame in render(replace(scene, machine=MACHINE))}
    assert np.array_equal(frames[0.5][y : y + height, x : x + width], bare[0.5])
    outside = np.ones(frames[0.0].shape, bool)
    outside[y : y + height, x : x + width] = False
    assert np.array_equal(frames[0.0][outside], frames[0.5][outside])
    changed = (frames[0.0] != frames[1.2]) & outside
    assert 0 < changed.sum() < 200, "the seconds of the clock and nothing else"


def test_the_truth_file_tells_the_scene_and_reads_back(tmp_path):
    scene = with_machine(screen=Screen(60, 40, 36, 20))
    written = write_clip(scene, tmp_path / "clip.mp4")
    truth = read_truth(tmp_path / "clip.truth.json")
    assert truth == written
    assert (truth.clip, truth.seed, truth.mm_per_px) == ("clip.mp4", 9, 0.1)
    (twitch,) = truth.twitches
    assert (twitch.x_px, twitch.y_px) == pytest.approx((60 + 79.5, 40 + 69.5))
    assert (twitch.onset_s, twitch.peak_s, twitch.offset_s) == pytest.approx((0.3, 0.375, 0.575))
    slip = truth.events[-1]
    assert (slip.kind, slip.x_px, slip.peak_displacement_mm) == ("probe motion", None, pytest.approx(0.5))
    raw = json.loads((tmp_path / "clip.truth.json").read_text())
    assert raw["schema"] == "fasciscan.truth/1"
    assert raw["scene"]["look_alikes"][0]["kind"] == "probe motion"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": "fasciscan.clip/1"}', '{"schema": "fasciscan.truth/1", "clip": "x"}']
)
def test_a_file_that_is_no_truth_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "x.truth.json"
    path.write_text(content)
    with pytest.raises(FasciscanError, match=r"x\.truth\.json") as error:
        read_truth(path)
    assert "\n" not in str(error.value)

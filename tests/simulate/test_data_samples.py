"""The committed samples are what their script makes, and hold what their truth says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import av
import pydicom
import pytest

from fasciscan.simulate import read_truth, tell_truth

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data_samples"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_data_samples", ROOT / "scripts" / "make_data_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("clip", "maker"),
    [
        ("biceps-twitches.mp4", "biceps_twitches"),
        ("calf-lookalikes.avi", "calf_lookalikes"),
        ("forearm-twitches.dcm", "forearm_twitches"),
    ],
)
def test_the_truth_beside_a_sample_is_that_of_its_script(clip, maker, script):
    committed = read_truth((SAMPLES / clip).with_suffix(".truth.json"))
    assert committed == tell_truth(getattr(script, maker)(), clip)


@pytest.mark.parametrize(("clip", "twitches"), [("biceps-twitches.mp4", 7), ("calf-lookalikes.avi", 0)])
def test_a_video_sample_has_the_frames_and_size_its_truth_says(clip, twitches):
    truth = read_truth((SAMPLES / clip).with_suffix(".truth.json"))
    with av.open(str(SAMPLES / clip)) as container:
        frames = [frame.to_ndarray(format="gray").shape for frame in container.decode(video=0)]
    assert len(frames) == truth.timing.frames
    box = truth.image_box
    assert frames[0][0] >= box.y + box.height
    assert frames[0][1] >= box.x + box.width
    assert len(truth.twitches) == twitches


def test_the_dicom_sample_tells_its_scale_and_time_step():
    truth = read_truth(SAMPLES / "forearm-twitches.truth.json")
    data = pydicom.dcmread(SAMPLES / "forearm-twitches.dcm")
    assert data.pixel_array.shape == (truth.timing.frames, truth.image_box.height, truth.image_box.width)
    assert data.SequenceOfUltrasoundRegions[0].PhysicalDeltaX * 10 == pytest.approx(truth.mm_per_px)
    assert float(data.FrameTime) == pytest.approx(1000 / truth.timing.scan_rate_hz)

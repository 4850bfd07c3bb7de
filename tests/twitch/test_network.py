"""The shipped way to run a network: checked against its hash, at its own operating point, the same as torch says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from fasciscan.errors import FasciscanError
from fasciscan.learn.calibrate import Calibration
from fasciscan.learn.export import Calibrated, export
from fasciscan.learn.network import NetworkConfig, TwitchNet
from fasciscan.learn.train import TrainConfig, Trained
from fasciscan.motion import MotionConfig, lay_grid, measure_motion
from fasciscan.twitch import CandidateConfig, Kind, find_candidates
from fasciscan.twitch.judge.glance import Glance
from fasciscan.twitch.judge.measures import MEASURES, measure
from fasciscan.twitch.judge.network import load_network
from fasciscan.twitch.judge.patches import CELLS, LONG_STEPS, MOVING, STEPS, STILL, SURROUNDINGS, Patches

SMALL = NetworkConfig(wide=8, middle=8, deep=16, long=8, told=8, joined=16)
THRESHOLD, TEMPERATURE = 0.37, 1.3


def look_at(least: float) -> Glance:
    """Give the more a fasciculation the stronger the motion is; the network looks from a probability on."""
    n = len(MEASURES)
    weights = np.zeros((n + n * (n + 1) // 2, len(Kind)))
    weights[MEASURES.index("strength"), 0] = 1.0
    return Glance(np.zeros(n), np.ones(n), weights, np.zeros(len(Kind)), least)


def new_trained(least: float = 0.0) -> Trained:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = TwitchNet(SMALL, torch.zeros(len(MEASURES)), torch.full((len(MEASURES),), 2.0)).eval()
    return Trained(network, torch.linspace(-0.5, 0.5, len(Kind)), look_at(least))


def write_model(path: Path, least: float = 0.0) -> Path:
    export(new_trained(least), Calibration(TEMPERATURE, THRESHOLD, {}), TrainConfig(network=SMALL), path, data={})
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "small.onnx")


def draw_patches(n: int) -> Patches:
    rng = np.random.default_rng(0)
    shapes = (
        (n, len(MOVING), STEPS, CELLS, CELLS), (n, len(STILL), CELLS, CELLS), (n, len(SURROUNDINGS), LONG_STEPS),
        (n, len(MEASURES)),
    )  # fmt: skip
    return Patches(*(rng.normal(0, 1, shape).astype(np.float32) for shape in shapes))


@pytest.mark.parametrize("n", [1, 7])
def test_onnx_runtime_says_what_torch_says(model, n):
    patches = draw_patches(n)
    parts = (patches.moving, patches.still, patches.surroundings, patches.measures)
    with torch.inference_mode():
        expected = Calibrated(new_trained(), TEMPERATURE).eval()(*(torch.from_numpy(part) for part in parts))
    for said, wanted in zip(load_network(model).judge(patches), expected, strict=True):
        assert np.allclose(said, wanted.numpy(), atol=1e-4)


def test_the_same_weights_make_the_same_file(model, tmp_path):
    again = write_model(tmp_path / "small.onnx")
    assert again.read_bytes() == model.read_bytes()
    assert again.with_suffix(".json").read_text() == model.with_suffix(".json").read_text()


def test_a_candidate_is_judged_at_the_networks_own_threshold(model, make_clip, make_twitch):
    clip = make_clip(3.0, [make_twitch(19.0, 16.0, 1.4, 0.5)])
    (maps,) = measure_motion(clip, lay_grid(clip, 1.0), MotionConfig())
    candidates = find_candidates(maps, CandidateConfig())
    network = load_network(model)
    verdicts = network.classify(maps, candidates)
    assert len(verdicts) == len(candidates) > 0
    for verdict in verdicts:
        assert sum(verdict.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert verdict.threshold == THRESHOLD
        assert (verdict.kind is Kind.FASCICULATION) == (verdict.probabilities[Kind.FASCICULATION] >= THRESHOLD)
        assert verdict.reason.startswith(f"network: {verdict.kind} {verdict.probabilities[verdict.kind]:.2f}; ")
        assert verdict.shift_mm is not None
        assert verdict.shift_sd_mm is not None
        assert verdict.shift_sd_mm > 0
    assert network.classify(maps, []) == []


def test_the_network_looks_only_at_what_a_glance_leaves_open(model, tmp_path, make_clip, make_twitch):
    clip = make_clip(3.0, [make_twitch(19.0, 16.0, 1.4, 0.5)])
    (maps,) = measure_motion(clip, lay_grid(clip, 1.0), MotionConfig())
    candidates = find_candidates(maps, CandidateConfig())
    everything = load_network(model).classify(maps, candidates)
    glanced = look_at(0.0).judge(measure(maps, candidates))
    ordered = np.unique(glanced[:, 0].round(4))
    least = float(ordered[len(ordered) // 2 - 1 : len(ordered) // 2 + 1].mean())
    some = load_network(write_model(tmp_path / "some.onnx", least)).classify(maps, candidates)
    assert {said.shift_mm is None for said in some} == {True, False}
    for said, looked, first in zip(some, everything, glanced, strict=True):
        if first[0] >= least:
            assert said.probabilities == pytest.approx(looked.probabilities, abs=1e-5)
        else:
            assert list(said.probabilities.values()) == pytest.approx(first, abs=1e-5)


def test_weights_that_were_changed_are_refused(model, tmp_path):
    path = tmp_path / "small.onnx"
    path.write_bytes(model.read_bytes()[:-1] + b"x")
    path.with_suffix(".json").write_text(model.with_suffix(".json").read_text())
    with pytest.raises(FasciscanError, match=r"small\.onnx: is not the network its \.json tells of"):
        load_network(path)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        (None, "cannot be read"),
        ("{", "cannot be read"),
        ("{}", "is not of schema"),
        ({"inputs": {"moving": [], "still": [], "surroundings": [], "measures": []}}, "another version"),
    ],
)
def test_a_model_that_cannot_be_used_is_named_in_one_line(model, tmp_path, metadata, complaint):
    path = tmp_path / "small.onnx"
    path.write_bytes(model.read_bytes())
    if isinstance(metadata, dict):
        metadata = json.dumps(json.loads(model.with_suffix(".json").read_text()) | metadata)
    if metadata is not None:
        path.with_suffix(".json").write_text(metadata)
    with pytest.raises(FasciscanError, match=complaint) as error:
        load_network(path)
    assert "\n" not in str(error.value)


def test_missing_weights_are_named(model, tmp_path):
    (tmp_path / "small.json").write_text(model.with_suffix(".json").read_text())
    with pytest.raises(FasciscanError, match=r"small\.onnx: cannot be read"):
        load_network(tmp_path / "small.onnx")

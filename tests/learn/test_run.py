"""Clips go in and a model comes out that the analysis can load; what was measured once is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.learn.card import write_card
from fasciscan.learn.examples import find_sources, load_examples, prepare
from fasciscan.learn.labels import KINDS
from fasciscan.learn.network import NetworkConfig
from fasciscan.learn.run import run_training
from fasciscan.learn.train import TrainConfig
from fasciscan.simulate import Layers, Machine, Phantom, Scene, Tremor, Twitch, write_clip
from fasciscan.twitch import Kind
from fasciscan.twitch.judge.network import load_network

QUICK = TrainConfig(
    epochs=1, batch=4, network=NetworkConfig(wide=8, middle=8, deep=16, long=8, told=8, joined=16)
)  # fmt: skip
LAYERS = Layers(skin_mm=1.5, muscle_top_mm=5.0, muscle_bottom_mm=25.0, bottom_mm=28.0)
FASCICULATION, TREMOR = KINDS.index(Kind.FASCICULATION), KINDS.index(Kind.TREMOR)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder with one small clip: two twitches, then a tremor."""
    folder = tmp_path_factory.mktemp("clips")
    twitches = [Twitch(10.0, 14.0, t, 0.075, 0.15, 0.4, 10.0, 10.7, 4.5, 1) for t in (1.0, 2.2)]
    tremor = Tremor(3.4, 5.4, 6.0, 0.3, 10.0, 12.0, 14.0, 25.0, 15.0)
    scene = Scene(
        seed=5, preset="test", duration_s=6.0, frame_rate_hz=40.0, width_px=200, height_px=240, mm_per_px=0.12,
        tissue=Phantom(
            layers=LAYERS, slope=0.0, pennation_deg=8.0, muscle_db=-34.0, fat_db=-28.0, stria_db=-20.0,
            striae_per_cm2=12.0, fascia_db=-8.0, attenuation_db_per_cm=1.0, bone=False, frequency_mhz=8.0,
            axial_mm=0.3, lateral_mm=0.5, focus_mm=16.0,
        ),
        machine=Machine(60.0, -58.0, 2.0, 0.0, "h264", 18, 50), twitches=tuple(twitches), look_alikes=(tremor,),
    )  # fmt: skip
    write_clip(scene, folder / "clip.mp4")
    return folder


@pytest.mark.slow
def test_a_clip_becomes_examples_once_and_the_examples_become_a_model(clips, tmp_path, blank_glance):
    (source,) = sources = find_sources(clips)
    prepared = prepare(sources, tmp_path / "examples", jobs=1)
    made_at = prepared[source].stat().st_mtime_ns
    assert prepare(sources, tmp_path / "examples", jobs=1) == prepared
    assert prepared[source].stat().st_mtime_ns == made_at

    examples = load_examples(prepared, blank_glance)
    assert all(examples.clips[0].had_candidate)
    ones = examples.kind == FASCICULATION
    assert np.nanmedian(np.linalg.norm(examples.shift_mm[ones], axis=1)) < 3
    assert np.count_nonzero(examples.kind == TREMOR) >= 5
    fewer = load_examples(prepared, blank_glance, most=2)
    assert np.count_nonzero(fewer.kind == FASCICULATION) == np.count_nonzero(ones)
    assert len(fewer) < len(examples)

    model = tmp_path / "model.onnx"
    metadata = run_training([clips], clips, model, QUICK, kept=tmp_path / "examples", jobs=1)
    assert metadata["sha256"] == load_network(model).sha256
    assert json.loads(model.with_suffix(".json").read_text()) == json.loads(json.dumps(metadata))
    assert metadata["data"]["training"]["twitches"] == 2
    write_card(metadata, tmp_path / "MODEL_CARD.md", "some command")
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert metadata["sha256"] in card
    assert "no external clinical validation" in card


@pytest.mark.slow
def test_a_clip_that_cannot_be_measured_is_named_and_left_out(clips, tmp_path):
    (source,) = find_sources(clips)
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    broken = replace(source, clip=tmp_path / "broken.mp4")
    complaints = []
    prepared = prepare([source, broken], tmp_path / "examples", jobs=1, complain=complaints.append)
    assert list(prepared) == [source]
    assert len(complaints) == 1
    assert "broken.mp4" in complaints[0]
    with pytest.raises(FasciscanError, match="none of 1 clips"):
        prepare([broken], tmp_path / "examples", jobs=1)

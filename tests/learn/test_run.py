"""Clips go in and a model comes out that the analysis can load; what was measured once is kept."""

import json
import resource
from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.learn.card import write_card
from fasciscan.learn.examples import load_examples, load_facts
from fasciscan.learn.labels import KINDS
from fasciscan.learn.network import NetworkConfig
from fasciscan.learn.prepare import prepare
from fasciscan.learn.run import run_training
from fasciscan.learn.sources import find_sources
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


@pytest.fixture(scope="module")
def others(clips, tmp_path_factory):
    """A folder with what is by its bytes another clip."""
    folder = copytree(clips, tmp_path_factory.mktemp("others"), dirs_exist_ok=True)
    with (folder / "clip.mp4").open("ab") as stream:
        stream.write(b"\0\0\0\x08free")  # a box that MP4 passes over
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder for what is measured of that clip, so that it is measured once."""
    return tmp_path_factory.mktemp("examples")


@pytest.mark.slow
def test_a_clip_becomes_examples_once_and_the_examples_become_a_model(clips, others, kept, tmp_path, blank_glance):
    (source,) = sources = find_sources(clips)
    prepared = prepare(sources, kept, jobs=1)
    made_at = prepared[source].stat().st_mtime_ns
    assert prepare(sources, kept, jobs=1) == prepared
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
    metadata = run_training([clips], others, model, QUICK, kept=kept, jobs=1)
    assert metadata["sha256"] == load_network(model).sha256
    assert json.loads(model.with_suffix(".json").read_text()) == json.loads(json.dumps(metadata))
    assert metadata["data"]["training"]["twitches"] == 2
    write_card(metadata, tmp_path / "MODEL_CARD.md", "some command")
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert metadata["sha256"] in card
    assert "no external clinical validation" in card


def test_a_clip_to_learn_from_is_not_judged_by_under_another_name_either(clips, tmp_path):
    again = copytree(clips, tmp_path / "again")
    (again / "clip.truth.json").unlink()
    (again / "clip.mp4").rename(again / "copy.mp4")
    write_labels(again / "copy.labels.json", "copy.mp4", mm_per_px=0.13)
    with pytest.raises(FasciscanError, match=r"copy\.mp4: is to judge by, and to learn from as .*clip\.mp4") as error:
        run_training([clips], again, tmp_path / "model.onnx", QUICK)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "examples").exists()  # told before hours of measuring


def write_labels(path, clip, **changes):
    """Labels of a clip with one fasciculation marked, all of it reviewed."""
    content = {
        "schema": "fasciscan.labels/1", "clip": str(clip), "mm_per_px": 0.12, "reviewed_s": [[0, 6]],
        "events": [{"kind": "fasciculation", "peak_s": 1.0, "x_px": 83, "y_px": 116}],
    }  # fmt: skip
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path


def test_a_label_file_that_cannot_be_used_is_named_and_the_others_are_used(clips, tmp_path):
    good = write_labels(tmp_path / "good.labels.json", clips / "clip.mp4")
    write_labels(tmp_path / "backwards.labels.json", clips / "clip.mp4", reviewed_s=[[6, 0]])
    write_labels(tmp_path / "orphan.labels.json", tmp_path / "gone.mp4")
    (tmp_path / "._good.labels.json").write_bytes(b"what a Mac leaves on other disks")
    complaints = []
    assert [source.told_by for source in find_sources(tmp_path, complaints.append)] == [good]
    assert len(complaints) == 2
    assert "backwards.labels.json: reviewed_s" in complaints[0]
    assert "orphan.labels.json: its clip" in complaints[1]
    with pytest.raises(FasciscanError, match=r"backwards\.labels\.json"):
        find_sources(tmp_path)
    good.unlink()
    with pytest.raises(FasciscanError, match="none of its 2 files"):
        find_sources(tmp_path, complaints.append)


@pytest.mark.slow
def test_labels_beyond_their_clip_are_named_and_left_out_and_where_nobody_looked_nothing_is_known(
    clips, kept, tmp_path
):
    good = write_labels(tmp_path / "good.labels.json", clips / "clip.mp4")
    part = write_labels(tmp_path / "part.labels.json", clips / "clip.mp4", reviewed_s=[[4.5, 6.05], [0, 2]])
    write_labels(tmp_path / "late.labels.json", clips / "clip.mp4", reviewed_s=[[0, 6000]])
    write_labels(tmp_path / "metres.labels.json", clips / "clip.mp4", mm_per_px=80)
    complaints = []
    prepared = prepare(find_sources(tmp_path), kept, jobs=1, complain=complaints.append)
    assert [source.told_by for source in prepared] == [good, part]
    whole, partly = load_facts(prepared)
    assert whole.exposure_s == whole.duration_s == pytest.approx(6.0)
    assert partly.exposure_s == pytest.approx(3.5)
    assert [partly.is_known(time_s) for time_s in (1.0, 2.0, 5.0)] == [True, False, True]
    assert len(complaints) == 2
    assert "metres.labels.json: " in complaints[0]
    assert "the scale given" in complaints[0]
    assert "late.labels.json: reviewed_s" in complaints[1]


@pytest.mark.slow
def test_a_clip_that_two_have_reviewed_is_measured_once_and_both_are_learnt_from(clips, tmp_path):
    for name in ("anna", "ben"):
        write_labels(tmp_path / f"{name}.labels.json", clips / "clip.mp4")
    sources = find_sources(tmp_path)
    steps = []
    prepared = prepare(sources, tmp_path / "kept", jobs=2, progress=lambda *step: steps.append(step))
    assert list(prepared) == sources
    assert steps == [(2, 2)]
    (kept,) = set(prepared.values())
    assert set((tmp_path / "kept").iterdir()) == {kept, kept.with_suffix(".moving.npy")}


@pytest.mark.slow
def test_a_measurement_cut_short_is_made_again_and_one_with_other_bytes_is_named(clips, kept, tmp_path, blank_glance):
    sources = find_sources(clips)
    (measured,) = prepare(sources, kept, jobs=1).values()
    whole = measured.read_bytes()
    moving = measured.with_suffix(".moving.npy")
    (tmp_path / measured.name).write_bytes(whole[: len(whole) // 2])
    (tmp_path / moving.name).write_bytes(moving.read_bytes())
    prepared = prepare(sources, tmp_path, jobs=1)
    (tmp_path / moving.name).write_bytes(moving.read_bytes()[:5000])
    assert prepare(sources, tmp_path, jobs=1) == prepared
    assert (tmp_path / moving.name).stat().st_size == moving.stat().st_size
    assert len((tmp_path / measured.name).read_bytes()) == len(whole)
    (tmp_path / measured.name).write_bytes(whole[:5000] + b"?" + whole[5001:])
    with pytest.raises(FasciscanError, match=r"\.npz: is damaged .*; remove it"):
        load_examples(prepared, blank_glance)


def test_a_folder_that_takes_no_files_is_named(clips, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FasciscanError, match=r"file/examples: could not be written to \(Not a directory\)"):
        prepare(find_sources(clips), tmp_path / "file" / "examples", jobs=1)


@pytest.mark.slow
def test_a_disk_that_is_full_is_one_line_and_leaves_no_half_of_a_clip(clips, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # the processes that measure have it too
    try:
        with pytest.raises(FasciscanError, match=r"clip-.*could not be written there"):
            prepare(find_sources(clips), tmp_path, jobs=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_a_clip_that_cannot_be_measured_is_named_and_left_out(clips, kept, tmp_path):
    (source,) = find_sources(clips)
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    broken = replace(source, clip=tmp_path / "broken.mp4", content="no clip")
    complaints = []
    prepared = prepare([source, broken], kept, jobs=1, complain=complaints.append)
    assert list(prepared) == [source]
    assert len(complaints) == 1
    assert "broken.mp4" in complaints[0]
    with pytest.raises(FasciscanError, match="none of 1 clips"):
        prepare([broken], kept, jobs=1)

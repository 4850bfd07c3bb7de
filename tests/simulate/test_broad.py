"""What the broad presets promise: ranges as wide as real recordings, every look-alike, and the same events in each."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.simulate import Phantom, Scene, Texture, Twitch, displacement, random_scene, tell_truth
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.mimics import Glide, LengthwiseArtery
from fasciscan.simulate.unmoving import ColourFlow
from fasciscan.twitch.kind import Kind

SEEDS = range(250)
NAMES = {
    "fasciculation", "pulsation", "breathing", "drift", "slip", "tap", "twist", "press", "contraction",
    "faint contraction", "stretch", "tremor", "pseudotremor", "cramp", "myokymia", "fibrillation", "swallow", "shadow",
    "gain step", "colour box",
}  # fmt: skip


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [random_scene(seed, "broad") for seed in SEEDS]


def layers(scene: Scene) -> Layers:
    return scene.tissue.layers


def recording(scene: Scene) -> tuple[float, ...]:
    return scene.duration_s, scene.frame_rate_hz, scene.width_px, scene.height_px, scene.mm_per_px


def moves_otherwise(scene: Scene) -> bool:
    return any(motion.kind != "drift" for motion in scene.look_alikes)


def test_recordings_vary_as_widely_as_real_ones(scenes):
    rates = np.array([scene.frame_rate_hz for scene in scenes])
    flat = [scene for scene in scenes if layers(scene).sector is None]
    assert rates.min() >= 15
    assert rates.max() <= 100
    assert 0.6 < np.mean((rates >= 25) & (rates <= 80)) < 0.95
    assert all(12 <= scene.duration_s <= 16 for scene in scenes)
    assert all(200 <= side <= 640 for scene in flat for side in (scene.width_px, scene.height_px))
    assert all(0.04 <= scene.mm_per_px <= 0.15 for scene in scenes)
    assert all(24.9 < scene.width_mm < 55.1 for scene in flat)
    assert all(19.9 < scene.height_mm < 60.1 for scene in flat)
    assert 0.05 < 1 - len(flat) / len(scenes) < 0.25, "curved ones"
    assert min(scene.mm_per_px for scene in scenes) < 0.05
    assert max(scene.mm_per_px for scene in scenes) > 0.13


def test_machines_vary(scenes):
    machines = [scene.machine for scene in scenes]
    assert {machine.codec for machine in machines} == {"h264", "mjpeg", "mpeg4"}
    assert {machine.effort for machine in machines} == {"ultrafast", "superfast", "veryfast"}
    crf = [machine.quality for machine in machines if machine.codec == "h264"]
    assert min(crf) >= 16
    assert max(crf) <= 30
    assert all(12 <= machine.key_frame_interval <= 250 for machine in machines)
    assert all(45 <= machine.dynamic_range_db <= 75 for machine in machines)
    assert 0.25 < np.mean([machine.screen is not None for machine in machines]) < 0.45
    assert 0.08 < np.mean([machine.recorded_rate_hz is not None for machine in machines]) < 0.25
    assert np.mean([machine.dropped_share > 0 for machine in machines]) > 0.05


def test_one_clip_in_five_has_no_twitch_and_sizes_reach_below_what_can_be_seen(scenes):
    assert 0.12 < np.mean([not scene.twitches for scene in scenes]) < 0.32
    sizes = np.array([twitch.amplitude_mm for scene in scenes for twitch in scene.twitches])
    small = sizes[sizes <= 0.6]
    assert sizes.min() >= 0.04
    assert np.mean(small < 0.1) > 0.2
    assert 0.35 < np.mean(small < np.sqrt(0.04 * 0.6)) < 0.65, "log-uniform"
    assert sizes.max() > 0.8, "some move most of the field"
    lengths = [twitch.offset_s - twitch.onset_s for scene in scenes for twitch in scene.twitches]
    assert max(lengths) <= 0.5 + 1e-9


def test_twitches_come_in_every_pattern(scenes):
    split = spread = bursts = pairs = together = 0
    for scene in scenes:
        for twitch in scene.twitches:
            split += twitch.second_core_mm is not None
            spread += twitch.passive_spread > 3
        for a, b in itertools.combinations(scene.twitches, 2):
            gap = b.onset_s - a.onset_s
            pairs += a.site == b.site and 0.19 < gap < 0.4
            together += a.site != b.site and abs(gap) < 0.06
        for site in {twitch.site for twitch in scene.twitches}:
            onsets = [twitch.onset_s for twitch in scene.twitches if twitch.site == site]
            bursts += sum(c - a < 2.0 for a, _, c in zip(onsets, onsets[1:], onsets[2:], strict=False))
    assert min(split, spread, bursts, pairs, together) > 10
    assert {len({twitch.site for twitch in scene.twitches}) for scene in scenes} >= {0, 1, 2, 3, 4, 5}


def test_a_site_twitches_again_only_when_it_rests_and_within_the_clip(scenes):
    for scene in scenes:
        for site in {twitch.site for twitch in scene.twitches}:
            own = [twitch for twitch in scene.twitches if twitch.site == site]
            assert all(b.onset_s >= a.offset_s for a, b in itertools.pairwise(own))
        for twitch in scene.twitches:
            assert 0.29 < twitch.onset_s < twitch.peak_s < twitch.offset_s < scene.duration_s - 0.29


def test_every_epicentre_lies_in_the_muscle_and_in_the_picture(scenes):
    for scene in scenes:
        for twitch in scene.twitches:
            x, y = np.array(twitch.x_mm), np.array(twitch.y_mm)
            depth = float(layers(scene).depth(x, y))
            assert layers(scene).muscle_top_mm < depth < layers(scene).muscle_bottom_mm
            sector = layers(scene).sector
            s = float(sector.to_beam(x, y)[0]) if sector else twitch.x_mm
            assert 0 < s < scene.beam_size_mm[0]


def test_every_look_alike_occurs_and_clips_with_one_kind_are_common(scenes):
    kinds = Counter()
    alone = with_any = 0
    for scene in scenes:
        names = {event.name for event in tell_truth(scene, "x").events}
        kinds.update(names)
        others = names - {"fasciculation", "drift"}
        with_any += bool(others)
        alone += len(others) == 1
    assert set(kinds) == NAMES
    assert 0.5 < with_any / len(scenes) < 0.7
    assert alone / with_any > 0.3


def test_every_event_of_the_truth_is_of_a_known_kind_and_has_a_length(scenes):
    known = {kind.value for kind in Kind} | {"breathing", "drift"}
    for scene in scenes:
        for event in tell_truth(scene, "x").events:
            assert event.kind in known
            assert 0 <= event.onset_s <= event.peak_s <= event.offset_s
            assert event.onset_s < event.offset_s <= scene.duration_s + 4, "a contraction may outlast the clip"


def test_the_truth_of_a_twitch_is_where_and_when_the_tissue_moves_farthest(scenes):
    whole = [scene for scene in scenes if scene.twitches and not scene.look_alikes and len(scene.twitches) < 4]
    checked = 0
    for scene in whole[:6]:
        for event in tell_truth(scene, "x").twitches:
            if event.peak_displacement_mm is None or any(
                other.peak_s != event.peak_s and abs(other.peak_s - event.peak_s) < 1 for other in scene.twitches
            ):
                continue
            size = np.hypot(*displacement(scene, event.peak_s))
            before = np.hypot(*displacement(scene, event.onset_s))
            left, top, *_ = scene.image_box
            assert event.x_px is not None
            assert event.y_px is not None
            here = size[round(event.y_px) - top, round(event.x_px) - left]
            assert here > 0.8 * size.max()
            assert here == pytest.approx(event.peak_displacement_mm, rel=0.35)  # held back near the muscle's rims
            assert before.max() == pytest.approx(0.05 * size.max(), rel=0.05)
            checked += 1
    assert checked > 3


def test_held_out_scenes_have_the_same_events_and_another_way_of_imaging():
    for seed in range(12):
        broad, other = random_scene(seed, "broad"), random_scene(seed, "broad-heldout")
        assert (broad.twitches, broad.look_alikes, broad.machine) == (other.twitches, other.look_alikes, other.machine)
        assert isinstance(broad.tissue, Phantom)
        assert isinstance(other.tissue, Phantom)
        assert broad.tissue.imaging is None
        assert other.tissue.imaging is not None
        assert len(other.tissue.imaging.angles_deg) == 3


def test_recoded_scenes_are_the_same_but_for_codec_settings_that_are_kept_for_tests():
    def coding(scene):
        return scene.machine.codec, scene.machine.quality, scene.machine.effort

    plain, recoded = ([random_scene(seed, preset) for seed in range(60)] for preset in ("broad", "broad-recoded"))
    for one, other in zip(plain, recoded, strict=True):
        codec, quality, effort = coding(one)
        as_coded = replace(other.machine, codec=codec, quality=quality, effort=effort)
        assert (one.tissue, one.twitches, one.look_alikes, one.machine) == (
            other.tissue, other.twitches, other.look_alikes, as_coded
        )  # fmt: skip
    assert not set(map(coding, plain)) & set(map(coding, recoded))
    assert {coding(scene)[0] for scene in recoded} == {"h264", "hevc"}


def test_busy_scenes_are_the_same_recordings_of_the_same_muscles_with_more_going_on(scenes):
    busy = [random_scene(scene.seed, "broad-busy") for scene in scenes]
    for plain, more in zip(scenes, busy, strict=True):
        assert (more.tissue, more.machine) == (plain.tissue, plain.machine)
        assert recording(more) == recording(plain)
    twitches, more_twitches = (sum(len(scene.twitches) for scene in some) for some in (scenes, busy))
    assert 2.3 < more_twitches / twitches < 3.7
    assert np.mean([not scene.twitches for scene in busy]) < 0.1
    assert np.mean([moves_otherwise(scene) for scene in busy]) > 0.82 > np.mean([moves_otherwise(s) for s in scenes])


def test_clinic_scenes_are_the_same_recordings_with_the_same_twitches_and_an_artery_colour_or_gliding():
    for seed in range(20):
        plain, clinic = random_scene(seed, "broad"), random_scene(seed, "broad-clinic")
        assert (clinic.tissue, clinic.machine, clinic.twitches) == (plain.tissue, plain.machine, plain.twitches)
        assert any(isinstance(motion, LengthwiseArtery | ColourFlow | Glide) for motion in clinic.look_alikes)


def test_colour_flow_over_an_artery_lies_in_it_and_comes_with_its_beat():
    both = []
    for seed in range(40):
        motions = random_scene(seed, "broad-clinic").look_alikes
        of_kind = [[m for m in motions if isinstance(m, kind)] for kind in (LengthwiseArtery, ColourFlow)]
        both += [(artery, colour, seed) for artery in of_kind[0] for colour in of_kind[1]]
    assert both
    for artery, colour, seed in both:
        assert (colour.rate_hz, colour.phase) == (artery.rate_hz, artery.phase)
        middle_mm = np.mean(colour.corners_px, axis=0) * random_scene(seed, "broad-clinic").mm_per_px
        assert middle_mm == pytest.approx((artery.x_mm, artery.y_mm), abs=0.2)


def test_spread_scenes_are_the_same_recordings_and_twitches_that_drag_more_along_amid_other_motion():
    for seed in range(20):
        plain, spread = random_scene(seed, "broad"), random_scene(seed, "broad-spread")
        assert (spread.tissue, spread.machine) == (plain.tissue, plain.machine)
        assert [replace(t, passive_spread=2 * t.passive_spread) for t in plain.twitches] == list(spread.twitches)
        assert moves_otherwise(spread)


def test_textured_scenes_take_their_tissue_from_a_still(still):
    scenes = [random_scene(seed, "broad-texture", [still]) for seed in range(12)]
    assert all(isinstance(scene.tissue, Texture) for scene in scenes)
    assert any(scene.look_alikes for scene in scenes)
    assert any(scene.twitches for scene in scenes)
    with pytest.raises(FasciscanError, match="stills"):
        random_scene(1, "broad-texture")


def test_length_and_rate_can_be_asked_for_and_events_fit_the_length():
    for seed in range(20):
        scene = random_scene(seed, "broad", duration_s=6.0, frame_rate_hz=33.0)
        assert (scene.duration_s, scene.frame_rate_hz) == (6.0, 33.0)
        assert all(isinstance(twitch, Twitch) and twitch.offset_s < 6.0 for twitch in scene.twitches)
    with pytest.raises(FasciscanError, match="5 to 600 s"):
        random_scene(1, "broad", duration_s=1.0)
    with pytest.raises(FasciscanError, match="pictures/s"):
        random_scene(1, "broad", frame_rate_hz=float("nan"))

"""What the narrow presets promise: figures from the literature, and twitches that can be told apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fasciscan.simulate import Phantom, Scene, Texture, random_scene, tell_truth

SEEDS = range(60)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [random_scene(seed, "scatterer-twitches") for seed in SEEDS]


@pytest.fixture(scope="module")
def mixed() -> list[Scene]:
    return [random_scene(seed, "scatterer-mixed") for seed in SEEDS]


def test_the_mode_decides_the_tissue(still):
    assert isinstance(random_scene(1, "texture-mixed", [still]).tissue, Texture)
    assert isinstance(random_scene(1, "scatterer-mixed").tissue, Phantom)


def test_twitches_are_of_the_size_and_length_the_literature_gives(scenes):
    twitches = [twitch for scene in scenes for twitch in scene.twitches]
    lengths = np.array([twitch.offset_s - twitch.onset_s for twitch in twitches])
    rises = np.array([twitch.contraction_s for twitch in twitches])
    sizes = np.array([twitch.amplitude_mm for twitch in twitches])
    assert lengths.min() >= 0.1
    assert lengths.max() <= 0.5
    assert np.all([twitch.relaxation_s > 0.8 * twitch.contraction_s for twitch in twitches])
    assert rises.mean() == pytest.approx(0.075, abs=0.003)
    assert sizes.min() >= 0.1
    assert sizes.max() <= 0.5


def test_twitches_come_about_15_times_a_minute(scenes):
    minutes = sum(scene.duration_s for scene in scenes) / 60
    rate = sum(len(scene.twitches) for scene in scenes) / minutes
    assert rate == pytest.approx(15, rel=0.1)


def test_a_site_twitches_again_only_when_it_rests_and_sites_lie_apart(scenes, mixed):
    for scene in [*scenes, *mixed]:
        for site in {twitch.site for twitch in scene.twitches}:
            own = sorted((t for t in scene.twitches if t.site == site), key=lambda twitch: twitch.onset_s)
            assert all(b.onset_s >= a.offset_s for a, b in itertools.pairwise(own))
            assert np.hypot(np.ptp([t.x_mm for t in own]), np.ptp([t.y_mm for t in own])) < 4
        for a in scene.twitches:
            assert all(np.hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm) > 8 for b in scene.twitches if b.site != a.site)


def test_close_pairs_and_coincidences_occur(scenes):
    pairs = coincidences = 0
    for scene in scenes:
        for a in scene.twitches:
            for b in scene.twitches:
                gap = b.onset_s - a.onset_s
                pairs += a.site == b.site and 0.19 < gap < 0.4
                coincidences += a.site < b.site and abs(gap) < 0.06
    assert pairs > 10
    assert coincidences > 10


def test_every_twitch_lies_within_the_muscle_and_the_clip(scenes):
    for scene in scenes:
        for twitch in scene.twitches:
            assert scene.tissue.layers.muscle_top_mm < twitch.y_mm < scene.tissue.layers.muscle_bottom_mm
            assert 0.2 < twitch.onset_s < twitch.offset_s < scene.duration_s


def test_mixed_scenes_hold_every_look_alike_and_some_large_twitches(mixed):
    kinds = {motion.kind for scene in mixed for motion in scene.look_alikes}
    assert kinds == {"breathing", "drift", "pulsation", "tremor", "probe motion", "contraction"}
    assert any(twitch.major_mm > 20 for scene in mixed for twitch in scene.twitches)
    assert {scene.machine.codec for scene in mixed} == {"h264", "mjpeg", "mpeg4"}


@pytest.mark.parametrize("duration_s", [None, 15.0])
def test_no_event_of_the_truth_ends_after_its_clip_though_its_motion_may(duration_s):
    scenes = [random_scene(seed, "scatterer-mixed", duration_s=duration_s) for seed in SEEDS]
    assert any(getattr(m, "offset_s", 0) > scene.duration_s for scene in scenes for m in scene.look_alikes)
    for scene in scenes:
        for event in tell_truth(scene, "clip.mp4").events:
            assert 0 <= event.onset_s <= event.peak_s <= event.offset_s <= scene.duration_s

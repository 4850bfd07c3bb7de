"""Whole-frame, local and slow motion are told apart."""

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.motion import restless_stretches
from fasciscan.simulate import Breathing

RATE_HZ = 40
NOISE_DB = -20.0
MM_PER_PX = 0.08
HIDING_MM = 0.035
"""Usual excursion of the field that the motion of a 0.2 mm twitch is still 4.5 times of."""


def test_a_probe_that_slips_is_rigid_motion_and_nothing_else(instrument, maps_of, move):
    times = np.arange(120) / RATE_HZ
    slip = 0.5 - 0.5 * np.cos(np.pi * np.clip((times - 1.5) / 0.2, 0, 1))
    pictures = move(instrument.Speckle(1), np.outer(slip, [5.0, -3.0]), noise_db=NOISE_DB)
    maps = maps_of(instrument.as_clip(pictures, times))
    quiet = np.abs(maps.times_s - 1.6) > 0.4
    travelled = maps.rigid.sum(axis=0) / (RATE_HZ * maps.lag_s)  # each moment is seen for as long as the lag
    np.testing.assert_allclose(travelled, np.array([5.0, -3.0]) * MM_PER_PX, rtol=0.07)
    length = np.linalg.norm(maps.lagged, axis=-1).mean(axis=(1, 2))
    assert length[~quiet].max() < 0.05 * np.linalg.norm(travelled) + length[quiet].max()


def test_a_twitch_that_moves_most_of_the_field_but_not_the_skin_is_local(instrument, maps_of, move, there_and_back):
    times = np.arange(120) / RATE_HZ
    course = there_and_back(times, 1.4)
    pictures = move(instrument.Speckle(2), np.outer(course, [0.0, 5.0]), still_rows=96, noise_db=NOISE_DB)
    maps = maps_of(instrument.as_clip(pictures, times))
    moved, still = maps.grid.depth_px > 120, maps.grid.depth_px < 72
    peak = int(np.argmax(maps.excursion[..., 1][:, moved].mean(axis=(1, 2))))
    assert maps.times_s[peak] == pytest.approx(1.48, abs=0.03)
    true_mm = course - (np.interp(times - 0.1, times, course) + np.interp(times + 0.1, times, course)) / 2
    true_mm = 5.0 * MM_PER_PX * true_mm.max()
    np.testing.assert_allclose(maps.excursion[peak, ..., 1][moved].mean(), true_mm, rtol=0.1)
    assert np.abs(maps.excursion[peak, still]).mean() < 0.05 * true_mm
    assert np.abs(maps.rigid).max() < 0.1 * true_mm


def test_deep_breathing_leaves_too_little_to_hide_a_twitch(instrument, maps_of):
    still = replace(instrument.TWITCH_SCENE, duration_s=8.0, width_px=160)
    breathing = Breathing(rate_hz=0.3, phase=0.0, amplitude_mm=2.0, angle_deg=80.0)
    usual_mm = []
    for scene in (still, replace(still, look_alikes=(breathing,))):
        maps = maps_of(instrument.clip_of(scene))
        usual_mm.append(np.quantile(maps.field, 0.95))
    assert np.abs(maps.rigid).max() > 0.1
    assert usual_mm[1] < HIDING_MM


def test_a_twitch_is_as_large_in_breathing_as_without(instrument, maps_of):
    breathing = Breathing(rate_hz=0.3, phase=0.2, amplitude_mm=1.0, angle_deg=80.0)
    scene = instrument.twitch_scene(RATE_HZ, seed=1)
    seen = {}
    for look_alikes in ((), (breathing,)):
        maps = maps_of(instrument.clip_of(replace(scene, look_alikes=look_alikes)))
        seen[bool(look_alikes)] = instrument.visibility(maps).excursion_mm
    assert seen[True] == pytest.approx(seen[False], rel=0.25)


@pytest.mark.parametrize(("swing_px", "excluded"), [(0.0, False), (1.0, False), (6.0, True)])
def test_only_a_field_that_never_rests_is_no_exposure(instrument, maps_of, move, there_and_back, swing_px, excluded):
    times = np.arange(160) / RATE_HZ
    course = 6.0 * there_and_back(times, 2.0) if not swing_px else swing_px * np.sin(2 * np.pi * 5 * times)
    pictures = move(instrument.Speckle(3), np.outer(course, [0.0, 1.0]), still_rows=96, noise_db=NOISE_DB)
    maps = maps_of(instrument.as_clip(pictures, times))
    found = restless_stretches(maps)
    assert bool(found) is excluded
    assert all(part.why == "the whole field in motion" for part in found)
    if excluded:
        assert sum(part.end_s - part.start_s for part in found) > 3.5

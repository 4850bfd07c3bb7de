"""Broad motion is taken out, and what moves by itself stays."""

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.motion import steady
from fasciscan.simulate import Tremor

RATE_HZ = 40
TREMOR = Tremor(
    onset_s=0.3, offset_s=6.8, rate_hz=5.0, amplitude_mm=0.4, angle_deg=60.0, x_mm=12.0, y_mm=11.0, major_mm=45.0,
    minor_mm=40.0,
)  # fmt: skip


def test_a_field_at_rest_is_left_as_it_is(instrument, maps_of, move):
    times = np.arange(80) / RATE_HZ
    maps = maps_of(instrument.as_clip(move(instrument.Speckle(4), np.zeros((80, 2)), noise_db=-40.0), times))

    assert steady(maps) is maps


def test_a_tremor_goes_and_the_twitches_in_it_stay(instrument, maps_of):
    scene = instrument.twitch_scene(RATE_HZ, seed=1)
    calm = maps_of(instrument.clip_of(scene))
    maps = maps_of(instrument.clip_of(replace(scene, look_alikes=(TREMOR,))))
    steadied = steady(maps)

    assert np.median(steadied.field) < 0.2 * np.median(maps.field)
    assert np.median(steadied.noise[maps.grid.valid]) < 0.3 * np.median(maps.noise[maps.grid.valid])
    size, true = instrument.visibility(steadied).excursion_mm, instrument.visibility(calm).excursion_mm
    assert size == pytest.approx(true, rel=0.35)


def test_the_maps_it_starts_from_stay_as_they_are(instrument, maps_of):
    maps = maps_of(instrument.clip_of(replace(instrument.twitch_scene(RATE_HZ, seed=2), look_alikes=(TREMOR,))))
    before = maps.excursion.copy(), maps.frames.step.copy()
    steady(maps)

    np.testing.assert_array_equal(maps.excursion, before[0])
    np.testing.assert_array_equal(maps.frames.step, before[1])

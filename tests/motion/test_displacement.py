"""Measured displacements are the true ones: speckle is moved by an exact distance and measured cell by cell."""

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.motion import lay_grid
from fasciscan.motion.measure import measure_frames, working_frames

AMPLITUDES_PX = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0]
SOME_PX = [0.1, 0.5, 1.5, 3.0, 6.0]
NOISE_DB = -20.0
# Bounds are the figures of docs/motion.md and a small margin.
BIAS = 0.10
ERROR_PX = 0.09
ERROR_IN_NOISE_PX = 0.13


@pytest.mark.parametrize("direction", ["x", "y"])
@pytest.mark.parametrize("size_px", AMPLITUDES_PX)
def test_from_one_frame_to_the_next(size_px, direction, instrument):
    found = instrument.step_accuracy(size_px, instrument.DIRECTIONS[direction], instrument.Condition("clean"))
    assert abs(found.bias) < BIAS
    assert found.error_px < ERROR_PX
    assert found.wild == 0


@pytest.mark.parametrize("direction", ["x", "y"])
@pytest.mark.parametrize("size_px", SOME_PX)
def test_over_the_longer_distance(size_px, direction, instrument):
    found = instrument.lagged_accuracy(size_px, instrument.DIRECTIONS[direction], instrument.Condition("clean"))
    assert abs(found.bias) < BIAS
    assert found.error_px < ERROR_PX
    assert found.wild == 0


@pytest.mark.parametrize("direction", ["x", "y"])
@pytest.mark.parametrize("size_px", SOME_PX)
def test_in_noise(size_px, direction, instrument):
    condition = instrument.Condition("noise", noise_db=NOISE_DB)
    found = instrument.lagged_accuracy(size_px, instrument.DIRECTIONS[direction], condition)
    assert abs(found.bias) < BIAS
    assert found.error_px < ERROR_IN_NOISE_PX
    assert found.wild < 0.001


@pytest.mark.parametrize("crf", [18, 28])
@pytest.mark.parametrize("size_px", [0.2, 1.0, 3.0, 6.0])
def test_after_compression(size_px, crf, instrument):
    condition = instrument.Condition("coded", noise_db=NOISE_DB, crf=crf)
    for direction in instrument.DIRECTIONS.values():
        found = instrument.lagged_accuracy(size_px, direction, condition)
        assert abs(found.bias) < BIAS
        assert found.error_px < ERROR_IN_NOISE_PX
        assert found.wild < 0.001


def test_strong_compression_takes_some_of_the_smallest_motion_but_not_most(instrument):
    condition = instrument.Condition("coded", noise_db=NOISE_DB, crf=28)
    found = instrument.lagged_accuracy(0.05, instrument.DIRECTIONS["y"], condition)
    assert -0.3 < found.bias < BIAS


@pytest.mark.parametrize("size_px", [5.5, 6.0])
def test_six_pixels_between_frames_are_right_within_five_percent(size_px, instrument):
    for direction in (*instrument.DIRECTIONS.values(), np.array([0.6, -0.8])):
        found = instrument.step_accuracy(size_px, direction, instrument.Condition("noise", noise_db=NOISE_DB))
        assert abs(found.bias) < 0.05
        assert found.wild < 0.001


def test_a_large_motion_is_found_beside_tissue_at_rest(instrument, move):
    course = np.outer(np.arange(8), [0.0, 6.0])
    pictures = move(instrument.Speckle(4), course, still_rows=120, noise_db=NOISE_DB)
    clip = instrument.as_clip(pictures, np.arange(8) / 30)
    grid = lay_grid(clip, 1.0)
    steps = [m.step for _, m in measure_frames(working_frames(clip, grid), grid, 0.1) if m and m.step_s > 0]
    down_px = np.array(steps)[..., 1] / grid.mm_per_px[1]
    deep, shallow = grid.depth_px > 150, grid.depth_px < 90
    np.testing.assert_allclose(down_px[:, deep].mean(axis=(0, 2)), 6.0, rtol=0.05)
    np.testing.assert_allclose(down_px[:, shallow].mean(axis=(0, 2)), 0.0, atol=0.1)


def test_millimetres_follow_the_scale_of_each_axis(instrument, move):
    pictures = move(instrument.Speckle(5), np.outer(np.arange(8), [1.0, 0.5]))
    clip = instrument.as_clip(pictures, np.arange(8) / 30)
    assert clip.scale is not None
    clip = replace(clip, scale=replace(clip.scale, x_mm_per_px=0.16, y_mm_per_px=0.08))
    grid = lay_grid(clip, 1.0)
    steps = [m.step for _, m in measure_frames(working_frames(clip, grid), grid, 0.1) if m and m.step_s > 0]
    across, down = np.mean(steps, axis=(0, 1, 2))
    assert across == pytest.approx(0.16, rel=BIAS)
    assert down == pytest.approx(0.04, rel=BIAS)


def test_the_error_a_cell_gives_itself_grows_as_its_error_does(instrument):
    speckle = instrument.Speckle(6)
    given, true = [], []
    for noise_db in (-24.0, -14.0):
        pictures = [speckle.frame(0, 0, noise_db) for _ in range(20)]
        found = instrument.measure_displacements(instrument.as_clip(pictures, np.arange(20) / 30))
        given.append(np.median(found.error))
        true.append(np.std(found.lagged))
        assert abs(found.lagged.mean()) < 0.02
    assert given[1] / given[0] == pytest.approx(true[1] / true[0], rel=0.25)


def test_what_has_no_texture_stays_still(instrument):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(29, 32, (120, 160)).astype(np.uint8) for _ in range(10)]
    found = instrument.measure_displacements(instrument.as_clip(pictures, np.arange(10) / 30))
    assert np.abs(found.lagged).max() < 0.1


def test_what_is_no_tissue_has_no_motion_and_no_certainty(instrument, maps_of, move):
    course = np.outer(np.sin(np.arange(60)), [0.0, 2.0])
    clip = instrument.as_clip(move(instrument.Speckle(7), course), np.arange(60) / 30)
    mask = clip.mask.copy()
    mask[:, :120] = False
    mask[150:, 200:] = False
    maps = maps_of(replace(clip, mask=mask))
    outside = ~maps.grid.valid
    assert outside.any()
    for quantity in (maps.velocity, maps.lagged, maps.excursion, maps.change):
        assert np.abs(quantity[:, outside]).max() == 0
    assert np.isinf(maps.error[:, outside]).all()
    assert np.isinf(maps.noise[outside]).all()
    assert np.isfinite(maps.noise[maps.grid.valid]).all()

"""What changes the picture and is no motion: key frames, cuts, copies and frames that are missing."""

import numpy as np
import pytest

RATE_HZ = 30
NOISE_DB = -20.0


def test_a_key_frame_is_not_motion(instrument, maps_of, tmp_path):
    speckle = instrument.Speckle(1, 160, 208)
    pictures = [speckle.frame(0, 0, -12.0) for _ in range(150)]
    clip = instrument.through_h264(pictures, RATE_HZ, crf=28, path=tmp_path / "still.mp4", key_frame_interval=25)
    keys = clip.times_s[clip.key_frames][1:]
    assert len(keys) == 5
    maps = maps_of(clip)
    length = np.linalg.norm(maps.excursion, axis=-1)
    near = np.abs(maps.times_s[:, None] - keys).min(axis=1) < 0.05
    assert np.mean(length[near]) <= 1.3 * np.mean(length[~near])
    assert np.quantile(length[near], 0.99) <= 1.3 * np.quantile(length[~near], 0.99)


def test_motion_goes_on_through_a_key_frame(instrument, maps_of, move, there_and_back, tmp_path):
    times = np.arange(75) / RATE_HZ
    course = np.outer(there_and_back(times, 50 / RATE_HZ - 0.15, rise_s=0.15), [0.0, 2.0])
    pictures = move(instrument.Speckle(2, 160, 208), course, still_rows=64, noise_db=NOISE_DB)
    peaks = {}
    for interval in (25, 250):
        path = tmp_path / f"{interval}.mp4"
        clip = instrument.through_h264(pictures, RATE_HZ, crf=24, path=path, key_frame_interval=interval)
        maps = maps_of(clip)
        deep = maps.grid.depth_px > 90
        peaks[interval] = maps.excursion[..., 1][:, deep].mean(axis=(1, 2)).max()
    assert peaks[25] == pytest.approx(peaks[250], rel=0.15)


def test_a_scene_cut_is_no_motion_and_is_told(instrument, maps_of):
    speckles = [instrument.Speckle(seed, 160, 208) for seed in (3, 4)]
    pictures = [speckles[n >= 45].frame(0, 0, NOISE_DB) for n in range(90)]
    maps = maps_of(instrument.as_clip(pictures, np.arange(90) / RATE_HZ))
    assert np.flatnonzero(maps.log.cut).tolist() == [45]
    assert maps.frames.step_s[maps.frames.index == 45] == 0
    length = np.linalg.norm(maps.excursion, axis=-1)
    near = np.abs(maps.times_s - 1.5) < 0.2
    assert length[near].max() <= 1.1 * length[~near].max()


def test_copies_are_no_motion_and_do_not_halve_it(instrument, maps_of, move, there_and_back):
    times = np.arange(60) / RATE_HZ
    course = np.outer(there_and_back(times, 1.0, rise_s=0.15), [0.0, 2.0])
    pictures = move(instrument.Speckle(5, 160, 208), course, still_rows=64, noise_db=NOISE_DB)
    once = maps_of(instrument.as_clip(pictures, times))
    doubled = [picture for picture in pictures for _ in range(2)]
    twice = maps_of(instrument.as_clip(doubled, np.arange(120) / (2 * RATE_HZ)))
    assert twice.log.copied.tolist() == [False, True] * 60
    assert twice.frames.index.tolist() == list(range(0, 120, 2))
    inside = slice(0, 70)  # the copies of the last frame make the clip a little longer
    assert np.abs(once.excursion[inside]).max() > 0.05
    np.testing.assert_allclose(twice.excursion[inside], once.excursion[inside], atol=1e-5)


def test_dropped_frames_leave_the_displacement_over_time_as_it_is(instrument, maps_of, move, there_and_back):
    rate = 60
    times = np.arange(120) / rate
    course = np.outer(there_and_back(times, 1.0, rise_s=0.15), [0.0, 2.0])
    pictures = move(instrument.Speckle(6, 160, 208), course, still_rows=64, noise_db=NOISE_DB)
    kept = np.flatnonzero(np.random.default_rng(0).random(120) > 0.3)
    whole = maps_of(instrument.as_clip(pictures, times))
    rest = maps_of(instrument.as_clip([pictures[n] for n in kept], times[kept]))
    deep = whole.grid.depth_px > 90
    common = min(len(whole.times_s), len(rest.times_s))
    expected, found = (maps.excursion[:common, ..., 1][:, deep].mean(axis=(1, 2)) for maps in (whole, rest))
    assert expected.max() > 0.05
    np.testing.assert_allclose(found, expected, atol=0.12 * expected.max())


def test_a_variable_rate_does_not_change_the_speed(instrument):
    rng = np.random.default_rng(1)
    times = np.cumsum(np.append(0, rng.uniform(0.015, 0.05, 40)))
    speckle = instrument.Speckle(7)
    speed = np.array([12.0, -18.0])
    pictures = [speckle.frame(*(speed * t), NOISE_DB) for t in times]
    found = instrument.measure_displacements(instrument.as_clip(pictures, times))
    np.testing.assert_allclose(found.step.mean(axis=1), speed * found.step_s[:, None], atol=0.1)
    np.testing.assert_allclose(found.lagged.mean(axis=1), speed * found.lag_s[:, None], atol=0.15)
    assert np.abs(found.lag_s - 0.1).max() < 0.03


def test_a_fast_twitch_of_most_of_the_field_is_no_scene_cut(instrument, maps_of, move, there_and_back):
    times = np.arange(60) / RATE_HZ
    course = np.outer(there_and_back(times, 1.0), [0.0, 3.0])
    pictures = move(instrument.Speckle(5, 160, 208), course, still_rows=64, noise_db=NOISE_DB)
    pictures = [picture for picture in pictures for _ in range(2)]
    assert not maps_of(instrument.as_clip(pictures, np.arange(120) / (2 * RATE_HZ))).log.cut.any()

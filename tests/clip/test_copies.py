"""A copied frame is told from a quiet one and from a motion that turns round."""

import numpy as np
import pytest

from fasciscan.clip import describe, frozen_stretches, mark_copies, open_clip, true_rate


def test_identical_frames_are_copies():
    assert mark_copies(np.array([np.nan, 3.0, 0.0, 2.8, 0.0, 0.0, 3.1])).tolist() == [0, 0, 1, 0, 1, 1, 0]


def test_a_recoded_copy_in_strong_motion_is_a_copy():
    assert np.flatnonzero(mark_copies(np.array([np.nan, 7, 9.8, 1.0, 10.2, 8, 0.2, 0.1, 6, 7]))).tolist() == [3, 6, 7]


def test_quiet_is_not_a_copy():
    rng = np.random.default_rng(0)
    quiet = np.concatenate([[np.nan], rng.lognormal(np.log(0.12), 0.6, 3000)])
    assert mark_copies(quiet).sum() == 0


def test_rest_after_a_twitch_is_not_a_copy():
    change = np.concatenate([[np.nan], np.full(20, 0.1), [2, 8, 10, 8, 5, 3, 2, 1], np.full(20, 0.1)])
    assert mark_copies(change).sum() == 0


def test_a_key_frame_does_not_make_its_neighbours_copies():
    change = np.full(600, 0.12)
    change[0] = np.nan
    change[250::250] = 5.8
    assert mark_copies(change).sum() == 0


@pytest.mark.parametrize("rate_hz", [30, 60, 80])
def test_a_motion_that_turns_round_is_rarely_marked(rate_hz):
    rng = np.random.default_rng(1)
    marked = frames = 0
    for phase in rng.uniform(0, 1, 200):
        # A twitch of 0.3 s: out and back, the frame difference following its speed over a floor of noise.
        t = np.arange(0, 1, 1 / rate_hz) + phase / rate_hz
        position = np.where((t > 0.3) & (t < 0.6), np.sin(np.pi * (t - 0.3) / 0.3) ** 2, 0)
        change = np.hypot(0.8, 30 * np.abs(np.diff(position)))
        marked += mark_copies(np.concatenate([[np.nan], change])).sum()
        frames += len(change)
    assert marked <= 0.02 * frames


def test_every_third_frame_new_gives_a_third_of_the_rate():
    copies = np.ones(301, bool)
    copies[::3] = False
    assert true_rate(np.arange(301) / 30, copies) == pytest.approx(10, rel=0.02)


def test_a_frozen_stretch_does_not_lower_the_rate_of_the_rest():
    times = np.arange(300) / 30
    copies = np.zeros(300, bool)
    copies[101:200] = True
    assert frozen_stretches(times, copies) == [(pytest.approx(100 / 30), pytest.approx(200 / 30))]
    assert true_rate(times, copies) == pytest.approx(30, rel=0.01)


def test_a_frozen_clip_has_no_rate():
    copies = np.ones(100, bool)
    copies[0] = False
    assert true_rate(np.arange(100) / 25, copies) == 0


def test_the_true_rate_of_a_real_converted_clip_is_found(real_clip):
    quality = describe(open_clip(real_clip("copied_frames.mp4"))).quality
    assert quality.nominal_rate_hz == pytest.approx(25)
    assert quality.true_rate_hz == pytest.approx(10, abs=0.5)
    assert any("copies" in warning for warning in quality.warnings)


def test_strong_compression_is_not_taken_for_copies(real_clip):
    quality = describe(open_clip(real_clip("mmu_test_video.mp4"))).quality
    assert quality.true_rate_hz == pytest.approx(75, abs=0.5)
    assert quality.exposure_s == pytest.approx(40, abs=0.1)

"""Frozen, dark, slow and short clips are told apart from quiet ones."""

import numpy as np
import pytest

from fasciscan.clip import describe, judge_quality, open_clip, warn_of_hidden


def judge(count, rate_hz, copies=None, contrast=None):
    times = np.arange(count) / rate_hz
    return judge_quality(times, np.zeros(count, bool) if copies is None else copies, contrast)


def test_a_good_clip_is_all_exposure():
    quality = judge(1800, 30)
    assert quality.exposure_s == pytest.approx(60)
    assert quality.unusable == quality.warnings == ()


@pytest.mark.parametrize(("rate_hz", "usable"), [(8, False), (11.9, False), (12.1, True), (25, True)])
def test_fewer_than_twelve_frames_a_second_are_too_few(rate_hz, usable):
    quality = judge(600, rate_hz)
    assert (quality.exposure_s > 0) is usable
    assert any("too" in warning for warning in quality.warnings) is (rate_hz < 20)


def test_less_than_half_a_second_is_too_short():
    quality = judge(12, 30)
    assert quality.exposure_s == 0
    assert "too short" in quality.unusable[0].why


def test_a_short_clip_is_warned_of():
    assert any("Duarte 2020" in warning for warning in judge(240, 30).warnings)


@pytest.mark.parametrize(("limit_mm", "is_warned"), [(None, False), (0.2, False), (0.21, True)])
def test_a_clip_that_hides_usual_twitches_is_warned_of(limit_mm, is_warned):
    assert (
        any("half of those of 0.21 mm are missed" in told for told in warn_of_hidden(limit_mm, erased=False))
        is is_warned
    )


def test_a_frozen_stretch_is_taken_out():
    copies = np.zeros(900, bool)
    copies[300:390] = True
    quality = judge(900, 30, copies)
    assert [(part.start_s, part.end_s, part.why) for part in quality.unusable] == [
        (pytest.approx(299 / 30), pytest.approx(13), "frozen")
    ]
    assert quality.exposure_s == pytest.approx(30 - 91 / 30)


def test_a_frozen_half_says_nothing_of_the_rate_of_the_other_and_is_one_stretch_though_a_key_frame_cuts_it():
    copies = np.zeros(400, bool)
    copies[201:] = True
    copies[280] = False
    quality = judge(400, 40.0, copies=copies)
    assert not [told for told in quality.warnings if "copies" in told]
    (frozen,) = quality.unusable
    assert (frozen.start_s, frozen.why) == (pytest.approx(5.0, abs=0.05), "frozen")
    copies[1:200:2] = True  # and half of the rest are copies: a true rate of 20
    (told,) = [told for told in judge(400, 40.0, copies=copies).warnings if "copies" in told]
    assert told == "100 of 400 frames are copies of the one before: 20.0 new images/s, not 40.0"


def test_a_black_stretch_is_taken_out_once_even_if_it_is_frozen_too():
    copies = np.zeros(900, bool)
    copies[301:390] = True
    contrast = np.full(900, 30.0)
    contrast[300:450] = 0.2
    quality = judge(900, 30, copies, contrast)
    assert {part.why for part in quality.unusable} == {"frozen", "too dark"}
    assert quality.exposure_s == pytest.approx(25)


def test_unmeasured_contrast_is_not_dark():
    assert judge(900, 30, contrast=np.full(900, np.nan)).unusable == ()


def test_a_gap_in_the_timestamps_is_taken_out():
    times = np.concatenate([np.arange(300) / 30, 15 + np.arange(300) / 30])
    quality = judge_quality(times, np.zeros(600, bool))
    assert [part.why for part in quality.unusable] == ["no frames"]
    assert quality.exposure_s == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(("read", "excluded"), [(slice(0, 300), (5.0, 10.0)), (slice(120, 600), (0.0, 2.0))])
def test_frames_that_are_promised_and_do_not_come_are_no_exposure(read, excluded):
    promised = np.arange(600) / 60
    times = promised[read]
    quality = judge_quality(times, np.zeros(len(times), bool), promised_s=promised)
    (part,) = quality.unusable
    assert (part.start_s, part.end_s, part.why) == (pytest.approx(excluded[0]), pytest.approx(excluded[1]), "no frames")
    assert quality.exposure_s == pytest.approx(len(times) / 60)
    assert f"{excluded[1] - excluded[0]:.1f} of 10.0 s cannot be analysed: no frames" in quality.warnings


def test_too_few_frames_before_a_file_breaks_off_are_no_exposure_at_all():
    promised = np.arange(600) / 60
    quality = judge_quality(promised[:20], np.zeros(20, bool), promised_s=promised)
    assert quality.exposure_s == 0
    assert sum(part.end_s - part.start_s for part in quality.unusable) == pytest.approx(10)
    assert "nothing of this clip can be analysed: too short" in quality.warnings[0]


def test_the_frozen_recording_has_no_exposure(real_clip):
    description = describe(open_clip(real_clip("frozen.mp4")))
    assert description.quality.exposure_s == 0
    assert any("frozen" in warning for warning in description.warnings)


def test_the_slow_recording_is_warned_of(real_clip):
    quality = describe(open_clip(real_clip("variable_frame_rate.mp4"))).quality
    assert quality.nominal_rate_hz == pytest.approx(12.7, abs=0.1)
    assert any("too few to judge brief twitches" in warning for warning in quality.warnings)
    assert quality.exposure_s > 28


def test_a_black_clip_has_no_exposure(tmp_path, encode):
    rng = np.random.default_rng(0)
    black = rng.integers(0, 2, (60, 96, 128)).astype(np.uint8)
    quality = describe(open_clip(encode(tmp_path / "b.mkv", black, "ffv1", pixels="gray"))).quality
    assert quality.exposure_s == 0
    assert any("dark" in warning for warning in quality.warnings)

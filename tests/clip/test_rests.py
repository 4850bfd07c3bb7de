"""Tissue at rest that strong compression lets stand still is told from an image that is frozen."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from fasciscan.clip import ClipOptions, describe, is_erased, mark_at_rest, mark_held, mark_refreshed, open_clip
from fasciscan.pipeline import analyze

SAMPLE = Path(__file__).parents[2] / "data_samples" / "biceps-twitches.mp4"
RATE_HZ = 40


@pytest.fixture
def rest():
    """A hundred frames, still from 20 to 60; what each leaves as it was."""

    def make(usual: float, after: float) -> tuple[np.ndarray, np.ndarray]:
        difference, unchanged = np.full(100, 0.5), np.full(100, usual)
        difference[20:60], unchanged[20:60], unchanged[60] = 0.0, 1.0, after
        return difference, unchanged

    return make


@pytest.mark.parametrize(("after", "erased", "held"), [(0.9, False, 40), (0.4, False, 0), (0.4, True, 40)])
def test_a_rest_that_ends_in_a_change_of_a_part_is_the_codecs(rest, after, erased, held):
    marked = mark_held(*rest(0.5, after), erased)
    assert marked.sum() == held
    assert not marked[:20].any()


def test_a_few_copies_are_not_the_codecs():
    difference, unchanged = np.full(30, 0.5), np.full(30, 0.9)
    difference[10:15] = 0.0
    assert not mark_held(difference, unchanged, erased=False).any()
    difference[15] = 0.0
    assert mark_held(difference, unchanged, erased=False).sum() == 6


def test_a_rest_to_the_end_is_not_known_to_be_the_codecs():
    difference, unchanged = np.full(30, 0.5), np.full(30, 0.9)
    difference[10:] = 0.0
    assert not mark_held(difference, unchanged, erased=True).any()


@pytest.mark.parametrize(("rate_hz", "erased", "at_rest"), [(40, True, 40), (40, False, 0), (160, False, 40)])
def test_half_a_second_of_rest_is_a_freeze_unless_compression_erases(rest, rate_hz, erased, at_rest):
    assert mark_at_rest(np.arange(100) / rate_hz, *rest(0.5, 0.9), erased).sum() == at_rest


def test_a_key_frame_in_a_rest_is_the_same_image_anew(rest):
    difference, _ = rest(0.5, 0.9)
    keys = np.isin(np.arange(100), (10, 40, 60))
    difference[40] = 1.0
    assert np.flatnonzero(mark_refreshed(difference, keys)).tolist() == [40]


@pytest.mark.parametrize(("usual", "erased"), [(0.98, True), (0.9, False)])
def test_compression_erases_where_new_images_change_little(rest, usual, erased):
    assert is_erased(*rest(usual, 0.2)) is erased


@pytest.mark.parametrize(("still", "usual", "erased"), [(0.5, 0.85, False), (0.9, 0.85, True), (0.9, 0.6, False)])
def test_compression_erases_too_where_most_frames_are_copies_and_new_ones_change_a_part(still, usual, erased):
    copies = np.arange(100) % 10 < 10 * still
    copies[-1] = False
    assert is_erased(np.where(copies, 0.0, 0.5), np.where(copies, 1.0, usual)) is erased


def test_a_rest_at_the_end_may_be_a_freeze_and_does_not_tell_of_compression():
    copies = np.arange(100) >= 20
    assert not is_erased(np.where(copies, 0.0, 0.5), np.where(copies, 1.0, 0.85))


def test_a_frozen_image_is_not_erased():
    assert not is_erased(np.zeros(30), np.ones(30))


@pytest.fixture(scope="module")
def held(encode, tmp_path_factory) -> Path:
    """The sample clip as strong compression leaves it: blocks of the picture change when they have changed by much."""
    side, least = 16, 6
    clip = open_clip(SAMPLE, ClipOptions())
    height, width = (length // side * side for length in (clip.height, clip.width))
    shown = next(iter(clip.frames())).luma[:height, :width].copy()
    pictures = []
    for frame in clip.frames():
        luma = frame.luma[:height, :width]
        apart = np.abs(luma.astype(int) - shown).reshape(height // side, side, width // side, side).mean(axis=(1, 3))
        changed = np.kron(apart >= least, np.ones((side, side), np.bool_)).astype(np.bool_)
        shown[changed] = luma[changed]
        pictures.append(shown.copy())
    return encode(tmp_path_factory.mktemp("held") / "held.mkv", np.stack(pictures), "ffv1", rate=RATE_HZ, pixels="gray")


def test_twitches_are_found_and_rest_counts_where_compression_lets_it_stand_still(held):
    result = analyze(held, ClipOptions(mm_per_px=0.1)).result
    assert result.exposure_s > 0.9 * result.clip.duration_s
    assert result.count >= 5
    assert result.detection_limit_mm is None
    assert any("strong compression" in told for told in result.warnings)


@pytest.fixture(scope="module")
def drawn(speckle, encode, tmp_path_factory) -> Path:
    """Three twitches in a picture without noise, which lies still to the grey level between them."""
    tissue = speckle(1, 240, 240, noise=0)[0]
    y, x = np.mgrid[:240, :240].astype(np.float32)
    pictures = []
    for time_s in np.arange(0, 8, 1 / RATE_HZ):
        push = np.zeros_like(x)
        for start_s, center_x, center_y in ((1.5, 90, 120), (4.2, 150, 80), (6.5, 90, 120)):
            phase = (time_s - start_s) / 0.35
            if 0 < phase < 1:
                near = np.exp(-(((x - center_x) / 30) ** 2) - ((y - center_y) / 20) ** 2)
                push += 3 * np.sin(np.pi * phase) ** 2 * near
        pictures.append(cv2.remap(tissue, x - push, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))
    return encode(
        tmp_path_factory.mktemp("drawn") / "drawn.mkv", np.stack(pictures), "ffv1", rate=RATE_HZ, pixels="gray"
    )


def test_a_picture_drawn_without_noise_is_watched_whole(drawn):
    result = analyze(drawn, ClipOptions(mm_per_px=0.1)).result
    assert result.clip.tissue_area_mm2 > 0.9 * 24**2
    assert result.exposure_s > 0.8 * result.clip.duration_s
    assert [event.peak_s for event in result.events] == pytest.approx([1.675, 4.375, 6.675], abs=0.05)


def test_a_frozen_clip_with_key_frames_is_frozen(speckle, encode, tmp_path):
    still = np.repeat(speckle(1), 120, axis=0)
    clip = open_clip(encode(tmp_path / "still.mp4", still, "libx264", options={"crf": "28", "g": "30"}))
    assert np.count_nonzero(clip.key_frames) == 4
    described = describe(clip)
    assert described.quality.exposure_s < 0.1
    assert described.quality.warnings[0].startswith("nothing of this clip can be analysed: frozen")

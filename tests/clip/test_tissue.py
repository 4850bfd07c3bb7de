"""The tissue is found on full screens and cropped images, in boxes and sectors, and the screen around it is not."""

import cv2
import numpy as np
import pytest

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.clip.survey import Survey
from fasciscan.clip.tissue import find_tissue


def overlap(mask, truth):
    """Intersection over union."""
    return (mask & truth).sum() / (mask | truth).sum()


def box(shape, left, top, right, bottom):
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def look(frames, **kwargs):
    return find_tissue(
        Survey(frames, frames[:0]), kwargs.get("file_box"), kwargs.get("roi"), kwargs.get("duration_s", 60.0)
    )


def screen_around(frames, top, left, height=480, width=640):
    """A scanner screen with text, a ruler, a grey bar and a logo around moving frames."""
    screen = np.full((len(frames), height, width), 12, np.uint8)
    screen[:, :, width - 100 :] = 60
    still = screen[0]
    for row in range(20, height - 20, 16):
        cv2.putText(still, "Frq 10.0 MHz", (width - 95, row), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 230, 1)
    cv2.putText(still, "Hospital 01/02/2026", (40, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    cv2.circle(still, (15, 15), 12, 200, 2)
    still[60:200, 20:30] = np.linspace(255, 0, 140)[:, None]
    still[top : top + frames.shape[1] : 20, left - 8 : left - 2] = 200
    screen[:] = still
    screen[:, top : top + frames.shape[1], left : left + frames.shape[2]] = frames
    return screen


@pytest.mark.parametrize("noise", [6.0, 1.0])
def test_a_box_on_a_full_screen(speckle, noise):
    frames = speckle(20, 380, 440, noise=noise)
    mask = look(screen_around(frames, 40, 60)).mask
    assert overlap(mask, box((480, 640), 60, 40, 500, 420)) > 0.93


@pytest.mark.parametrize("grey", [0, 255])
@pytest.mark.parametrize("blank", [20, 60])
def test_blank_frames_before_the_first_image_do_not_hide_the_tissue(tmp_path, speckle, blank, grey):
    screen = screen_around(speckle(60, 380, 440), 40, 60)
    lead_in = np.full((blank, *screen.shape[1:]), grey, np.uint8)
    np.save(tmp_path / "clip.npy", np.concatenate([lead_in, screen]))
    clip = open_clip(tmp_path / "clip.npy")
    assert overlap(clip.mask, box((480, 640), 60, 40, 500, 420)) > 0.93
    assert not any("--roi" in warning for warning in clip.warnings)


def test_a_box_on_a_frozen_screen(speckle):
    frames = np.repeat(speckle(1, 380, 440), 8, axis=0)
    mask = look(screen_around(frames, 40, 60)).mask
    assert overlap(mask, box((480, 640), 60, 40, 500, 420)) > 0.9


def test_in_a_brief_clip_tissue_that_lies_still_is_found_too(speckle):
    frames = np.repeat(speckle(1, 380, 440), 20, axis=0)
    frames[:, 120:260, 120:260] = speckle(20, 140, 140, noise=20.0)
    screen = screen_around(frames, 40, 60)
    truth = box((480, 640), 60, 40, 500, 420)
    assert overlap(look(screen, duration_s=1.0).mask, truth) > 0.9
    assert overlap(look(screen).mask, truth) < 0.3  # a minute of it would be a still picture with a window of motion


def test_a_cropped_image_is_all_tissue(speckle):
    assert look(speckle(10, 300, 400)).mask.mean() > 0.98


@pytest.mark.parametrize("gap", [0, 60])
def test_of_one_live_picture_shown_twice_the_left_one_is_taken(speckle, gap):
    frames = speckle(40, 300, 320, noise=6.0)
    beside = np.zeros((40, 300, gap), np.uint8)
    found = look(np.concatenate([frames, beside, frames], axis=2))
    assert "one live picture twice" in found.warnings[0]
    assert overlap(found.mask, box((300, 640 + gap), 0, 0, 320, 300)) > 0.95


def test_two_different_pictures_side_by_side_are_both_taken(speckle):
    left, right = speckle(40, 300, 640)[:, :, :320], speckle(40, 300, 640, noise=6.0)[:, :, 320:]
    found = look(np.concatenate([left, right], axis=2))
    assert (found.mask.mean() > 0.98, found.warnings) == (True, ())


def test_a_sector(speckle):
    rows, columns = np.mgrid[:400, :500]
    radius, angle = np.hypot(rows + 60, columns - 250), np.arctan2(columns - 250, rows + 60)
    sector = (radius > 100) & (radius < 440) & (np.abs(angle) < 0.55)
    mask = look(speckle(20, 400, 500) * sector.astype(np.uint8)).mask
    assert overlap(mask, sector) > 0.9


def test_anechoic_fluid_is_no_hole(speckle):
    frames = speckle(20, 300, 400)
    cv2_disc = cv2.circle(np.zeros((300, 400), np.uint8), (200, 120), 60, 1, -1).astype(bool)
    frames[:, cv2_disc] = 0
    assert look(frames).mask.mean() > 0.97


def test_depth_without_echoes_is_masked(speckle):
    frames = speckle(30, 400, 400)
    rng = np.random.default_rng(3)
    frames[:, 280:] = np.clip(rng.normal(12, 6, (30, 120, 400)), 0, 255)
    mask = look(frames).mask
    assert overlap(mask, box((400, 400), 0, 0, 400, 280)) > 0.93


def test_dark_muscle_with_weak_speckle_is_kept(speckle):
    frames = speckle(30, 400, 400, noise=2)
    frames[:, 250:] //= 8
    assert look(frames).mask.mean() > 0.97


def test_a_marker_on_the_tissue_is_left_out(speckle):
    frames = speckle(30, 300, 400, noise=12)
    for frame in frames:
        cv2.putText(frame, "MEP", (180, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    mask = look(frames).mask
    text = cv2.putText(np.zeros((300, 400), np.uint8), "MEP", (180, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2) > 0
    assert mask[text].mean() < 0.1
    assert mask[~text].mean() > 0.97


def test_a_flat_image_is_analysed_whole_with_a_warning():
    tissue = look(np.full((10, 100, 120), 40, np.uint8))
    assert tissue.mask.all()
    assert "--roi" in tissue.warnings[0]


def test_the_users_region_goes_before_everything(tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(5))
    clip = open_clip(tmp_path / "s.npy", ClipOptions(roi=((10, 20), (59, 20), (59, 69), (10, 69))))
    np.testing.assert_array_equal(clip.mask, box((96, 128), 10, 20, 60, 70))
    assert clip.mask_source == "user"


def test_the_users_region_is_clipped_to_the_image(tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(5))
    clip = open_clip(tmp_path / "s.npy", ClipOptions(roi=((100, 50), (500, 50), (500, 500), (100, 500))))
    np.testing.assert_array_equal(clip.mask, box((96, 128), 100, 50, 128, 96))


def test_the_users_depth_is_that_of_the_region(tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(5))
    clip = open_clip(tmp_path / "s.npy", ClipOptions(depth_mm=30, roi=((0, 20), (127, 20), (127, 79), (0, 79))))
    assert clip.scale.y_mm_per_px == pytest.approx(30 / 60)
    assert clip.scale.source == "user depth"


def test_a_depth_tells_what_it_was_laid_over(tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(5))
    clip = open_clip(tmp_path / "s.npy", ClipOptions(depth_mm=30))
    assert "the 30 mm of depth were laid over rows 0 to 95 of 96" in " ".join(clip.warnings)


REAL_BOXES = {
    "gastroc_passive.mp4": (215, 45, 936, 620),
    "gastroc_isometric.mp4": (215, 45, 936, 620),
    "flowave_brachial_pulse.mov": (28, 50, 498, 390),
    "frozen.mp4": (386, 37, 731, 641),
    "mmu_test_video.mp4": (0, 0, 512, 512),
    "chestwall_probe_motion.mp4": (2, 0, 206, 234),
    "evoked_twitch.gif": (0, 0, 300, 167),
    "variable_frame_rate.mp4": (84, 200, 688, 890),
}
"""Left, top, right, bottom, read off the frames."""


@pytest.mark.parametrize("name", REAL_BOXES)
def test_real_screens(name, real_clip):
    clip = open_clip(real_clip(name))
    assert overlap(clip.mask, box(clip.mask.shape, *REAL_BOXES[name])) > 0.92
    assert not any("--roi" in w for w in clip.warnings)


def test_the_real_sector(real_clip):
    clip = open_clip(real_clip("mpeg2_convex.mpeg"))
    assert 0.75 < clip.mask.mean() < 0.9
    assert not clip.mask[:80, :30].any()  # the corner beside the sector
    assert clip.mask[100:350, 150:220].all()

"""What the pictures promise: they move as the truth says, and their speckle behaves as speckle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fasciscan.simulate import (
    Layers,
    Machine,
    Phantom,
    ProbeMotion,
    Scene,
    Texture,
    Twitch,
    displacement,
    render,
)
from fasciscan.simulate.beam import Beam
from fasciscan.simulate.machine import add_noise, persist

STILLS = Path(__file__).resolve().parents[2].parent / "shared" / "clips" / "stills"
LAYERS = Layers(skin_mm=1.5, muscle_top_mm=5.0, muscle_bottom_mm=18.0, bottom_mm=21.0)
PHANTOM = Phantom(
    layers=LAYERS,
    slope=0.02,
    pennation_deg=-8.0,
    muscle_db=-36.0,
    fat_db=-38.0,
    stria_db=-26.0,
    striae_per_cm2=20.0,
    fascia_db=-8.0,
    attenuation_db_per_cm=0.0,
    bone=False,
    frequency_mhz=8.0,
    axial_mm=0.3,
    lateral_mm=0.5,
    focus_mm=11.0,
)
QUIET = Machine(
    60.0, noise_db=-75.0, noise_rise_db_per_cm=1.0, persistence=0.0, codec="h264", quality=20, key_frame_interval=50
)


def phantom_scene(**changes) -> Scene:
    scene = Scene(3, "test", 0.4, 50.0, 256, 216, 0.1, PHANTOM, QUIET)
    return replace(scene, **changes)


def still_texture(tmp_path: Path) -> Texture:
    """Smooth random texture, as no real still may be committed."""
    noise = np.random.default_rng(5).standard_normal((260, 300)).astype(np.float32)
    grey = cv2.GaussianBlur(noise, (0, 0), 2.0)
    cv2.imwrite(str(tmp_path / "still.png"), np.clip(110 + 60 * grey / grey.std(), 0, 255).astype(np.uint8))
    return Texture(tmp_path / "still.png", 20, 20, mirrored=False, layers=LAYERS)


def twitch(amplitude_mm: float) -> Twitch:
    return Twitch(12.8, 11.0, 0.2, 0.08, 0.2, amplitude_mm, -8.0, 10.7, 4.5, site=1)


def picture_at(scene: Scene, time_s: float) -> np.ndarray:
    return min(render(scene), key=lambda item: abs(item[0] - time_s))[1].astype(np.float32)


def measured_shift(a: np.ndarray, b: np.ndarray, rows: slice, columns: slice) -> tuple[float, float]:
    """Shift of a patch in pixels: the translation with the largest correlation (ECC, Evangelidis 2008)."""
    reach = 8
    wide = b[max(rows.start - reach, 0) : rows.stop + reach, columns.start - reach : columns.stop + reach].copy()
    everywhere = np.ones(wide.shape, np.uint8)
    top = rows.start - max(rows.start - reach, 0)
    start = np.array([[1, 0, reach], [0, 1, top]], np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-6)
    _, warp = cv2.findTransformECC(
        a[rows, columns].copy(), wide, start, cv2.MOTION_TRANSLATION, criteria, everywhere, 3
    )
    return float(warp[0, 2] - reach), float(warp[1, 2] - top)


@pytest.mark.parametrize("mode", ["scatterers", "texture"])
@pytest.mark.parametrize("amplitude", [0.1, 0.3])
def test_the_picture_moves_as_far_as_the_truth_says(mode, amplitude, tmp_path):
    tissue = PHANTOM if mode == "scatterers" else still_texture(tmp_path)
    scene = phantom_scene(tissue=tissue, twitches=(twitch(amplitude),))
    peak = scene.twitches[0].peak_s
    patch = slice(98, 122), slice(104, 152)
    x, y = measured_shift(picture_at(scene, 0.0), picture_at(scene, peak), *patch)
    truth = displacement(scene, peak)[(slice(None), *patch)] / scene.mm_per_px
    expected = truth.mean(axis=(1, 2))
    assert x == pytest.approx(expected[0], abs=0.15 * amplitude / scene.mm_per_px)
    assert y == pytest.approx(expected[1], abs=0.15 * amplitude / scene.mm_per_px)


@pytest.mark.parametrize("mode", ["scatterers", "texture"])
def test_the_skin_stays_during_a_twitch_and_moves_with_the_probe(mode, tmp_path):
    tissue = PHANTOM if mode == "scatterers" else still_texture(tmp_path)
    skin = slice(0, 14), slice(60, 200)
    still = phantom_scene(tissue=tissue, twitches=(twitch(0.5),))
    slipped = phantom_scene(tissue=tissue, look_alikes=(ProbeMotion(0.1, 0.1, 0.3, 0.0, returns=False),))
    assert measured_shift(picture_at(still, 0), picture_at(still, 0.28), *skin)[0] == pytest.approx(0, abs=0.1)
    assert measured_shift(picture_at(slipped, 0), picture_at(slipped, 0.3), *skin)[0] == pytest.approx(3.0, abs=0.5)


def test_the_same_scene_gives_the_same_frames_and_another_seed_others():
    scene = phantom_scene(duration_s=0.1)
    first, again = list(render(scene)), list(render(scene))
    assert all(a[0] == b[0] and np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    other = next(render(replace(scene, seed=4)))[1]
    assert not np.array_equal(first[0][1], other)


def test_diffuse_tissue_images_as_fully_developed_speckle():
    # Rayleigh statistics: mean over standard deviation of the envelope is 1.91 (Wagner 1983).
    tissue = replace(PHANTOM, striae_per_cm2=0.0, layers=Layers(1.5, 5.0, 60.0, 70.0), focus_mm=20.0)
    scene = phantom_scene(tissue=tissue, height_px=400, width_px=400, machine=replace(QUIET, noise_db=-120.0))
    beam = Beam(scene, np.random.default_rng(1))
    envelope = next(iter(beam.scan(np.array([0.0]), np.random.default_rng(2))))
    rows = slice(int(0.45 * len(envelope)), int(0.6 * len(envelope)))
    patch = envelope[rows, 20:-20]
    # The mottle of fascicles (2.5 dB) widens the distribution a little.
    assert 1.5 < patch.mean() / patch.std() < 1.98
    level_db = 20 * np.log10(np.sqrt(np.mean(patch**2)))
    assert level_db == pytest.approx(tissue.muscle_db, abs=2.0)


def correlation_after_motion_across_the_plane(scene: Scene, shift_mm: float) -> float:
    """Move everything along the plane; ProbeMotion carries some across it. Undo the known shift and compare."""
    moved = replace(scene, look_alikes=(ProbeMotion(0.1, 0.1, shift_mm, 0.0, returns=False),))
    a, b = picture_at(moved, 0.0), picture_at(moved, 0.3)
    pixels = round(shift_mm / scene.mm_per_px)
    a, b = a[20:180, 30:180], b[20:180, 30 + pixels : 180 + pixels]
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_speckle_decorrelates_with_motion_across_the_plane_as_a_warped_still_does_not(tmp_path):
    quiet = replace(QUIET, noise_db=-110.0)
    speckle = replace(PHANTOM, striae_per_cm2=0.0)
    scatterers = correlation_after_motion_across_the_plane(phantom_scene(tissue=speckle, machine=quiet), 2.0)
    near = correlation_after_motion_across_the_plane(phantom_scene(tissue=speckle, machine=quiet), 0.3)
    warped = correlation_after_motion_across_the_plane(
        phantom_scene(tissue=still_texture(tmp_path), machine=quiet), 2.0
    )
    assert warped > 0.999
    assert scatterers < near < 0.9999
    assert 0.5 < scatterers < 0.98


def test_noise_grows_with_depth():
    noisy = replace(QUIET, noise_db=-60.0, noise_rise_db_per_cm=8.0)
    scene = phantom_scene(machine=noisy, duration_s=0.2, tissue=replace(PHANTOM, striae_per_cm2=0.0))
    frames = np.array([frame for _, frame in render(scene)], dtype=float)
    jitter = frames.std(axis=0)
    assert jitter[180:].mean() > 1.5 * jitter[60:100].mean()


def test_noise_has_the_power_the_scene_asks_for():
    scene = phantom_scene(machine=replace(QUIET, noise_db=-40.0, noise_rise_db_per_cm=0.0))
    noise = add_noise(np.zeros((216, 256), np.float32), scene, np.random.default_rng(1))
    assert 20 * np.log10(np.sqrt(np.mean(noise**2))) == pytest.approx(-40, abs=0.5)


def test_persistence_averages_over_frames():
    pictures = [np.full((2, 2), value, np.float32) for value in (0, 100, 100, 100)]
    assert [int(picture[0, 0]) for picture in persist(pictures, 0.5)] == [0, 50, 75, 88]


def test_tissue_sinks_into_the_shadow_behind_bone():
    scene = phantom_scene(tissue=replace(PHANTOM, bone=True), duration_s=0.02)
    scene = replace(scene, height_px=260)
    frame = next(iter(render(scene)))[1]
    assert frame[197:212, 100:150].mean() > 5 * frame[235:, 100:150].mean()


@pytest.mark.slow
def test_a_real_still_gives_a_clip_that_looks_like_it():
    from fasciscan.simulate import random_scene

    stills = sorted(STILLS.glob("*.png"))
    if not stills:
        pytest.skip("the real stills are not beside this checkout")
    scene = replace(random_scene(1, "texture-twitches", stills), duration_s=0.1)
    frame = next(render(scene))[1].astype(float)
    tissue = scene.tissue
    assert isinstance(tissue, Texture)
    still = cv2.imread(str(tissue.still), cv2.IMREAD_GRAYSCALE)
    assert still is not None
    still = still[:, ::-1] if tissue.mirrored else still
    part = still[tissue.crop_y_px :, tissue.crop_x_px :][: scene.height_px, : scene.width_px]
    assert np.corrcoef(part.ravel(), frame.ravel())[0, 1] > 0.95


def test_speckle_decorrelates_with_strain_the_more_the_higher_the_frequency():
    def similarity(frequency_mhz: float) -> float:
        """Correlation of the picture at the peak, moved back by the truth, with the one at rest."""
        tissue = replace(PHANTOM, striae_per_cm2=0.0, frequency_mhz=frequency_mhz)
        strong = Twitch(12.8, 11.0, 0.2, 0.08, 0.2, 0.3, 80.0, 6.0, 4.0, site=1)
        scene = phantom_scene(tissue=tissue, twitches=(strong,), machine=replace(QUIET, noise_db=-110.0))
        u = displacement(scene, strong.peak_s) / np.float32(scene.mm_per_px)
        y, x = np.mgrid[: scene.height_px, : scene.width_px].astype(np.float32)
        back = cv2.remap(picture_at(scene, strong.peak_s), x + u[0], y + u[1], cv2.INTER_LINEAR)
        patch = slice(70, 150), slice(90, 166)
        return float(np.corrcoef(picture_at(scene, 0.0)[patch].ravel(), back[patch].ravel())[0, 1])

    low, high = similarity(3.0), similarity(12.0)
    assert low > 0.9
    assert high < low - 0.05

"""What stills must be to become tissue: pictures of any depth, large enough, with something on them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.simulate import TEXTURE_PRESETS, random_scene, render
from fasciscan.simulate.stills import read_still

LEAST = (266, 288)
"""Height and width of the smallest still."""


def write_still(path: Path, grey: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), grey)
    return path


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)


def test_a_12_bit_still_is_as_bright_as_the_same_in_8_bits(still, tmp_path):
    grey = cv2.imread(str(still), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    deep = write_still(tmp_path / "deep.png", grey.astype(np.uint16) * 16)
    assert read_still(deep) == pytest.approx(grey, abs=1.5)
    frames = [
        next(frame for _, frame in render(random_scene(1, "texture-twitches", [path], 15.0, 5.0)))
        for path in (still, deep)
    ]
    assert frames[0].mean() > 50
    assert frames[1].mean() == pytest.approx(frames[0].mean(), abs=2)


def test_a_still_of_numbers_with_a_point_is_read_by_its_own_range(tmp_path):
    shares = np.linspace(0, 1, 300 * 300, dtype=np.float32).reshape(300, 300)
    grey = read_still(write_still(tmp_path / "shares.tiff", shares))
    assert grey == pytest.approx(255 * shares, abs=1)


def test_the_greys_of_an_8_bit_still_are_left_as_they_are(tmp_path):
    dim = noise(300, 300) // 4 + 20
    assert np.array_equal(read_still(write_still(tmp_path / "dim.png", dim)), dim)


@pytest.mark.parametrize("preset", TEXTURE_PRESETS)
def test_the_smallest_still_does_for_every_texture_preset(preset, tmp_path):
    still = write_still(tmp_path / "small.png", noise(*LEAST))
    scenes = [random_scene(seed, preset, [still]) for seed in range(60)]
    assert {(scene.width_px, scene.height_px) for scene in scenes} == {(200, 200)}
    assert max(len({twitch.site for twitch in scene.twitches}) for scene in scenes) > 1
    frame = next(frame for _, frame in render(random_scene(1, preset, [still], 15.0, 5.0)))
    assert np.ptp(frame) > 100


@pytest.mark.parametrize("preset", TEXTURE_PRESETS)
@pytest.mark.parametrize("size", [(40, 60), (120, 140), (800, 92), (LEAST[0] - 2, LEAST[1]), (LEAST[0], LEAST[1] - 2)])
def test_a_still_too_small_is_refused_by_name(preset, size, tmp_path):
    still = write_still(tmp_path / "small.png", noise(*size))
    with pytest.raises(FasciscanError, match=r"small\.png: is \d+×\d+ pixels; give a still of 288×266 or more\.$"):
        random_scene(0, preset, [still])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_still_that_shows_nothing_is_refused_by_name(kind, tmp_path):
    grey = np.full((400, 400), 90, kind)
    grey[:20, :40] = 255  # a label outside the tissue
    still = write_still(tmp_path / "flat.png", grey)
    with pytest.raises(FasciscanError, match=r"flat\.png: is all one grey; give a picture of muscle\.$"):
        random_scene(0, "broad-texture", [still])

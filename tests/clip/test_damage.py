"""Damage anywhere in a file ends in a reading of what is left or in one line, never in a traceback."""

import random
import shutil

import numpy as np
import pytest
import tifffile
from pydicom.data import get_testdata_file

from fasciscan.clip import describe, open_clip
from fasciscan.errors import FasciscanError

DAMAGES = 12
HEAD_BYTES = 3000
"""Where headers are."""


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory, speckle, encode):
    folder = tmp_path_factory.mktemp("sound")
    frames = speckle(12)
    np.save(folder / "npy.npy", frames)
    tifffile.imwrite(folder / "tiff.tif", frames, photometric="minisblack")
    encode(folder / "h264.mp4", frames, "libx264")
    encode(folder / "mpeg1.mpg", frames, "mpeg1video")
    encode(folder / "mjpeg.avi", frames, "mjpeg", pixels="yuvj420p")
    for name in ("emri_small.dcm", "emri_small_RLE.dcm", "emri_small_jpeg_2k_lossless.dcm"):
        shutil.copy(str(get_testdata_file(name, download=False)), folder / name)
    return folder


@pytest.mark.parametrize("seed", range(DAMAGES))
def test_damage_never_ends_in_a_traceback(seed, sound_files, tmp_path):
    rng = random.Random(seed)
    for sound in sorted(sound_files.iterdir()):
        data = bytearray(sound.read_bytes())
        if seed % 3 != 1:
            data = data[: rng.randrange(1, len(data))]
        if seed % 3:
            for _ in range(rng.choice([3, 40])):
                data[rng.randrange(min(len(data), HEAD_BYTES))] = rng.randrange(256)
        damaged = tmp_path / sound.name
        damaged.write_bytes(data)
        try:
            description = describe(open_clip(damaged))
        except FasciscanError as error:
            assert "\n" not in str(error)
        else:
            assert 0 < description.frames_read <= description.frames_promised


def test_a_tiff_stack_cut_short_tells_so(tmp_path, speckle):
    with tifffile.TiffWriter(tmp_path / "s.tif") as tiff:
        for frame in speckle(9):
            tiff.write(frame, photometric="minisblack", metadata=None)
    path = tmp_path / "s.tif"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    clip = open_clip(path)
    assert 1 <= clip.frame_count < 9
    assert any("cut short" in warning for warning in clip.warnings)

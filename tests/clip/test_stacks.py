"""Folders of images, TIFF stacks and NPY arrays are clips too; their times come from the user."""

import cv2
import numpy as np
import pytest
import tifffile

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.errors import ClipError


def luma(clip):
    return np.stack([frame.luma.copy() for frame in clip.frames()])


def test_a_folder_is_read_in_natural_order(tmp_path, speckle):
    frames = speckle(12)
    for i, frame in enumerate(frames):
        cv2.imwrite(str(tmp_path / f"img{i + 1}.png"), frame)
    (tmp_path / "notes.txt").write_text("not an image")
    clip = open_clip(tmp_path)
    np.testing.assert_array_equal(luma(clip), frames)
    assert clip.timing_source == "assumed"
    assert any("--timestamps" in w for w in clip.warnings)


def test_a_broken_image_is_passed_over(tmp_path, speckle):
    for i, frame in enumerate(speckle(6)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), frame)
    (tmp_path / "3.png").write_bytes(b"broken")
    assert [frame.index for frame in open_clip(tmp_path).frames()] == [0, 1, 2, 4, 5]


@pytest.mark.parametrize("kind", ["pages", "compressed", "rgb", "imagej"])
def test_a_tiff_stack_is_read_page_by_page(kind, tmp_path, speckle):
    frames = speckle(9)
    path = tmp_path / "s.tif"
    if kind == "rgb":
        tifffile.imwrite(path, np.repeat(frames[..., None], 3, axis=3), photometric="rgb")
    elif kind == "imagej":
        tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.02})
    else:
        compression = "zlib" if kind == "compressed" else None
        tifffile.imwrite(path, frames, photometric="minisblack", compression=compression)
    clip = open_clip(path)
    np.testing.assert_array_equal(luma(clip), frames)
    if kind == "imagej":
        np.testing.assert_allclose(clip.times_s, np.arange(9) * 0.02)
        assert clip.timing_source == "imagej frame interval"


def test_a_deep_tiff_spans_the_grey_levels(tmp_path, speckle):
    deep = speckle(9).astype(np.uint16) * 11 + 300
    tifffile.imwrite(tmp_path / "s.tif", deep, photometric="minisblack")
    read = luma(open_clip(tmp_path / "s.tif"))
    assert np.corrcoef(read.ravel(), deep.ravel())[0, 1] > 0.999
    assert read.max() == 255


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_an_npy_array_of_any_number_type(dtype, tmp_path, speckle):
    frames = speckle(9)
    np.save(tmp_path / "s.npy", frames.astype(dtype))
    read = luma(open_clip(tmp_path / "s.npy"))
    assert np.corrcoef(read.ravel(), frames.ravel())[0, 1] > 0.999


def test_a_colour_npy_array(tmp_path, speckle):
    frames = speckle(9)
    np.save(tmp_path / "s.npy", np.repeat(frames[..., None], 3, axis=3))
    np.testing.assert_allclose(luma(open_clip(tmp_path / "s.npy")), frames, atol=1)


def test_an_npy_file_cut_short_is_read_as_far_as_it_goes(tmp_path, speckle):
    path = tmp_path / "s.npy"
    np.save(path, speckle(9))
    path.write_bytes(path.read_bytes()[:-20000])
    clip = open_clip(path)
    assert clip.frame_count == len(luma(clip)) == 7
    assert any("7 of 9 frames" in w for w in clip.warnings)


@pytest.mark.parametrize("array", [np.zeros((4, 4)), np.zeros((2, 3, 4, 5, 6)), np.array([{}])])
def test_another_array_is_refused(array, tmp_path):
    np.save(tmp_path / "s.npy", array, allow_pickle=True)
    with pytest.raises(ClipError):
        open_clip(tmp_path / "s.npy")


@pytest.mark.parametrize("channels", [0, 2, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_channels_that_are_no_colour_are_told(channels, dtype, tmp_path, speckle):
    np.save(tmp_path / "s.npy", np.repeat(speckle(3)[..., None], channels, axis=3).astype(dtype))
    with pytest.raises(ClipError, match="1, 3 or 4 channels"):
        open_clip(tmp_path / "s.npy")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_pages_of_two_channels_are_told(dtype, tmp_path, speckle):
    pages = np.repeat(speckle(3)[..., None], 2, axis=3).astype(dtype)
    tifffile.imwrite(tmp_path / "s.tif", pages, photometric="minisblack", planarconfig="contig", extrasamples=[0])
    with pytest.raises(ClipError, match="1, 3 or 4 channels"):
        open_clip(tmp_path / "s.tif")


def test_a_damaged_tiff(tmp_path):
    (tmp_path / "s.tif").write_bytes(b"II*\0" + bytes(40))
    with pytest.raises(ClipError):
        open_clip(tmp_path / "s.tif")


@pytest.mark.parametrize("text", ["time_s\n0\n0.1\n0.3\n", "5\n5.1\n5.3\n", "frame,time_s\n0,1\n1,1.1\n2,1.3\n"])
def test_the_users_timestamps_are_taken(text, tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(3))
    (tmp_path / "t.csv").write_text(text)
    clip = open_clip(tmp_path / "s.npy", ClipOptions(timestamps=tmp_path / "t.csv"))
    np.testing.assert_allclose([frame.time_s for frame in clip.frames()], [0, 0.1, 0.3])
    assert clip.timing_source == "user timestamps"
    assert not any("assumed" in w for w in clip.warnings)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("0\n0.1\n", "2 times for 3 frames"),
        ("0\n0.2\n0.1\n", "do not increase"),
        ("0\n0.1\nnan\n", "do not increase"),
        ("0\n0.1\nlater\n", "not every line"),
        ("a,b\n1,2\n", "several columns"),
        ("", "0 times"),
    ],
)
def test_wrong_timestamps_are_refused(text, word, tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(3))
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ClipError, match=word):
        open_clip(tmp_path / "s.npy", ClipOptions(timestamps=tmp_path / "t.csv"))


def test_missing_timestamps_are_named(tmp_path, speckle):
    np.save(tmp_path / "s.npy", speckle(3))
    with pytest.raises(ClipError, match=r"none\.csv"):
        open_clip(tmp_path / "s.npy", ClipOptions(timestamps=tmp_path / "none.csv"))

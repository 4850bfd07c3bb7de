"""What cannot be read ends in one line that says what is wrong and what to do."""

import pickle
from pathlib import Path

import av
import numpy as np
import pytest

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.errors import ClipError, FasciscanError


def complain(path, *words):
    with pytest.raises(ClipError) as caught:
        open_clip(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    for word in words:
        assert word in text
    return text


def test_a_missing_file(tmp_path):
    complain(tmp_path / "none.mp4", "does not exist", "check the path")


def test_an_error_passes_between_processes():
    error = pickle.loads(pickle.dumps(ClipError("a.mp4", "is empty", "copy it again")))

    assert (str(error), error.path, error.remedy) == ("a.mp4: is empty; copy it again.", Path("a.mp4"), "copy it again")


def test_an_empty_file(tmp_path):
    (tmp_path / "e.mp4").write_bytes(b"")
    complain(tmp_path / "e.mp4", "is empty")


def test_a_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    complain(tmp_path, "no images")


def test_text_called_video(tmp_path):
    (tmp_path / "t.mp4").write_text("this is not a video\n" * 200)
    complain(tmp_path / "t.mp4", "cannot be read as video")


def test_text_is_not_drawn_and_analysed(tmp_path):
    (tmp_path / "notes.txt").write_text("a line of notes\n" * 200)
    complain(tmp_path / "notes.txt", "is text and no video")


def test_an_mp4_without_its_index(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mp4", speckle(60), "libx264")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    complain(path, "cut short", "index", "copy or export")


def test_an_mp4_that_fails_otherwise_is_not_called_cut_short(tmp_path, monkeypatch, speckle, encode):
    path = encode(tmp_path / "v.mp4", speckle(5), "libx264")

    def refuse(*_, **__):
        raise av.error.PermissionError(13, "Permission denied")

    monkeypatch.setattr(av, "open", refuse)
    assert "cut short" not in complain(path, "cannot be read as video (Permission denied)")


def test_sound_alone(tmp_path):
    path = tmp_path / "s.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    complain(path, "holds no video")


def test_a_video_without_frames(tmp_path):
    path = tmp_path / "n.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        out.start_encoding()
    complain(path)


def test_libav_does_not_talk(tmp_path, speckle, encode, capfd):
    path = encode(tmp_path / "v.mkv", speckle(60), "libx264")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(data)
    capfd.readouterr()
    list(open_clip(path).frames())
    out, err = capfd.readouterr()
    assert out == err == ""


def test_a_region_outside_the_image(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mkv", speckle(5), "ffv1", pixels="gray")
    with pytest.raises(FasciscanError, match="outside the image, which is 128×96"):
        open_clip(path, ClipOptions(roi=((500, 500), (600, 500), (600, 600))))


@pytest.mark.parametrize("scale", [0.0, -0.1, float("nan"), float("inf")])
def test_a_scale_that_is_no_length(tmp_path, speckle, encode, scale):
    path = encode(tmp_path / "v.mkv", speckle(5), "ffv1", pixels="gray")
    with pytest.raises(FasciscanError, match="positive number"):
        open_clip(path, ClipOptions(mm_per_px=scale))


@pytest.mark.parametrize("given", [{"mm_per_px": 1000.0}, {"roi": ((500, 500), (600, 500), (600, 600))}])
def test_an_option_that_does_not_fit_names_the_clip(tmp_path, speckle, encode, given):
    path = encode(tmp_path / "v.mkv", speckle(5), "ffv1", pixels="gray")
    with pytest.raises(FasciscanError, match=r"v\.mkv: the "):
        open_clip(path, ClipOptions(**given))


@pytest.mark.parametrize("given", [{"mm_per_px": 1000.0}, {"depth_mm": 1e9}, {"depth_mm": 0.5}])
def test_a_scale_that_no_tissue_can_have(tmp_path, speckle, encode, given):
    path = encode(tmp_path / "v.mkv", speckle(5), "ffv1", pixels="gray")
    with pytest.raises(FasciscanError, match="where 2 to 400 mm can be"):
        open_clip(path, ClipOptions(**given))


def test_a_region_may_be_as_small_as_it_likes(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mkv", speckle(5), "ffv1", pixels="gray")
    strip = ((10, 10), (60, 10), (60, 24), (10, 24))
    scale = open_clip(path, ClipOptions(mm_per_px=0.1, roi=strip)).scale
    assert scale is not None
    assert scale.y_mm_per_px == 0.1

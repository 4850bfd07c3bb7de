"""Every container and coding gives all its frames, in order, with the file's times."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from fasciscan.clip import ClipOptions, open_clip

FORMATS = {
    "h264.mp4": ("libx264", "yuv420p"),
    "h264.mov": ("libx264", "yuv444p"),
    "h264.mkv": ("libx264", "yuv420p"),
    "h264.avi": ("libx264", "yuv420p"),
    "h265.mp4": ("libx265", "yuv420p"),
    "h265_10bit.mkv": ("libx265", "yuv420p10le"),
    "mjpeg.avi": ("mjpeg", "yuvj420p"),
    "mjpeg.mov": ("mjpeg", "yuvj422p"),
    "mpeg1.mpg": ("mpeg1video", "yuv420p"),
    "mpeg2.mpeg": ("mpeg2video", "yuv420p"),
    "mpeg4.avi": ("mpeg4", "yuv420p"),
    "mpeg4.mp4": ("mpeg4", "yuv420p"),
    "wmv2.wmv": ("wmv2", "yuv420p"),
    "ffv1.mkv": ("ffv1", "gray"),
    "ffv1_16bit.mkv": ("ffv1", "gray16le"),
    "raw.avi": ("rawvideo", "yuyv422"),
    "raw.mkv": ("rawvideo", "yuv420p"),
    "rgb.avi": ("rawvideo", "bgr24"),
    "gif.gif": ("gif", "gray"),
}
BAR = slice(40, 72)
BAR_STEP = 3
QUIET = {"libx265": {"x265-params": "log-level=none"}}


@pytest.mark.parametrize("name", FORMATS)
def test_every_container_and_coding_is_read_whole(name, tmp_path, speckle, encode):
    codec, pixels = FORMATS[name]
    frames = speckle(40) // 2
    for i in range(40):
        frames[i, BAR, BAR_STEP * i : BAR_STEP * (i + 1)] = 255
    path = encode(tmp_path / name, frames, codec, rate=25, pixels=pixels, options=QUIET.get(codec))
    clip = open_clip(path)
    read = [(frame.index, frame.time_s, frame.luma.astype(float)) for frame in clip.frames()]
    assert clip.frame_count == 40
    assert [index for index, _, _ in read] == list(range(40))
    assert (clip.height, clip.width) == frames.shape[1:]
    np.testing.assert_allclose(np.diff([time for _, time, _ in read]), 0.04, atol=0.0011)
    assert read[0][1] == 0
    # The bar is where it was drawn in each frame: none is lost, doubled or out of order.
    found = [int(np.argmax(luma[BAR].mean(axis=0))) // BAR_STEP for _, _, luma in read]
    assert found == list(range(40))


def test_b_frames_come_in_the_order_they_are_shown(tmp_path, speckle, encode):
    frames = speckle(60)
    path = encode(tmp_path / "b.mp4", frames, "libx264", options={"bf": "3", "g": "20", "sc_threshold": "0"})
    clip = open_clip(path)
    assert [frame.index for frame in clip.frames()] == list(range(60))
    assert np.flatnonzero(clip.key_frames).tolist() == [0, 20, 40]


def test_a_coding_without_prediction_has_no_key_frames(tmp_path, speckle, encode):
    clip = open_clip(encode(tmp_path / "m.avi", speckle(10), "mjpeg", pixels="yuvj420p"))
    assert not clip.key_frames.any()


def test_variable_timestamps_are_taken_as_they_are(tmp_path, speckle, encode):
    stamps = np.cumsum([500, 30, 70, 33, 210, 40, 40, 90, 33, 34]).tolist()
    clip = open_clip(encode(tmp_path / "v.mkv", speckle(10), "libx264", stamps=stamps))
    assert clip.timing_source == "file timestamps"
    np.testing.assert_allclose([f.time_s for f in clip.frames()], (np.array(stamps) - 500) / 1000, atol=1e-6)


def test_a_bare_h264_stream_says_that_its_rate_is_assumed(tmp_path, speckle, encode):
    path = encode(tmp_path / "bare.h264", speckle(30), "libx264", container_format="h264")
    clip = open_clip(path)
    assert clip.frame_count == 30
    assert [frame.index for frame in clip.frames()] == list(range(30))
    assert clip.timing_source == "assumed"
    assert any("--timestamps" in warning for warning in clip.warnings)


def test_luma_is_a_view_without_conversion(tmp_path, speckle, encode):
    frames = speckle(5, 64, 100)  # rows padded by the decoder
    clip = open_clip(encode(tmp_path / "v.mkv", frames, "ffv1", pixels="yuv420p"))
    assert len(list(clip.frames())) == 5  # copies: they were looked at when the clip was opened
    for frame in clip.frames():
        assert frame.luma.base is not None
        assert frame.luma.dtype == np.uint8
        assert frame.luma.shape == (64, 100)


def test_frames_can_be_read_again(tmp_path, speckle, encode):
    clip = open_clip(encode(tmp_path / "v.mp4", speckle(20), "libx264"))
    first = [frame.luma.mean() for frame in clip.frames()]
    next(clip.frames())
    assert [frame.luma.mean() for frame in clip.frames()] == first


def test_a_text_tag_that_is_not_utf8_does_no_harm(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.avi", speckle(10), "mjpeg", pixels="yuvj420p", title="Mueller")
    data = path.read_bytes()
    assert data.count(b"Mueller") == 1
    path.write_bytes(data.replace(b"Mueller", b"M\xfcller "))
    clip = open_clip(path)
    assert len(list(clip.frames())) == 10
    assert len(list(clip.source.pictures.spread(4))) == 4


def test_a_time_in_a_bare_file_name_is_no_protocol(tmp_path, monkeypatch, speckle, encode):
    encode(tmp_path / "2024-01-05T10:30:00.mp4", speckle(10), "libx264")
    monkeypatch.chdir(tmp_path)
    assert len(list(open_clip("2024-01-05T10:30:00.mp4").frames())) == 10


def test_a_clip_cut_short_is_read_as_far_as_it_goes(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mkv", speckle(60), "libx264", options={"g": "10"})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    clip = open_clip(path)
    read = [frame.index for frame in clip.frames()]
    assert 20 < len(read) < 50
    assert read == list(range(len(read)))


def test_a_lost_end_is_told_where_the_file_states_its_length(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mp4", speckle(60), "libx264", options={"g": "10"}, container_format="mp4")
    # An MP4 whose index comes first, as web exports have it, and whose data is cut.
    fast = tmp_path / "fast.mp4"
    with av.open(str(path)) as source, av.open(str(fast), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    whole = fast.read_bytes()
    fast.write_bytes(whole[: len(whole) * 6 // 10])
    clip = open_clip(fast)
    assert any("60 frames" in warning for warning in clip.warnings)
    assert clip.frame_count < 50
    assert len(list(clip.frames())) >= clip.frame_count - 5


def test_damage_in_the_middle_does_not_end_the_clip(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.avi", speckle(60), "mjpeg", pixels="yuvj420p")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    start = data.find(b"\xff\xd8\xff", middle)
    data[start : start + 600] = bytes(600)
    path.write_bytes(data)
    read = [frame.index for frame in open_clip(path).frames()]
    assert 55 <= len(read) < 60
    assert read[-1] == 59


def test_padded_motion_jpeg_is_whole(tmp_path, speckle, encode):
    source = encode(tmp_path / "v.avi", speckle(12), "mjpeg", pixels="yuvj420p")
    path = tmp_path / "padded.avi"
    with av.open(str(source)) as packets, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(packets.streams.video[0])
        for packet in packets.demux(video=0):
            if packet.size:
                padded = av.Packet(bytes(packet) + bytes(9 * packet.pts))
                padded.stream, padded.pts, padded.dts = stream, packet.pts, packet.dts
                padded.time_base, padded.is_keyframe = packet.time_base, True
                out.mux(padded)
    assert [frame.index for frame in open_clip(path).frames()] == list(range(12))


def ask_to_be_shown(path, turned, matrix):
    """Copy a clip, with a display matrix a b c d as phones write it."""
    with av.open(str(path)) as packets, av.open(str(turned), "w") as out:
        stream = out.add_stream_from_template(packets.streams.video[0])
        a, b, c, d = (65536 * number for number in matrix)
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for packet in packets.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return turned


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((0, 1, -1, 0), lambda luma: np.rot90(luma, -1)),  # a quarter turn to the right
        ((0, -1, 1, 0), np.rot90),
        ((-1, 0, 0, -1), lambda luma: np.rot90(luma, 2)),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
        ((0, 1, 1, 0), np.transpose),
    ],
)
@pytest.mark.parametrize("coding", ["libx264", "mjpeg"])
def test_a_clip_is_turned_as_its_file_asks(matrix, shown, coding, tmp_path, speckle, encode):
    pixels = "yuvj420p" if coding == "mjpeg" else "yuv420p"
    path = encode(tmp_path / "v.mov", speckle(10), coding, pixels=pixels)
    stored = [frame.luma.copy() for frame in open_clip(path).frames()]
    clip = open_clip(ask_to_be_shown(path, tmp_path / "turned.mov", matrix))
    read = [frame.luma.copy() for frame in clip.frames()]
    np.testing.assert_array_equal(read, [shown(luma) for luma in stored])
    assert (clip.height, clip.width) == clip.mask.shape == read[0].shape
    assert [luma.shape for luma in clip.source.pictures.spread(1)] == [read[0].shape]


@pytest.mark.parametrize("coding", ["libx264", "mjpeg"])
def test_a_trimmed_clip_is_not_called_cut_short(coding, tmp_path, speckle, encode):
    pixels = "yuvj420p" if coding == "mjpeg" else "yuv420p"
    whole = encode(tmp_path / "whole.mov", speckle(60), coding, pixels=pixels)
    stored = [frame.luma.copy() for frame in open_clip(whole).frames()]
    data = bytearray(whole.read_bytes())
    entry = data.find(b"elst") + 12  # behind version and count: length in milliseconds, start in ticks of the track
    ticks_a_second = int.from_bytes(data[(at := data.find(b"mdhd") + 16) : at + 4], "big")
    start = int.from_bytes(data[entry + 4 : entry + 8], "big")
    data[entry : entry + 8] = struct.pack(">II", 1000, start + ticks_a_second // 2)  # 1 s from 0.5 s on
    (tmp_path / "trimmed.mov").write_bytes(data)
    clip = open_clip(tmp_path / "trimmed.mov")
    read = [frame.luma.copy() for frame in clip.frames()]
    np.testing.assert_array_equal(read, stored[15:45])
    np.testing.assert_allclose(clip.times_s, np.arange(30) / 30, atol=1e-3)
    assert [w for w in clip.warnings if "trimmed: 30 of the 60" in w]
    assert not [w for w in clip.warnings if "cut short" in w]


def test_a_coding_has_the_name_of_its_format(tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mkv", speckle(5), "libsvtav1", options={"preset": "12"})
    assert open_clip(path).codec == "av1"


@pytest.mark.parametrize("is_turned", [False, True])
def test_pixels_that_are_not_square_have_a_width_and_a_height(is_turned, tmp_path, speckle, encode):
    path = encode(tmp_path / "v.mp4", speckle(5), "libx264", aspect=Fraction(16, 15))
    if is_turned:
        path = ask_to_be_shown(path, tmp_path / "turned.mp4", (0, 1, -1, 0))
    scale = open_clip(path, ClipOptions(mm_per_px=0.15)).scale
    assert scale is not None
    assert scale.x_mm_per_px == pytest.approx(0.15 * (15 / 16 if is_turned else 16 / 15))
    assert scale.y_mm_per_px == 0.15


@pytest.mark.slow
def test_a_long_clip_does_not_grow_in_memory(tmp_path, speckle, encode):
    import resource

    frames = speckle(50, 480, 640)
    path = encode(tmp_path / "v.avi", np.concatenate([frames] * 12), "mjpeg", pixels="yuvj420p")
    clip = open_clip(path)
    stream = clip.frames()
    for _ in range(60):
        next(stream)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in stream) == 540
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB; the frames are 166,000

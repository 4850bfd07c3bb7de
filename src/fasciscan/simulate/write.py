"""Writes a scene as a video file with its truth beside it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.render import render
from fasciscan.simulate.scene import CODECS, Scene
from fasciscan.simulate.truth import Truth, tell_truth

X264_INSTRUCTIONS = "ssse3"
"""With AVX-512 x264 weighs blocks by memory that was never written, and below SSSE3 it rounds otherwise: so limited, a
file is the same in each run, and on each machine that has SSSE3."""
ENCODERS = {"h264": "libx264", "mpeg4": "mpeg4", "mjpeg": "mjpeg", "hevc": "libx265"}
NEUTRAL_CHROMA = 128
LIMITED_RANGE = np.rint(16 + np.arange(256) * 219 / 255).astype(np.uint8)
"""Grey to the luma of H.264 and MPEG-4 (ITU-R BT.601: black 16, white 235); MJPEG keeps 0 to 255."""


def write_clip(scene: Scene, path: Path | str) -> Truth:
    """Render, encode and write a scene, and its truth as ``<stem>.truth.json`` beside it.

    Parameters
    ----------
    scene
        The scene.
    path
        Video file to write; its suffix chooses the container (``.mp4``, ``.mkv``, ``.avi``, ``.mov``).

    Returns
    -------
    Truth
        What was written.

    Raises
    ------
    ValueError
        If frames are dropped and the container has no times of its own (``.avi``).

    Examples
    --------
    >>> from fasciscan.simulate import random_scene, write_clip
    >>> truth = write_clip(random_scene(7, "scatterer-twitches"), "clip.mp4")  # doctest: +SKIP
    """
    path = Path(path)
    if scene.machine.dropped_share > 0 and path.suffix == CODECS["mjpeg"]:
        raise ValueError("AVI has no times of its own, so frames cannot be dropped from it")
    _encode(scene, path)
    truth = tell_truth(scene, path.name)
    truth.write(path.with_suffix(".truth.json"))
    return truth


def _encode(scene: Scene, path: Path) -> None:
    import av

    machine = scene.machine
    rate = Fraction(scene.recorded_rate_hz).limit_denominator(1001)
    pixels = "yuvj420p" if machine.codec == "mjpeg" else "yuv420p"
    with av.open(str(path.absolute()), "w") as container:  # a colon in a relative name is a protocol to FFmpeg
        stream = container.add_stream(ENCODERS[machine.codec], rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = scene.frame_size
        stream.pix_fmt = pixels
        context = stream.codec_context
        context.gop_size = machine.key_frame_interval
        # More threads cut the picture differently: one keeps the file the same everywhere.
        context.thread_count = 1
        if machine.codec == "h264":
            steady = f"asm={X264_INSTRUCTIONS}:scenecut=0"
            stream.options = {"crf": str(machine.quality), "preset": machine.effort, "x264-params": steady}
        elif machine.codec == "hevc":
            alone = "pools=none:frame-threads=1:scenecut=0:log-level=error"
            stream.options = {"crf": str(machine.quality), "preset": machine.effort, "x265-params": alone}
        else:
            context.qmin = context.qmax = machine.quality
        for time, frame in render(scene):
            picture = av.VideoFrame.from_ndarray(_planes(frame, machine.codec), format=pixels)
            # Every time is a multiple of the recorder's period, also where frames were lost.
            picture.pts = round(time * rate)
            picture.time_base = 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _planes(frame: NDArray[np.uint8], codec: str) -> NDArray[np.uint8]:
    """Stack luma and neutral colour planes as PyAV takes 4:2:0."""
    import cv2

    height, width = frame.shape
    planes = np.empty((height * 3 // 2, width), np.uint8)
    planes[:height] = frame if codec == "mjpeg" else cv2.LUT(frame, LIMITED_RANGE)
    planes[height:] = NEUTRAL_CHROMA
    return planes

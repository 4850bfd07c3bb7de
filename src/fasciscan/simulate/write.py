"""Writes a scene as a video file with its truth beside it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.machine import recording_plan
from fasciscan.simulate.render import RECORDER_STREAM, render
from fasciscan.simulate.scene import CODECS, Machine, Scene
from fasciscan.simulate.truth import ImageBox, Timing, Truth, scene_parameters, true_events

TICKS_PER_S = 90_000
"""Clock of MPEG systems, fine enough for every frame rate in use."""
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
    truth = Truth(
        clip=path.name,
        seed=scene.seed,
        preset=scene.preset,
        mm_per_px=scene.mm_per_px,
        image_box=ImageBox(*scene.image_box),
        timing=_timing(scene),
        events=true_events(scene),
        scene=scene_parameters(scene),
    )
    truth.write(path.with_suffix(".truth.json"))
    return truth


def _encode(scene: Scene, path: Path) -> None:
    import av

    rate = Fraction(scene.machine.recorded_rate_hz or scene.frame_rate_hz).limit_denominator(1001)
    # AVI counts frames, so its clock must tick once a frame.
    tick = 1 / rate if path.suffix == CODECS["mjpeg"] else Fraction(1, TICKS_PER_S)
    with av.open(str(path), "w") as container:
        stream = None
        for time, frame in render(scene):
            if stream is None:
                stream = _add_stream(container, scene.machine, rate, tick, frame.shape)
            picture = av.VideoFrame.from_ndarray(_planes(frame, scene.machine.codec), format=stream.format.name)
            picture.pts = round(time / tick)
            picture.time_base = tick
            container.mux(stream.encode(picture))
        if stream is not None:
            container.mux(stream.encode(None))


def _add_stream(container, machine: Machine, rate: Fraction, tick: Fraction, shape: tuple[int, int]):  # noqa: ANN001, ANN202
    names = {"h264": "libx264", "mpeg4": "mpeg4", "mjpeg": "mjpeg"}
    stream = container.add_stream(names[machine.codec], rate=rate)
    stream.height, stream.width = shape
    stream.pix_fmt = "yuvj420p" if machine.codec == "mjpeg" else "yuv420p"
    stream.codec_context.time_base = tick
    stream.codec_context.gop_size = machine.key_frame_interval
    # More threads cut the picture differently: one keeps the file the same everywhere.
    stream.codec_context.thread_count = 1
    if machine.codec == "h264":
        stream.options = {"crf": str(machine.quality), "sc_threshold": "0", "preset": "veryfast"}
    else:
        stream.codec_context.qmin = stream.codec_context.qmax = machine.quality
    return stream


def _planes(frame: NDArray[np.uint8], codec: str) -> NDArray[np.uint8]:
    """Stack luma and neutral colour planes as PyAV takes 4:2:0."""
    height, width = frame.shape
    planes = np.full((height * 3 // 2, width), NEUTRAL_CHROMA, np.uint8)
    planes[:height] = frame if codec == "mjpeg" else LIMITED_RANGE[frame]
    return planes


def _timing(scene: Scene) -> Timing:
    times, pictures = recording_plan(scene, np.random.default_rng([scene.seed, RECORDER_STREAM]))
    rate = scene.machine.recorded_rate_hz or scene.frame_rate_hz
    return Timing(
        scan_rate_hz=scene.frame_rate_hz,
        recorded_rate_hz=rate,
        frames=len(times),
        copied_frames=int(np.sum(np.diff(pictures) == 0)),
        dropped_frames=max(1, round(scene.duration_s * rate)) - len(times),
        duration_s=scene.duration_s,
    )

"""From a scene to frames: the tissue is imaged picture by picture and goes through scanner and recorder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.machine import (
    ScreenPainter,
    add_noise,
    compress,
    persist,
    recording_plan,
    scan_times,
)
from fasciscan.simulate.scene import Phantom, Scene, Stream


def render(scene: Scene) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Make the frames of a scene.

    Parameters
    ----------
    scene
        The scene; the same scene always gives the same frames.

    Yields
    ------
    time_s, frame
        Presentation time in seconds and (height, width) uint8 grey levels, with the scanner's screen if there is one.
    """
    times, pictures = recording_plan(scene)
    painter = ScreenPainter(scene)
    scanner = enumerate(persist(_scan(scene), scene.machine.persistence))
    shown, picture = next(scanner)
    for time, wanted in zip(times, pictures, strict=True):
        while shown < wanted:
            shown, picture = next(scanner)
        yield float(time), painter.paint(picture, time)


def _scan(scene: Scene) -> Iterator[NDArray[np.float32]]:
    """Make the scanner's pictures before persistence: grey levels as float32."""
    noise = scene.generator(Stream.NOISE)
    range_db = scene.machine.dynamic_range_db
    if isinstance(scene.tissue, Phantom):
        from fasciscan.simulate.beam import Beam  # here: numba takes 0.2 s to import

        beam = Beam(scene, scene.generator(Stream.TISSUE))
        for envelope in beam.scan(scan_times(scene), noise):
            yield beam.convert(compress(envelope, range_db))
    else:
        from fasciscan.simulate.texture import scan_texture

        for amplitude in scan_texture(scene, scan_times(scene)):
            yield compress(add_noise(amplitude, scene, noise), range_db)

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
    shadow_gain,
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
    scanner = enumerate(_flicker(scene, _scan(scene)))
    shown, picture = next(scanner)
    for time, wanted in zip(times, pictures, strict=True):
        while shown < wanted:
            shown, picture = next(scanner)
        yield float(time), painter.paint(picture, time)


def _flicker(scene: Scene, pictures: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Let boxes of the picture change their brightness at their times."""
    for time, picture in zip(scan_times(scene), pictures, strict=True):
        for flicker in scene.flickers:
            flicker.paint(picture, float(time))
        yield picture


def _scan(scene: Scene) -> Iterator[NDArray[np.uint8]]:
    """Make the scanner's pictures."""
    noise = scene.generator(Stream.NOISE)
    machine = scene.machine
    if isinstance(scene.tissue, Phantom):
        from fasciscan.simulate.beam import Beam  # here: numba takes 0.2 s to import

        beam = Beam(scene, scene.generator(Stream.TISSUE))
        envelopes = beam.scan(scan_times(scene), noise)
        # Frames are averaged where they are smallest, before they are enlarged to pixels.
        compressed = (compress(envelope, machine.dynamic_range_db) for envelope in envelopes)
        yield from map(beam.convert, persist(compressed, machine.persistence))
    else:
        from fasciscan.simulate.texture import scan_texture

        columns_mm = (np.arange(scene.width_px) + 0.5) * scene.mm_per_px
        amplitudes = zip(scan_times(scene), scan_texture(scene, scan_times(scene)), strict=True)
        shaded = (amplitude * shadow_gain(scene, columns_mm, float(time)) for time, amplitude in amplitudes)
        noisy = (add_noise(amplitude, scene, noise) for amplitude in shaded)
        yield from persist((compress(picture, machine.dynamic_range_db) for picture in noisy), machine.persistence)

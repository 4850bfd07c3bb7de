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
from fasciscan.simulate.scene import Phantom, Scene

NOISE_STREAM, RECORDER_STREAM, TISSUE_STREAM = 1, 2, 3
"""Streams of randomness drawn from one seed, so that a change to one leaves the others as they were."""


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
    times, pictures = recording_plan(scene, np.random.default_rng([scene.seed, RECORDER_STREAM]))
    painter = ScreenPainter(scene)
    scanner = enumerate(persist(_scan(scene), scene.machine.persistence))
    shown, picture = next(scanner)
    for time, wanted in zip(times, pictures, strict=True):
        while shown < wanted:
            shown, picture = next(scanner)
        yield float(time), painter.paint(picture, time)


def _scan(scene: Scene) -> Iterator[NDArray[np.float32]]:
    """Make the scanner's pictures before persistence: grey levels as float32."""
    noise = np.random.default_rng([scene.seed, NOISE_STREAM])
    if isinstance(scene.tissue, Phantom):
        from fasciscan.simulate.scatterers import scan_phantom

        tissue = np.random.default_rng([scene.seed, TISSUE_STREAM])
        envelopes = scan_phantom(scene, scan_times(scene), tissue, noise)
    else:
        from fasciscan.simulate.texture import scan_texture

        envelopes = (add_noise(amplitude, scene, noise) for amplitude in scan_texture(scene, scan_times(scene)))
    for envelope in envelopes:
        yield compress(envelope, scene.machine.dynamic_range_db)

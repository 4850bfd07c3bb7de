"""The still picture of a block: the mean of its frames, in which speckle is as it is and noise averages out."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.motion.grid import Grid
from fasciscan.motion.measure import WorkingFrame

_EVERY = 8
"""Frames from one that is taken to the next: a hundred or more make a block's picture, and one costs 20 µs."""


class StillPicture:
    """Averages the frames that pass by.

    Parameters
    ----------
    grid
        What they are reduced to.
    """

    def __init__(self, grid: Grid):
        self._sum = np.zeros((grid.box[3] // grid.factor, grid.box[2] // grid.factor), np.float32)
        self._count = 0
        self._last = self._sum.copy()

    def watch(self, frames: Iterator[WorkingFrame]) -> Iterator[WorkingFrame]:
        """Hand frames on and take part of some."""
        for n, frame in enumerate(frames):
            if n % _EVERY == 0:
                cv2.accumulate(frame.image, self._sum)
                self._count += 1
            yield frame

    def take(self) -> NDArray[np.float32]:
        """Return the mean grey level (height, width) since the last time; the same again if nothing came since."""
        if self._count:
            self._last = self._sum / np.float32(self._count)
            self._sum = np.zeros_like(self._sum)
            self._count = 0
        return self._last

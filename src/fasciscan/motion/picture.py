"""The still picture of a block: the mean of its frames, in which speckle is as it is and noise averages out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.motion.grid import Grid
from fasciscan.motion.measure import WorkingFrame

_EVERY = 8
"""Frames from one that is taken to the next: a hundred or more make a block's picture, and one costs 20 µs."""


class StillPicture:
    """Averages the frames of each block as they pass by.

    Parameters
    ----------
    grid
        What they are reduced to.
    edges_s
        Where blocks begin, and where the last one ends.
    """

    def __init__(self, grid: Grid, edges_s: Sequence[float]):
        self._edges_s = edges_s
        self._last = np.zeros((grid.box[3] // grid.factor, grid.box[2] // grid.factor), np.float32)
        self._sums: dict[int, tuple[NDArray[np.float32], int]] = {}

    def watch(self, frames: Iterator[WorkingFrame]) -> Iterator[WorkingFrame]:
        """Hand frames on and take part of some."""
        for n, frame in enumerate(frames):
            if n % _EVERY == 0:
                block = bisect_right(self._edges_s, frame.time_s) - 1
                total, count = self._sums.get(block, (np.zeros_like(self._last), 0))
                cv2.accumulate(frame.image, total)
                self._sums[block] = total, count + 1
            yield frame

    def take(self, block: int) -> NDArray[np.float32]:
        """Return the mean grey level (height, width) of a block, once; that of the one before if it had no frame."""
        total, count = self._sums.pop(block, (self._last, 1))
        self._last = total / np.float32(count)
        return self._last

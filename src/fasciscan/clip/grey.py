"""Stored pixel values of any depth and colour to 8-bit grey levels, the same way for a whole clip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.recording import Luma

LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
"""Share of red, green and blue in luma, ITU-R BT.601, as JPEG and MPEG use it."""
CHANNELS = frozenset({1, 3, 4})
"""Grey, RGB or RGBA; a last axis of another length is not colour."""
SAMPLED_FRAMES = 8
"""Frames whose darkest and brightest values fix the grey levels of a deep clip."""


class Levels(NamedTuple):
    """The stored values that become grey level 0 and 255."""

    black: float
    white: float


def find_levels(pictures: Iterable[NDArray[np.generic]]) -> Levels:
    """Take the darkest and the brightest value of some pictures; black and white are never the same."""
    lows, highs = [], []
    for picture in pictures:
        finite = picture[np.isfinite(picture)]
        if finite.size:
            lows.append(float(finite.min()))
            highs.append(float(finite.max()))
    black, white = min(lows, default=0.0), max(highs, default=1.0)
    return Levels(black, white if white > black else black + 1.0)


def to_luma(picture: NDArray[np.generic], levels: Levels | None) -> Luma:
    """Turn a picture into grey levels.

    Parameters
    ----------
    picture
        (height, width) grey, or (height, width, 1, 3 or 4) grey, RGB or RGBA, any number type.
    levels
        What becomes black and white; None for 8-bit pictures, whose values are grey levels already.

    Returns
    -------
    Luma
        (height, width) uint8.
    """
    import cv2

    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if picture.ndim == 3:
        if picture.dtype == np.uint8:
            colours = np.ascontiguousarray(picture[:, :, :3], np.uint8)
            return np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), np.uint8)
        picture = picture[:, :, :3].astype(np.float32) @ LUMA_WEIGHTS
    if levels is None:
        return np.ascontiguousarray(picture, np.uint8)
    gain = 255.0 / (levels.white - levels.black)
    scaled = (np.nan_to_num(picture.astype(np.float32)) - levels.black) * gain
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)

"""Arrays as pictures inside the page: data URIs, and the few renderings the page needs."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

JPEG_QUALITY = 82
"""Speckle stays speckle, at a third of the size of PNG."""

# Okabe & Ito's colour-blind-safe blue and orange, blue-green-red as OpenCV has it.
BRIGHTER_BGR = (0, 159, 230)
DARKER_BGR = (233, 180, 86)


def jpeg_uri(image: NDArray[np.uint8]) -> str:
    """Grey or BGR picture as a JPEG data URI."""
    return _uri(".jpg", "image/jpeg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def strength_uri(strength: NDArray[np.float32], rgb: tuple[int, int, int]) -> str:
    """Picture in one colour whose opacity is the strength, so that it reads on light and on dark paper.

    Parameters
    ----------
    strength
        (height, width), 0 to 1.
    rgb
        The colour.

    Returns
    -------
    str
        PNG data URI.
    """
    picture = np.empty((*strength.shape, 4), np.uint8)
    picture[..., :3] = rgb[::-1]
    picture[..., 3] = np.rint(np.clip(strength, 0, 1) * 255)
    return _uri(".png", "image/png", picture, [])


def paint_difference(now: NDArray[np.uint8], before: NDArray[np.uint8], full: float) -> NDArray[np.uint8]:
    """Paint what became brighter (orange) and darker (blue), on black.

    Parameters
    ----------
    now, before
        Grey pictures of one shape.
    full
        Difference in grey levels that is painted in full colour.

    Returns
    -------
    ndarray
        (height, width, 3) BGR.
    """
    share = np.clip((now.astype(np.float32) - before) / full, -1, 1)[..., None]
    painted = np.maximum(share, 0) * BRIGHTER_BGR + np.maximum(-share, 0) * DARKER_BGR
    return np.rint(painted).astype(np.uint8)


def brighten(image: NDArray[np.uint8], gain: float) -> NDArray[np.uint8]:
    """Multiply grey levels, the brightest staying white."""
    return cv2.convertScaleAbs(image, alpha=gain).astype(np.uint8)


def resize(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Bring a picture to a size: by area means when smaller, smoothly when larger."""
    shrinks = width < image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC).astype(
        np.uint8
    )


def _uri(suffix: str, mime: str, image: NDArray[np.uint8], settings: list[int]) -> str:
    done, data = cv2.imencode(suffix, image, settings)
    if not done:
        raise RuntimeError(f"a picture of shape {image.shape} could not be encoded as {mime}")
    return f"data:{mime};base64,{base64.b64encode(data.tobytes()).decode()}"

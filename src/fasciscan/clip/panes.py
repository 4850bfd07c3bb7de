"""Whether a screen shows one live picture twice, side by side: each twitch would count twice."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.survey import Survey

SIDE_PX = 240
"""Frames are compared reduced to this …"""
BLUR_PX = 2.0
"""… and smoothed (SD), as the second picture lies between the pixels of the first."""
LEAST_PX = 48
"""Narrower regions, so reduced, hold no two pictures."""
ALIKE_FROM = 0.95
"""Correlation of the same picture, compressed: 0.995 or more. Places of one picture have 0.66 at most (ten real clips,
250 simulated ones)."""
SPREAD_LOOKED_AT = 3
"""Frames from all over the clip that must be alike too: a picture that was frozen is not."""


def without_second_pane(seen: Survey, mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Leave out the right one of two live pictures of the same.

    A quarter of the tissue's width, from its left, is looked for in the right half of the first frame.

    Parameters
    ----------
    seen
        Frames of the clip.
    mask
        (height, width) the tissue.

    Returns
    -------
    ndarray or None
        (height, width) the tissue of the left picture; None where there is one picture only.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    factor = -(-max(mask.shape) // SIDE_PX)
    top, left = rows[0] // factor, columns[0] // factor
    height, width = len(range(rows[0], rows[-1], factor)), len(range(columns[0], columns[-1], factor))
    if height < LEAST_PX // 2 or width < LEAST_PX:
        return None
    aside, wanted, from_column = width // 20, width // 4, width // 2 - width // 20
    frames = [seen.leading[0], seen.leading[-1], *seen.spread[:: max(1, len(seen.spread) // SPREAD_LOOKED_AT)]]
    found = []
    for frame in frames:
        small = _reduced(frame, factor)[top : top + height, left : left + width]
        sought = small[height // 10 : height - height // 10, aside : aside + wanted]
        found.append(cv2.matchTemplate(small[:, from_column:], sought, cv2.TM_CCOEFF_NORMED))
    at = np.unravel_index(np.argmax(found[0]), found[0].shape)
    if not min(alike[at] for alike in found) >= ALIKE_FROM:
        return None
    apart = (from_column + int(at[1]) - aside) * factor
    kept = mask.copy()
    kept[:, columns[-1] + 1 - apart :] = False
    return kept


def _reduced(frame: NDArray[np.uint8], factor: int) -> NDArray[np.float32]:
    """Reduce and smooth a frame, and take out of each row what is the same all along it, as layers are."""
    size = (frame.shape[1] // factor, frame.shape[0] // factor)
    small = cv2.GaussianBlur(cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32), (0, 0), BLUR_PX)
    return np.asarray(small - small.mean(axis=1, keepdims=True), np.float32)

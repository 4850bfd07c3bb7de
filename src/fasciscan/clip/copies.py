"""Frames that only repeat the one before: what screen capture and rate conversion put in. They carry no motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IDENTICAL_BELOW = 0.004
"""Mean grey difference of a true copy, even recoded: one pixel in 250 off by one. Frozen H.264 clips have 0.003."""
NEAR_COPY_RATIO = 0.25
"""A near-copy differs by less than this share of what its neighbours differ by. In screen captures of strong motion
the share is 0 to 0.23; a smooth motion that turns round has about 0.3 or more at 30 to 80 frames/s."""
MOVING_ABOVE = 1.0
"""Below this grey difference of the neighbours a codec may skip whole frames itself: copies cannot be told."""
LONGEST_NEAR_COPIES = 5
"""Near-copies in a row: 10 true frames/s in a clip of 60. A longer rest is a rest."""
FROZEN_FROM_S = 0.5
"""As long as the longest fasciculation of a limb: what stands still for this long may have hidden one."""


def mark_copies(difference: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Mark the frames that are copies or near-copies of the frame before.

    A frame is marked if nothing changed at all, or if it lies, alone or with a few like it, between two frames that
    changed at least four times as much. In a quiet stretch near-copies cannot be told and are not marked.

    Parameters
    ----------
    difference
        (n,) mean absolute grey difference of each frame to the one before it, inside the tissue; the first is nan.

    Returns
    -------
    NDArray[np.bool_]
        (n,) True for copies.
    """
    change = np.asarray(difference, np.float64)
    copies = change < IDENTICAL_BELOW
    for length in range(1, min(LONGEST_NEAR_COPIES, len(change) - 2) + 1):
        inner = np.lib.stride_tricks.sliding_window_view(change[1:-1], length).max(axis=1)
        around = np.minimum(change[: len(inner)], change[length + 1 :])
        starts = np.flatnonzero((around >= MOVING_ABOVE) & (inner < NEAR_COPY_RATIO * around)) + 1
        for offset in range(length):
            copies[starts + offset] = True
    return copies


def true_rate(times_s: NDArray[np.float64], copies: NDArray[np.bool_]) -> float:
    """Rate of the frames that bring a new image, per second, over the time that is not frozen.

    Parameters
    ----------
    times_s
        (n,) time of each frame.
    copies
        (n,) from :func:`mark_copies`.

    Returns
    -------
    float
        0 where the whole clip is frozen. Where copies could not be told the rate is that of the timestamps: an upper
        bound.
    """
    live_s = clip_end(times_s) - times_s[0] - sum(end - start for start, end in frozen_stretches(times_s, copies))
    new = ~copies & ~mark_frozen(times_s, copies)
    return float(new.sum() / live_s) if new.any() and live_s > 0 else 0.0


def frozen_stretches(times_s: NDArray[np.float64], copies: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Find the stretches, half-open, in which one image stands still for half a second or more.

    Each begins with the frame that is repeated and ends with the next new one.
    """
    if not len(times_s):
        return []
    new = np.flatnonzero(~copies)
    bounds = np.append(times_s[new], clip_end(times_s))
    runs = np.diff(np.append(new, len(copies)))
    return [
        (float(start), float(end))
        for start, end, frames in zip(bounds[:-1], bounds[1:], runs, strict=True)
        if frames > 1 and end - start >= FROZEN_FROM_S
    ]


def mark_frozen(times_s: NDArray[np.float64], copies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the frames of the stretches that :func:`frozen_stretches` finds."""
    frozen = np.zeros(len(times_s), np.bool_)
    for start, end in frozen_stretches(times_s, copies):
        frozen |= (start <= times_s) & (times_s < end)
    return frozen


def clip_end(times_s: NDArray[np.float64]) -> float:
    """Tell when the last frame ends, if it lasts as long as a typical one, in seconds."""
    return float(times_s[-1] + np.median(np.diff(times_s))) if len(times_s) > 1 else float(times_s[-1])

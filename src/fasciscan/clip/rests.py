"""Images that stand still: strong compression leaves out what moves little, and so tissue at rest looks frozen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.copies import IDENTICAL_BELOW, LONGEST_NEAR_COPIES, mark_frozen

PARTLY_FROM = 0.8
"""Share of the tissue left just as it was from which on a frame brings no new image but a change of a part of it. New
frames of videos compressed as usual leave 0.1 to 0.7."""
ERASED_FROM = 0.95
"""Share that new frames usually leave as it was where compression has erased small motion (docs/finding.md)."""


def compare(
    image: NDArray[np.uint8], before: NDArray[np.uint8], inside: NDArray[np.uint8], area: int
) -> tuple[float, float]:
    """Compare a frame with the one before it.

    Parameters
    ----------
    image, before
        (height, width) grey levels.
    inside
        (height, width) 1 in the tissue, 0 elsewhere.
    area
        Pixels of it.

    Returns
    -------
    tuple of float
        Mean absolute grey difference inside, and the share left just as it was.
    """
    import cv2

    apart = cv2.absdiff(image, before)
    apart = cv2.bitwise_and(apart, apart, mask=inside)
    return cv2.norm(apart, cv2.NORM_L1) / area, 1 - cv2.countNonZero(apart) / area


def mark_rests(difference: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Mark the copies that come in longer rows than copying makes: the image stands still, or its codec lets it.

    Parameters
    ----------
    difference
        (n,) as for :func:`mark_copies`.

    Returns
    -------
    NDArray[np.bool_]
        (n,) True for them.
    """
    same = np.concatenate([[False], np.asarray(difference) < IDENTICAL_BELOW, [False]])
    starts, ends = np.flatnonzero(same[1:] & ~same[:-1]), np.flatnonzero(same[:-1] & ~same[1:])
    rests = np.zeros(len(difference), np.bool_)
    for start, end in zip(starts, ends, strict=True):
        rests[start:end] = end - start > LONGEST_NEAR_COPIES
    return rests


def mark_refreshed(difference: NDArray[np.floating], key_frames: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the key frames in the midst of a rest: the same image, coded anew.

    Parameters
    ----------
    difference
        (n,) as for :func:`mark_copies`.
    key_frames
        (n,) those that are coded without others.

    Returns
    -------
    NDArray[np.bool_]
        (n,) True for them.
    """
    rests = np.concatenate([[False], mark_rests(difference), [False]])
    return key_frames & rests[:-2] & rests[2:]


def mark_held(difference: NDArray[np.floating], unchanged: NDArray[np.floating], erased: bool) -> NDArray[np.bool_]:
    """Mark the copies that a codec made where nothing moved enough to be worth its bits: the tissue is at rest.

    They come in long rows, and what follows changes a part of the picture alone, as no new image does; or, where
    compression erases what is small, anything.

    Parameters
    ----------
    difference
        (n,) as for :func:`mark_copies`.
    unchanged
        (n,) share of the tissue that is just as in the frame before.
    erased
        From :func:`is_erased`.

    Returns
    -------
    NDArray[np.bool_]
        (n,) True for them. They are measured like any other frame: what moves next moves from there.
    """
    rests = mark_rests(difference)
    changed = np.flatnonzero(~rests)
    after = np.append(changed, -1)[np.searchsorted(changed, np.arange(len(rests)))]
    return rests & (after >= 0) & (erased | (np.asarray(unchanged)[after] >= PARTLY_FROM))


def mark_at_rest(
    times_s: NDArray[np.float64], difference: NDArray[np.floating], unchanged: NDArray[np.floating], erased: bool
) -> NDArray[np.bool_]:
    """Mark the copies in which tissue is at rest, in a clip in which something moves; the others miss an image.

    Parameters
    ----------
    times_s
        (n,) time of each frame.
    difference, unchanged, erased
        As for :func:`mark_held`. Where compression erases nothing, a rest of half a second or more is a freeze.
    """
    held = mark_held(difference, unchanged, erased)
    return held if erased else held & ~mark_frozen(times_s, held)


def is_erased(difference: NDArray[np.floating], unchanged: NDArray[np.floating]) -> bool:
    """Tell whether strong compression has erased small motion: what is new changes little of the tissue.

    A picture that is drawn without noise looks alike: most frames are copies, and new ones change a part of it alone.

    Parameters
    ----------
    difference, unchanged
        (n,) as for :func:`mark_held`, of the frames that are no key frames, which change everywhere; nan is passed
        over.
    """
    new = np.flatnonzero(difference >= IDENTICAL_BELOW)
    if not len(new):
        return False
    usual = np.median(unchanged[new])
    if usual < PARTLY_FROM:
        return False
    # Three quarters, since a single freeze may take half of a clip; one at the end is left out.
    return bool(usual >= ERASED_FROM or np.nanpercentile(unchanged[: new[-1] + 1], 25) >= ERASED_FROM)

"""Where in the image the tissue is, and not the screen around it.

Tissue is speckled and never quite still, connected and large. Text, rulers, grey bars and logos are flat or thin, and
do not change. Both are told on a grid of small blocks; what is left has the shape of one image: convex, except for
markers on top of it and for a deep part from which no echo comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.copies import IDENTICAL_BELOW, mark_copies
from fasciscan.clip.panes import without_second_pane
from fasciscan.clip.recording import Box
from fasciscan.clip.survey import Survey
from fasciscan.errors import FasciscanError

BLOCKS_ACROSS = 160
"""Blocks along the longer side: about 4 px of a 640 px image, a little more than a speckle."""
SMALLEST_BLOCK_PX = 4
EVERY_LEADING = 4
"""Of the leading frames every fourth is looked at: neighbours are alike."""
TEXTURED_SHARE = 0.2
"""A block is textured if this share of its pixels differs from the pixel to the left or above. Strongly compressed deep
muscle has 0.3 and more, flat screen 0, text up to 0.9, which is why texture alone does not do."""
STILL_TEXTURED_SHARE = 0.6
"""The same where the image stands still, and nothing else tells tissue from text."""
CHANGE_SHARE = 0.03
"""A block is alive if it changes by more than this share of what the liveliest blocks change by. Screen around tissue
has up to 0.01 in recompressed recordings, the quietest tissue 0.04 and more."""
LIVELIEST_PERCENTILE = 95
BRIEF_S = 3.0
"""In so short a clip muscle at rest may change less than that share, so what is textured as in a frozen clip counts
too. Of what 24 clips show as a whole, half a second shows 0.23 to 1 without it and 0.78 to 1 with it, 2 s show 0.73 and
0.91 to 1; beyond their outline lies 0.10 of it at most."""
STILL_BELOW = 0.1
"""Mean grey change of the liveliest blocks below which the clip shows one image only: codecs leave 0.02."""
GAP_BLOCKS = 3
"""Gaps between textured blocks up to this width are closed."""
THIN_BLOCKS = 9
"""What is thinner than this is text, a ruler or a bar: 6 % of the longer side."""
STEADINESS_SIDE_PX = 480
"""Steadiness is measured on frames reduced to this: speckle survives it."""
STEADINESS_WINDOW_PX = 17
"""About 5 speckles wide, so that pure noise correlates by less than 0.15."""
STEADINESS_PAIRS = 6
STEADY_FROM = 0.25
"""Correlation of tissue with itself one frame later: 0.5 or more in all real clips, even under a moving probe."""
SHALLOW_STEADY_FROM = 0.5
"""Depth is judged only where the shallow half correlates at least this much."""
FLAT_VARIANCE = 0.05
"""Grey levels squared: less than rounding to whole grey levels leaves (1/12)."""
DEPTH_EDGE_BLOCKS = 7
"""The lower edge is the median over this many blocks to either side."""
MARKER_AROUND_PX = 31
MARKER_FRAMES = 16
"""In fewer frames pixels of tissue are still by chance."""
MARKER_AROUND_CHANGE = 8.0
"""Grey levels the surroundings must change by before a still pixel is remarkable."""
MARKER_CHANGE_SHARE = 0.15
MARKER_STROKE_PX = 9
"""Markers are drawn with thinner lines; saturated fascia, which is still too, is thicker."""
MARKER_RISE = 40
"""Grey levels a marker stands out from its surroundings: they are drawn to be seen."""
MARKER_MIN_PX = 6
"""Smaller ones are chance, and harmless."""
TWICE = "the screen shows one live picture twice, side by side: the left one is analysed; pass --roi for another"
_FAR_PX = 1e6
"""Farther outside the image no corner makes a difference."""
LARGE_PART = 0.15
"""Parts this large, against the largest one, belong to the image too: anechoic fluid may cut it in two."""


@dataclass(frozen=True, slots=True)
class Tissue:
    """The region of the image that is tissue."""

    mask: NDArray[np.bool_]
    """(height, width), never empty."""
    source: str
    """``"found"`` or ``"user"``."""
    warnings: tuple[str, ...] = ()


def find_tissue(seen: Survey, box: Box | None, roi: Sequence[tuple[float, float]] | None, duration_s: float) -> Tissue:
    """Find the tissue, or take the user's region.

    Parameters
    ----------
    seen
        Frames of the clip.
    box
        The part of the image the file says is ultrasound.
    roi
        The user's polygon, corners (x, y) in pixels; it goes before everything else.
    duration_s
        Of the whole clip, of which `seen` shows some frames.

    Raises
    ------
    FasciscanError
        If the user's region lies outside the image.
    """
    height, width = seen.leading.shape[1:]
    if roi is not None:
        return Tissue(fill_polygon(roi, height, width, "--roi"), "user")
    allowed = np.ones((height, width), np.bool_)
    if box is not None:
        allowed[:] = False
        allowed[box.top : box.bottom, box.left : box.right] = True
    grid = _look(seen, allowed)
    image = _outline(grid, is_brief=duration_s < BRIEF_S)
    if not image.any():
        return Tissue(allowed, "found", ("no tissue was told from the screen around it: all is analysed; pass --roi",))
    mask = _to_pixels(image & ~_echoless_depth(seen, image), (height, width)) & allowed
    mask &= ~_markers(seen, mask)
    one = without_second_pane(seen, mask)
    return Tissue(mask, "found") if one is None else Tissue(one, "found", (TWICE,))


@dataclass(frozen=True, slots=True)
class _Grid:
    """What was seen, on blocks of a few pixels, each array (rows, columns)."""

    textured: NDArray[np.float32]
    """Share of pixels that differ from their neighbour."""
    change: NDArray[np.float32]
    """Mean absolute grey difference to the first frame."""
    mostly_still: bool
    """Whether most frames show the first image again: compression or drawing without noise lets tissue stand still."""


def _look(seen: Survey, allowed: NDArray[np.bool_]) -> _Grid:
    """Gather texture and change; blocks outside the allowed part count as flat and still."""
    frames = [*seen.leading[::EVERY_LEADING], *seen.spread]
    height, width = allowed.shape
    block = max(SMALLEST_BLOCK_PX, round(max(height, width) / BLOCKS_ACROSS))
    size = (max(1, width // block), max(1, height // block))

    textured = np.zeros((height, width), np.float32)
    change = np.zeros((height, width), np.float32)
    differences = []
    for frame in frames:
        apart = cv2.absdiff(frame, frames[0])
        differences.append(cv2.norm(apart, cv2.NORM_L1) / apart.size)
        cv2.accumulate(_differs_from_neighbour(frame), textured)
        cv2.accumulate(apart, change)
    inside = _reduce(allowed.astype(np.float32), size) >= 0.5
    return _Grid(
        np.where(inside, _reduce(textured, size) / len(frames), 0),
        np.where(inside, _reduce(change, size) / max(1, len(frames) - 1), 0),
        bool(np.median(differences) < IDENTICAL_BELOW),
    )


def _reduce(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Average over blocks; `size` is columns, rows."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _differs_from_neighbour(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where a pixel differs from the one to the left or above, else 0."""
    differs = np.zeros(frame.shape, np.uint8)
    differs[:, 1:] = frame[:, 1:] != frame[:, :-1]
    differs[1:] |= frame[1:] != frame[:-1]
    return differs


def _outline(grid: _Grid, *, is_brief: bool) -> NDArray[np.bool_]:
    """Find the blocks of the ultrasound image: the convex outline of what is textured, alive and large."""
    textured = grid.textured >= TEXTURED_SHARE
    outline = np.zeros_like(textured)
    if not textured.any():
        return outline
    change = cv2.medianBlur(grid.change, GAP_BLOCKS)
    liveliest = np.percentile(change[textured], LIVELIEST_PERCENTILE)
    is_alive = liveliest >= STILL_BELOW
    if is_alive:
        outline |= _hull_of_large(textured & (change >= CHANGE_SHARE * liveliest), GAP_BLOCKS)
    if grid.mostly_still or not is_alive or is_brief:
        outline |= _hull_of_large(grid.textured >= STILL_TEXTURED_SHARE, 1)  # lines of text lie no wider apart
    return outline


def _hull_of_large(found: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Close gaps up to so many blocks, drop what is thin or small, and lay a convex outline around the rest."""
    # The image may reach the edge of the picture, where opening must not eat its corners.
    blocks = np.pad(found.astype(np.uint8), THIN_BLOCKS, mode="symmetric")
    blocks = cv2.morphologyEx(blocks, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    blocks = cv2.morphologyEx(blocks, cv2.MORPH_OPEN, np.ones((THIN_BLOCKS, THIN_BLOCKS), np.uint8))
    blocks = np.ascontiguousarray(blocks[THIN_BLOCKS:-THIN_BLOCKS, THIN_BLOCKS:-THIN_BLOCKS], np.uint8)
    return _convex_hull(_large_parts(blocks))


def _large_parts(blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(blocks)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    keep = 1 + np.flatnonzero(areas >= LARGE_PART * areas.max(initial=0))
    return np.isin(labels, keep).astype(np.uint8)


def _convex_hull(blocks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    points = cv2.findNonZero(blocks)
    hull = np.zeros_like(blocks)
    if points is not None:
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return hull.astype(np.bool_)


def _echoless_depth(seen: Survey, image: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the blocks below the reach of the beam: there nothing stays from one frame to the next but noise."""
    steadiness = _steadiness(seen, image)
    if steadiness is None:
        return np.zeros_like(image)
    steady = (steadiness >= STEADY_FROM) & image
    rows = np.arange(image.shape[0], dtype=np.float32)[:, np.newaxis]
    if np.median(steadiness[image & (rows <= rows[image.any(axis=1)].mean())]) < SHALLOW_STEADY_FROM:
        return np.zeros_like(image)  # the whole image moves too fast to tell
    deepest = np.where(steady, rows, -1).max(axis=0, keepdims=True)
    edge = cv2.copyMakeBorder(deepest, 0, 0, DEPTH_EDGE_BLOCKS, DEPTH_EDGE_BLOCKS, cv2.BORDER_REPLICATE)
    windows = np.lib.stride_tricks.sliding_window_view(edge[0], 2 * DEPTH_EDGE_BLOCKS + 1)
    return image & (rows > np.median(windows, axis=1))


def _steadiness(seen: Survey, image: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Correlate the texture around each block with itself one frame later; None where no frame is new.

    Copies are left out: they repeat their noise too. Of several pairs the third quartile is taken, so that a single
    fast motion does not pass for noise.
    """
    height, width = seen.leading.shape[1:]
    factor = -(-max(height, width) // STEADINESS_SIDE_PX)  # whole, which OpenCV averages much faster
    size = (max(1, width // factor), max(1, height // factor))
    small = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in seen.leading]
    change = np.array([np.nan] + [float(cv2.absdiff(b, a).mean()) for a, b in pairwise(small)])
    new = np.flatnonzero(~mark_copies(change) & np.isfinite(change))
    if not len(new):
        return None
    chosen = new[:: max(1, len(new) // STEADINESS_PAIRS)]
    blocks = (image.shape[1], image.shape[0])
    maps = [
        cv2.resize(_local_correlation(small[i - 1], small[i]), blocks, interpolation=cv2.INTER_AREA) for i in chosen
    ]
    return np.percentile(np.stack(maps), 75, axis=0)


def _local_correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.float32]:
    """Correlate two images in a window around each pixel; 0 where either is flat."""
    first, second = one.astype(np.float32), other.astype(np.float32)
    window = (STEADINESS_WINDOW_PX, STEADINESS_WINDOW_PX)
    mean_1, mean_2 = cv2.blur(first, window), cv2.blur(second, window)
    spread_1 = np.maximum(cv2.blur(first * first, window) - mean_1 * mean_1, FLAT_VARIANCE)
    spread_2 = np.maximum(cv2.blur(second * second, window) - mean_2 * mean_2, FLAT_VARIANCE)
    common = cv2.blur(first * second, window) - mean_1 * mean_2
    return np.asarray(common / np.sqrt(spread_1 * spread_2), np.float32)


def _markers(seen: Survey, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find what the scanner draws on top of the tissue: bright, thin, and still while all around it changes."""
    frames = [*seen.leading, *seen.spread]
    if len(frames) < MARKER_FRAMES:
        return np.zeros_like(mask)
    change = np.zeros(mask.shape, np.uint8)
    for frame in frames[1:]:
        change = cv2.max(change, cv2.absdiff(frame, frames[0]))
    window = (MARKER_AROUND_PX, MARKER_AROUND_PX)
    around = cv2.blur(change.astype(np.float32), window)
    rises = cv2.morphologyEx(frames[0], cv2.MORPH_TOPHAT, np.ones((MARKER_STROKE_PX, MARKER_STROKE_PX), np.uint8))
    still = (around >= MARKER_AROUND_CHANGE) & (change < MARKER_CHANGE_SHARE * around) & (rises >= MARKER_RISE)
    strokes = cv2.morphologyEx((still & mask).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strokes)
    keep = 1 + np.flatnonzero(stats[1:count, cv2.CC_STAT_AREA] >= MARKER_MIN_PX)
    return cv2.dilate(np.isin(labels, keep).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.bool_)


def _to_pixels(blocks: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    height, width = shape
    smooth = cv2.resize(blocks.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth) >= 0.5


def fill_polygon(corners: Sequence[tuple[float, float]], height: int, width: int, option: str) -> NDArray[np.bool_]:
    """Fill the polygon the user gave with an option, (height, width), clipped to the image.

    Raises
    ------
    FasciscanError
        If it has too few corners or lies outside the image.
    """
    points = np.asarray(corners, np.float64)
    if points.ndim != 2 or points.shape[1:] != (2,) or len(points) < 3 or not np.isfinite(points).all():
        raise FasciscanError("The region must be a rectangle x,y,w,h or a polygon of three corners or more.")
    filled = np.zeros((height, width), np.uint8)
    within = np.clip(points, -_FAR_PX, _FAR_PX)  # OpenCV counts in 32 bits
    cv2.fillPoly(filled, [np.round(within).astype(np.int32)], 1)
    if not filled.any():
        raise FasciscanError(f"The region lies outside the image, which is {width}×{height} px; correct {option}.")
    return filled.astype(np.bool_)

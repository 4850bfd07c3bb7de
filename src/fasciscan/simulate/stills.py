"""Stills as tissue: which part of a real picture of muscle is taken, and where its layers lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fasciscan.clip.grey import find_levels, to_luma
from fasciscan.clip.recording import Luma
from fasciscan.errors import ClipError, FasciscanError
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.scene import Texture

STILL_TOP_PX, STILL_SIDE_PX, STILL_BOTTOM_PX = 6, 44, 60
"""Edges of the stills kept out of the image: black or labelled sides, marks below, room for tissue to move in."""
LEAST_PX = 200
"""Sides of the smallest picture, as in the other broad presets (:data:`fasciscan.simulate.broad.recording.IMAGE_PX`).
Measured over 150 seeds: from 150 on every texture preset can be drawn, but a muscle holds one site; with 200 one clip
in four has a second, and rates are those of larger stills."""

FIBRES_DEG = (-20.0, 0.0)
"""Direction of the fascicles in the stills, from the x axis towards the y axis (down)."""


@dataclass(frozen=True, slots=True)
class Still:
    """A still as tissue, the size of the image it fills, and the direction of its fascicles."""

    texture: Texture
    width_px: int
    height_px: int
    fibres_deg: float


def draw_still(rng: np.random.Generator, stills: Sequence[Path | str], mm_per_px: float) -> Still:
    """Draw which still becomes the tissue, and take all of it but its edges.

    Raises
    ------
    FasciscanError
        If there is no still, or the one drawn cannot be read, is too small or shows nothing.
    """
    if not stills:
        raise FasciscanError("A texture scene needs stills; give at least one picture of muscle.")
    still = Path(sorted(map(str, stills))[int(rng.integers(len(stills)))])
    height, width = _measure_tissue(still)
    mirrored = bool(rng.random() < 0.5)
    depth = height * mm_per_px
    # Read off the stills: skin ends near 5 %, muscle begins near 22 % of the depth and goes on past the lower edge.
    layers = Layers(0.05 * depth, 0.22 * depth, 0.95 * depth, 1.3 * depth)
    texture = Texture(still, STILL_SIDE_PX, STILL_TOP_PX, mirrored, layers)
    return Still(texture, width, height, float(rng.uniform(*FIBRES_DEG)))


def read_still(still: Path) -> Luma:
    """Read a still as grey levels. What is deeper than 8 bits spans them from its darkest to its brightest value.

    Parameters
    ----------
    still
        A PNG, JPEG or TIFF picture of any depth.

    Returns
    -------
    Luma
        (height, width) uint8.

    Raises
    ------
    ClipError
        If it cannot be read.
    """
    import cv2

    grey = cv2.imread(str(still), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    if grey is None:
        raise ClipError(still, "cannot be read as a picture", "give a PNG, JPEG or TIFF still")
    # A 12-bit still fills a sixteenth of the 16 bits it is stored in, and does not say so.
    return to_luma(grey, None if grey.dtype == np.uint8 else find_levels([grey]))


def _measure_tissue(still: Path) -> tuple[int, int]:
    """Return the height and width of the part of a still that becomes the image, in whole pairs of pixels.

    Raises
    ------
    ClipError
        If it cannot be read, is too small, or is all one grey.
    """
    grey = read_still(still)
    height = (grey.shape[0] - STILL_TOP_PX - STILL_BOTTOM_PX) // 2 * 2
    width = (grey.shape[1] - 2 * STILL_SIDE_PX) // 2 * 2
    if min(height, width) < LEAST_PX:
        size = f"{grey.shape[1]}×{grey.shape[0]}"
        least = f"{LEAST_PX + 2 * STILL_SIDE_PX}×{LEAST_PX + STILL_TOP_PX + STILL_BOTTOM_PX}"
        raise ClipError(still, f"is {size} pixels", f"give a still of {least} or more")
    if np.ptp(grey[STILL_TOP_PX:, STILL_SIDE_PX:][:height, :width]) == 0:
        raise ClipError(still, "is all one grey", "give a picture of muscle")
    return height, width

"""Stills as tissue: which part of a real picture of muscle is taken, and where its layers lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fasciscan.errors import FasciscanError
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.scene import Texture

STILL_TOP_PX, STILL_SIDE_PX, STILL_BOTTOM_PX = 6, 44, 60
"""Edges of the stills kept out of the image: black or labelled sides, marks below, room for tissue to move in."""


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
        If there is no still, or the one drawn cannot be read.
    """
    import cv2

    if not stills:
        raise FasciscanError("A texture scene needs stills; give at least one picture of muscle.")
    still = Path(sorted(map(str, stills))[int(rng.integers(len(stills)))])
    grey = cv2.imread(str(still), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FasciscanError(f"{still}: cannot be read as a picture; give a PNG, JPEG or TIFF still.")
    width = (grey.shape[1] - 2 * STILL_SIDE_PX) // 2 * 2
    height = (grey.shape[0] - STILL_TOP_PX - STILL_BOTTOM_PX) // 2 * 2
    mirrored = bool(rng.random() < 0.5)
    depth = height * mm_per_px
    # Read off the stills: skin ends near 5 %, muscle begins near 22 % of the depth and goes on past the lower edge.
    layers = Layers(0.05 * depth, 0.22 * depth, 0.95 * depth, 1.3 * depth)
    texture = Texture(still, STILL_SIDE_PX, STILL_TOP_PX, mirrored, layers)
    return Still(texture, width, height, float(rng.uniform(*FIBRES_DEG)))

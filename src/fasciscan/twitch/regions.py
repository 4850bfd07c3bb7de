"""Connected regions of a map, in space or in space and time."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


def label_regions(inside: NDArray[np.bool_], *, corners: bool = False) -> tuple[NDArray[np.int32], int]:
    """Label connected regions from 1 on; 0 is outside.

    Parameters
    ----------
    inside
        Array of two dimensions or more.
    corners
        Whether touching at a corner connects.

    Returns
    -------
    labels, count
        Labels have the shape of ``inside``.
    """
    if inside.ndim == 2:
        count, flat = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8 if corners else 4)
        return np.asarray(flat, np.int32), count - 1
    from scipy import ndimage  # here: 0.3 s to import

    structure = np.ones((3,) * inside.ndim) if corners else None
    return cast("tuple[NDArray[np.int32], int]", ndimage.label(inside, structure))

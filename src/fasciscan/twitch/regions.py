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


def without_outliers(amplitude: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median of each cell and its neighbours: cells are blended, so one that stands alone has lost its match."""
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(amplitude, np.float32), 3), np.float32)


def moving_region(amplitude: NDArray[np.float32], cell: tuple[int, int], share: float) -> NDArray[np.bool_]:
    """Cells connected with ``cell`` that moved at least ``share`` as far as it, (ny, nx)."""
    labels, _ = label_regions(amplitude >= share * amplitude[cell])
    return labels == labels[cell]

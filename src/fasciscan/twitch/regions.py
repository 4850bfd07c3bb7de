"""Connected regions of a map."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def label_regions(inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Label connected regions of (ny, nx) from 1 on; 0 is outside, and touching at a corner does not connect."""
    _, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=4)
    return np.asarray(labels, np.int32)


def without_outliers(amplitude: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median of each cell and its neighbours: cells are blended, so one that stands alone has lost its match."""
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(amplitude, np.float32), 3), np.float32)


def moving_region(amplitude: NDArray[np.float32], cell: tuple[int, int], share: float) -> NDArray[np.bool_]:
    """Cells connected with ``cell`` that moved at least ``share`` as far as it, (ny, nx)."""
    labels = label_regions(amplitude >= share * amplitude[cell])
    return labels == labels[cell]

"""Whole-frame motion told from local motion: a probe moves skin and muscle alike, a twitch moves the skin less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion.grid import Grid
from fasciscan.motion.sorting import median

_SKIN_MM = 5.0
"""Depth of the strip under the probe that a twitch leaves almost still: skin and subcutis are held by the probe."""
_SKIN_SHARE = 0.2
"""The strip is at most this share of the imaged depth."""
_ENOUGH_CELLS = 150
"""A median over this many cells is far below their noise; more cost time."""


def skin_cells(grid: Grid) -> NDArray[np.bool_]:
    """Cells of the strip under the probe, (ny, nx); column by column, so that it follows a curved probe."""
    valid = grid.valid
    below_top = np.cumsum(valid, axis=0)
    depth = max(1, round(min(_SKIN_MM / grid.pitch_mm[1], _SKIN_SHARE * valid.sum(axis=0).max())))
    return valid & (below_top <= depth)


def rigid_motion(displacement: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Whole-frame displacement that both the skin and the majority of the field agree on.

    The median of the field is probe motion only as far as the strip under the probe shares it: of the two medians the
    smaller is taken, and none where they point apart. So the large twitch that moves most of the field is not taken
    for the probe, nor is a crease of the skin.

    Parameters
    ----------
    displacement
        (t, ny, nx, 2) in mm.
    grid
        The grid it was measured on.

    Returns
    -------
    NDArray
        (t, 2) in mm.
    """
    field = median(displacement[:, *some_of(grid.valid)], axis=1)
    skin = median(displacement[:, *some_of(skin_cells(grid))], axis=1)
    agree = np.sign(field) == np.sign(skin)
    return np.where(agree, np.sign(field) * np.minimum(np.abs(field), np.abs(skin)), 0).astype(np.float32)


def some_of(cells: NDArray[np.bool_], enough: int = _ENOUGH_CELLS) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of evenly spread cells among those given: enough for a median, few enough to be fast."""
    rows, cols = np.nonzero(cells)
    stride = max(1, len(rows) // enough)
    return rows[::stride], cols[::stride]

"""The motion of a whole clip in one picture: depth over time and lateral position over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Raster:
    """Local brief motion, the largest over the other axis, on the physical grid.

    ``grid_mm`` is true only when the clip has a scale; otherwise positions are in pixels alone.
    """

    times_s: NDArray[np.float64]
    """(t,) centre of each column."""
    depth_px: NDArray[np.float64]
    """(y,) image row of each cell's centre."""
    lateral_px: NDArray[np.float64]
    """(x,) image column of each cell's centre."""
    depth_time: NDArray[np.float32]
    """(t, y) excursion in mm (px without a scale), the largest over the lateral axis."""
    lateral_time: NDArray[np.float32]
    """(t, x) the same, the largest over depth."""
    rigid: NDArray[np.float32]
    """(t,) size of the whole-frame motion that was taken away."""
    unit: str
    """``"mm"`` or ``"px"``."""

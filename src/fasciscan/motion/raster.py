"""The motion of a whole clip in one picture: depth over time and lateral position over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion.maps import MotionMaps


@dataclass(frozen=True, slots=True)
class Raster:
    """Local brief motion, the largest over the other axis, on the physical grid."""

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


def draw_raster(maps: MotionMaps) -> Raster:
    """Raster of the core of one block; cells that do not stand out of their noise are 0."""
    core = (maps.times_s >= maps.core_s[0]) & (maps.times_s < maps.core_s[1])
    size = np.hypot(maps.excursion[core, ..., 0], maps.excursion[core, ..., 1])
    size[size < _NOISE_RATIO * maps.noise] = 0
    grid = maps.grid
    to_unit = 1.0 if grid.calibrated else 1 / grid.px_mm
    return Raster(
        times_s=maps.times_s[core],
        depth_px=grid.depth_px,
        lateral_px=grid.lateral_px,
        depth_time=size.max(axis=2) * np.float32(to_unit),
        lateral_time=size.max(axis=1) * np.float32(to_unit),
        rigid=np.hypot(*maps.rigid[core].T) * np.float32(to_unit),
        unit="mm" if grid.calibrated else "px",
    )


def join_rasters(blocks: Sequence[Raster]) -> Raster:
    """Lay the rasters of successive blocks, at least one, side by side."""
    first = blocks[0]
    return Raster(
        times_s=np.concatenate([block.times_s for block in blocks]),
        depth_px=first.depth_px,
        lateral_px=first.lateral_px,
        depth_time=np.concatenate([block.depth_time for block in blocks]),
        lateral_time=np.concatenate([block.lateral_time for block in blocks]),
        rigid=np.concatenate([block.rigid for block in blocks]),
        unit=first.unit,
    )


_NOISE_RATIO = 2.0
"""What is within twice its noise is drawn as rest."""

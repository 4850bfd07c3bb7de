"""Where in the picture a twitch has its centre, how sure that is, and how far its motion reaches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid
from fasciscan.twitch.regions import moving_region

_HALF = 0.5
_TOP_SHARE = 0.6
"""Cells that moved at least this share of the most vote for the epicentre: with fewer noise decides, with more the
tissue that was dragged along."""
_LEAST_SD_MM = 0.6
"""Half the reach of a blended cell: no place is known better from this grid."""


class Epicentre(NamedTuple):
    """A place on the grid, in mm from the left and top edge of the tissue."""

    x_mm: float
    y_mm: float
    sd_mm: float
    """Standard deviation, of each coordinate."""


class Ellipse(NamedTuple):
    """Ellipse of the same second moments as the region."""

    major_mm: float
    minor_mm: float
    angle_deg: float
    area_mm2: float


def find_epicentre(amplitude: NDArray[np.float32], cell: tuple[int, int], strength: float, grid: Grid) -> Epicentre:
    """Weigh the cells around the largest motion into one place.

    Parameters
    ----------
    amplitude
        (ny, nx) excursion in mm.
    cell
        (row, column) of the largest motion.
    strength
        Its ratio to the noise, for the standard deviation.
    grid
        The grid.

    Returns
    -------
    Epicentre
        With a standard deviation that joins the grid's own limit and the width of the moving region shared out by the
        strength, as for the position of any peak in noise.
    """
    region = moving_region(amplitude, cell, _TOP_SHARE)
    weight = np.where(region, amplitude - _TOP_SHARE * amplitude[cell], 0).astype(np.float64) + 1e-9 * region
    weight /= weight.sum()
    x = float(weight.sum(axis=0) @ grid.lateral_mm)
    y = float(weight.sum(axis=1) @ grid.depth_mm)
    width = np.sqrt(np.count_nonzero(region) * grid.pitch_mm[0] * grid.pitch_mm[1] / np.pi)
    return Epicentre(x, y, float(np.hypot(_LEAST_SD_MM, width / max(strength, 1.0))))


def fit_ellipse(amplitude: NDArray[np.float32], cell: tuple[int, int], grid: Grid) -> Ellipse:
    """Ellipse around what moved at least half as far as the most; motion spreads, so the motor unit is smaller."""
    region = moving_region(amplitude, cell, _HALF)
    rows, cols = np.nonzero(region)
    pitch_x, pitch_y = grid.pitch_mm
    x, y = grid.lateral_mm[cols], grid.depth_mm[rows]
    # A cell has an extent of its own: a twelfth of its squared side in each variance.
    covariance = np.cov(np.stack([x, y]), bias=True) + np.diag([pitch_x**2, pitch_y**2]) / 12
    variances, axes = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(axes[1, 1], axes[0, 1]))
    angle = (angle + 90) % 180 - 90
    minor, major = 4 * np.sqrt(variances)
    return Ellipse(float(major), float(minor), float(angle) or 0.0, float(len(rows) * pitch_x * pitch_y))

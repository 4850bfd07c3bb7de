"""Where in the picture a twitch has its centre, how sure that is, and how far its motion reaches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.judge.verdict import Verdict
from fasciscan.twitch.regions import moving_region

_HALF = 0.5
_TOP_SHARE = 0.6
"""Cells that moved at least this share of the most vote for the epicentre: with fewer noise decides, with more the
tissue that was dragged along."""
_LEAST_SD_MM, _WIDTH_SD = 0.5, 0.18
"""What is known of the start of a motion from where most of it is: half a cell, and this share of its width. With them
71 % and 90 % of 115 simulated twitches lie within one and two deviations (seeds 200000-200059)."""
_TO_DISTANCE = 1.3
"""The network tells the deviation of a coordinate; of a distance in the plane it is larger."""
_TOLD_SD, _APART_SD = 1.1, 0.7
"""What the deviation the network tells, and the distance between its place and the other, count in that of both. On the
clips of seeds 200000-200249 73 % and 93 % of 352 twitches lie within one and two deviations with these."""


class Epicentre(NamedTuple):
    """A place on the grid, in mm from the left and top edge of the tissue."""

    x_mm: float
    y_mm: float
    sd_mm: float
    """Distance within which the true place lies in 68 of 100 cases, and within twice of it in 95."""


class Ellipse(NamedTuple):
    """Ellipse of the same second moments as the region."""

    major_mm: float
    minor_mm: float
    angle_deg: float
    area_mm2: float


def tell_epicentre(candidate: Candidate, verdict: Verdict, grid: Grid) -> Epicentre:
    """Tell where a twitch started: the mean of what the network says and of where most of the motion is.

    Each counts by the inverse of its variance; without a network the second stands alone. The network is the better
    one on motion as it was trained on, the other on motion that spreads farther; where they differ, neither is sure.

    Notes
    -----
    Measured and left out, as they made it worse: where motion is earliest (90th percentile of the error 3.9 mm; the
    network's is 1.1 mm), where the strain is largest (2.3 mm), and the mean of either with the network's place.
    """
    moved = find_epicentre(candidate.amplitude, candidate.cell, candidate.strength, grid)
    told = verdict.start_mm(candidate, grid)
    if told is None or verdict.shift_sd_mm is None:
        return moved
    most = np.array([moved.x_mm, moved.y_mm])
    weight = (_TO_DISTANCE * verdict.shift_sd_mm) ** -2
    place = (weight * told + moved.sd_mm**-2 * most) / (weight + moved.sd_mm**-2)
    apart = float(np.linalg.norm(told - most))
    return Epicentre(
        float(place[0]), float(place[1]), float(np.hypot(_TOLD_SD * verdict.shift_sd_mm, _APART_SD * apart))
    )


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
        With a standard deviation that joins the grid's own limit, a share of the width of what moved, since the middle
        of a wide motion need not be its start, and that width over the strength, as for any peak in noise.
    """
    region = moving_region(amplitude, cell, _TOP_SHARE)
    weight = np.where(region, amplitude - _TOP_SHARE * amplitude[cell], 0).astype(np.float64) + 1e-9 * region
    weight /= weight.sum()
    x = float(weight.sum(axis=0) @ grid.lateral_mm)
    y = float(weight.sum(axis=1) @ grid.depth_mm)
    width = float(np.sqrt(np.count_nonzero(region) * grid.pitch_mm[0] * grid.pitch_mm[1] / np.pi))
    return Epicentre(x, y, float(np.linalg.norm([_LEAST_SD_MM, _WIDTH_SD * width, width / max(strength, 1.0)])))


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

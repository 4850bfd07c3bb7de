"""Motion maps with the broad motion taken out: in a tremor, a breath or a contraction, what moves by itself remains.

Like the motion of the whole frame, what most of the tissue shares can be told and subtracted. It bends over the
picture, so a polynomial of place is fitted to each frame; a territory of a few millimetres hardly enters it, since the
fit is robust. A twitch that moves most of the field goes with it: these maps are for a second look.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion.grid import Grid
from fasciscan.motion.maps import MotionMaps, lay_anew
from fasciscan.motion.rigid import some_of
from fasciscan.motion.sorting import median

_DEGREE = 3
"""Of the polynomial (docs/motion.md)."""
_CELLS = 250
"""Cells it is fitted to."""
_ROUNDS = 4
"""Of reweighting; the first is plain least squares."""
_USUAL = 1.2
"""Times the median distance at which a cell counts half (Cauchy's weight)."""
_LEAST_MM = 1e-4
_RIDGE = 1e-6
_UNIT_MM = 20.0
"""Length in which places are counted, so that all powers of them are of one order."""
_MOVING_MM = 0.012
"""Excursion of the field from which on there is something to take out: less is noise."""
_AROUND_S = 1.0
"""It is taken out from so long before to so long after, since a path is followed beyond its motion."""


def steady(maps: MotionMaps) -> MotionMaps:
    """Take the broad motion out of a block of maps, at the moments at which there is any.

    Parameters
    ----------
    maps
        As measured; they stay as they are.

    Returns
    -------
    MotionMaps
        Of the same times and places. Vectors are against the broad motion of the field; the frame difference, the
        errors and the whole-frame motion are as measured. The maps themselves if there is nothing to take out.

    References
    ----------
    Holland PW, Welsch RE. Robust regression using iteratively reweighted least-squares. Commun Stat Theory Methods
    1977;6:813-827.
    """
    frames = maps.frames
    at = _near(frames.times_s, maps.times_s[maps.field > _MOVING_MM])
    if not len(at):
        return maps
    step, lagged = frames.step.copy(), frames.lagged.copy()
    for moved in (step, lagged):
        moved[at] -= _broad(moved[at], maps.grid)
    return lay_anew(maps, replace(frames, step=step, lagged=lagged))


def _near(times_s: NDArray[np.float64], moving_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Tell which of these times lie near one at which the field moves."""
    first, after = (np.searchsorted(moving_s, times_s + way * _AROUND_S) for way in (-1, 1))
    return np.flatnonzero(after > first)


def _broad(displacement: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Motion (n, ny, nx, 2) that the field shares; 0 outside the tissue."""
    shapes = _shapes(grid)
    terms, count = len(shapes), len(displacement)
    rows, cols = some_of(grid.valid, _CELLS)
    basis = np.ascontiguousarray(shapes[:, rows, cols])
    products = (basis[:, None] * basis[None]).reshape(terms * terms, -1).T
    seen = np.ascontiguousarray(np.moveaxis(displacement[:, rows, cols], -1, 1))
    weight = np.ones((count, len(rows)), np.float32)
    fit = np.zeros((count, 2, terms), np.float32)
    for _ in range(_ROUNDS):
        normal = (weight @ products).reshape(count, terms, terms) + _RIDGE * np.eye(terms)
        right = (weight[:, None] * seen) @ basis.T
        fit = np.moveaxis(np.linalg.solve(normal, np.moveaxis(right, 1, -1)), -1, 1).astype(np.float32)
        x, y = np.moveaxis(seen - fit @ basis, 1, 0)
        away2 = x * x + y * y
        usual2 = np.maximum(median(away2, axis=1), _LEAST_MM**2)[:, None]
        weight = 1 / (1 + away2 / (_USUAL**2 * usual2))
    broad = (fit @ (shapes * grid.valid).reshape(terms, -1)).reshape(count, 2, *grid.shape)
    return np.moveaxis(broad, 1, -1)


def _shapes(grid: Grid) -> NDArray[np.float32]:
    """(terms, ny, nx) products of powers of place, up to the degree."""
    x, y = np.meshgrid(
        (grid.lateral_mm - grid.lateral_mm.mean()) / _UNIT_MM, (grid.depth_mm - grid.depth_mm.mean()) / _UNIT_MM
    )
    powers = [x**i * y**j for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
    return np.stack(powers).astype(np.float32)

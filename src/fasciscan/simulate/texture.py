"""Tissue from a real still: its grey levels are carried along by the displacement field and turned into echo strength.

The second mode of the simulator. Speckle that is warped never decorrelates, so what holds here need not hold on a
scanner; the main mode images moving scatterers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
from numpy.typing import NDArray

from fasciscan.errors import ClipError
from fasciscan.simulate.displacement import GRID_MM, FieldGrid
from fasciscan.simulate.scene import Scene, Texture
from fasciscan.simulate.stills import read_still

INVERSION_STEPS = 3
"""Fixed-point steps from Lagrangian to Eulerian field; each gains a factor of the strain (< 0.1), so 3 do."""


def scan_texture(scene: Scene, times_s: NDArray[np.float64]) -> Iterator[NDArray[np.float32]]:
    """Image a scene whose tissue is a still.

    Parameters
    ----------
    scene
        A scene with a :class:`Texture`.
    times_s
        (n,) times of the pictures.

    Yields
    ------
    array (height, width), float32
        Echo amplitude without noise, 1 at the brightest grey.

    Raises
    ------
    ClipError
        If the still cannot be read or is smaller than the image.
    """
    assert isinstance(scene.tissue, Texture)
    from scipy.ndimage import spline_filter  # here: 0.2 s to import

    grey = _read_still(scene.tissue, scene.width_px, scene.height_px)
    spline = spline_filter(grey, order=3, mode="mirror").astype(np.float32)
    field = FieldGrid(scene)
    range_db = scene.machine.dynamic_range_db
    for t in times_s:
        source = _invert(field.at(float(t))[:2])
        yield _warp(
            spline,
            source / np.float32(scene.mm_per_px),
            np.float32(field.x_mm[0] / scene.mm_per_px),
            np.float32(field.y_mm[0] / scene.mm_per_px),
            np.float32(GRID_MM / scene.mm_per_px),
            scene.tissue.crop_x_px,
            scene.tissue.crop_y_px,
            scene.height_px,
            scene.width_px,
            np.float32(range_db / 20 * np.log(10)),
        )


def _read_still(texture: Texture, width: int, height: int) -> NDArray[np.float32]:
    grey = read_still(texture.still)
    if grey.shape[0] < texture.crop_y_px + height or grey.shape[1] < texture.crop_x_px + width:
        size = f"{grey.shape[1]}×{grey.shape[0]}"
        raise ClipError(texture.still, f"is {size} pixels, less than the clip needs", "give a larger still")
    return np.ascontiguousarray(grey[:, ::-1] if texture.mirrored else grey).astype(np.float32)


def _invert(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn the displacement at rest positions into the displacement of what is now at each position."""
    here = field
    for _ in range(INVERSION_STEPS):
        here = _sample_behind(field, here / np.float32(GRID_MM))
    return here


@numba.njit(cache=True, nogil=True)
def _sample_behind(field, shift):  # pragma: no cover - compiled
    """Sample ``field`` (2, gy, gx) at each node minus ``shift`` (in nodes), bilinearly, the edge repeated."""
    _, rows, columns = field.shape
    out = np.empty_like(field)
    for r in range(rows):
        for c in range(columns):
            y = min(max(r - shift[1, r, c], 0.0), rows - 1.001)
            x = min(max(c - shift[0, r, c], 0.0), columns - 1.001)
            y0, x0 = int(y), int(x)
            fy, fx = y - y0, x - x0
            for k in range(2):
                top = field[k, y0, x0] * (1 - fx) + field[k, y0, x0 + 1] * fx
                low = field[k, y0 + 1, x0] * (1 - fx) + field[k, y0 + 1, x0 + 1] * fx
                out[k, r, c] = top * (1 - fy) + low * fy
    return out


@numba.njit(cache=True, nogil=True, fastmath=True)
def _warp(
    spline, shift, x0_px, y0_px, step_px, crop_x, crop_y, height, width, log_range
):  # pragma: no cover - compiled
    """Evaluate the cubic B-spline of a still behind the field, and take grey to amplitude."""
    rows, columns = spline.shape
    out = np.empty((height, width), np.float32)
    wx = np.empty(4, np.float32)
    wy = np.empty(4, np.float32)
    one = np.float32(1)
    for r in range(height):
        gy = (r + np.float32(0.5) - y0_px) / step_px
        gr = int(gy)
        fy = gy - gr
        for c in range(width):
            gx = (c + np.float32(0.5) - x0_px) / step_px
            gc = int(gx)
            fx = gx - gc
            a, b = (one - fy) * (one - fx), (one - fy) * fx
            d, e = fy * (one - fx), fy * fx
            dx = (
                a * shift[0, gr, gc]
                + b * shift[0, gr, gc + 1]
                + d * shift[0, gr + 1, gc]
                + e * shift[0, gr + 1, gc + 1]
            )
            dy = (
                a * shift[1, gr, gc]
                + b * shift[1, gr, gc + 1]
                + d * shift[1, gr + 1, gc]
                + e * shift[1, gr + 1, gc + 1]
            )
            x, y = c + crop_x - dx, r + crop_y - dy
            ix, iy = int(np.floor(x)), int(np.floor(y))
            _spline_weights(np.float32(x - ix), wx)
            _spline_weights(np.float32(y - iy), wy)
            grey = np.float32(0)
            for j in range(4):
                row = min(max(iy - 1 + j, 0), rows - 1)
                line = np.float32(0)
                for i in range(4):
                    line += wx[i] * spline[row, min(max(ix - 1 + i, 0), columns - 1)]
                grey += wy[j] * line
            out[r, c] = np.exp((grey / np.float32(255) - one) * log_range)
    return out


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _spline_weights(f, w):  # pragma: no cover - compiled
    """Cubic B-spline weights (Unser 1999) of the four neighbours at fraction ``f``."""
    one, six = np.float32(1), np.float32(6)
    g = one - f
    w[0] = g * g * g / six
    w[1] = np.float32(2) / np.float32(3) - f * f * (np.float32(2) - f) / np.float32(2)
    w[2] = np.float32(2) / np.float32(3) - g * g * (np.float32(2) - g) / np.float32(2)
    w[3] = f * f * f / six

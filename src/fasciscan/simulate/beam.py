"""The scanner's beam: sums the echoes of moving scatterers through pulse and beam width to the envelope it detects."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.displacement import GRID_MM, FieldGrid
from fasciscan.simulate.machine import noise_level
from fasciscan.simulate.motions import FWHM_TO_SD
from fasciscan.simulate.phantom import ELEVATION_MM, build_phantom
from fasciscan.simulate.scene import Phantom, Scene

SOUND_MM_PER_US = 1.54
"""Speed of sound in soft tissue."""
SPLAT_VARIANCE = 0.25
"""Variance, in cells squared, of the quadratic B-spline that puts a scatterer on the grid: the same at any position."""
KERNEL_SDS = 3.0
"""Kernels end here; 0.3 % of a Gaussian lies beyond."""
FOCAL_RANGE = 0.8
"""Distance from the focus, in focal depths, at which the beam is √2 wider; f/2 to f/4 apertures at 6-12 MHz."""
SMOOTHING_CELLS = 0.7
"""Scanners smooth the compressed picture, which fills the black voids of speckle; stills show hardly any."""
GRID_EDGE_MM = 2.0
"""Echoes from this far outside the image still reach into it."""


class Beam:
    """Images the phantom of a scene, picture by picture.

    Echoes are summed at baseband. A scatterer displaced by u turns its phase by 4π f u_y / c (axial), moves on the
    grid, and gains or loses weight as it nears or leaves the scan plane; so speckle follows the tissue, and
    decorrelates with strain, with motion during the sweep of the beam, and with motion across the plane.

    References
    ----------
    Bamber JC, Dickinson RJ. Ultrasonic B-scanning: a computer simulation. Phys Med Biol 1980;25:463-479.
    """

    def __init__(self, scene: Scene, tissue_generator: np.random.Generator):
        assert isinstance(scene.tissue, Phantom)
        tissue = scene.tissue
        self._scene = scene
        self._turn = np.float32(4 * np.pi * tissue.frequency_mhz / SOUND_MM_PER_US)
        self._scatterers = build_phantom(scene, tissue_generator)
        self._field = FieldGrid(scene)
        # One cell per standard deviation: with the B-spline's own width the sum has the wanted one.
        self._cell_y = tissue.axial_mm * FWHM_TO_SD
        self._cell_x = tissue.lateral_mm * FWHM_TO_SD
        self._rows = int((scene.height_mm + 2 * GRID_EDGE_MM) / self._cell_y) + 1
        self._columns = int((scene.width_mm + 2 * GRID_EDGE_MM) / self._cell_x) + 1
        depth = np.arange(self._rows) * self._cell_y - GRID_EDGE_MM
        self._axial = _gaussian(np.array([1.0]) - SPLAT_VARIANCE)[0]
        spread = 1 + ((depth - tissue.focus_mm) / (FOCAL_RANGE * tissue.focus_mm)) ** 2
        # Unit-sum kernels weaken with width; scaling by the peak keeps echo levels as the phantom means them.
        self._lateral = _gaussian(spread - SPLAT_VARIANCE)
        lost_db = tissue.attenuation_db_per_cm * np.maximum(depth, 0) / 10
        self._gain = (2 * np.pi * spread**0.25 * 10 ** (-lost_db / 20)).astype(np.float32)
        self._noise = noise_level(scene.machine, depth) / np.float32(np.sqrt(2))

    def scan(self, times_s: NDArray[np.float64], noise_generator: np.random.Generator) -> Iterator[NDArray[np.float32]]:
        """Image the tissue at times.

        Yields
        ------
        array (rows, columns), float32
            Envelope with noise on the beam's own grid, 1 at the brightest grey; :meth:`convert` takes it to pixels.
        """
        still = self._scatterers
        thickness = np.float32(0.5 / (ELEVATION_MM * FWHM_TO_SD) ** 2)
        grid = np.empty((2, self._rows, self._columns), np.float32)
        for t in times_s:
            grid[:] = 0
            _splat(
                still.x_mm,
                still.y_mm,
                still.z_mm,
                still.amplitude,
                self._field.at(float(t)),
                np.float32(self._field.x_mm[0]),
                np.float32(1 / GRID_MM),
                self._turn,
                thickness,
                np.float32(-GRID_EDGE_MM),
                np.float32(1 / self._cell_x),
                np.float32(1 / self._cell_y),
                grid,
            )
            noise = noise_generator.standard_normal(grid.shape, np.float32)
            yield _detect(grid, self._axial, self._lateral, self._gain, noise, self._noise)

    def convert(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scan-convert a compressed picture from beams to (height, width) pixels."""
        import cv2

        scale = self._scene.mm_per_px
        matrix = np.array(
            [
                [scale / self._cell_x, 0, (0.5 * scale + GRID_EDGE_MM) / self._cell_x],
                [0, scale / self._cell_y, (0.5 * scale + GRID_EDGE_MM) / self._cell_y],
            ]
        )
        size = (self._scene.width_px, self._scene.height_px)
        smooth = cv2.GaussianBlur(picture, (0, 0), SMOOTHING_CELLS)
        cubic = cv2.warpAffine(smooth, matrix, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
        return np.clip(cubic, 0, 255).astype(np.float32, copy=False)


def _gaussian(variance: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (n, taps) symmetric kernels of unit sum, one for each variance in cells squared."""
    reach = int(np.ceil(KERNEL_SDS * np.sqrt(variance.max())))
    kernels = np.exp(-0.5 * np.arange(-reach, reach + 1) ** 2 / variance[:, None])
    return (kernels / kernels.sum(axis=1, keepdims=True)).astype(np.float32)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _splat(
    xs, ys, zs, amplitudes, field, field_start, per_field, turn, thickness, start, per_x, per_y, grid
):  # pragma: no cover - compiled
    """Add every scatterer, displaced and turned, to ``grid`` (2, rows, columns) with a quadratic B-spline."""
    _, rows, columns = grid.shape
    one, half = np.float32(1), np.float32(0.5)
    last_row, last_column = field.shape[1] - 2, field.shape[2] - 2
    for n in range(len(xs)):
        fx, fy = (xs[n] - field_start) * per_field, (ys[n] - field_start) * per_field
        c, r = min(max(int(fx), 0), last_column), min(max(int(fy), 0), last_row)
        fx -= c
        fy -= r
        w00, w01, w10, w11 = (one - fy) * (one - fx), (one - fy) * fx, fy * (one - fx), fy * fx
        ux = w00 * field[0, r, c] + w01 * field[0, r, c + 1] + w10 * field[0, r + 1, c] + w11 * field[0, r + 1, c + 1]
        uy = w00 * field[1, r, c] + w01 * field[1, r, c + 1] + w10 * field[1, r + 1, c] + w11 * field[1, r + 1, c + 1]
        uz = w00 * field[2, r, c] + w01 * field[2, r, c + 1] + w10 * field[2, r + 1, c] + w11 * field[2, r + 1, c + 1]
        gx, gy = (xs[n] + ux - start) * per_x, (ys[n] + uy - start) * per_y
        col, row = int(gx + half), int(gy + half)
        if col < 1 or row < 1 or col >= columns - 1 or row >= rows - 1:
            continue
        weight = np.exp(-thickness * (zs[n] + uz) ** 2)
        cos, sin = weight * np.cos(turn * uy), weight * np.sin(turn * uy)
        re, im = amplitudes[n].real, amplitudes[n].imag
        in_phase, quadrature = re * cos + im * sin, im * cos - re * sin
        dx, dy = gx - col, gy - row
        x0, x1, x2 = half * (half - dx) ** 2, np.float32(0.75) - dx * dx, half * (half + dx) ** 2
        y0, y1, y2 = half * (half - dy) ** 2, np.float32(0.75) - dy * dy, half * (half + dy) ** 2
        for j, wy in enumerate((y0, y1, y2)):
            a, b = wy * in_phase, wy * quadrature
            k = row - 1 + j
            grid[0, k, col - 1] += a * x0
            grid[0, k, col] += a * x1
            grid[0, k, col + 1] += a * x2
            grid[1, k, col - 1] += b * x0
            grid[1, k, col] += b * x1
            grid[1, k, col + 1] += b * x2


@numba.njit(cache=True, nogil=True, fastmath=True)
def _detect(grid, axial, lateral, gain, noise, noise_sd):  # pragma: no cover - compiled
    """Convolve with pulse and beam, add noise, and take the magnitude."""
    _, rows, columns = grid.shape
    reach_y, reach_x = len(axial) // 2, lateral.shape[1] // 2
    power = np.zeros((rows, columns), np.float32)
    line = np.empty(columns, np.float32)
    wide = np.empty(columns, np.float32)
    for k in range(2):
        for r in range(rows):
            line[:] = 0
            for j in range(max(-reach_y, -r), min(reach_y, rows - 1 - r) + 1):
                w = axial[j + reach_y]
                for c in range(columns):
                    line[c] += w * grid[k, r + j, c]
            wide[:] = 0
            for i in range(-reach_x, reach_x + 1):
                w = lateral[r, i + reach_x] * gain[r]
                low, high = max(0, -i), min(columns, columns - i)
                for c in range(low, high):
                    wide[c] += w * line[c + i]
            for c in range(columns):
                value = wide[c] + noise_sd[r] * noise[k, r, c]
                power[r, c] += value * value
    return np.sqrt(power)

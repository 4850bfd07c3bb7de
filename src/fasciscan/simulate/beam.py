"""The scanner's beam: sums the echoes of moving scatterers through pulse and beam width to the envelope it detects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.displacement import GRID_MM, FieldGrid
from fasciscan.simulate.geometry import Sector
from fasciscan.simulate.machine import noise_level, shadow_gain
from fasciscan.simulate.motions import FWHM_TO_SD
from fasciscan.simulate.phantom import ELEVATION_MM, Scatterers, build_phantom
from fasciscan.simulate.scene import Imaging, Phantom, Scene

if TYPE_CHECKING:
    import cv2.typing

SOUND_MM_PER_US = 1.54
"""Speed of sound in soft tissue."""
SPLAT_VARIANCE = 0.25
"""Variance, in cells squared, of the quadratic B-spline that puts a scatterer on the grid: the same at any position."""
NEGLIGIBLE = np.float32(1e-4)
"""Weights of a kernel below this are left out."""
KERNEL_SDS = 3.0
"""Kernels end here; 0.3 % of a Gaussian lies beyond."""
FOCAL_RANGE = 0.8
"""Distance from the focus, in focal depths, at which the beam is √2 wider; f/2 to f/4 apertures at 6-12 MHz."""
SMOOTHING_CELLS = 0.7
"""Scanners smooth the compressed picture, which fills the black voids of speckle; stills show hardly any."""
EDGE_SDS = 2.5
"""Echoes from this many standard deviations of pulse and beam outside the image still reach into it."""
STILL_MM = 5e-4
"""Tissue that moved less than this since it was last summed is not summed again: 0.5 µm is 0.01 of the smallest pixel,
and turns the phase by 0.04 at 10 MHz."""
PHASES = 2048
"""Steps of the table of phases: rounding errors then lie 60 dB under the echo, at the level of the noise."""
WHOLE_TURNS = 512 * PHASES
"""Added to phases to make them positive, so that rounding towards zero rounds down."""
WEIGHTS = 2048
WEIGHT_SDS = 4.0
"""Range and steps of the table of the plane's sensitivity; beyond it nothing is seen."""
LOBES = ((2.9, -1.0), (4.6, 0.6))
"""Where side lobes lie, in standard deviations of the beam, and their signs and sizes relative to the first."""
TAIL_CELLS = 1.8
"""Length over which the ringing of a pulse dies away, in its standard deviations."""
EDGE_PX = 1.5
"""Width of the edges a scanner sharpens."""
BANK_PICTURES = 3
"""Noise is drawn once, enough for this many pictures, and each begins at another place in it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What is special to one direction of the beam: phases at rest, and how they turn with displacement."""

    amplitude: NDArray[np.complex64]
    turn_x: np.float32
    """Steps of the table of phases per mm."""
    turn_y: np.float32

    @classmethod
    def towards(cls, angle: float, frequency_mhz: float, scatterers: Scatterers) -> _Look:
        turns_per_mm = 2 * frequency_mhz / SOUND_MM_PER_US
        amplitude = scatterers.amplitude
        if angle:
            # Seen at an angle the ways to scatterers differ with x, so each look has its own speckle.
            amplitude = amplitude * np.exp(-2j * np.pi * turns_per_mm * np.sin(angle) * scatterers.x_mm)
        steps = turns_per_mm * PHASES
        return cls(amplitude.astype(np.complex64), np.float32(steps * np.sin(angle)), np.float32(steps * np.cos(angle)))


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
        self._scene, self._tissue = scene, tissue
        self._field = FieldGrid(scene)
        # One cell per standard deviation: with the B-spline's own width the sum has the wanted one. Rounded so that
        # the picture is a whole number of cells and can be enlarged to pixels without a shift.
        width, depth = scene.beam_size_mm
        self._inner = round(depth / (tissue.axial_mm * FWHM_TO_SD)), round(width / (tissue.lateral_mm * FWHM_TO_SD))
        self._cell_y, self._cell_x = depth / self._inner[0], width / self._inner[1]
        widest = _spread_of_beam(tissue, np.array([0.0, depth])).max()
        self._edge = int(np.ceil(EDGE_SDS)) + 1, int(np.ceil(EDGE_SDS * np.sqrt(widest))) + 1
        self._shape = self._inner[0] + 2 * self._edge[0], self._inner[1] + 2 * self._edge[1]
        self._start_y, self._start_x = (0.5 - self._edge[0]) * self._cell_y, (0.5 - self._edge[1]) * self._cell_x
        rows = self._start_y + np.arange(self._shape[0]) * self._cell_y
        self._columns_mm = self._start_x + np.arange(self._shape[1]) * self._cell_x
        self._scatterers = self._within_reach(build_phantom(scene, tissue_generator))
        angles = np.radians(tissue.imaging.angles_deg if tissue.imaging else (0.0,))
        self._looks = [_Look.towards(angle, tissue.frequency_mhz, self._scatterers) for angle in angles]
        spread = _spread_of_beam(tissue, rows)
        # Unit-sum kernels weaken with width; scaling by the peak keeps echo levels as the phantom means them.
        self._axial, self._lateral = _point_spread(tissue.imaging, spread)
        lost_db = tissue.attenuation_db_per_cm * np.maximum(rows, 0) / 10
        self._gain = (2 * np.pi * spread**0.25 * 10 ** (-lost_db / 20)).astype(np.float32)
        self._noise = noise_level(scene.machine, rows) / np.float32(np.sqrt(2))
        self._maps = _fan_maps(scene, tissue.layers.sector, self._inner) if tissue.layers.sector else None

    def scan(self, times_s: NDArray[np.float64], noise_generator: np.random.Generator) -> Iterator[NDArray[np.float32]]:
        """Image the tissue at times.

        Yields
        ------
        array (rows, columns), float32
            Envelope with noise on the beam's own grid, 1 at the brightest grey; :meth:`convert` takes it to pixels.
        """
        echoes = [np.empty((*self._shape, 2), np.float32) for _ in self._looks]
        size = echoes[0].size
        bank = noise_generator.standard_normal((BANK_PICTURES + 1) * size, np.float32)
        starts = noise_generator.integers(BANK_PICTURES * size, size=(len(times_s), len(echoes)))
        summed: NDArray[np.float32] | None = None
        for t, begin in zip(times_s, starts, strict=True):
            field = self._field.at(float(t))
            if summed is None or np.abs(field - summed).max() > STILL_MM:
                summed = field
                for look, echo in zip(self._looks, echoes, strict=True):
                    self._sum_echoes(look, field, echo)
            shading = shadow_gain(self._scene, self._columns_mm, float(t))
            seen = [
                _detect(echo, shading, bank[start : start + size].reshape(echo.shape), self._noise)
                for echo, start in zip(echoes, begin, strict=True)
            ]
            yield seen[0] if len(seen) == 1 else np.mean(seen, axis=0)

    def convert(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Scan-convert a compressed picture from beams to (height, width) pixels."""
        import cv2

        imaging = self._tissue.imaging
        if imaging is not None and imaging.median:
            picture = cv2.medianBlur(picture, 3).astype(np.uint8, copy=False)
        smooth = cv2.GaussianBlur(picture, (0, 0), SMOOTHING_CELLS)
        (y, x), (rows, columns) = self._edge, self._inner
        inner = smooth[y : y + rows, x : x + columns]
        if self._maps is not None:
            pixels = cv2.remap(inner, *self._maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        else:
            size = (self._scene.width_px, self._scene.height_px)
            pixels = cv2.resize(inner, size, interpolation=cv2.INTER_CUBIC)
        if imaging is None or imaging.sharpening == 0:
            return np.asarray(pixels, np.uint8)
        soft = cv2.GaussianBlur(pixels, (0, 0), EDGE_PX)
        sharp = cv2.addWeighted(pixels, 1 + imaging.sharpening, soft, -imaging.sharpening, 0)
        return np.asarray(sharp, np.uint8)

    def _sum_echoes(self, look: _Look, field: NDArray[np.float32], echo: NDArray[np.float32]) -> None:
        """Sum all scatterers, displaced by a field, into the complex picture ``echo`` (rows, columns, 2)."""
        still = self._scatterers
        grid = np.zeros_like(echo)
        _splat(
            still.x_mm,
            still.y_mm,
            still.z_mm,
            look.amplitude,
            np.ascontiguousarray(np.moveaxis(field, 0, -1)),
            np.float32(self._field.x_mm[0]),
            np.float32(1 / GRID_MM),
            look.turn_x,
            look.turn_y,
            _PHASE_TABLE,
            np.float32(WEIGHTS / (WEIGHT_SDS * ELEVATION_MM * FWHM_TO_SD)),
            _WEIGHT_TABLE,
            np.float32(self._start_x),
            np.float32(self._start_y),
            np.float32(1 / self._cell_x),
            np.float32(1 / self._cell_y),
            grid.ravel(),
            *self._shape,
        )
        _spread(grid, self._axial, self._lateral, self._gain, echo)

    def _within_reach(self, all_of_them: Scatterers) -> Scatterers:
        """Leave out the scatterers that never come near enough to be seen."""
        room = self._field.farthest_mm()
        x, y = all_of_them.x_mm, all_of_them.y_mm
        near = (np.abs(x - self._columns_mm.mean()) < np.ptp(self._columns_mm) / 2 + room) & (
            np.abs(y - self._scene.beam_size_mm[1] / 2) < self._shape[0] * self._cell_y / 2 + room
        )
        return Scatterers(x[near], y[near], all_of_them.z_mm[near], all_of_them.amplitude[near])


def _fan_maps(scene: Scene, sector: Sector, inner: tuple[int, int]) -> tuple[cv2.typing.MatLike, cv2.typing.MatLike]:
    """Tell for each pixel where in the grid of beams it lies, as OpenCV's remapping takes it."""
    import cv2

    x = (np.arange(scene.width_px) + 0.5) * scene.mm_per_px
    y = (np.arange(scene.height_px) + 0.5) * scene.mm_per_px
    s, d = sector.to_beam(x[None, :], y[:, None])
    column = (s / sector.span_mm * inner[1] - 0.5).astype(np.float32)
    row = (d / sector.depth_mm * inner[0] - 0.5).astype(np.float32)
    maps = cv2.convertMaps(column, row, cv2.CV_16SC2)
    return maps[0], maps[1]


def _spread_of_beam(tissue: Phantom, depth_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the beam's variance at depths, 1 at the focus."""
    return 1 + ((depth_mm - tissue.focus_mm) / (FOCAL_RANGE * tissue.focus_mm)) ** 2


def _point_spread(
    imaging: Imaging | None, spread: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the kernels of the pulse (taps,) and of the beam at each row (rows, taps), of unit sum when Gaussian."""
    axial, lateral = _gaussian(np.array([1.0]) - SPLAT_VARIANCE)[0], _gaussian(spread - SPLAT_VARIANCE)
    if imaging is None:
        return axial, lateral
    reach = len(axial) // 2
    after = np.arange(reach + 2)
    tail = imaging.tail * axial[reach] * np.exp(-after / TAIL_CELLS) * (1 - np.exp(-after))
    long = np.pad(axial, 2).astype(np.float64)
    long[-len(after) :] += tail
    # Lobes beside the beam, of alternating sign as those of an aperture with sharp rims.
    taps = lateral.shape[1] // 2
    wide = int(np.ceil(LOBES[-1][0] * np.sqrt(spread.max()))) + taps
    x = np.arange(-wide, wide + 1)
    sharp = np.pad(lateral, ((0, 0), (wide - taps, wide - taps))).astype(np.float64)
    for distance, sign in LOBES:
        for side in (-1, 1):
            offset = x - side * distance * np.sqrt(spread)[:, None]
            sharp += sign * imaging.side_lobe * lateral.max(1)[:, None] * np.exp(-0.5 * offset**2 / spread[:, None])
    return long.astype(np.float32), sharp.astype(np.float32)


def _gaussian(variance: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (n, taps) symmetric kernels of unit sum, one for each variance in cells squared."""
    reach = int(np.ceil(KERNEL_SDS * np.sqrt(variance.max())))
    kernels = np.exp(-0.5 * np.arange(-reach, reach + 1) ** 2 / variance[:, None])
    return (kernels / kernels.sum(axis=1, keepdims=True)).astype(np.float32)


_TURNS = 2 * np.pi * np.arange(PHASES) / PHASES
_PHASE_TABLE = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1).astype(np.float32)
_WEIGHT_TABLE = np.exp(-0.5 * (np.arange(WEIGHTS) * WEIGHT_SDS / WEIGHTS) ** 2).astype(np.float32)
_WEIGHT_TABLE[-1] = 0


@numba.njit(cache=True, nogil=True, fastmath=True)
def _splat(
    xs, ys, zs, amplitudes, field, field_start, per_field, turn_x, turn_y, phases, per_z, weights,
    start_x, start_y, per_x, per_y, grid, rows, columns,
):  # fmt: skip # pragma: no cover - compiled
    """Add every scatterer, displaced and turned, to the flat ``grid`` (rows, columns, 2) with a quadratic B-spline."""
    one, half, most = np.float32(1), np.float32(0.5), np.float32(0.75)
    last_row, last_column = np.int32(field.shape[0] - 2), np.int32(field.shape[1] - 2)
    last_weight, wrap = np.int32(len(weights) - 1), np.int32(len(phases) - 1)
    whole_turns = np.float32(WHOLE_TURNS + 0.5)
    # Unsigned indices spare the check for negative ones, a quarter of the time.
    i1, i2, i3, i4, i5 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(5)
    stride = np.uint64(2 * columns)
    for n in range(len(xs)):
        fx, fy = (xs[n] - field_start) * per_field, (ys[n] - field_start) * per_field
        c, r = min(max(np.int32(fx), 0), last_column), min(max(np.int32(fy), 0), last_row)
        fx -= np.float32(c)
        fy -= np.float32(r)
        w00, w01, w10, w11 = (one - fy) * (one - fx), (one - fy) * fx, fy * (one - fx), fy * fx
        a, b, d, e = field[r, c], field[r, c + 1], field[r + 1, c], field[r + 1, c + 1]
        ux = w00 * a[0] + w01 * b[0] + w10 * d[0] + w11 * e[0]
        uy = w00 * a[1] + w01 * b[1] + w10 * d[1] + w11 * e[1]
        uz = w00 * a[2] + w01 * b[2] + w10 * d[2] + w11 * e[2]
        gx, gy = (xs[n] + ux - start_x) * per_x, (ys[n] + uy - start_y) * per_y
        col, row = np.int32(gx + half), np.int32(gy + half)
        if col < 1 or row < 1 or col >= columns - 1 or row >= rows - 1:
            continue
        weight = weights[min(np.int32(abs(zs[n] + uz) * per_z + half), last_weight)]
        phase = np.int32(turn_y * uy + turn_x * ux + whole_turns) & wrap
        cos, sin = weight * phases[phase, 0], weight * phases[phase, 1]
        re, im = amplitudes[n].real, amplitudes[n].imag
        in_phase, quadrature = re * cos + im * sin, im * cos - re * sin
        dx, dy = gx - np.float32(col), gy - np.float32(row)
        x0, x1, x2 = half * (half - dx) ** 2, most - dx * dx, half * (half + dx) ** 2
        y0, y1, y2 = half * (half - dy) ** 2, most - dy * dy, half * (half + dy) ** 2
        a0, a1, a2 = in_phase * x0, in_phase * x1, in_phase * x2
        b0, b1, b2 = quadrature * x0, quadrature * x1, quadrature * x2
        at = np.uint64(2 * ((row - 1) * columns + col - 1))
        for wy in (y0, y1, y2):
            grid[at] += wy * a0
            grid[at + i1] += wy * b0
            grid[at + i2] += wy * a1
            grid[at + i3] += wy * b1
            grid[at + i4] += wy * a2
            grid[at + i5] += wy * b2
            at += stride


@numba.njit(cache=True, nogil=True, fastmath=True)
def _spread(grid, axial, lateral, gain, echo):  # pragma: no cover - compiled
    """Convolve ``grid`` with pulse and beam to ``echo``, both (rows, columns, 2)."""
    rows, columns, _ = grid.shape
    reach_y, reach_x = len(axial) // 2, lateral.shape[1] // 2
    length = 2 * columns
    line = np.zeros(length + 4 * reach_x, np.float32)
    wide = np.empty(length, np.float32)
    middle = line[2 * reach_x : 2 * reach_x + length]
    for r in range(rows):
        middle[:] = 0
        for j in range(max(-reach_y, -r), min(reach_y, rows - 1 - r) + 1):
            w, above = axial[j + reach_y], grid[r + j].reshape(length)
            for c in range(length):
                middle[c] += w * above[c]
        wide[:] = 0
        for i in range(2 * reach_x + 1):
            w = lateral[r, i] * gain[r]
            if abs(lateral[r, i]) > NEGLIGIBLE:
                beside = line[2 * i : 2 * i + length]
                for c in range(length):
                    wide[c] += w * beside[c]
        echo[r] = wide.reshape(columns, 2)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _detect(echo, shading, noise, noise_sd):  # pragma: no cover - compiled
    """Shade the echoes, add noise, and take the magnitude."""
    rows, columns, _ = echo.shape
    envelope = np.empty((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            re = shading[c] * echo[r, c, 0] + noise_sd[r] * noise[r, c, 0]
            im = shading[c] * echo[r, c, 1] + noise_sd[r] * noise[r, c, 1]
            envelope[r, c] = np.sqrt(re * re + im * im)
    return envelope

"""What the network sees of a candidate: the motion around its place and moment, and its surroundings.

Everything is on the physical grid, about 1 mm and 40 Hz, and in units of each cell's own noise, so that one network
serves every scanner, depth and frame rate. Absolute size, which physics is about, comes beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import MotionMaps
from fasciscan.motion.rigid import skin_cells, some_of
from fasciscan.motion.sorting import median
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.judge.measures import FEWEST_MM, PLAIN_MM

RATE_HZ = 40.0
STEPS = 24
"""0.6 s around the peak: rise and most of the fall of a twitch."""
CELLS = 21
"""Some 21 mm around the place: a territory (10.7 mm, Birkbeck 2020) and what it drags along."""
LONG_STEPS = 256
"""6.4 s around the peak: several heartbeats, and what comes before and after a contraction."""
MOVING = ("velocity x", "velocity y", "excursion x", "excursion y", "change", "confidence")
"""Channels of a patch that change with time; vectors as asinh(value / noise), the others as logarithms of ratios."""
STILL = ("tissue", "depth", "noise", "amplitude", "share")
"""Channels that do not: 1 in the tissue; cm below its upper edge; ln of the noise, of the candidate's amplitude
(both against 0.05 mm); its amplitude as a share of its cell's."""
SURROUNDINGS = (
    "measured",
    "path",
    "along",
    "place",
    "ring",
    "field",
    "upper field",
    "skin",
    "rigid x",
    "rigid y",
    "field change",
    "place change",
    "place confidence",
    "taken out",
)
"""Channels over the longer time: whether anything was measured; the path followed; the place's excursion, signed along
the direction of the motion, and its length; lengths 6-10 mm away, in the median and the upper tenth of the field and
in the strip under the probe; whole-frame motion; frame difference of field and place; the place's confidence; the
broad motion taken out of the place, by its length."""
LIMIT = 6.0
"""Values are limited to this: asinh of 200 times the noise."""

_LOG_LIMIT = 3.0
_FRAMES_FOR_NOISE = 100
"""Frames looked at for the usual velocity and difference of a cell."""
_LOWER_QUARTILE = 0.7585
"""Of the length of a vector of two unit normals (Rayleigh); motion itself hardly touches it."""
_LEAST_VELOCITY_NOISE_MM_S = 0.1
"""Strong compression freezes blocks of the picture, and their noise reads as 0."""
_LEAST_CHANGE = 0.2
"""Grey levels; the same for the frame difference."""
_FIELD_STRIDE = 3
"""Of the cells a median of the field is taken over, every third is enough for the frame difference."""
_RING_MM = (6.0, 10.0)
_RING_CELLS = 32
"""Cells of the ring that are looked at: enough for a median."""
_BLUR = 1.1
"""Reach of the interpolation in steps: a little over 1, so that single lost frames leave no hole."""
_REACH_S = 0.15
"""A time further than this from any measured frame has no motion: frames are missing there."""

Array = NDArray[np.float32]
Times = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Patches:
    """What the network sees of n candidates."""

    moving: Array
    """(n, 6, STEPS, CELLS, CELLS); channels are :data:`MOVING`."""
    still: Array
    """(n, 5, CELLS, CELLS); channels are :data:`STILL`."""
    surroundings: Array
    """(n, 14, LONG_STEPS); channels are :data:`SURROUNDINGS`."""
    measures: Array
    """(n, 25); see :data:`fasciscan.twitch.judge.measures.MEASURES`. Not yet standardised: the network does that."""

    def __len__(self) -> int:
        return len(self.measures)


def cut_patches(maps: MotionMaps, candidates: Sequence[Candidate], measures: Array, spare: int = 0) -> Patches:
    """Cut out what the network sees of each candidate.

    Parameters
    ----------
    maps
        The block the candidates were found in.
    candidates
        The candidates.
    measures
        (n, 25) of them.
    spare
        Cells and steps more on each side of ``moving`` and ``still``: room to shift them in training.

    Returns
    -------
    Patches
        In the order of the candidates, each with its cell and its peak in the middle. Zero outside the tissue and
        where nothing was measured.
    """
    return _cut(maps, _usual(maps), candidates, measures, spare)


def cut_in_batches(maps: MotionMaps, candidates: Sequence[Candidate], measures: Array, most: int) -> Iterator[Patches]:
    """Cut out what the network sees, for so many candidates at a time: a patch has a quarter of a megabyte.

    Parameters
    ----------
    maps, candidates, measures
        As for :func:`cut_patches`.
    most
        Candidates a batch.

    Yields
    ------
    Patches
        The same as :func:`cut_patches` gives, in parts.
    """
    usual = _usual(maps)
    for start in range(0, len(candidates), most):
        part = slice(start, start + most)
        yield _cut(maps, usual, candidates[part], measures[part], spare=0)


def mirror(patches: Patches) -> Patches:
    """Swap left and right: what the network would see had the probe been turned round."""
    moving, surroundings = patches.moving[..., ::-1].copy(), patches.surroundings.copy()
    moving[:, [n for n, name in enumerate(MOVING) if name.endswith(" x")]] *= -1
    surroundings[:, SURROUNDINGS.index("rigid x")] *= -1
    return replace(patches, moving=moving, still=patches.still[..., ::-1].copy(), surroundings=surroundings)


def _cut(maps: MotionMaps, usual: _Usual, candidates: Sequence[Candidate], measures: Array, spare: int) -> Patches:
    size, steps = CELLS + 2 * spare, STEPS + 2 * spare
    patches = Patches(
        moving=np.zeros((len(candidates), len(MOVING), steps, size, size), np.float32),
        still=np.zeros((len(candidates), len(STILL), size, size), np.float32),
        surroundings=np.zeros((len(candidates), len(SURROUNDINGS), LONG_STEPS), np.float32),
        measures=measures,
    )
    for n, candidate in enumerate(candidates):
        window = _window(candidate.cell, size, maps.grid.shape)
        patches.moving[n][..., *window.of_patch] = _cut_moving(maps, usual, candidate, steps, window)
        patches.still[n][..., *window.of_patch] = _cut_still(maps, candidate, window)
        patches.surroundings[n] = _cut_surroundings(maps, usual, candidate)
    return patches


class _Window(NamedTuple):
    """The part of a patch that lies on the grid; beyond it a patch is 0."""

    of_grid: tuple[slice, slice]
    of_patch: tuple[slice, slice]


def _window(cell: tuple[int, int], size: int, shape: tuple[int, int]) -> _Window:
    """Find it for ``size`` × ``size`` cells with a cell in the middle."""
    of_grid, of_patch = [], []
    for middle, length in zip(cell, shape, strict=True):
        start = middle - size // 2
        inside = slice(max(start, 0), min(start + size, length))
        of_grid.append(inside)
        of_patch.append(slice(inside.start - start, inside.stop - start))
    return _Window((of_grid[0], of_grid[1]), (of_patch[0], of_patch[1]))


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is usual in a block, and the course of its field as a whole."""

    velocity: Array
    """(ny, nx) mm/s, noise of each component; infinite outside the tissue."""
    change: Array
    """(ny, nx) grey levels, median of the frame difference."""
    lengths: Array
    """(t, 3) mm: excursion in the median and upper tenth of the field and in the strip under the probe."""
    field_change: NDArray[np.floating]
    """(n frames,) ln of the frame difference against the usual, median of the field."""


def _usual(maps: MotionMaps) -> _Usual:
    valid, frames = maps.grid.valid, maps.frames
    velocity = np.full(maps.grid.shape, np.inf, np.float32)
    change = np.ones(maps.grid.shape, np.float32)
    field, skin = (_length(maps.excursion[:, *some_of(cells)]) for cells in (valid, skin_cells(maps.grid)))
    upper = np.partition(field, int(0.9 * field.shape[1]), axis=1)[:, int(0.9 * field.shape[1])]
    lengths = np.stack([maps.field, upper, median(skin)], axis=1)
    stepped = np.flatnonzero(frames.step_s > 0)
    if not len(stepped):
        return _Usual(velocity, change, lengths, np.zeros(len(frames.times_s), np.float32))
    some = stepped[:: max(1, len(stepped) // _FRAMES_FOR_NOISE)]
    speed = _length(frames.step[some][:, valid]) / frames.step_s[some, None]
    quarter = len(some) // 4
    low = np.partition(speed, quarter, axis=0)[quarter] / _LOWER_QUARTILE
    velocity[valid] = np.maximum(low, _LEAST_VELOCITY_NOISE_MM_S)
    change[valid] = np.maximum(median(frames.change[some][:, valid], axis=0), _LEAST_CHANGE)
    field_cells = tuple(index[::_FIELD_STRIDE] for index in some_of(valid))
    field_change = median(_ratio(frames.change[:, *field_cells], change[field_cells]))
    return _Usual(velocity, change, lengths, field_change)


def _cut_moving(maps: MotionMaps, usual: _Usual, candidate: Candidate, steps: int, window: _Window) -> Array:
    """Cut (6, steps, rows, columns) of the window."""
    wanted_s = candidate.bump.peak_s + (np.arange(steps) - (steps - 1) / 2) / RATE_HZ
    frames, cells = maps.frames, window.of_grid
    rows, weights = _interpolation(frames.times_s - frames.step_s / 2, wanted_s, frames.step_s > 0)
    step_s = np.where(frames.step_s[rows] > 0, frames.step_s[rows], 1).astype(np.float32)
    at_rows, at_weights = _interpolation(maps.times_s, wanted_s)
    noise = maps.noise[cells]
    tissue = np.isfinite(noise)
    confidence = _ratio(np.where(tissue, noise, np.float32(1)), maps.error[at_rows, *cells])
    seen = (weights > 0).any(axis=1).reshape(-1, 1, 1)
    out = np.empty((len(MOVING), steps, *noise.shape), np.float32)
    out[0:2] = _compress(_blend(weights / step_s, frames.step[rows, *cells]), usual.velocity[cells])
    out[2:4] = _compress(_blend(at_weights, maps.excursion[at_rows, *cells]), noise)
    out[4] = _ratio(_blend(weights, frames.change[rows, *cells]), usual.change[cells]) * (tissue & seen)
    out[5] = _blend(at_weights, confidence) * tissue
    return np.clip(out, -LIMIT, LIMIT, out=out)


def _cut_still(maps: MotionMaps, candidate: Candidate, window: _Window) -> Array:
    """Cut (5, rows, columns) of the window."""
    cells = window.of_grid
    tissue = maps.grid.valid[cells]
    amplitude = candidate.amplitude[cells]
    depth_mm = maps.grid.depth_mm.astype(np.float32)[cells[0], None]
    out = np.stack([
        tissue.astype(np.float32),
        np.broadcast_to(depth_mm / 10, tissue.shape),
        np.log(np.where(tissue, maps.noise[cells], PLAIN_MM) / PLAIN_MM),
        np.log((amplitude + FEWEST_MM) / PLAIN_MM),
        amplitude / max(float(candidate.amplitude[candidate.cell]), FEWEST_MM),
    ])  # fmt: skip
    return np.clip(out * tissue, -LIMIT, LIMIT).astype(np.float32)


def _cut_surroundings(maps: MotionMaps, usual: _Usual, candidate: Candidate) -> Array:
    """Cut (14, LONG_STEPS)."""
    y, x = candidate.cell
    wanted_s = candidate.bump.peak_s + (np.arange(LONG_STEPS) - (LONG_STEPS - 1) / 2) / RATE_HZ
    rows = _rows_within(maps.times_s, wanted_s)
    times_s, frames_s = maps.times_s[rows], maps.frames.times_s
    beside = np.zeros(maps.grid.shape, bool)
    beside[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = True
    place = np.nonzero(beside & maps.grid.valid)
    noise = float(median(maps.noise[place]))
    vectors = maps.excursion[rows, *place].mean(axis=1)
    measured = maps.measured or maps
    taken_out = _length(measured.excursion[rows, *place].mean(axis=1) - vectors)
    in_mm = np.column_stack([
        vectors @ np.array(candidate.direction, np.float32),
        _length(vectors),
        median(_length(maps.excursion[rows, *_ring(maps, candidate.cell)])),
        usual.lengths[rows],
        maps.rigid[rows],
    ])  # fmt: skip
    frame_rows = _rows_within(frames_s, wanted_s)
    place_change = _ratio(maps.frames.change[frame_rows, *place], usual.change[place]).mean(axis=1)
    confidence = _ratio(np.array(noise), median(maps.error[rows, *place]))
    of_frames = np.column_stack([usual.field_change[frame_rows], place_change])
    trace = candidate.trace
    out = np.concatenate([
        [(wanted_s >= maps.times_s[0]) & (wanted_s <= maps.times_s[-1])],
        np.arcsinh(_lay_out(_upright(candidate)[:, None], trace.times_s, wanted_s) / noise),
        np.arcsinh(_lay_out(in_mm, times_s, wanted_s) / noise),
        _lay_out(of_frames, frames_s[frame_rows], wanted_s),
        _lay_out(confidence[:, None], times_s, wanted_s),
        np.arcsinh(_lay_out(taken_out[:, None], times_s, wanted_s) / noise),
    ])  # fmt: skip
    return np.clip(out, -LIMIT, LIMIT).astype(np.float32)


def _lay_out(values: NDArray, at_s: Times, wanted_s: Times) -> NDArray[np.floating]:
    """Interpolate each column of (n, k) to other times, (k, wanted); 0 beyond the first and the last."""
    if not len(at_s):
        return np.zeros((values.shape[1], len(wanted_s)))
    after = np.clip(np.searchsorted(at_s, wanted_s), 1, max(len(at_s) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(at_s) - 1)
    gap_s = at_s[after] - at_s[before]
    share = np.divide(wanted_s - at_s[before], gap_s, out=np.zeros(len(wanted_s)), where=gap_s > 0)[:, None]
    laid = values[before] * (1 - share) + values[after] * share
    laid[(wanted_s < at_s[0]) | (wanted_s > at_s[-1])] = 0
    return laid.T


def _interpolation(at_s: Times, wanted_s: Times, usable: NDArray[np.bool_] | None = None) -> tuple[slice, Array]:
    """Rows to blend and their weights (wanted, rows): averaged where they are denser, interpolated where sparser."""
    near = _rows_within(at_s, wanted_s, _REACH_S)
    gap = float(median(np.diff(at_s[near]))) if near.stop - near.start > 1 else 0.0
    reach = min(_BLUR * max(gap, 1 / RATE_HZ), _REACH_S)
    near = _rows_within(at_s, wanted_s, reach)
    weights = np.maximum(1 - np.abs(wanted_s[:, None] - at_s[near]) / reach, 0)
    if usable is not None:
        weights *= usable[near]
    total = weights.sum(axis=1, keepdims=True)
    return near, np.divide(weights, total, out=np.zeros_like(weights), where=total > 0).astype(np.float32)


def _rows_within(at_s: Times, wanted_s: Times, margin_s: float = 1 / RATE_HZ) -> slice:
    first, last = np.searchsorted(at_s, (wanted_s[0] - margin_s, wanted_s[-1] + margin_s))
    return slice(int(first), int(last))


def _blend(weights: Array, values: Array) -> Array:
    """Blend (rows, ...) by (wanted, rows); components, if any, come first: ([2,] wanted, size, size)."""
    # einsum, since BLAS wakes its threads for each of these small products and waits for them.
    flat = np.einsum("wr,rv->wv", weights, values.reshape(len(values), -1))
    blended = flat.reshape(len(weights), *values.shape[1:])
    return np.moveaxis(blended, -1, 0) if values.ndim == 4 else blended


def _ring(maps: MotionMaps, cell: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cells 6 to 10 mm away; the place itself where the tissue has none there."""
    ny, nx = maps.grid.shape
    x_mm, y_mm = maps.grid.pitch_mm
    away = np.hypot((np.arange(ny) - cell[0])[:, None] * y_mm, (np.arange(nx) - cell[1]) * x_mm)
    rows, cols = np.nonzero(maps.grid.valid & (away >= _RING_MM[0]) & (away <= _RING_MM[1]))
    if not len(rows):
        return np.array([cell[0]]), np.array([cell[1]])
    stride = max(1, len(rows) // _RING_CELLS)
    return rows[::stride], cols[::stride]


def _upright(candidate: Candidate) -> NDArray[np.float64]:
    """Path with the candidate's own bump pointing up."""
    trace = candidate.trace
    peak = trace.mm[np.argmin(np.abs(trace.times_s - candidate.bump.peak_s))]
    return trace.mm if peak >= 0 else -trace.mm


def _length(vectors: Array) -> Array:
    """Lengths of vectors (..., 2)."""
    x, y = vectors[..., 0], vectors[..., 1]
    return np.sqrt(x * x + y * y)


def _compress(values: Array, noise: Array) -> Array:
    """Inverse hyperbolic sine of the ratio, by its formula: NumPy's own takes three times as long."""
    ratio = values / noise
    size = np.abs(ratio)
    return np.copysign(np.log(size + np.sqrt(size * size + 1)), ratio)


def _ratio(values: NDArray, usual: NDArray) -> Array:
    """Natural logarithm of a ratio of positive values, limited to a factor of 20 either way."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log(values / usual), -_LOG_LIMIT, _LOG_LIMIT).astype(np.float32)

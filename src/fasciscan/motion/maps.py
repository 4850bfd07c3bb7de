"""Motion maps of a clip on the physical grid, about 1 mm and 40 Hz, block by block so that length costs no memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip
from fasciscan.motion.grid import Grid
from fasciscan.motion.measure import FrameMotion, WorkingFrame, measure_frames, working_frames
from fasciscan.motion.picture import StillPicture
from fasciscan.motion.rigid import rigid_motion, some_of
from fasciscan.motion.sorting import median, quantiles

_MARGIN_S = 2.5
"""Maps reach this far over the block on both sides, so that an event at its edge is seen whole, with two heartbeats."""
_BLOCK_VALUES = 1_500_000
"""Cells × frames a block may hold: with the maps some 20 floats each, 120 MB."""
_AHEAD_FRAMES, _AHEAD_VALUES = 1024, 1_500_000
"""At most so many frames, and cells × frames, are measured while a block is being analysed: up to 40 MB."""
_PIECE = 32
"""Frames handed over at a time."""
_QUARTILES = {0.25: 0.7585, 0.75: 1.6651}
"""Lower and upper quartile of the length of a vector of two unit normals (Rayleigh)."""
_EVERY = 2
"""Times that go into the noise: neighbours share most of what they measure."""
_NOISE_FLOOR_MM = 0.008
"""Strong compression freezes blocks of the picture, and their noise reads as 0."""
_MEDIAN_OF_SQUARE = 0.455
"""Median of the square of a unit normal."""
_REACH_S = 0.15
"""A time further than this from any measured frame has no motion: frames are missing there."""


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class MotionConfig:
    """How motion is measured."""

    cell_mm: float = 1.0
    """Pitch of the physical grid."""
    rate_hz: float = 40.0
    """Rate of the maps."""
    lag_s: float = 0.15
    """The longer of the two distances in time (docs/motion.md tells why)."""
    block_s: float = 20.0
    """Length analysed at a time."""


@dataclass(frozen=True, slots=True)
class FrameLog:
    """What the stream of frames was like: one entry a frame that was read."""

    index: NDArray[np.int64]
    times_s: NDArray[np.float64]
    difference: NDArray[np.float64]
    """Mean absolute grey difference to the frame before; nan at the first."""
    unchanged: NDArray[np.float64]
    """Share of the tissue that is just as in the frame before; nan at the first."""
    contrast: NDArray[np.float64]
    """Standard deviation of the grey levels of the tissue."""
    copied: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    """Another picture than the one before."""


def join_logs(blocks: Sequence[FrameLog]) -> FrameLog:
    """Join the logs of successive blocks, at least one."""
    return FrameLog(**{name: np.concatenate([getattr(log, name) for log in blocks]) for name in FrameLog.__slots__})


@dataclass(frozen=True, slots=True)
class FrameSteps:
    """Motion at the frames' own times, for traces and landmarks; whole-frame motion is taken out."""

    index: NDArray[np.int64]
    """(n,) frame number; copies are left out."""
    times_s: NDArray[np.float64]
    """(n,)."""
    step_s: NDArray[np.float64]
    """(n,) to the frame before; 0 at the start and after a cut."""
    step: NDArray[np.float32]
    """(n, ny, nx, 2) displacement in mm since the frame before; 0 across a cut."""
    lag_s: NDArray[np.float64]
    """(n,) the longer distance back in time; 0 where there is none."""
    lagged: NDArray[np.float32]
    """(n, ny, nx, 2) displacement in mm over it."""
    change: NDArray[np.float32]
    """(n, ny, nx) frame difference: root mean square change of grey level since the frame before."""


@dataclass(frozen=True, slots=True)
class MotionMaps:
    """A block of motion maps. Vectors are (x right, y down); whole-frame motion is taken out of them."""

    grid: Grid
    core_s: tuple[float, float]
    """The stretch [start, end) this block answers for; the maps reach beyond it."""
    times_s: NDArray[np.float64]
    """(t,) evenly spaced."""
    lagged: NDArray[np.float32]
    """(t, ny, nx, 2) mm over ``lag_s``, centred on its time."""
    lag_s: float
    excursion: NDArray[np.float32]
    """(t, ny, nx, 2) mm: how far from the mean of its place ``lag_s`` before and after. Blind to steady drift."""
    field: NDArray[np.float32]
    """(t,) mm, median length of ``excursion`` over the tissue: how much everything jerks."""
    noise: NDArray[np.float32]
    """(ny, nx) mm, of each component of ``excursion``; infinite outside the tissue."""
    error: NDArray[np.float32]
    """(t, ny, nx) mm, standard error of ``lagged``; infinite outside the tissue and where nothing was measured."""
    rigid: NDArray[np.float32]
    """(t, 2) mm over ``lag_s``: the whole-frame motion taken out of ``lagged``."""
    picture: NDArray[np.float32]
    """(height, width) mean grey level of the block's frames, in working pixels."""
    frames: FrameSteps
    log: FrameLog
    """Of the core alone, so that logs of successive blocks join without overlap."""
    measured: MotionMaps | None = None
    """The maps these were made of by taking out the broad motion; None if these are as measured."""

    @property
    def velocity(self) -> NDArray[np.float32]:
        """(t, ny, nx, 2) mm/s, from one frame's distance; made anew at each call."""
        stepped = self.frames.step_s > 0
        step_s = self.frames.step_s[stepped]
        velocity = self.frames.step[stepped] / step_s.astype(np.float32)[:, None, None, None]
        return _resample(velocity, self.frames.times_s[stepped] - step_s / 2, self.times_s)

    @property
    def change(self) -> NDArray[np.float32]:
        """(t, ny, nx) frame difference, grey levels; made anew at each call."""
        return _resample(self.frames.change, self.frames.times_s, self.times_s)


def measure_motion(clip: Clip, grid: Grid, config: MotionConfig) -> Iterator[MotionMaps]:
    """Measure the motion of a clip, streaming.

    Parameters
    ----------
    clip
        What to read.
    grid
        From :func:`lay_grid`.
    config
        How to measure.

    Yields
    ------
    MotionMaps
        Blocks in order; their cores join without gap or overlap. At most some 25 s are in memory at a time.
    """
    edges = _block_edges(clip, grid, config)
    still = StillPicture(grid, edges)
    stream = _run_ahead(measure_frames(still.watch(working_frames(clip, grid)), grid, config.lag_s), _ahead(grid))
    held: list[tuple[WorkingFrame, FrameMotion | None]] = []
    for block, (start, end) in enumerate(pairwise(edges)):
        for measured in stream:
            held.append(measured)
            if measured[0].time_s >= end + _MARGIN_S:
                break
        maps = _assemble(clip, grid, config, (start, end), held, still.take(block))
        held = [measured for measured in held if measured[0].time_s >= end - _MARGIN_S]
        yield maps
        del maps  # a block is large: it is not to stay while the next is put together


def _ahead(grid: Grid) -> int:
    """Frames to measure while a block is being analysed."""
    return min(_AHEAD_FRAMES, max(1, _AHEAD_VALUES // grid.pixels.size))


def _run_ahead(items: Iterator[_T], most: int) -> Iterator[_T]:
    """Have up to so many of the next items made by another thread while these are used."""
    with ThreadPoolExecutor(max_workers=1) as beside:

        def make_some() -> Future[list[_T]]:
            return beside.submit(lambda: list(islice(items, _PIECE)))

        made = deque(make_some() for _ in range(max(1, most // _PIECE)))
        try:
            while some := made.popleft().result():
                made.append(make_some())
                yield from some
        finally:
            beside.shutdown(cancel_futures=True)


def _block_edges(clip: Clip, grid: Grid, config: MotionConfig) -> list[float]:
    duration = clip.duration_s
    rate = clip.frame_count / duration if duration > 0 else 1.0
    longest = min(config.block_s, _BLOCK_VALUES / (grid.pixels.size * rate))
    return [*np.linspace(0, duration, max(1, round(duration / longest)) + 1)[:-1].tolist(), np.inf]


def _assemble(
    clip: Clip,
    grid: Grid,
    config: MotionConfig,
    core_s: tuple[float, float],
    held: list[tuple[WorkingFrame, FrameMotion | None]],
    picture: NDArray[np.float32],
) -> MotionMaps:
    log = _frame_log([frame for frame, _ in held if core_s[0] <= frame.time_s < core_s[1]])
    moves = [motion for _, motion in held if motion is not None]
    core_s = (core_s[0], min(core_s[1], held[-1][0].time_s if held else core_s[0]))
    frames = _frame_steps(moves, grid)
    _remove_key_frames(frames, clip.key_frames, grid)
    _remove_rigid(frames.step, grid)
    rigid = _remove_rigid(frames.lagged, grid)
    first, last = max(core_s[0] - _MARGIN_S, 0.0), core_s[1] + _MARGIN_S
    times = np.arange(round(first * config.rate_hz), round(last * config.rate_hz) + 1) / config.rate_hz
    times = times[times <= (held[-1][0].time_s if held else 0.0)]

    error = np.array([motion.error for motion in moves], np.float32).reshape(-1, *grid.shape)
    error[:, ~grid.valid] = 0
    error = _over_lag(error, frames, config.lag_s, times, missing=np.inf)
    error[:, ~grid.valid] = np.inf
    lagged = _over_lag(frames.lagged, frames, config.lag_s, times)
    return MotionMaps(
        grid=grid,
        core_s=core_s,
        times_s=times,
        lagged=lagged,
        lag_s=config.lag_s,
        **_excursions(lagged, config.lag_s, times, grid),
        error=error,
        rigid=_over_lag(rigid, frames, config.lag_s, times),
        picture=picture,
        frames=frames,
        log=log,
        measured=None,
    )


def lay_anew(maps: MotionMaps, frames: FrameSteps) -> MotionMaps:
    """Make the maps of a block of other motion of its frames; whole-frame motion, error and picture stay."""
    lagged = _over_lag(frames.lagged, frames, maps.lag_s, maps.times_s)
    excursions = _excursions(lagged, maps.lag_s, maps.times_s, maps.grid)
    return replace(maps, frames=frames, lagged=lagged, measured=maps, **excursions)


def _frame_log(frames: list[WorkingFrame]) -> FrameLog:
    return FrameLog(
        index=np.array([frame.index for frame in frames], np.int64),
        times_s=np.array([frame.time_s for frame in frames], np.float64),
        difference=np.array([frame.difference for frame in frames], np.float64),
        unchanged=np.array([frame.unchanged for frame in frames], np.float64),
        contrast=np.array([frame.contrast for frame in frames], np.float64),
        copied=np.array([frame.copied for frame in frames], np.bool_),
        cut=np.array([frame.cut for frame in frames], np.bool_),
    )


def _frame_steps(moves: list[FrameMotion], grid: Grid) -> FrameSteps:
    shape = (-1, *grid.shape, 2)
    return FrameSteps(
        index=np.array([motion.index for motion in moves], np.int64),
        times_s=np.array([motion.time_s for motion in moves], np.float64),
        step_s=np.array([motion.step_s for motion in moves], np.float64),
        step=np.array([motion.step for motion in moves], np.float32).reshape(shape),
        lag_s=np.array([motion.lag_s for motion in moves], np.float64),
        lagged=np.array([motion.lagged for motion in moves], np.float32).reshape(shape),
        change=np.array([motion.change for motion in moves], np.float32).reshape(shape[:-1]),
    )


def _remove_key_frames(frames: FrameSteps, key_frames: NDArray[np.bool_], grid: Grid) -> None:
    """Take out, in place, the jump a key frame adds: what its step exceeds the mean of the steps beside it by.

    The codec codes the whole picture anew, so every pixel jumps for one frame though nothing moves. The same jump is
    in every longer distance that leads over the key frame. Motion that goes on through it stays.
    """
    if np.count_nonzero(key_frames) > len(key_frames) / 4:  # coded frame by frame: each is as good as the next
        return
    step, lagged = frames.step, frames.lagged
    # Of a difference of this kind noise alone makes 1.5 × the variance of a step; only what exceeds that is a jump.
    noise2 = 1.5 * np.median(step[:, *some_of(grid.valid)] ** 2) / _MEDIAN_OF_SQUARE
    for key in np.flatnonzero(key_frames):
        k = int(np.searchsorted(frames.index, key))
        if not 0 < k < len(step) - 1 or frames.step_s[k] == 0:
            continue
        jump = step[k] - (step[k - 1] + step[k + 1]) / 2
        size2 = np.maximum((jump**2).sum(axis=-1, keepdims=True), 1e-12)
        jump *= np.maximum(1 - noise2 / size2, 0)
        step[k] -= jump
        over = (frames.times_s >= frames.times_s[k]) & (frames.times_s - frames.lag_s < frames.times_s[k])
        lagged[over & (frames.lag_s > 0)] -= jump


def _remove_rigid(displacement: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Take the whole-frame motion out of (n, ny, nx, 2), in place; returns it, (n, 2) in mm."""
    rigid = rigid_motion(displacement, grid)
    # In rows of cells, since NumPy is slow where the last axis is as short as a vector.
    count, ny, nx, _ = displacement.shape
    rows = displacement.reshape(count, ny, 2 * nx)
    rows -= np.tile(rigid, nx)[:, None]
    displacement[:, ~grid.valid] = 0
    return rigid


def _resample(
    values: NDArray[np.float32], at_s: NDArray[np.float64], times_s: NDArray[np.float64], missing: float = 0.0
) -> NDArray[np.float32]:
    """Bring values (n, ...) to evenly spaced times: averaged where they are denser, interpolated where sparser."""
    if len(at_s) < 2 or len(times_s) < 2:
        return np.full((len(times_s), *values.shape[1:]), missing, np.float32)
    wanted = times_s[1] - times_s[0]
    several = round(wanted / float(np.median(np.diff(at_s))))
    if several > 1:
        flat = values.reshape(len(values), -1)
        blurred = cv2.blur(flat, (1, several), borderType=cv2.BORDER_REPLICATE)
        values = np.asarray(blurred, np.float32).reshape(values.shape)
        at_s = at_s + (0 if several % 2 else np.median(np.diff(at_s)) / -2)
    after = np.clip(np.searchsorted(at_s, times_s), 1, len(at_s) - 1)
    share = np.clip((times_s - at_s[after - 1]) / (at_s[after] - at_s[after - 1]), 0, 1).astype(np.float32)
    near = np.minimum(np.abs(times_s - at_s[after - 1]), np.abs(times_s - at_s[after])) <= _REACH_S
    share = share.reshape(-1, *(1,) * (values.ndim - 1))
    before, out = values[after - 1], values[after]
    out -= before
    out *= share
    out += before
    out[~near] = missing
    return out


def _over_lag(
    values: NDArray[np.float32],
    frames: FrameSteps,
    lag_s: float,
    times_s: NDArray[np.float64],
    missing: float = 0.0,
) -> NDArray[np.float32]:
    """Bring what the frames tell (n, ...) over their longer distances to evenly spaced times and one distance."""
    measured = frames.lag_s > 0
    scale = (lag_s / frames.lag_s[measured]).astype(np.float32)
    scaled = values[measured]
    scaled *= scale.reshape(-1, *(1,) * (values.ndim - 1))
    return _resample(scaled, (frames.times_s - frames.lag_s / 2)[measured], times_s, missing)


def _excursions(
    lagged: NDArray[np.float32], lag_s: float, times_s: NDArray[np.float64], grid: Grid
) -> dict[str, NDArray[np.float32]]:
    """Make the maps that follow from the longer distance: the excursion, that of the field, and its noise."""
    excursion = _excursion(lagged, round(lag_s / float(times_s[1] - times_s[0]) / 2) if len(times_s) > 1 else 0)
    field = median(np.linalg.norm(excursion[:, *some_of(grid.valid)], axis=-1))
    return {"excursion": excursion, "field": field, "noise": _noise(excursion, grid)}


def _excursion(lagged: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    """Half the difference of the displacement towards a time and the one away from it."""
    out = np.zeros_like(lagged)
    if len(lagged) > 2 * half:
        np.subtract(lagged[: -2 * half], lagged[2 * half :], out=out[half:-half])
        out /= 2
    return out


def _noise(excursion: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Noise of each cell from the upper quartile of its motion, which also knows restless tissue.

    A unit that twitches more than a quarter of the time must not raise its own noise: above what is usual in the
    field, the lower quartile decides.
    """
    noise = np.full(grid.shape, np.inf, np.float32)
    noise[grid.valid] = _NOISE_FLOOR_MM
    if len(excursion):
        x, y = np.moveaxis(excursion[::_EVERY][:, grid.valid], -1, 0)
        quartiles = quantiles(np.sqrt(x * x + y * y), list(_QUARTILES))
        low, high = (found / unit for found, unit in zip(quartiles, _QUARTILES.values(), strict=True))
        noise[grid.valid] = np.maximum(np.maximum(low, np.minimum(high, np.median(high))), _NOISE_FLOOR_MM)
    return noise

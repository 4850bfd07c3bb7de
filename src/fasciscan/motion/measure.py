"""Motion frame by frame: from the stream of frames to displacements over one frame and over a longer distance."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip, compare, is_erased, mark_copies, mark_held
from fasciscan.motion.grid import Grid
from fasciscan.motion.track import LAG_MOST, Motion, Past, make_cells, track

_LOOK_AROUND = 16
"""Frames before and after that decide whether a frame is a copy: at 100 frames/s, the longer distance in time."""
_CHUNK = 32
"""Frames judged, and measured, at a time."""
_MOST_AHEAD, _AHEAD_BYTES = 8, 20_000_000
"""Runs that wait to be measured, at most, and the size of their images."""
_SPARSE = 4
"""Every fourth pixel each way is enough to tell the contrast of a frame."""
_COARSE = 4
"""Working pixels a coarse pixel, for the first guess of large displacements."""
_COARSE_CELL = 5
"""Coarse pixels a coarse cell, about 3 mm."""
_CUT_CONTRASTS, _CUT_USUAL = 0.8, 4.0
"""A cut changes the picture by this many standard deviations of its grey levels (two unrelated pictures differ by 1.1
of them, a step of 3 px of 60 % of the field by 0.6) and by this many times the usual change."""
_SPARE_FRAMES = 4
"""Past frames held beyond those needed so far: a variable rate may bring them closer together."""


class WorkingFrame(NamedTuple):
    """A frame reduced to working pixels, judged against the one before."""

    index: int  # pyright: ignore[reportIncompatibleMethodOverride]  # hides tuple.index, which nobody needs here
    time_s: float
    image: NDArray[np.uint8]
    difference: float
    """Mean absolute grey difference to the frame before, in the tissue; nan at the first."""
    unchanged: float
    """Share of the tissue that is just as in the frame before; nan at the first."""
    contrast: float
    """Standard deviation of the grey levels of the tissue."""
    copied: bool = False
    held: bool = False
    """A copy that a codec made since nothing moved."""
    cut: bool = False
    """Another picture than the one before: motion cannot have made it."""

    @property
    def measured(self) -> bool:
        """Whether it tells of motion: a copy does not, unless it stands for tissue at rest."""
        return not self.copied or self.held


@dataclass(frozen=True, slots=True)
class FrameMotion:
    """What moved between a frame and earlier ones. Displacements are (ny, nx, 2) in mm, x then y."""

    index: int
    time_s: float
    step_s: float
    """To the frame before that was no copy; 0 at the start of a run of frames."""
    step: NDArray[np.float32]
    """Displacement since that frame."""
    lag_s: float
    """To the earlier frame of the longer distance; 0 if there is none."""
    lagged: NDArray[np.float32]
    """Displacement since that one."""
    error: NDArray[np.float32]
    """(ny, nx) standard error of ``lagged`` in mm, infinite outside the tissue."""
    change: NDArray[np.float32]
    """(ny, nx) frame difference: root mean square change of grey level since the frame before."""


def working_frames(clip: Clip, grid: Grid) -> Iterator[WorkingFrame]:
    """Stream a clip's frames, reduced, with copies told."""
    tissue = _tissue_mask(grid)
    area = int(np.count_nonzero(tissue))
    sparse = np.ascontiguousarray(tissue[::_SPARSE, ::_SPARSE])
    waiting: list[WorkingFrame] = []
    compared = np.full((2, len(clip.key_frames)), np.nan)  # to the frame before; key frames change everywhere
    judged = 0
    last: NDArray[np.uint8] | None = None
    for frame in clip.frames():
        image = grid.reduce(frame.luma)
        difference, unchanged = (np.nan, np.nan) if last is None else compare(image, last, tissue, area)
        _, deviation = cv2.meanStdDev(image[::_SPARSE, ::_SPARSE], mask=sparse)
        waiting.append(WorkingFrame(frame.index, frame.time_s, image, difference, unchanged, float(deviation[0, 0])))
        if not clip.key_frames[frame.index]:
            compared[:, frame.index] = difference, unchanged
        last = image
        if len(waiting) >= judged + _CHUNK + _LOOK_AROUND:
            yield from _judge(waiting, judged, judged + _CHUNK, is_erased(*compared))
            del waiting[: judged + _CHUNK - _LOOK_AROUND]
            judged = _LOOK_AROUND
    yield from _judge(waiting, judged, len(waiting), is_erased(*compared))


def measure_frames(
    frames: Iterator[WorkingFrame], grid: Grid, lag_s: float
) -> Iterator[tuple[WorkingFrame, FrameMotion | None]]:
    """Measure the motion of each frame that brings a new image; a copy has none, and no motion leads over a cut.

    The frames come back without their images, which nobody needs after this. Runs of frames are measured while the
    next ones are decoded: a few ahead, since the compiled code takes half a second to load.

    Parameters
    ----------
    frames
        From :func:`working_frames`.
    grid
        Where to measure.
    lag_s
        The longer distance in seconds.
    """
    meter = _Meter(grid, lag_s)
    ahead = max(1, min(_MOST_AHEAD, _AHEAD_BYTES // (_CHUNK * _tissue_mask(grid).size)))
    measured: deque[Future[list[tuple[WorkingFrame, FrameMotion | None]]]] = deque()
    with ThreadPoolExecutor(max_workers=1) as beside:
        while run := list(islice(frames, _CHUNK)):
            measured.append(beside.submit(meter.measure, run))
            if len(measured) > ahead:
                yield from measured.popleft().result()
        while measured:
            yield from measured.popleft().result()


_NO_IMAGE = np.zeros((0, 0), np.uint8)


class _Meter:
    """Holds the last frames that were no copies, back to the longer distance, and measures runs of new ones."""

    def __init__(self, grid: Grid, lag_s: float):
        self.grid = grid
        self.lag_s = lag_s
        height, width = grid.box[3] // grid.factor, grid.box[2] // grid.factor
        self.size = (max(width // _COARSE, 3), max(height // _COARSE, 3))
        rows, cols = (_coarse_edges(length) for length in reversed(self.size))
        self.fine = make_cells(grid.rows, grid.cols, grid.pixels)
        self.coarse = make_cells(rows, cols, np.outer(np.diff(rows), np.diff(cols)).astype(np.float32))
        self.past = self._rings(1)
        self.first = self.done = 0

    def measure(self, run: list[WorkingFrame]) -> list[tuple[WorkingFrame, FrameMotion | None]]:
        """Measure a run of frames; each comes back with its motion."""
        fresh = [frame for frame in run if frame.measured]
        motions: list[FrameMotion] = []
        for start, stop in pairwise([0, *(k for k, frame in enumerate(fresh) if frame.cut and k), len(fresh)]):
            if fresh[start:stop]:
                motions += self._measure_shot(fresh[start:stop])
        in_order = iter(motions)
        return [(frame._replace(image=_NO_IMAGE), next(in_order) if frame.measured else None) for frame in run]

    def _measure_shot(self, frames: list[WorkingFrame]) -> list[FrameMotion]:
        """Measure frames between two cuts; the first of them may be a cut."""
        if frames[0].cut:
            self.first = self.done
        times = np.array([frame.time_s for frame in frames])
        self._make_room(times)
        images = np.stack([frame.image for frame in frames])
        reduced = [cv2.resize(frame.image, self.size, interpolation=cv2.INTER_AREA) for frame in frames]
        small = np.asarray(reduced, np.uint8)
        n, shape = len(frames), self.grid.shape
        vectors, scalars = (n, *shape, 2), (n, *shape)
        motion = Motion(
            np.empty(n), np.empty(vectors, np.float32),
            np.empty(n), np.empty(vectors, np.float32), np.empty(scalars, np.float32),
            np.empty(scalars, np.float32),
        )  # fmt: skip
        track(images, small, times, self.lag_s, self.first, self.done, self.fine, self.coarse, self.past, motion)
        self.done += n
        self._to_mm(motion)
        return [
            FrameMotion(
                frame.index, frame.time_s, float(motion.step_s[k]), motion.step[k], float(motion.lag_s[k]),
                motion.lagged[k], motion.error[k], motion.change[k],
            )
            for k, frame in enumerate(frames)
        ]  # fmt: skip

    def _to_mm(self, motion: Motion) -> None:
        """Turn pixels into millimetres, in place: new arrays of this size cost more than the sums."""
        to_mm = self.grid.working_mm
        ny, nx = self.grid.shape
        for vectors in (motion.step, motion.lagged):
            rows = vectors.reshape(-1, ny, 2 * nx)  # NumPy is slow where the last axis is as short as a vector
            rows *= np.tile(to_mm, nx)
        error = motion.error
        error *= to_mm.mean()

    def _make_room(self, times_s: NDArray[np.float64]) -> None:
        """Lengthen the rings where frames come so densely that the longer distance would not fit into them."""
        reach_s = LAG_MOST * self.lag_s
        within = np.arange(len(times_s)) - np.searchsorted(times_s, times_s - reach_s)
        old, needed = self.past, int(within.max()) + 2
        if needed <= len(old.times_s):
            return
        self.past = self._rings(needed + _SPARE_FRAMES)
        for n in range(max(self.first, self.done - len(old.times_s)), self.done):
            for ring, before in zip(self.past, old, strict=True):
                ring[n % len(ring)] = before[n % len(before)]

    def _rings(self, length: int) -> Past:
        height, width = self.grid.box[3] // self.grid.factor, self.grid.box[2] // self.grid.factor
        return Past(
            np.zeros(length),
            np.zeros((length, 3, height, width), np.int16),
            np.zeros((length, 3, *reversed(self.size)), np.int16),
            np.zeros((length, *self.grid.shape, 2), np.float32),
        )


def _coarse_edges(length: int) -> NDArray[np.int32]:
    return np.round(np.linspace(1, length - 1, max((length - 2) // _COARSE_CELL, 1) + 1)).astype(np.int32)


def _tissue_mask(grid: Grid) -> NDArray[np.uint8]:
    mask = np.zeros((grid.box[3] // grid.factor, grid.box[2] // grid.factor), np.uint8)
    inside = np.repeat(np.repeat(grid.valid, np.diff(grid.rows), axis=0), np.diff(grid.cols), axis=1)
    mask[grid.rows[0] : grid.rows[-1], grid.cols[0] : grid.cols[-1]] = inside
    return mask


def _judge(waiting: list[WorkingFrame], start: int, stop: int, erased: bool) -> Iterator[WorkingFrame]:
    difference = np.array([frame.difference for frame in waiting])
    copied = mark_copies(difference)
    held = mark_held(difference, np.array([frame.unchanged for frame in waiting]), erased)
    usual = np.nanmedian(difference) if np.isfinite(difference).any() else 0.0
    for k in range(start, min(stop, len(waiting))):
        frame = waiting[k]
        cut = frame.difference > max(_CUT_CONTRASTS * frame.contrast, _CUT_USUAL * usual)
        yield frame._replace(copied=bool(copied[k]), held=bool(held[k]), cut=bool(cut))

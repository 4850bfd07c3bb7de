"""Motion frame by frame: from the stream of frames to displacements over one frame and over a longer distance."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip, mark_copies
from fasciscan.motion.flow import SUMS, blend, filter_frame, gradient_sums, solve_cells
from fasciscan.motion.grid import Grid

_LOOK_AROUND = 5
"""Frames before and after that decide whether a frame is a copy."""
_CHUNK = 32
"""Frames judged at a time."""
_SPARSE = 4
"""Every fourth pixel each way is enough to tell the contrast of a frame."""
_COARSE = 4
"""Working pixels a coarse pixel, for the first guess of large displacements."""
_COARSE_CELL = 5
"""Coarse pixels a coarse cell, about 3 mm."""
_REDO_PX = 0.75
"""A cell whose remaining displacement exceeds this is solved again from nearer by: one step of Lucas-Kanade is
linear; with this limit no displacement of 0.05-6 image px is more than 9 % off (docs/motion.md)."""
_CLEARLY = 0.8
"""Ratio of the errors left from which on one displacement is believed over another."""
_CUT_CONTRASTS, _CUT_USUAL = 0.8, 4.0
"""A cut changes the picture by this many standard deviations of its grey levels (two unrelated pictures differ by 1.1
of them, a step of 3 px of 60 % of the field by 0.6) and by this many times the usual change."""
_LAG_BOUNDS = (0.4, 1.7)
"""The longer distance may differ from the one asked for by these factors; beyond, frames are missing."""


class WorkingFrame(NamedTuple):
    """A frame reduced to working pixels, judged against the one before."""

    index: int  # pyright: ignore[reportIncompatibleMethodOverride]  # hides tuple.index, which nobody needs here
    time_s: float
    image: NDArray[np.uint8]
    difference: float
    """Mean absolute grey difference to the frame before, in the tissue; nan at the first."""
    contrast: float
    """Standard deviation of the grey levels of the tissue."""
    copied: bool = False
    cut: bool = False
    """Another picture than the one before: motion cannot have made it."""


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
    area = np.count_nonzero(tissue)
    sparse = np.ascontiguousarray(tissue[::_SPARSE, ::_SPARSE])
    waiting: list[WorkingFrame] = []
    judged = 0
    last: NDArray[np.uint8] | None = None
    for frame in clip.frames():
        image = grid.reduce(frame.luma)
        difference = np.nan if last is None else cv2.norm(image, last, cv2.NORM_L1, tissue) / area
        _, deviation = cv2.meanStdDev(image[::_SPARSE, ::_SPARSE], mask=sparse)
        waiting.append(WorkingFrame(frame.index, frame.time_s, image, difference, float(deviation[0, 0])))
        last = image
        if len(waiting) >= judged + _CHUNK + _LOOK_AROUND:
            yield from _judge(waiting, judged, judged + _CHUNK)
            del waiting[: judged + _CHUNK - _LOOK_AROUND]
            judged = _LOOK_AROUND
    yield from _judge(waiting, judged, len(waiting))


def measure_frames(
    frames: Iterator[WorkingFrame], grid: Grid, lag_s: float
) -> Iterator[tuple[WorkingFrame, FrameMotion | None]]:
    """Measure the motion of each frame that brings a new image; a copy has none, and no motion leads over a cut.

    The frames come back without their images, which nobody needs after this.

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
    for frame in frames:
        if frame.cut:
            meter.forget()
        motion = None if frame.copied else meter.measure(frame)
        yield frame._replace(image=_NO_IMAGE), motion


_NO_IMAGE = np.zeros((0, 0), np.uint8)


class _Past(NamedTuple):
    time_s: float
    filtered: NDArray[np.int16]
    coarse: NDArray[np.int16]
    path_px: NDArray[np.float32]


class _Meter:
    """Holds the last frames that were no copies, back to the longer distance."""

    def __init__(self, grid: Grid, lag_s: float):
        self.grid = grid
        self.lag_s = lag_s
        self.past: deque[_Past] = deque()
        self.to_mm = grid.working_mm
        height, width = grid.box[3] // grid.factor, grid.box[2] // grid.factor
        self.coarse_size = (max(width // _COARSE, 3), max(height // _COARSE, 3))
        rows, cols = (_coarse_edges(length) for length in reversed(self.coarse_size))
        self.fine = _Cells(grid.rows, grid.cols, grid.pixels)
        self.coarse = _Cells(rows, cols, np.outer(np.diff(rows), np.diff(cols)).astype(np.float32))
        self.nothing = np.zeros((*grid.shape, 2), np.float32)

    def forget(self) -> None:
        """Start anew: the next frame is not compared with earlier ones."""
        self.past.clear()

    def measure(self, frame: WorkingFrame) -> FrameMotion:
        filtered = _filtered(frame.image)
        coarse = _filtered(cv2.resize(frame.image, self.coarse_size, interpolation=cv2.INTER_AREA))
        path, step, change, step_s = self.nothing, self.nothing, self.nothing[..., 0], 0.0
        lagged, error, reached_s = self.nothing, np.full(self.grid.shape, np.inf, np.float32), 0.0
        if self.past:
            before = self.past[-1]
            step_s = frame.time_s - before.time_s
            step, _ = self.fine.flow(before.filtered, filtered, self._first_guess(before.coarse, coarse))
            change = self.fine.change()
            path = before.path_px + step
            partner = min(self.past, key=lambda p: abs(frame.time_s - self.lag_s - p.time_s))
            reached_s = frame.time_s - partner.time_s
            if _LAG_BOUNDS[0] * self.lag_s <= reached_s <= max(_LAG_BOUNDS[1] * self.lag_s, step_s):
                lagged, error = self.fine.flow(partner.filtered, filtered, _whole(path - partner.path_px))
            else:
                reached_s = 0.0
        self.past.append(_Past(frame.time_s, filtered, coarse, path))
        while len(self.past) > 1 and self.past[0].time_s < frame.time_s - _LAG_BOUNDS[1] * self.lag_s:
            self.past.popleft()
        return FrameMotion(
            frame.index, frame.time_s, step_s, step * self.to_mm, reached_s, lagged * self.to_mm,
            error * float(self.to_mm.mean()), change,
        )  # fmt: skip

    def _first_guess(self, before: NDArray[np.int16], after: NDArray[np.int16]) -> NDArray[np.int32]:
        guess, _ = self.coarse.flow(before, after, self.coarse.still)
        if np.abs(guess).max(initial=0) * _COARSE < _REDO_PX:
            return self.fine.still
        ny, nx = self.grid.shape
        return _whole(cv2.resize(guess * _COARSE, (nx, ny), interpolation=cv2.INTER_LINEAR))


class _Cells:
    """The flow kernel with its working arrays, for one set of cells."""

    def __init__(self, rows: NDArray[np.int32], cols: NDArray[np.int32], pixels: NDArray[np.float32]):
        self.rows, self.cols, self.pixels = rows, cols, pixels
        shape = pixels.shape
        self.still = np.zeros((*shape, 2), np.int32)
        self.sums = np.zeros((*shape, SUMS), np.float32)
        self.blended = np.zeros_like(self.sums)
        area = np.zeros((*shape, 1), np.float32)
        blend(pixels[..., None], area)
        self.area = np.where(pixels > 0, area[..., 0], 0)

    def flow(
        self, before: NDArray[np.int16], after: NDArray[np.int16], guess: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Displacement and its standard error in these frames' pixels, from a guess in whole pixels.

        Speckle repeats itself nearly and looks alike along a fascia, so a large guess may have caught the wrong
        place: a cell leaves rest for it only if that explains the pictures clearly better.
        """
        moved, error = self._solve(before, after, guess)
        if guess.any():
            at_rest = self._solve(before, after, self.still)
            moved, error = _better(at_rest, (moved, error), _CLEARLY)
            guess = np.where((moved == at_rest[0]).all(axis=-1, keepdims=True), 0, guess)
        if np.abs(moved - guess).max(initial=0) > _REDO_PX or guess.any():
            moved, error = _better((moved, error), self._solve(before, after, _whole(moved)))
        return moved, error

    def change(self) -> NDArray[np.float32]:
        """Root mean square change of grey level in the frames last compared."""
        return np.sqrt(np.maximum(self.sums[..., 5], 0) / np.maximum(self.pixels, 1))

    def _solve(self, before, after, shift):
        moved = np.empty((*self.pixels.shape, 2), np.float32)
        error = np.empty(self.pixels.shape, np.float32)
        gradient_sums(before, after, self.rows, self.cols, self.pixels, shift, self.sums)
        blend(self.sums, self.blended)
        solve_cells(self.blended, self.area, shift, moved, error)
        return moved, error


def _better(one, other, by=1.0):
    better = other[1] < by * one[1]
    return np.where(better[..., None], other[0], one[0]), np.where(better, other[1], one[1])


def _whole(displacement: NDArray[np.floating] | cv2.typing.MatLike) -> NDArray[np.int32]:
    """Whole pixels of what is too far for one step of Lucas-Kanade; the rest needs no guess."""
    return np.rint(np.where(np.abs(displacement) > _REDO_PX, displacement, 0)).astype(np.int32)


def _filtered(image: cv2.typing.MatLike) -> NDArray[np.int16]:
    out = np.zeros((3, *image.shape), np.int16)
    filter_frame(np.asarray(image, np.uint8), out)
    return out


def _coarse_edges(length: int) -> NDArray[np.int32]:
    return np.round(np.linspace(1, length - 1, max((length - 2) // _COARSE_CELL, 1) + 1)).astype(np.int32)


def _tissue_mask(grid: Grid) -> NDArray[np.uint8]:
    mask = np.zeros((grid.box[3] // grid.factor, grid.box[2] // grid.factor), np.uint8)
    inside = np.repeat(np.repeat(grid.valid, np.diff(grid.rows), axis=0), np.diff(grid.cols), axis=1)
    mask[grid.rows[0] : grid.rows[-1], grid.cols[0] : grid.cols[-1]] = inside
    return mask


def _judge(waiting: list[WorkingFrame], start: int, stop: int) -> Iterator[WorkingFrame]:
    difference = np.array([frame.difference for frame in waiting])
    copied = mark_copies(difference)
    usual = np.nanmedian(difference) if np.isfinite(difference).any() else 0.0
    for k in range(start, min(stop, len(waiting))):
        frame = waiting[k]
        cut = frame.difference > max(_CUT_CONTRASTS * frame.contrast, _CUT_USUAL * usual)
        yield frame._replace(copied=bool(copied[k]), cut=bool(cut))

"""Follows the cells of a grid through a run of frames, with the interpreter's lock released for the whole run.

Frame by frame the calls around the kernel cost as much as the kernel. In runs they cost nothing, and the next frames
are decoded meanwhile (docs/motion.md).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscan.motion.flow import SUMS, blend, filter_frame, gradient_sums, solve_cells

_REDO_PX = np.float32(0.75)
"""A cell whose remaining displacement exceeds this is solved again from nearer by: one step of Lucas-Kanade is
linear; with this limit no displacement of 0.05-6 image px is more than 9 % off (docs/motion.md)."""
_CLEARLY = np.float32(0.8)
"""Ratio of the errors left from which on one displacement is believed over another."""
LAG_LEAST, LAG_MOST = 0.4, 1.7
"""The longer distance may differ from the one asked for by these factors; beyond, frames are missing."""


class Cells(NamedTuple):
    """The cells of a grid, with the working arrays of the kernel."""

    rows: NDArray[np.int32]
    cols: NDArray[np.int32]
    pixels: NDArray[np.float32]
    """(ny, nx) pixels in each cell, 0 where it is no tissue."""
    area: NDArray[np.float32]
    """(ny, nx) the same, blended as the sums are."""
    still: NDArray[np.int32]
    """(ny, nx, 2) of no shift."""
    guess: NDArray[np.int32]
    sums: NDArray[np.float32]
    blended: NDArray[np.float32]
    other: NDArray[np.float32]
    """(ny, nx, 2) a second displacement, to compare with."""
    other_error: NDArray[np.float32]


class Past(NamedTuple):
    """The last frames, in rings of the same length: frame n is at n modulo that length."""

    times_s: NDArray[np.float64]
    fine: NDArray[np.int16]
    """(ring, 3, h, w) filtered frames."""
    coarse: NDArray[np.int16]
    """(ring, 3, h', w') the same, reduced for the first guess."""
    path_px: NDArray[np.float32]
    """(ring, ny, nx, 2) displacement of each cell since the start, as the steps add up."""


class Motion(NamedTuple):
    """What a run of n frames gives, in pixels of the frames."""

    step_s: NDArray[np.float64]
    """(n,) to the frame before; 0 for the first one."""
    step: NDArray[np.float32]
    """(n, ny, nx, 2) displacement since then."""
    lag_s: NDArray[np.float64]
    """(n,) to the earlier frame of the longer distance; 0 where there is none."""
    lagged: NDArray[np.float32]
    """(n, ny, nx, 2) displacement since that one."""
    error: NDArray[np.float32]
    """(n, ny, nx) standard error of ``lagged``, infinite where there is none."""
    change: NDArray[np.float32]
    """(n, ny, nx) root mean square change of grey level since the frame before."""


def make_cells(rows: NDArray[np.int32], cols: NDArray[np.int32], pixels: NDArray[np.float32]) -> Cells:
    """Set out the kernel's arrays for cells between edges ``rows`` and ``cols``."""
    ny, nx = pixels.shape
    area = np.zeros((ny, nx, 1), np.float32)
    blend(pixels[..., None], area)
    return Cells(
        rows,
        cols,
        pixels,
        np.where(pixels > 0, area[..., 0], 0),
        np.zeros((ny, nx, 2), np.int32),
        np.zeros((ny, nx, 2), np.int32),
        np.zeros((ny, nx, SUMS), np.float32),
        np.zeros((ny, nx, SUMS), np.float32),
        np.zeros((ny, nx, 2), np.float32),
        np.zeros((ny, nx), np.float32),
    )


@njit(cache=True, nogil=True, boundscheck=False)
def track(
    images: NDArray[np.uint8],
    small: NDArray[np.uint8],
    times_s: NDArray[np.float64],
    lag_s: float,
    first: int,
    done: int,
    fine: Cells,
    coarse: Cells,
    past: Past,
    motion: Motion,
) -> None:
    """Measure the motion of a run of frames.

    Parameters
    ----------
    images
        (n, h, w) the frames.
    small
        (n, h', w') the same, reduced.
    times_s
        (n,) when they were taken.
    lag_s
        The longer distance in seconds.
    first, done
        Frames ``first`` to ``done - 1`` of the stream came before and may be compared with; the run begins at frame
        ``done``.
    fine, coarse
        Cells of either size.
    past
        The frames before, brought up to date here.
    motion
        Filled with the result.
    """
    ring = len(past.times_s)
    reduced = np.float32(images.shape[2] / small.shape[2])
    for k in range(len(images)):
        here, before = (done + k) % ring, (done + k - 1) % ring
        past.times_s[here] = times_s[k]
        filter_frame(images[k], past.fine[here])
        filter_frame(small[k], past.coarse[here])
        motion.step_s[k] = 0
        motion.lag_s[k] = 0
        motion.step[k] = 0
        motion.lagged[k] = 0
        motion.error[k] = np.inf
        motion.change[k] = 0
        past.path_px[here] = 0
        if done + k == first:
            continue
        motion.step_s[k] = times_s[k] - past.times_s[before]
        _first_guess(past.coarse[before], past.coarse[here], coarse, reduced, fine)
        _find_flow(past.fine[before], past.fine[here], fine, motion.step[k], motion.error[k])
        _tell_change(fine, motion.change[k])
        _add(past.path_px[before], motion.step[k], past.path_px[here])
        oldest = max(first, done + k - ring + 1)
        partner = _nearest(past.times_s, oldest, done + k, times_s[k] - lag_s) % ring
        reached_s = times_s[k] - past.times_s[partner]
        if LAG_LEAST * lag_s <= reached_s <= max(LAG_MOST * lag_s, motion.step_s[k]):
            motion.lag_s[k] = reached_s
            _guess_of_path(past.path_px[partner], past.path_px[here], fine.guess)
            _find_flow(past.fine[partner], past.fine[here], fine, motion.lagged[k], motion.error[k])
        else:
            motion.error[k] = np.inf


@njit(cache=True, nogil=True, boundscheck=False)
def _find_flow(before, after, cells, flow, error):
    """Displacement and its standard error, from a guess in whole pixels.

    Speckle repeats itself nearly and looks alike along a fascia, so a large guess may have caught the wrong place: a
    cell leaves rest for it only if that explains the pictures clearly better.
    """
    ny, nx = error.shape
    first, stop = _moved_rows(cells.guess)
    guessed = stop > first
    _solve(before, after, cells, cells.guess, 0, ny, flow, error)
    if guessed:
        _solve(before, after, cells, cells.still, first, stop, cells.other, cells.other_error)
        for j in range(max(first - 1, 0), min(stop + 1, ny)):
            for i in range(nx):
                if not error[j, i] < _CLEARLY * cells.other_error[j, i]:
                    _take_other(cells, flow, error, j, i)
                    cells.guess[j, i] = 0
    again = guessed
    for j in range(ny):
        for i in range(nx):
            for d in range(2):
                again |= abs(flow[j, i, d] - cells.guess[j, i, d]) > _REDO_PX
    if again:
        for j in range(ny):
            for i in range(nx):
                for d in range(2):
                    cells.guess[j, i, d] = _whole(flow[j, i, d])
        first, stop = _moved_rows(cells.guess)
        if stop == first:
            return
        _solve(before, after, cells, cells.guess, first, stop, cells.other, cells.other_error)
        for j in range(max(first - 1, 0), min(stop + 1, ny)):
            for i in range(nx):
                if cells.other_error[j, i] < error[j, i]:
                    _take_other(cells, flow, error, j, i)


@njit(cache=True, nogil=True, boundscheck=False)
def _moved_rows(guess):
    """First and last + 1 of the rows with a guess other than rest; (0, 0) if there are none."""
    first = stop = 0
    for j in range(len(guess)):
        if np.any(guess[j]):
            first, stop = (first if stop else j), j + 1
    return first, stop


@njit(cache=True, nogil=True, boundscheck=False)
def _solve(before, after, cells, shift, first, stop, flow, error):
    """Solve for cells of which only rows ``first`` to ``stop - 1`` have another shift than when last solved.

    Sums of the other rows stand; neighbours are blended, so the solution also changes in the row beside each end.
    """
    rows = slice(first, stop)
    gradient_sums(
        before, after, cells.rows[first : stop + 1], cells.cols, cells.pixels[rows], shift[rows], cells.sums[rows]
    )
    blend(cells.sums, cells.blended)
    wider = slice(max(first - 1, 0), min(stop + 1, len(error)))
    solve_cells(cells.blended[wider], cells.area[wider], shift[wider], flow[wider], error[wider])


@njit(cache=True, nogil=True, boundscheck=False, inline="always")
def _take_other(cells, flow, error, j, i):
    flow[j, i, 0], flow[j, i, 1] = cells.other[j, i, 0], cells.other[j, i, 1]
    error[j, i] = cells.other_error[j, i]


@njit(cache=True, nogil=True, boundscheck=False, inline="always")
def _whole(displacement):
    """Whole pixels of what is too far for one step of Lucas-Kanade; the rest needs no guess."""
    return np.int32(np.rint(displacement)) if abs(displacement) > _REDO_PX else np.int32(0)


@njit(cache=True, nogil=True, boundscheck=False)
def _first_guess(before, after, coarse, times, fine):
    """Fill the fine cells' guess from frames reduced so many times; none unless something moved far."""
    fine.guess[:] = 0
    coarse.guess[:] = 0
    flow, error = np.empty_like(coarse.other), np.empty_like(coarse.other_error)
    _find_flow(before, after, coarse, flow, error)
    if np.abs(flow).max() * times < _REDO_PX:
        return
    ny, nx = error.shape
    rows, cols = fine.pixels.shape
    for j in range(rows):
        y = min(max((j + 0.5) * ny / rows - 0.5, 0.0), ny - 1.0)
        y0 = min(int(y), max(ny - 2, 0))
        y1, fy = min(y0 + 1, ny - 1), np.float32(y - y0)
        for i in range(cols):
            x = min(max((i + 0.5) * nx / cols - 0.5, 0.0), nx - 1.0)
            x0 = min(int(x), max(nx - 2, 0))
            x1, fx = min(x0 + 1, nx - 1), np.float32(x - x0)
            for d in range(2):
                above = flow[y0, x0, d] + fx * (flow[y0, x1, d] - flow[y0, x0, d])
                below = flow[y1, x0, d] + fx * (flow[y1, x1, d] - flow[y1, x0, d])
                fine.guess[j, i, d] = _whole(times * (above + fy * (below - above)))


@njit(cache=True, nogil=True, boundscheck=False)
def _guess_of_path(start, end, guess):
    for j in range(guess.shape[0]):
        for i in range(guess.shape[1]):
            for d in range(2):
                guess[j, i, d] = _whole(end[j, i, d] - start[j, i, d])


@njit(cache=True, nogil=True, boundscheck=False)
def _tell_change(cells, change):
    for j in range(change.shape[0]):
        for i in range(change.shape[1]):
            change[j, i] = np.sqrt(max(cells.sums[j, i, 5], np.float32(0)) / max(cells.pixels[j, i], np.float32(1)))


@njit(cache=True, nogil=True, boundscheck=False)
def _add(one, other, to):
    for j in range(to.shape[0]):
        for i in range(to.shape[1]):
            for d in range(2):
                to[j, i, d] = one[j, i, d] + other[j, i, d]


@njit(cache=True, nogil=True, boundscheck=False)
def _nearest(times_s, start, stop, wanted_s):
    """Return the number of the frame from ``start`` to before ``stop`` whose time is nearest to the one wanted."""
    best = start
    for n in range(start, stop):
        if abs(times_s[n % len(times_s)] - wanted_s) < abs(times_s[best % len(times_s)] - wanted_s):
            best = n
    return best

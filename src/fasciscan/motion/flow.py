"""Optical flow between two frames, one vector a grid cell: the project's one hand-written kernel.

Lucas-Kanade in closed form. Gradients come from matched 3-tap filters, their products are summed over each cell in one
pass, neighbouring cells are blended, and a 2x2 system is solved a cell. A twitch needs a coarse map and a precise one:
this comes near the dense methods in error at a hundredth of their cost (docs/motion.md has the measurements).

References
----------
Lucas BD, Kanade T. An iterative image registration technique with an application to stereo vision. IJCAI 1981.
Farid H, Simoncelli EP. Differentiation of discrete multidimensional signals. IEEE Trans Image Process 2004;13:496-508
(the matched filters: with plain central differences motion of speckle comes out a fifth too large).
Förstner W, Gülch E. A fast operator for detection and precise location of distinct points. ISPRS 1987
(the structure tensor, and its smallest eigenvalue as a measure of confidence).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SUMS = 6
"""Sums kept a cell: gx gx, gx gy, gy gy, gx gt, gy gt, gt gt; gradients in grey levels a pixel."""

_BLUR_SIDE, _BLUR_MIDDLE, _SLOPE_SIDE = np.float32(0.229879), np.float32(0.540242), np.float32(0.425287)
"""Matched 3-tap prefilter and derivative of Farid & Simoncelli 2004, table I."""

_FIXED_POINT = np.float32(8)
"""Filtered frames are 16-bit integers in eighths of a grey level: half the memory of floats, far below the noise."""

_PER_TT = np.float32(1 / 64)
_PER_GT = np.float32(1 / 128)
_PER_GG = np.float32(1 / 256)
"""From fixed-point products to squared grey levels. Gradients are the mean of two frames', hence the halves."""

_GRAIN_PX = np.float32(8)
"""Pixels that speak for one: what is unexplained is alike within a grain of speckle. Counting every pixel made the
standard error 2.8 times too small (docs/motion.md)."""

_PRIOR_GREY2 = np.float32(2.0)
"""Added to each cell's tensor, (grey levels a pixel)²: about what noise alone puts there.

It holds still what has no texture, and along a fascia leaves only the motion across it.
"""


@njit(cache=True, nogil=True, boundscheck=False)
def filter_frame(frame: NDArray[np.uint8], out: NDArray[np.int16]) -> None:
    """Take the gradients and the blurred grey levels of a frame.

    Parameters
    ----------
    frame
        (h, w) grey levels.
    out
        (3, h, w) filled with the x gradient, the y gradient and the blurred frame, in eighths of a grey level; the
        outermost pixels are left as they are.
    """
    height, width = frame.shape
    blurred = np.empty(width, np.float32)
    sloped = np.empty(width, np.float32)
    side, middle, slope = _BLUR_SIDE * _FIXED_POINT, _BLUR_MIDDLE * _FIXED_POINT, _SLOPE_SIDE * _FIXED_POINT
    for y in range(1, height - 1):
        above, here, below = frame[y - 1], frame[y], frame[y + 1]
        for x in range(width):
            blurred[x] = _BLUR_SIDE * (np.float32(above[x]) + np.float32(below[x])) + _BLUR_MIDDLE * np.float32(here[x])
            sloped[x] = _SLOPE_SIDE * (np.float32(below[x]) - np.float32(above[x]))
        gx, gy, grey = out[0, y], out[1, y], out[2, y]
        for x in range(1, width - 1):
            gx[x] = np.int16(slope * (blurred[x + 1] - blurred[x - 1]))
            gy[x] = np.int16(side * (sloped[x - 1] + sloped[x + 1]) + middle * sloped[x])
            grey[x] = np.int16(side * (blurred[x - 1] + blurred[x + 1]) + middle * blurred[x])


@njit(cache=True, nogil=True, boundscheck=False)
def gradient_sums(
    before: NDArray[np.int16],
    after: NDArray[np.int16],
    rows: NDArray[np.int32],
    cols: NDArray[np.int32],
    pixels: NDArray[np.float32],
    shift: NDArray[np.int32],
    out: NDArray[np.float32],
) -> None:
    """Sum the gradient products of two frames over the cells of a grid.

    Parameters
    ----------
    before, after
        (3, h, w) two frames from :func:`filter_frame`.
    rows, cols
        (ny + 1,), (nx + 1,) cell edges in pixels, at least one pixel inside the frame on each side.
    pixels
        (ny, nx) pixels in each cell, 0 for one that is not tissue and whose sums are to be 0.
    shift
        (ny, nx, 2) whole pixels (x, y) each cell is believed to have moved; ``after`` is read that far away.
    out
        (ny, nx, 6) filled with the sums named by :data:`SUMS`. They speak of the whole displacement, shift included, so
        that cells with different shifts can be blended.
    """
    # All in one function: with the inner loops in functions of their own it takes 1.4 to 1.9 times as long.
    height, width = before.shape[1:]
    ny, nx = pixels.shape
    line = np.empty((SUMS, width), np.float32)
    for j in range(ny):
        line[:] = 0
        i = 0
        while i < nx:
            # Neighbours with the same shift are one run. Slices that start at 0 let the compiler vectorise.
            sx, sy = shift[j, i, 0], shift[j, i, 1]
            stop = i + 1
            while stop < nx and shift[j, stop, 0] == sx and shift[j, stop, 1] == sy:
                stop += 1
            left, right = max(cols[i], 1 - sx), min(cols[stop], width - 1 - sx)
            xx, xy, yy = line[0, left:right], line[1, left:right], line[2, left:right]
            xt, yt, tt = line[3, left:right], line[4, left:right], line[5, left:right]
            for y in range(max(rows[j], 1 - sy), min(rows[j + 1], height - 1 - sy)):
                ax, ay, a = before[0, y, left:right], before[1, y, left:right], before[2, y, left:right]
                from_, to = left + sx, right + sx
                bx, by, b = after[0, y + sy, from_:to], after[1, y + sy, from_:to], after[2, y + sy, from_:to]
                for x in range(right - left):
                    gx = np.float32(np.int16(ax[x] + bx[x]))
                    gy = np.float32(np.int16(ay[x] + by[x]))
                    gt = np.float32(np.int16(b[x] - a[x]))
                    xx[x] += gx * gx
                    xy[x] += gx * gy
                    yy[x] += gy * gy
                    xt[x] += gx * gt
                    yt[x] += gy * gt
                    tt[x] += gt * gt
            i = stop
        for i in range(nx):
            inside = np.float32(pixels[j, i] > 0)
            left, right = cols[i], cols[i + 1]
            xx, xy, yy = line[0, left:right], line[1, left:right], line[2, left:right]
            xt, yt, tt = line[3, left:right], line[4, left:right], line[5, left:right]
            s0 = s1 = s2 = s3 = s4 = s5 = np.float32(0)
            for x in range(right - left):
                s0 += xx[x]
                s1 += xy[x]
                s2 += yy[x]
                s3 += xt[x]
                s4 += yt[x]
                s5 += tt[x]
            # Both frames' gradients were added, so each gradient counts double.
            cell = out[j, i]
            gxx, gxy, gyy = inside * _PER_GG * s0, inside * _PER_GG * s1, inside * _PER_GG * s2
            gxt, gyt, gtt = inside * _PER_GT * s3, inside * _PER_GT * s4, inside * _PER_TT * s5
            u, v = np.float32(shift[j, i, 0]), np.float32(shift[j, i, 1])
            cell[0], cell[1], cell[2] = gxx, gxy, gyy
            cell[3], cell[4] = gxt - gxx * u - gxy * v, gyt - gxy * u - gyy * v
            cell[5] = gtt - 2 * (gxt * u + gyt * v) + gxx * u * u + 2 * gxy * u * v + gyy * v * v


@njit(cache=True, nogil=True, boundscheck=False)
def blend(sums: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Add to each cell its neighbours with weights 1-2-1 each way; what lies outside counts as 0.

    Parameters
    ----------
    sums, out
        (ny, nx, k), not the same array.
    """
    ny, nx, k = sums.shape
    flat, mixed = sums.reshape(ny, nx * k), out.reshape(ny, nx * k)
    length = nx * k
    across = np.zeros((3, length), np.float32)
    for j in range(ny + 1):
        if j < ny:
            row, new = flat[j], across[j % 3]
            for x in range(length):
                new[x] = 2 * row[x]
            inner, left, right = new[k:], row[: length - k], row[k:]
            for x in range(length - k):
                inner[x] += left[x]
            for x in range(length - k):
                new[x] += right[x]
        else:
            across[j % 3] = 0
        if j > 0:
            above, here, below, to = across[(j - 2) % 3], across[(j - 1) % 3], across[j % 3], mixed[j - 1]
            for x in range(length):
                to[x] = above[x] + 2 * here[x] + below[x]


@njit(cache=True, nogil=True, boundscheck=False)
def solve_cells(
    sums: NDArray[np.float32],
    pixels: NDArray[np.float32],
    shift: NDArray[np.int32],
    flow: NDArray[np.float32],
    error: NDArray[np.float32],
) -> None:
    """Solve for each cell's displacement.

    Parameters
    ----------
    sums
        (ny, nx, 6) from :func:`gradient_sums`, blended or added up over several pairs of frames.
    pixels
        (ny, nx) pixels that went into each cell's sums with their weights; 0 gives a cell no result.
    shift
        (ny, nx, 2) whole pixels the cell was believed to have moved: where nothing is to be seen, that is kept.
    flow
        (ny, nx, 2) filled with the displacement (x, y) in pixels; 0 in cells without pixels.
    error
        (ny, nx) filled with the standard error in pixels along the worse direction, from what the displacement leaves
        unexplained and the smallest eigenvalue of the tensor; infinite in cells without pixels.
    """
    ny, nx, _ = sums.shape
    for j in range(ny):
        for i in range(nx):
            area = pixels[j, i]
            if area <= 0:
                flow[j, i, 0] = 0
                flow[j, i, 1] = 0
                error[j, i] = np.inf
                continue
            cell = sums[j, i]
            prior = _PRIOR_GREY2 * area
            a, b, c = cell[0] + prior, cell[1], cell[2] + prior
            xt, yt, tt = cell[3], cell[4], cell[5]
            over = np.float32(1) / (a * c - b * b)
            xt -= prior * shift[j, i, 0]
            yt -= prior * shift[j, i, 1]
            tt += prior * (np.float32(shift[j, i, 0]) ** 2 + np.float32(shift[j, i, 1]) ** 2)
            u = (b * yt - c * xt) * over
            v = (b * xt - a * yt) * over
            flow[j, i, 0] = u
            flow[j, i, 1] = v
            unexplained = max(tt + u * xt + v * yt, np.float32(0))
            smallest = np.float32(0.5) * (a + c - np.sqrt((a - c) ** 2 + 4 * b * b))
            error[j, i] = np.sqrt(_GRAIN_PX * unexplained / (smallest * area))

"""The physical grid: cells of about a millimetre laid over the tissue, the same for every scanner and depth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip
from fasciscan.errors import ClipError

_WORKING_PIXEL_MM = 0.17
"""Frames are area-averaged to about this pixel: speckle is 0.2-0.5 mm, so nothing is lost, and noise and coding blocks
average out. At 0.2 mm a tenth of the twitches of texture-twitches (seeds 900-907) were lost."""
_LARGEST_FACTOR = 6
_SMALLEST_CELL_PX = 4
"""Working pixels a cell needs for its tensor to mean something."""
_TISSUE_SHARE = 0.9
"""Share of a cell that must be tissue."""
_FEWEST_CELLS = 12
ASSUMED_DEPTH_MM = 40.0
"""Depth the tissue is taken to have when nothing gives a scale: a usual setting for limb muscle. It sets only the
grid's pitch; no millimetre that rests on it is reported."""


@dataclass(frozen=True)
class Grid:
    """Cells over the tissue, and the way between cells, working pixels, image pixels and millimetres.

    Working pixels are image pixels of the tissue's bounding box, averaged ``factor`` by ``factor``.
    """

    box: tuple[int, int, int, int]
    """x, y, width, height of the analysed box in image pixels, a multiple of ``factor``."""
    factor: int
    rows: NDArray[np.int32]
    """(ny + 1,) cell edges in working pixels."""
    cols: NDArray[np.int32]
    """(nx + 1,) the same across."""
    pixels: NDArray[np.float32]
    """(ny, nx) working pixels in each cell, 0 where the cell is not tissue."""
    mm_per_px: tuple[float, float]
    """Image pixel (x, y) in mm, assumed if ``calibrated`` is False."""
    calibrated: bool

    @cached_property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        ny, nx = self.pixels.shape
        return ny, nx

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """(ny, nx) cells that are tissue."""
        return self.pixels > 0

    @cached_property
    def working_mm(self) -> NDArray[np.float32]:
        """(2,) a working pixel in mm, (x, y)."""
        return np.array(self.mm_per_px, np.float32) * self.factor

    @cached_property
    def px_mm(self) -> float:
        """Side of a square image pixel of the same area, in mm."""
        return float(np.sqrt(self.mm_per_px[0] * self.mm_per_px[1]))

    @cached_property
    def pitch_mm(self) -> tuple[float, float]:
        """Mean distance between cells in mm, (x, y)."""
        wx, wy = self.working_mm
        return (
            float(wx) * float(self.cols[-1] - self.cols[0]) / (len(self.cols) - 1),
            float(wy) * float(self.rows[-1] - self.rows[0]) / (len(self.rows) - 1),
        )

    @cached_property
    def lateral_px(self) -> NDArray[np.float64]:
        """(nx,) image column of each cell's centre."""
        return self.box[0] + self.factor * (self.cols[:-1] + self.cols[1:]) / 2

    @cached_property
    def depth_px(self) -> NDArray[np.float64]:
        """(ny,) image row of each cell's centre."""
        return self.box[1] + self.factor * (self.rows[:-1] + self.rows[1:]) / 2

    @cached_property
    def lateral_mm(self) -> NDArray[np.float64]:
        """(nx,) cell centres from the left edge of the tissue."""
        return (self.lateral_px - self.box[0]) * self.mm_per_px[0]

    @cached_property
    def depth_mm(self) -> NDArray[np.float64]:
        """(ny,) cell centres from the top edge of the tissue."""
        return (self.depth_px - self.box[1]) * self.mm_per_px[1]

    def reduce(self, luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the box out of a frame and average it to working pixels."""
        x, y, width, height = self.box
        cut = luma[y : y + height, x : x + width]
        if self.factor == 1:
            return np.ascontiguousarray(cut)
        size = (width // self.factor, height // self.factor)
        return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)


def lay_grid(clip: Clip, cell_mm: float) -> Grid:
    """Lay a grid over the tissue of a clip.

    Parameters
    ----------
    clip
        The clip, for its mask and scale.
    cell_mm
        Pitch wanted; cells grow where the clip is too coarse for it.

    Raises
    ------
    ClipError
        If the tissue is too small to hold a dozen cells.
    """
    x, y, width, height = (int(v) for v in cv2.boundingRect(clip.mask.astype(np.uint8)))
    if clip.scale is None:
        mm = ASSUMED_DEPTH_MM / max(height, 1)
        mm_per_px = (mm, mm)
    else:
        mm_per_px = (clip.scale.x_mm_per_px, clip.scale.y_mm_per_px)
    factor = int(np.clip(round(_WORKING_PIXEL_MM / float(np.sqrt(mm_per_px[0] * mm_per_px[1]))), 1, _LARGEST_FACTOR))
    width, height = width - width % factor, height - height % factor
    cols = _edges(width // factor, cell_mm / (mm_per_px[0] * factor))
    rows = _edges(height // factor, cell_mm / (mm_per_px[1] * factor))
    if len(rows) < 2 or len(cols) < 2:
        raise _too_small(clip)
    share = cv2.resize(
        clip.mask[y : y + height, x : x + width].astype(np.float32),
        (width // factor, height // factor),
        interpolation=cv2.INTER_AREA,
    )
    summed = np.add.reduceat(np.add.reduceat(share, rows[:-1], axis=0), cols[:-1], axis=1)
    # reduceat runs to the end of the image in its last cell; count the tail away.
    area = np.outer(np.diff(np.append(rows[:-1], share.shape[0])), np.diff(np.append(cols[:-1], share.shape[1])))
    pixels = np.outer(np.diff(rows), np.diff(cols)).astype(np.float32)
    pixels[summed < _TISSUE_SHARE * area] = 0
    if np.count_nonzero(pixels) < _FEWEST_CELLS:
        raise _too_small(clip)
    return Grid((x, y, width, height), factor, rows, cols, pixels, mm_per_px, clip.scale is not None)


def _edges(length_px: int, cell_px: float) -> NDArray[np.int32]:
    # One pixel stays free on each side for the filters.
    cells = int((length_px - 2) / max(cell_px, _SMALLEST_CELL_PX))
    return np.round(np.linspace(1, length_px - 1, cells + 1)).astype(np.int32) if cells > 0 else np.zeros(0, np.int32)


def _too_small(clip: Clip) -> ClipError:
    return ClipError(clip.path, "the tissue region is too small to measure motion in", "draw a larger one with --roi")

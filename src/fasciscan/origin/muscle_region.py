"""The muscle under test, as the user outlines it: a twitch of its neighbour is listed and not counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip
from fasciscan.clip.tissue import fill_polygon
from fasciscan.errors import ClipError
from fasciscan.motion import Grid
from fasciscan.origin.events import Event

OUTSIDE = "outside the muscle drawn"
"""The reason given with what lies there."""


@dataclass(frozen=True, slots=True)
class MuscleRegion:
    """Where the muscle under test is; everywhere if the user does not say."""

    inside: NDArray[np.bool_]
    """(height, width) of the image."""

    def holds(self, event: Event) -> bool:
        """Whether an event starts in the muscle."""
        height, width = self.inside.shape
        row, column = round(event.origin.y_px), round(event.origin.x_px)
        return bool(self.inside[int(np.clip(row, 0, height - 1)), int(np.clip(column, 0, width - 1))])

    def cells(self, grid: Grid) -> NDArray[np.bool_]:
        """(ny, nx) cells of the tissue whose middle lies in the muscle."""
        return grid.valid & self.inside[np.ix_(grid.depth_px.astype(int), grid.lateral_px.astype(int))]


def read_muscle_region(clip: Clip, corners: Sequence[tuple[float, float]] | None, grid: Grid) -> MuscleRegion:
    """Fill the outline the user drew.

    Parameters
    ----------
    clip
        The clip, for the size of its image.
    corners
        Of the outline, (x, y) in pixels; None for the whole image.
    grid
        The cells laid over its tissue.

    Raises
    ------
    FasciscanError
        If it lies outside the image, or holds nothing of the tissue or no cell of it.
    """
    if corners is None:
        return MuscleRegion(np.ones((clip.height, clip.width), np.bool_))
    inside = fill_polygon(corners, clip.height, clip.width, "--muscle-region")
    if not (inside & clip.mask).any():
        raise ClipError(clip.path, "no tissue lies in the muscle drawn", "correct --muscle-region")
    region = MuscleRegion(inside)
    if not region.cells(grid).any():
        raise ClipError(clip.path, "the muscle drawn holds no cell of the tissue", "draw --muscle-region larger")
    return region


def part_by_region(events: Sequence[Event], region: MuscleRegion) -> tuple[list[Event], list[Event]]:
    """Part events into those of the muscle and those outside it, which are given that as the reason."""
    inside = [event for event in events if region.holds(event)]
    outside = [replace(event, reason=OUTSIDE) for event in events if not region.holds(event)]
    return inside, outside

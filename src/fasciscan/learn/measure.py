"""What the network sees of one clip's candidates, those of both looks, with room to shift them in training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.learn.sources import Source
from fasciscan.motion import Grid, MotionConfig, lay_grid, measure_motion, steady
from fasciscan.twitch import Candidate, CandidateConfig, find_again, find_candidates
from fasciscan.twitch.distinct import hides
from fasciscan.twitch.judge.measures import measure
from fasciscan.twitch.judge.patches import Patches, cut_patches

SPARE = 2
"""Cells and steps kept on each side of a patch, to shift it by in training."""
QUANTUM = 0.05
"""Step in which ``moving`` is kept as int8, far below its noise of 1: a quarter of the memory of float32."""


def measure_clip(source: Source, with_scale: bool) -> tuple[NDArray[np.int8], dict[str, NDArray]]:
    """Measure one clip.

    Parameters
    ----------
    source
        The clip.
    with_scale
        Whether its size of a pixel is used.

    Returns
    -------
    moving, others
        What moves around its n candidates, in units of :data:`QUANTUM`, which is nearly all there is; the rest by name,
        as :class:`fasciscan.learn.examples.Examples` has it.

    Raises
    ------
    FasciscanError
        If the clip cannot be read or measured.
    """
    options = ClipOptions(mm_per_px=source.mm_per_px if with_scale else None)
    clip = open_clip(source.clip, options)
    config = MotionConfig()
    grid = lay_grid(clip, config.cell_mm)
    blocks: list[Patches] = []
    found: list[Candidate] = []
    views: list[tuple[int, int]] = []
    for maps in measure_motion(clip, grid, config):
        steadied = steady(maps)
        both = (maps, find_candidates(maps, CandidateConfig())), (steadied, find_again(steadied, CandidateConfig()))
        blocks += [cut_patches(seen_in, own, measure(seen_in, own), SPARE) for seen_in, own in both]
        of_block = [candidate for _, own in both for candidate in own]
        views += [(len(found) + a, len(found) + b) for a, b in _views(of_block, grid)]
        found += of_block
    cells = np.array([c.cell for c in found], int).reshape(-1, 2)
    moving = np.concatenate([block.moving for block in blocks])
    return np.rint(moving / QUANTUM).astype(np.int8), {
        "still": np.concatenate([block.still for block in blocks]).astype(np.float16),
        "surroundings": np.concatenate([block.surroundings for block in blocks]).astype(np.float16),
        "measures": np.concatenate([block.measures for block in blocks]),
        "onset_s": np.array([c.bump.onset_s for c in found], float),
        "peak_s": np.array([c.bump.peak_s for c in found], float),
        "place_px": np.stack([grid.lateral_px[cells[:, 1]], grid.depth_px[cells[:, 0]]], axis=1),
        "height_mm": np.array([c.bump.height_mm for c in found], float),
        "steadied": np.array([c.steadied for c in found], bool),
        "views": np.array(views, np.int64).reshape(-1, 2),
        "duration_s": np.array(clip.duration_s),
        "frame_px": np.array([clip.width, clip.height]),
        "grid_mm_per_px": np.array(grid.mm_per_px),
        "pitch_mm": np.array(grid.pitch_mm),
    }


def _views(candidates: Sequence[Candidate], grid: Grid) -> list[tuple[int, int]]:
    """Pairs of positions: the first would be dropped as another view of the second, were that believed first."""
    return [(a, b) for (a, one), (b, other) in permutations(enumerate(candidates), 2) if hides(other, one, grid)]

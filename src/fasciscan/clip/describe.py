"""What the reader sees in a clip: the facts behind ``fasciscan info``, from one pass over the frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.copies import mark_copies
from fasciscan.clip.quality import Quality, judge_quality, warn_of_hidden
from fasciscan.clip.records import Clip, Scale
from fasciscan.clip.rests import compare, is_erased, mark_refreshed


@dataclass(frozen=True, slots=True)
class Description:
    """A clip in figures."""

    path: str
    codec: str
    width: int
    height: int
    frames_promised: int
    frames_read: int
    duration_s: float
    timing_source: str
    key_frames: int
    """0 where every frame is coded alone."""
    scale: Scale | None
    tissue_box_px: tuple[int, int, int, int]
    """Left, top, width, height of the rectangle around the tissue."""
    tissue_share: float
    """Of the image, 0 to 1."""
    mask_source: str
    quality: Quality
    warnings: tuple[str, ...]


def describe(clip: Clip) -> Description:
    """Read a clip once and tell what it is and what it is good for."""
    index, times_s, difference, unchanged, contrast = _read_through(clip)
    key_frames = clip.key_frames[index]
    copies = mark_copies(difference) | mark_refreshed(difference, key_frames)
    quality = judge_quality(times_s, copies, contrast, promised_s=clip.times_s)
    rows, columns = np.flatnonzero(clip.mask.any(axis=1)), np.flatnonzero(clip.mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return Description(
        path=str(clip.path),
        codec=clip.codec,
        width=clip.width,
        height=clip.height,
        frames_promised=clip.frame_count,
        frames_read=len(index),
        duration_s=clip.duration_s,
        timing_source=clip.timing_source,
        key_frames=int(clip.key_frames.sum()),
        scale=clip.scale,
        tissue_box_px=(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top),
        tissue_share=float(clip.mask.mean()),
        mask_source=clip.mask_source,
        quality=quality,
        warnings=(
            *clip.warnings,
            *warn_of_lost_frames(clip, len(index)),
            *quality.warnings,
            *warn_of_hidden(None, is_erased(difference[~key_frames], unchanged[~key_frames])),
        ),
    )


def warn_of_lost_frames(clip: Clip, frames_read: int) -> tuple[str, ...]:
    """Say how many frames could not be decoded, if any; known only once all were asked for."""
    lost = clip.frame_count - frames_read
    return (f"{lost} of {clip.frame_count} frames could not be decoded",) if lost > 0 else ()


def _read_through(clip: Clip) -> tuple[NDArray[np.int64], *tuple[NDArray[np.float64], ...]]:
    """Read number and time of each frame, and its mean grey difference, share left as it was and contrast in tissue."""
    import cv2

    inside = clip.mask.astype(np.uint8)
    area = int(np.count_nonzero(inside))
    index, rows = [], []
    previous = np.empty((clip.height, clip.width), np.uint8)
    for frame in clip.frames():
        difference, unchanged = compare(frame.luma, previous, inside, area) if index else (np.nan, np.nan)
        contrast = cv2.meanStdDev(frame.luma, mask=inside)[1].item()
        index.append(frame.index)
        rows.append((frame.time_s, difference, unchanged, contrast))
        np.copyto(previous, frame.luma)
    return np.array(index, np.int64), *np.array(rows, np.float64).reshape(-1, 4).T

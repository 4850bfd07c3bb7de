"""What a clip is to the rest of fasciscan: luma frames with times, millimetres and a tissue mask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Frame(NamedTuple):
    """One frame as it comes off the file."""

    index: int  # pyright: ignore[reportIncompatibleMethodOverride]  # hides tuple.index, which nobody needs here
    """Position in the clip, counted from 0."""
    time_s: float
    """Presentation time in seconds, 0 at the first frame."""
    luma: NDArray[np.uint8]
    """Grey levels, (height, width), valid until the next frame is asked for."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many millimetres a pixel is wide and high, and who says so."""

    x_mm_per_px: float
    y_mm_per_px: float
    source: str
    """``"dicom region"``, ``"dicom pixel spacing"``, ``"user"``, ``"user depth"``."""


@dataclass(frozen=True, slots=True)
class ClipOptions:
    """What the user says about a clip that the file does not say or says wrongly."""

    mm_per_px: float | None = None
    depth_mm: float | None = None
    """Depth of the tissue region from its top to its bottom edge."""
    roi: tuple[tuple[float, float], ...] | None = None
    """Polygon corners (x, y) in pixels; a rectangle is four of them."""
    muscle_region: tuple[tuple[float, float], ...] | None = None
    """Outline of the muscle under test, like ``roi``: twitches that start outside are listed and not counted."""
    timestamps: Path | None = None
    """CSV with one time in seconds a frame, in a column ``time_s`` or the only column."""


class FrameSource(Protocol):
    """What a file format has to offer; one class per family of formats implements it."""

    def frames(self) -> Iterator[Frame]:
        """Stream the frames from the start, in the order of their times."""
        ...


@dataclass(frozen=True, slots=True)
class Clip:
    """A recorded clip, opened and described but not held in memory.

    Made by :func:`fasciscan.clip.open_clip`. Frames are read anew on each call of :meth:`frames`.
    """

    path: Path
    sha256: str
    codec: str
    """Coding as the format calls it: ``"h264"``, ``"mjpeg"``, ``"dicom jpeg baseline"``, ``"tiff"`` …"""
    width: int
    height: int
    times_s: NDArray[np.float64]
    """(n,) presentation time of each frame the file promises, 0 at the first."""
    timing_source: str
    """``"file timestamps"``, ``"dicom FrameTime"``, ``"user timestamps"``, ``"assumed"`` …"""
    key_frames: NDArray[np.bool_]
    """(n,) frames the codec coded without reference to others; all False where every frame is coded alone."""
    scale: Scale | None
    """None when neither the file nor the user gives one."""
    mask: NDArray[np.bool_]
    """(height, width) True where there is tissue."""
    mask_source: str
    """``"found"`` or ``"user"``."""
    source: FrameSource
    warnings: tuple[str, ...] = field(default=())

    @property
    def frame_count(self) -> int:
        """Number of frames the file promises."""
        return len(self.times_s)

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last, the last lasting as long as a typical one."""
        if len(self.times_s) < 2:
            return 0.0
        return float(self.times_s[-1] - self.times_s[0] + np.median(np.diff(self.times_s)))

    def frames(self) -> Iterator[Frame]:
        """Stream the frames; each call starts anew. A truncated file yields fewer than it promises."""
        return self.source.frames()

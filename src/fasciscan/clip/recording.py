"""What each file format hands to :func:`fasciscan.clip.open_clip`: pictures, times, and what it knows of itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.records import Frame, Scale
from fasciscan.clip.timing import Timing
from fasciscan.errors import ClipError

LARGEST_SIDE_PX = 16384
"""A larger image is a broken header, not a scanner."""
Luma = NDArray[np.uint8]
"""Grey levels of one picture, (height, width)."""


class Pictures(Protocol):
    """The pictures of one file; each format has one class that reads them."""

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Read all pictures from the start: position from 0 and grey levels, in the order they are shown."""
        ...

    def spread(self, count: int) -> Iterator[Luma]:
        """Read up to `count` pictures from all over the clip, those the format reaches cheaply."""
        ...


@dataclass(frozen=True, slots=True)
class Box:
    """Rectangle in pixels, half-open: columns ``left`` to ``right``, rows ``top`` to ``bottom``."""

    left: int
    top: int
    right: int
    bottom: int

    def fits(self, width: int, height: int) -> bool:
        """Whether the box is not empty and lies inside an image of this size."""
        return 0 <= self.left < self.right <= width and 0 <= self.top < self.bottom <= height


@dataclass(frozen=True, slots=True)
class Recording:
    """One opened file, before the user's word and the search for tissue."""

    codec: str
    width: int
    height: int
    timing: Timing
    key_frames: NDArray[np.bool_]
    pictures: Pictures
    scale: Scale | None = None
    pixel_aspect: float = 1.0
    """Width of a pixel over its height, as the file says."""
    box: Box | None = None
    """The part of the image the file says is ultrasound; None when it does not say."""
    warnings: tuple[str, ...] = ()


class Begun:
    """Pictures of which the first were looked at: the next reader goes on from there, any later one starts anew.

    To decode a second of a clip twice would be a twentieth of the analysis of a short one.
    """

    def __init__(self, pictures: Pictures):
        self._pictures = pictures
        self._rest: Iterator[tuple[int, Luma]] | None = pictures.stream()
        self._seen: deque[tuple[int, Luma]] = deque()

    def look(self, count: int) -> list[Luma]:
        """Read up to `count` pictures from the start, once, before anyone reads them all."""
        self._seen.extend((position, luma.copy()) for position, luma in islice(self._rest or (), count))
        return [luma for _, luma in self._seen]

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Read all pictures from the start."""
        seen, rest = self._seen, self._rest
        self._seen, self._rest = deque(), None
        while seen:
            yield seen.popleft()
        yield from self._pictures.stream() if rest is None else rest

    def spread(self, count: int) -> Iterator[Luma]:
        """Read up to `count` pictures from all over the clip."""
        return self._pictures.spread(count)


@dataclass(frozen=True, slots=True)
class TimedFrames:
    """Pictures with their times: the frames of a :class:`~fasciscan.clip.Clip`."""

    pictures: Pictures
    times_s: NDArray[np.float64]

    def frames(self) -> Iterator[Frame]:
        """Stream the frames from the start."""
        times = self.times_s.tolist()
        for index, luma in self.pictures.stream():
            yield Frame(index, times[index], luma)


def spread_positions(frame_count: int, count: int) -> list[int]:
    """Positions of up to `count` frames, evenly over a clip and without its very ends."""
    wanted = min(frame_count, count)
    return [int((i + 0.5) * frame_count / wanted) for i in range(wanted)]


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse an image size that no scanner makes.

    Raises
    ------
    ClipError
        If a side is 0, negative or absurdly long.
    """
    if not (0 < width <= LARGEST_SIDE_PX and 0 < height <= LARGEST_SIDE_PX):
        raise ClipError(path, f"says its image is {width}×{height} px", "export the clip again")

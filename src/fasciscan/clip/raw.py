"""Pictures stored as plain numbers, one after the other: NPY files, uncompressed TIFF stacks, native DICOM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.recording import Luma, spread_positions


@dataclass(frozen=True, slots=True)
class RawPictures:
    """Pictures of one size at a known place in a file.

    They are read, not memory-mapped: pages of a map count as memory of the process until something else wants it.
    """

    path: Path
    offset: int
    count: int
    shape: tuple[int, ...]
    """Of one stored picture; what the numbers mean is known to `convert`."""
    dtype: np.dtype
    convert: Callable[[NDArray[np.generic]], Luma]

    @property
    def picture_bytes(self) -> int:
        """Size of one stored picture."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Read all pictures from the start."""
        for position, picture in enumerate(self.stored(range(self.count))):
            yield position, self.convert(picture)

    def spread(self, count: int) -> Iterator[Luma]:
        """Read pictures from all over the file."""
        for picture in self.stored(spread_positions(self.count, count)):
            yield self.convert(picture)

    def stored(self, positions: range | list[int]) -> Iterator[NDArray[np.generic]]:
        """Read the stored numbers of some pictures; ends early where the file does."""
        with self.path.open("rb") as file:
            for position in positions:
                file.seek(self.offset + position * self.picture_bytes)
                data = file.read(self.picture_bytes)
                if len(data) < self.picture_bytes:
                    return
                yield np.frombuffer(data, self.dtype).reshape(self.shape)


def whole_pictures(path: Path, offset: int, picture_bytes: int) -> int:
    """How many whole pictures there are from `offset` to the end of a file."""
    return max(0, path.stat().st_size - offset) // picture_bytes

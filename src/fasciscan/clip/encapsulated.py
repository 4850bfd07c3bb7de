"""Compressed pictures inside DICOM: found by their own marks, since offset tables are often empty or wrong."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.jpeg import JPEG_END, decode_jpegs
from fasciscan.clip.recording import Luma, spread_positions

if TYPE_CHECKING:
    from pydicom import Dataset

ITEM = (0xFFFE, 0xE000)
"""Tag of a fragment, DICOM PS3.5 table A.4-1."""
PLUGINS = {"1.2.840.10008.1.2.5": "pydicom"}
"""Run-length pictures are left to pydicom itself, 3 ms each at 640×480: the plugin written in Rust is four times as
fast but takes the whole program down with a damaged one."""
PICTURE_STARTS = (b"\xff\xd8", b"\xff\x4f")
"""Start marks of JPEG (also lossless and LS) and of JPEG 2000; a fragment without goes on with a picture."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a compressed picture, in bytes from the start of the file."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class EncapsulatedPictures:
    """Compressed pictures at known places in a DICOM file."""

    path: Path
    pieces: tuple[tuple[Fragment, ...], ...]
    """The fragments of each picture."""
    shape: tuple[int, int]
    header: Dataset
    is_baseline_jpeg: bool
    convert: Callable[[NDArray[np.generic], str], Luma]
    """From stored values and their photometric interpretation to luma."""

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Decode all pictures from the start; broken ones are passed over."""
        yield from self._decode(range(len(self.pieces)))

    def spread(self, count: int) -> Iterator[Luma]:
        """Decode pictures from all over the file."""
        for _, luma in self._decode(spread_positions(len(self.pieces), count)):
            yield luma

    def stored(self, positions: list[int]) -> Iterator[tuple[NDArray[np.generic], str]]:
        """Decode some pictures to their stored values, with the photometric interpretation those have."""
        for _, data in self._compressed(positions):
            decoded = _decode_by_pydicom(self.header, data)
            if decoded is not None:
                yield decoded

    def _decode(self, positions: range | list[int]) -> Iterator[tuple[int, Luma]]:
        decode = self._decode_jpegs if self.is_baseline_jpeg else self._decode_others
        for position, luma in decode(positions):
            if luma.shape == self.shape:
                yield position, luma

    def _decode_jpegs(self, positions: range | list[int]) -> Iterator[tuple[int, Luma]]:
        # Fragments are whole, so a file cut short lacks only the end of its last picture. Where another has no end
        # mark, its writer left it out.
        last = len(self.pieces) - 1
        pictures = (
            (position, data if position == last else data.rstrip(b"\0") + JPEG_END)
            for position, data in self._compressed(positions)
        )
        for position, luma in decode_jpegs(pictures):
            yield position, self.convert(luma, str(self.header.PhotometricInterpretation))

    def _decode_others(self, positions: range | list[int]) -> Iterator[tuple[int, Luma]]:
        for position, data in self._compressed(positions):
            decoded = _decode_by_pydicom(self.header, data)
            if decoded is not None:
                yield position, self.convert(*decoded)

    def _compressed(self, positions: range | list[int]) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            for position in positions:
                data = []
                for fragment in self.pieces[position]:
                    file.seek(fragment.offset)
                    data.append(file.read(fragment.length))
                yield position, b"".join(data)


def find_pictures(file: BinaryIO) -> tuple[tuple[Fragment, ...], ...]:
    """List the pictures of encapsulated pixel data, as far as they are whole.

    Parameters
    ----------
    file
        Open at the first byte of the pixel data, which is the (possibly empty) offset table.
    """
    fragments = list(_fragments(file))[1:]
    pictures: list[tuple[Fragment, ...]] = []
    for fragment in fragments:
        file.seek(fragment.offset)
        begins = file.read(2) in PICTURE_STARTS
        if begins or not pictures or not _begins_marked(file, pictures[-1]):
            pictures.append((fragment,))
        else:
            pictures[-1] = (*pictures[-1], fragment)
    return tuple(pictures)


def _begins_marked(file: BinaryIO, picture: tuple[Fragment, ...]) -> bool:
    """Whether a picture begins with a mark; run-length coded ones have none and one fragment each."""
    file.seek(picture[0].offset)
    return file.read(2) in PICTURE_STARTS


def _fragments(file: BinaryIO) -> Iterator[Fragment]:
    """Walk over the items up to the end of the sequence or of a file cut short."""
    position = file.tell()
    end = file.seek(0, 2)
    while position + 8 <= end:
        file.seek(position)
        group, element, length = struct.unpack("<HHL", file.read(8))
        if (group, element) != ITEM or position + 8 + length > end:
            return
        yield Fragment(position + 8, length)
        position += 8 + length


def _decode_by_pydicom(header: Dataset, data: bytes) -> tuple[NDArray[np.generic], str] | None:
    """Decode one picture to what was stored, with its photometric interpretation; None where it is broken."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.utils import as_pixel_options

    syntax = header.file_meta.TransferSyntaxUID
    with warnings.catch_warnings():
        # Scanners write headers pydicom finds fault with; what cannot be read is told as lost frames.
        warnings.simplefilter("ignore")
        try:
            options = as_pixel_options(header, number_of_frames=1, pixel_keyword="PixelData")
            stored, meaning = get_decoder(syntax).as_array(
                encapsulate([data], has_bot=False), raw=True, decoding_plugin=PLUGINS.get(syntax, ""), **options
            )
        except (RuntimeError, ValueError, TypeError, NotImplementedError, AttributeError, OSError):
            return None
    return stored, str(meaning["photometric_interpretation"])

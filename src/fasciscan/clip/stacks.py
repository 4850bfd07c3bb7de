"""Stacks of images: folders of PNG, JPEG or TIFF files, TIFF stacks, and NPY arrays."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.grey import CHANNELS, SAMPLED_FRAMES, Levels, find_levels, to_luma
from fasciscan.clip.raw import RawPictures, whole_pictures
from fasciscan.clip.recording import Luma, Pictures, Recording, check_size, spread_positions
from fasciscan.clip.timing import Timing, assumed_timing, timing_from_rate
from fasciscan.errors import ClipError

if TYPE_CHECKING:
    from tifffile import TiffFile

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
NO_TIMES = "images in a stack carry no times"
BROKEN_CHAIN = "invalid page offset"
"""What tifffile says where a page is followed by none and should be."""
TIFF_FAILURES = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, OSError)
"""What tifffile raises over damaged files; its own error is a ValueError."""


def open_folder(path: Path) -> Recording:
    """Open a folder of images, in the natural order of their names (``img2`` before ``img10``).

    Raises
    ------
    ClipError
        If it holds no images, or the first cannot be read.
    """
    names = [p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")]
    files = tuple(sorted(names, key=_natural_key))
    if not files:
        raise ClipError(path, "holds no images", "give a clip, or a folder of PNG, JPEG or TIFF images")
    first = _read_image(files[0])
    if first is None:
        raise ClipError(files[0], "cannot be read as an image", "export it again")
    shape = (first.shape[0], first.shape[1])
    levels = None
    if first.dtype != np.uint8:
        sample = (_read_image(files[i]) for i in spread_positions(len(files), SAMPLED_FRAMES))
        levels = find_levels(image for image in sample if image is not None)
    codec = "images " + files[0].suffix.lower().lstrip(".")
    pictures = ImageFiles(files, shape, levels)
    return _still(codec, shape, pictures, assumed_timing(len(files), None, NO_TIMES))


def open_tiff(path: Path) -> Recording:
    """Open a TIFF stack: its pages are the frames.

    Raises
    ------
    ClipError
        If it cannot be read.
    """
    import tifffile

    try:
        with _Complaints() as complaints, tifffile.TiffFile(path) as tiff:
            recording = _describe_tiff(path, tiff)
    except TIFF_FAILURES as error:
        raise ClipError(path, f"cannot be read as TIFF ({_one_line(error)})", "export it again") from error
    if any(BROKEN_CHAIN in complaint for complaint in complaints.texts):
        count = len(recording.timing.times_s)
        recording = replace(recording, warnings=(f"the file is cut short: {count} frames are there and were analysed",))
    return recording


def open_npy(path: Path) -> Recording:
    """Open an NPY array of shape (frames, height, width) or (frames, height, width, channels).

    Raises
    ------
    ClipError
        If it is another kind of array, or holds not even one frame.
    """
    shape, dtype, offset = _npy_header(path)
    if len(shape) not in {3, 4} or (len(shape) == 4 and shape[3] not in CHANNELS) or dtype.kind not in "uifb":
        raise ClipError(
            path,
            f"holds {dtype} of shape {shape}",
            "store grey levels as (frames, height, width), or with a 4th axis of 1, 3 or 4 channels (grey, RGB, RGBA)",
        )
    check_size(path, shape[2], shape[1])
    raw = RawPictures(path, offset, shape[0], shape[1:], dtype, partial(to_luma, levels=None))
    count = min(shape[0], whole_pictures(path, offset, raw.picture_bytes))
    if not count:
        raise ClipError(path, "holds no frames", "export it again")
    raw = replace(raw, count=count)
    if dtype != np.uint8:
        levels = find_levels(raw.stored(spread_positions(count, SAMPLED_FRAMES)))
        raw = replace(raw, convert=partial(to_luma, levels=levels))
    recording = _still("npy", (shape[1], shape[2]), raw, assumed_timing(count, None, NO_TIMES))
    if count < shape[0]:
        loss = f"the file is cut short: {count} of {shape[0]} frames are there and were analysed"
        recording = replace(recording, warnings=(loss,))
    return recording


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """Pictures that are a file each."""

    files: tuple[Path, ...]
    shape: tuple[int, int]
    levels: Levels | None

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Read all images in order; broken ones and ones of another size are passed over."""
        for position, file in enumerate(self.files):
            luma = self._read(file)
            if luma is not None:
                yield position, luma

    def spread(self, count: int) -> Iterator[Luma]:
        """Read some images from all over the folder."""
        for position in spread_positions(len(self.files), count):
            luma = self._read(self.files[position])
            if luma is not None:
                yield luma

    def _read(self, file: Path) -> Luma | None:
        image = _read_image(file)
        if image is None or image.shape[:2] != self.shape:
            return None
        return to_luma(image, self.levels)


@dataclass(frozen=True, slots=True)
class TiffPages:
    """Pictures that are the pages of one TIFF file."""

    path: Path
    pages: tuple[int, ...]
    shape: tuple[int, ...]
    levels: Levels | None

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Read all pages in order, up to one that is broken."""
        for position, page in enumerate(self.stored(self.pages)):
            yield position, to_luma(page, self.levels)

    def spread(self, count: int) -> Iterator[Luma]:
        """Read some pages from all over the file."""
        chosen = tuple(self.pages[i] for i in spread_positions(len(self.pages), count))
        for page in self.stored(chosen):
            yield to_luma(page, self.levels)

    def stored(self, pages: tuple[int, ...]) -> Iterator[NDArray[np.generic]]:
        """Read the stored numbers of some pages."""
        import tifffile

        with _Complaints(), tifffile.TiffFile(self.path) as tiff:
            for page in pages:
                try:
                    picture = tiff.pages[page].asarray()
                except TIFF_FAILURES:
                    return
                if picture.shape == self.shape:
                    yield picture


class _Complaints(logging.Handler):
    """Collects what tifffile says of a damaged file, which would otherwise go to the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.texts.append(record.getMessage())

    def __enter__(self) -> Self:
        logging.getLogger("tifffile").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("tifffile").removeHandler(self)


def _describe_tiff(path: Path, tiff: TiffFile) -> Recording:
    """Tell a stack of pages from one block of numbers behind a single page, as ImageJ writes large ones."""
    first = tiff.pages[0].aspage()
    shape, dtype = first.shape, np.dtype(first.dtype or np.uint8)
    if len(shape) not in {2, 3} or (len(shape) == 3 and shape[2] not in CHANNELS):
        raise ClipError(
            path, f"has pages of shape {shape}", "store one image a page, of 1, 3 or 4 channels (grey, RGB, RGBA)"
        )
    check_size(path, shape[1], shape[0])
    deep = dtype != np.uint8
    stacked = int((tiff.imagej_metadata or {}).get("images", 1))
    if len(tiff.pages) == 1 < stacked and first.is_contiguous:
        raw_dtype = dtype.newbyteorder(tiff.byteorder)
        raw = RawPictures(path, first.dataoffsets[0], stacked, shape, raw_dtype, partial(to_luma, levels=None))
        count = min(stacked, whole_pictures(path, raw.offset, raw.picture_bytes))
        levels = find_levels(raw.stored(spread_positions(count, SAMPLED_FRAMES))) if deep else None
        pictures: Pictures = replace(raw, count=count, convert=partial(to_luma, levels=levels))
    else:
        indices = tuple(i for i, page in enumerate(tiff.pages) if page.shape == shape)
        count, pictures = len(indices), TiffPages(path, indices, shape, None)
        if deep:
            sample = tuple(indices[i] for i in spread_positions(count, SAMPLED_FRAMES))
            pictures = replace(pictures, levels=find_levels(pictures.stored(sample)))
    return _still("tiff", (shape[0], shape[1]), pictures, _tiff_timing(tiff, count))


def _tiff_timing(tiff: TiffFile, count: int) -> Timing:
    interval_s = float((tiff.imagej_metadata or {}).get("finterval", 0) or 0)
    if np.isfinite(interval_s) and interval_s > 0:
        return timing_from_rate(count, 1 / interval_s, "imagej frame interval")
    return assumed_timing(count, None, NO_TIMES)


def _still(codec: str, shape: tuple[int, int], pictures: Pictures, timing: Timing) -> Recording:
    """Describe a clip whose frames are all coded alone."""
    height, width = shape
    return Recording(codec, width, height, timing, np.zeros(len(timing.times_s), np.bool_), pictures)


def _read_image(file: Path) -> NDArray[np.generic] | None:
    """Grey or RGB image at its own depth, or None where it is broken."""
    import cv2

    data = np.fromfile(file, np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_GRAYSCALE) if data.size else None


def _npy_header(path: Path) -> tuple[tuple[int, ...], np.dtype, int]:
    """Shape, number type and where the numbers begin."""
    with path.open("rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran_order, dtype = read(file)
        except (ValueError, SyntaxError, TokenError) as error:
            raise ClipError(path, f"cannot be read as NPY ({_one_line(error)})", "store it again") from error
        if fortran_order:
            raise ClipError(path, "is stored in Fortran order", "store it with numpy.ascontiguousarray")
        return shape, dtype, file.tell()


def _natural_key(path: Path) -> list[tuple[int, str]]:
    """Sort digits by their number and the rest by its letters."""
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.split(r"(\d+)", path.name)]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

"""DICOM multi-frame ultrasound: what the header says of time, scale and region, and where the pictures lie."""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.encapsulated import EncapsulatedPictures, find_pictures
from fasciscan.clip.grey import CHANNELS, SAMPLED_FRAMES, Levels, find_levels, to_luma
from fasciscan.clip.raw import RawPictures, whole_pictures
from fasciscan.clip.recording import Box, Luma, Pictures, Recording, check_size, spread_positions
from fasciscan.clip.records import Scale
from fasciscan.clip.timing import Timing, assumed_timing, timing_from_rate, timing_from_stamps
from fasciscan.errors import ClipError

if TYPE_CHECKING:
    from pydicom import Dataset

CODINGS = {
    "1.2.840.10008.1.2": "dicom raw",
    "1.2.840.10008.1.2.1": "dicom raw",
    "1.2.840.10008.1.2.2": "dicom raw big endian",
    "1.2.840.10008.1.2.4.50": "dicom jpeg baseline",
    "1.2.840.10008.1.2.4.51": "dicom jpeg extended",
    "1.2.840.10008.1.2.4.57": "dicom jpeg lossless",
    "1.2.840.10008.1.2.4.70": "dicom jpeg lossless",
    "1.2.840.10008.1.2.4.80": "dicom jpeg-ls",
    "1.2.840.10008.1.2.4.81": "dicom jpeg-ls",
    "1.2.840.10008.1.2.4.90": "dicom jpeg 2000",
    "1.2.840.10008.1.2.4.91": "dicom jpeg 2000",
    "1.2.840.10008.1.2.5": "dicom rle",
}
"""Transfer syntaxes that are read."""
KEYWORDS = (
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "WindowCenter",
    "WindowWidth",
    "RescaleSlope",
    "RescaleIntercept",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "FrameIncrementPointer",
    "FrameTimeVector",
    "FrameTime",
    "CineRate",
    "ActualFrameDuration",
    "RecommendedDisplayFrameRate",
    "SequenceOfUltrasoundRegions",
    "PixelSpacing",
    "PixelAspectRatio",
)
"""All that is read of a header."""
RATE_KEYWORDS = {
    "FrameTime": lambda milliseconds: 1000 / milliseconds,
    "CineRate": float,
    "ActualFrameDuration": lambda milliseconds: 1000 / milliseconds,
    "RecommendedDisplayFrameRate": float,
}
"""Where a header tells one rate for all frames, best first, and how to read it."""
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
PIXEL_DATA = (0x7FE0, 0x0010)
SPATIAL_2D = 1
"""Region Spatial Format, DICOM PS3.3 C.8.5.5.1.1: a B-mode image, not a trace."""
DATA_TISSUE = 1
"""Region Data Type, C.8.5.5.1.2."""
UNIT_CM = 3
"""Physical Units X/Y Direction, C.8.5.5.1.15: centimetres per pixel."""
MM_PER_CM = 10.0
BYTE_WHITE = 255
"""A palette that nowhere goes beyond it counts in 8 bits: in 16 it would be black all over."""
RATE_DIFFERS = 0.1
"""Rates of one header further apart than this are told; rounding to whole frames or milliseconds explains less."""
RATE_RANGE_HZ = (0.1, 10_000.0)
"""Outside of it a rate is a mistake: ultrafast scanners reach 10,000 frames/s."""


def open_dicom(path: Path) -> Recording:
    """Open a DICOM file.

    Raises
    ------
    ClipError
        If it is not readable DICOM, has no pixels, or stores them in a way that is not read here.
    """
    with path.open("rb") as file:
        header = _read_header(path, file)
        coding = _coding(path, header)
        width, height = _whole_number(header, "Columns", 0), _whole_number(header, "Rows", 0)
        check_size(path, width, height)
        length, is_words = _enter_pixel_data(path, file, header)
        promised = max(1, _whole_number(header, "NumberOfFrames", 1))
        if coding.startswith("dicom raw"):
            pictures, there = _native_pictures(path, file.tell(), length, header, promised, is_words=is_words)
        else:
            pictures, there = _encapsulated_pictures(path, file, header, promised)
    found = min(promised, there)
    losses = ()
    if there < promised:
        losses = (f"the file promises {promised} frames, {there} are there and were analysed",)
    elif there > promised:
        losses = (f"the file promises {promised} frames and holds {there}: those beyond were not analysed",)
    scale, box, scale_warnings = _read_scale(header, width, height)
    return Recording(
        codec=coding,
        width=width,
        height=height,
        timing=_read_timing(header, promised, found),
        key_frames=np.zeros(found, np.bool_),
        pictures=pictures,
        scale=scale,
        pixel_aspect=scale.x_mm_per_px / scale.y_mm_per_px if scale else _pixel_aspect(header),
        box=box,
        warnings=losses + scale_warnings,
    )


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What stored pixel values stand for."""

    levels: Levels | None
    """Black and white of values deeper than 8 bits."""
    palette: NDArray[np.uint8] | None
    """Luma of each palette entry."""

    def to_luma(self, stored: NDArray[np.generic], photometric: str) -> Luma:
        """Turn stored values, (height, width[, samples]), into luma."""
        if photometric == "PALETTE COLOR" and self.palette is not None:
            return self.palette[np.minimum(stored.astype(np.intp), len(self.palette) - 1)]
        if photometric.startswith("YBR_FULL") and stored.ndim == 3:
            stored = stored[:, :, 0]
        luma = to_luma(stored, self.levels)
        return 255 - luma if photometric == "MONOCHROME1" else luma


@dataclass(frozen=True, slots=True)
class _NativeLayout:
    """How the samples of an uncompressed picture follow each other."""

    photometric: str
    planes_apart: bool
    is_swapped: bool
    """Whether the bytes of each pair stand in reverse, as in a stream of big-endian words."""
    meaning: _Meaning

    def to_luma(self, stored: NDArray[np.generic]) -> Luma:
        """Turn a stored picture into luma."""
        if self.is_swapped:
            stored = stored.reshape(-1, 2)[:, ::-1].reshape(stored.shape)
        if self.photometric == "YBR_FULL_422":  # two luma samples, then the two chroma samples they share
            return np.ascontiguousarray(stored[:, :, :2], np.uint8).reshape(stored.shape[0], -1)
        if self.planes_apart:
            stored = np.moveaxis(stored, 0, 2)
        return self.meaning.to_luma(stored, self.photometric)


def _read_header(path: Path, file: BinaryIO) -> Dataset:
    """Read what is needed of what comes before the pixels, and stop there; values that make no sense are dropped."""
    import pydicom
    from pydicom.errors import BytesLengthException, InvalidDicomError
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    nonsense = (ValueError, LookupError, TypeError, AttributeError, NotImplementedError, BytesLengthException)
    with warnings.catch_warnings():
        # Scanners write values pydicom finds fault with; those that matter are checked here.
        warnings.simplefilter("ignore")
        try:
            header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(KEYWORDS))
        except (InvalidDicomError, OSError, EOFError, *nonsense) as error:
            raise ClipError(path, "is not readable DICOM, or encrypted", "export it again, unencrypted") from error
        for keyword in KEYWORDS:
            try:
                str(header.get(keyword))  # pydicom converts a value, also within a sequence, when it is asked for
            except nonsense:
                delattr(header, keyword)
    if "Rows" not in header and "Columns" not in header:
        raise ClipError(path, "has no pixels, or is encrypted", "give the DICOM file of the clip itself, unencrypted")
    if "TransferSyntaxUID" not in header.file_meta:
        implicit = header.original_encoding[0]
        header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    if "PhotometricInterpretation" not in header:
        header.PhotometricInterpretation = "MONOCHROME2"
    return header


def _coding(path: Path, header: Dataset) -> str:
    """Name the transfer syntax, or say that it is not read."""
    syntax = header.file_meta.TransferSyntaxUID
    if syntax not in CODINGS:
        name = getattr(syntax, "name", str(syntax))
        raise ClipError(path, f"stores its pixels as {name}, which is not read", "export it uncompressed or as JPEG")
    return CODINGS[syntax]


def _enter_pixel_data(path: Path, file: BinaryIO, header: Dataset) -> tuple[int, bool]:
    """Go to the first byte of the pixel data and return its length as the file states it, and if it is 16-bit words."""
    syntax = header.file_meta.TransferSyntaxUID
    order = ">" if syntax == BIG_ENDIAN else "<"
    tag = file.read(8)
    if len(tag) < 8 or struct.unpack(order + "HH", tag[:4]) != PIXEL_DATA:
        raise ClipError(path, "has no pixels", "give the DICOM file of the clip itself")
    length = tag[4:] if syntax == IMPLICIT_LITTLE_ENDIAN else file.read(4)
    return int.from_bytes(length, "big" if order == ">" else "little"), tag[4:6] == b"OW"


def _native_pictures(
    path: Path, offset: int, length: int, header: Dataset, promised: int, *, is_words: bool
) -> tuple[Pictures, int]:
    """Uncompressed pictures, as many as promised, and how many are there."""
    height, width = int(header.Rows), int(header.Columns)
    samples = _whole_number(header, "SamplesPerPixel", 1)
    if samples not in CHANNELS:
        raise ClipError(path, f"stores {samples} samples a pixel", "export it as grey or RGB")
    photometric = str(header.PhotometricInterpretation)
    planes_apart = samples > 1 and _whole_number(header, "PlanarConfiguration", 0) == 1
    if photometric == "YBR_FULL_422" and length >= promised * height * width * samples:
        photometric = "YBR_FULL"  # some exporters give each pixel its own chroma and keep the name
    if photometric == "YBR_FULL_422":
        shape = (height, width // 2, 4)
    elif samples == 1:
        shape = (height, width)
    else:
        shape = (samples, height, width) if planes_apart else (height, width, samples)
    dtype = _number_type(path, header)
    is_swapped = is_words and dtype.itemsize == 1 and header.file_meta.TransferSyntaxUID == BIG_ENDIAN
    layout = _NativeLayout(photometric, planes_apart, is_swapped, _Meaning(None, _palette(path, header)))
    pictures = RawPictures(path, offset, promised, shape, dtype, layout.to_luma)
    if is_swapped and pictures.picture_bytes % 2:
        raise ClipError(path, "splits words between its pictures", "export it again as little endian")
    there = whole_pictures(path, offset, pictures.picture_bytes)
    found = min(promised, there)
    if not found:
        raise ClipError(path, "holds not even one whole frame", "copy or export it again")
    pictures = replace(pictures, count=found)
    if dtype != np.uint8:
        levels = _window(header) or find_levels(pictures.stored(spread_positions(found, SAMPLED_FRAMES)))
        layout = replace(layout, meaning=replace(layout.meaning, levels=levels))
        pictures = replace(pictures, convert=layout.to_luma)
    return pictures, max(found, min(length // pictures.picture_bytes, there))


def _encapsulated_pictures(path: Path, file: BinaryIO, header: Dataset, promised: int) -> tuple[Pictures, int]:
    """Compressed pictures, as many as promised, and how many are there."""
    there = find_pictures(file)
    pieces = there[:promised]
    if not pieces:
        raise ClipError(path, "holds not even one whole frame", "copy or export it again")
    meaning = _Meaning(None, _palette(path, header))
    bits = _whole_number(header, "BitsAllocated", 8)
    is_baseline = bits == 8 and header.file_meta.TransferSyntaxUID in {
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
    }
    shape = (int(header.Rows), int(header.Columns))
    pictures = EncapsulatedPictures(path, pieces, shape, header, is_baseline, meaning.to_luma)
    if bits > 8 or _whole_number(header, "PixelRepresentation", 0):
        sample = pictures.stored(spread_positions(len(pieces), SAMPLED_FRAMES))
        levels = _window(header) or find_levels(stored for stored, _ in sample)
        pictures = replace(pictures, convert=replace(meaning, levels=levels).to_luma)
    return pictures, len(there)


def _number_type(path: Path, header: Dataset) -> np.dtype:
    bits = _whole_number(header, "BitsAllocated", 8)
    if bits not in {8, 16, 32}:
        raise ClipError(path, f"stores {bits} bits a pixel", "export it with 8 or 16")
    kind = "i" if _whole_number(header, "PixelRepresentation", 0) else "u"
    order = ">" if header.file_meta.TransferSyntaxUID == BIG_ENDIAN else "<"
    return np.dtype(f"{order}{kind}{bits // 8}")


def _palette(path: Path, header: Dataset) -> NDArray[np.uint8] | None:
    """Luma of each entry of the palette; None where the pixels are no entries of one."""
    from pydicom.pixels.processing import apply_color_lut

    if header.get("PhotometricInterpretation") != "PALETTE COLOR":
        return None
    entries = 2 ** min(16, _whole_number(header, "BitsAllocated", 8))
    nonsense = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, struct.error)
    try:
        colours = apply_color_lut(np.arange(entries, dtype=np.uint16).reshape(1, -1), header)
    except nonsense as error:
        raise ClipError(path, "lacks the palette of its colours, or has a broken one", "export it as RGB") from error
    if colours.max() <= BYTE_WHITE:  # of 8 bits, though some writers store them in 16
        return to_luma(colours.astype(np.uint8), None)[0]
    return to_luma(colours, Levels(0.0, float(np.iinfo(np.uint16).max)))[0]


def _window(header: Dataset) -> Levels | None:
    """Black and white as the display window sets them; None without a window."""
    centre, width = _first_number(header, "WindowCenter"), _first_number(header, "WindowWidth")
    if centre is None or width is None or width <= 1:
        return None
    slope, intercept = _first_number(header, "RescaleSlope") or 1.0, _first_number(header, "RescaleIntercept") or 0.0
    return Levels((centre - width / 2 - intercept) / slope, (centre + width / 2 - intercept) / slope)


def _read_timing(header: Dataset, promised: int, found: int) -> Timing:
    """Find the times: a vector of frame times, one frame time, or a rate, in this order (PS3.3 C.7.6.5)."""
    pointer = header.get("FrameIncrementPointer")
    pointers = [pointer] if isinstance(pointer, int) else list(pointer or [])
    vector = header.get("FrameTimeVector")
    steps_ms = [float(step) for step in (vector if vector is not None and hasattr(vector, "__len__") else [])]
    told = ()
    cine_hz = _first_number(header, "CineRate")
    if steps_ms and (not pointers or 0x00181065 in pointers):
        if len(steps_ms) == promised:
            # The first entry is the time before the first frame, and 0.
            stamps_s = np.cumsum(np.array(steps_ms[:found])) / 1000
            return _doubted(timing_from_stamps(stamps_s, "dicom FrameTimeVector", _rate_of(header)), cine_hz)
        told = (f"FrameTimeVector has {len(steps_ms)} entries for {promised} frames and was not used",)
    for keyword, to_rate in RATE_KEYWORDS.items():
        number = _first_number(header, keyword)
        if number and RATE_RANGE_HZ[0] <= (rate := float(to_rate(number))) <= RATE_RANGE_HZ[1]:
            timing = timing_from_rate(found, rate, f"dicom {keyword}")
            if keyword == "RecommendedDisplayFrameRate":
                told += (
                    "the DICOM header tells only how fast to show the frames, and not how fast they were taken: if"
                    " that is another rate, all times and rates are wrong; pass --timestamps",
                )
            return _doubted(replace(timing, warnings=told), cine_hz)
    timing = assumed_timing(found, None, "the DICOM header tells no frame time or rate")
    return replace(timing, warnings=told + timing.warnings)


def _doubted(timing: Timing, cine_hz: float | None) -> Timing:
    """Say so where the header's times and its rate are not those of one recording: one may be how fast to show it."""
    if len(timing.times_s) < 2 or not cine_hz or cine_hz <= 0:
        return timing
    rate_hz = (len(timing.times_s) - 1) / float(timing.times_s[-1])
    if abs(rate_hz / cine_hz - 1) <= RATE_DIFFERS:
        return timing
    doubt = (
        f"by {timing.source} there are {rate_hz:.4g} frames/s, by CineRate {cine_hz:.4g}: the first was taken;"
        " if it is wrong, so are all times and rates: pass --timestamps"
    )
    return replace(timing, warnings=(*timing.warnings, doubt))


def _rate_of(header: Dataset) -> float | None:
    number = _first_number(header, "FrameTime")
    return 1000 / number if number and number > 0 else _first_number(header, "CineRate")


def _read_scale(header: Dataset, width: int, height: int) -> tuple[Scale | None, Box | None, tuple[str, ...]]:
    """Scale and region of the largest calibrated B-mode region, else the pixel spacing (PS3.3 C.8.5.5)."""
    regions = [r for r in header.get("SequenceOfUltrasoundRegions") or [] if _is_tissue(r)]
    if regions:
        boxes = [_region_box(region, width, height) for region in regions]
        if not all(box.fits(width, height) for box in boxes):
            stale = "the DICOM region lies outside the image, so it is from before the image was cut or resized"
            return None, None, (f"{stale}: no millimetres; pass --mm-per-px or --depth-mm",)
        areas = [(box.right - box.left) * (box.bottom - box.top) for box in boxes]
        largest = int(np.argmax(areas))
        told = () if len(regions) == 1 else (f"{len(regions)} tissue regions: only the largest is analysed",)
        scale = _region_scale(regions[largest])
        if scale is None:
            told += ("the DICOM region is not calibrated in centimetres",)
        return scale or _pixel_spacing(header), boxes[largest], told
    other = header.get("SequenceOfUltrasoundRegions")
    told = ("no region of the DICOM file is an image of tissue, so its screen may show traces alone",) if other else ()
    return _pixel_spacing(header), None, told


def _is_tissue(region: Dataset) -> bool:
    return region.get("RegionSpatialFormat") == SPATIAL_2D and region.get("RegionDataType") == DATA_TISSUE


def _region_box(region: Dataset, width: int, height: int) -> Box:
    """Region in pixels. Its last column and row belong to it; writers that mean half-open are one too far."""
    names = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")
    left, top, last_x, last_y = (_whole_number(region, name, -1) for name in names)
    right = width if last_x == width else last_x + 1
    bottom = height if last_y == height else last_y + 1
    return Box(left, top, right, bottom)


def _region_scale(region: Dataset) -> Scale | None:
    if region.get("PhysicalUnitsXDirection") != UNIT_CM or region.get("PhysicalUnitsYDirection") != UNIT_CM:
        return None
    x, y = (abs(float(region.get(name) or 0)) * MM_PER_CM for name in ("PhysicalDeltaX", "PhysicalDeltaY"))
    return Scale(x, y, "dicom region") if x > 0 and y > 0 else None


def _pixel_spacing(header: Dataset) -> Scale | None:
    """Pixel spacing in mm: the distance of rows comes first, that of columns second (PS3.3 10.7.1.3)."""
    spacing = header.get("PixelSpacing")
    if spacing is None or not hasattr(spacing, "__len__") or len(spacing) != 2:
        return None
    y, x = (float(value) for value in spacing)
    return Scale(x, y, "dicom pixel spacing") if x > 0 and y > 0 else None


def _pixel_aspect(header: Dataset) -> float:
    """Width over height of a pixel; the header gives them the other way round (PS3.3 C.7.6.3.1.7)."""
    ratio = header.get("PixelAspectRatio")
    if ratio is None or not hasattr(ratio, "__len__") or isinstance(ratio, str) or len(ratio) != 2:
        return 1.0
    high, wide = (float(value) for value in ratio)
    return wide / high if high > 0 and wide > 0 else 1.0


def _whole_number(header: Dataset, keyword: str, default: int) -> int:
    """Read a whole number; the default where it is missing or no number."""
    number = _first_number(header, keyword)
    return default if number is None else int(number)


def _first_number(header: Dataset, keyword: str) -> float | None:
    """First value of a number element; None where it is missing or no number."""
    value = header.get(keyword)
    if value is not None and hasattr(value, "__len__") and not isinstance(value, str):
        value = value[0] if len(value) else None
    try:
        number = float(value) if value is not None else None
    except (TypeError, ValueError):
        return None
    return number if number is not None and np.isfinite(number) else None

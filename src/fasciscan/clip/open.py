"""The one door for every clip: finds its format, reads what it says of itself, adds the user's word, finds tissue."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from fasciscan.clip.recording import Begun, Recording, TimedFrames
from fasciscan.clip.records import Clip, ClipOptions
from fasciscan.clip.scale import settle_scale
from fasciscan.clip.survey import survey
from fasciscan.clip.timing import read_timestamps
from fasciscan.errors import ClipError, naming

DICOM_MAGIC_AT = 128
HEAD_BYTES = 132
"""Enough to hold the mark of every format, of which DICOM's comes last."""
DEFAULT_OPTIONS = ClipOptions()


def open_clip(path: str | Path, options: ClipOptions = DEFAULT_OPTIONS) -> Clip:
    """Open a clip of any format.

    Parameters
    ----------
    path
        Video (anything FFmpeg reads), multi-frame DICOM, TIFF stack, NPY array (frames, height, width[, 3]), or a
        folder of images.
    options
        What the user says about the clip.

    Returns
    -------
    Clip
        Described but not decoded: only a few dozen frames were looked at, to find the tissue.

    Raises
    ------
    FasciscanError
        If the clip cannot be read, or an option does not fit it.
    """
    from fasciscan.clip.tissue import find_tissue  # here: OpenCV takes 0.1 s to load

    path = Path(path)
    recording = _read(path)
    timing = recording.timing
    if options.timestamps is not None:
        timing = read_timestamps(options.timestamps, len(timing.times_s))
    pictures = Begun(recording.pictures)
    seen = survey(pictures, len(timing.times_s))
    if seen is None:
        raise ClipError(path, "none of its frames can be decoded", "export the clip again")
    duration_s = float(timing.times_s[-1] - timing.times_s[0])
    with naming(path):
        tissue = find_tissue(seen, recording.box, options.roi, duration_s)
        scale, scale_warnings = settle_scale(recording.scale, recording.pixel_aspect, options, tissue.mask)
    return Clip(
        path=path,
        sha256=hash_clip(path),
        codec=recording.codec,
        width=recording.width,
        height=recording.height,
        times_s=timing.times_s,
        timing_source=timing.source,
        key_frames=recording.key_frames,
        scale=scale,
        mask=tissue.mask,
        mask_source=tissue.source,
        source=TimedFrames(pictures, timing.times_s),
        warnings=recording.warnings + timing.warnings + scale_warnings + tissue.warnings,
    )


def printable(name: str | Path) -> str:
    """Tell a file's name as text; what of it is no UTF-8, as on disks of another age, becomes a replacement sign."""
    return os.fsencode(name).decode("utf-8", "replace")


def hash_clip(path: Path) -> str:
    """Give the SHA-256 of a clip: of the file, or of a folder's files in the order of their names.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    total = hashlib.sha256()
    for item in sorted(p for p in path.iterdir() if p.is_file()):
        with item.open("rb") as file:
            total.update(item.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _read(path: Path) -> Recording:
    """Hand the file to the reader of its format, told by its first bytes."""
    try:
        is_folder = path.is_dir()
        head = b"" if is_folder else _head(path)
    except FileNotFoundError as error:
        raise ClipError(path, "does not exist", "check the path") from error
    except OSError as error:
        raise ClipError(path, f"cannot be opened ({error.strerror})", "check that you may read it") from error
    if is_folder:
        from fasciscan.clip.stacks import open_folder

        return open_folder(path)
    if not head:
        raise ClipError(path, "is empty", "copy or export it again")
    if head[DICOM_MAGIC_AT:] == b"DICM" or path.suffix.lower() in {".dcm", ".dicom", ".ima"}:
        from fasciscan.clip.dicom import open_dicom

        return open_dicom(path)
    if head[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        from fasciscan.clip.stacks import open_tiff

        return open_tiff(path)
    if head[:6] == b"\x93NUMPY":
        from fasciscan.clip.stacks import open_npy

        return open_npy(path)
    from fasciscan.clip.video import open_video

    return open_video(path)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)

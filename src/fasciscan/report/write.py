"""Writes the reports of one clip: chooses a name that is free, then lets each format's writer fill its file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fasciscan.clip.records import Clip
from fasciscan.errors import FasciscanError
from fasciscan.exam.result import ClipResult
from fasciscan.motion.raster import Raster

Writer = Callable[[Clip, ClipResult, Raster, Path], None]

SUFFIXES = {"json": ".json", "csv": ".events.csv", "html": ".html", "mp4": ".mp4"}
"""What each format's file is called after the clip's name."""

FORMATS = tuple(SUFFIXES)
"""The formats that can be written, in the order they are."""

NAMING_FORMATS = ("json", "html")
"""Those whose files name their clip by its SHA-256."""

SHA_DIGITS = 8
"""Of a clip's SHA-256 in a report's name: enough to keep the clips of a clinic apart, short enough to read."""


def write_reports(
    clip: Clip, result: ClipResult, raster: Raster, directory: Path, formats: Sequence[str]
) -> list[Path]:
    """Write the result of one clip in each of the formats.

    A file appears under its name only when it is whole. Scanners give the clips of all patients the same few names,
    so a name that another clip's report holds already is not taken: part of the clip's SHA-256 is added to it.

    Parameters
    ----------
    clip
        The clip, whose frames are streamed again for the pictures of ``html`` and ``mp4``.
    result
        What was found in it.
    raster
        Its motion, for the page.
    directory
        Where to; made if it is not there.
    formats
        Some of :data:`FORMATS`.

    Returns
    -------
    list of Path
        The files, in the order of :data:`FORMATS`.

    Raises
    ------
    FasciscanError
        If the directory or a file in it cannot be written.
    ValueError
        If a format is not one of :data:`FORMATS`.
    """
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(f"unknown formats {sorted(unknown)}, there are {FORMATS}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        stem = _free_stem(clip, directory)
        written = []
        for name in (known for known in FORMATS if known in formats):
            path = directory / f"{stem}{SUFFIXES[name]}"
            with whole_or_not_at_all(path) as partial:
                _writer(name)(clip, result, raster, partial)
            written.append(path)
    except OSError as error:
        reason = error.strerror or error
        raise FasciscanError(
            f"{directory}: the report of {clip.path.name} could not be written ({reason}); "
            "name a folder with room that you may write to with --out."
        ) from error
    return written


def _free_stem(clip: Clip, directory: Path) -> str:
    """Name for the clip's reports that no other clip's report holds."""
    stem = clip.path.name if clip.path.is_dir() else clip.path.stem
    taken = any((directory / f"{stem}{suffix}").exists() for suffix in SUFFIXES.values())
    own = any(_names(directory / f"{stem}{SUFFIXES[name]}", clip.sha256) for name in NAMING_FORMATS)
    return f"{stem}-{clip.sha256[:SHA_DIGITS]}" if taken and not own else stem


def _names(path: Path, sha256: str) -> bool:
    """Tell whether a report, if it is there, speaks of the clip with this SHA-256."""
    return path.is_file() and sha256 in path.read_text(encoding="utf-8", errors="replace")


@contextmanager
def whole_or_not_at_all(path: Path) -> Iterator[Path]:
    """Give a hidden name beside `path` to write to; it gets its real name when the writing has gone well."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _writer(name: str) -> Writer:
    """Give the writer of a format; imported here, since the page and the video need what JSON does not."""
    if name == "json":
        from fasciscan.report.result_json import write_json

        return write_json
    if name == "csv":
        from fasciscan.report.events_csv import write_csv

        return write_csv
    if name == "html":
        from fasciscan.report.page import write_page

        return write_page
    from fasciscan.report.annotated_video import write_video

    return write_video

"""Writes the reports of one clip: chooses a name that is free, then lets each format's writer fill its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.files import not_writable, whole_or_not_at_all
from fasciscan.motion.raster import Raster
from fasciscan.report.names import (
    NAMING_FORMATS,
    SUFFIXES,
    candidates,
    file_ids,
    is_free,
    remember,
    stem_of,
    would_replace,
)

Writer = Callable[[Clip, ClipResult, Raster, Path], None]

FORMATS = tuple(SUFFIXES)
"""The formats that can be written, in the order they are."""


def write_reports(
    clip: Clip, result: ClipResult, raster: Raster, directory: Path, formats: Sequence[str]
) -> list[Path]:
    """Write the result of one clip in each of the formats.

    A file appears under its name only when it is whole. Scanners give the clips of all patients the same few names,
    so a name that another clip's report holds already is not taken: part of the clip's SHA-256 is added to it. Nor is
    one by which a report would replace the clip.

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
        if not set(formats) & set(NAMING_FORMATS):
            remember(directory, stem, clip.sha256)
    except OSError as error:
        raise not_writable(directory, error, f"the report of {clip.path.name}") from error
    return written


def _free_stem(clip: Clip, directory: Path) -> str:
    """Name for the clip's reports that no other clip's report holds, and not the clip itself."""
    inputs = file_ids([clip.path])
    names = candidates(stem_of(clip.path), lambda: clip.sha256)
    return next(
        name
        for name in names
        if not would_replace(directory, name, inputs) and is_free(directory, name, lambda: clip.sha256)
    )


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

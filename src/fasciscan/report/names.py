"""How reports are called: after their clip, and never as what is not theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

from fasciscan.clip import printable

SUFFIXES = {"json": ".json", "csv": ".events.csv", "html": ".html", "mp4": ".annotated.mp4"}
"""What each format's file is called after the clip's name. A clip may be an MP4 itself, so the video's is its own."""

NAMING_FORMATS = ("json", "html")
"""Those whose files name their clip by its SHA-256."""

SHA_DIGITS = 8
"""Of a clip's SHA-256 in a report's name: enough to keep the clips of a clinic apart, short enough to read."""

Sha256 = Callable[[], str]
"""Gives the SHA-256 of a clip; called only where a name is taken, since a batch may be an archive."""

FOLDER = ".fasciscan"
"""Hidden beside the reports: what is remembered of them."""

ENTRIES = "done"
"""In it, an entry for each name of reports, which tells their clip's SHA-256 where no report of that name does."""

FileId = tuple[int, int]
"""Device and inode, which are the same however a file is named."""


def stem_of(clip: Path) -> str:
    """Give the name of a clip's reports, if no other clip's have it.

    Many archives name DICOM files by their UID, whose last number is no suffix but what tells them apart.
    """
    whole = clip.is_dir() or clip.suffix[1:].isdigit()
    return printable(clip.name if whole else clip.stem)


def candidates(stem: str, sha256: Sha256) -> Iterator[str]:
    """Give names for a clip's reports, without end, the first choice first."""
    yield stem
    with_sha = f"{stem}-{sha256()[:SHA_DIGITS]}"
    yield with_sha
    yield from (f"{with_sha}-{number}" for number in count(2))


def is_free(directory: Path, name: str, sha256: Sha256) -> bool:
    """Tell whether no report of this name is there, or they are this very clip's."""
    if not any((directory / f"{name}{suffix}").exists() for suffix in SUFFIXES.values()):
        return True
    told = [path for format_ in NAMING_FORMATS if (path := directory / f"{name}{SUFFIXES[format_]}").is_file()]
    if not told:
        return _remembered(directory, name) == sha256()
    return all(sha256() in path.read_text(encoding="utf-8", errors="replace") for path in told)


def remember(directory: Path, name: str, sha256: str) -> None:
    """Note whose the reports of this name are, for those that do not tell it themselves."""
    if _remembered(directory, name) != sha256:  # or else a batch's entry, which holds more
        entry = entry_of(directory, name)
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text(json.dumps({"clip_sha256": sha256}) + "\n", encoding="ascii")


def file_ids(paths: Iterable[Path]) -> frozenset[FileId]:
    """Give the identities of those files that are there."""
    return frozenset(found for path in paths if (found := _file_id(path)))


def would_replace(directory: Path, name: str, inputs: frozenset[FileId]) -> bool:
    """Tell whether a report of this name would take the place of one of the inputs."""
    return any(_file_id(directory / f"{name}{suffix}") in inputs for suffix in SUFFIXES.values())


def _remembered(directory: Path, name: str) -> str | None:
    try:
        return json.loads(entry_of(directory, name).read_text(encoding="utf-8"))["clip_sha256"]
    except (OSError, ValueError, KeyError, TypeError):  # no entry, or a damaged one
        return None


def entry_of(directory: Path, name: str) -> Path:
    """Give the file in which is remembered whose the reports of this name are."""
    return directory / FOLDER / ENTRIES / f"{name}.json"


def _file_id(path: Path) -> FileId | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

"""Folders that take files, and files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from fasciscan.errors import FasciscanError


def make_folder(directory: Path) -> None:
    """Make a folder and try whether it takes files: before the work and not after it.

    Raises
    ------
    FasciscanError
        If it cannot be made or written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=directory).close()
    except OSError as error:
        raise not_writable(directory, error) from error


@contextmanager
def whole_or_not_at_all(path: Path, scratch: Path | None = None) -> Iterator[Path]:
    """Give a hidden name to write to; the file gets its real name when the writing has gone well.

    The hidden name lies beside `path`, or in a folder `scratch` of the same file system.
    """
    partial = (scratch or path.parent) / f".{path.name}.{os.getpid()}.partial"
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file that was named with ``--out``, whole or not at all; its folder is made if it is not there.

    Raises
    ------
    FasciscanError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_or_not_at_all(path) as partial:
            partial.write_text(text, encoding=encoding)
    except OSError as error:
        reason = error.strerror or error
        raise FasciscanError(f"{path}: cannot be written ({reason}); name another file by --out.") from error


def not_writable(directory: Path, error: OSError, what: str = "") -> FasciscanError:
    """Say that a folder did not take a file, named by `what` where that helps, and why."""
    says = f"{what} could not be written there" if what else "could not be written to"
    reason = error.strerror or error
    return FasciscanError(f"{directory}: {says} ({reason}); name a folder with room that you may write to with --out.")

"""Where what was measured of a clip is kept, so that a run that is killed leaves no half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from fasciscan.errors import FasciscanError


def moving_of(file: Path) -> Path:
    """File beside that of a clip's other examples."""
    return file.with_suffix(".moving.npy")


def is_kept(file: Path) -> bool:
    """Tell whether the measurement of a clip is there, and not cut short: how a zip ends tells what is in it."""
    try:
        ZipFile(file).close()
        np.load(moving_of(file), mmap_mode="r")
    except (OSError, BadZipFile, ValueError):
        return False
    return True


@contextmanager
def open_kept(file: Path) -> Iterator[NpzFile]:
    """Open what was measured of a clip; where some bytes of it have changed that shows when they are read."""
    try:
        with np.load(file) as kept:
            yield kept
    except BadZipFile as error:
        raise FasciscanError(f"{file}: is damaged ({error}); remove it, and the clip is measured again.") from error


@contextmanager
def whole_or_not_at_all(file: Path) -> Iterator[BinaryIO]:
    """Write beside a file, under a name that no other process has; it gets its name when all has gone well."""
    part = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)

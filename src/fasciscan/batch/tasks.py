"""What is asked of a batch and what becomes of it: a task a clip, and how each ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fasciscan.clip import ClipOptions
from fasciscan.exam import Muscle
from fasciscan.report.names import stem_of
from fasciscan.twitch.judge.panel import ALONE


@dataclass(frozen=True, slots=True)
class ClipTask:
    """One clip to analyse, with all that decides what its reports say."""

    path: Path
    formats: tuple[str, ...]
    """Some of :data:`fasciscan.report.FORMATS`."""
    options: ClipOptions = field(default_factory=ClipOptions)
    muscle: Muscle | None = None
    model: str | None = None
    """As :func:`fasciscan.twitch.load_classifier` takes it."""
    model_sha256: str | None = None
    """Of its weights. A process that finds others refuses the work."""
    command: str = ""
    """The command line for the provenance, without what only tells how the work is shared out."""

    @property
    def stem(self) -> str:
        """What its reports are called, if no other clip's are."""
        return stem_of(self.path)

    @property
    def key(self) -> str:
        """Tells apart what gives another result though the content is the same: path, options, model and program."""
        judges = self.model if self.model in ALONE else None  # any other network by its weights, wherever it lies
        told = asdict(self) | {"model": judges, "command": None, "program": program_sha256()}
        if self.options.timestamps is not None and self.options.timestamps.is_file():
            told["timestamps"] = hashlib.sha256(self.options.timestamps.read_bytes()).hexdigest()
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reports:
    """What the work on one clip gives."""

    clip_sha256: str
    result: dict[str, Any]
    """What the result's JSON says, whether or not JSON was asked for."""
    files: dict[str, bytes]
    """Content of each report, by its suffix."""


Work = Callable[[ClipTask], Reports]
"""What is done with a clip; importable by name, since another process does it."""
Progress = Callable[[int, int], None]
"""Told how many clips are done, of how many."""


@dataclass(frozen=True, slots=True)
class Done:
    """A clip whose reports lie on disk."""

    task: ClipTask
    result: dict[str, Any]
    files: tuple[Path, ...]
    """In the order of the formats."""
    kept: bool
    """True if an earlier run made them."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip that could not be analysed."""

    task: ClipTask
    why: str
    """One line: what went wrong, with which clip, and what to do."""
    traceback: str = ""
    """Where a bug lies; empty for what the user can put right."""


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """How all tasks ended, each in the order it was given."""

    endings: tuple[Done | Failed, ...]

    @property
    def done(self) -> tuple[Done, ...]:
        """Clips with reports."""
        return tuple(ending for ending in self.endings if isinstance(ending, Done))

    @property
    def failed(self) -> tuple[Failed, ...]:
        """Clips without."""
        return tuple(ending for ending in self.endings if isinstance(ending, Failed))


@cache
def program_sha256() -> str:
    """Hash of all files of fasciscan as installed, since its version alone does not change while one works on it."""
    package = Path(__file__).resolve().parents[1]
    total = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(path.relative_to(package).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()

"""What of a batch is done: a hidden folder beside the reports, by which a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from fasciscan.batch.tasks import ClipTask, Done, Reports
from fasciscan.clip import hash_clip
from fasciscan.files import not_writable, whole_or_not_at_all
from fasciscan.report.names import ENTRIES, FOLDER, FileId, candidates, entry_of, file_ids, is_free, would_replace

NAMES = "names.json"
"""Which clip each name of reports belongs to, by its path; written before any work, so that names do not depend on
which clip happens to be done first."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record of one folder of reports; made by :func:`open_ledger`."""

    out: Path
    names: tuple[str, ...]
    """What the reports of each task are called."""

    def find(self, number: int, task: ClipTask) -> Done | None:
        """Give what an earlier run made of a task, if it is all there and the clip is still the same."""
        entry = _read(self._entry(number))
        try:
            if entry["key"] != task.key or entry["clip_sha256"] != hash_clip(task.path):
                return None
            files = {self.out / name: sha256 for name, sha256 in entry["files"].items()}
            if any(_sha256(path.read_bytes()) != sha256 for path, sha256 in files.items()):
                return None  # as another analysis wrote there
            return Done(task, entry["result"], tuple(files), kept=True)
        except (KeyError, TypeError, OSError):  # no entry, a damaged one, or a file that is gone
            return None

    def keep(self, number: int, task: ClipTask, reports: Reports) -> Done:
        """Write the reports of a task. The entry comes last: where it lies, its reports are whole.

        Raises
        ------
        FasciscanError
            If they cannot be written.
        """
        files = {self.out / (self.names[number] + suffix): content for suffix, content in reports.files.items()}
        entry = {
            "key": task.key,
            "clip_sha256": reports.clip_sha256,
            "files": {path.name: _sha256(content) for path, content in files.items()},
            "result": reports.result,
        }
        try:
            for path, content in files.items():
                self._write(path, content)
            self._write(self._entry(number), _to_json(entry))
        except OSError as error:
            raise not_writable(self.out, error) from error
        return Done(task, reports.result, tuple(files), kept=False)

    def _entry(self, number: int) -> Path:
        return entry_of(self.out, self.names[number])

    def _write(self, path: Path, content: bytes) -> None:
        with whole_or_not_at_all(path, self.out / FOLDER) as partial:
            partial.write_bytes(content)


def open_ledger(out: Path, tasks: Sequence[ClipTask]) -> Ledger:
    """Open the record of a folder, made if it is not there, and give each task a name for its reports.

    Scanners give the clips of all patients the same few names. The first clip of a name gets it; to another's, part of
    its SHA-256 is added. So it is where a report would replace one of the clips.

    Raises
    ------
    FasciscanError
        If the folder cannot be written to.
    """
    folder = out / FOLDER
    try:
        (folder / ENTRIES).mkdir(parents=True, exist_ok=True)
        owners = _read(folder / NAMES)
        inputs = file_ids(task.path for task in tasks)
        names = []
        for task in tasks:
            names.append(_name(out, task, owners, set(names), inputs))
            owners[names[-1]] = _owner(task)
        with whole_or_not_at_all(folder / NAMES) as partial:
            partial.write_bytes(_to_json(owners))
    except OSError as error:
        raise not_writable(out, error) from error
    return Ledger(out, tuple(names))


def _name(out: Path, task: ClipTask, owners: dict[str, Any], given: set[str], inputs: frozenset[FileId]) -> str:
    """Find the first name for the reports of a clip that no other clip's hold and no clip itself has."""
    sha256 = cache(partial(_sha_or_none, task))
    for name in candidates(task.stem, sha256):
        if name in given or would_replace(out, name, inputs):
            continue
        owner = owners.get(name)
        if owner == _owner(task) or (owner is None and is_free(out, name, sha256)):
            return name
    raise AssertionError("there is always one more candidate")


def _owner(task: ClipTask) -> str:
    """Tell one clip from another of the same relative path: a batch may be run from any folder."""
    return str(task.path.resolve())


def _sha_or_none(task: ClipTask) -> str:
    """SHA-256 of the clip; zeros for one that cannot be read and so will get no reports."""
    try:
        return hash_clip(task.path)
    except OSError:
        return "0" * 64


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _to_json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode("ascii")  # as paths need not be UTF-8

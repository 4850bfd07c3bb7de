"""Clips whose text says what becomes of them, so that a batch is tested without video."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from fasciscan.batch import ClipTask, run_clips

HERE = Path(__file__).parent
# Workers, which are new processes, look for the work where this process would.
sys.path.append(str(HERE))

import one_program  # noqa: E402, F401 - found by the line above
from batch_fakes import fake_work  # noqa: E402

Contents = Callable[[Path], dict[str, str]]
MakeTasks = Callable[[Mapping[str, str]], list[ClipTask]]


@pytest.fixture
def make_tasks(tmp_path) -> MakeTasks:
    """Write clips by name and give a task for each."""

    def make(texts: Mapping[str, str]) -> list[ClipTask]:
        paths = [tmp_path / "clips" / name for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [ClipTask(path, ("json", "html"), model="rule") for path in paths]

    return make


@pytest.fixture(name="contents", scope="session")
def contents_fixture() -> Contents:
    return contents


def contents(folder: Path) -> dict[str, str]:
    """Tell all files under a folder by the hash of their content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True)
class Batch:
    """200 clips, three of them broken, and what a run gives that nothing disturbed."""

    clips: Path
    tasks: list[ClipTask]
    undisturbed: dict[str, str]


@pytest.fixture(scope="session")
def batch_of_200(tmp_path_factory) -> Batch:
    folder = tmp_path_factory.mktemp("batch")
    texts = {f"{n:03}.mp4": f"slow 0.02 {n}" for n in range(197)} | {f"bad-{n}.mp4": f"broken {n}" for n in range(3)}
    (folder / "clips").mkdir()
    for name, text in texts.items():
        (folder / "clips" / name).write_text(text)
    paths = sorted((folder / "clips").iterdir())
    tasks = [ClipTask(path, ("json", "html"), model="rule") for path in paths]
    outcome = run_clips(tasks, folder / "out", jobs=2, work=fake_work)
    assert [failed.task.path.name for failed in outcome.failed] == ["bad-0.mp4", "bad-1.mp4", "bad-2.mp4"]
    return Batch(folder / "clips", tasks, contents(folder / "out"))

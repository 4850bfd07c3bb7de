"""Clips on a Dask cluster of real processes: a lost worker costs nothing, and the results are the same to the byte."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from batch_fakes import fake_work

from fasciscan.batch import run_clips
from fasciscan.errors import FasciscanError

HERE = Path(__file__).parent
START_S = 60
"""Seconds a scheduler may take to start on a busy machine."""


@dataclass
class Cluster:
    """A scheduler and its workers, each a process."""

    address: str
    workers: list[subprocess.Popen]


def dask(*arguments: str | Path) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", "dask", *arguments], env=environment, **quiet)


@pytest.fixture
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    common = ("--scheduler-file", told, "--no-dashboard")
    alone = ("--no-nanny", "--nthreads", "1", "--preload", "one_program")
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0", *common)
    workers = [dask("worker", *common, *alone, "--local-directory", folder / f"worker-{n}") for n in range(2)]
    deadline = time.monotonic() + START_S
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield Cluster(json.loads(told.read_text())["address"], workers)
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.slow
def test_200_clips_give_the_same_files_though_one_of_two_workers_is_killed_midway(
    cluster, batch_of_200, tmp_path, contents
):
    def kill_one_midway(done: int, _total: int) -> None:
        if done == 60:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    outcome = run_clips(
        batch_of_200.tasks, tmp_path, scheduler=cluster.address, progress=kill_one_midway, work=fake_work
    )
    assert cluster.workers[0].wait(5) == -signal.SIGKILL
    assert [failed.task.path.name for failed in outcome.failed] == ["bad-0.mp4", "bad-1.mp4", "bad-2.mp4"]
    assert contents(tmp_path) == batch_of_200.undisturbed


@pytest.mark.slow
def test_a_clip_that_hangs_on_a_worker_is_given_up_and_the_others_are_done(cluster, make_tasks, tmp_path):
    tasks = make_tasks({"hangs.mp4": "hang"} | {f"{n}.mp4": f"slow 0.1 {n}" for n in range(10)})
    outcome = run_clips(tasks, tmp_path / "out", scheduler=cluster.address, timeout_s=4.0, work=fake_work)
    assert [failed.why.partition(": ")[2] for failed in outcome.failed] == [
        "was given up after 4 s; check whether it plays, or cut it shorter."
    ]
    assert len(outcome.done) == 10


@pytest.mark.slow
def test_a_worker_with_another_program_refuses(cluster, make_tasks, tmp_path, monkeypatch):
    monkeypatch.setattr("fasciscan.batch.cluster.program_sha256", lambda: "a newer program")
    outcome = run_clips(make_tasks({"a.mp4": "x"}), tmp_path / "out", scheduler=cluster.address, work=fake_work)
    (failed,) = outcome.failed
    assert failed.why.endswith("runs another fasciscan; install the same everywhere.")


def test_a_scheduler_that_does_not_answer_is_named(make_tasks, tmp_path, monkeypatch):
    monkeypatch.setattr("fasciscan.batch.cluster.CONNECT_S", 1)
    with pytest.raises(FasciscanError, match=r"tcp://127\.0\.0\.1:9: no Dask scheduler answers there"):
        run_clips(make_tasks({"a.mp4": "x"}), tmp_path / "out", scheduler="tcp://127.0.0.1:9", work=fake_work)

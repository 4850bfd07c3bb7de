"""Clips on a Dask cluster: the same work by the same program, on whatever machines the scheduler has."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Thread, Timer
from typing import Any

from fasciscan.batch.attempt import attempt, process_died, took_too_long
from fasciscan.batch.tasks import ClipTask, Failed, Reports, Work, program_sha256
from fasciscan.errors import FasciscanError

CONNECT_S = 30
"""Seconds to wait for the scheduler's answer."""
GRACE_S = 5.0
"""Seconds a worker has to tell that it gives a clip up, before it ends itself to be rid of it."""


def run_on_cluster(
    work: Work, tasks: Sequence[ClipTask], scheduler: str, timeout_s: float
) -> Generator[tuple[int, Reports | Failed]]:
    """Do the work for every task on the workers of a Dask scheduler.

    What a lost worker had is done again by another, as often as the scheduler allows. A task that lost too many may
    only have lain beside the one that kills workers: it gets one more try when all others are done.

    Parameters
    ----------
    work
        What to do.
    tasks
        With what; their paths must mean the same on the workers.
    scheduler
        Address, such as ``tcp://10.0.0.5:8786``.
    timeout_s
        Seconds after which a clip is given up.

    Yields
    ------
    tuple
        Number of a task and how it ended, as they end.

    Raises
    ------
    FasciscanError
        If dask.distributed is not installed or no scheduler answers.
    """
    with _connect(scheduler) as client:
        again: list[int] = []
        for number, ending in _run(client, work, dict(enumerate(tasks)), timeout_s):
            if ending is None:
                again.append(number)
            else:
                yield number, ending
        for number in again:
            for _, ending in _run(client, work, {number: tasks[number]}, timeout_s):
                yield number, ending or process_died(tasks[number], "with every worker that tried")


def _connect(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise FasciscanError(
            "A cluster needs packages that are not installed; get them by: pip install 'fasciscan[cluster]'"
        ) from error
    try:
        return Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FasciscanError(
            f"{scheduler}: no Dask scheduler answers there ({error}); check the address and that it runs."
        ) from error


def _run(
    client: Any, work: Work, tasks: dict[int, ClipTask], timeout_s: float
) -> Generator[tuple[int, Reports | Failed | None]]:
    """Do the work for some tasks; None for one whose workers were lost too often."""
    from distributed import KilledWorker, as_completed

    numbers = list(tasks)
    # Not pure: an earlier answer to the same question, kept by the cluster, may be another program's.
    futures = client.map(
        _attempt_there,
        [tasks[number] for number in numbers],
        work=work,
        program=program_sha256(),
        folder=Path.cwd(),
        timeout_s=timeout_s,
        pure=False,
    )
    number_of = dict(zip((future.key for future in futures), numbers, strict=True))
    for future in as_completed(futures, loop=client.loop):
        error = future.exception()
        if error is None:
            yield number_of[future.key], future.result()
        elif isinstance(error, KilledWorker):
            yield number_of[future.key], None
        elif isinstance(error, TimeoutError):
            number = number_of[future.key]
            yield number, took_too_long(tasks[number], timeout_s)
        else:
            raise error
        future.release()  # so that the worker need not keep the reports


def _attempt_there(task: ClipTask, work: Work, program: str, folder: Path, timeout_s: float) -> Reports | Failed:
    """Do the work on a worker, in a thread that can be given up.

    Raises
    ------
    TimeoutError
        If it took too long. The worker ends soon after, as nothing else ends that thread; its nanny starts another.
    """
    host = socket.gethostname()
    if program_sha256() != program:
        return Failed(task, f"{task.path}: the worker on {host} runs another fasciscan; install the same everywhere.")
    try:
        os.chdir(folder)  # clips may be named relative to where the run was started
    except OSError:
        return Failed(task, f"{task.path}: the worker on {host} has no folder {folder}; share it with the workers.")
    answer: Future[Reports | Failed] = Future()
    Thread(target=lambda: answer.set_result(attempt(work, task)), daemon=True).start()
    try:
        return answer.result(timeout_s)
    except TimeoutError:
        Timer(GRACE_S, os._exit, [1]).start()
        raise

"""Clips in parallel on this machine: every clip has a process of its own, so that what ends one costs only one."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from functools import partial
from itertools import islice
from multiprocessing import forkserver, get_context, parent_process, resource_tracker
from threading import Thread
from threading import enumerate as enumerate_threads

from fasciscan.batch.attempt import attempt, process_died, took_too_long
from fasciscan.batch.tasks import ClipTask, Failed, Reports, Work

MEMORY_LEAST_MB = 2048
"""A clip's share of the memory is not made smaller than this; analysing a usual one takes a quarter of it."""

_NAME = "fasciscan clip"
"""Of each process and of the thread that sees to it."""


def run_here(
    work: Work, tasks: Sequence[ClipTask], jobs: int, timeout_s: float, memory_mb: int | None
) -> Generator[tuple[int, Reports | Failed]]:
    """Do the work for every task, `jobs` at a time, each in a process of its own.

    The processes are forked from one that has loaded all they need and does nothing else, so they start within
    milliseconds, and without the threads of this one.

    Parameters
    ----------
    work
        What to do.
    tasks
        With what.
    jobs
        Processes at a time.
    timeout_s
        Seconds after which a clip is given up.
    memory_mb
        Memory a process may have; by default its share of the machine's.

    Yields
    ------
    tuple
        Number of a task and how it ended, as they end.
    """
    from pebble import concurrent

    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", attempt.__module__, work.__module__])
    _start_server()
    limit_mb = memory_mb or max(_memory_mb() // jobs, MEMORY_LEAST_MB)
    # Its signature calls the second one mp_context, its code reads "context" (5.2); unread, it would fork this process.
    settings = {"timeout": timeout_s, "context": context, "name": _NAME}
    start = concurrent.process(**settings)(partial(_alone, work, limit_mb))
    waiting, running = iter(enumerate(tasks)), {}
    try:
        while True:
            for number, task in islice(waiting, jobs - len(running)):
                running[start(task)] = number
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number = running.pop(future)
                yield number, _ending(future, tasks[number], timeout_s)
    finally:
        for future in running:
            future.cancel()
        for thread in enumerate_threads():  # that end the processes, and are not to be cut off in it
            if thread.name == _NAME:
                thread.join()


def _start_server() -> None:
    """Start what the processes are forked from so that it, and they, leave Ctrl-C to this process, which ends them."""
    resource_tracker.ensure_running()  # which would let it through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending(future, task: ClipTask, timeout_s: float) -> Reports | Failed:
    from pebble import ProcessExpired

    try:
        return future.result()
    except TimeoutError:
        return took_too_long(task, timeout_s)
    except ProcessExpired as error:
        return process_died(task, _say_exit(error.exitcode))


def _say_exit(code: int) -> str:
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"exit code {code}"


def _memory_mb() -> int:
    """Memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def _alone(work: Work, limit_mb: int, task: ClipTask) -> Reports | Failed:
    """Do the work in a process that has its own memory limit and ends with the run that started it."""
    # Data, not address space: libraries reserve much of that and use little of it.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit_mb << 20, hard))
    Thread(target=_end_with_parent, daemon=True).start()
    return attempt(work, task)


def _end_with_parent() -> None:
    """Leave when the run was killed: it will be started again, and two must not work on one clip."""
    parent = parent_process()
    assert parent is not None  # as this is a process that multiprocessing made
    parent.join()
    os._exit(1)

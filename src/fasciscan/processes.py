"""The same work for many things at a time, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], jobs: int | None = None
) -> Iterator[tuple[Item, Future[Result]]]:
    """Do some work for each item, several at a time.

    Parameters
    ----------
    work
        What to do; a function of a module, or a partial one, so that it can be sent.
    items
        With what.
    jobs
        Processes; one a core if not said.

    Yields
    ------
    tuple
        An item and its future, which is done, in the order in which they end. Where the caller stops, what has not
        begun never does.
    """
    workers = max(1, min(jobs or os.cpu_count() or 1, len(items)))
    # Spawned: a forked child would inherit threads of Numba, OpenMP and OpenCV that are not there.
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_stay_on_one_core) as pool:
        running = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(running):
                yield running[future], future
        finally:
            pool.shutdown(cancel_futures=True)


def _stay_on_one_core() -> None:
    import cv2

    cv2.setNumThreads(1)

"""Runs a batch: finds what is done, does the rest here or on a cluster, keeps each result as soon as it is there."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from fasciscan.batch.ledger import open_ledger
from fasciscan.batch.tasks import BatchOutcome, ClipTask, Done, Failed, Progress, Reports, Work

TIMEOUT_S = 1800.0
"""After which a clip is given up: analysis runs many times faster than the clip plays, and a clip lasts minutes."""


def run_clips(
    tasks: Sequence[ClipTask],
    out: Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    timeout_s: float = TIMEOUT_S,
    memory_mb: int | None = None,
    work: Work | None = None,
) -> BatchOutcome:
    """Analyse clips in parallel and write the reports of each as soon as it is done.

    What an earlier run into the same folder made is kept, if the clip's content, its path, the options, the model and
    the program are the same. The files are the same to the byte however the work was shared out and however often it
    was interrupted. A clip that fails, hangs or dies costs only itself.

    Parameters
    ----------
    tasks
        The clips, each path once.
    out
        Folder of the reports; made if it is not there. One run at a time may write to it.
    jobs
        Clips at a time on this machine; by default one a core.
    scheduler
        Address of a Dask scheduler whose workers do the work instead.
    progress
        Told how many clips are there, of how many.
    timeout_s
        Seconds after which a clip is given up.
    memory_mb
        Memory the process of a clip may have; by default its share of the machine's. On a cluster Dask's own limits
        hold.
    work
        What is done with a clip, importable by name; by default :func:`fasciscan.batch.work.analyze_clip`.

    Returns
    -------
    BatchOutcome
        How each clip ended.

    Raises
    ------
    FasciscanError
        If the folder cannot be written to, or the cluster cannot be reached.
    """
    tell = progress or (lambda _done, _total: None)
    ledger = open_ledger(out, tasks)
    endings: dict[int, Done | Failed] = {}
    for number, task in enumerate(tasks):
        if found := ledger.find(number, task):
            endings[number] = found
    tell(len(endings), len(tasks))
    todo = [number for number in range(len(tasks)) if number not in endings]
    with closing(_do([tasks[number] for number in todo], jobs, scheduler, timeout_s, memory_mb, work)) as run:
        for nth, ending in run:
            number = todo[nth]
            endings[number] = ending if isinstance(ending, Failed) else ledger.keep(number, tasks[number], ending)
            tell(len(endings), len(tasks))
    return BatchOutcome(tuple(endings[number] for number in range(len(tasks))))


def _do(
    tasks: Sequence[ClipTask],
    jobs: int | None,
    scheduler: str | None,
    timeout_s: float,
    memory_mb: int | None,
    work: Work | None,
) -> Generator[tuple[int, Reports | Failed]]:
    if not tasks:
        return
    if work is None:
        from fasciscan.batch.work import analyze_clip as work  # here: it loads all that analysis needs
    if scheduler is not None:
        from fasciscan.batch.cluster import run_on_cluster

        yield from run_on_cluster(work, tasks, scheduler, timeout_s)
    else:
        from fasciscan.batch.local import run_here

        yield from run_here(work, tasks, min(jobs or os.cpu_count() or 1, len(tasks)), timeout_s, memory_mb)

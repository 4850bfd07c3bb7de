"""One attempt at a task, where it is worked on: whatever goes wrong comes back as an answer."""

from __future__ import annotations

import traceback

from fasciscan.batch.tasks import ClipTask, Failed, Reports, Work
from fasciscan.errors import FasciscanError


def attempt(work: Work, task: ClipTask) -> Reports | Failed:
    """Do the work; an error is told and not raised, since not every one finds its way to another process."""
    try:
        return work(task)
    except FasciscanError as error:
        return Failed(task, str(error))
    except MemoryError:
        why = f"{task.path}: asked for more memory than it may have; run fewer clips at once with --jobs."
        return Failed(task, why)
    except Exception as error:  # a bug, but one that must not cost the other clips
        cause = f"{type(error).__name__}: {error}"
        why = f"{task.path}: internal error ({cause}); please report it with the output of fasciscan analyze --debug."
        return Failed(task, why, traceback.format_exc())


def took_too_long(task: ClipTask, timeout_s: float) -> Failed:
    """Tell that the clip was given up."""
    return Failed(task, f"{task.path}: was given up after {timeout_s:g} s; check whether it plays, or cut it shorter.")


def process_died(task: ClipTask, how: str) -> Failed:
    """Tell that the process that worked on the clip is gone."""
    why = f"{task.path}: the process that analysed it died ({how}); if memory ran out, run fewer clips at once."
    return Failed(task, why)

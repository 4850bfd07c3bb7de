"""Many clips: a process a clip or a cluster, results on disk as soon as they are there, a killed run goes on."""

from fasciscan.batch.run import run_clips
from fasciscan.batch.tasks import BatchOutcome, ClipTask, Done, Failed, Reports

__all__ = ["BatchOutcome", "ClipTask", "Done", "Failed", "Reports", "run_clips"]

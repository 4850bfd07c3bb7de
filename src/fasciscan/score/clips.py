"""The clips of an evaluation: the truth of each beside what was found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fasciscan.errors import FasciscanError
from fasciscan.score.findings import Findings, read_findings
from fasciscan.score.matching import Tolerance
from fasciscan.score.metrics import LEAST_MM, Score, score_findings
from fasciscan.simulate.truth import Truth, read_truth

TRUTH_SUFFIX = ".truth.json"
RESULT_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of a detector."""

    tolerance: Tolerance = Tolerance()  # noqa: RUF009 - frozen
    least_mm: float = LEAST_MM
    """Peak displacement from which on a twitch is asked for."""


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """One clip with its truth and what was found."""

    name: str
    truth: Truth
    findings: Findings

    def score(self, task: Task, threshold: float | None = None) -> Score:
        """Score it; see :func:`fasciscan.score.score_findings`."""
        return score_findings(self.findings, self.truth, task.tolerance, task.least_mm, threshold)


def find_truths(folder: Path) -> list[Path]:
    """List the truth files of a folder; hidden ones, such as another system leaves, are none.

    Raises
    ------
    FasciscanError
        If there is none.
    """
    truths = sorted(path for path in folder.glob(f"*{TRUTH_SUFFIX}") if not path.name.startswith("."))
    if not truths:
        raise FasciscanError(f"{folder}: holds no {TRUTH_SUFFIX} file; give a folder made by fasciscan simulate.")
    return truths


def read_clips(
    truths: Sequence[Path], predictions: Path, read: Callable[[Path, Truth], Findings] | None = None
) -> list[ScoredClip]:
    """Read the truth of clips and what was found in each.

    Parameters
    ----------
    truths
        Truth files.
    predictions
        Folder with a result ``<stem>.json`` for each ``<stem>.truth.json``.
    read
        How to read a result; as JSON by default.

    Raises
    ------
    FasciscanError
        If a result is missing or cannot be read: an evaluation without it would look better than it is.
    """
    missing = [stem_of(path) for path in truths if not (predictions / (stem_of(path) + RESULT_SUFFIX)).is_file()]
    if missing and read is None:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise FasciscanError(
            f"{predictions}: has no result for {len(missing)} of {len(truths)} clips ({some}); "
            "analyse them first, or use --run."
        )
    clips = []
    for path in truths:
        truth = read_truth(path)
        result = predictions / (stem_of(path) + RESULT_SUFFIX)
        clips.append(
            ScoredClip(stem_of(path), truth, read(path, truth) if read else read_findings(result, truth.mm_per_px))
        )
    return clips


def stem_of(truth: Path) -> str:
    """Name a clip by its truth file."""
    return truth.name.removesuffix(TRUTH_SUFFIX)

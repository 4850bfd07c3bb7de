"""Which clips there are to learn from: those that files of truth or of reviewed labels tell about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fasciscan.errors import FasciscanError
from fasciscan.learn.reviews import read_review
from fasciscan.score.clips import TRUTH_SUFFIX
from fasciscan.simulate import read_truth

LABELS_SUFFIX = ".labels.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A clip to learn from, with the file that tells what is in it."""

    clip: Path
    told_by: Path
    mm_per_px: float
    content: str
    """SHA-256 of the clip's file: it is the same clip under another name."""


def find_sources(folder: Path, complain: Callable[[str], None] | None = None) -> list[Source]:
    """List the clips a folder tells about, by truth files (``*.truth.json``) or reviewed labels (``*.labels.json``).

    Parameters
    ----------
    folder
        The folder; what is hidden in it is passed over.
    complain
        Called with what is wrong with a file that cannot be used, which is left out; if not given, that is raised.

    Raises
    ------
    FasciscanError
        If there is none, or none that can be used.
    """
    told_by = [
        path
        for path in sorted(folder.glob("*.json"))
        if path.name.endswith((TRUTH_SUFFIX, LABELS_SUFFIX)) and not path.name.startswith(".")
    ]
    if not told_by:
        raise FasciscanError(
            f"{folder}: holds no truth (*.truth.json) or labels (*.labels.json); make clips with fasciscan simulate."
        )
    sources = []
    for path in told_by:
        try:
            sources.append(_read_source(path))
        except FasciscanError as error:
            if complain is None:
                raise
            complain(str(error))
    if not sources:
        raise FasciscanError(f"{folder}: none of its {len(told_by)} files of truth or labels can be used; mend them.")
    return sources


def _read_source(told_by: Path) -> Source:
    """Find out which clip a file of truth or labels tells about."""
    if told_by.name.endswith(TRUTH_SUFFIX):
        truth = read_truth(told_by)
        clip, mm_per_px = told_by.parent / truth.clip, truth.mm_per_px
    else:
        review = read_review(told_by)
        clip, mm_per_px = review.clip, review.mm_per_px
    try:
        with clip.open("rb") as stream:
            return Source(clip, told_by, mm_per_px, hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        raise FasciscanError(
            f"{told_by}: its clip {clip} cannot be read ({error.strerror}); make or fetch the clip again."
        ) from error

"""What of a subject's record is to be removed: a visit's recordings, one recording, or one analysis of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fasciscan.errors import FasciscanError
from fasciscan.history.records import Stored
from fasciscan.report.words import say_count

LEAST_DIGITS = 8
"""Of a clip's SHA-256 that name it; fewer may soon be another's too."""


def pick_visit(stored: Sequence[Stored], visit: date) -> list[Stored]:
    """Pick the recordings of a visit, each with all its analyses.

    An analysis of another date goes with its recording: were it kept, it would count from then on, and for that date.

    Parameters
    ----------
    stored
        Every analysis of one subject, at least one.
    visit
        The date that counts for the recordings.

    Raises
    ------
    FasciscanError
        If there is no such visit.
    """
    clips = {each.analysis.clip_sha256 for each in stored if each.is_current and each.analysis.visit_date == visit}
    if not clips:
        visits = sorted({each.analysis.visit_date for each in stored if each.is_current})
        there = ", ".join(map(str, visits))
        raise FasciscanError(f"{stored[0].subject}: has no visit of {visit}; there are {there}.")
    return [each for each in stored if each.analysis.clip_sha256 in clips]


def pick_clip(stored: Sequence[Stored], digits: str, number: int | None = None) -> list[Stored]:
    """Pick a recording with all its analyses, or one of these.

    Parameters
    ----------
    stored
        Every analysis of one subject, at least one.
    digits
        The recording's SHA-256, or at least its first :data:`LEAST_DIGITS` digits.
    number
        Which analysis, counted from 1 in the order they were added; None for all.

    Raises
    ------
    FasciscanError
        If there is none, or more than one recording begins so.
    """
    subject = stored[0].subject
    if len(digits) < LEAST_DIGITS:
        raise FasciscanError(
            f"{digits}: is too short to name a clip; give {LEAST_DIGITS} or more digits of its SHA-256."
        )
    of_clip = [each for each in stored if each.analysis.clip_sha256.startswith(digits.lower())]
    clips = {each.analysis.clip_sha256 for each in of_clip}
    if len(clips) != 1:
        many = "no clip of this subject begins" if not clips else f"{len(clips)} clips of this subject begin"
        raise FasciscanError(f"{subject}: {many} with {digits}; fasciscan history export tells the SHA-256 of each.")
    picked = [each for each in of_clip if number in (None, each.number)]
    if not picked:
        there = say_count(len(of_clip), "analysis", "analyses")
        raise FasciscanError(f"{subject}: clip {digits} has {there} and no number {number}.")
    return picked

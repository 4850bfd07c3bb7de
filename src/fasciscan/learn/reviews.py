"""What a person said of a real clip: read from a file of labels, checked, and put in the form of a truth."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import inf, isfinite
from pathlib import Path
from typing import Any

from fasciscan.errors import FasciscanError
from fasciscan.simulate import TrueEvent, Truth
from fasciscan.simulate.truth import ImageBox, Timing
from fasciscan.twitch import Kind

REVIEW_SCHEMA = "fasciscan.labels/1"
"""Name and version of the format for reviewed clips; docs/training.md tells its fields."""
SLACK_S = 0.1
"""By which a reviewed stretch or a mark may lie beyond a clip's end: two frames at 20 a second, below which a twitch's
course blurs. Players round, and some count the last frame and others do not."""


@dataclass(frozen=True, slots=True)
class ReviewedEvent:
    """A motion a person has seen and named."""

    kind: Kind
    peak_s: float
    x_px: float
    """Pixel centres are whole numbers."""
    y_px: float


@dataclass(frozen=True, slots=True)
class Review:
    """What a person said of one real clip."""

    clip: Path
    mm_per_px: float
    reviewed_s: tuple[tuple[float, float], ...]
    """Stretches in which every twitch is marked, in order and apart; candidates elsewhere are not learnt from, unless
    marked."""
    events: tuple[ReviewedEvent, ...]


def as_truth(review: Review, duration_s: float) -> Truth:
    """Put what a person said in the form of a truth, for what scores against one."""
    events = [TrueEvent(str(e.kind), e.peak_s, e.peak_s, e.peak_s, e.x_px, e.y_px) for e in review.events]
    return Truth(
        clip=review.clip.name,
        seed=-1,
        preset="reviewed",
        mm_per_px=review.mm_per_px,
        image_box=ImageBox(0, 0, 0, 0),
        timing=Timing(0.0, 0.0, 0, 0, 0, duration_s),
        events=tuple(events),
        scene={},
    )


def read_review(path: Path) -> Review:
    """Read a file of reviewed labels.

    Raises
    ------
    FasciscanError
        If the file cannot be read, is not of the schema, or holds what can be true of no clip.
    """
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark before the first byte
    except (OSError, ValueError, RecursionError) as error:
        raise FasciscanError(
            f"{path}: cannot be read as labels ({error}); docs/training.md shows the format."
        ) from error
    if not isinstance(raw, dict) or raw.get("schema") != REVIEW_SCHEMA:
        raise FasciscanError(f"{path}: is not of schema {REVIEW_SCHEMA}; docs/training.md shows the format.")
    try:
        review = Review(
            clip=(path.parent / raw["clip"]).resolve(),
            mm_per_px=float(raw["mm_per_px"]),
            reviewed_s=tuple((float(start), float(end)) for start, end in raw["reviewed_s"]),
            events=tuple(
                ReviewedEvent(Kind(e["kind"]), float(e["peak_s"]), float(e["x_px"]), float(e["y_px"]))
                for e in raw["events"]
            ),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FasciscanError(f"{path}: is not complete ({error}); docs/training.md shows the format.") from error
    if fault := _find_fault(review):
        raise FasciscanError(f"{path}: {fault}; correct it (docs/training.md shows the format).")
    return replace(review, reviewed_s=_joined(review.reviewed_s))


def find_misfit(review: Review, duration_s: float, frame_px: tuple[int, int]) -> str:
    """Tell what in a review lies beyond its clip.

    Parameters
    ----------
    review
        Of the clip.
    duration_s
        Of the clip.
    frame_px
        Its width and height.

    Returns
    -------
    str
        Without a full stop; empty if all of it fits.
    """
    last_s, (width, height) = duration_s + SLACK_S, frame_px
    for start, end in review.reviewed_s:
        if end > last_s:
            return f"reviewed_s has a stretch from {start:g} to {end:g} s, but the clip lasts {duration_s:g} s"
    for event in review.events:
        if event.peak_s > last_s:
            return f"a {event.kind} has its peak at {event.peak_s:g} s, but the clip lasts {duration_s:g} s"
        # The frame's edge is half a pixel from the centres of its outermost pixels.
        if not (-0.5 <= event.x_px <= width - 0.5 and -0.5 <= event.y_px <= height - 0.5):
            place = f"({event.x_px:g}, {event.y_px:g}) px"
            return f"the {event.kind} at {event.peak_s:g} s is placed at {place}, but the frame has {width} × {height}"
    return ""


def _find_fault(review: Review) -> str:
    """Tell what in a review can be true of no clip; empty if nothing."""
    if not 0 < review.mm_per_px < inf:
        return f"mm_per_px is {review.mm_per_px:g}, and must be a positive number"
    for start, end in review.reviewed_s:
        if not 0 <= start < end < inf:
            return f"reviewed_s has a stretch from {start:g} to {end:g} s, which is none"
    for event in review.events:
        if not 0 <= event.peak_s < inf:
            return f"a {event.kind} has its peak at {event.peak_s:g} s, which is no time of a clip"
        if not (isfinite(event.x_px) and isfinite(event.y_px)):
            return f"the {event.kind} at {event.peak_s:g} s is placed at ({event.x_px:g}, {event.y_px:g}) px"
    return ""


def _joined(stretches: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Put stretches in order, those that touch or overlap as one: no second is reviewed twice."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)

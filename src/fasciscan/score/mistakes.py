"""The mistakes one by one, the worst first, each with what was there: what an average does not show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from fasciscan.score.breakdown import describe_clip
from fasciscan.score.clips import ScoredClip, Task
from fasciscan.score.findings import Found
from fasciscan.score.matching import Mark, match_in_turn
from fasciscan.score.metrics import split_by_size, split_by_threshold, true_mark
from fasciscan.simulate.truth import TrueEvent, Truth
from fasciscan.twitch.kind import Kind

BESIDE_S, BESIDE_MM = 0.3, 15.0
"""What counts so near a missed twitch may be it, told too late or too far away, or another it was taken for."""
LASTING_SHARE = 0.9
"""A look-alike that fills this much of a clip is there all along, and is named last."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A twitch that was missed or an event that is none."""

    clip: str
    time_s: float
    what: str
    """``"missed"`` or ``"false"``."""
    size: float
    """Missed: peak displacement in mm; false: the probability it was given. The worst have the largest."""
    told: str
    """Missed: what it was told to be, or what counts beside it; false: how near a true twitch lies, if one does."""
    amid: str
    """Look-alikes at that moment."""
    frame_rate_hz: float
    compression: str


def list_mistakes(clips: Sequence[ScoredClip], task: Task, threshold: float | None = None) -> list[Mistake]:
    """List the mistakes: missed twitches from the largest down, then false events from the surest down.

    Parameters
    ----------
    clips, task, threshold
        See :func:`fasciscan.score.score_findings`.
    """
    mistakes = [mistake for clip in clips for mistake in _of_clip(clip, task, threshold)]
    return sorted(mistakes, key=lambda mistake: (mistake.what != "missed", -mistake.size))


def _of_clip(clip: ScoredClip, task: Task, threshold: float | None) -> list[Mistake]:
    asked, small = split_by_size(clip.truth, task.least_mm)
    events, rest = split_by_threshold(clip.findings, threshold)
    marks = [[true_mark(event, clip.truth) for event in group] for group in (asked, small)]
    made = match_in_turn(marks, [[item.mark for item in events], [item.mark for item in rest]], task.tolerance)
    judged = dict(made[0, 1].pairs)
    missed = [
        _mistake(
            clip,
            event.peak_s,
            "missed",
            event.peak_displacement_mm or 0.0,
            _fate(clip, event, judged.get(i), rest, events),
        )
        for i, event in enumerate(asked)
        if i in made[0, 0].missed
    ]
    return missed + [
        _mistake(clip, events[i].mark.peak_s, "false", events[i].p_fasciculation, _lies_on(events[i], clip.truth))
        for i in made[1, 0].false
    ]


def _mistake(clip: ScoredClip, time_s: float, what: str, size: float, told: str) -> Mistake:
    compression = dict(describe_clip(clip.truth))["compression"]
    return Mistake(
        clip.name, time_s, what, size, told, _amid(clip.truth, time_s), clip.truth.timing.scan_rate_hz, compression
    )


def _fate(
    clip: ScoredClip, event: TrueEvent, judged: int | None, rest: Sequence[Found], events: Sequence[Found]
) -> str:
    if judged is not None:
        item = rest[judged]
        kind = "not sure enough" if item.kind == Kind.FASCICULATION else item.kind
        return f"{kind} (p = {item.p_fasciculation:.2f})"
    if clip.findings.excludes(event.peak_s):
        return "in a stretch left out"
    here = true_mark(event, clip.truth)
    beside = _nearest(_away(here, item.mark) for item in events)
    return f"counted {beside[0]:.2f} s and {beside[1]:.0f} mm away" if beside else "nothing told"


def _nearest(away: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    """Give the nearest in time of those that are near at all."""
    return min((one for one in away if one[0] <= BESIDE_S and one[1] <= BESIDE_MM), default=None)


def _away(one: Mark, other: Mark) -> tuple[float, float]:
    """Seconds and millimetres between two events."""
    return abs(one.peak_s - other.peak_s), hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm)


def _lies_on(item: Found, truth: Truth) -> str:
    twitches = split_by_size(truth, 0.0)[0]
    near = _nearest(_away(true_mark(event, truth), item.mark) for event in twitches)
    return f"a twitch {near[0]:.2f} s and {near[1]:.0f} mm away" if near else ""


def _amid(truth: Truth, time_s: float) -> str:
    """Name the look-alikes at a moment, brief ones first."""
    there = [e for e in truth.events if e.kind != Kind.FASCICULATION and e.onset_s <= time_s <= e.offset_s]
    lasting = LASTING_SHARE * truth.timing.duration_s
    ordered = sorted(there, key=lambda event: event.offset_s - event.onset_s >= lasting)
    return ", ".join(dict.fromkeys(event.name for event in ordered))

"""What limits the recall: the twitches by what stood in the way of finding them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot

from fasciscan.score.clips import ScoredClip, Task
from fasciscan.score.matching import Mark, match_in_turn
from fasciscan.score.metrics import split_by_size, split_by_threshold, true_mark
from fasciscan.simulate.truth import TrueEvent
from fasciscan.twitch.kind import Kind

NEAR_S, NEAR_MM = 0.3, 12.0
"""Another twitch so near begins before this one has come back, and moves the same tissue."""
TIMES_LIMIT = 2.0
"""Of twitches of at least this many times their clip's limit of detection nine of ten are found (docs/finding.md)."""
SLOW = ("breathing", "drift")
"""Look-alikes that are there all along, too slow to be taken for a twitch."""
FREE = "none of these"
NEAR_A_LARGER_ONE = f"within {NEAR_S:g} s and {NEAR_MM:g} mm of a larger twitch"
ERASED = "in a clip that tells no limit of detection, as where compression erased small motion"
IN_THE_NOISE = f"below {TIMES_LIMIT:g} times the clip's limit of detection"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Twitches that one thing stood in the way of, and no earlier one of the list."""

    what: str
    twitches: int
    missed: int


def count_hindrances(clips: Sequence[ScoredClip], task: Task, threshold: float | None = None) -> list[Hindrance]:
    """Count the twitches asked for, and those missed, by the first thing of a list that stood in their way.

    Parameters
    ----------
    clips, task, threshold
        See :func:`fasciscan.score.score_findings`.

    Returns
    -------
    list of Hindrance
        In the order in which they are looked for; what hindered none is left out.
    """
    counts: dict[str, list[int]] = {what: [0, 0] for what in [*_HINDRANCES, FREE]}
    for clip in clips:
        asked, _ = split_by_size(clip.truth, task.least_mm)
        events, _ = split_by_threshold(clip.findings, threshold)
        marks = [true_mark(event, clip.truth) for event in asked]
        missed = match_in_turn([marks], [[item.mark for item in events]], task.tolerance)[0, 0].missed
        for n, event in enumerate(asked):
            what = next((what for what, hinders in _HINDRANCES.items() if hinders(clip, event)), FREE)
            counts[what][0] += 1
            counts[what][1] += n in missed
    return [Hindrance(what, twitches, missed) for what, (twitches, missed) in counts.items() if twitches]


def _is_left_out(clip: ScoredClip, event: TrueEvent) -> bool:
    return clip.findings.excludes(event.peak_s)


def _is_near_a_larger_one(clip: ScoredClip, event: TrueEvent) -> bool:
    here, size = true_mark(event, clip.truth), event.peak_displacement_mm or 0.0
    others, _ = split_by_size(clip.truth, size)
    return any(_near(here, true_mark(other, clip.truth)) for other in others if other is not event)


def _near(one: Mark, other: Mark) -> bool:
    return abs(one.peak_s - other.peak_s) <= NEAR_S and hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm) <= NEAR_MM


def _is_in_the_noise(clip: ScoredClip, event: TrueEvent) -> bool:
    limit_mm, size = clip.findings.limit_mm, event.peak_displacement_mm
    return limit_mm is not None and size is not None and size < TIMES_LIMIT * limit_mm


def _is_amid_motion(clip: ScoredClip, event: TrueEvent) -> bool:
    return any(name not in SLOW for name in _amid(clip, event))


def _is_amid_slow_motion(clip: ScoredClip, event: TrueEvent) -> bool:
    return any(name in SLOW for name in _amid(clip, event))


def _amid(clip: ScoredClip, event: TrueEvent) -> list[str]:
    return [
        other.name
        for other in clip.truth.events
        if other.kind != Kind.FASCICULATION and other.onset_s <= event.peak_s <= other.offset_s
    ]


_HINDRANCES: dict[str, Callable[[ScoredClip, TrueEvent], bool]] = {
    "in a stretch left out": _is_left_out,
    NEAR_A_LARGER_ONE: _is_near_a_larger_one,
    ERASED: lambda clip, _: clip.findings.limit_mm is None,
    IN_THE_NOISE: _is_in_the_noise,
    "amid a look-alike": _is_amid_motion,
    f"amid {' or '.join(SLOW)}": _is_amid_slow_motion,
}

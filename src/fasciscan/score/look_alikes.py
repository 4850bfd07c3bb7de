"""What true look-alikes were told to be: one verdict for each, from all that was found at its time and place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import hypot

from fasciscan.score.findings import Findings, Found
from fasciscan.score.matching import Tolerance
from fasciscan.simulate.truth import TrueEvent, Truth
from fasciscan.twitch.kind import Kind

CLASSES = tuple(str(kind) for kind in Kind if kind is not Kind.FASCICULATION)
"""Breathing and drift are none: they are too slow to leave anything that could be judged."""
LOCAL = ("pulsation", "myokymia", "fibrillation")
"""Names of those that are in one place only; all others are broad and are known by their time."""
LOCAL_REACH_MM = 4.0
"""A vessel of 2-5 mm, or a unit's territory, drags its surroundings along; this is added to the tolerance."""


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict on one true look-alike."""

    name: str
    """What it was made as, such as ``"myokymia"``."""
    kinds: tuple[str, ...]
    """The classes that are right: one, or two of what is two things at once, as a pseudotremor is."""
    told: str | None
    """The kind it was told to be; None where it left nothing that could be judged."""
    found: int
    """Motions found in it."""
    told_as_there: bool = False
    """Whether another look-alike, of the kind it was told to be, was there at the time."""

    @property
    def right(self) -> bool:
        """Whether it was told by its class."""
        return self.told in self.kinds


def tell_look_alikes(findings: Findings, truth: Truth, tolerance: Tolerance) -> tuple[Told, ...]:
    """Tell what each true look-alike was taken for.

    Everything found (counted or not) that lies on no true twitch belongs to the look-alike at its time and place; if
    there are several, to the briefest, since a tap amid a pulse that lasts throughout is a tap. The verdict is the
    kind with the largest summed probability among what belongs to it: many sure votes outweigh a few unsure ones,
    and a look-alike that was found twenty times counts once.

    Parameters
    ----------
    findings
        What was found in the clip.
    truth
        What is true of it.
    tolerance
        Margin in time around a look-alike, and around a twitch in time and space.

    Returns
    -------
    tuple of Told
        In the order of their onsets; of :data:`CLASSES` only.
    """
    true = _one_of_each([event for event in truth.events if event.kind in CLASSES])
    votes: list[dict[str, float]] = [defaultdict(float) for _ in true]
    found = [0] * len(true)
    for item in findings.found:
        if any(_on_twitch(item, twitch, truth, tolerance) for twitch in truth.twitches):
            continue
        owners = [i for i, parts in enumerate(true) if any(_within(item, part, truth, tolerance) for part in parts)]
        if owners:
            owner = min(owners, key=lambda i: true[i][0].offset_s - true[i][0].onset_s)
            votes[owner][item.kind] += item.probability
            found[owner] += 1
    told = [max(vote, key=vote.__getitem__) if vote else None for vote in votes]
    return tuple(
        Told(
            parts[0].name,
            tuple(sorted({part.kind for part in parts}, key=CLASSES.index)),
            kind,
            count,
            any(
                part.kind == kind and _meet(part, parts[0]) for others in true if others is not parts for part in others
            ),
        )
        for parts, kind, count in zip(true, told, found, strict=True)
    )


def _one_of_each(events: list[TrueEvent]) -> list[list[TrueEvent]]:
    """Join what goes by one name at one time but is of several kinds; the longest part comes first."""
    joined: list[list[TrueEvent]] = []
    for event in sorted(events, key=lambda event: event.onset_s - event.offset_s):
        for parts in joined:
            first = parts[0]
            if first.name == event.name and _meet(event, first) and all(part.kind != event.kind for part in parts):
                parts.append(event)
                break
        else:
            joined.append([event])
    return sorted(joined, key=lambda parts: parts[0].onset_s)


def _meet(one: TrueEvent, other: TrueEvent) -> bool:
    return one.onset_s < other.offset_s and other.onset_s < one.offset_s


def _within(item: Found, event: TrueEvent, truth: Truth, tolerance: Tolerance) -> bool:
    if not event.onset_s - tolerance.seconds <= item.mark.peak_s <= event.offset_s + tolerance.seconds:
        return False
    return event.name not in LOCAL or _near(item, event, truth, tolerance.millimetres + LOCAL_REACH_MM)


def _on_twitch(item: Found, twitch: TrueEvent, truth: Truth, tolerance: Tolerance) -> bool:
    """Whether something lies on a twitch: near its peak, or anywhere from its onset to its offset."""
    begin, end = min(twitch.onset_s, twitch.peak_s - tolerance.seconds), twitch.offset_s + tolerance.seconds
    return begin <= item.mark.peak_s <= end and _near(item, twitch, truth, tolerance.millimetres)


def _near(item: Found, event: TrueEvent, truth: Truth, reach_mm: float) -> bool:
    if event.x_px is None or event.y_px is None:
        return True
    dx, dy = event.x_px * truth.mm_per_px - item.mark.x_mm, event.y_px * truth.mm_per_px - item.mark.y_mm
    return hypot(dx, dy) <= reach_mm

"""How well the events of a clip were found. Scores of clips add up to that of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import hypot, nan
from pathlib import Path
from statistics import median
from typing import Any

from fasciscan.score.findings import Findings, Found, read_findings
from fasciscan.score.look_alikes import Told, tell_look_alikes
from fasciscan.score.matching import Mark, Matches, Tolerance, match_in_turn
from fasciscan.simulate.truth import TrueEvent, Truth, read_truth

LEAST_MM = 0.1
"""Twitches of at least this peak displacement are asked for: half the mean of 0.20 ± 0.10 mm (MUMRI, PMC7900994)."""


@dataclass(frozen=True, slots=True)
class Twitch:
    """What became of one true twitch, of any size."""

    amplitude_mm: float
    found: bool
    seen: bool
    """Whether anything was found at its time and place, if only to be called something else."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts and errors of one clip or, summed, of many. Errors are of the matched events: found minus true."""

    true_positives: int = 0
    missed: int = 0
    """The ones in stretches that were not analysed included."""
    false: int = 0
    exposure_s: float = 0.0
    epicentre_errors_mm: tuple[float, ...] = ()
    onset_errors_s: tuple[float, ...] = ()
    peak_errors_s: tuple[float, ...] = ()
    missed_excluded: int = 0
    """Of the missed, those in stretches the analysis left out."""
    set_aside: int = 0
    """Found events that are true twitches below the size asked for: neither right nor false."""
    twitches: tuple[Twitch, ...] = ()
    """Every true twitch, those below the size asked for too."""
    judged: tuple[tuple[float, bool], ...] = ()
    """Of each motion found: the probability that it is a twitch, and whether it is one, of any size."""
    look_alikes: tuple[Told, ...] = ()
    """What each true look-alike was told to be."""
    counts: tuple[tuple[int, int], ...] = ()
    """True and found count of each clip, twitches below the size asked for apart."""

    def __add__(self, other: Score) -> Score:
        """Pool two scores, as if both clips were one."""
        return Score(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Score)))

    @property
    def precision(self) -> float:
        """Share of the found events that are true; NaN when none was found."""
        return _share(self.true_positives, self.true_positives + self.false)

    @property
    def recall(self) -> float:
        """Share of the true events that were found; NaN when there was none."""
        return _share(self.true_positives, self.true_positives + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN when there was nothing to find and nothing was found."""
        return _share(2 * self.true_positives, 2 * self.true_positives + self.missed + self.false)

    @property
    def false_per_min(self) -> float:
        """False events per minute of exposure; NaN without exposure."""
        return _share(self.false, self.exposure_s / 60)

    @property
    def median_epicentre_error_mm(self) -> float:
        """Median distance of found from true epicentres; NaN when none was matched."""
        return median(self.epicentre_errors_mm) if self.epicentre_errors_mm else nan


def score_result(
    result: Path | str | dict[str, Any],
    truth: Path | str | Truth,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
    least_mm: float = 0.0,
) -> Score:
    """Score the result of one clip against its truth; see :func:`score_findings`.

    Parameters
    ----------
    result
        ``<stem>.json`` as written by ``fasciscan analyze``, or its content.
    truth
        ``<stem>.truth.json`` as written by the simulator, or its content.
    tolerance, least_mm
        See :func:`score_findings`.

    Raises
    ------
    FasciscanError
        If a file cannot be read or is not of its schema.
    """
    true = truth if isinstance(truth, Truth) else read_truth(truth)
    return score_findings(read_findings(result, true.mm_per_px), true, tolerance, least_mm)


def score_findings(
    findings: Findings,
    truth: Truth,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
    least_mm: float = LEAST_MM,
    threshold: float | None = None,
) -> Score:
    """Score what was found in one clip.

    Only fasciculations count: a counted look-alike is a false event, a twitch told as something else is missed.
    Distances are taken in pixels and turned to millimetres by the scale of the truth. A twitch in a stretch the
    analysis excluded is missed like any other. A twitch below ``least_mm`` may be found: an event that is left over
    from the larger ones and matches it is set aside.

    Parameters
    ----------
    findings
        What a result says.
    truth
        What is true of the clip.
    tolerance
        How far apart a true and a found event may lie.
    least_mm
        Peak displacement from which on a twitch is asked for.
    threshold
        Count what has at least this probability of being a twitch; by default what the result itself counts.

    Returns
    -------
    Score
        Of this clip; its exposure is the one the result states.
    """
    asked, small = split_by_size(truth, least_mm)
    events, rest = split_by_threshold(findings, threshold)
    marks = [[true_mark(event, truth) for event in group] for group in (asked, small)]
    found = [[item.mark for item in group] for group in (events, rest)]
    made = match_in_turn(marks, found, tolerance)
    hits = [(marks[0][a], found[0][b]) for a, b in made[0, 0].pairs]
    missed = _unmatched(asked, made[0, 0])
    return Score(
        true_positives=len(hits),
        missed=len(missed),
        false=len(made[1, 0].false),
        exposure_s=findings.exposure_s,
        epicentre_errors_mm=tuple(hypot(b.x_mm - a.x_mm, b.y_mm - a.y_mm) for a, b in hits),
        onset_errors_s=tuple(b.onset_s - a.onset_s for a, b in hits),
        peak_errors_s=tuple(b.peak_s - a.peak_s for a, b in hits),
        missed_excluded=sum(findings.excludes(event.peak_s) for event in missed),
        set_aside=len(made[1, 0].pairs),
        twitches=_fates(asked, made[0, 0], made[0, 1]) + _fates(small, made[1, 0], made[1, 1]),
        judged=_judged(events, made[0, 0], made[1, 0]) + _judged(rest, made[0, 1], made[1, 1]),
        look_alikes=tell_look_alikes(findings, truth, tolerance),
        counts=((len(asked), len(hits) + len(made[1, 0].false)),),
    )


def split_by_size(truth: Truth, least_mm: float) -> tuple[list[TrueEvent], list[TrueEvent]]:
    """Tell the twitches that are asked for from those that may but need not be found."""
    placed = [event for event in truth.twitches if event.x_px is not None and event.y_px is not None]
    asked = [event for event in placed if _amplitude(event) >= least_mm]
    return asked, [event for event in placed if _amplitude(event) < least_mm]


def split_by_threshold(findings: Findings, threshold: float | None) -> tuple[list[Found], list[Found]]:
    """Tell what counts from what does not, at a threshold or as the result itself does."""
    counts = [item.counted if threshold is None else item.p_fasciculation >= threshold for item in findings.found]
    pairs = list(zip(findings.found, counts, strict=True))
    return [item for item, counted in pairs if counted], [item for item, counted in pairs if not counted]


def true_mark(event: TrueEvent, truth: Truth) -> Mark:
    """Turn a true twitch into a mark, its place counted from the frame's corner as found ones are."""
    assert event.x_px is not None
    assert event.y_px is not None
    return Mark(event.onset_s, event.peak_s, event.x_px * truth.mm_per_px, event.y_px * truth.mm_per_px)


def _amplitude(event: TrueEvent) -> float:
    """Peak displacement; a twitch whose size the truth does not tell is asked for at any size."""
    return event.peak_displacement_mm if event.peak_displacement_mm is not None else float("inf")


def _unmatched(events: Sequence[TrueEvent], matches: Matches) -> list[TrueEvent]:
    return [events[i] for i in matches.missed]


def _fates(events: Sequence[TrueEvent], counted: Matches, seen: Matches) -> tuple[Twitch, ...]:
    found = {a for a, _ in counted.pairs}
    merely_seen = {a for a, _ in seen.pairs}
    return tuple(Twitch(_amplitude(e), i in found, i in found or i in merely_seen) for i, e in enumerate(events))


def _judged(group: Sequence[Found], *matches: Matches) -> tuple[tuple[float, bool], ...]:
    true = {b for made in matches for _, b in made.pairs}
    return tuple((item.p_fasciculation, i in true) for i, item in enumerate(group))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else nan

"""Evaluations as Markdown tables: one detector in a column, its figures with their intervals below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import isinf, isnan

from fasciscan.score.agreement import GrowingLimits
from fasciscan.score.bootstrap import Estimate
from fasciscan.score.breakdown import AmplitudeRow, LookAlikeRow, Row
from fasciscan.score.calibration import Bin
from fasciscan.score.evaluation import LABELS, Evaluation
from fasciscan.score.figures import BRIEF
from fasciscan.score.hindrances import Hindrance
from fasciscan.score.look_alikes import CLASSES
from fasciscan.score.metrics import Score
from fasciscan.score.mistakes import Mistake
from fasciscan.twitch.kind import Kind

NOTHING = "–"
TOLD_COUNTS = (0, 2, 5, 10, 20)
NOT_REACHED = "not reached"


def figures_table(evaluations: Sequence[Evaluation], names: Iterable[str] = LABELS) -> str:
    """Lay out figures as rows and detectors as columns."""
    rows = [
        [
            LABELS[name][0],
            *(say(e.figures[name], LABELS[name][1]) if name in e.figures else NOTHING for e in evaluations),
        ]
        for name in names
    ]
    return markdown(["", *(e.name for e in evaluations)], rows)


def breakdown_table(rows: Sequence[Row]) -> str:
    """Lay out the brief figures of groups of clips."""
    header = ["by", "group", "clips", "twitches", *(LABELS[name][0] for name in BRIEF)]
    body = []
    for before, row in zip([None, *rows], rows, strict=False):
        by = "" if before and before.by == row.by else row.by
        told = [say(row.figures[name], LABELS[name][1]) for name in BRIEF]
        body.append([by, row.group, str(row.clips), str(row.twitches), *told])
    return markdown(header, body)


def comparison_table(evaluations: Sequence[Evaluation], name: str) -> str:
    """Lay out one figure of groups of clips, a detector a column."""
    label, decimals = LABELS[name]
    by_group = [{(row.by, row.group): row for row in e.breakdown} for e in evaluations]
    rows = [
        [
            row.by,
            row.group,
            str(row.clips),
            *(say(rows[row.by, row.group].figures[name], decimals) for rows in by_group),
        ]
        for row in evaluations[0].breakdown
    ]
    return markdown([f"{label} by", "group", "clips", *(e.name for e in evaluations)], rows)


def amplitude_table(evaluations: Sequence[Evaluation]) -> str:
    """Lay out the share of twitches found by their size, a detector a column."""
    by_group = [{row.group: row for row in e.by_amplitude} for e in evaluations]
    first: Sequence[AmplitudeRow] = evaluations[0].by_amplitude
    rows = [
        [f"{row.group} mm", str(row.twitches), *(say(rows[row.group].recall, 3) for rows in by_group)] for row in first
    ]
    return markdown(["peak displacement", "twitches", *(e.name for e in evaluations)], rows)


def limits_table(limits: GrowingLimits) -> str:
    """Lay out the limits of agreement of a clip by the mean of its true and its found count."""
    told = [[str(count), *(f"{end:+.1f}".replace("-", "−") for end in limits.of([count]))] for count in TOLD_COUNTS]
    return markdown(["twitches in a clip", "limit of agreement, lower", "upper"], told)


def hindrances_table(rows: Sequence[Hindrance]) -> str:
    """Lay out what twitches were missed for."""
    header = ["what stood in the way, the first that applies", "twitches", "missed", "found"]
    told = [[row.what, str(row.twitches), str(row.missed), f"{1 - row.missed / row.twitches:.3f}"] for row in rows]
    whole = [sum(row.twitches for row in rows), sum(row.missed for row in rows)]
    found = f"{1 - whole[1] / whole[0]:.3f}" if whole[0] else NOTHING
    return markdown(header, [*told, ["all", *map(str, whole), found]])


def look_alike_table(rows: Sequence[LookAlikeRow]) -> str:
    """Lay out what look-alikes were told to be."""
    header = [
        "look-alike", "class", "number", "told right", "as another that was there too", "as another",
        "as fasciculation", "left no candidate",
    ]  # fmt: skip
    counts = [(r.number, r.told_right, r.told_as_there, r.told_otherwise, r.told_twitch, r.left_nothing) for r in rows]
    whole = [sum(column) for column in zip(*counts, strict=True)]
    told = [[r.name, r.kinds, *map(str, row)] for r, row in zip(rows, counts, strict=True)]
    return markdown(header, [*told, ["all", "", *map(str, whole)]])


def confusion_table(scores: Iterable[Score]) -> str:
    """Lay out what look-alikes of each class were told to be, of those that left anything to judge."""
    told = Counter((verdict.kinds, verdict.told) for score in scores for verdict in score.look_alikes if verdict.told)
    columns = [*CLASSES, str(Kind.FASCICULATION)]
    rows = [
        [" or ".join(kinds), *(str(told[kinds, column]) for column in columns)]
        for kinds in sorted({kinds for kinds, _ in told}, key=lambda kinds: (CLASSES.index(kinds[0]), len(kinds)))
    ]
    return markdown(["true, told as", *columns], rows)


def reliability_table(bins: Sequence[Bin]) -> str:
    """Lay out what was said of the motions found, and how many of them were twitches."""
    told = [
        [f"{part.low:g} to {part.high:g}", str(part.count), f"{part.said:.3f}", f"{part.true:.3f}"]
        for part in bins
        if part.count
    ]
    return markdown(["probability of a twitch", "motions", "mean said", "share that were"], told)


def mistakes_table(mistakes: Sequence[Mistake]) -> str:
    """Lay out mistakes, one a row."""
    header = ["clip", "at, s", "what", "mm or p", "told as, or near", "amid", "frames/s", "compression"]
    return markdown(
        header,
        [
            [m.clip, f"{m.time_s:.2f}", m.what, f"{m.size:.2f}", m.told or NOTHING, m.amid or NOTHING,
             f"{m.frame_rate_hz:.0f}", m.compression]
            for m in mistakes
        ],
    )  # fmt: skip


def say(value: Estimate, decimals: int) -> str:
    """Tell a figure with its interval."""
    if isnan(value.value):
        return NOTHING
    if isnan(value.low):
        return _number(value.value, decimals)
    return f"{_number(value.value, decimals)} ({_number(value.low, decimals)} to {_number(value.high, decimals)})"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _number(value: float, decimals: int) -> str:
    if isinf(value):
        return NOT_REACHED
    # Rounded first, so that what is next to nothing is 0 and not −0.
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")

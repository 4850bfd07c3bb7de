"""One exam: the clips of one subject at one visit, added up, with what the reader knows beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fasciscan.clip import printable
from fasciscan.exam.clip_counts import ClipCount, Failed
from fasciscan.exam.context import Context
from fasciscan.exam.manifest import Entry
from fasciscan.exam.muscle_counts import MuscleCount, count_muscles
from fasciscan.exam.muscles import MuscleName, name_muscle
from fasciscan.exam.summary import Summary, sum_up


@dataclass(frozen=True, slots=True)
class Exam:
    """Everything the exam's report tells."""

    subject: str | None
    visit_date: date | None
    muscles: tuple[MuscleCount, ...]
    summary: Summary
    context: Context | None
    """None where no form was given."""
    failed: tuple[Failed, ...]
    warnings: tuple[str, ...]
    command: str
    version: str


def make_exam(
    clips: Sequence[ClipCount],
    failed: Sequence[Failed] = (),
    context: Context | None = None,
    *,
    subject: str | None = None,
    visit_date: date | None = None,
    command: str = "",
    version: str = "",
) -> Exam:
    """Add up the clips of an exam.

    A clip that comes twice, told by its SHA-256, is counted once: it would double count and exposure.

    Parameters
    ----------
    clips
        The clips that were analysed, in the order of the manifest.
    failed
        Those that could not be.
    context
        What the reader knows beside them.
    subject, visit_date
        Whose and when.
    command, version
        What made the exam.
    """
    single, twice = _drop_copies(clips)
    muscles = count_muscles(single, failed)
    return Exam(
        subject=subject,
        visit_date=visit_date,
        muscles=muscles,
        summary=sum_up(muscles),
        context=context,
        failed=tuple(failed),
        warnings=(*twice, *_warn(single, muscles), *(_warn_of_context(context) if context else ())),
        command=command,
        version=version,
    )


def _drop_copies(clips: Sequence[ClipCount]) -> tuple[list[ClipCount], list[str]]:
    kept: dict[str, ClipCount] = {}
    warnings = []
    for clip in clips:
        first = kept.setdefault(clip.sha256, clip)
        if first is not clip:
            counted = _label(first.entry)
            warnings.append(
                f"{printable(clip.entry.clip.name)} ({_label(clip.entry)}) is the same recording as "
                f"{printable(first.entry.clip.name)} ({counted}) and was counted once, for {counted}."
            )
    return list(kept.values()), warnings


def _label(entry: Entry) -> str:
    name = name_muscle(entry.muscle).name
    return f"{name}, {entry.side}" if entry.side else name


def _warn(clips: Sequence[ClipCount], muscles: Sequence[MuscleCount]) -> list[str]:
    names = list(dict.fromkeys(muscle.name for muscle in muscles))
    warnings = [
        f"The muscle “{name.name}” is not in the vocabulary and has no region{_hint(name)}"
        for name in names
        if not name.known
    ]
    warnings += [name.known.caution for name in names if name.known and name.known.caution]
    sided, unsided = ({m.name for m in muscles if bool(m.side) is has_side} for has_side in (True, False))
    lacking = sorted(name.name for name in unsided if name.known and name.known.paired)
    if lacking:
        warnings.append(f"No side is given for: {', '.join(lacking)}.")
    warnings += [
        f"{name.name} is there with and without a side: the clips without count as another muscle."
        for name in names
        if name in sided & unsided
    ]
    makers = Counter((clip.version, clip.classifier, clip.model_sha256) for clip in clips)
    if len(makers) > 1:
        warnings.append(
            f"The clips were analysed in {len(makers)} ways (versions of fasciscan or of its network), so their counts "
            "do not compare exactly; run the exam again into an empty folder."
        )
    return warnings


def _warn_of_context(context: Context) -> list[str]:
    unknown = {name.name: name for graded in context.strength if not (name := name_muscle(graded.muscle)).known}
    warnings = [
        f"The muscle “{name.name}”, whose strength is graded, is not in the vocabulary{_hint(name)}"
        for name in unknown.values()
    ]
    if context.signs.weakness is False and context.weak_muscles:
        warnings.append(
            "Weakness is recorded as not there, but muscles are graded below full strength; the grades count."
        )
    return warnings


def _hint(name: MuscleName) -> str:
    return f"; did you mean {name.nearest}?" if name.nearest else "."

"""The page of an exam: body map, context beside the counts, a table of the muscles, and links to each clip's report."""

from __future__ import annotations

from pathlib import Path

from fasciscan.exam.muscle_counts import MuscleCount, Spread
from fasciscan.exam.session import Exam
from fasciscan.report import body_map, exam_strip, exam_words, words
from fasciscan.report.exam_json import relative
from fasciscan.report.page import TEMPLATES, make_environment

LEGEND = (
    ("none", "none seen"),
    *(
        (f"r{n}", f"below {high:g}" if n == 1 else f"{low:g} to {high:g}")
        for n, (low, high) in enumerate(zip(body_map.CLASSES, body_map.CLASSES[1:], strict=False), 1)
    ),
    (f"r{len(body_map.CLASSES)}", f"{body_map.CLASSES[-1]:g} and more"),
)
"""Colours of the body map and what they stand for, per minute."""


def write_exam_page(exam: Exam, path: Path) -> None:
    """Write the report of an exam to `path` as one HTML file without scripts or outside references.

    Parameters
    ----------
    exam
        The exam.
    path
        The file to write; the clips' reports are linked relative to it, where they are there.
    """
    environment = make_environment()
    environment.globals["exam_css"] = (TEMPLATES / "exam.css").read_text(encoding="utf-8")
    environment.filters["spread"] = say_spread
    template = environment.get_template("exam.html.j2")
    strips = exam_strip.draw_strips(exam.muscles)
    page = template.render(
        exam=exam,
        summary=exam.summary,
        groups=_group_by_region(exam, strips),
        body=body_map.draw_body(exam.muscles),
        figure=body_map,
        strip=exam_strip,
        legend=LEGEND,
        words=words,
        say=exam_words,
        page_of=lambda clip: _link(clip.report, path.parent),
        no_diagnosis=words.NO_DIAGNOSIS,
        no_scale=any(_lacks_scale(muscle) for muscle in exam.muscles),
    )
    path.write_text(page, encoding="utf-8")


def say_spread(spread: Spread | None, decimals: int, unit: float = 1.0) -> str:
    """Say a median with its quartiles: ``"0.21 (0.15–0.27)"``."""
    if spread is None:
        return "–"
    median, low, high = (f"{unit * value:.{decimals}f}" for value in (spread.median, spread.low, spread.high))
    return median if spread.n == 1 else f"{median} ({low}–{high})"


Rows = list[tuple[MuscleCount, list[exam_strip.ClipStrip]]]


def _group_by_region(exam: Exam, strips: list[list[exam_strip.ClipStrip]]) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    for muscle, drawn in zip(exam.muscles, strips, strict=True):
        groups.setdefault(str(muscle.name.region or "region not known"), []).append((muscle, drawn))
    return groups


def _lacks_scale(muscle: MuscleCount) -> bool:
    """Whether a clip that was analysed has no scale, so that the muscle has no figures in millimetres."""
    return any(clip.exposure_s and clip.tissue_area_mm2 is None for clip in muscle.clips)


def _link(report: Path, folder: Path) -> str:
    """Link to the page beside a clip's result; empty if there is none."""
    page = report.with_suffix(".html")
    return relative(page, folder) if page.is_file() else ""

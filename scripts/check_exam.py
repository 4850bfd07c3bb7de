"""How true the counts of an exam are: simulates exams of 12 clips over 6 muscles, examines them, prints a table.

Usage: python scripts/check_exam.py [--work DIR] [--evaluation DIR/scores.json] [--first 700000] [--exams 1] [--jobs 2]

Clips and results are kept in the work folder, so the run can be stopped and started again. With an evaluation
(`fasciscan evaluate` writes it to scores.json) a count may be off as far as the limits of agreement found there allow
95 of 100 clips of that count to be, which grow with the count; without one, by what is aimed at. One twitch is always
allowed, since a count is whole. Twitches below 0.1 mm are not asked for: those that were counted are named apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from fasciscan.exam import Entry, Muscle, write_manifest
from fasciscan.exam.manifest import MANIFEST_NAME
from fasciscan.score import Score, score_result
from fasciscan.score.agreement import GrowingLimits
from fasciscan.score.metrics import LEAST_MM
from fasciscan.simulate import make_clips, read_truth

MUSCLES = (
    Muscle("tongue", None),
    Muscle("biceps brachii", "left"),
    Muscle("biceps brachii", "right"),
    Muscle("rectus abdominis", "left"),
    Muscle("tibialis anterior", "left"),
    Muscle("tibialis anterior", "right"),
)
CLIPS_A_MUSCLE = 2
PRESET = "broad"
FIRST_SEED = 700_000
"""Far from the seeds of training, validation and test."""
DURATION_S = 20.0
AIMED_COUNT_ERROR = 0.05
"""Share of the true count."""
LEAST_TOLERANCE = 1.0
"""Twitches; a count is whole."""
COLUMNS = (
    "muscle", "analysed, s", "true", "counted", "of these too small", "off by", "may be", "within",
    "per minute (95 %)", "true per minute", "held",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One muscle: what is true of it and what the exam says."""

    label: str
    score: Score
    recorded_s: float
    counted: dict[str, Any]
    """The muscle in exam.json."""
    limits: GrowingLimits | None
    """Of agreement, of an evaluation."""

    @property
    def true(self) -> int:
        """Twitches that are asked for."""
        return self.score.true_positives + self.score.missed

    @property
    def off(self) -> int:
        """Counted minus true, those too small apart."""
        return self.counted["count"] - self.score.set_aside - self.true

    @property
    def tolerance(self) -> tuple[float, float]:
        """How far the count may be off, either way."""
        aimed = AIMED_COUNT_ERROR * self.true
        low, high = self.limits.of(sum(pair) / 2 for pair in self.score.counts) if self.limits else (-aimed, aimed)
        return min(low, -LEAST_TOLERANCE), max(high, LEAST_TOLERANCE)

    @property
    def is_within(self) -> bool:
        """Whether the count is true enough."""
        low, high = self.tolerance
        return low <= self.off <= high

    @property
    def is_as_aimed(self) -> bool:
        """Whether it is as true as is aimed at."""
        return abs(self.off) <= max(LEAST_TOLERANCE, AIMED_COUNT_ERROR * self.true)

    @property
    def true_per_min(self) -> float:
        """True rate over all that was recorded; small twitches that were counted are twitches too."""
        return (self.true + self.score.set_aside) / self.recorded_s * 60

    @property
    def holds(self) -> bool:
        """Whether the exam's interval holds the true rate."""
        rate = self.counted["rate_per_min"]
        return rate is not None and rate["low"] <= self.true_per_min <= rate["high"]

    @property
    def cells(self) -> list[str]:
        """As the table tells it."""
        rate = self.counted["rate_per_min"]
        low, high = self.tolerance
        interval = f"{rate['value']:.1f} ({rate['low']:.1f}–{rate['high']:.1f})" if rate else "–"
        return [
            self.label, f"{self.counted['exposure_s']:.0f}", str(self.true), str(self.counted["count"]),
            str(self.score.set_aside), f"{self.off:+d}", f"{low:+.1f} to {high:+.1f}",
            "yes" if self.is_within else "no", interval, f"{self.true_per_min:.1f}", "yes" if self.holds else "no",
        ]  # fmt: skip


def main() -> None:
    args = _arguments()
    limits = None
    if args.evaluation:
        told = json.loads(args.evaluation.read_text(encoding="utf-8"))["limits_of_agreement"]
        limits = GrowingLimits(tuple(told["bias"]), tuple(told["spread"]))
    rows = []
    for n in range(args.exams):
        first = args.first + n * CLIPS_A_MUSCLE * len(MUSCLES)
        work = args.work / str(first)
        entries = _make_exam(work / "clips", first, args.jobs)
        _run_exam(entries[0].clip.parent, work / "exam", args.jobs)
        rows += _rows(entries, work / "exam", limits)
    _print(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("out/check-exam"), help="folder for clips and results")
    parser.add_argument("--evaluation", type=Path, help="scores.json of the network's evaluation")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="first seed")
    parser.add_argument("--exams", type=int, default=1, help="exams to make, each of other seeds")
    parser.add_argument("--jobs", type=int, default=None, help="processes; one a core")
    return parser.parse_args()


def _make_exam(folder: Path, first: int, jobs: int | None) -> list[Entry]:
    """Make the clips and the manifest that says which shows what."""
    seeds = range(first, first + CLIPS_A_MUSCLE * len(MUSCLES))
    clips = make_clips(folder, seeds, PRESET, jobs=jobs, duration_s=DURATION_S)
    entries = [
        Entry(
            clip, muscle.name, muscle.side, subject="SIMULATED", visit_date=date(2026, 1, 12),
            mm_per_px=read_truth(clip.with_suffix(".truth.json")).mm_per_px,
        )
        for clip, muscle in zip(clips, MUSCLES * CLIPS_A_MUSCLE, strict=True)
    ]  # fmt: skip
    manifest = folder / MANIFEST_NAME
    manifest.unlink(missing_ok=True)
    write_manifest(entries, manifest)
    return entries


def _run_exam(folder: Path, out: Path, jobs: int | None) -> None:
    words = ["exam", folder, "--out", out, *(["--jobs", str(jobs)] if jobs else [])]
    subprocess.run([sys.executable, "-c", "from fasciscan.cli import main; main()", *words], check=True)


def _rows(entries: list[Entry], out: Path, limits: GrowingLimits | None) -> list[Row]:
    exam = json.loads((out / "exam.json").read_text(encoding="utf-8"))
    counted = {(muscle["muscle"], muscle["side"]): muscle for muscle in exam["muscles"]}
    rows = []
    for muscle in MUSCLES:
        clips = [entry.clip for entry in entries if (entry.muscle, entry.side) == (muscle.name, muscle.side)]
        truths = [read_truth(clip.with_suffix(".truth.json")) for clip in clips]
        scores = [
            score_result(out / "clips" / f"{clip.stem}.json", truth, least_mm=LEAST_MM)
            for clip, truth in zip(clips, truths, strict=True)
        ]
        label = f"{muscle.name}, {muscle.side}" if muscle.side else muscle.name
        recorded_s = sum(truth.timing.duration_s for truth in truths)
        rows.append(Row(label, reduce(add, scores), recorded_s, counted[muscle.name, muscle.side], limits))
    return rows


def _print(rows: list[Row]) -> None:
    print("\n| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for row in rows:
        print("| " + " | ".join(row.cells) + " |")
    score = reduce(add, (row.score for row in rows))
    within, aimed, held = (
        sum(values) for values in zip(*((row.is_within, row.is_as_aimed, row.holds) for row in rows), strict=True)
    )
    print(
        f"\nWithin what they may be off by: {within} of {len(rows)} muscles; "
        f"within {AIMED_COUNT_ERROR:.0%} or one twitch: {aimed}.\n"
        f"Intervals that hold the true rate: {held} of {len(rows)}.\n"
        f"Over all clips: recall {score.recall:.3f}, precision {score.precision:.3f}, "
        f"{score.false_per_min:.2f} false per minute."
    )


if __name__ == "__main__":
    main()

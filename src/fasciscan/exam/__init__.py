"""What it adds up to: counts, exposure and rates of one clip, of a muscle and of a whole exam."""

from fasciscan.exam.clip_counts import ClipCount, Failed, read_clip_count
from fasciscan.exam.context import Context, read_context
from fasciscan.exam.counts import Rate, poisson_rate
from fasciscan.exam.discover import find_clips
from fasciscan.exam.manifest import Entry, read_manifest, write_manifest
from fasciscan.exam.muscle_counts import MuscleCount, count_muscles
from fasciscan.exam.muscles import MuscleName, Region, name_muscle
from fasciscan.exam.rates import compare_rates
from fasciscan.exam.result import ClipResult, ClipSummary, Muscle, Provenance
from fasciscan.exam.session import Exam, make_exam
from fasciscan.exam.summary import Summary

__all__ = [
    "ClipCount",
    "ClipResult",
    "ClipSummary",
    "Context",
    "Entry",
    "Exam",
    "Failed",
    "Muscle",
    "MuscleCount",
    "MuscleName",
    "Provenance",
    "Rate",
    "Region",
    "Summary",
    "compare_rates",
    "count_muscles",
    "find_clips",
    "make_exam",
    "name_muscle",
    "poisson_rate",
    "read_clip_count",
    "read_context",
    "read_manifest",
    "write_manifest",
]

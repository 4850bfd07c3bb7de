"""What a whole exam comes to: which muscles fasciculate, in which regions, and what published count rules say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fasciscan.exam.muscle_counts import MuscleCount
from fasciscan.exam.muscles import Region
from fasciscan.exam.rates import RateRatio, compare_rates
from fasciscan.exam.visibility import say_unequal


class Extent(StrEnum):
    """How far fasciculation reaches."""

    NONE = "none seen"
    ALONE = "in the only muscle that was looked at"
    """On one side or both; what others do, nobody knows."""
    FOCAL = "focal"
    """One muscle of several, of one side or both."""
    REGIONAL = "within one region"
    WIDESPREAD = "widespread"
    """Two regions or more."""
    UNTOLD = "cannot be told"
    """Nothing could be analysed, or the muscles that fasciculate have no known region."""


class Basis(StrEnum):
    """What a published rule counts."""

    MUSCLES = "muscles with fasciculation"
    TWITCHES = "fasciculations in all"


@dataclass(frozen=True, slots=True)
class Published:
    """A published rule. It tells patients of one clinic apart and is no criterion of any guideline."""

    basis: Basis
    threshold: int
    muscles: int
    """Muscles that were examined there, sides counted apart."""
    sensitivity: float
    specificity: float
    people: str
    source: str
    named: tuple[str, ...] = ()
    """The muscles, where the source names them."""


PUBLISHED = (
    Published(
        Basis.MUSCLES, 3, 11, 0.882, 0.947, "16 with ALS, 10 with mimics and 10 healthy",
        "Neurol Res 2020;42:458-462",
        ("tongue", "trapezius", "biceps brachii", "abductor pollicis brevis", "rectus femoris", "tibialis anterior"),
    ),
    Published(
        Basis.MUSCLES, 5, 17, 0.82, 0.875, "34 with ALS and 12 with mimics", "BMJ Neurol Open 2023;5(Suppl 1):A6.1"
    ),
    Published(
        Basis.TWITCHES, 7, 17, 0.82, 0.75, "34 with ALS and 12 with mimics", "BMJ Neurol Open 2023;5(Suppl 1):A6.1"
    ),
)  # fmt: skip
"""Sensitivity and specificity are for ALS against mimics (the first: and healthy people) among people sent to a clinic
for it, not among everyone who twitches. The Gold Coast criteria do not list ultrasound."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A published rule, asked of this exam."""

    rule: Published
    found: int
    examined: int
    """Muscles of this exam that the rule is about and that could be analysed, sides counted apart."""

    @property
    def is_reached(self) -> bool:
        """Whether the count is as high as the rule's threshold."""
        return self.found >= self.rule.threshold

    @property
    def is_decided(self) -> bool:
        """Whether more or fewer muscles than the study's could not have turned the answer."""
        return self.examined <= self.rule.muscles if self.is_reached else self.examined >= self.rule.muscles


@dataclass(frozen=True, slots=True)
class RegionCount:
    """A body region."""

    region: Region
    examined: int
    fasciculating: int


@dataclass(frozen=True, slots=True)
class SideRatio:
    """One muscle, left against right."""

    muscle: str
    ratio: RateRatio
    note: str = ""
    """What to doubt of it; empty where nothing."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The exam over all muscles."""

    examined: int
    """Muscles of which at least something could be analysed, sides counted apart."""
    fasciculating: tuple[str, ...]
    """Labels of those with two twitches or more."""
    single: tuple[str, ...]
    """Labels of those with exactly one."""
    quiet_but_short: int
    """Muscles that do not fasciculate and were watched too briefly to say that they are quiet."""
    count: int
    exposure_s: float
    regions: tuple[RegionCount, ...]
    extent: Extent
    rules: tuple[RuleResult, ...]
    sides: tuple[SideRatio, ...]
    tongue_fasciculates: bool
    unseen: tuple[str, ...]
    """Muscles of the exam of which nothing could be analysed on either side."""


def sum_up(muscles: Sequence[MuscleCount]) -> Summary:
    """Sum up an exam over its muscles."""
    analysed = [muscle for muscle in muscles if muscle.exposure_s > 0]
    active = [muscle for muscle in analysed if muscle.fasciculates]
    count = sum(muscle.count for muscle in analysed)
    return Summary(
        examined=len(analysed),
        fasciculating=tuple(muscle.label for muscle in active),
        single=tuple(muscle.label for muscle in analysed if muscle.count == 1),
        quiet_but_short=sum(muscle.is_short for muscle in analysed if not muscle.fasciculates),
        count=count,
        exposure_s=sum(muscle.exposure_s for muscle in analysed),
        regions=tuple(_count_region(region, analysed) for region in Region),
        extent=_judge_extent(analysed, active),
        rules=tuple(_ask(rule, analysed) for rule in PUBLISHED),
        sides=_compare_sides(analysed),
        tongue_fasciculates=any(muscle.name.name == "tongue" for muscle in active),
        unseen=_find_unseen(muscles, analysed),
    )


def _find_unseen(muscles: Sequence[MuscleCount], analysed: Sequence[MuscleCount]) -> tuple[str, ...]:
    seen = {muscle.name.name for muscle in analysed}
    return tuple(dict.fromkeys(muscle.name.name for muscle in muscles if muscle.name.name not in seen))


def _count_region(region: Region, analysed: Sequence[MuscleCount]) -> RegionCount:
    inside = [muscle for muscle in analysed if muscle.name.region is region]
    return RegionCount(region, len(inside), sum(bool(muscle.fasciculates) for muscle in inside))


def _ask(rule: Published, analysed: Sequence[MuscleCount]) -> RuleResult:
    """Count what a rule counts, in the muscles it names where it names them."""
    asked = [muscle for muscle in analysed if not rule.named or muscle.name.name in rule.named]
    if rule.basis is Basis.MUSCLES:
        return RuleResult(rule, sum(bool(muscle.fasciculates) for muscle in asked), len(asked))
    return RuleResult(rule, sum(muscle.count for muscle in asked), len(asked))


def _judge_extent(analysed: Sequence[MuscleCount], active: Sequence[MuscleCount]) -> Extent:
    if not analysed:
        return Extent.UNTOLD
    if not active:
        return Extent.NONE
    if len({muscle.name.name for muscle in analysed}) == 1:
        return Extent.ALONE
    if len({muscle.name.name for muscle in active}) == 1:
        return Extent.FOCAL
    regions = {muscle.name.region for muscle in active}
    if len(regions - {None}) > 1:
        return Extent.WIDESPREAD
    return Extent.UNTOLD if None in regions else Extent.REGIONAL


def _compare_sides(analysed: Sequence[MuscleCount]) -> tuple[SideRatio, ...]:
    by_side = {(muscle.name.name, muscle.side): muscle for muscle in analysed}
    ratios = []
    for (name, side), left in by_side.items():
        right = by_side.get((name, "right"))
        if side != "left" or right is None:
            continue
        ratio = compare_rates(left.count, left.exposure_s, right.count, right.exposure_s)
        if ratio:
            unequal = say_unequal(left.detection_limit_mm, right.detection_limit_mm)
            ratios.append(SideRatio(name, ratio, unequal))
    return tuple(ratios)

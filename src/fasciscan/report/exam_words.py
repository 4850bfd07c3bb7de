"""An exam in plain words: what was seen and how far it reaches, what context speaks for, and what stays open.

No sentence here names a diagnosis for the subject; studies' diagnoses are named where their figures are told.
"""

from __future__ import annotations

from collections.abc import Sequence

from fasciscan.exam.context import Context, Leaning
from fasciscan.exam.counts import LONG_ENOUGH_S
from fasciscan.exam.muscle_counts import LEAST_TO_FASCICULATE, MuscleCount
from fasciscan.exam.rates import RateRatio
from fasciscan.exam.session import Exam
from fasciscan.exam.summary import PUBLISHED, Basis, Extent, RuleResult, SideRatio, Summary
from fasciscan.report.words import say_count, say_how_sorted, say_number, say_seconds

SIGNS = {
    "weakness": "measurable weakness",
    "atrophy": "visible wasting of muscle",
    "bulbar": "trouble swallowing or speaking",
    "severe_cramps": "severe and persistent cramps",
    "weak_muscles": "muscles graded below full strength",
    "getting_worse": "a course that is getting worse",
    "bmi_loss": "loss of weight",
}
"""Facts that speak for being examined further."""

TRIGGERS = {
    "caffeine": "much caffeine",
    "exercise": "heavy exercise",
    "poor_sleep": "poor sleep",
    "stress": "stress",
    "stimulants": "stimulants",
    "electrolytes": "low electrolytes",
    "thyroid": "a thyroid disorder",
    "recent_virus": "a recent viral illness",
}
"""Facts that benign twitching goes with."""

TESTED_BY_BLOOD = ("electrolytes", "thyroid")

NOT_TO_BE_MISREAD = (
    "The most common error is to read benign twitches as ALS. Up to 70 % of healthy people twitch at times, and "
    "benign twitching may be frequent and reach many muscles; strength stays normal with it. Twitches alone never "
    "diagnose anything."
)

PER_THOUSAND, WITH_DISEASE = 1000, 10
"""An example of a clinic or a population in which one in a hundred has what a rule looks for."""


def say_extent(summary: Summary) -> str:
    """Say how many muscles fasciculate and how far it reaches."""
    if not summary.examined:
        return "Nothing could be analysed, so nothing can be said. This is not the same as none seen."
    single = f"A single twitch was seen in {join(summary.single)}." if summary.single else ""
    return " ".join(sentence for sentence in (_say_reach(summary), single, _say_short(summary)) if sentence)


def _say_reach(summary: Summary) -> str:
    match summary.extent:
        case Extent.NONE:
            return f"No muscle showed {LEAST_TO_FASCICULATE} fasciculations or more."
        case Extent.ALONE:
            others = "could be analysed" if summary.unseen else "was looked at"
            reach = f"No other muscle {others}, so how far it reaches cannot be told."
        case Extent.FOCAL:
            reach = "It is focal: one muscle alone."
        case Extent.REGIONAL:
            reach = "It stays within one body region" + _other_regions(summary)
        case Extent.WIDESPREAD:
            reach = f"It is widespread: {join(_active_regions(summary))}."
        case _:
            reach = "How far it reaches cannot be told, since the region of a muscle is not known."
    seen = f"{len(summary.fasciculating)} of {say_count(summary.examined, 'muscle')}"
    return f"{seen} showed {LEAST_TO_FASCICULATE} fasciculations or more. {reach}"


def _say_short(summary: Summary) -> str:
    """Say how many muscles may pass for quiet only because they were watched too briefly, where that matters."""
    short = summary.quiet_but_short
    if not short or summary.extent not in (Extent.NONE, Extent.FOCAL, Extent.REGIONAL):
        return ""
    of = "them" if summary.extent is Extent.NONE else "the others"
    were = "was" if short == 1 else "were"
    return f"{short} of {of} {were} watched for less than {LONG_ENOUGH_S:.0f} s, too briefly to be called quiet."


def say_muscle(muscle: MuscleCount) -> str:
    """Say what a muscle's count leaves open, where a reader may take it for more than it is; empty elsewhere."""
    rate = muscle.rate_per_min
    if rate is None:
        return "Nothing could be analysed." if muscle.clips else ""  # a note says so already
    if muscle.count == 0 and muscle.is_short:
        return f"None seen in {say_seconds(muscle.exposure_s)} still allows up to {say_number(rate.high)} per minute."
    bootstrap = muscle.bootstrap_per_min
    if bootstrap:
        return (
            "Twitches come in bursts, so the interval is too narrow; resampling gives "
            f"{say_number(bootstrap.low)} to {say_number(bootstrap.high)}."
        )
    return ""


def say_side(side: SideRatio) -> str:
    """Say whether a muscle's sides differ by more than chance, and what to doubt of that."""
    doubt = f" But they were {side.note}." if side.note else ""
    return _say_apart(side.ratio) + doubt


def _say_apart(ratio: RateRatio) -> str:
    apart = ratio.low > 1 or (ratio.high is not None and ratio.high < 1)
    if not apart:
        return "No more different than chance allows."
    if ratio.value is None:
        return f"Seen on the left only; its rate is at least {say_number(ratio.low)} times the right's."
    if ratio.value == 0:
        return f"Seen on the right only; the left's rate is at most {say_number(ratio.high or 0)} times as high."
    return f"More on the {'left' if ratio.value > 1 else 'right'} than chance allows."


def say_rule(result: RuleResult) -> str:
    """Say what a published rule comes to in this exam."""
    rule = result.rule
    if rule.basis is Basis.MUSCLES:
        found = f"{result.found} of {say_count(result.examined, 'such muscle')}"
    else:
        found = f"{say_count(result.found, 'fasciculation')} in {say_count(result.examined, 'muscle')}"
    answer = "reached" if result.is_reached else "not reached"
    if result.is_decided:
        return f"{found}: {answer}."
    fewer = "more" if result.is_reached else "fewer"
    return f"{found}: {answer}, but {fewer} muscles were examined here, which may have turned the answer."


def say_rule_asked(result: RuleResult) -> str:
    """Say what a published rule asks for."""
    rule = result.rule
    if rule.basis is Basis.TWITCHES:
        return f"{rule.threshold} or more fasciculations in all, over {rule.muscles} muscles"
    where = f" ({', '.join(rule.named)}; both sides)" if rule.named else ""
    return f"fasciculation in {rule.threshold} or more of {rule.muscles} muscles{where}"


def say_what_rules_mean() -> str:
    """Say by an example why reaching a rule says little about one person."""
    rule = PUBLISHED[0]
    true = round(WITH_DISEASE * rule.sensitivity)
    false = round((PER_THOUSAND - WITH_DISEASE) * (1 - rule.specificity))
    return (
        "These rules told patients of one clinic each from others sent there, were found in few people, and are no "
        "part of the Gold Coast criteria, which do not list ultrasound. They support a reading and decide nothing: "
        f"of {PER_THOUSAND} people of whom {WITH_DISEASE} have ALS, the first would be reached by {true} of these and "
        f"by {false} of the others. How long the studies watched each muscle differs too, and longer watching finds "
        "more."
    )


def say_leaning(context: Context | None, summary: Summary) -> list[str]:
    """Say which of signs and triggers the recorded facts hold, and whether they speak for being examined further.

    Parameters
    ----------
    context
        What was recorded; None where no form was given.
    summary
        The exam, for the tongue: its fasciculations weigh more than a limb's.

    Returns
    -------
    list of str
        Sentences, the answer first.
    """
    told = [_say_answer(context)]
    if summary.tongue_fasciculates:
        told.append(
            "Twitches were counted in the tongue. They weigh more than a limb's, and a tongue is seldom quite at rest: "
            "look at the clip, and have the tongue examined lying relaxed in the mouth."
        )
    if context and (testable := [name for name in context.benign_triggers if name in TESTED_BY_BLOOD]):
        told.append(f"Blood tests follow up {join([TRIGGERS[name] for name in testable])}.")
    if context and context.leaning in (Leaning.TRIGGERS, Leaning.NEITHER) and context.unrecorded_signs:
        told.append(f"Not recorded: {join([SIGNS[name] for name in context.unrecorded_signs])}. Look for them first.")
    return [*told, NOT_TO_BE_MISREAD]


def say_flags(context: Context) -> list[str]:
    """List the recorded signs, with what is known of each."""
    details = {
        "weak_muscles": ": " + ", ".join(f"{_named(s.muscle, s.side)} {s.grade:g}/5" for s in context.weak_muscles),
        "bmi_loss": f": BMI {context.bmi_before:g} to {context.bmi_now:g}" if context.bmi_loss is not None else "",
    }
    return [SIGNS[name] + details.get(name, "") for name in context.red_flags]


def say_absent_signs(context: Context) -> list[str]:
    """List the signs that were looked for and are not there."""
    absent = [SIGNS[name] for name in context.signs.__slots__ if getattr(context.signs, name) is False]
    strong = join([_named(graded.muscle, graded.side) for graded in context.strong_muscles])
    return [*absent, f"weakness of {strong} (5/5)"] if strong else absent


def say_absent_triggers(context: Context) -> list[str]:
    """List the triggers that were asked for and are not there."""
    return [TRIGGERS[name] for name in context.triggers.__slots__ if getattr(context.triggers, name) is False]


def say_course(context: Context) -> str:
    """Say the course and the weight as recorded; empty where they are not."""
    parts = []
    if context.months is not None:
        parts.append(f"twitching for {say_count(context.months, 'month')}")
    if context.change is not None:
        parts.append(context.change)
    if context.bmi_now is not None:
        before = f", before {context.bmi_before:g}" if context.bmi_before is not None else ""
        parts.append(f"BMI {context.bmi_now:g}{before}")
    return "; ".join(parts)


def say_exam_limits(exam: Exam) -> list[str]:
    """Say what this exam cannot tell."""
    short = [muscle.label for muscle in exam.muscles if muscle.exposure_s and muscle.is_short]
    limits = []
    if short:
        limits.append(
            f"Watched for less than {LONG_ENOUGH_S:.0f} s: {join(short)}. In ALS, 10 s misses fasciculations in three "
            "of ten muscles that have them (Duarte 2020); 60 s finds at least two in nearly every one (Matamala 2017)."
        )
    unseen = [region.region for region in exam.summary.regions if not region.examined]
    recorded = {muscle.name.region for muscle in exam.muscles}
    if missing := [str(region) for region in unseen if region not in recorded]:
        limits.append(f"No muscle was examined of these regions: {', '.join(missing)}.")
    if lost := [str(region) for region in unseen if region in recorded]:
        limits.append(f"No muscle could be analysed of these regions: {', '.join(lost)}.")
    classifiers = {clip.classifier: None for muscle in exam.muscles for clip in muscle.clips}
    return [
        *limits,
        *map(say_how_sorted, classifiers),
        "Rates compare between muscles only as far as probe, depth and the tissue in view do; the rate per cm² evens "
        "out the last.",
        "The exact intervals take twitches as independent. Where they come in bursts, an interval by resampling stands "
        "beside it; in a muscle with few twitches bursts cannot be told.",
        "Left and right are compared as if twitches were independent: in muscles with bursts, a difference is less "
        "sure than its interval says.",
        "Rates rise and later fall as a muscle fails: a falling count is not by itself an improvement.",
    ]


def join(words: Sequence[str]) -> str:
    """Join words as a sentence does: ``"a, b and c"``. Names that hold a comma are kept apart by semicolons."""
    if len(words) < 2:
        return "".join(words)
    between = "; " if any("," in word for word in words) else ", "
    return f"{between.join(words[:-1])} and {words[-1]}"


def _say_answer(context: Context | None) -> str:
    if context is None:
        return (
            "No signs, course or triggers were recorded, so the counts stand alone; counts alone do not say whether "
            "someone should be examined further."
        )
    signs = join([SIGNS[name] for name in context.red_flags])
    triggers = join([TRIGGERS[name] for name in context.benign_triggers])
    return {
        Leaning.EXAMINE: f"The recorded signs speak for being examined further by a neurologist, whatever the counts "
        f"are: {signs}.",
        Leaning.BOTH: f"Both are recorded, and the signs weigh more. They speak for being examined further by a "
        f"neurologist, whatever the counts are: {signs}. The triggers ({triggers}) go with benign twitching; they do "
        "not take that reason away.",
        Leaning.TRIGGERS: f"What is recorded goes with benign twitching: {triggers}. Nothing recorded speaks for being "
        "examined further.",
        Leaning.NEITHER: "Neither signs nor triggers are recorded as there. Nothing recorded speaks for being examined "
        "further.",
        Leaning.UNKNOWN: "Signs were not recorded, so the counts stand alone; counts alone do not say whether someone "
        "should be examined further.",
    }[context.leaning]


def _other_regions(summary: Summary) -> str:
    quiet = [str(region.region) for region in summary.regions if region.examined and not region.fasciculating]
    active = join(_active_regions(summary))
    if not quiet:
        return f" ({active}), the only one analysed."
    return f" ({active}); none in the muscles examined of these: {', '.join(quiet)}."


def _active_regions(summary: Summary) -> list[str]:
    return [str(region.region) for region in summary.regions if region.fasciculating]


def _named(muscle: str, side: str | None) -> str:
    return f"{muscle} {side}" if side else muscle

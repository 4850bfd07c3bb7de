"""A result in plain words: what a count and its rate say, and what they leave open."""

from __future__ import annotations

from fasciscan.exam.counts import Rate, is_short_look
from fasciscan.exam.result import ClipResult

NO_DIAGNOSIS = (
    "This report supports a reading and is no diagnosis.",
    "Most healthy people fasciculate at times; twitches weigh only together with weakness, wasting and the rest "
    "of the examination.",
)
"""The statement every report carries, and its reason."""


EXPLORATORY = (
    "Exploratory.",
    "No ultrasound study shows that one can tell where in the nerve a single twitch starts. Even electromyography "
    "gives only proportions in groups of patients, and the groups overlap. Decide nothing by it.",
)
"""What stands with the lean to an origin in the nerve, wherever it is told."""


RATE_LEAST = 0.001
"""Per minute, or as a ratio of two rates. Smaller ones say nothing more: one in a whole day is 0.0007 per minute."""


def say_how_sorted(classifier: str) -> str:
    """Say what sorted the motion, and that none of it was validated on patients."""
    network, rules = "a network that has seen simulated clips alone", "fixed rules"
    by = rules if classifier == "rule" else f"{network}, and {rules}" if "rule" in classifier else network
    return (
        f"Motion was sorted into twitches and look-alikes by {by}, not validated on patients' recordings. "
        "Look at each event before relying on the count."
    )


def say_rate(result: ClipResult) -> str:
    """Say in one or two sentences what the count means for the rate.

    Parameters
    ----------
    result
        The result of one clip.

    Returns
    -------
    str
        Such as ``"0 in 30 s still allows up to 7.4 per minute."``
    """
    rate = result.rate_per_min
    if rate is None:
        return "No part of this clip could be analysed, so no rate can be told. This is not the same as none seen."
    seen = f"{result.count} in {say_seconds(result.exposure_s)}"
    if result.count == 0:
        return f"{seen} still allows up to {say_number(rate.high)} per minute."
    return (
        f"{seen} is {say_number(rate.value)} per minute; the muscle's true rate may be anything from "
        f"{say_number(rate.low)} to {say_number(rate.high)} per minute."
    )


def say_interval(rate: Rate | None) -> str:
    """Say a rate with its interval, short enough for a table: ``"3.0 (0.4–10.8)"``."""
    if rate is None:
        return "–"
    return f"{say_number(rate.value)} ({say_number(rate.low)}–{say_number(rate.high)})"


def say_number(value: float) -> str:
    """Say a rate with two or three digits, since more would be pretence: ``"0"``, ``"0.0042"``, ``"7.4"``, ``"134"``.

    Only what is 0 reads as 0: a lower bound of 0 says that none was seen.
    """
    if value == 0:
        return "0"
    if value < RATE_LEAST:
        return f"<{RATE_LEAST}"
    if value < 0.0995:
        return f"{value:#.2g}"
    decimals = 2 if value < 0.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f}"


def say_count(number: float, noun: str, plural: str = "") -> str:
    """Say how many: ``"1 clip"``, ``"2 clips"``; `plural` where it is not the noun with an s."""
    return f"{number:g} {noun if number == 1 else plural or f'{noun}s'}"


def say_seconds(seconds: float) -> str:
    """Say a time: ``"30 s"``, ``"39.9 s"``, and from two minutes on ``"10 min 5 s"``."""
    if seconds < 120:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def say_limits(result: ClipResult) -> list[str]:
    """Say what this result cannot tell, for the reader of this very clip.

    Parameters
    ----------
    result
        The result of one clip.

    Returns
    -------
    list of str
        One sentence or two each, the ones that depend on the clip first.
    """
    limits = []
    if result.exposure_s and is_short_look(result.exposure_s):
        limits.append(
            f"{say_seconds(result.exposure_s)} is a short look. In ALS, 10 s misses fasciculations in three of ten "
            "muscles that have them (Duarte 2020), and 60 s finds at least two in nearly every one (Matamala 2017)."
        )
    if result.clip.mm_per_px is None:
        limits.append("The clip has no scale, so sizes are in pixels and cannot be compared with other recordings.")
    if result.clip.frame_rate_hz > 0:
        step_ms = 1000 / result.clip.frame_rate_hz
        limits.append(f"A new image comes every {step_ms:.0f} ms; moments told more finely are read between images.")
    return [
        *limits,
        say_how_sorted(result.provenance.classifier),
        "The interval takes twitches as independent. They tend to cluster, so the true uncertainty is larger.",
        "Muscle around a contracting unit is dragged along. The outlined area therefore overstates the unit's "
        "territory, and events given one site only presumably come from one unit.",
        "Rates rise and later fall as a muscle fails: a falling count is not by itself an improvement.",
    ]

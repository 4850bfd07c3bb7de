"""Changes and trends in words and short figures, alike on the page and on the terminal."""

from __future__ import annotations

from fasciscan.exam.counts import poisson_rate
from fasciscan.exam.rates import RateRatio
from fasciscan.history.change import Trend
from fasciscan.history.records import Seen
from fasciscan.report.words import say_interval, say_number, say_seconds

P_LEAST = 0.001
"""Smaller ones say nothing more."""
FACTOR_LEAST = 0.01
FACTOR_MOST = 1000
"""A month. Smaller and larger ones say nothing more; visits of one week may allow numbers of forty digits."""


def say_seen(seen: Seen | None) -> str:
    """Say a visit of a muscle: ``"4 in 60 s"``; a dash where nothing could be analysed."""
    return f"{seen.count} in {say_seconds(seen.exposure_s)}" if seen and seen.exposure_s else "–"


def say_rate(seen: Seen | None) -> str:
    """Say its rate: ``"4.0 (1.1–10.2)"``."""
    return say_interval(poisson_rate(seen.count, seen.exposure_s) if seen and seen.exposure_s else None)


def say_ratio(ratio: RateRatio | None) -> str:
    """Say a ratio: ``"2.5 (1.1–6.4)"``; ∞ where the earlier rate was 0."""
    if ratio is None:
        return "–"
    return f"{_or_endless(ratio.value)} ({say_number(ratio.low)}–{_or_endless(ratio.high)})"


def say_trend(trend: Trend) -> str:
    """Say a trend: ``"1.20 (1.05–1.38)"`` a month; ``">1000"`` or ``"<0.01"`` beyond, ∞ for what no number holds."""
    factor, low, high = (_say_factor(value) for value in (trend.ratio_per_month, trend.low, trend.high))
    return f"{factor} ({low}–{high})"


def say_p(p: float) -> str:
    """Say a p value."""
    return f"< {P_LEAST}" if p < P_LEAST else f"{p:.3f}"


def _or_endless(value: float | None) -> str:
    return "∞" if value is None else say_number(value)


def _say_factor(value: float | None) -> str:
    if value is None:
        return "∞"
    if value < FACTOR_LEAST:
        return f"<{FACTOR_LEAST}"
    return f">{FACTOR_MOST}" if value > FACTOR_MOST else f"{value:.2f}"

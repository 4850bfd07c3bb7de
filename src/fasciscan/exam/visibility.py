"""How small a twitch could be seen in several clips together, and whether two recordings were seen equally well."""

from __future__ import annotations

from collections.abc import Iterable

UNEQUAL = 1.5
"""Ratio of two limits of detection from which on counts do not compare: of twitches near the limit, the odds to be
found are then less than half (docs/finding.md)."""


def mean_limit(clips: Iterable[tuple[float | None, float]]) -> float | None:
    """Average limits of detection over the time watched.

    Parameters
    ----------
    clips
        Limit in mm and exposure in seconds of each clip.

    Returns
    -------
    float or None
        mm; None where nothing was watched, or a clip that was does not tell its limit.
    """
    watched = [(limit_mm, exposure_s) for limit_mm, exposure_s in clips if exposure_s > 0]
    known = [(limit_mm, exposure_s) for limit_mm, exposure_s in watched if limit_mm is not None]
    if not known or len(known) < len(watched):
        return None
    return sum(limit_mm * exposure_s for limit_mm, exposure_s in known) / sum(exposure_s for _, exposure_s in known)


def say_unequal(one_mm: float | None, other_mm: float | None) -> str:
    """Say that twitches were seen less well in one recording than in the other; empty if not, or if not known."""
    if one_mm is None or other_mm is None or max(one_mm, other_mm) < UNEQUAL * min(one_mm, other_mm):
        return ""
    return f"not seen equally well: limit of detection {one_mm:.2f} mm against {other_mm:.2f} mm"

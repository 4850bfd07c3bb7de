"""Can a twitch be told in this clip, and when not? Frozen, dark, slow and short clips are not quiet ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.copies import clip_end, frozen_stretches, mark_frozen, true_rate
from fasciscan.clip.loops import warn_of_loop

SLOWEST_RATE_HZ = 12.0
"""A limb fasciculation lasts 0.1 to 0.5 s (M-mode studies): at fewer frames a short one falls between two of them."""
GOOD_RATE_HZ = 20.0
"""From here on the shortest fasciculation covers two frames; recordings in practice have 30 to 80 (Kobe 2026)."""
SHORTEST_CLIP_S = 0.5
"""A shorter clip does not show rest before and after a twitch."""
GOOD_LENGTH_S = 10.0
"""10 s miss 30 % of the muscles that fasciculate (Duarte 2020, PMC7170585)."""
LONGEST_GAP_S = 0.5
"""A gap in the timestamps this long may have hidden the longest limb fasciculation."""
LEAST_EXPOSURE_S = 1e-6
"""What is less is left by rounding."""
USUAL_TWITCH_MM = 0.2
"""Mean peak displacement of fasciculations (MUMRI, PMC7900994): where more is needed to be found, most are missed."""
DARK_CONTRAST = 2.0
"""Standard deviation of the grey levels in tissue below which there is no speckle to follow. Real clips have 15 or
more."""
MANY_COPIES = 0.05
"""Share of copied frames from which on the user is told: single ones come from every screen capture."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A stretch, half-open, in which a twitch could not have been told."""

    start_s: float
    end_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Quality:
    """What a clip is good for."""

    true_rate_hz: float
    """Frames that bring a new image, per second of the time that is not frozen."""
    nominal_rate_hz: float
    """Frames per second by the timestamps."""
    copied_frames: int
    exposure_s: float
    """Time in which a twitch could have been told."""
    unusable: tuple[Unusable, ...]
    """In order, without overlap."""
    warnings: tuple[str, ...]


def judge_quality(
    times_s: NDArray[np.float64],
    copies: NDArray[np.bool_],
    contrast: NDArray[np.floating] | None = None,
    moving: Sequence[Unusable] = (),
    promised_s: NDArray[np.float64] | None = None,
) -> Quality:
    """Tell what of a clip can be analysed.

    Parameters
    ----------
    times_s
        (n,) time of each frame that was read.
    copies
        (n,) from :func:`~fasciscan.clip.mark_copies`.
    contrast
        (n,) standard deviation of the grey levels inside the tissue; nan where it was not measured.
    moving
        Stretches in which the motion itself hides a twitch, found by who measures it.
    promised_s
        (m,) time of each frame the file promises; by default it promises those that were read.

    References
    ----------
    Duarte ML et al. Ultrasonography in the diagnosis of fasciculations, 2020, PMC7170585.
    """
    if not len(times_s):
        return Quality(0.0, 0.0, 0, 0.0, (), ("no frame could be decoded",))
    start_s, end_s = float(times_s[0]), clip_end(times_s)
    missing = _missing_ends(start_s, end_s, times_s if promised_s is None else promised_s)
    rate = true_rate(times_s, copies)
    nominal = float((len(times_s) - 1) / (times_s[-1] - start_s)) if len(times_s) > 1 else 0.0
    whole = _unfit_as_a_whole(end_s - start_s, rate)
    if whole:
        unusable = _without_overlap([Unusable(start_s, end_s, whole), *missing])
    else:
        parts = [*_frozen(times_s, copies), *_gaps(times_s), *_dark(times_s, contrast), *moving, *missing]
        unusable = _without_overlap(parts)
    whole_s = end_s - start_s + sum(part.end_s - part.start_s for part in missing)
    left_s = whole_s - sum(part.end_s - part.start_s for part in unusable)
    exposure_s = left_s if left_s > LEAST_EXPOSURE_S else 0.0
    among_new = copies & ~mark_frozen(times_s, copies)
    told = _warn(whole_s, rate, nominal, among_new, unusable)
    if rate and contrast is not None:
        told += warn_of_loop(times_s, contrast)
    return Quality(rate, nominal, int(copies.sum()), exposure_s, unusable, told)


def warn_of_hidden(limit_mm: float | None, erased: bool) -> tuple[str, ...]:
    """Say that usual twitches are missed, where the limit of detection is above their size or compression erased some.

    Parameters
    ----------
    limit_mm
        None where it is not known.
    erased
        From :func:`~fasciscan.clip.is_erased`.
    """
    if erased:
        return (
            "nearly all of the picture stays just as it was from frame to frame, as strong compression leaves it: "
            "small twitches may be lost, and how small ones cannot be told",
        )
    if limit_mm is None or limit_mm <= USUAL_TWITCH_MM:
        return ()
    return (
        f"what moves or flickers hides small twitches: half of those of {limit_mm:.2f} mm are missed, and a usual one "
        f"has {USUAL_TWITCH_MM:.1f} mm (MUMRI, PMC7900994)",
    )


def _unfit_as_a_whole(duration_s: float, rate_hz: float) -> str:
    """Why nothing of the clip can be used; empty if something can."""
    if duration_s < SHORTEST_CLIP_S:
        return f"too short: {duration_s:.2f} s, at least {SHORTEST_CLIP_S:g} s is needed"
    if rate_hz == 0:
        return "frozen: one image throughout"
    if rate_hz < SLOWEST_RATE_HZ:
        return f"too slow: {rate_hz:.1f} new images/s, at least {SLOWEST_RATE_HZ:.0f} are needed"
    return ""


def _missing_ends(start_s: float, end_s: float, promised_s: NDArray[np.float64]) -> list[Unusable]:
    """Where the file promises frames before the first that was read, or after the last."""
    begins_s, ends_s = float(promised_s[0]), clip_end(promised_s)
    parts = [(begins_s, start_s), (end_s, ends_s)]
    # Less than a frame is no gap: how long the last one lasts is reckoned from those before.
    frame_s = (ends_s - begins_s) / len(promised_s)
    return [Unusable(begin, end, "no frames") for begin, end in parts if end - begin >= frame_s / 2]


def _frozen(times_s: NDArray[np.float64], copies: NDArray[np.bool_]) -> list[Unusable]:
    return [Unusable(start, end, "frozen") for start, end in frozen_stretches(times_s, copies)]


def _gaps(times_s: NDArray[np.float64]) -> list[Unusable]:
    before = np.flatnonzero(np.diff(times_s) >= LONGEST_GAP_S)
    return [Unusable(float(times_s[i]), float(times_s[i + 1]), "no frames") for i in before]


def _dark(times_s: NDArray[np.float64], contrast: NDArray[np.floating] | None) -> list[Unusable]:
    if contrast is None:
        return []
    dark = np.concatenate([[False], contrast < DARK_CONTRAST, [False]])
    edges = np.flatnonzero(dark[1:] != dark[:-1])
    bounds = np.append(times_s, clip_end(times_s))
    return [
        Unusable(float(bounds[first]), float(bounds[after]), "too dark")
        for first, after in zip(edges[::2], edges[1::2], strict=True)
    ]


def _without_overlap(parts: list[Unusable]) -> tuple[Unusable, ...]:
    """Sort the stretches; where two overlap the earlier one keeps the common time, and one goes on as the same one."""
    kept: list[Unusable] = []
    for part in sorted(parts, key=lambda part: part.start_s):
        start_s = max(part.start_s, kept[-1].end_s if kept else part.start_s)
        if part.end_s <= start_s:
            continue
        if kept and (kept[-1].end_s, kept[-1].why) == (start_s, part.why):
            start_s = kept.pop().start_s
        kept.append(Unusable(start_s, part.end_s, part.why))
    return tuple(kept)


def _warn(
    duration_s: float, rate: float, nominal: float, among_new: NDArray[np.bool_], unusable: tuple[Unusable, ...]
) -> tuple[str, ...]:
    """Say what to know of a clip; ``among_new`` are copies where it is not frozen, of which the rate tells."""
    told = []
    lost_s = sum(part.end_s - part.start_s for part in unusable)
    if lost_s >= duration_s - LEAST_EXPOSURE_S:
        reasons = dict.fromkeys(part.why for part in unusable)
        told.append(f"nothing of this clip can be analysed: {'; '.join(reasons)}")
    elif unusable:
        reasons = dict.fromkeys(part.why for part in unusable)
        told.append(f"{lost_s:.1f} of {duration_s:.1f} s cannot be analysed: {', '.join(reasons)}")
    if rate and among_new.mean() >= MANY_COPIES:
        told.append(
            f"{among_new.sum()} of {len(among_new)} frames are copies of the one before:"
            f" {rate:.1f} new images/s, not {nominal:.1f}"
        )
    if SLOWEST_RATE_HZ <= rate < GOOD_RATE_HZ:
        told.append(f"{rate:.1f} frames/s are too few to judge brief twitches well: use {GOOD_RATE_HZ:.0f} or more")
    if SHORTEST_CLIP_S <= duration_s < GOOD_LENGTH_S:
        told.append(
            f"the clip lasts {duration_s:.1f} s: even 10 s miss 30 % of fasciculating muscles (Duarte 2020), record 60"
        )
    return tuple(told)

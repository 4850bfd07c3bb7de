"""A small raster of each muscle for the exam's table: time across, depth down, a mark for each twitch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fasciscan.clip import printable
from fasciscan.exam.clip_counts import ClipCount
from fasciscan.exam.muscle_counts import MuscleCount

WIDTH, HEIGHT = 184.0, 34.0
GAP = 5.0
"""Between two clips of a muscle."""
MARK = 7.0
"""Height of a twitch's mark."""
NARROWEST = 6.0
"""Of a clip, so that a very short one can still be seen."""


@dataclass(frozen=True, slots=True)
class ClipStrip:
    """One clip of a strip."""

    x: float
    width: float
    name: str
    twitches: tuple[tuple[float, float], ...]
    """Place of each mark's top."""
    others: tuple[float, ...]
    """Where something was found and not counted."""
    excluded: tuple[tuple[float, float], ...]
    """Start and width of what could not be analysed."""


def draw_strips(muscles: Sequence[MuscleCount]) -> list[list[ClipStrip]]:
    """Lay out a strip for each muscle, all with one scale of time, so that a short recording looks short."""
    most = max((len(muscle.clips) for muscle in muscles), default=1)
    longest_s = max((muscle.recorded_s for muscle in muscles), default=0.0) or 1.0
    scale = (WIDTH - GAP * (most - 1)) / longest_s
    return [_draw_strip(muscle, scale) for muscle in muscles]


def _draw_strip(muscle: MuscleCount, scale: float) -> list[ClipStrip]:
    strips, x = [], 0.0
    for clip in muscle.clips:
        width = max(clip.duration_s * scale, NARROWEST)
        strips.append(_draw_clip(clip, x, width))
        x += width + GAP
    return strips


def _draw_clip(clip: ClipCount, x: float, width: float) -> ClipStrip:
    scale = width / clip.duration_s if clip.duration_s else 0.0
    return ClipStrip(
        x,
        width,
        printable(clip.entry.clip.name),
        tuple((x + scale * event.peak_s, (HEIGHT - MARK) * event.y_px / clip.height) for event in clip.events),
        tuple(x + scale * peak_s for peak_s in clip.other_s),
        tuple((x + scale * start_s, scale * (end_s - start_s)) for start_s, end_s in clip.excluded_s),
    )

"""What the clips of one muscle add up to: count, exposure, rate, sites, amplitude, duration and how good they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from fasciscan.clip import printable
from fasciscan.clip.quality import GOOD_RATE_HZ, USUAL_TWITCH_MM
from fasciscan.exam.clip_counts import ClipCount, Failed
from fasciscan.exam.counts import LONG_ENOUGH_S, Rate, is_short_look, poisson_rate
from fasciscan.exam.muscles import MuscleName, known_muscles, name_muscle
from fasciscan.exam.rates import Dispersion, bootstrap_rate, judge_dispersion
from fasciscan.exam.visibility import mean_limit

LEAST_TO_FASCICULATE = 2
"""Twitches from which on a muscle is said to fasciculate: what Matamala 2017 asked for. One may be chance, or a mistake
of the detection."""
MUCH_LEFT_OUT = 0.2
"""Share of a muscle's recording from which on the reader is told that it could not be analysed."""
MM2_PER_CM2 = 100.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles."""

    median: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class SiteCount:
    """Sites of a muscle: clips do not tell whether a site of one is a site of another."""

    least: int
    """Most in one clip."""
    most: int
    """Those of all clips together."""


@dataclass(frozen=True, slots=True)
class MuscleCount:
    """One muscle of one side."""

    name: MuscleName
    side: str | None
    clips: tuple[ClipCount, ...]
    """Empty where none could be analysed."""
    recorded_s: float
    exposure_s: float
    count: int
    rate_per_min: Rate | None
    """None when nothing could be analysed."""
    dispersion: Dispersion | None
    """None when too little was seen to tell."""
    bootstrap_per_min: Rate | None
    """Beside the exact interval where twitches cluster; None elsewhere."""
    rate_per_min_cm2: float | None
    """Per minute and cm² of tissue imaged; None where a clip that was analysed has no scale, or none was analysed."""
    sites: SiteCount
    amplitude_mm: Spread | None
    detection_limit_mm: float | None
    """Peak displacement of which half the twitches are found, the mean over the time watched; None where a clip that
    was analysed does not tell."""
    duration_s: Spread | None
    notes: tuple[str, ...]
    """What to know of its quality, in words; empty where it is good."""

    @property
    def label(self) -> str:
        """Name and side, as a reader says them: ``"biceps brachii, left"``."""
        return f"{self.name.name}, {self.side}" if self.side else self.name.name

    @property
    def is_short(self) -> bool:
        """Whether the muscle was watched too briefly to say that it is quiet."""
        return is_short_look(self.exposure_s)

    @property
    def fasciculates(self) -> bool | None:
        """Whether at least two twitches were seen; None where nothing could be analysed."""
        return self.count >= LEAST_TO_FASCICULATE if self.exposure_s > 0 else None


def count_muscles(clips: Sequence[ClipCount], failed: Sequence[Failed] = ()) -> tuple[MuscleCount, ...]:
    """Add up the clips muscle by muscle and side by side.

    Parameters
    ----------
    clips
        The clips that were analysed.
    failed
        Those that could not be: a muscle that has no others is listed all the same, with no rate.

    Returns
    -------
    tuple of MuscleCount
        From head to foot, left before right, unknown muscles last.
    """
    groups: dict[tuple[str, str | None], list[ClipCount]] = {}
    for clip in clips:
        groups.setdefault(_place(clip.entry.muscle, clip.entry.side), []).append(clip)
    lost = Counter(_place(clip.muscle, clip.side) for clip in failed)
    places = sorted({*groups, *lost}, key=_body_order)
    return tuple(count_muscle(*place, groups.get(place, ()), lost[place]) for place in places)


def count_muscle(muscle: str, side: str | None, clips: Sequence[ClipCount], lost: int = 0) -> MuscleCount:
    """Add up the clips of one muscle of one side; `lost` is how many others could not be analysed."""
    exposure_s = sum(clip.exposure_s for clip in clips)
    events = [event for clip in clips for event in clip.events]
    watched = [clip.watched for clip in clips]
    dispersion = judge_dispersion(watched)
    recorded_s = sum(clip.duration_s for clip in clips)
    limit_mm = mean_limit((clip.detection_limit_mm, clip.exposure_s) for clip in clips)
    name = name_muscle(muscle)
    return MuscleCount(
        name=name,
        side=side,
        clips=tuple(clips),
        recorded_s=recorded_s,
        exposure_s=exposure_s,
        count=len(events),
        rate_per_min=poisson_rate(len(events), exposure_s) if exposure_s > 0 else None,
        dispersion=dispersion,
        bootstrap_per_min=bootstrap_rate(watched) if dispersion and dispersion.is_clustered else None,
        rate_per_min_cm2=_rate_per_area(clips, len(events)),
        sites=SiteCount(max((clip.sites for clip in clips), default=0), sum(clip.sites for clip in clips)),
        amplitude_mm=_spread([event.peak_displacement_mm for event in events]),
        detection_limit_mm=limit_mm,
        duration_s=_spread([event.duration_s for event in events]),
        notes=_notes(side, clips, exposure_s, recorded_s, limit_mm) if clips else (_say_lost(lost),),
    )


def _place(muscle: str, side: str | None) -> tuple[str, str | None]:
    """Give the muscle's one name, and the side of one that has sides: both halves of the tongue are one muscle."""
    name = name_muscle(muscle)
    return name.name, side if name.known is None or name.known.paired else None


def _body_order(key: tuple[str, str | None]) -> tuple[int, str, str]:
    name, side = key
    known = list(known_muscles())
    return (known.index(name) if name in known else len(known), name, side or "")


def _rate_per_area(clips: Sequence[ClipCount], count: int) -> float | None:
    """Rate over the tissue that was watched, each clip's area weighing as long as it was analysed."""
    analysed = [clip for clip in clips if clip.exposure_s]
    areas = [clip.tissue_area_mm2 for clip in analysed if clip.tissue_area_mm2]
    if len(areas) < len(analysed):
        return None
    watched = sum(clip.exposure_s / 60 * area / MM2_PER_CM2 for clip, area in zip(analysed, areas, strict=True))
    return count / watched if watched else None


def _spread(values: Sequence[float | None]) -> Spread | None:
    """Median and quartiles, where every value is known."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    low, median, high = quantiles(known, n=4, method="inclusive") if len(known) > 1 else known * 3
    return Spread(median, low, high, len(known))


def _say_lost(lost: int) -> str:
    return "its clip could not be analysed" if lost == 1 else "none of its clips could be analysed"


def _notes(
    side: str | None, clips: Sequence[ClipCount], exposure_s: float, recorded_s: float, limit_mm: float | None
) -> tuple[str, ...]:
    notes = []
    if any(clip.entry.side != side for clip in clips):
        notes.append("sides taken together")
    if exposure_s == 0:
        notes.append("nothing could be analysed")
    elif is_short_look(exposure_s):
        notes.append(f"watched for less than {LONG_ENOUGH_S:.0f} s")
    if 0 < exposure_s < (1 - MUCH_LEFT_OUT) * recorded_s:
        notes.append(f"{100 * (1 - exposure_s / recorded_s):.0f} % of the recording left out")
    slowest = min(clip.frame_rate_hz for clip in clips)
    if exposure_s and slowest < GOOD_RATE_HZ:
        notes.append(f"only {slowest:.0f} pictures per second")
    if limit_mm is not None and limit_mm > USUAL_TWITCH_MM:
        notes.append(f"half of the twitches of {limit_mm:.2f} mm hidden")
    unscaled = [printable(clip.entry.clip.name) for clip in clips if clip.tissue_area_mm2 is None]
    if unscaled:
        notes.append("no scale" if len(unscaled) == len(clips) else f"no scale in {', '.join(unscaled)}")
    return tuple(notes)

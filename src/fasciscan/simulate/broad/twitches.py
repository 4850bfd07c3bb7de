"""Twitches of the broad presets: motor units and their trains, alone, in bursts, in pairs, together, and large ones.

Figures by the sources named at :class:`fasciscan.simulate.Twitch` and in docs/simulator.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from fasciscan.simulate.broad.room import Room
from fasciscan.simulate.chance import EDGE_S, MAJOR_MM, MINOR_MM, Range, any_angle, draw_apart, log_uniform, normal
from fasciscan.simulate.motions import Twitch

SITES = (1, 6)
SITE_DISTANCE_MM = 9.0
AMPLITUDE_MM: Range = (0.04, 0.6)
AMPLITUDE_JITTER = 0.15
PLACE_JITTER_MM, ANGLE_JITTER_DEG = 0.4, 4.0
"""How much the twitches of one unit differ, which does not move: the scatter of where and whither it pulls most."""
CONTRACTION_S, CONTRACTION_LIMITS_S = (0.075, 0.02), (0.04, 0.13)
RELAXATION_S: Range = (0.07, 0.38)
LONGEST_S = 0.5
MAJOR_LIMITS_MM: Range = (4.5, 18.0)
MINOR_LIMITS_MM: Range = (2.2, 7.5)
PASSIVE_SHARE: Range = (0.15, 0.5)
PASSIVE_SPREAD: Range = (1.6, 4.0)
SPLIT_SHARE = 0.15
"""Sites with two cores (PMC7208543 found some split territories)."""
SPLIT_DISTANCE: Range = (0.7, 1.4)
"""Distance of the cores, in lengths of the territory."""
SPLIT_ANGLE_DEG = 25.0
CLOSE_PAIR_SHARE, CLOSE_PAIR_GAP_S = 0.06, (0.2, 0.4)
COINCIDENT_SHARE, COINCIDENT_JITTER_S = 0.06, 0.02
BURST_CLIP_SHARE, BURST_SHARE = 0.2, 0.4
"""Clips with bursts, and the share of their twitches that begin one."""
BURST_GAP_S: Range = (0.25, 1.0)
BURST_TWITCHES = (3, 7)
LARGE_CLIP_SHARE, LARGE_SHARE = 0.15, 0.4
LARGE_MAJOR_MM: Range = (20.0, 34.0)
LARGE_MINOR_MM: Range = (9.0, 17.0)
LARGE_AMPLITUDE_MM: Range = (0.4, 1.2)


def draw_twitches(rng: np.random.Generator, room: Room, still_share: float, rate_per_min: Range) -> tuple[Twitch, ...]:
    """Draw the trains of all units: Poisson or in bursts, with close pairs, coincidences and a few large ones."""
    if rng.random() < still_share:
        return ()
    duration_s = room.shape.duration_s
    units = _draw_units(rng, room)
    shares = rng.dirichlet(np.full(len(units), 2.0))
    bursts = rng.random() < BURST_CLIP_SHARE
    large = rng.random() < LARGE_CLIP_SHARE
    expected = log_uniform(rng, rate_per_min) * duration_s / 60
    if bursts:
        expected /= 1 + BURST_SHARE * np.mean(BURST_TWITCHES)
    twitches: list[Twitch] = []
    count = max(1, int(rng.poisson(expected)))
    for onset in np.sort(rng.uniform(EDGE_S, duration_s - EDGE_S - LONGEST_S, count)):
        unit = units[int(rng.choice(len(units), p=shares))]
        first = unit.twitch(rng, float(onset))
        draw = rng.random()
        if large and rng.random() < LARGE_SHARE:
            twitches.append(_enlarged(rng, first))
        elif bursts and rng.random() < BURST_SHARE:
            twitches += _draw_burst(rng, unit, float(onset))
        elif draw < CLOSE_PAIR_SHARE:
            gap = float(rng.uniform(*CLOSE_PAIR_GAP_S))
            twitches += [_shortened(first, gap), unit.twitch(rng, float(onset) + gap)]
        elif draw < CLOSE_PAIR_SHARE + COINCIDENT_SHARE and len(units) > 1:
            other = units[unit.number % len(units)]
            twitches += [first, other.twitch(rng, float(onset + rng.normal(0, COINCIDENT_JITTER_S)))]
        else:
            twitches.append(first)
    return _without_overlaps(twitches, duration_s)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One motor unit: what its twitches have in common."""

    number: int
    x_mm: float
    y_mm: float
    angle_deg: float
    major_mm: float
    minor_mm: float
    amplitude_mm: float
    passive_share: float
    passive_spread: float
    second_core_mm: tuple[float, float] | None

    def twitch(self, rng: np.random.Generator, onset_s: float) -> Twitch:
        """Draw one of its twitches, a little different from the others."""
        contraction = normal(rng, *CONTRACTION_S, CONTRACTION_LIMITS_S)
        return Twitch(
            x_mm=self.x_mm + float(rng.normal(0, PLACE_JITTER_MM)),
            y_mm=self.y_mm + float(rng.normal(0, PLACE_JITTER_MM)),
            onset_s=onset_s,
            contraction_s=contraction,
            relaxation_s=min(float(rng.uniform(*RELAXATION_S)), LONGEST_S - contraction),
            amplitude_mm=float(np.clip(self.amplitude_mm * np.exp(rng.normal(0, AMPLITUDE_JITTER)), *AMPLITUDE_MM)),
            angle_deg=self.angle_deg + float(rng.normal(0, ANGLE_JITTER_DEG)),
            major_mm=self.major_mm,
            minor_mm=self.minor_mm,
            site=self.number,
            passive_share=self.passive_share,
            passive_spread=self.passive_spread,
            second_core_mm=self.second_core_mm,
        )


def _draw_units(rng: np.random.Generator, room: Room) -> list[_Unit]:
    wanted = int(rng.integers(SITES[0], SITES[1] + 1))
    places = draw_apart(partial(room.draw_place, rng), wanted, SITE_DISTANCE_MM)
    return [_draw_unit(rng, number, x, y, room.fibres_deg) for number, (x, y) in enumerate(places, 1)]


def _draw_unit(rng: np.random.Generator, number: int, x_mm: float, y_mm: float, fibres_deg: float) -> _Unit:
    # Seen across the fibres, a unit bulges in any direction; seen along them, it pulls along them.
    along = rng.random() < 0.75
    angle = fibres_deg + float(rng.normal(0, 15)) + 180.0 * float(rng.random() < 0.5) if along else any_angle(rng)
    major = normal(rng, *MAJOR_MM, MAJOR_LIMITS_MM)
    split = None
    if rng.random() < SPLIT_SHARE:
        turn = np.radians(angle + rng.normal(0, SPLIT_ANGLE_DEG))
        distance = major * rng.uniform(*SPLIT_DISTANCE) * rng.choice([-1, 1])
        split = float(distance * np.cos(turn)), float(distance * np.sin(turn))
    return _Unit(
        number=number,
        x_mm=x_mm,
        y_mm=y_mm,
        angle_deg=angle,
        major_mm=major,
        minor_mm=normal(rng, *MINOR_MM, MINOR_LIMITS_MM),
        amplitude_mm=log_uniform(rng, AMPLITUDE_MM),
        passive_share=float(rng.uniform(*PASSIVE_SHARE)),
        passive_spread=float(rng.uniform(*PASSIVE_SPREAD)),
        second_core_mm=split,
    )


def _enlarged(rng: np.random.Generator, twitch: Twitch) -> Twitch:
    """Make a twitch move most of the field, as both do in the one public recording."""
    return replace(
        twitch,
        major_mm=float(rng.uniform(*LARGE_MAJOR_MM)),
        minor_mm=float(rng.uniform(*LARGE_MINOR_MM)),
        amplitude_mm=float(rng.uniform(*LARGE_AMPLITUDE_MM)),
        second_core_mm=None,
    )


def _draw_burst(rng: np.random.Generator, unit: _Unit, onset_s: float) -> list[Twitch]:
    """Draw a short train of one unit: each of its twitches over before the next."""
    count = int(rng.integers(BURST_TWITCHES[0], BURST_TWITCHES[1] + 1))
    gaps = rng.uniform(*BURST_GAP_S, count)
    onsets = onset_s + np.concatenate([[0.0], np.cumsum(gaps[:-1])])
    return [_shortened(unit.twitch(rng, float(onset)), float(gap)) for onset, gap in zip(onsets, gaps, strict=True)]


def _shortened(twitch: Twitch, gap_s: float) -> Twitch:
    """Make a twitch brief enough to be over when the next of its unit begins."""
    contraction = min(twitch.contraction_s, 0.4 * gap_s)
    return replace(twitch, contraction_s=contraction, relaxation_s=min(twitch.relaxation_s, gap_s - contraction - 0.01))


def _without_overlaps(twitches: list[Twitch], duration_s: float) -> tuple[Twitch, ...]:
    """Leave out what begins while its site, or a large twitch, still moves, or ends after the clip."""
    kept: list[Twitch] = []
    free_at: dict[int, float] = {}
    all_free_at = EDGE_S
    for twitch in sorted(twitches, key=lambda twitch: twitch.onset_s):
        large = twitch.major_mm >= LARGE_MAJOR_MM[0]
        busy = max(free_at.values(), default=0.0) if large else free_at.get(twitch.site, 0.0)
        if twitch.onset_s < max(busy, all_free_at) or twitch.offset_s > duration_s - EDGE_S:
            continue
        kept.append(twitch)
        free_at[twitch.site] = twitch.offset_s
        if large:
            all_free_at = twitch.offset_s
    return tuple(kept)

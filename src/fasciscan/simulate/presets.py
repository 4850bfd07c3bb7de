"""Random scenes: draws tissue, twitches, look-alikes and machine from the ranges seen in real recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fasciscan.errors import FasciscanError
from fasciscan.simulate.broad import draw_broad
from fasciscan.simulate.mimics import LookAlike
from fasciscan.simulate.motions import (
    Breathing,
    Contraction,
    Drift,
    Layers,
    ProbeMotion,
    Pulsation,
    Tremor,
    Twitch,
)
from fasciscan.simulate.scene import CODECS, Machine, Phantom, Scene, Screen
from fasciscan.simulate.stills import draw_texture

# Twitches, by the sources named at Twitch; limb fasciculations last 0.1-0.5 s (M-mode, 17 patients).
CONTRACTION_S = (0.075, 0.013)
"""Mean and standard deviation (PMC7900994)."""
RELAXATION_S = (0.10, 0.35)
MAJOR_MM = (10.7, 3.3)
"""Mean and standard deviation (PMC7208543)."""
MINOR_MM = (4.5, 1.2)
AMPLITUDE_MM = (0.1, 0.5)
SITE_JITTER_MM = 0.4
"""One unit does not move: this is the scatter of where its motion is strongest."""
SITE_ANGLE_JITTER_DEG = 4.0
SITE_AMPLITUDE_JITTER = 0.12
SITE_DISTANCE_MM = 12.0
"""Sites nearer than a territory's length cannot be told apart when they twitch at once."""
CLOSE_PAIR_SHARE = 0.06
"""Twitches followed by another at the same site within ``CLOSE_PAIR_GAP_S``."""
CLOSE_PAIR_GAP_S = (0.2, 0.35)
SHORT_RELAXATION_S = 0.11
"""So that the first of a close pair is over before the second begins."""
COINCIDENT_SHARE = 0.06
"""Twitches that another site joins at the same moment."""
COINCIDENT_JITTER_S = 0.02
LARGE_SHARE = 0.1
"""Twitches in mixed scenes that move most of the field, as both do in the real clip."""
LARGE_MAJOR_MM = (22.0, 32.0)
LARGE_MINOR_MM = (11.0, 16.0)
LARGE_AMPLITUDE_MM = (0.4, 1.2)
FIRST_ONSET_S = 0.3
"""Nothing begins earlier or ends later than this from the ends of the clip: half an event has no truth."""

RATE_PER_MIN = 15.0
DURATION_S = (30.0, 40.0)
SHORTEST_S, SHORTEST_BROAD_S, LONGEST_S = 15.0, 5.0, 600.0
"""Lengths a clip can be asked for: room for each event that may be drawn, and an end."""
RATES_HZ = (5.0, 200.0)
"""Rates a scanner can be asked for."""
FRAME_RATES_HZ = (30.0, 40.0, 50.0, 60.0, 75.0, 80.0)
"""Rates in clinical use for this purpose (Kobe 2026)."""


@dataclass(frozen=True, slots=True)
class _Site:
    """One motor unit: what its twitches have in common."""

    number: int
    x_mm: float
    y_mm: float
    angle_deg: float
    major_mm: float
    minor_mm: float
    amplitude_mm: float


PRESETS = (
    "broad",
    "broad-heldout",
    "broad-texture",
    "texture-twitches",
    "texture-mixed",
    "scatterer-twitches",
    "scatterer-mixed",
)
"""Broad as real life, for training and testing: the same through a family of imaging kept for tests, and with warped
stills. And narrower ones: warped stills or imaged scatterers; twitches alone, or with look-alikes among them."""


def random_scene(
    seed: int,
    preset: str,
    stills: Sequence[Path | str] = (),
    duration_s: float | None = None,
    frame_rate_hz: float | None = None,
) -> Scene:
    """Draw a scene.

    Parameters
    ----------
    seed
        Decides everything; the same seed gives the same scene.
    preset
        One of :data:`PRESETS`.
    stills
        Pictures to take the texture from, for the texture presets.
    duration_s, frame_rate_hz
        Length and scanner's rate instead of those drawn; events are drawn for this length.

    Returns
    -------
    Scene
        Broad presets: see :mod:`fasciscan.simulate.broad`. The others: 30-40 s with some 15 twitches a minute of
        0.1-0.5 mm from two to four sites.

    Raises
    ------
    FasciscanError
        If the preset is unknown, a texture is wanted and no still given, or the length or rate is out of range.
    """
    if preset not in PRESETS:
        raise FasciscanError(f"There is no preset {preset!r}; choose one of {', '.join(PRESETS)}.")
    broad = preset.startswith("broad")
    shortest = SHORTEST_BROAD_S if broad else SHORTEST_S
    if duration_s is not None and not shortest <= duration_s <= LONGEST_S:
        raise FasciscanError(f"A clip of {preset!r} lasts {shortest:g} to {LONGEST_S:g} s, not {duration_s:g} s.")
    if frame_rate_hz is not None and not RATES_HZ[0] <= frame_rate_hz <= RATES_HZ[1]:
        raise FasciscanError(f"A scanner makes {RATES_HZ[0]:g} to {RATES_HZ[1]:g} pictures/s, not {frame_rate_hz:g}.")
    if broad:
        return draw_broad(seed, preset, stills, duration_s, frame_rate_hz)
    rng = np.random.default_rng(seed)
    mode, content = preset.split("-")
    mm_per_px = float(rng.uniform(0.07, 0.12))
    if mode == "texture":
        tissue, width, height = draw_texture(rng, stills, mm_per_px)
        fibres_deg = float(rng.uniform(-20, 0))
    else:
        width, height = 480, 400
        tissue = _draw_phantom(rng, height * mm_per_px)
        fibres_deg = tissue.pennation_deg
    drawn_s = float(rng.uniform(*DURATION_S))  # also where it is not wanted: what follows must not hang on it
    duration = duration_s or drawn_s
    sites = _draw_sites(rng, tissue.layers, width * mm_per_px, fibres_deg)
    mixed = content == "mixed"
    drawn_hz = float(rng.choice(FRAME_RATES_HZ))
    return Scene(
        seed=seed,
        preset=preset,
        duration_s=duration,
        frame_rate_hz=frame_rate_hz or drawn_hz,
        width_px=width,
        height_px=height,
        mm_per_px=mm_per_px,
        tissue=tissue,
        machine=_draw_machine(rng, mixed),
        twitches=_draw_twitches(rng, sites, duration, LARGE_SHARE if mixed else 0.0),
        look_alikes=_draw_look_alikes(rng, tissue.layers, width * mm_per_px, duration) if mixed else (),
    )


def _draw_phantom(rng: np.random.Generator, depth_mm: float) -> Phantom:
    skin = float(rng.uniform(1.2, 2.0))
    top = skin + float(rng.uniform(2.0, 7.0))
    bottom = float(rng.uniform(0.68, 0.85)) * depth_mm
    return Phantom(
        layers=Layers(skin, top, bottom, min(bottom + 6.0, depth_mm)),
        slope=float(rng.uniform(-0.08, 0.08)),
        pennation_deg=float(rng.choice([-1, 1]) * rng.uniform(2, 18)),
        muscle_db=float(rng.uniform(-44, -34)),
        fat_db=float(rng.uniform(-42, -34)),
        stria_db=float(rng.uniform(-30, -20)),
        striae_per_cm2=float(rng.uniform(12, 40)),
        fascia_db=float(rng.uniform(-12, -4)),
        attenuation_db_per_cm=float(rng.uniform(0, 4)),
        bone=bool(rng.random() < 0.3),
        frequency_mhz=float(rng.uniform(6, 12)),
        axial_mm=float(rng.uniform(0.2, 0.35)),
        lateral_mm=float(rng.uniform(0.4, 0.7)),
        focus_mm=float(rng.uniform(0.3, 0.6)) * depth_mm,
    )


def _draw_machine(rng: np.random.Generator, mixed: bool) -> Machine:
    """H.264 at crf 18-23; in mixed scenes now and then another codec, a screen, copies or lost frames."""
    codec = str(rng.choice(["h264", "mjpeg", "mpeg4"], p=[0.7, 0.15, 0.15])) if mixed else "h264"
    loses_frames = mixed and CODECS[codec] != ".avi" and rng.random() < 0.2
    return Machine(
        dynamic_range_db=float(rng.uniform(55, 66)),
        # Together these give 1-4 grey levels from frame to frame, as measured in five recordings of four scanners.
        noise_db=float(rng.uniform(-70, -57)),
        noise_rise_db_per_cm=float(rng.uniform(0.5, 3.0)),
        persistence=float(rng.uniform(0, 0.5)),
        codec=codec,
        quality=int(rng.integers(18, 24)) if codec == "h264" else int(rng.integers(2, 5)),
        key_frame_interval=int(rng.choice([12, 50, 250])),
        recorded_rate_hz=90.0 if mixed and rng.random() < 0.15 else None,
        dropped_share=float(rng.uniform(0.005, 0.03)) if loses_frames else 0.0,
        screen=Screen(60, 40, 60, 20) if mixed and rng.random() < 0.4 else None,
    )


def _draw_sites(rng: np.random.Generator, layers: Layers, width_mm: float, fibres_deg: float) -> list[_Site]:
    """Two to four motor units within the muscle, at least ``SITE_DISTANCE_MM`` apart."""
    places: list[tuple[float, float]] = []
    wanted = int(rng.integers(2, 5))
    for _ in range(200):  # enough tries to fill any picture; fewer sites fit into a small one
        x = float(rng.uniform(5.0, width_mm - 5.0))
        y = float(rng.uniform(layers.muscle_top_mm + 2.5, layers.muscle_bottom_mm - 2.5))
        if all(np.hypot(x - a, y - b) >= SITE_DISTANCE_MM for a, b in places):
            places.append((x, y))
        if len(places) == wanted:
            break
    return [
        _Site(
            number=i + 1,
            x_mm=x,
            y_mm=y,
            angle_deg=fibres_deg + float(rng.normal(0, 6)) + (180.0 if rng.random() < 0.5 else 0.0),
            major_mm=_normal(rng, *MAJOR_MM, low=5.0, high=18.0),
            minor_mm=_normal(rng, *MINOR_MM, low=2.5, high=7.5),
            amplitude_mm=float(rng.uniform(*AMPLITUDE_MM)),
        )
        for i, (x, y) in enumerate(places)
    ]


def _draw_twitches(
    rng: np.random.Generator, sites: list[_Site], duration_s: float, large_share: float
) -> tuple[Twitch, ...]:
    """Draw Poisson trains from the sites, some in close pairs, some at two sites at once; none twice at a time."""
    twitches: list[Twitch] = []
    trains_per_min = RATE_PER_MIN / (1 + CLOSE_PAIR_SHARE + COINCIDENT_SHARE)
    count = int(rng.poisson(trains_per_min * duration_s / 60))
    for onset in np.sort(rng.uniform(FIRST_ONSET_S, duration_s - 1.0, count)):
        site = sites[int(rng.integers(len(sites)))]
        first = _draw_twitch(rng, site, float(onset), large=rng.random() < large_share)
        twitches.append(first)
        draw = rng.random()
        if draw < CLOSE_PAIR_SHARE:
            gap = float(rng.uniform(*CLOSE_PAIR_GAP_S))
            twitches[-1] = _shortened(first, gap)
            twitches.append(_draw_twitch(rng, site, float(onset) + gap, large=False))
        elif draw < CLOSE_PAIR_SHARE + COINCIDENT_SHARE and len(sites) > 1:
            other = sites[site.number % len(sites)]
            moment = float(onset + rng.normal(0, COINCIDENT_JITTER_S))
            twitches.append(_draw_twitch(rng, other, moment, large=False))
    return _without_overlaps(twitches, duration_s)


def _draw_twitch(rng: np.random.Generator, site: _Site, onset_s: float, *, large: bool) -> Twitch:
    amplitude = site.amplitude_mm * float(np.exp(rng.normal(0, SITE_AMPLITUDE_JITTER)))
    return Twitch(
        x_mm=site.x_mm + float(rng.normal(0, SITE_JITTER_MM)),
        y_mm=site.y_mm + float(rng.normal(0, SITE_JITTER_MM)),
        onset_s=onset_s,
        contraction_s=_normal(rng, *CONTRACTION_S, low=0.045, high=0.12),
        relaxation_s=float(rng.uniform(*RELAXATION_S)),
        amplitude_mm=float(rng.uniform(*LARGE_AMPLITUDE_MM)) if large else float(np.clip(amplitude, *AMPLITUDE_MM)),
        angle_deg=site.angle_deg + float(rng.normal(0, SITE_ANGLE_JITTER_DEG)),
        major_mm=float(rng.uniform(*LARGE_MAJOR_MM)) if large else site.major_mm,
        minor_mm=float(rng.uniform(*LARGE_MINOR_MM)) if large else site.minor_mm,
        site=site.number,
    )


def _shortened(twitch: Twitch, gap_s: float) -> Twitch:
    """Make the first of a close pair brief enough to be over when the second begins."""
    relaxation = min(twitch.relaxation_s, SHORT_RELAXATION_S)
    return replace(twitch, relaxation_s=relaxation, contraction_s=min(twitch.contraction_s, gap_s - relaxation))


def _without_overlaps(twitches: list[Twitch], duration_s: float) -> tuple[Twitch, ...]:
    """Leave out what begins while its site still moves, or ends after the clip."""
    kept: list[Twitch] = []
    free_at: dict[int, float] = {}
    for twitch in sorted(twitches, key=lambda twitch: twitch.onset_s):
        if twitch.onset_s >= free_at.get(twitch.site, FIRST_ONSET_S) and twitch.offset_s < duration_s - FIRST_ONSET_S:
            kept.append(twitch)
            free_at[twitch.site] = twitch.offset_s
    return tuple(kept)


def _draw_look_alikes(
    rng: np.random.Generator, layers: Layers, width_mm: float, duration_s: float
) -> tuple[LookAlike, ...]:
    """Draw breathing and drift throughout, a pulsation in every other scene, and tremor, slips and a contraction."""
    middle = (layers.muscle_top_mm + layers.muscle_bottom_mm) / 2
    depth = layers.muscle_bottom_mm - layers.muscle_top_mm
    moments = duration_s * np.array([0.15, 0.4, 0.6, 0.85]) + rng.uniform(-2, 2, 4)
    rng.shuffle(moments)
    motions: list[LookAlike] = [
        Breathing(float(rng.uniform(0.2, 0.4)), float(rng.random()), float(rng.uniform(0.1, 0.6)), _any_angle(rng)),
        Drift(float(rng.normal(0, 0.01)), float(rng.normal(0, 0.005))),
    ]
    if rng.random() < 0.5:
        place = float(rng.uniform(5, width_mm - 5)), middle + float(rng.uniform(-0.3, 0.3)) * depth
        motions.append(
            Pulsation(
                *place,
                radius_mm=float(rng.uniform(1.2, 2.5)),
                rate_hz=float(rng.uniform(0.8, 2.0)),
                phase=float(rng.random()),
                amplitude_mm=float(rng.uniform(0.08, 0.25)),
            )
        )
    motions.append(
        Tremor(
            onset_s=float(moments[0]),
            offset_s=float(moments[0] + rng.uniform(1.5, 4.0)),
            rate_hz=float(rng.uniform(4, 12)),
            amplitude_mm=float(rng.uniform(0.05, 0.3)),
            angle_deg=_any_angle(rng),
            x_mm=width_mm / 2,
            y_mm=middle,
            major_mm=float(rng.uniform(25, 60)),
            minor_mm=float(rng.uniform(25, 60)),
        )
    )
    motions += [_draw_probe_motion(rng, float(moment)) for moment in moments[1:3]]
    motions.append(
        Contraction(
            x_mm=float(rng.uniform(0.3, 0.7)) * width_mm,
            y_mm=middle,
            onset_s=float(moments[3]),
            rise_s=float(rng.uniform(0.2, 0.5)),
            hold_s=float(rng.uniform(0.5, 2.5)),
            release_s=float(rng.uniform(0.3, 0.7)),
            amplitude_mm=float(rng.uniform(0.6, 2.0)),
            angle_deg=_any_angle(rng),
            major_mm=float(rng.uniform(30, 60)),
            minor_mm=float(rng.uniform(18, 35)),
        )
    )
    return tuple(motions)


def _draw_probe_motion(rng: np.random.Generator, onset_s: float) -> ProbeMotion:
    taps = bool(rng.random() < 0.5)
    return ProbeMotion(
        onset_s=onset_s,
        travel_s=float(rng.uniform(0.05, 0.12) if taps else rng.uniform(0.06, 0.4)),
        x_shift_mm=float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.8)),
        y_shift_mm=float(rng.normal(0, 0.15)),
        returns=taps,
    )


def _any_angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(-180, 180))


def _normal(rng: np.random.Generator, mean: float, sd: float, *, low: float, high: float) -> float:
    """Draw from a normal distribution cut off where anatomy ends."""
    return float(np.clip(rng.normal(mean, sd), low, high))

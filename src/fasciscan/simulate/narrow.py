"""The narrow presets: one size of picture, few machines; twitches alone or mixed with look-alikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fasciscan.simulate.chance import EDGE_S, MAJOR_MM, MINOR_MM, any_angle, draw_apart, normal
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.mimics import LookAlike
from fasciscan.simulate.motions import Breathing, Contraction, Pulsation, Tremor, Twitch
from fasciscan.simulate.probe import Drift, ProbeMotion
from fasciscan.simulate.scene import CODECS, Machine, Phantom, Scene, Screen
from fasciscan.simulate.stills import draw_still

DURATION_S = (30.0, 40.0)
FRAME_RATES_HZ = (30.0, 40.0, 50.0, 60.0, 75.0, 80.0)
"""Rates in clinical use for this purpose (Kobe 2026)."""
MM_PER_PX = (0.07, 0.12)
PHANTOM_PX = (480, 400)
"""Width and height of what is imaged; a still brings its own size."""

# Twitches, by the sources named at Twitch; limb fasciculations last 0.1-0.5 s (M-mode, 17 patients).
RATE_PER_MIN = 15.0
CONTRACTION_S, CONTRACTION_LIMITS_S = (0.075, 0.013), (0.045, 0.12)
"""Mean and standard deviation (PMC7900994); cut off where anatomy ends."""
RELAXATION_S = (0.10, 0.35)
MAJOR_LIMITS_MM, MINOR_LIMITS_MM = (5.0, 18.0), (2.5, 7.5)
AMPLITUDE_MM = (0.1, 0.5)
SITES = (2, 4)
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


def draw_narrow(
    seed: int,
    preset: str,
    stills: Sequence[Path | str] = (),
    duration_s: float | None = None,
    frame_rate_hz: float | None = None,
) -> Scene:
    """Draw a scene of a narrow preset.

    Parameters
    ----------
    seed
        Decides everything.
    preset
        ``"texture-"`` or ``"scatterer-"``, with ``"twitches"`` or ``"mixed"``.
    stills
        Pictures of muscle, for the texture ones.
    duration_s, frame_rate_hz
        Instead of those drawn.

    Returns
    -------
    Scene
        30-40 s with some 15 twitches a minute of 0.1-0.5 mm from two to four sites.

    Raises
    ------
    FasciscanError
        If stills are wanted and missing or unfit.
    """
    rng = np.random.default_rng(seed)
    mode, content = preset.split("-")
    mm_per_px = float(rng.uniform(*MM_PER_PX))
    if mode == "texture":
        still = draw_still(rng, stills, mm_per_px)
        tissue, width, height, fibres_deg = still.texture, still.width_px, still.height_px, still.fibres_deg
    else:
        width, height = PHANTOM_PX
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

    def draw_place() -> tuple[float, float]:
        x = float(rng.uniform(5.0, width_mm - 5.0))
        return x, float(rng.uniform(layers.muscle_top_mm + 2.5, layers.muscle_bottom_mm - 2.5))

    wanted = int(rng.integers(SITES[0], SITES[1] + 1))
    return [
        _Site(
            number=number,
            x_mm=x,
            y_mm=y,
            angle_deg=fibres_deg + float(rng.normal(0, 6)) + (180.0 if rng.random() < 0.5 else 0.0),
            major_mm=normal(rng, *MAJOR_MM, MAJOR_LIMITS_MM),
            minor_mm=normal(rng, *MINOR_MM, MINOR_LIMITS_MM),
            amplitude_mm=float(rng.uniform(*AMPLITUDE_MM)),
        )
        for number, (x, y) in enumerate(draw_apart(draw_place, wanted, SITE_DISTANCE_MM), 1)
    ]


def _draw_twitches(
    rng: np.random.Generator, sites: list[_Site], duration_s: float, large_share: float
) -> tuple[Twitch, ...]:
    """Draw Poisson trains from the sites, some in close pairs, some at two sites at once; none twice at a time."""
    twitches: list[Twitch] = []
    trains_per_min = RATE_PER_MIN / (1 + CLOSE_PAIR_SHARE + COINCIDENT_SHARE)
    count = int(rng.poisson(trains_per_min * duration_s / 60))
    for onset in np.sort(rng.uniform(EDGE_S, duration_s - 1.0, count)):
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
        contraction_s=normal(rng, *CONTRACTION_S, CONTRACTION_LIMITS_S),
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
        if twitch.onset_s >= free_at.get(twitch.site, EDGE_S) and twitch.offset_s < duration_s - EDGE_S:
            kept.append(twitch)
            free_at[twitch.site] = twitch.offset_s
    return tuple(kept)


def _draw_look_alikes(
    rng: np.random.Generator, layers: Layers, width_mm: float, duration_s: float
) -> tuple[LookAlike, ...]:
    """Draw breathing and drift throughout, a pulsation in every other scene, and tremor, slips and a contraction."""
    middle = (layers.muscle_top_mm + layers.muscle_bottom_mm) / 2
    moments = duration_s * np.array([0.15, 0.4, 0.6, 0.85]) + rng.uniform(-2, 2, 4)
    rng.shuffle(moments)
    first, second, third, last = moments.tolist()
    return (
        Breathing(float(rng.uniform(0.2, 0.4)), float(rng.random()), float(rng.uniform(0.1, 0.6)), any_angle(rng)),
        Drift(float(rng.normal(0, 0.01)), float(rng.normal(0, 0.005))),
        *([_draw_pulsation(rng, layers, width_mm)] if rng.random() < 0.5 else []),
        _draw_tremor(rng, first, width_mm / 2, middle),
        _draw_probe_motion(rng, second),
        _draw_probe_motion(rng, third),
        _draw_contraction(rng, last, width_mm, middle),
    )


def _draw_pulsation(rng: np.random.Generator, layers: Layers, width_mm: float) -> Pulsation:
    middle = (layers.muscle_top_mm + layers.muscle_bottom_mm) / 2
    depth = layers.muscle_bottom_mm - layers.muscle_top_mm
    return Pulsation(
        x_mm=float(rng.uniform(5, width_mm - 5)),
        y_mm=middle + float(rng.uniform(-0.3, 0.3)) * depth,
        radius_mm=float(rng.uniform(1.2, 2.5)),
        rate_hz=float(rng.uniform(0.8, 2.0)),
        phase=float(rng.random()),
        amplitude_mm=float(rng.uniform(0.08, 0.25)),
    )


def _draw_tremor(rng: np.random.Generator, onset_s: float, x_mm: float, y_mm: float) -> Tremor:
    return Tremor(
        onset_s=onset_s,
        offset_s=float(onset_s + rng.uniform(1.5, 4.0)),
        rate_hz=float(rng.uniform(4, 12)),
        amplitude_mm=float(rng.uniform(0.05, 0.3)),
        angle_deg=any_angle(rng),
        x_mm=x_mm,
        y_mm=y_mm,
        major_mm=float(rng.uniform(25, 60)),
        minor_mm=float(rng.uniform(25, 60)),
    )


def _draw_probe_motion(rng: np.random.Generator, onset_s: float) -> ProbeMotion:
    taps = bool(rng.random() < 0.5)
    return ProbeMotion(
        onset_s=onset_s,
        travel_s=float(rng.uniform(0.05, 0.12) if taps else rng.uniform(0.06, 0.4)),
        x_shift_mm=float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.8)),
        y_shift_mm=float(rng.normal(0, 0.15)),
        returns=taps,
    )


def _draw_contraction(rng: np.random.Generator, onset_s: float, width_mm: float, y_mm: float) -> Contraction:
    return Contraction(
        x_mm=float(rng.uniform(0.3, 0.7)) * width_mm,
        y_mm=y_mm,
        onset_s=onset_s,
        rise_s=float(rng.uniform(0.2, 0.5)),
        hold_s=float(rng.uniform(0.5, 2.5)),
        release_s=float(rng.uniform(0.3, 0.7)),
        amplitude_mm=float(rng.uniform(0.6, 2.0)),
        angle_deg=any_angle(rng),
        major_mm=float(rng.uniform(30, 60)),
        minor_mm=float(rng.uniform(18, 35)),
    )

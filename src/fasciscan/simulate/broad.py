"""The broad preset: scenes as different from each other as real recordings are, for training and testing a network.

Each group of parameters is drawn from its own stream of randomness, so that the events of a seed do not hang on how
many numbers its tissue took.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

import numpy as np

from fasciscan.simulate.mimics import Cramp, Fibrillation, Flicker, LookAlike, Myokymia, ProbePress, Shadow, Wave
from fasciscan.simulate.motions import (
    Breathing,
    Contraction,
    Drift,
    Layers,
    ProbeMotion,
    Pulsation,
    Sector,
    Tremor,
    Twitch,
)
from fasciscan.simulate.scene import CODECS, Imaging, Machine, Phantom, Scene, Screen
from fasciscan.simulate.stills import draw_texture

Range = tuple[float, float]


class _Part(IntEnum):
    """Streams of randomness of one seed; far from those of :class:`fasciscan.simulate.scene.Stream`."""

    SHAPE = 101
    TISSUE = 102
    MACHINE = 103
    TWITCHES = 104
    LOOK_ALIKES = 105
    IMAGING = 106


# Shape of the recording.
DURATION_S: Range = (12.0, 16.0)
FRAME_RATE_HZ = ((0.12, 15.0, 25.0), (0.73, 25.0, 80.0), (0.15, 80.0, 100.0))
"""Shares, lowest and highest rates: most recordings have 25 to 80 frames a second."""
MM_PER_PX: Range = (0.04, 0.15)
IMAGE_WIDTH_MM: Range = (25.0, 55.0)
IMAGE_DEPTH_MM: Range = (20.0, 60.0)
IMAGE_PX: Range = (200.0, 640.0)
CURVED_SHARE = 0.12
CURVED_RADIUS_MM: Range = (15.0, 60.0)
"""From microconvex to abdominal probes."""
CURVED_HALF_ANGLE_DEG: Range = (12.0, 34.0)
CURVED_DEPTH_MM: Range = (30.0, 60.0)
CURVED_WIDTH_MM = 75.0
"""Fans are cut to this width, so that pixels stay within their range."""

TEXTURE_MM_PER_PX: Range = (0.06, 0.13)
TEXTURE_MUSCLE_DB = -36.0
"""Level taken for the muscle of stills, whose own is not known: the middle of the phantoms'."""

# Twitches, by the sources named at Twitch and in docs/simulator.md.
STILL_SHARE = 0.2
"""Clips without any twitch."""
RATE_PER_MIN: Range = (3.0, 60.0)
SITES = (1, 6)
SITE_DISTANCE_MM = 9.0
AMPLITUDE_MM: Range = (0.04, 0.6)
AMPLITUDE_JITTER = 0.15
CONTRACTION_S = (0.075, 0.02)
RELAXATION_S: Range = (0.07, 0.38)
LONGEST_S = 0.5
MAJOR_MM, MINOR_MM = (10.7, 3.3), (4.5, 1.2)
MAJOR_LIMITS_MM, MINOR_LIMITS_MM = (4.5, 18.0), (2.2, 7.5)
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
EDGE_S = 0.3
"""Nothing brief begins earlier or ends later than this from the ends of the clip: half an event has no truth."""
SIDE_MM = 4.0
"""Epicentres keep this far from the sides of the picture."""

# The machine.
CRF = (16, 20, 30)
"""Lowest, commonest and highest H.264 crf."""
COPIED_SHARE, DROPPED_CLIP_SHARE, SCREEN_SHARE = 0.15, 0.15, 0.35
RECORDER_RATES_HZ = (25.0, 30.0, 50.0, 60.0, 90.0)
EFFORTS, EFFORT_SHARES = ("ultrafast", "superfast", "veryfast"), (0.4, 0.4, 0.2)

LOOK_ALIKE_CLIP_SHARE = 0.6
DRIFT_SHARE = 0.3
"""Clips, with look-alikes or without, in which a hand holds the probe less than still."""


def draw_broad(
    seed: int,
    preset: str,
    stills: Sequence[Path | str] = (),
    duration_s: float | None = None,
    frame_rate_hz: float | None = None,
) -> Scene:
    """Draw a scene of a broad preset.

    Parameters
    ----------
    seed
        Decides everything. The broad and the held-out preset share shape, tissue, events and machine.
    preset
        ``"broad"``, ``"broad-heldout"`` or ``"broad-texture"``.
    stills
        Pictures of muscle, for the last.
    duration_s, frame_rate_hz
        Instead of those drawn.

    Returns
    -------
    Scene
        12-16 s, with twitches in four clips of five and look-alikes in three of five.

    Raises
    ------
    FasciscanError
        If stills are wanted and missing or unfit.
    """
    shape = _draw_shape(_generator(seed, _Part.SHAPE))
    shape = replace(
        shape, duration_s=duration_s or shape.duration_s, frame_rate_hz=frame_rate_hz or shape.frame_rate_hz
    )
    rng = _generator(seed, _Part.TISSUE)
    if preset == "broad-texture":
        scale = _log_uniform(rng, TEXTURE_MM_PER_PX)
        tissue, width, height = draw_texture(rng, stills, scale)
        shape = replace(shape, mm_per_px=scale, width_px=width, height_px=height, sector=None)
        fibres_deg, muscle_db = float(rng.uniform(-20, 0)), TEXTURE_MUSCLE_DB
    else:
        tissue = _draw_phantom(rng, shape)
        fibres_deg, muscle_db = tissue.pennation_deg, tissue.muscle_db
        if preset == "broad-heldout":
            tissue = replace(tissue, imaging=_draw_imaging(_generator(seed, _Part.IMAGING)))
    place = _Place(tissue.layers, *shape.beam_size_mm, fibres_deg)
    return Scene(
        seed=seed,
        preset=preset,
        duration_s=shape.duration_s,
        frame_rate_hz=shape.frame_rate_hz,
        width_px=shape.width_px,
        height_px=shape.height_px,
        mm_per_px=shape.mm_per_px,
        tissue=tissue,
        machine=_draw_machine(_generator(seed, _Part.MACHINE), muscle_db, shape),
        twitches=_draw_twitches(_generator(seed, _Part.TWITCHES), place, shape.duration_s),
        look_alikes=_draw_look_alikes(_generator(seed, _Part.LOOK_ALIKES), place, shape),
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """Length, rate and size of a recording."""

    duration_s: float
    frame_rate_hz: float
    mm_per_px: float
    width_px: int
    height_px: int
    sector: Sector | None

    @property
    def beam_size_mm(self) -> tuple[float, float]:
        if self.sector is not None:
            return self.sector.span_mm, self.sector.depth_mm
        return self.width_px * self.mm_per_px, self.height_px * self.mm_per_px


@dataclass(frozen=True, slots=True)
class _Place:
    """Where events can lie: the layers, and the width and depth the beams sweep."""

    layers: Layers
    width_mm: float
    depth_mm: float
    fibres_deg: float

    @property
    def middle_mm(self) -> float:
        """Depth of the middle of the muscle."""
        return (self.layers.muscle_top_mm + self.layers.muscle_bottom_mm) / 2

    @property
    def thickness_mm(self) -> float:
        return self.layers.muscle_bottom_mm - self.layers.muscle_top_mm

    def in_image(self, s_mm: float, d_mm: float) -> tuple[float, float]:
        """Return image coordinates of a place given along and below the probe's face."""
        sector = self.layers.sector
        if sector is None:
            return s_mm, d_mm
        x, y = sector.to_image(np.asarray(s_mm), np.asarray(d_mm))
        return float(x), float(y)

    def in_muscle(self, rng: np.random.Generator) -> tuple[float, float]:
        """Draw a place in the muscle, in beam coordinates."""
        side = min(SIDE_MM, 0.2 * self.width_mm)
        edge = min(2.0, 0.25 * self.thickness_mm)
        s = float(rng.uniform(side, self.width_mm - side))
        return s, float(rng.uniform(self.layers.muscle_top_mm + edge, self.layers.muscle_bottom_mm - edge))


def _generator(seed: int, part: _Part) -> np.random.Generator:
    return np.random.default_rng([seed, part])


def _draw_shape(rng: np.random.Generator) -> _Shape:
    duration = float(rng.uniform(*DURATION_S))
    shares = [share for share, *_ in FRAME_RATE_HZ]
    _, low, high = FRAME_RATE_HZ[int(rng.choice(len(shares), p=shares))]
    rate = float(round(rng.uniform(low, high)))
    if rng.random() < CURVED_SHARE:
        sector = _draw_sector(rng)
        width, height = sector.size_mm
        scale = float(np.clip(max(width, height) / rng.uniform(360, 560), 0.08, MM_PER_PX[1]))
        return _Shape(duration, rate, scale, _even(width / scale), _even(height / scale), sector)
    scale = _log_uniform(rng, MM_PER_PX)
    width_px, height_px = (_draw_size(rng, scale, limits) for limits in (IMAGE_WIDTH_MM, IMAGE_DEPTH_MM))
    return _Shape(duration, rate, scale, width_px, height_px, None)


def _draw_sector(rng: np.random.Generator) -> Sector:
    radius, depth = _log_uniform(rng, CURVED_RADIUS_MM), float(rng.uniform(*CURVED_DEPTH_MM))
    widest = np.degrees(np.arcsin(min(1.0, CURVED_WIDTH_MM / 2 / (radius + depth))))
    return Sector(radius, float(min(rng.uniform(*CURVED_HALF_ANGLE_DEG), widest)), depth)


def _draw_size(rng: np.random.Generator, mm_per_px: float, limits_mm: Range) -> int:
    """Draw a length in pixels that keeps both its limits, in millimetres and in pixels."""
    low, high = max(IMAGE_PX[0], limits_mm[0] / mm_per_px), min(IMAGE_PX[1], limits_mm[1] / mm_per_px)
    return _even(_log_uniform(rng, (low, max(low, high))))


def _even(size: float) -> int:
    return 2 * round(size / 2)


def _draw_phantom(rng: np.random.Generator, shape: _Shape) -> Phantom:
    """Draw tissue; levels hang on each other as a sonographer sets gain to see muscle as middle grey."""
    _, depth = shape.beam_size_mm
    skin = float(rng.uniform(0.8, 2.2))
    top = skin + _log_uniform(rng, (1.0, 0.3 * depth))
    bottom = float(rng.uniform(max(0.55 * depth, top + 8.0), 0.97 * depth))
    axial = float(np.clip(depth * rng.uniform(0.006, 0.013), 0.15, 0.5))
    muscle_db = float(rng.uniform(-44, -30))
    plain = rng.random() < 0.2  # near-uniform muscle, hardly a septum
    bright = rng.random() < 0.15  # fatty, fibrous muscle: brighter than fat, septa drowned
    return Phantom(
        layers=Layers(skin, top, bottom, min(bottom + float(rng.uniform(2, 8)), depth + 1.0), shape.sector),
        slope=float(rng.uniform(-0.1, 0.1)),
        pennation_deg=float(rng.choice([-1, 1]) * rng.uniform(0, 22)),
        muscle_db=muscle_db + (8.0 if bright else 0.0),
        fat_db=muscle_db + float(rng.uniform(-6, 8)),
        stria_db=muscle_db + float(rng.uniform(0, 6) if plain else rng.uniform(5, 17)),
        striae_per_cm2=float(rng.uniform(0, 8) if plain else rng.uniform(8, 45)),
        fascia_db=float(rng.uniform(-16, -3)),
        attenuation_db_per_cm=float(rng.uniform(0, 5)),
        bone=bool(rng.random() < 0.25),
        frequency_mhz=float(np.clip(1.54 * rng.uniform(0.9, 1.6) / axial, 3.0, 15.0)),
        axial_mm=axial,
        lateral_mm=axial * float(rng.uniform(1.4, 2.6)),
        focus_mm=float(rng.uniform(0.3, 0.7)) * depth,
    )


def _draw_imaging(rng: np.random.Generator) -> Imaging:
    """Draw how a modern scanner of another make images: compounding, speckle reduction, sharpened edges."""
    steer = float(rng.uniform(6, 14))
    return Imaging(
        angles_deg=(-steer, 0.0, steer),
        side_lobe=float(rng.uniform(0.05, 0.2)),
        tail=float(rng.uniform(0.3, 0.9)),
        clump_mm=float(rng.uniform(0.3, 0.9)),
        clump_shape=float(rng.uniform(0.4, 1.5)),
        median=bool(rng.random() < 0.6),
        sharpening=float(rng.uniform(0.2, 1.2)) if rng.random() < 0.7 else 0.0,
    )


def _draw_machine(rng: np.random.Generator, muscle_db: float, shape: _Shape) -> Machine:
    codec = str(rng.choice(["h264", "mjpeg", "mpeg4"], p=[0.64, 0.18, 0.18]))
    quality = round(rng.triangular(*CRF)) if codec == "h264" else int(rng.integers(2, 8))
    rise = float(rng.uniform(0.3, 4.0))
    half_depth_cm = shape.beam_size_mm[1] / 20
    copies = rng.random() < COPIED_SHARE
    recorder = float(rng.choice([rate for rate in RECORDER_RATES_HZ if rate != shape.frame_rate_hz]))
    loses = CODECS[codec] != ".avi" and rng.random() < DROPPED_CLIP_SHARE
    return Machine(
        # The muscle comes out at a quarter to two thirds of the grey scale.
        dynamic_range_db=float(np.clip(-muscle_db / rng.uniform(0.42, 0.75), 45, 75)),
        # At half depth; gives 1-4 grey levels from frame to frame, as five recordings of four scanners have.
        noise_db=muscle_db - float(rng.uniform(13, 32)) - rise * half_depth_cm,
        noise_rise_db_per_cm=rise,
        persistence=float(rng.uniform(0, 0.7)) if rng.random() < 0.7 else 0.0,
        codec=codec,
        quality=quality,
        key_frame_interval=round(_log_uniform(rng, (12, 250))),
        recorded_rate_hz=recorder if copies else None,
        dropped_share=float(rng.uniform(0.005, 0.05)) if loses else 0.0,
        screen=_draw_screen(rng) if rng.random() < SCREEN_SHARE else None,
        effort=str(rng.choice(EFFORTS, p=EFFORT_SHARES)),
    )


def _draw_screen(rng: np.random.Generator) -> Screen:
    left, top, right, bottom = (2 * int(n) for n in rng.integers((18, 14, 12, 4), (50, 32, 50, 30)))
    return Screen(left, top, right, bottom)


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
        contraction = _normal(rng, *CONTRACTION_S, (0.04, 0.13))
        return Twitch(
            x_mm=self.x_mm + float(rng.normal(0, 0.4)),
            y_mm=self.y_mm + float(rng.normal(0, 0.4)),
            onset_s=onset_s,
            contraction_s=contraction,
            relaxation_s=min(float(rng.uniform(*RELAXATION_S)), LONGEST_S - contraction),
            amplitude_mm=float(np.clip(self.amplitude_mm * np.exp(rng.normal(0, AMPLITUDE_JITTER)), *AMPLITUDE_MM)),
            angle_deg=self.angle_deg + float(rng.normal(0, 4.0)),
            major_mm=self.major_mm,
            minor_mm=self.minor_mm,
            site=self.number,
            passive_share=self.passive_share,
            passive_spread=self.passive_spread,
            second_core_mm=self.second_core_mm,
        )


def _draw_twitches(rng: np.random.Generator, place: _Place, duration_s: float) -> tuple[Twitch, ...]:
    """Draw the trains of all units: Poisson or in bursts, with close pairs, coincidences and a few large ones."""
    if rng.random() < STILL_SHARE:
        return ()
    units = _draw_units(rng, place)
    shares = rng.dirichlet(np.full(len(units), 2.0))
    bursts = rng.random() < BURST_CLIP_SHARE
    large = rng.random() < LARGE_CLIP_SHARE
    expected = _log_uniform(rng, RATE_PER_MIN) * duration_s / 60
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


def _draw_units(rng: np.random.Generator, place: _Place) -> list[_Unit]:
    wanted = int(rng.integers(SITES[0], SITES[1] + 1))
    places: list[tuple[float, float]] = []
    for _ in range(200):  # enough tries to fill any picture; fewer sites fit into a small one
        new = place.in_image(*place.in_muscle(rng))
        if all(np.hypot(new[0] - x, new[1] - y) >= SITE_DISTANCE_MM for x, y in places):
            places.append(new)
        if len(places) == wanted:
            break
    return [_draw_unit(rng, number, x, y, place.fibres_deg) for number, (x, y) in enumerate(places, 1)]


def _draw_unit(rng: np.random.Generator, number: int, x_mm: float, y_mm: float, fibres_deg: float) -> _Unit:
    # Seen across the fibres, a unit bulges in any direction; seen along them, it pulls along them.
    along = rng.random() < 0.75
    angle = fibres_deg + float(rng.normal(0, 15)) + 180.0 * float(rng.random() < 0.5) if along else _any_angle(rng)
    major = _normal(rng, *MAJOR_MM, MAJOR_LIMITS_MM)
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
        minor_mm=_normal(rng, *MINOR_MM, MINOR_LIMITS_MM),
        amplitude_mm=_log_uniform(rng, AMPLITUDE_MM),
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


def _draw_look_alikes(rng: np.random.Generator, place: _Place, shape: _Shape) -> tuple[LookAlike, ...]:
    """Draw each kind by its own chance; clips with only one are common."""
    drawn: list[LookAlike] = []
    if rng.random() < DRIFT_SHARE:
        drawn.append(Drift(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.006))))
    if rng.random() >= LOOK_ALIKE_CLIP_SHARE:
        return tuple(drawn)
    makers, shares = list(_MAKERS), np.array(list(_MAKERS.values()))
    chosen = rng.random(len(makers)) < shares
    if not chosen.any():
        chosen[rng.choice(len(makers), p=shares / shares.sum())] = True
    for maker, wanted in zip(makers, chosen, strict=True):
        if wanted:
            drawn += maker(rng, place, shape)
    return tuple(drawn)


def _draw_pulsation(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:  # noqa: ARG001
    radius = float(rng.uniform(0.6, 2.5))
    x, y = place.in_image(*place.in_muscle(rng))
    pulse = Pulsation(
        x_mm=x,
        y_mm=y,
        radius_mm=radius,
        rate_hz=float(rng.uniform(0.8, 2.0)),
        phase=float(rng.random()),
        amplitude_mm=min(_log_uniform(rng, (0.03, 0.3)), 0.4 * radius),
        upstroke=float(rng.uniform(0.1, 0.25)),
        beat_variation=float(rng.uniform(0, 0.3)),
        visible=bool(rng.random() < 0.6),
    )
    return [pulse]


def _draw_breathing(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:  # noqa: ARG001
    return [
        Breathing(float(rng.uniform(0.2, 0.4)), float(rng.random()), _log_uniform(rng, (0.1, 1.0)), _any_angle(rng))
    ]


def _draw_slips(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    """Slips along the skin, taps, and turns of the wrist: one kind, up to three times."""
    kind = rng.choice(["slip", "tap", "twist"])
    return [_draw_slip(rng, str(kind), moment, place) for moment in _moments(rng, shape, 3, 0.8)]


def _draw_slip(rng: np.random.Generator, kind: str, onset_s: float, place: _Place) -> ProbeMotion:
    taps = kind == "tap" or (kind == "twist" and rng.random() < 0.5)
    lateral = float(rng.choice([-1, 1])) * _log_uniform(rng, (0.08, 1.0))
    axial = float(rng.normal(0, 0.15))
    if kind == "tap" and rng.random() < 0.5:
        lateral, axial = axial, 0.6 * lateral
    share = 0.3 if kind == "twist" else 1.0
    pivot = place.in_image(place.width_mm / 2, 0.0)[0]
    return ProbeMotion(
        onset_s=onset_s,
        travel_s=float(rng.uniform(0.05, 0.14) if taps else rng.uniform(0.06, 0.5)),
        x_shift_mm=share * lateral,
        y_shift_mm=share * axial,
        returns=taps,
        turn_deg=float(rng.choice([-1, 1]) * rng.uniform(0.3, 2.0)) if kind == "twist" else 0.0,
        pivot_x_mm=pivot,
    )


def _draw_presses(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    middle = place.in_image(place.width_mm / 2, 0.0)[0]
    return [
        ProbePress(
            onset_s=moment,
            travel_s=float(rng.uniform(0.07, 0.6)),
            amplitude_mm=float(rng.choice([-1, 1])) * _log_uniform(rng, (0.1, 1.5)),
            middle_mm=middle,
            returns=bool(rng.random() < 0.6),
        )
        for moment in _moments(rng, shape, 2, 1.4)
    ]


def _draw_contractions(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    amplitude = _log_uniform(rng, (0.3, 3.0))
    return [
        _draw_contraction(rng, place, moment, amplitude * float(rng.uniform(0.7, 1.2)), "contraction")
        for moment in _moments(rng, shape, 3, 2.5)
    ]


def _draw_faint_contractions(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    return [
        _draw_contraction(rng, place, moment, _log_uniform(rng, (0.1, 0.3)), "faint contraction")
        for moment in _moments(rng, shape, 2, 2.5)
    ]


def _draw_contraction(
    rng: np.random.Generator, place: _Place, onset_s: float, amplitude_mm: float, name: str
) -> Contraction:
    x, y = place.in_image(float(rng.uniform(0.3, 0.7)) * place.width_mm, place.middle_mm)
    return Contraction(
        x_mm=x,
        y_mm=y,
        onset_s=onset_s,
        rise_s=float(rng.uniform(0.2, 0.7)),
        hold_s=float(rng.uniform(0.4, 2.0)),
        release_s=float(rng.uniform(0.25, 0.8)),
        amplitude_mm=min(amplitude_mm, 3.0),
        angle_deg=_any_angle(rng),
        major_mm=float(rng.uniform(28, 60)),
        minor_mm=float(rng.uniform(16, 35)),
        name=name,
    )


def _draw_stretch(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    """Slow passive motion: somebody moves the joint through most of the clip."""
    length = shape.duration_s * float(rng.uniform(0.5, 0.9))
    still = _draw_contraction(rng, place, 0.05 * shape.duration_s, _log_uniform(rng, (0.5, 3.0)), "stretch")
    parts = dict(zip(("rise_s", "hold_s", "release_s"), (length * rng.dirichlet((4, 1, 4))).tolist(), strict=True))
    return [replace(still, **parts)]


def _draw_tremor(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    onset, offset = _stretch_of(rng, shape, (1.5, 12.0))
    return [_draw_oscillation(rng, place, onset, offset, _log_uniform(rng, (0.03, 0.4)), "tremor")]


def _draw_oscillation(
    rng: np.random.Generator, place: _Place, onset_s: float, offset_s: float, amplitude_mm: float, name: str
) -> Tremor:
    x, y = place.in_image(float(rng.uniform(0.25, 0.75)) * place.width_mm, place.middle_mm)
    return Tremor(
        onset_s=onset_s,
        offset_s=offset_s,
        rate_hz=float(rng.uniform(4, 12)),
        amplitude_mm=amplitude_mm,
        angle_deg=_any_angle(rng),
        x_mm=x,
        y_mm=y,
        major_mm=float(rng.uniform(18, 60)),
        minor_mm=float(rng.uniform(14, 50)),
        waning=float(rng.uniform(0, 0.95)),
        waning_hz=float(rng.uniform(0.2, 1.2)),
        name=name,
    )


def _draw_pseudotremor(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    """Tremor that rides on a contraction (Gijsbertse 2018), the mimic that misled human readers most."""
    onset, offset = _stretch_of(rng, shape, (2.0, 7.0))
    push = _draw_contraction(rng, place, onset, _log_uniform(rng, (0.2, 1.5)), "pseudotremor")
    push = replace(push, hold_s=max(0.5, offset - onset - push.rise_s - push.release_s))
    shake = _draw_oscillation(rng, place, onset, offset, _log_uniform(rng, (0.04, 0.3)), "pseudotremor")
    return [push, replace(shake, x_mm=push.x_mm, y_mm=push.y_mm)]


def _draw_cramp(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    onset, offset = _stretch_of(rng, shape, (3.0, 10.0))
    x, y = place.in_image(*place.in_muscle(rng))
    return [
        Cramp(
            x_mm=x,
            y_mm=y,
            onset_s=onset,
            rise_s=float(rng.uniform(0.4, 1.2)),
            offset_s=offset,
            amplitude_mm=_log_uniform(rng, (0.3, 1.5)),
            angle_deg=place.fibres_deg + float(rng.normal(0, 15)),
            major_mm=float(rng.uniform(14, 35)),
            minor_mm=float(rng.uniform(8, 18)),
            waves=_draw_waves(rng, (1.0, 11.0), 6),
        )
    ]


def _draw_myokymia(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    rate = float(rng.uniform(6, 14))
    discharges = int(rng.integers(max(3, int(np.ceil(0.35 * rate))), max(5, int(1.2 * rate)) + 1))
    rest = float(rng.uniform(0.3, 1.5))
    period = discharges / rate + rest
    onset, offset = _stretch_of(rng, shape, (6.0, 14.0))
    count = max(3, int((offset - onset - discharges / rate) / period) + 1)
    groups = onset + period * np.arange(count) + rng.normal(0, 0.1 * rest, count)
    x, y = place.in_image(*place.in_muscle(rng))
    last = shape.duration_s - EDGE_S - discharges / rate
    return [
        Myokymia(
            x_mm=x,
            y_mm=y,
            groups_s=tuple(float(start) for start in np.sort(groups) if EDGE_S < start < last),
            discharges=discharges,
            rate_hz=rate,
            amplitude_mm=_log_uniform(rng, (0.06, 0.4)),
            angle_deg=place.fibres_deg + float(rng.normal(0, 15)),
            major_mm=_normal(rng, *MAJOR_MM, MAJOR_LIMITS_MM),
            minor_mm=_normal(rng, *MINOR_MM, MINOR_LIMITS_MM),
        )
    ]


def _draw_fibrillation(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    onset, offset = _stretch_of(rng, shape, (4.0, 15.0))
    x, y = place.in_image(*place.in_muscle(rng))
    return [
        Fibrillation(
            x_mm=x,
            y_mm=y,
            onset_s=onset,
            offset_s=offset,
            amplitude_mm=_log_uniform(rng, (0.01, 0.05)),
            size_mm=float(rng.uniform(8, 25)),
            grain_mm=float(rng.uniform(3, 8)),
            angle_deg=_any_angle(rng),
            waves=_draw_waves(rng, (2.0, 20.0), 6),
        )
    ]


def _draw_swallow(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    """Draw the large, quick swing of a tongue that swallows or speaks."""
    swings = [
        _draw_contraction(rng, place, moment, _log_uniform(rng, (1.0, 3.0)), "swallow")
        for moment in _moments(rng, shape, 2, 2.0)
    ]
    return [
        replace(
            swing,
            rise_s=float(rng.uniform(0.15, 0.4)),
            hold_s=float(rng.uniform(0.05, 0.3)),
            release_s=float(rng.uniform(0.2, 0.6)),
        )
        for swing in swings
    ]


def _draw_shadow(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:
    onset, offset = _stretch_of(rng, shape, (2.0, 16.0))
    return [
        Shadow(
            onset_s=onset,
            offset_s=offset,
            x_mm=float(rng.uniform(0, place.width_mm)),
            width_mm=float(rng.uniform(2, 15)),
            edge_mm=float(rng.uniform(1, 5)),
            loss_db=float(rng.uniform(6, 25)),
            swing_mm=_log_uniform(rng, (0.3, 3.0)),
            waves=_draw_waves(rng, (0.1, 3.0), 4),
        )
    ]


def _draw_gain_steps(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:  # noqa: ARG001
    """Somebody turns the gain: the whole picture brighter or darker, once or for a while."""
    begin, end = _stretch_of(rng, shape, (2.0, 12.0))
    box = (0, 0, shape.width_px, shape.height_px)
    return [Flicker("gain step", box, int(rng.choice([-1, 1]) * rng.integers(6, 30)), ((begin, end),))]


def _draw_colour_box(rng: np.random.Generator, place: _Place, shape: _Shape) -> list[LookAlike]:  # noqa: ARG001
    """Let a box of the picture flash, as under a colour Doppler box or a caliper's frame."""
    width, height = (int(size * rng.uniform(0.2, 0.6)) for size in (shape.width_px, shape.height_px))
    x, y = int(rng.uniform(0, shape.width_px - width)), int(rng.uniform(0, shape.height_px - height))
    stretches, moment = [], EDGE_S + float(rng.exponential(1.5))
    while moment < shape.duration_s - 1:
        stretches.append((moment, moment + float(rng.uniform(0.04, 0.5))))
        moment = stretches[-1][1] + 0.1 + float(rng.exponential(1.5))
    if not stretches:
        stretches = [(1.0, 1.3)]
    return [Flicker("colour box", (x, y, width, height), int(rng.integers(5, 35)), tuple(stretches))]


_Maker = Callable[[np.random.Generator, _Place, _Shape], list[LookAlike]]
_MAKERS: dict[_Maker, float] = {
    _draw_pulsation: 0.22,
    _draw_breathing: 0.15,
    _draw_slips: 0.22,
    _draw_presses: 0.08,
    _draw_contractions: 0.12,
    _draw_faint_contractions: 0.07,
    _draw_stretch: 0.06,
    _draw_tremor: 0.18,
    _draw_pseudotremor: 0.1,
    _draw_cramp: 0.06,
    _draw_myokymia: 0.08,
    _draw_fibrillation: 0.08,
    _draw_swallow: 0.06,
    _draw_shadow: 0.08,
    _draw_gain_steps: 0.05,
    _draw_colour_box: 0.05,
}
"""Chance of each look-alike in a clip that has any; they add up to 1.7."""


def _moments(rng: np.random.Generator, shape: _Shape, most: int, room_s: float) -> list[float]:
    """Draw one to ``most`` onsets that leave ``room_s`` for each event and to the end of the clip."""
    wanted = int(rng.integers(1, most + 1))
    moments: list[float] = []
    for _ in range(50):
        new = float(rng.uniform(EDGE_S, max(EDGE_S, shape.duration_s - EDGE_S - room_s)))
        if all(abs(new - other) > room_s for other in moments):
            moments.append(new)
        if len(moments) == wanted:
            break
    return sorted(moments)


def _stretch_of(rng: np.random.Generator, shape: _Shape, length_s: Range) -> Range:
    """Draw the onset and offset of a long event within the clip."""
    room = shape.duration_s - 2 * EDGE_S
    length = min(float(rng.uniform(*length_s)), room)
    onset = EDGE_S + float(rng.uniform(0, room - length))
    return onset, onset + length


def _draw_waves(rng: np.random.Generator, rates_hz: Range, count: int) -> tuple[Wave, ...]:
    """Draw sines whose sum peaks near 1."""
    sizes = rng.dirichlet(np.full(count, 3.0)) * 1.4
    return tuple(Wave(_log_uniform(rng, rates_hz), float(rng.random()), float(size)) for size in sizes)


def _log_uniform(rng: np.random.Generator, limits: Range) -> float:
    return float(np.exp(rng.uniform(np.log(limits[0]), np.log(limits[1]))))


def _any_angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(-180, 180))


def _normal(rng: np.random.Generator, mean: float, sd: float, limits: Range) -> float:
    """Draw from a normal distribution cut off where anatomy ends."""
    return float(np.clip(rng.normal(mean, sd), *limits))

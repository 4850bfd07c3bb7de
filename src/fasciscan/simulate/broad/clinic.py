"""Look-alikes of the preset ``broad-clinic``: what recordings made for other questions show, and ``broad`` does not.

Real clips on which a network trained on ``broad`` alone fails: an artery lengthwise, a colour Doppler box over it, and
tissue that slides by millimetres (a joint that is moved, the lung under the ribs).
"""

from __future__ import annotations

import numpy as np

from fasciscan.simulate.broad.look_alikes import draw_look_alikes
from fasciscan.simulate.broad.room import Room
from fasciscan.simulate.chance import log_uniform
from fasciscan.simulate.mimics import Drag, Glide, LengthwiseArtery, LookAlike
from fasciscan.simulate.unmoving import ColourFlow

_GRAIN_MM = (0.3, 1.2)
_GLIDE_MM = (0.5, 3.5)
"""Less than the margin of tissue around the picture (:data:`fasciscan.simulate.displacement.MARGIN_MM`)."""
_OTHERS_SHARE = 0.3
"""Clips that have other look-alikes too."""
_SETS = (("artery", "drag"), ("artery", "colour"), ("artery",), ("drag",), ("colour", "drag"), ("colour",), ("glide",))
_SET_SHARES = (0.15, 0.1, 0.1, 0.25, 0.1, 0.1, 0.2)
_DRAG_MM, _DRAGS = (0.05, 0.6), 10
"""Sizes of the jerks of a hand, and the most in a clip."""


def draw_clinic(rng: np.random.Generator, room: Room) -> tuple[LookAlike, ...]:
    """Draw one or two of an artery, colour flow, dragging and gliding, and at times what else there is."""
    others = draw_look_alikes(rng, room, _OTHERS_SHARE)
    wanted = _SETS[int(rng.choice(len(_SETS), p=_SET_SHARES))]
    artery = _draw_artery(rng, room) if "artery" in wanted else None
    return (
        *others,
        *([artery] if artery else []),
        *([_draw_colour_flow(rng, room, artery)] if "colour" in wanted else []),
        *(_draw_glides(rng, room) if "glide" in wanted else []),
        *(_draw_drags(rng, room) if "drag" in wanted else []),
    )


def _draw_artery(rng: np.random.Generator, room: Room) -> LengthwiseArtery:
    """Draw an artery along the picture, often from rim to rim."""
    radius = float(rng.uniform(0.8, 3.2))
    margin = min(radius + 1.0, 0.4 * room.layers.bottom_mm)
    s, d = rng.uniform(0.2, 0.8) * room.width_mm, rng.uniform(room.layers.skin_mm, room.layers.bottom_mm - margin)
    x, y = room.in_image(float(s), float(max(d, margin)))
    return LengthwiseArtery(
        x_mm=x,
        y_mm=y,
        radius_mm=radius,
        rate_hz=float(rng.uniform(0.8, 2.0)),
        phase=float(rng.random()),
        amplitude_mm=min(log_uniform(rng, (0.03, 0.3)), 0.3 * radius),
        upstroke=float(rng.uniform(0.1, 0.25)),
        beat_variation=float(rng.uniform(0, 0.6)),
        angle_deg=float(rng.normal(0, 10)),
        half_length_mm=room.width_mm * float(rng.uniform(0.15, 1.0)),
        along_mm=float(rng.choice([-1, 1])) * log_uniform(rng, (0.02, 0.5)),
        unevenness=float(rng.uniform(0, 0.8)),
        seed=int(rng.integers(2**31)),
    )


def _draw_colour_flow(rng: np.random.Generator, room: Room, artery: LengthwiseArtery | None) -> ColourFlow:
    """Draw the part of a vessel along the picture, of the artery if there is one, that lies in a slanted box."""
    mm_per_px = room.shape.mm_per_px
    along = float(rng.uniform(0.08, 0.25)) * room.width_mm
    slant = float(rng.uniform(-0.5, 0.5))
    if artery:
        middle, radius, tilt = np.array([artery.x_mm, artery.y_mm]), artery.radius_mm, np.radians(artery.angle_deg)
    else:
        s, d = rng.uniform(0.25, 0.75) * room.width_mm, rng.uniform(room.layers.skin_mm, room.layers.muscle_bottom_mm)
        middle, radius = np.array(room.in_image(float(s), float(d))), float(rng.uniform(0.75, 3.0))
        tilt = np.radians(rng.uniform(-15, 15))
    axis, across = along * np.array([np.cos(tilt), np.sin(tilt)]), radius * np.array([slant, 1.0])
    corners = [middle + a * axis + b * across for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return ColourFlow(
        corners_px=tuple((round(float(x) / mm_per_px), round(float(y) / mm_per_px)) for x, y in corners),
        lumen=float(rng.uniform(0.1, 1.0)),
        grey=int(rng.integers(60, 170)),
        grain_px=max(1, round(log_uniform(rng, _GRAIN_MM) / mm_per_px)),
        rate_hz=artery.rate_hz if artery else float(rng.uniform(0.8, 2.0)),
        phase=artery.phase if artery else float(rng.random()),
        filled=float(rng.uniform(0.25, 1.0)),
        seed=int(rng.integers(2**31)),
    )


def _draw_glides(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Draw up to four slides along one fascia, quick or slow."""
    layers = room.layers
    fascia = float(rng.uniform(layers.skin_mm, 0.7 * layers.muscle_bottom_mm))
    shear, rise = log_uniform(rng, (0.5, 4.0)), float(rng.normal(0, 10))
    largest = log_uniform(rng, _GLIDE_MM)
    return [
        Glide(
            onset_s=moment,
            travel_s=log_uniform(rng, (0.12, 1.2)),
            hold_s=float(rng.exponential(0.3)),
            return_s=log_uniform(rng, (0.15, 1.2)),
            amplitude_mm=float(rng.choice([-1, 1])) * largest * float(rng.uniform(0.4, 1.0)),
            fascia_mm=fascia,
            shear_mm=shear,
            rise_deg=rise,
        )
        for moment in room.draw_moments(rng, 4, 2.7)
    ]


def _draw_drags(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Draw jerks of a hand, to either side, quick or slow; some stay for longer."""
    layers = room.layers
    deep = float(rng.uniform(layers.skin_mm, layers.muscle_bottom_mm))
    shear = float(rng.uniform(0.5, 1.0)) * 2 * deep
    largest, unevenness, seed = log_uniform(rng, _DRAG_MM), float(rng.uniform(0, 0.8)), int(rng.integers(2**31))
    return [
        Drag(
            onset_s=moment,
            travel_s=log_uniform(rng, (0.04, 0.5)),
            hold_s=float(rng.exponential(0.1)),
            return_s=log_uniform(rng, (0.05, 0.6)),
            amplitude_mm=float(rng.choice([-1, 1])) * largest * float(rng.uniform(0.3, 1.0)),
            fascia_mm=deep,
            shear_mm=shear,
            rise_deg=float(rng.normal(0, 10)),
            unevenness=unevenness,
            seed=seed,
        )
        for moment in room.draw_moments(rng, _DRAGS, 0.5)
    ]

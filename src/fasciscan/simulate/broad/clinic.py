"""Look-alikes of the preset ``broad-clinic``: what recordings made for other questions show, and ``broad`` does not.

Real clips on which the network alone fails: an artery under a colour Doppler box, and tissue that slides by millimetres
(a joint that is moved, the lung under the ribs).
"""

from __future__ import annotations

import numpy as np

from fasciscan.simulate.broad.look_alikes import draw_look_alikes
from fasciscan.simulate.broad.room import Room
from fasciscan.simulate.chance import log_uniform
from fasciscan.simulate.mimics import Glide, LookAlike
from fasciscan.simulate.unmoving import ColourFlow

_GRAIN_MM = (0.3, 1.2)
_GLIDE_MM = (0.5, 3.5)
"""Less than the margin of tissue around the picture (:data:`fasciscan.simulate.displacement.MARGIN_MM`)."""
_OTHERS_SHARE = 0.3
"""Clips that have other look-alikes too."""


def draw_clinic(rng: np.random.Generator, room: Room) -> tuple[LookAlike, ...]:
    """Draw colour flow, gliding or both, and at times what else there is."""
    others = draw_look_alikes(rng, room, _OTHERS_SHARE)
    with_colour, with_glide = ((True, False), (False, True), (True, True))[int(rng.choice(3, p=(0.45, 0.4, 0.15)))]
    colour = [_draw_colour_flow(rng, room)] if with_colour else []
    return (*others, *colour, *(_draw_glides(rng, room) if with_glide else []))


def _draw_colour_flow(rng: np.random.Generator, room: Room) -> ColourFlow:
    """Draw a vessel along the picture and a slanted box over a part of it."""
    mm_per_px = room.shape.mm_per_px
    middle = np.array([
        rng.uniform(0.25, 0.75) * room.width_mm, rng.uniform(room.layers.skin_mm, room.layers.muscle_bottom_mm)
    ])  # fmt: skip
    tilt, slant = np.radians(rng.uniform(-15, 15)), float(rng.uniform(-0.5, 0.5))
    along = float(rng.uniform(0.08, 0.25)) * room.width_mm * np.array([np.cos(tilt), np.sin(tilt)])
    across = float(rng.uniform(0.75, 3.0)) * np.array([slant, 1.0])
    corners = [middle + a * along + b * across for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    in_image = [room.in_image(float(s), float(d)) for s, d in corners]
    return ColourFlow(
        corners_px=tuple((round(x / mm_per_px), round(y / mm_per_px)) for x, y in in_image),
        lumen=float(rng.uniform(0.1, 1.0)),
        grey=int(rng.integers(60, 170)),
        grain_px=max(1, round(log_uniform(rng, _GRAIN_MM) / mm_per_px)),
        rate_hz=float(rng.uniform(0.8, 2.0)),
        phase=float(rng.random()),
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

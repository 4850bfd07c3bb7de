"""Puts a scene of a broad preset together.

Each group of parameters is drawn from its own stream of randomness, so that the events of a seed do not hang on how
many numbers its tissue took.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

import numpy as np

from fasciscan.simulate.broad.clinic import draw_clinic
from fasciscan.simulate.broad.look_alikes import draw_look_alikes
from fasciscan.simulate.broad.recording import Shape, draw_machine, draw_shape, recode
from fasciscan.simulate.broad.room import Room
from fasciscan.simulate.broad.tissue import Muscle, draw_imaging, draw_phantom, draw_warped
from fasciscan.simulate.broad.twitches import draw_twitches
from fasciscan.simulate.chance import Range
from fasciscan.simulate.scene import Machine, Scene


@dataclass(frozen=True, slots=True)
class Activity:
    """How much goes on in the clips of a preset."""

    still_share: float
    """Clips without any twitch."""
    rate_per_min: Range
    """Of the others: lowest and highest rate, drawn log-uniformly."""
    look_alike_share: float
    """Clips with look-alikes other than a drift."""
    times_dragged: float = 1.0
    """How many times as far what a twitch drags along reaches."""


USUAL = Activity(still_share=0.2, rate_per_min=(3.0, 60.0), look_alike_share=0.6)
BUSY = Activity(still_share=0.05, rate_per_min=(20.0, 120.0), look_alike_share=0.9)
"""For training alone: three times as many twitches, and most amid other motion."""
SPREAD = replace(USUAL, look_alike_share=1.0, times_dragged=2.0)
"""For tests of the epicentre: more is dragged along, and something else moves in every clip."""
_ACTIVITY = {"broad-busy": BUSY, "broad-spread": SPREAD}


class _Part(IntEnum):
    """Streams of randomness of one seed; far from those of :class:`fasciscan.simulate.scene.Stream`."""

    SHAPE = 101
    TISSUE = 102
    MACHINE = 103
    TWITCHES = 104
    LOOK_ALIKES = 105
    IMAGING = 106
    RECODING = 107


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
        Decides everything. All but the texture preset share shape, anatomy and machine (the recoded one but for its
        codec); the broad, the held-out and the recoded one share their events too, the broad and the clinic's one their
        twitches, and so does the one with the wider spread but for it.
    preset
        ``"broad"``, ``"broad-busy"``, ``"broad-clinic"``, ``"broad-spread"``, ``"broad-heldout"``,
        ``"broad-recoded"`` or ``"broad-texture"``.
    stills
        Pictures of muscle, for the last.
    duration_s, frame_rate_hz
        Instead of those drawn.

    Returns
    -------
    Scene
        12-16 s, with twitches in four clips of five and look-alikes in three of five; in nearly all if busy,
        and in all with the wider spread.

    Raises
    ------
    FasciscanError
        If stills are wanted and missing or unfit.
    """
    shape = draw_shape(_generator(seed, _Part.SHAPE))
    shape = replace(
        shape, duration_s=duration_s or shape.duration_s, frame_rate_hz=frame_rate_hz or shape.frame_rate_hz
    )
    muscle = _draw_muscle(seed, preset, stills, shape)
    shape = muscle.shape
    room = Room(muscle.tissue.layers, muscle.fibres_deg, shape)
    activity = _ACTIVITY.get(preset, USUAL)
    twitches = draw_twitches(_generator(seed, _Part.TWITCHES), room, activity.still_share, activity.rate_per_min)
    of_look_alikes = _generator(seed, _Part.LOOK_ALIKES)
    if preset == "broad-clinic":
        look_alikes = draw_clinic(of_look_alikes, room)
    else:
        look_alikes = draw_look_alikes(of_look_alikes, room, activity.look_alike_share)
    return Scene(
        seed=seed,
        preset=preset,
        duration_s=shape.duration_s,
        frame_rate_hz=shape.frame_rate_hz,
        width_px=shape.width_px,
        height_px=shape.height_px,
        mm_per_px=shape.mm_per_px,
        tissue=muscle.tissue,
        machine=_draw_machine(seed, preset, muscle.level_db, shape),
        twitches=tuple(replace(t, passive_spread=activity.times_dragged * t.passive_spread) for t in twitches),
        look_alikes=look_alikes,
    )


def _draw_machine(seed: int, preset: str, muscle_db: float, shape: Shape) -> Machine:
    machine = draw_machine(_generator(seed, _Part.MACHINE), muscle_db, shape)
    return recode(machine, _generator(seed, _Part.RECODING)) if preset == "broad-recoded" else machine


def _draw_muscle(seed: int, preset: str, stills: Sequence[Path | str], shape: Shape) -> Muscle:
    rng = _generator(seed, _Part.TISSUE)
    if preset == "broad-texture":
        return draw_warped(rng, stills, shape)
    phantom = draw_phantom(rng, shape)
    if preset == "broad-heldout":
        phantom = replace(phantom, imaging=draw_imaging(_generator(seed, _Part.IMAGING)))
    return Muscle(phantom, shape, phantom.pennation_deg, phantom.muscle_db)


def _generator(seed: int, part: _Part) -> np.random.Generator:
    return np.random.default_rng([seed, part])

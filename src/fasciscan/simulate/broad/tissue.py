"""Tissue of the broad presets: a muscle made of scatterers, imaged in the plain way or another, or a warped still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fasciscan.simulate.broad.recording import Shape
from fasciscan.simulate.chance import Range, log_uniform
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.scene import Imaging, Phantom, Texture
from fasciscan.simulate.stills import draw_still

STILL_MM_PER_PX: Range = (0.06, 0.13)
STILL_LEVEL_DB = -36.0
"""Level taken for the muscle of stills, whose own is not known: the middle of the phantoms'."""


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle in view, and what the events and the machine have to know of it."""

    tissue: Phantom | Texture
    shape: Shape
    """Of the recording; a still brings its own size."""
    fibres_deg: float
    """Direction of the fascicles, from the x axis towards the y axis (down)."""
    level_db: float
    """Of its echoes, dB under the brightest grey."""


def draw_warped(rng: np.random.Generator, stills: Sequence[Path | str], shape: Shape) -> Muscle:
    """Draw a still that fills the picture, at a scale of its own.

    Raises
    ------
    FasciscanError
        If there is no still, or the one drawn cannot be read.
    """
    scale = log_uniform(rng, STILL_MM_PER_PX)
    still = draw_still(rng, stills, scale)
    shape = replace(shape, mm_per_px=scale, width_px=still.width_px, height_px=still.height_px, sector=None)
    return Muscle(still.texture, shape, still.fibres_deg, STILL_LEVEL_DB)


def draw_phantom(rng: np.random.Generator, shape: Shape) -> Phantom:
    """Draw tissue; levels hang on each other as a sonographer sets gain to see muscle as middle grey."""
    _, depth = shape.beam_size_mm
    skin = float(rng.uniform(0.8, 2.2))
    top = skin + log_uniform(rng, (1.0, 0.3 * depth))
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
        # A pulse of 0.9 to 1.6 wavelengths at 1.54 mm/µs.
        frequency_mhz=float(np.clip(1.54 * rng.uniform(0.9, 1.6) / axial, 3.0, 15.0)),
        axial_mm=axial,
        lateral_mm=axial * float(rng.uniform(1.4, 2.6)),
        focus_mm=float(rng.uniform(0.3, 0.7)) * depth,
    )


def draw_imaging(rng: np.random.Generator) -> Imaging:
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

"""The events found in a clip: each twitch or look-alike with its time, place, extent and class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Kind(StrEnum):
    """What a candidate turned out to be; the classes of the network, in its order."""

    FASCICULATION = "fasciculation"
    PULSATION = "pulsation"
    CONTRACTION = "contraction"
    TREMOR = "tremor"
    PROBE_MOTION = "probe motion"
    ARTEFACT = "artefact"


@dataclass(frozen=True, slots=True)
class Origin:
    """The epicentre in the picture. Millimetres count from the tissue's left and top edge; None without a scale."""

    x_px: float
    y_px: float
    sd_px: float
    x_mm: float | None = None
    y_mm: float | None = None
    sd_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Territory:
    """Ellipse around what moved at least half as far as the epicentre.

    Motion spreads passively, so this overstates the territory of the motor unit. Angle: of the major axis,
    degrees from the x axis (right) towards the y axis (down), in (-90, 90].
    """

    major_px: float
    minor_px: float
    angle_deg: float
    area_px: float
    major_mm: float | None = None
    minor_mm: float | None = None
    area_mm2: float | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Displacement at the epicentre along its main direction, from before the event to after it."""

    times_s: NDArray[np.float64]
    displacement_px: NDArray[np.float64]
    displacement_mm: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Event:
    """One brief motion, counted (fasciculation) or not (any other kind)."""

    id: int
    kind: Kind
    probability: float
    """That it is of its kind, 0 to 1."""
    p_fasciculation: float
    """That it is a fasciculation, whatever its kind: what the operating point is applied to."""
    reason: str
    """In one phrase, why it was given its kind: ``"out and back in 0.21 s, local"``."""
    onset_s: float
    peak_s: float
    offset_s: float
    peak_frame: int
    origin: Origin
    territory: Territory
    peak_displacement_px: float
    peak_velocity_px_s: float
    peak_displacement_mm: float | None
    peak_velocity_mm_s: float | None
    trace: Trace
    site: int | None = None
    """Number of the repeating site this event belongs to; events of other kinds have none."""

"""The events found in a clip: each twitch or look-alike with its time, place, extent and class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.twitch import Kind


@dataclass(frozen=True, slots=True)
class Origin:
    """The epicentre in the picture. Millimetres count from the tissue's left and top edge; None without a scale.

    The deviation is a distance: 68 of 100 true places lie within it, 95 within twice of it (docs/origin.md tells how
    well that holds).
    """

    x_px: float
    y_px: float
    sd_px: float
    x_mm: float | None = None
    y_mm: float | None = None
    sd_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Territory:
    """Ellipse around what moved at least half as far as the epicentre.

    Motion spreads passively, so this overstates the territory of the motor unit: on simulated units by a quarter in
    length and a third in area at the median (docs/origin.md). Angle: of the major axis, degrees from the x axis
    (right) towards the y axis (down), in (-90, 90].
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
class Landmarks:
    """Five moments on the velocity waveform at the epicentre (Sugisawa 2026, mus.70338), s.

    One that cannot be found is None; none is invented.
    """

    start_s: float | None
    peak_contraction_s: float | None
    """Fastest on the way out."""
    reversal_s: float | None
    """Velocity passes zero: the tissue is farthest out."""
    peak_relaxation_s: float | None
    """Fastest on the way back."""
    end_s: float | None
    missing: str = ""
    """Why some cannot be found; empty where all were."""

    @property
    def total_s(self) -> float | None:
        """From start to end."""
        return _between(self.start_s, self.end_s)

    @property
    def contraction_s(self) -> float | None:
        """From start to reversal."""
        return _between(self.start_s, self.reversal_s)

    @property
    def relaxation_s(self) -> float | None:
        """From reversal to end."""
        return _between(self.reversal_s, self.end_s)


def _between(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else end_s - start_s


@dataclass(frozen=True, slots=True)
class Kinematics:
    """How an event moved. Lengths in image pixels and, where the clip has a scale, in millimetres."""

    landmarks: Landmarks
    peak_contraction_frame: int | None
    """Frame nearest to the fastest moment on the way out."""
    contraction_velocity_px_s: float | None
    """Largest speed on the way out."""
    relaxation_velocity_px_s: float | None
    """Largest speed on the way back."""
    contraction_velocity_mm_s: float | None
    relaxation_velocity_mm_s: float | None
    direction_deg: float
    """Of the way out, from the x axis (right) towards the y axis (down), in (-180, 180]."""
    coherence: dict[int, float | None]
    """Direction coherence (0 to 1) by cut-off, percent of the peak speed: 0, 5 and 15. It is the length of the mean
    unit vector of the cells of the field that move at least so fast; None where nothing moves."""
    active_share: float
    """Share of the field, a square of 16.4 mm around the epicentre, that moves at least 15 % as fast as the fastest."""
    active_px: float
    """Its area in square pixels."""
    active_mm2: float | None
    onset_spread_s: float | None
    """Time by which motion at the edge of the territory begins after that at the epicentre; None where the frame rate
    does not allow it to be told."""
    times_s: NDArray[np.float64]
    """(n,) of the velocity waveform, for pictures."""
    velocity_px_s: NDArray[np.float64]
    """(n,) along the direction; positive on the way out."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The tissue an event lies in."""

    depth_px: float
    """Below the skin."""
    depth_mm: float | None
    layer: str
    """``"subcutaneous"``, ``"muscle"``, ``"deep muscle"`` or ``"uncertain"``."""
    echogenicity: float
    """Mean grey level at the epicentre, 0 to 255."""
    relative_echogenicity: float
    """The same over the mean of the tissue at that depth."""


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
    moved: NDArray[np.float32] | None = None
    """(ny, nx) mm, how far each cell moved at the peak: by it, repeated twitches of one unit are known again."""
    kinematics: Kinematics | None = None
    """None for what is no twitch."""
    setting: Setting | None = None

"""More look-alikes: irregular muscle activity, and tissue that slides; and the list of all there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from fasciscan.simulate.geometry import Array, Layers, ramp
from fasciscan.simulate.motions import (
    FWHM_TO_SD,
    SWELL_S,
    Breathing,
    Contraction,
    Pulsation,
    Tremor,
    Wave,
    along,
    contracted,
    irregular,
    out_and_back,
    swelling,
    turned,
    with_elevation,
)
from fasciscan.simulate.probe import Drift, ProbeMotion, ProbePress
from fasciscan.simulate.unmoving import ColourFlow, Flicker, Shadow

SOFT_MM, SOFT_WAVES = (5.0, 20.0), 6
"""Size of the places that move more than others, down to that of a territory, and how many waves make them; our guess.
"""


@dataclass(frozen=True, slots=True)
class Cramp:
    """A sustained, unwilled contraction of a part of the muscle, in which bundles fire irregularly."""

    kind: ClassVar[str] = "contraction"
    name: ClassVar[str] = "cramp"
    IRREGULAR_SHARE: ClassVar[float] = 0.25
    """Part of its size that jitters; our guess from clips of cramps, which ripple all over but keep their bulge."""
    x_mm: float
    y_mm: float
    onset_s: float
    rise_s: float
    offset_s: float
    amplitude_mm: float
    angle_deg: float
    major_mm: float
    minor_mm: float
    waves: tuple[Wave, ...]

    @property
    def peak_s(self) -> float:
        """When it is fully there."""
        return self.onset_s + self.rise_s

    @property
    def span_s(self) -> tuple[float, float]:
        """From onset to offset."""
        return self.onset_s, self.offset_s

    def course(self, t_s: Array) -> Array:
        """Rise, ripple, and let go as slowly as it rose."""
        t = np.asarray(t_s)
        held = swelling(t, self.onset_s, self.offset_s, self.rise_s)
        return held * (1 - self.IRREGULAR_SHARE + self.IRREGULAR_SHARE * irregular(self.waves, t))

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Shorten a territory of many units."""
        return contracted(self, x_mm, y_mm, layers)


@dataclass(frozen=True, slots=True)
class Myokymia:
    """Semi-rhythmic groups of discharges of one unit, partly fused: told as tremor, since it goes on and on.

    A group differs from a train of fasciculations by its rate, 6 to 14 Hz within the group, too fast for the muscle to
    come to rest between.
    """

    kind: ClassVar[str] = "tremor"
    name: ClassVar[str] = "myokymia"
    FUSED_SHARE: ClassVar[float] = 0.35
    """Part of the pull that stays on between the discharges of a group (unfused tetanus near 10 Hz)."""
    x_mm: float
    y_mm: float
    groups_s: tuple[float, ...]
    """When each group begins."""
    discharges: int
    """In each group."""
    rate_hz: float
    amplitude_mm: float
    angle_deg: float
    major_mm: float
    minor_mm: float

    @property
    def group_s(self) -> float:
        """Length of one group."""
        return self.discharges / self.rate_hz

    @property
    def onset_s(self) -> float:
        """Beginning of the first group."""
        return self.groups_s[0]

    @property
    def peak_s(self) -> float:
        """Height of the first discharge."""
        return self.onset_s + 0.5 / self.rate_hz

    @property
    def offset_s(self) -> float:
        """End of the last group."""
        return self.groups_s[-1] + self.group_s

    @property
    def span_s(self) -> tuple[float, float]:
        """From the first group to the last."""
        return self.onset_s, self.offset_s

    def course(self, t_s: Array) -> Array:
        """Pull and let go partly at each discharge, wholly between the groups."""
        t = np.asarray(t_s)
        total = np.zeros(t.shape)
        for start in self.groups_s:
            p = t - start
            held = swelling(p, 0.0, self.group_s, 0.5 / self.rate_hz)
            beat = 0.5 - 0.5 * np.cos(2 * np.pi * self.rate_hz * p)
            total += held * (self.FUSED_SHARE + (1 - self.FUSED_SHARE) * beat)
        return total

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Shorten the territory of one unit."""
        return contracted(self, x_mm, y_mm, layers)


@dataclass(frozen=True, slots=True)
class Fibrillation:
    """Shimmer of single fibres: tiny, irregular, without a line of action; the muscle's outline stays."""

    kind: ClassVar[str] = "artefact"
    name: ClassVar[str] = "fibrillation"
    x_mm: float
    y_mm: float
    onset_s: float
    offset_s: float
    amplitude_mm: float
    size_mm: float
    """Width of the region at half height."""
    grain_mm: float
    """Distance between patches that move against each other."""
    angle_deg: float
    waves: tuple[Wave, ...]

    @property
    def peak_s(self) -> float:
        """The middle: it has no height."""
        return (self.onset_s + self.offset_s) / 2

    @property
    def span_s(self) -> tuple[float, float]:
        """From onset to offset."""
        return self.onset_s, self.offset_s

    def course(self, t_s: Array) -> Array:
        """Shimmer irregularly."""
        t = np.asarray(t_s)
        held = swelling(t, self.onset_s, self.offset_s, SWELL_S)
        return held * irregular(self.waves, t)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Move neighbouring patches against each other."""
        s, n = turned(self, x_mm, y_mm)
        sd = self.size_mm * FWHM_TO_SD
        region = np.exp(-0.5 * (s**2 + n**2) / sd**2) * layers.mobility(x_mm, y_mm)
        k = 2 * np.pi / self.grain_mm
        checks = np.stack([np.cos(k * s) * np.sin(0.8 * k * n), np.sin(0.7 * k * s) * np.cos(k * n)])
        return with_elevation(self.amplitude_mm * region * checks)


@dataclass(frozen=True, slots=True)
class Glide:
    """Everything below a fascia slides along it by millimetres: a joint that is moved, or the lung under the ribs."""

    kind: ClassVar[str] = "contraction"
    name: ClassVar[str] = "glide"
    onset_s: float
    travel_s: float
    hold_s: float
    return_s: float
    amplitude_mm: float
    """Negative to the left."""
    fascia_mm: float
    """Depth below the probe's face from which on tissue slides."""
    shear_mm: float
    """Width of the seam that takes up the sliding."""
    rise_deg: float
    """Slope of the way, against the face."""

    @property
    def peak_s(self) -> float:
        """When it has come as far as it goes."""
        return self.onset_s + self.travel_s

    @property
    def offset_s(self) -> float:
        """When it is back."""
        return self.peak_s + self.hold_s + self.return_s

    @property
    def span_s(self) -> tuple[float, float]:
        """From onset to offset."""
        return self.onset_s, self.offset_s

    def course(self, t_s: Array) -> Array:
        """Go, stay, and come back."""
        return out_and_back(np.asarray(t_s) - self.peak_s, self.travel_s, self.hold_s, self.return_s)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Move all that is deep alike."""
        depth = layers.depth(x_mm, y_mm)
        size = self.amplitude_mm * ramp(depth, self.fascia_mm - self.shear_mm / 2, self.fascia_mm + self.shear_mm / 2)
        return with_elevation(along(self.rise_deg, size))


@dataclass(frozen=True, slots=True)
class Drag(Glide):
    """A hand that drags the skin over what lies below: in the picture the skin stays and the depth jerks sideways."""

    kind: ClassVar[str] = "probe motion"
    name: ClassVar[str] = "drag"
    unevenness: float = field(kw_only=True)
    """See :func:`_softness`."""
    seed: int = field(kw_only=True)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Move what is deep alike, but for what is softer."""
        return Glide.pattern(self, x_mm, y_mm, layers) * _softness(self.unevenness, self.seed, x_mm, y_mm)


@dataclass(frozen=True, slots=True)
class LengthwiseArtery(Pulsation):
    """An artery that lies along the picture: two walls that part with each beat and are pulled along by the blood.

    References
    ----------
    Svedlund and Gan 2011 (PMC3042148): the carotid's wall travels 0.54 ± 0.39 mm lengthwise in the healthy, 0.11 ± 0.07
    in coronary disease.
    """

    LENGTHWISE_REACH: ClassVar[float] = 2.0
    """Radii beside the wall at which its travel lengthwise has fallen to 1/e; our guess."""
    END_MM: ClassVar[float] = 4.0
    """Over this length it leaves the scan plane."""
    angle_deg: float = field(kw_only=True)
    """Of its axis, from the x axis towards the y axis (down)."""
    half_length_mm: float = field(kw_only=True)
    """As far to each side it lies within the scan plane."""
    along_mm: float = field(kw_only=True)
    """Travel of the wall along the axis; negative against it."""
    name: str = "artery"
    unevenness: float = 0.0
    """See :func:`_softness`."""
    seed: int = 0

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Push both sides away from the axis, and pull them along it."""
        s, n = turned(self, x_mm, y_mm)
        beside = np.maximum(np.abs(n), 1e-6)
        inside = beside < self.radius_mm
        away = self.amplitude_mm * np.sign(n) * np.where(inside, beside / self.radius_mm, self.radius_mm / beside)
        pulled = self.along_mm * np.exp(-np.maximum(beside / self.radius_mm - 1, 0) / self.LENGTHWISE_REACH)
        ends = 1 - ramp(np.abs(s), self.half_length_mm, self.half_length_mm + self.END_MM)
        held = (
            ends
            * ramp(layers.depth(x_mm, y_mm), 0.0, layers.skin_mm)
            * _softness(self.unevenness, self.seed, x_mm, y_mm)
        )
        return with_elevation(held * (along(self.angle_deg, pulled) + along(self.angle_deg + 90, away)))


def _softness(unevenness: float, seed: int, x_mm: Array, y_mm: Array) -> Array:
    """Return by how much more than in even tissue places move, at most twice as far.

    Its logarithm is a sum of waves over the picture, of ``unevenness`` as its standard deviation; ``seed`` decides
    where.
    """
    bounds = (SOFT_MM[0], 0.0, 0.0), (SOFT_MM[1], np.pi, 2 * np.pi)
    drawn = np.random.default_rng(seed).uniform(*bounds, (SOFT_WAVES, 3))
    waves = [
        np.cos(2 * np.pi * (x_mm * np.cos(angle) + y_mm * np.sin(angle)) / length + phase)
        for length, angle, phase in drawn
    ]
    return np.minimum(np.exp(unevenness * np.sqrt(2 / SOFT_WAVES) * np.sum(waves, axis=0)), 2.0)


MovingLookAlike = (
    Contraction
    | Pulsation
    | LengthwiseArtery
    | Drag
    | Breathing
    | Tremor
    | ProbeMotion
    | Drift
    | Cramp
    | Myokymia
    | Fibrillation
    | ProbePress
    | Glide
)
"""What moves tissue and is not a twitch."""
LookAlike = MovingLookAlike | Shadow | Flicker | ColourFlow
"""Everything that changes the picture and is not a twitch."""

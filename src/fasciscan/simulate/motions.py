"""What moves the tissue: twitches and their look-alikes, each a place, a pattern and a course in time.

Every motion is a product u(x, y, t) = course(t) · pattern(x, y), so a clip's displacement is a short sum and its truth
is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from fasciscan.simulate.geometry import Array, Layers, cosine_step, ramp

EDGE_LEVEL = 0.05
"""Onset and offset of every brief motion: 5 % of its peak, a common definition for twitch times."""
EDGE_PHASE = float(np.arccos(1 - 2 * EDGE_LEVEL) / np.pi)
"""Share of a raised-cosine ramp that lies below ``EDGE_LEVEL`` (0.144)."""
RELAXATION_POWER = 0.8
"""Below 1 a relaxation falls fast first and slowly later, as muscle does; above 0.5 the slope at the peak is 0."""
FWHM_TO_SD = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian over its width at half height."""
GOLDEN_RATIO = 0.618034
PASSIVE_SHARE = 0.3
"""Part of a twitch's displacement that neighbours share: seen (PMC7900994), but its size is our guess."""
PASSIVE_SPREAD = 2.5
"""Width of that passive motion in territory widths; the same guess."""
SECOND_CORE_SHARE = 0.6
"""Strength of a split territory's second core; the sizes of the parts vary widely (PMC7208543), this is our middle."""
OUT_OF_PLANE_SHARE = 0.15
"""Elevational over in-plane motion: a probe along the fibres is seldom off their plane by more than 10 degrees."""
SWELL_S = 0.3
"""Time that irregular activity takes to set in and to end."""
ALWAYS_S = (-np.inf, np.inf)
"""Span of what never rests."""


class Motion(Protocol):
    """What the imaging needs to know of a motion; every record below is one."""

    kind: ClassVar[str]

    @property
    def span_s(self) -> tuple[float, float]:
        """Times outside which the course is constant at 0 (before) or has ended (after)."""
        ...

    def course(self, t_s: Array) -> Array:
        """Tell the size of the motion at times ``t_s``, 1 at its peak."""
        ...

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Tell the displacement (3, …) in mm at the peak: lateral, axial, elevational."""
        ...


@dataclass(frozen=True, slots=True)
class Twitch:
    """One fasciculation: a territory that shortens along its line of action, bulges across it, and relaxes.

    The displacement field is that of an incompressible body of revolution about the line of action. With s along and n
    across it, G a Gaussian whose half-height contour is the territory, and A the amplitude::

        u_s = A G (1 - n² / 2σn²)        u_n = A G s n / 2σs²

    so the tissue ahead thickens, the tissue behind thins, and a weak return flow runs beside the territory. A second,
    wider field of the same form is the passive motion of the neighbours.

    ``onset_s`` and ``offset_s`` are where the displacement is 5 % of its peak, rising and falling.

    References
    ----------
    Birkbeck et al. 2020 (PMC7208543): territory 10.7 × 4.5 mm. Motor unit MRI (PMC7900994): contraction 75 ± 13 ms,
    displacement 0.20 ± 0.10 mm.
    """

    kind: ClassVar[str] = "fasciculation"
    name: ClassVar[str] = "fasciculation"
    x_mm: float
    y_mm: float
    onset_s: float
    contraction_s: float
    """From onset to peak."""
    relaxation_s: float
    """From peak to offset."""
    amplitude_mm: float
    angle_deg: float
    """Line of action, from the x axis (right) towards the y axis (down)."""
    major_mm: float
    minor_mm: float
    site: int
    passive_share: float = PASSIVE_SHARE
    passive_spread: float = PASSIVE_SPREAD
    second_core_mm: tuple[float, float] | None = None
    """Where a split territory has its second, weaker core: x and y from the first, which is the epicentre."""

    @property
    def peak_s(self) -> float:
        """When the displacement is largest."""
        return self.onset_s + self.contraction_s

    @property
    def offset_s(self) -> float:
        """When the displacement has fallen to 5 % of its peak."""
        return self.peak_s + self.relaxation_s

    @property
    def span_s(self) -> tuple[float, float]:
        """From the first to the last moment of any displacement."""
        return self.peak_s - self._rise_s(), self.peak_s + self._fall_s()

    def course(self, t_s: Array) -> Array:
        """Rise as a raised cosine, fall as a slower one in stretched time."""
        since_peak = np.asarray(t_s) - self.peak_s
        up = cosine_step(1 + since_peak / self._rise_s())
        down = 1 - cosine_step(np.clip(since_peak / self._fall_s(), 0, 1) ** RELAXATION_POWER)
        return np.where(since_peak < 0, up, down)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Add the active and the passive field, held back by skin and bone."""
        active = shortening(self, x_mm, y_mm)
        if self.second_core_mm is not None:
            dx, dy = self.second_core_mm
            active = active + SECOND_CORE_SHARE * shortening(self, x_mm - dx, y_mm - dy)
        passive = shortening(self, x_mm, y_mm, self.passive_spread)
        field = self.amplitude_mm * ((1 - self.passive_share) * active + self.passive_share * passive)
        return with_elevation(field * layers.mobility(x_mm, y_mm))

    def _rise_s(self) -> float:
        return self.contraction_s / (1 - EDGE_PHASE)

    def _fall_s(self) -> float:
        return self.relaxation_s / (1 - EDGE_PHASE) ** (1 / RELAXATION_POWER)


@dataclass(frozen=True, slots=True)
class Contraction:
    """A voluntary contraction: broad, held for more than half a second, then released."""

    kind: ClassVar[str] = "contraction"
    x_mm: float
    y_mm: float
    onset_s: float
    rise_s: float
    hold_s: float
    release_s: float
    amplitude_mm: float
    angle_deg: float
    major_mm: float
    minor_mm: float
    name: str = "contraction"
    """What it stands for: also a faint one, a cough of the tongue root, the push beneath a pseudotremor."""

    @property
    def peak_s(self) -> float:
        """When the full displacement is reached."""
        return self.onset_s + self.rise_s * (1 - EDGE_PHASE)

    @property
    def offset_s(self) -> float:
        """When the displacement has fallen to 5 %."""
        return self.peak_s + self.hold_s + self.release_s * (1 - EDGE_PHASE)

    @property
    def span_s(self) -> tuple[float, float]:
        """From the first to the last moment of any displacement."""
        return self.peak_s - self.rise_s, self.peak_s + self.hold_s + self.release_s

    def course(self, t_s: Array) -> Array:
        """Ramp up, hold, ramp down; raised cosines."""
        return out_and_back(np.asarray(t_s) - self.peak_s, self.rise_s, self.hold_s, self.release_s)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Shorten a very large territory."""
        return contracted(self, x_mm, y_mm, layers)


@dataclass(frozen=True, slots=True)
class Pulsation:
    """An artery: a ring that widens with each heart beat and pushes its surroundings outwards."""

    kind: ClassVar[str] = "pulsation"
    SINUS_ARRHYTHMIA: ClassVar[float] = 0.1
    """Beats run early and late by this share of a beat with the breath; some 5-10 % in resting adults."""
    BREATH_HZ: ClassVar[float] = 0.25
    x_mm: float
    y_mm: float
    radius_mm: float
    rate_hz: float
    phase: float
    """Where in the beat the clip starts, 0 to 1."""
    amplitude_mm: float
    """Outward travel of the wall."""
    upstroke: float = 0.15
    """Share of the beat in which the wall moves out, as in carotid and brachial distension waveforms."""
    beat_variation: float = 0.0
    """By which share of the largest beat the smallest falls short."""
    visible: bool = True
    """Whether the vessel is in the picture; otherwise its pulse alone comes through from beside the scan plane."""
    name: str = "pulsation"

    @property
    def span_s(self) -> tuple[float, float]:
        """Always."""
        return ALWAYS_S

    def course(self, t_s: Array) -> Array:
        """Move fast outwards and slowly back, at a rate that wanders with the breath."""
        t = np.asarray(t_s)
        beats = self.phase + self.rate_hz * t + self.SINUS_ARRHYTHMIA * np.sin(2 * np.pi * self.BREATH_HZ * t)
        p = beats % 1
        # Multiples of the golden ratio spread evenly without a period: no two neighbouring beats are alike.
        size = 1 - self.beat_variation * (np.floor(beats) * GOLDEN_RATIO % 1)
        return size * np.where(
            p < self.upstroke,
            cosine_step(p / self.upstroke),
            1 - cosine_step((p - self.upstroke) / (1 - self.upstroke)),
        )

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Push radially: growing within the vessel, falling with 1/r outside as incompressible tissue must."""
        dx, dy = x_mm - self.x_mm, y_mm - self.y_mm
        r = np.maximum(np.hypot(dx, dy), 1e-6)
        size = self.amplitude_mm * np.where(r < self.radius_mm, r / self.radius_mm, self.radius_mm / r)
        radial = size / r * ramp(layers.depth(x_mm, y_mm), 0.0, layers.skin_mm)
        return np.stack([radial * dx, radial * dy, np.zeros_like(r)])


@dataclass(frozen=True, slots=True)
class Breathing:
    """The chest's breath: a slow swing of everything, more at depth than under the probe."""

    kind: ClassVar[str] = "breathing"
    name: ClassVar[str] = "breathing"
    SKIN_SHARE: ClassVar[float] = 0.3
    """The probe follows the skin, so least is seen there."""
    rate_hz: float
    phase: float
    amplitude_mm: float
    angle_deg: float

    @property
    def span_s(self) -> tuple[float, float]:
        """Always."""
        return ALWAYS_S

    def course(self, t_s: Array) -> Array:
        """Swing as a sine."""
        return np.sin(2 * np.pi * (self.rate_hz * np.asarray(t_s) + self.phase))

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Move everything one way, more with depth."""
        depth = self.SKIN_SHARE + (1 - self.SKIN_SHARE) * np.clip(layers.depth(x_mm, y_mm) / layers.bottom_mm, 0, 1)
        return with_elevation(along(self.angle_deg, self.amplitude_mm * depth + 0 * x_mm))


@dataclass(frozen=True, slots=True)
class Tremor:
    """A burst of oscillation at 4-12 Hz, broad: tremor, or the pseudotremor of a weak contraction."""

    kind: ClassVar[str] = "tremor"
    SWELL_S: ClassVar[float] = 0.4
    """Time a burst takes to swell and to die away; two to four cycles."""
    WAVER: ClassVar[float] = 0.1
    """Share by which the rate of a tremor that wanes fully rises and falls; physiological tremor keeps within 1 Hz."""
    onset_s: float
    offset_s: float
    rate_hz: float
    amplitude_mm: float
    angle_deg: float
    x_mm: float
    y_mm: float
    major_mm: float
    minor_mm: float
    waning: float = 0.0
    """Share of its strength that it loses in between, as tremor waxes and wanes."""
    waning_hz: float = 0.5
    name: str = "tremor"
    """``"pseudotremor"`` when it rides on a contraction."""

    @property
    def peak_s(self) -> float:
        """The middle of the burst."""
        return (self.onset_s + self.offset_s) / 2

    @property
    def span_s(self) -> tuple[float, float]:
        """The burst."""
        return self.onset_s, self.offset_s

    def course(self, t_s: Array) -> Array:
        """Oscillate as a sine that swells, wanes in between, and dies away."""
        t = np.asarray(t_s) - self.onset_s
        length = self.offset_s - self.onset_s
        swell = swelling(t, 0.0, length, self.SWELL_S)
        wane = 1 - self.waning * (0.5 - 0.5 * np.cos(2 * np.pi * self.waning_hz * t))
        # The rate wavers with the strength: no muscle is a tuning fork.
        turn = 2 * np.pi * self.waning_hz
        cycles = self.rate_hz * (t + self.WAVER * self.waning * np.sin(turn * t) / turn)
        return swell * wane * np.sin(2 * np.pi * cycles)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Move a broad region of muscle one way."""
        s, n = turned(self, x_mm, y_mm)
        broad = np.exp(-0.5 * ((s / (self.major_mm * FWHM_TO_SD)) ** 2 + (n / (self.minor_mm * FWHM_TO_SD)) ** 2))
        return with_elevation(along(self.angle_deg, self.amplitude_mm * broad * layers.mobility(x_mm, y_mm)))


class Turned(Protocol):
    """A place with a direction."""

    @property
    def x_mm(self) -> float: ...  # noqa: D102
    @property
    def y_mm(self) -> float: ...  # noqa: D102
    @property
    def angle_deg(self) -> float: ...  # noqa: D102


class Acting(Turned, Protocol):
    """A territory with a line of action."""

    @property
    def major_mm(self) -> float: ...  # noqa: D102
    @property
    def minor_mm(self) -> float: ...  # noqa: D102


class Pulling(Acting, Protocol):
    """A territory that pulls so far."""

    @property
    def amplitude_mm(self) -> float: ...  # noqa: D102


def contracted(at: Pulling, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
    """Return the (3, …) displacement in mm where a territory shortens, held back by skin and bone."""
    return with_elevation(at.amplitude_mm * shortening(at, x_mm, y_mm) * layers.mobility(x_mm, y_mm))


def shortening(at: Acting, x_mm: Array, y_mm: Array, spread: float = 1.0) -> Array:
    """Return the (2, …) field of unit size described at :class:`Twitch`."""
    s, n = turned(at, x_mm, y_mm)
    sd_s, sd_n = at.major_mm * spread * FWHM_TO_SD, at.minor_mm * spread * FWHM_TO_SD
    g = np.exp(-0.5 * ((s / sd_s) ** 2 + (n / sd_n) ** 2))
    along = g * (1 - n**2 / (2 * sd_n**2))
    across = g * s * n / (2 * sd_s**2)
    cos, sin = np.cos(np.radians(at.angle_deg)), np.sin(np.radians(at.angle_deg))
    return np.stack([along * cos - across * sin, along * sin + across * cos])


def turned(at: Turned, x_mm: Array, y_mm: Array) -> tuple[Array, Array]:
    """Return positions along and across the line of action through the centre."""
    cos, sin = np.cos(np.radians(at.angle_deg)), np.sin(np.radians(at.angle_deg))
    dx, dy = x_mm - at.x_mm, y_mm - at.y_mm
    return dx * cos + dy * sin, dy * cos - dx * sin


def along(angle_deg: float, size: Array) -> Array:
    """Return vectors of these lengths in one direction, from the x axis towards the y axis."""
    return np.stack([size * np.cos(np.radians(angle_deg)), size * np.sin(np.radians(angle_deg))])


def with_elevation(field: Array) -> Array:
    """Add the elevational part of a tissue motion to its in-plane field."""
    return np.concatenate([field, OUT_OF_PLANE_SHARE * np.hypot(field[0], field[1])[None]])


def swelling(t_s: Array, onset_s: float, offset_s: float, edge_s: float) -> Array:
    """Rise to 1 within ``edge_s`` of the onset, and fall to 0 within as long before the offset."""
    return cosine_step((t_s - onset_s) / edge_s) * cosine_step((offset_s - t_s) / edge_s)


def out_and_back(since_peak_s: Array, rise_s: float, hold_s: float, release_s: float) -> Array:
    """Rise to 1 at the peak, hold, and fall to 0; raised cosines."""
    return cosine_step(1 + since_peak_s / rise_s) - cosine_step((since_peak_s - hold_s) / release_s)


@dataclass(frozen=True, slots=True)
class Wave:
    """One of the sines that make an irregular course."""

    rate_hz: float
    phase: float
    """Share of a cycle, 0 to 1."""
    size: float


def irregular(waves: tuple[Wave, ...], t_s: Array) -> Array:
    """Sum sines of unrelated rates to a course that never repeats within a clip."""
    parts = [wave.size * np.sin(2 * np.pi * (wave.rate_hz * t_s + wave.phase)) for wave in waves]
    return np.sum(parts, axis=0)

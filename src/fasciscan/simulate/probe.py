"""What the hand that holds the probe does: slips, taps, turns, presses, and a slow drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fasciscan.simulate.geometry import Array, Layers, cosine_step
from fasciscan.simulate.motions import ALWAYS_S, with_elevation


class _OutAndBack:
    """The course of a hand that goes somewhere and stays there, or comes back as it went."""

    __slots__ = ()
    onset_s: float
    travel_s: float
    returns: bool

    @property
    def peak_s(self) -> float:
        """When the hand has gone farthest."""
        return self.onset_s + self.travel_s

    @property
    def offset_s(self) -> float:
        """When the hand rests again."""
        return self.onset_s + self.travel_s * (2 if self.returns else 1)

    @property
    def span_s(self) -> tuple[float, float]:
        """What does not return never ends: what it moved stays moved."""
        return self.onset_s, self.offset_s if self.returns else np.inf

    def course(self, t_s: Array) -> Array:
        """Go out as a raised cosine, and back if it returns."""
        p = (np.asarray(t_s) - self.onset_s) / self.travel_s
        return cosine_step(p) - (cosine_step(p - 1) if self.returns else 0)


@dataclass(frozen=True, slots=True)
class ProbeMotion(_OutAndBack):
    """The probe slips (and stays) or is tapped (and returns): everything moves as one, the skin too."""

    kind: ClassVar[str] = "probe motion"
    OUT_OF_PLANE: ClassVar[float] = 0.3
    """A hand slips as easily across the scan plane as along it."""
    onset_s: float
    travel_s: float
    x_shift_mm: float
    y_shift_mm: float
    returns: bool
    turn_deg: float = 0.0
    """Rotation of the image about the middle of the probe's face."""
    pivot_x_mm: float = 0.0

    @property
    def name(self) -> str:
        """A twist turns, a tap returns, a slip stays."""
        return "twist" if self.turn_deg else "tap" if self.returns else "slip"

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:  # noqa: ARG002
        """Move everything as one rigid body."""
        one = np.ones(np.broadcast_shapes(np.shape(x_mm), np.shape(y_mm)))
        across = self.OUT_OF_PLANE * np.hypot(self.x_shift_mm, self.y_shift_mm)
        sin, less = np.sin(np.radians(self.turn_deg)), np.cos(np.radians(self.turn_deg)) - 1
        dx, dy = (x_mm - self.pivot_x_mm) * one, y_mm * one
        turn_x, turn_y = less * dx - sin * dy, sin * dx + less * dy
        return np.stack([self.x_shift_mm * one + turn_x, self.y_shift_mm * one + turn_y, across * one])


@dataclass(frozen=True, slots=True)
class ProbePress(_OutAndBack):
    """The probe is pressed in or let go: seen from it, deep tissue comes nearer while the skin stays."""

    kind: ClassVar[str] = "probe motion"
    name: ClassVar[str] = "press"
    SPREAD: ClassVar[float] = 0.3
    """Sideways over axial strain, from the middle: tissue gives way along the plane and across it."""
    onset_s: float
    travel_s: float
    amplitude_mm: float
    """Approach of the deepest tissue."""
    middle_mm: float
    returns: bool

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:
        """Come nearer with depth and spread to the sides."""
        share = np.clip(layers.depth(x_mm, y_mm) / layers.bottom_mm, 0, 1)
        strain = self.amplitude_mm / layers.bottom_mm
        sideways = self.SPREAD * strain * (x_mm - self.middle_mm) * share
        return with_elevation(np.stack([sideways, -self.amplitude_mm * share]))


@dataclass(frozen=True, slots=True)
class Drift:
    """A slow slide of the probe over the skin."""

    kind: ClassVar[str] = "drift"
    name: ClassVar[str] = "drift"
    x_mm_per_s: float
    y_mm_per_s: float

    @property
    def span_s(self) -> tuple[float, float]:
        """Always."""
        return ALWAYS_S

    def course(self, t_s: Array) -> Array:
        """Grow with time."""
        return np.asarray(t_s, dtype=float)

    def pattern(self, x_mm: Array, y_mm: Array, layers: Layers) -> Array:  # noqa: ARG002
        """Move everything alike."""
        one = np.ones(np.broadcast_shapes(np.shape(x_mm), np.shape(y_mm)))
        return with_elevation(np.stack([self.x_mm_per_s * one, self.y_mm_per_s * one]))

"""Vessels of a phantom: where blood is, and what lines it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.mimics import LengthwiseArtery
from fasciscan.simulate.motions import Pulsation, turned

WALL_DB = -14.0
LEAVES_MM, LEAVES_DB = (0.0, 0.5), (-18.0, -8.0)
"""The two bright lines of a wall seen lengthwise, intima and adventitia: distance beyond the lumen, and levels."""


class Vessel(Protocol):
    """A vessel in beam coordinates."""

    def holds(self, x: NDArray, y: NDArray) -> NDArray[np.bool_]:
        """Tell which places lie in its lumen."""
        ...

    def walls(self, step_mm: float) -> Iterable[tuple[NDArray, NDArray, float, NDArray]]:
        """Give the paths of its walls in steps of about a length, each with its level and its weight."""
        ...


@dataclass(frozen=True, slots=True)
class _Across:
    """A vessel that crosses the scan plane: a ring."""

    x_mm: float
    y_mm: float
    radius_mm: float

    def holds(self, x: NDArray, y: NDArray) -> NDArray[np.bool_]:
        return np.hypot(x - self.x_mm, y - self.y_mm) < self.radius_mm

    def walls(self, step_mm: float) -> Iterable[tuple[NDArray, NDArray, float, NDArray]]:
        """Make them brightest above and below, where the beam meets a wall square and is mirrored best."""
        angle = np.arange(0, 2 * np.pi, step_mm / self.radius_mm)
        x, y = self.x_mm + self.radius_mm * np.cos(angle), self.y_mm + self.radius_mm * np.sin(angle)
        yield x, y, WALL_DB, 0.15 + 0.85 * np.abs(np.sin(angle)) ** 3


@dataclass(frozen=True, slots=True)
class _Along:
    """A vessel that lies in the scan plane: a band between two walls of two leaves each."""

    artery: LengthwiseArtery
    layers: Layers

    def holds(self, x: NDArray, y: NDArray) -> NDArray[np.bool_]:
        if self.layers.sector is not None:
            x, y = self.layers.sector.to_image(x, y)
        s, n = turned(self.artery, x, y)
        return (np.abs(n) < self.artery.radius_mm) & (np.abs(s) < self._half_length_mm)

    def walls(self, step_mm: float) -> Iterable[tuple[NDArray, NDArray, float, NDArray]]:
        s = np.arange(-self._half_length_mm, self._half_length_mm, step_mm)
        fade = np.abs(np.cos(0.5 * np.pi * s / self._half_length_mm)) ** 0.3
        axis, square = np.radians(self.artery.angle_deg), np.radians(self.artery.angle_deg + 90)
        for side in (-1, 1):
            for leaf, level_db in zip(LEAVES_MM, LEAVES_DB, strict=True):
                n = side * (self.artery.radius_mm + leaf)
                x = self.artery.x_mm + s * np.cos(axis) + n * np.cos(square)
                y = self.artery.y_mm + s * np.sin(axis) + n * np.sin(square)
                if self.layers.sector is not None:
                    x, y = self.layers.sector.to_beam(x, y)
                yield x, y, level_db, fade

    @property
    def _half_length_mm(self) -> float:
        return self.artery.half_length_mm + self.artery.END_MM / 2


def vessel_of(pulse: Pulsation, layers: Layers) -> Vessel:
    """Give the vessel that makes a pulsation."""
    if isinstance(pulse, LengthwiseArtery):
        return _Along(pulse, layers)
    if layers.sector is None:
        return _Across(pulse.x_mm, pulse.y_mm, pulse.radius_mm)
    x, y = layers.sector.to_beam(np.asarray(pulse.x_mm), np.asarray(pulse.y_mm))
    return _Across(float(x), float(y), pulse.radius_mm)

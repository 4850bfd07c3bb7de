"""Where things lie in the picture: the fan of a curved probe, the layers of tissue, and the soft edges between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sector:
    """The fan of a curved probe. Its face is an arc that bulges into the tissue; beams leave it at right angles.

    Two ways to name a place: image coordinates (x, y) from the upper left corner of the fan's box, and beam coordinates
    (s, d), the depth below the face and the arc length to the left edge, taken at half the depth.
    """

    radius_mm: float
    """Of the probe's face."""
    half_angle_deg: float
    """From the middle beam to the last one."""
    depth_mm: float

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the fan's box in the image."""
        half = np.radians(self.half_angle_deg)
        far = self.radius_mm + self.depth_mm
        return float(2 * far * np.sin(half)), float(far - self.radius_mm * np.cos(half))

    @property
    def span_mm(self) -> float:
        """Width of the fan in beam coordinates."""
        return float(2 * np.radians(self.half_angle_deg) * self._middle_mm)

    @property
    def _middle_mm(self) -> float:
        return self.radius_mm + self.depth_mm / 2

    @property
    def _centre_mm(self) -> tuple[float, float]:
        """Where the beams would meet, in image coordinates."""
        return self.size_mm[0] / 2, float(-self.radius_mm * np.cos(np.radians(self.half_angle_deg)))

    def to_image(self, s_mm: Array, d_mm: Array) -> tuple[Array, Array]:
        """Return the image coordinates of beam coordinates."""
        angle = self._angle(s_mm)
        r = self.radius_mm + d_mm
        x0, y0 = self._centre_mm
        return x0 + r * np.sin(angle), y0 + r * np.cos(angle)

    def to_beam(self, x_mm: NDArray[np.floating], y_mm: NDArray[np.floating]) -> tuple[Array, Array]:
        """Return the beam coordinates of image coordinates."""
        x0, y0 = self._centre_mm
        dx, dy = x_mm - x0, y_mm - y0
        return self.span_mm / 2 + np.arctan2(dx, dy) * self._middle_mm, np.hypot(dx, dy) - self.radius_mm

    def turn_to_beam(self, field: Array, s_mm: Array, d_mm: Array) -> Array:
        """Express small displacements (3, …) given along x, y, z at beam coordinates as changes of s, d, z."""
        cos, sin = np.cos(self._angle(s_mm)), np.sin(self._angle(s_mm))
        across = (field[0] * cos - field[1] * sin) * self._middle_mm / (self.radius_mm + d_mm)
        return np.stack([across, field[0] * sin + field[1] * cos, field[2]])

    def _angle(self, s_mm: Array) -> Array:
        return (s_mm - self.span_mm / 2) / self._middle_mm


@dataclass(frozen=True, slots=True)
class Layers:
    """Depths that say which tissue a motion can move; millimetres below the face of the probe."""

    skin_mm: float
    """Down to here nothing but the probe moves the tissue."""
    muscle_top_mm: float
    muscle_bottom_mm: float
    bottom_mm: float
    """Bone or the lower edge: from here on nothing moves again, unless all does."""
    sector: Sector | None = None
    """The fan, if the probe is curved; a linear probe's face is the top edge of the image."""

    def depth(self, x_mm: Array, y_mm: Array) -> Array:
        """Return the depth below the probe's face of places in the image."""
        return y_mm if self.sector is None else self.sector.to_beam(x_mm, y_mm)[1]

    def mobility(self, x_mm: Array, y_mm: Array) -> Array:
        """Return how freely tissue at a place follows a muscle: 1 within it, 0 at the skin and at bone."""
        d = self.depth(x_mm, y_mm)
        return ramp(d, self.skin_mm, self.muscle_top_mm) * (1 - ramp(d, self.muscle_bottom_mm, self.bottom_mm))


def ramp(y: Array, start: float, end: float) -> Array:
    """Rise from 0 at ``start`` to 1 at ``end`` as a raised cosine."""
    return cosine_step((np.asarray(y, dtype=float) - start) / max(end - start, 1e-6))


def cosine_step(p: Array) -> Array:
    """Rise from 0 at p ≤ 0 to 1 at p ≥ 1 as a raised cosine."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(p, 0, 1))

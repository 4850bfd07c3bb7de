"""The room a scene has for events: the muscle within reach of the beams, and the length of the clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fasciscan.simulate.broad.recording import Shape
from fasciscan.simulate.chance import EDGE_S, Range
from fasciscan.simulate.geometry import Layers

SIDE_MM = 4.0
"""Epicentres keep this far from the sides of the picture."""
RIM_MM = 2.0
"""And this far from the rims of the muscle."""
MOMENT_TRIES = 50


@dataclass(frozen=True, slots=True)
class Room:
    """Where and when events can be."""

    layers: Layers
    fibres_deg: float
    """Direction of the fascicles, from the x axis towards the y axis (down)."""
    shape: Shape

    @property
    def width_mm(self) -> float:
        """Width that the beams sweep; of a fan in its own coordinates."""
        return self.shape.beam_size_mm[0]

    @property
    def middle_mm(self) -> float:
        """Depth of the middle of the muscle."""
        return (self.layers.muscle_top_mm + self.layers.muscle_bottom_mm) / 2

    @property
    def probe_x_mm(self) -> float:
        """Middle of the probe's face, in the image."""
        return self.in_image(self.width_mm / 2, 0.0)[0]

    def in_image(self, s_mm: float, d_mm: float) -> tuple[float, float]:
        """Return image coordinates of a place given along and below the probe's face."""
        sector = self.layers.sector
        if sector is None:
            return s_mm, d_mm
        x, y = sector.to_image(np.asarray(s_mm), np.asarray(d_mm))
        return float(x), float(y)

    def draw_place(self, rng: np.random.Generator) -> tuple[float, float]:
        """Draw a place in the muscle, in image coordinates."""
        top, bottom = self.layers.muscle_top_mm, self.layers.muscle_bottom_mm
        side = min(SIDE_MM, 0.2 * self.width_mm)
        rim = min(RIM_MM, 0.25 * (bottom - top))
        s = float(rng.uniform(side, self.width_mm - side))
        return self.in_image(s, float(rng.uniform(top + rim, bottom - rim)))

    def draw_moments(self, rng: np.random.Generator, most: int, apart_s: float) -> list[float]:
        """Draw one to ``most`` onsets that leave ``apart_s`` for each event and to the end of the clip."""
        wanted = int(rng.integers(1, most + 1))
        moments: list[float] = []
        for _ in range(MOMENT_TRIES):
            new = float(rng.uniform(EDGE_S, max(EDGE_S, self.shape.duration_s - EDGE_S - apart_s)))
            if all(abs(new - other) > apart_s for other in moments):
                moments.append(new)
            if len(moments) == wanted:
                break
        return sorted(moments)

    def draw_span(self, rng: np.random.Generator, length_s: Range) -> Range:
        """Draw the onset and offset of a long event within the clip."""
        room = self.shape.duration_s - 2 * EDGE_S
        length = min(float(rng.uniform(*length_s)), room)
        onset = EDGE_S + float(rng.uniform(0, room - length))
        return onset, onset + length

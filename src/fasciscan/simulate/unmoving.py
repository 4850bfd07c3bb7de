"""Look-alikes that move no tissue: shadows, flashes, and colour over a vessel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.geometry import cosine_step
from fasciscan.simulate.motions import SWELL_S, Wave, irregular, out_and_back, swelling


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow whose edge wanders, as under a lifted rim of the probe or an air bubble: no tissue moves."""

    kind: ClassVar[str] = "artefact"
    name: ClassVar[str] = "shadow"
    onset_s: float
    offset_s: float
    x_mm: float
    """Middle of the shadow, along the probe's face."""
    width_mm: float
    edge_mm: float
    """Width of its edges: half a beam's aperture."""
    loss_db: float
    swing_mm: float
    waves: tuple[Wave, ...]

    @property
    def peak_s(self) -> float:
        """The middle of its time."""
        return (self.onset_s + self.offset_s) / 2

    def gain(self, x_mm: NDArray[np.floating], t_s: float) -> NDArray[np.float32]:
        """Return by how much echoes are weakened at places along the probe's face, 0 to 1."""
        held = swelling(np.asarray(t_s), self.onset_s, self.offset_s, SWELL_S)
        middle = self.x_mm + self.swing_mm * irregular(self.waves, np.asarray(t_s))
        outside = (np.abs(x_mm - middle) - self.width_mm / 2) / self.edge_mm
        return (10 ** (-self.loss_db * held * (1 - cosine_step(outside + 0.5)) / 20)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Flicker:
    """A box of the picture that gets brighter or darker at once: a colour box, or a turn of the gain knob."""

    kind: ClassVar[str] = "artefact"
    name: str
    """``"colour box"`` or ``"gain step"``."""
    box: tuple[int, int, int, int]
    """Left, top, width and height in the image, pixels."""
    grey: int
    """Added to the grey levels, of 255."""
    stretches_s: tuple[tuple[float, float], ...]
    """When it is on."""

    @property
    def onset_s(self) -> float:
        """When it is first on."""
        return self.stretches_s[0][0]

    @property
    def peak_s(self) -> float:
        """It is at once what it will be."""
        return self.onset_s

    @property
    def offset_s(self) -> float:
        """When it is last off."""
        return self.stretches_s[-1][1]

    def paint(self, picture: NDArray[np.uint8], t_s: float) -> None:
        """Brighten the picture in place, if it is on."""
        if not any(start <= t_s < end for start, end in self.stretches_s):
            return
        x, y, width, height = self.box
        part = picture[y : y + height, x : x + width]
        part[:] = np.clip(part.astype(np.int16) + self.grey, 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class ColourFlow:
    """Colour Doppler over a vessel, as a recording in grey keeps it: patches of light that come with each beat."""

    kind: ClassVar[str] = "artefact"
    name: ClassVar[str] = "colour flow"
    UPSTROKE: ClassVar[float] = 0.1
    """Share of the beat in which the colour comes."""
    corners_px: tuple[tuple[int, int], ...]
    """Of the part of the vessel that lies in the colour box, in the image."""
    lumen: float
    """Share of the grey levels that blood leaves, 0 to 1."""
    grey: int
    """Of the colour."""
    grain_px: int
    """Side of a patch: colour is measured coarsely."""
    rate_hz: float
    phase: float
    """Where in the beat the clip starts, 0 to 1."""
    filled: float
    """Share of the beat until the colour is gone."""
    seed: int
    """Decides which patches light up."""

    def paint(self, picture: NDArray[np.uint8], t_s: float) -> None:
        """Darken the vessel in place and light up its patches, other ones in each picture."""
        import cv2

        left, top, width, height = cv2.boundingRect(np.array(self.corners_px))
        left, top = max(left, 0), max(top, 0)
        part = picture[top : top + height, left : left + width]
        vessel = np.zeros(part.shape, np.uint8)
        cv2.fillPoly(vessel, [np.array(self.corners_px) - (left, top)], 1)
        beat = (self.phase + self.rate_hz * t_s) % 1
        ebbs = self.filled / 2
        flow = float(out_and_back(np.array(beat - self.UPSTROKE), self.UPSTROKE, ebbs - self.UPSTROKE, ebbs))
        generator = np.random.default_rng([self.seed, round(t_s * 1000)])
        coarse = generator.random((2, -(-height // self.grain_px), -(-width // self.grain_px)), np.float32)
        patch, light = (_enlarged(values, self.grain_px, part.shape) for values in coarse)
        lit = (vessel > 0) & (patch < flow)
        part[vessel > 0] = (part[vessel > 0] * self.lumen).astype(np.uint8)
        part[lit] = (self.grey * (0.6 + 0.4 * light[lit])).astype(np.uint8)


def _enlarged(values: NDArray[np.float32], times: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.kron(values, np.ones((times, times), np.float32))[: shape[0], : shape[1]]

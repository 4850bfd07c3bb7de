"""A scene: all that has to be known to make one clip again, from tissue and motions to scanner and codec."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.mimics import LookAlike
from fasciscan.simulate.motions import Motion, Twitch
from fasciscan.simulate.unmoving import ColourFlow, Flicker, Shadow


class Stream(IntEnum):
    """Streams of randomness drawn from one seed, so that a change to one part leaves the others as they were."""

    NOISE = 1
    RECORDER = 2
    TISSUE = 3


CODECS = {"h264": ".mp4", "mpeg4": ".mp4", "mjpeg": ".avi", "hevc": ".mp4"}
"""What clips can be coded in, each with its usual container."""


@dataclass(frozen=True, slots=True)
class Texture:
    """Tissue taken from a real still: its grey levels are warped. Its speckle is real but moves too perfectly."""

    still: Path
    crop_x_px: int
    crop_y_px: int
    """Upper left corner of the image in the still; what lies around it comes into view when the probe moves."""
    mirrored: bool
    layers: Layers


@dataclass(frozen=True, slots=True)
class Imaging:
    """Another way to make a picture than one Gaussian pulse and beam through even tissue: a family kept for tests."""

    angles_deg: tuple[float, ...]
    """Directions of the pictures that are compounded: averaged after detection, which takes away speckle."""
    side_lobe: float
    """Height of the first lobes beside the beam, of the main one."""
    tail: float
    """How much longer the pulse dies away than it rises: 0 is symmetric."""
    clump_mm: float
    clump_shape: float
    """Scatterers lie in clumps whose strength has a gamma distribution of this shape: K-distributed speckle."""
    median: bool
    """Whether the picture goes through a median filter against speckle."""
    sharpening: float
    """Weight of the edges that are put on top."""


@dataclass(frozen=True, slots=True)
class Phantom:
    """Tissue made of scatterers in layers, moved one by one and then imaged by :mod:`fasciscan.simulate.beam`."""

    layers: Layers
    slope: float
    """Fall of the aponeuroses from left to right, mm per mm."""
    pennation_deg: float
    """Angle of the fascicles to the x axis, towards the y axis (down)."""
    muscle_db: float
    """Echo level of muscle between its septa, dB under the brightest grey."""
    fat_db: float
    stria_db: float
    """Level of the perimysial septa."""
    striae_per_cm2: float
    fascia_db: float
    attenuation_db_per_cm: float
    """What depth gain leaves uncompensated: deep tissue sinks into the noise."""
    bone: bool
    """Whether bone, with its shadow, ends the picture; otherwise a deeper muscle does."""
    frequency_mhz: float
    axial_mm: float
    """Resolution (width of the pulse at half height)."""
    lateral_mm: float
    """Resolution at the focus."""
    focus_mm: float
    imaging: Imaging | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """The scanner's screen around the image, in pixels: text, ruler, grey bar, and a clock that runs."""

    left_px: int
    top_px: int
    right_px: int
    bottom_px: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Scanner and recorder: what happens between the echo and the file."""

    dynamic_range_db: float
    noise_db: float
    """Electronic noise at the skin, dB under the brightest grey."""
    noise_rise_db_per_cm: float
    """By which gain lifts it with depth."""
    persistence: float
    """Weight of the picture before in each new one, 0 to below 1."""
    codec: str
    """``"h264"``, ``"mpeg4"`` or ``"mjpeg"``."""
    quality: int
    """H.264: crf 0-51; others: quantiser scale 1-31. Smaller is better."""
    key_frame_interval: int
    recorded_rate_hz: float | None = None
    """Rate of the recorder when it differs from the scanner's: it copies or misses pictures."""
    dropped_share: float = 0.0
    """Share of recorded frames that never reach the file; the times of the others stay right."""
    screen: Screen | None = None
    effort: str = "veryfast"
    """x264's preset: how much work it spends on a picture, and so which artefacts it leaves."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One clip to be made. Positions are mm from the image's upper left corner, times seconds from the start.

    Raises
    ------
    ValueError
        If sizes are odd (video codecs halve the colour planes), the codec is unknown, or dropped frames are asked of
        AVI, which cannot say when a frame was taken.
    """

    seed: int
    preset: str
    duration_s: float
    frame_rate_hz: float
    """Pictures the scanner makes in a second."""
    width_px: int
    height_px: int
    mm_per_px: float
    tissue: Texture | Phantom
    machine: Machine
    twitches: tuple[Twitch, ...] = ()
    look_alikes: tuple[LookAlike, ...] = ()

    def __post_init__(self) -> None:
        machine = self.machine
        if machine.codec not in CODECS:
            raise ValueError(f"codec {machine.codec!r} is not one of {', '.join(CODECS)}")
        if machine.dropped_share > 0 and CODECS[machine.codec] == ".avi":
            raise ValueError("AVI has no times of its own, so frames cannot be dropped from it")
        if any(size % 2 for size in self.frame_size):
            raise ValueError("the frame needs an even width and height")

    @property
    def motions(self) -> tuple[Motion, ...]:
        """Everything that moves tissue."""
        return (*self.twitches, *(m for m in self.look_alikes if not isinstance(m, Shadow | Flicker | ColourFlow)))

    @property
    def shadows(self) -> tuple[Shadow, ...]:
        """What weakens echoes and moves nothing."""
        return tuple(motion for motion in self.look_alikes if isinstance(motion, Shadow))

    @property
    def flickers(self) -> tuple[Flicker | ColourFlow, ...]:
        """What changes grey levels and moves nothing."""
        return tuple(motion for motion in self.look_alikes if isinstance(motion, Flicker | ColourFlow))

    @property
    def recorded_rate_hz(self) -> float:
        """Frames the recorder takes in a second."""
        return self.machine.recorded_rate_hz or self.frame_rate_hz

    def generator(self, stream: Stream) -> np.random.Generator:
        """Return the source of randomness of one part; the same each time."""
        return np.random.default_rng([self.seed, stream])

    @property
    def image_box(self) -> tuple[int, int, int, int]:
        """Where the image lies in the frame: x, y, width, height in pixels."""
        screen = self.machine.screen
        return (screen.left_px if screen else 0, screen.top_px if screen else 0, self.width_px, self.height_px)

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height of the recorded frame in pixels, the screen included."""
        x, y, width, height = self.image_box
        screen = self.machine.screen
        return (x + width + screen.right_px, y + height + screen.bottom_px) if screen else (width, height)

    @property
    def beam_size_mm(self) -> tuple[float, float]:
        """Width and depth that the beams sweep; for a curved probe in its own coordinates, see :class:`Sector`."""
        sector = self.tissue.layers.sector
        return (sector.span_mm, sector.depth_mm) if sector else (self.width_mm, self.height_mm)

    @property
    def width_mm(self) -> float:
        """Width of the image."""
        return self.width_px * self.mm_per_px

    @property
    def height_mm(self) -> float:
        """Depth of the image."""
        return self.height_px * self.mm_per_px

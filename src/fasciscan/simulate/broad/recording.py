"""Shape and machine of the recordings: length, rate, size, probe; and what scanner and recorder do to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fasciscan.simulate.chance import Range, log_uniform
from fasciscan.simulate.geometry import Sector
from fasciscan.simulate.scene import CODECS, Machine, Screen

DURATION_S: Range = (12.0, 16.0)
FRAME_RATE_HZ = ((0.12, 15.0, 25.0), (0.73, 25.0, 80.0), (0.15, 80.0, 100.0))
"""Shares, lowest and highest rates: most recordings have 25 to 80 frames a second."""
MM_PER_PX: Range = (0.04, 0.15)
IMAGE_WIDTH_MM: Range = (25.0, 55.0)
IMAGE_DEPTH_MM: Range = (20.0, 60.0)
IMAGE_PX: Range = (200.0, 640.0)
CURVED_SHARE = 0.12
CURVED_RADIUS_MM: Range = (15.0, 60.0)
"""From microconvex to abdominal probes."""
CURVED_HALF_ANGLE_DEG: Range = (12.0, 34.0)
CURVED_DEPTH_MM: Range = (30.0, 60.0)
CURVED_WIDTH_MM = 75.0
"""Fans are cut to this width, so that pixels stay within their range."""
CURVED_MM_PER_PX: Range = (0.08, MM_PER_PX[1])
CURVED_LONGER_PX: Range = (360.0, 560.0)
"""Of the sides of a fan's box, the longer one."""

CRF = (16, 20, 30)
"""Lowest, commonest and highest H.264 crf."""
COPIED_SHARE, DROPPED_CLIP_SHARE, SCREEN_SHARE = 0.15, 0.15, 0.35
RECORDER_RATES_HZ = (25.0, 30.0, 50.0, 60.0, 90.0)
EFFORTS, EFFORT_SHARES = ("ultrafast", "superfast", "veryfast"), (0.4, 0.4, 0.2)

RECODED = {"h264": (31, 34, "veryfast"), "hevc": (22, 32, "superfast")}
"""Lowest and highest quality, and effort, of ways to code that are kept for tests: H.264 as strong as in messages,
and H.265."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Length, rate and size of a recording."""

    duration_s: float
    frame_rate_hz: float
    mm_per_px: float
    width_px: int
    height_px: int
    sector: Sector | None

    @property
    def beam_size_mm(self) -> tuple[float, float]:
        """Width and depth that the beams sweep; of a fan in its own coordinates."""
        if self.sector is not None:
            return self.sector.span_mm, self.sector.depth_mm
        return self.width_px * self.mm_per_px, self.height_px * self.mm_per_px


def draw_shape(rng: np.random.Generator) -> Shape:
    """Draw length and rate, a linear or a curved probe, and the size of the picture."""
    duration = float(rng.uniform(*DURATION_S))
    shares = [share for share, *_ in FRAME_RATE_HZ]
    _, low, high = FRAME_RATE_HZ[int(rng.choice(len(shares), p=shares))]
    rate = float(round(rng.uniform(low, high)))
    if rng.random() < CURVED_SHARE:
        sector = _draw_sector(rng)
        width, height = sector.size_mm
        scale = float(np.clip(max(width, height) / rng.uniform(*CURVED_LONGER_PX), *CURVED_MM_PER_PX))
        return Shape(duration, rate, scale, _even(width / scale), _even(height / scale), sector)
    scale = log_uniform(rng, MM_PER_PX)
    width_px, height_px = (_draw_size(rng, scale, limits) for limits in (IMAGE_WIDTH_MM, IMAGE_DEPTH_MM))
    return Shape(duration, rate, scale, width_px, height_px, None)


def _draw_sector(rng: np.random.Generator) -> Sector:
    radius, depth = log_uniform(rng, CURVED_RADIUS_MM), float(rng.uniform(*CURVED_DEPTH_MM))
    widest = np.degrees(np.arcsin(min(1.0, CURVED_WIDTH_MM / 2 / (radius + depth))))
    return Sector(radius, float(min(rng.uniform(*CURVED_HALF_ANGLE_DEG), widest)), depth)


def _draw_size(rng: np.random.Generator, mm_per_px: float, limits_mm: Range) -> int:
    """Draw a length in pixels that keeps both its limits, in millimetres and in pixels."""
    low, high = max(IMAGE_PX[0], limits_mm[0] / mm_per_px), min(IMAGE_PX[1], limits_mm[1] / mm_per_px)
    return _even(log_uniform(rng, (low, max(low, high))))


def _even(size: float) -> int:
    return 2 * round(size / 2)


def draw_machine(rng: np.random.Generator, muscle_db: float, shape: Shape) -> Machine:
    """Draw scanner and recorder; grey scale and noise hang on the level of the muscle, as gain is set by it."""
    codec = str(rng.choice(["h264", "mjpeg", "mpeg4"], p=[0.64, 0.18, 0.18]))
    quality = round(rng.triangular(*CRF)) if codec == "h264" else int(rng.integers(2, 8))
    rise = float(rng.uniform(0.3, 4.0))
    half_depth_cm = shape.beam_size_mm[1] / 20
    copies = rng.random() < COPIED_SHARE
    recorder = float(rng.choice([rate for rate in RECORDER_RATES_HZ if rate != shape.frame_rate_hz]))
    loses = CODECS[codec] != ".avi" and rng.random() < DROPPED_CLIP_SHARE
    return Machine(
        # The muscle comes out at a quarter to two thirds of the grey scale.
        dynamic_range_db=float(np.clip(-muscle_db / rng.uniform(0.42, 0.75), 45, 75)),
        # At half depth; gives 1-4 grey levels from frame to frame, as five recordings of four scanners have.
        noise_db=muscle_db - float(rng.uniform(13, 32)) - rise * half_depth_cm,
        noise_rise_db_per_cm=rise,
        persistence=float(rng.uniform(0, 0.7)) if rng.random() < 0.7 else 0.0,
        codec=codec,
        quality=quality,
        key_frame_interval=round(log_uniform(rng, (12, 250))),
        recorded_rate_hz=recorder if copies else None,
        dropped_share=float(rng.uniform(0.005, 0.05)) if loses else 0.0,
        screen=_draw_screen(rng) if rng.random() < SCREEN_SHARE else None,
        effort=str(rng.choice(EFFORTS, p=EFFORT_SHARES)),
    )


def recode(machine: Machine, rng: np.random.Generator) -> Machine:
    """Have the recorder code in a way that :func:`draw_machine` never draws: kept for tests."""
    codec = str(rng.choice(list(RECODED), p=[0.5, 0.5]))
    low, high, effort = RECODED[codec]
    return replace(machine, codec=codec, quality=int(rng.integers(low, high + 1)), effort=effort)


def _draw_screen(rng: np.random.Generator) -> Screen:
    left, top, right, bottom = (2 * int(n) for n in rng.integers((18, 14, 12, 4), (50, 32, 50, 30)))
    return Screen(left, top, right, bottom)

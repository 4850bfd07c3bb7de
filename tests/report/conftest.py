"""A made-up clip with its result and raster, so that reports are tested without the way that leads to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fasciscan.clip import Clip, Frame, Scale, Unusable
from fasciscan.exam import ClipResult, ClipSummary, Muscle, Provenance, poisson_rate
from fasciscan.motion.raster import Raster
from fasciscan.origin import Event, Origin, Site, Territory, Trace
from fasciscan.twitch import Kind

WIDTH, HEIGHT = 320, 240
RATE_HZ = 40.0
MM_PER_PX = 0.1
REST_S = 0.3


@dataclass(frozen=True)
class Case:
    """What write_reports takes."""

    clip: Clip
    result: ClipResult
    raster: Raster


@dataclass(frozen=True)
class Speckle:
    """A frame source: still speckle in which each twitch pushes its surroundings down and lets go."""

    times_s: np.ndarray
    twitches: tuple[Event, ...]
    delivered: int | None = None
    """Frames that really come, where a file breaks off."""

    def frames(self) -> Iterator[Frame]:
        rng = np.random.default_rng(7)
        depth = np.linspace(1, 0.35, HEIGHT)[:, None]
        still = cv2.GaussianBlur(rng.rayleigh(90, (HEIGHT, WIDTH)) * depth, (0, 0), 1.6)
        still = np.clip((still - still.mean()) * 2.2 + 80 * depth, 0, 255).astype(np.float32)
        still[60:64] = still[150:154] = 225
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        for index, time_s in enumerate(self.times_s[: self.delivered]):
            push = np.zeros_like(still)
            for event in self.twitches:
                if event.onset_s < time_s < event.offset_s:
                    reach = (columns - event.origin.x_px) ** 2 / 40**2 + (rows - event.origin.y_px) ** 2 / 25**2
                    push += float(course(event, np.array([time_s]))[0]) * np.exp(-reach / 2)
            frame = still if not push.any() else cv2.remap(still, columns, rows - push, cv2.INTER_LINEAR)
            yield Frame(index, float(time_s), frame.astype(np.uint8))


def course(event: Event, times_s: np.ndarray) -> np.ndarray:
    """Rise to the peak and fall to the offset, as half cosines."""
    points = [event.onset_s, event.peak_s, event.offset_s]
    phase = np.interp(times_s, points, [0, np.pi, 2 * np.pi], left=0, right=0)
    return event.peak_displacement_px * (1 - np.cos(phase)) / 2


def make_event(
    number: int, peak_s: float, x_px: float, y_px: float, *, kind: Kind = Kind.FASCICULATION, site: int | None = None,
    scaled: bool = True, lasting_s: float = 0.25, reason: str = "local, out and back in 0.25 s", moved_px: float = 3.0,
) -> Event:  # fmt: skip
    mm = MM_PER_PX if scaled else None
    onset_s, offset_s = peak_s - 0.3 * lasting_s, peak_s + 0.7 * lasting_s
    event = Event(
        id=number, kind=kind, probability=0.94, p_fasciculation=0.94 if kind is Kind.FASCICULATION else 0.03,
        reason=reason,
        onset_s=onset_s, peak_s=peak_s, offset_s=offset_s, peak_frame=round(peak_s * RATE_HZ),
        origin=Origin(x_px, y_px, 8.0, *((x_px * mm, y_px * mm, 0.8) if mm else (None, None, None))),
        territory=Territory(90.0, 45.0, -12.0, 3180.0, *((9.0, 4.5, 31.8) if mm else (None, None, None))),
        peak_displacement_px=moved_px, peak_velocity_px_s=55.0,
        peak_displacement_mm=moved_px * mm if mm else None, peak_velocity_mm_s=5.5 if mm else None,
        trace=Trace(np.zeros(0), np.zeros(0), None), site=site,
    )  # fmt: skip
    times_s = np.arange(onset_s - REST_S, offset_s + REST_S, 1 / RATE_HZ)
    moved = course(event, times_s)
    return replace(event, trace=Trace(times_s, moved, moved * mm if mm else None))


def make_case(
    path: Path, *, seconds: float = 20.0, events: tuple[Event, ...] = (), others: tuple[Event, ...] = (),
    excluded: tuple[Unusable, ...] = (), warnings: tuple[str, ...] = (), sites: tuple[Site, ...] = (),
    scaled: bool = True, muscle: Muscle | None = None,
) -> Case:  # fmt: skip
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    mask = np.ones((HEIGHT, WIDTH), bool)
    mask[:, :20] = mask[220:, :40] = False
    scale = Scale(MM_PER_PX, MM_PER_PX, "user") if scaled else None
    sha256 = hashlib.sha256(str(path).encode()).hexdigest()
    clip = Clip(
        path, sha256, "h264", WIDTH, HEIGHT, times_s, "file timestamps", np.zeros(len(times_s), bool), scale, mask,
        "found", Speckle(times_s, events),
    )  # fmt: skip
    exposure_s = max(seconds - sum(gap.end_s - gap.start_s for gap in excluded), 0.0)
    frozen = exposure_s == 0
    summary = ClipSummary(
        str(path), sha256, "h264", WIDTH, HEIGHT, len(times_s), 12, seconds, 0.0 if frozen else 39.4, RATE_HZ,
        "file timestamps", (MM_PER_PX, MM_PER_PX) if scaled else None, "user" if scaled else None, "found",
        float(mask.sum() * MM_PER_PX**2) if scaled else None,
    )  # fmt: skip
    result = ClipResult(
        summary, muscle, exposure_s, excluded, len(events), None if frozen else poisson_rate(len(events), exposure_s),
        events, others, sites, warnings,
        Provenance("0.1.0", f"fasciscan analyze {path}", {"motion": {"cell_px": 16}}, None, "rule"),
    )  # fmt: skip
    return Case(clip, result, make_raster(seconds, (*events, *others), scaled=scaled))


def make_raster(seconds: float, events: tuple[Event, ...], *, scaled: bool) -> Raster:
    rng = np.random.default_rng(11)
    times_s = (np.arange(round(seconds * RATE_HZ)) + 0.5) / RATE_HZ
    depth_px, lateral_px = np.arange(5.0, HEIGHT, 10), np.arange(25.0, WIDTH, 10)
    unit = MM_PER_PX if scaled else 1.0
    depth_time = rng.rayleigh(0.08, (len(times_s), len(depth_px))) * unit
    lateral_time = rng.rayleigh(0.08, (len(times_s), len(lateral_px))) * unit
    for event in events:
        over_time = course(event, times_s)[:, None] * unit
        depth_time += over_time * np.exp(-((depth_px - event.origin.y_px) ** 2) / 2 / 25**2)
        lateral_time += over_time * np.exp(-((lateral_px - event.origin.x_px) ** 2) / 2 / 40**2)
    rigid = np.abs(np.sin(times_s / 2)) * 0.05
    return Raster(
        times_s, depth_px, lateral_px, depth_time.astype(np.float32), lateral_time.astype(np.float32),
        rigid.astype(np.float32), "mm" if scaled else "px",
    )  # fmt: skip


@pytest.fixture
def case() -> Case:
    """Three fasciculations, two of them at one site, two look-alikes, a stretch left out and two warnings."""
    return make_case(
        Path("biceps, left <2>.mp4"),
        events=(
            make_event(1, 3.2, 110, 90, site=1), make_event(3, 8.6, 238, 140, site=2, moved_px=1.6),
            make_event(4, 9.1, 114, 94, site=1),
        ),
        others=(
            make_event(2, 6.0, 60, 180, kind=Kind.PULSATION, reason="comes every 0.86 s at one place", moved_px=1.2),
            make_event(5, 12.4, 160, 120, kind=Kind.CONTRACTION, lasting_s=1.6, reason="lasts 1.6 s", moved_px=6.0),
        ),
        excluded=(Unusable(14.0, 17.5, "the picture is frozen"),),
        warnings=("12 of 800 frames are copies of the one before.", "The clip is shorter than 60 s."),
        sites=(Site(1, 112, 92, 11.2, 9.2, 2), Site(2, 238, 140, 23.8, 14.0, 1)),
        muscle=Muscle("biceps brachii", "left"),
    )  # fmt: skip


@pytest.fixture
def case_without_scale() -> Case:
    """One fasciculation in a clip whose pixels have no size."""
    return make_case(
        Path("unscaled.avi"), events=(make_event(1, 3.2, 110, 90, site=1, scaled=False),),
        sites=(Site(1, 110, 90, None, None, 1),), scaled=False,
    )  # fmt: skip


@pytest.fixture
def quiet_case() -> Case:
    """Thirty seconds in which nothing twitched."""
    return make_case(Path("quiet.mp4"), seconds=30.0)


@pytest.fixture
def frozen_case() -> Case:
    """A frozen recording: nothing in it can be analysed, and no motion was measured."""
    made = make_case(
        Path("frozen.mp4"), seconds=5.0, excluded=(Unusable(0.0, 5.0, "the picture is frozen"),),
        warnings=("The recording is frozen: all frames are copies of the first.",),
    )  # fmt: skip
    empty = Raster(
        np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32),
        np.zeros(0, np.float32), "mm",
    )  # fmt: skip
    return replace(made, raster=empty)


@pytest.fixture
def crowded_case() -> Case:
    """Three hundred fasciculations and sixty look-alikes in ten minutes."""
    rng = np.random.default_rng(3)
    events = tuple(
        make_event(n + 1, 1.0 + 1.99 * n, float(rng.uniform(60, 300)), float(rng.uniform(40, 200)), site=n % 7 + 1)
        for n in range(300)
    )
    others = tuple(
        make_event(301 + n, 2.0 + 9.9 * n, 70, 190, kind=Kind.PULSATION, reason="periodic") for n in range(60)
    )
    sites = tuple(Site(n + 1, 100, 100, 10, 10, 43) for n in range(7))
    return make_case(Path("crowded.mp4"), seconds=600.0, events=events, others=others, sites=sites)

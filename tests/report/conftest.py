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
from fasciscan.origin import (
    Event,
    Favours,
    Indicator,
    Intervals,
    Kinematics,
    Landmarks,
    Lean,
    Origin,
    Setting,
    Site,
    Territory,
    Trace,
)
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


def measure(event: Event, *, scaled: bool = True, missing: str = "") -> Event:
    """Give an event the kinematics and the setting its course has; `missing` takes the way back away."""
    out_s, back_s = event.peak_s - event.onset_s, event.offset_s - event.peak_s
    marks = Landmarks(
        event.onset_s, event.onset_s + out_s / 2, event.peak_s,
        None if missing else event.peak_s + back_s / 2, None if missing else event.offset_s, missing,
    )  # fmt: skip
    times_s = event.trace.times_s
    velocity = np.gradient(event.trace.displacement_px, times_s)
    mm = MM_PER_PX if scaled else None
    fastest, slowest = float(velocity.max()), float(-velocity.min())
    kinematics = Kinematics(
        marks, round(marks.peak_contraction_s * RATE_HZ), fastest, None if missing else slowest,
        fastest * mm if mm else None, slowest * mm if mm and not missing else None, 84.0,
        {0: 0.41, 5: 0.58, 15: 0.72}, 0.31, 4100.0, 41.0 if mm else None, None if missing else 0.012, times_s, velocity,
    )  # fmt: skip
    setting = Setting(event.origin.y_px, event.origin.y_px * mm if mm else None, "muscle", 64.2, 1.08)
    return replace(event, kinematics=kinematics, setting=setting)


def make_site(number: int, events: tuple[Event, ...], *, scaled: bool = True) -> Site:
    """A site with all that is measured of the events that carry its number."""
    own = [event for event in events if event.site == number]
    values_s = tuple(float(gap) for gap in np.diff([event.peak_s for event in own]))
    x_px, y_px = (float(np.mean([getattr(event.origin, name) for event in own])) for name in ("x_px", "y_px"))
    repeats = len(own) > 1
    return Site(
        number, x_px, y_px, *((x_px * MM_PER_PX, y_px * MM_PER_PX) if scaled else (None, None)), len(own),
        Intervals(
            values_s, float(np.median(values_s)) if repeats else None,
            float(np.std(values_s) / np.mean(values_s)) if len(values_s) > 2 else None, sum(v < 0.1 for v in values_s),
        ),
        1.2 if repeats else None, 0.61 if repeats else None, 0.87 if repeats else None,
    )  # fmt: skip


LEAN = Lean(
    Favours.PROXIMAL,
    "Sites 1 and 2 twitch together far more often than chance allows; nothing speaks against it.",
    (
        Indicator(
            "time-locked pairs", "7 of 12 twitches at site 2 came within 20 ms of one at site 1; chance gives 0.4.",
            7.0, 0.4, 0.0004, Favours.PROXIMAL, 0.5, "de Carvalho & Swash 2013",
            "Told for needle recordings. One motor unit that moves two places looks the same.",
        ),
        Indicator(
            "direction coherence", "0.58 at the 5 % cut-off, between the groups' means of 0.53 and 0.63.", 0.58, None,
            None, Favours.INDETERMINATE, 0.1, "Sugisawa 2026, mus.70338", "The groups overlap widely.",
        ),
        Indicator(
            "interval shape", "11 intervals are too few to tell a preferred one.", None, None, None,
            Favours.INDETERMINATE, 0.0, "Kleine 2008", "Doublets of 5 ms cannot be seen at 40 images per second.",
        ),
    ),
)  # fmt: skip


def make_located_case(
    path: Path, counts: tuple[int, ...], *, seconds: float = 20.0, scaled: bool = True, lean: Lean | None = LEAN
) -> Case:
    """As many sites as there are counts, each with so many measured twitches at random times."""
    rng = np.random.default_rng(5)
    places = [(90, 70), (220, 120), (140, 185), (280, 60), (60, 150), (270, 190), (190, 40), (100, 120)]
    drawn = [
        (float(peak_s), site, x + float(rng.normal(0, 4)), y + float(rng.normal(0, 3)))
        for site, (count, (x, y)) in enumerate(zip(counts, places, strict=False), 1)
        for peak_s in rng.uniform(1, seconds - 1, count)
    ]
    events = tuple(
        measure(make_event(
            number, peak_s, x, y, site=site, scaled=scaled, moved_px=float(rng.uniform(1.5, 3.5)),
            lasting_s=float(rng.uniform(0.2, 0.3)),
        ), scaled=scaled)
        for number, (peak_s, site, x, y) in enumerate(sorted(drawn), 1)
    )  # fmt: skip
    sites = tuple(make_site(number, events, scaled=scaled) for number in range(1, len(counts) + 1))
    made = make_case(path, seconds=seconds, events=events, sites=sites, scaled=scaled)
    return replace(made, result=replace(made.result, origin_lean=lean))


@pytest.fixture
def located_case() -> Case:
    """Seven, three and one fasciculations at three sites, all measured, and a lean."""
    return make_located_case(Path("located.mp4"), (7, 3, 1))


@pytest.fixture
def located_case_without_scale() -> Case:
    """The same in a clip whose pixels have no size."""
    return make_located_case(Path("located-unscaled.avi"), (6, 2), scaled=False)


@pytest.fixture
def cut_off_case() -> Case:
    """One fasciculation whose way back another motion hides, and no lean."""
    event = measure(make_event(1, 3.2, 110, 90, site=1), missing="the next twitch begins first")
    return make_case(Path("cut-off.mp4"), events=(event,), sites=(make_site(1, (event,)),))


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

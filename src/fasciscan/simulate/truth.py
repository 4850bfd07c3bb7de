"""The truth of a simulated clip as a file others can read: every event, the scale, the timing, and the scene itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Any

from fasciscan.errors import FasciscanError
from fasciscan.simulate.fields import Fields
from fasciscan.simulate.machine import recording_plan
from fasciscan.simulate.mimics import LookAlike
from fasciscan.simulate.motions import Twitch
from fasciscan.simulate.probe import ProbeMotion
from fasciscan.simulate.scene import Scene

SCHEMA = "fasciscan.truth/1"
"""Name and version of the format; the fields are those of :class:`Truth`, written as JSON."""


@dataclass(frozen=True, slots=True)
class TrueTerritory:
    """Half-height ellipse of the activation, G at :class:`fasciscan.simulate.Twitch`."""

    major_mm: float
    minor_mm: float
    angle_deg: float


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """One motion that was put into a clip. What has no place or lasts throughout leaves those fields None."""

    kind: str
    """A value of :class:`fasciscan.twitch.kind.Kind`, or ``"breathing"`` or ``"drift"``."""
    onset_s: float
    """5 % of the peak displacement, rising."""
    peak_s: float
    offset_s: float
    """5 % of the peak displacement, falling; a probe slip: when it rests again."""
    x_px: float | None = None
    """In the whole frame, screen included; pixel centres are whole numbers."""
    y_px: float | None = None
    x_mm: float | None = None
    """From the left edge of the image."""
    y_mm: float | None = None
    territory: TrueTerritory | None = None
    peak_displacement_mm: float | None = None
    site: int | None = None
    name: str = ""
    """What it was made as, where a kind has several: ``"tap"`` or ``"slip"``, ``"cramp"``, ``"shadow"``."""

    def __post_init__(self) -> None:
        if not self.name:  # files of before this field existed
            object.__setattr__(self, "name", self.kind)


@dataclass(frozen=True, slots=True)
class ImageBox:
    """Where the ultrasound image lies in the frame."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Timing:
    """When the frames of the file were taken."""

    scan_rate_hz: float
    recorded_rate_hz: float
    frames: int
    copied_frames: int
    dropped_frames: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is true of one simulated clip."""

    clip: str
    """File name, beside which the truth lies."""
    seed: int
    preset: str
    mm_per_px: float
    image_box: ImageBox
    timing: Timing
    events: tuple[TrueEvent, ...]
    scene: dict[str, Any]
    """The parameters of the :class:`Scene`, for the record."""
    schema: str = SCHEMA

    @property
    def twitches(self) -> tuple[TrueEvent, ...]:
        """The events that are to be counted."""
        return tuple(event for event in self.events if event.kind == Twitch.kind)

    def write(self, path: Path) -> None:
        """Write the truth as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_truth(path: Path | str) -> Truth:
    """Read a truth file.

    Raises
    ------
    FasciscanError
        If the file is missing, is not JSON, is not of this schema, or holds what cannot be: a time that is no number,
        a scale of 0, a twitch without a place.
    """
    path = Path(path)
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise FasciscanError(f"{path}: cannot be read as a truth file ({error}); give a .truth.json file.") from error
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        raise FasciscanError(f"{path}: is not of schema {SCHEMA}; give a .truth.json file.")
    try:
        return _read_fields(Fields(raw, ""))
    except ValueError as error:
        raise FasciscanError(f"{path}: is no complete truth file ({error}); make it again.") from error


def tell_truth(scene: Scene, clip: str) -> Truth:
    """Tell what is true of the clip made from a scene.

    Parameters
    ----------
    scene
        The scene.
    clip
        File name of the clip.

    Returns
    -------
    Truth
        Its events in order of onset.
    """
    events = [_describe_twitch(scene, twitch) for twitch in scene.twitches]
    events += [_describe_look_alike(scene, motion) for motion in scene.look_alikes]
    return Truth(
        clip=clip,
        seed=scene.seed,
        preset=scene.preset,
        mm_per_px=scene.mm_per_px,
        image_box=ImageBox(*scene.image_box),
        timing=_tell_timing(scene),
        events=tuple(sorted(events, key=lambda event: event.onset_s)),
        scene=_plain_scene(scene),
    )


def _tell_timing(scene: Scene) -> Timing:
    times, pictures = recording_plan(scene)
    return Timing(
        scan_rate_hz=scene.frame_rate_hz,
        recorded_rate_hz=scene.recorded_rate_hz,
        frames=len(times),
        copied_frames=sum(int(a == b) for a, b in pairwise(pictures)),
        dropped_frames=max(1, round(scene.duration_s * scene.recorded_rate_hz)) - len(times),
        duration_s=scene.duration_s,
    )


def _plain_scene(scene: Scene) -> dict[str, Any]:
    """Return the scene as plain JSON values; a still is told by its name alone."""
    plain = json.loads(json.dumps(asdict(scene), default=lambda value: Path(value).name))
    plain["look_alikes"] = [
        {"kind": motion.kind, **values} for motion, values in zip(scene.look_alikes, plain["look_alikes"], strict=True)
    ]
    return plain


def _describe_twitch(scene: Scene, twitch: Twitch) -> TrueEvent:
    event = TrueEvent(
        kind=twitch.kind,
        onset_s=twitch.onset_s,
        peak_s=twitch.peak_s,
        offset_s=twitch.offset_s,
        territory=TrueTerritory(twitch.major_mm, twitch.minor_mm, twitch.angle_deg),
        peak_displacement_mm=twitch.amplitude_mm,
        site=twitch.site,
    )
    return _placed(event, scene, twitch.x_mm, twitch.y_mm)


def _describe_look_alike(scene: Scene, motion: LookAlike) -> TrueEvent:
    """Tell a look-alike; what never rests is told as lasting the whole clip, its peak at the start.

    A clip may end in the midst of one: the truth is of what the clip shows.
    """
    onset, peak, offset = (getattr(motion, name, None) for name in ("onset_s", "peak_s", "offset_s"))
    moved = hypot(motion.x_shift_mm, motion.y_shift_mm) if isinstance(motion, ProbeMotion) else None
    amplitude = getattr(motion, "amplitude_mm", moved)
    event = TrueEvent(
        kind=motion.kind,
        name=motion.name,
        onset_s=onset or 0.0,
        peak_s=min(peak or 0.0, scene.duration_s),
        offset_s=min(offset or scene.duration_s, scene.duration_s),
        peak_displacement_mm=None if amplitude is None else abs(amplitude),
    )
    x_mm, y_mm = getattr(motion, "x_mm", None), getattr(motion, "y_mm", None)
    return event if x_mm is None or y_mm is None else _placed(event, scene, x_mm, y_mm)


def _placed(event: TrueEvent, scene: Scene, x_mm: float, y_mm: float) -> TrueEvent:
    """Give an event its place, in mm of the image and in pixels of the frame."""
    left, top, *_ = scene.image_box
    x_px, y_px = left + x_mm / scene.mm_per_px - 0.5, top + y_mm / scene.mm_per_px - 0.5
    return replace(event, x_px=x_px, y_px=y_px, x_mm=x_mm, y_mm=y_mm)


def _read_fields(raw: Fields) -> Truth:
    timing, box = raw.part("timing"), raw.part("image_box")
    return Truth(
        clip=raw.file_name("clip"),
        seed=raw.whole("seed"),
        preset=raw.text("preset"),
        mm_per_px=raw.above_zero("mm_per_px"),
        image_box=ImageBox(box.whole("x", 0), box.whole("y", 0), box.whole("width", 1), box.whole("height", 1)),
        timing=Timing(
            scan_rate_hz=timing.above_zero("scan_rate_hz"),
            recorded_rate_hz=timing.above_zero("recorded_rate_hz"),
            frames=timing.whole("frames", 1),
            copied_frames=timing.whole("copied_frames", 0),
            dropped_frames=timing.whole("dropped_frames", 0),
            duration_s=timing.above_zero("duration_s"),
        ),
        events=tuple(_read_event(event) for event in raw.parts("events")),
        scene=_read_scene(raw.part("scene")),
    )


def _read_event(raw: Fields) -> TrueEvent:
    """Read an event: its times in order, and a twitch with the place it is looked for at."""
    onset_s = raw.number("onset_s", 0)
    peak_s = raw.number("peak_s", onset_s)
    placed = raw.text("kind") == Twitch.kind
    return TrueEvent(
        kind=raw.text("kind"),
        onset_s=onset_s,
        peak_s=peak_s,
        offset_s=raw.number("offset_s", peak_s),
        x_px=raw.number("x_px") if placed else raw.number_if_there("x_px"),
        y_px=raw.number("y_px") if placed else raw.number_if_there("y_px"),
        x_mm=raw.number_if_there("x_mm"),
        y_mm=raw.number_if_there("y_mm"),
        territory=_read_territory(raw.part("territory")) if raw.has("territory") else None,
        peak_displacement_mm=raw.number_if_there("peak_displacement_mm", 0),
        site=raw.whole("site") if raw.has("site") else None,
        name=raw.text("name") if raw.has("name") else "",
    )


def _read_territory(raw: Fields) -> TrueTerritory:
    return TrueTerritory(raw.above_zero("major_mm"), raw.above_zero("minor_mm"), raw.number("angle_deg"))


def _read_scene(raw: Fields) -> dict[str, Any]:
    """Keep the scene as it is; of its parts only the compression is asked for by name."""
    parts = {name: raw.part(name) for name in ("tissue", "machine") if raw.has(name)}
    if "machine" in parts and parts["machine"].values.get("codec") == "h264":
        parts["machine"].number("quality", 0)
    return raw.values

"""The frames a reader needs to see, picked in a second pass over the clip.

Kept are one reference frame and, for each event, five crops and the M-mode strip through its epicentre.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.records import Clip, Frame
from fasciscan.origin.events import Event
from fasciscan.report import images

BEFORE_S = 0.1
"""Seconds before the onset at which the tissue still rests: the first crop, and what the peak is compared with."""

AROUND_S = 0.3
"""Seconds of M-mode and trace shown before the onset and after the offset, so that rest is seen on both sides."""

CROP_TERRITORIES = 2.2
"""Side of a crop in major axes of the territory: the twitch and as much of what lies around it."""

CROP_LEAST_PX = 96
CROP_SHOWN_PX = 200
"""Side of a crop in the page; more is not seen at its printed size of 28 mm."""

MMODE_HALF_WIDTH_PX = 1
"""Image columns averaged on either side of the epicentre: speckle is some pixels wide, so three cost no detail."""

MMODE_SHOWN_PX = (452, 174)
"""Width and height of the strip in the page's chart."""

REFERENCE_MOST_PX = 1000
BRIGHT_PERCENTILE = 99.5
GAIN_MOST = 4.0
"""Brightening of dark crops; beyond this the eight bits of the recording show as steps."""

DIFFERENCE_LEAST = 20.0
"""Grey levels painted in full colour at the least, so that noise between two frames at rest stays dark."""


@dataclass(frozen=True, slots=True)
class Box:
    """Part of the picture in pixels, half-open."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Copy this part out of an image."""
        return image[self.top : self.bottom, self.left : self.right].copy()


@dataclass(frozen=True, slots=True)
class Moment:
    """One crop of a filmstrip."""

    name: str
    time_s: float
    uri: str


@dataclass(frozen=True, slots=True)
class Filmstrip:
    """What is shown of one event. Crops share one place and one brightening."""

    box: Box
    moments: tuple[Moment, ...]
    gain: float
    difference_uri: str | None
    mmode_uri: str | None
    """Depth (of the box) over time, through the epicentre."""
    start_s: float
    end_s: float
    """Of the M-mode strip."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One frame of the clip, blackened around its tissue: what lies there may name the patient."""

    uri: str
    box: Box
    time_s: float


@dataclass(frozen=True, slots=True)
class Pictures:
    """All pictures of a page. An event whose frames could not be read again has no filmstrip."""

    reference: Reference | None
    filmstrips: dict[int, Filmstrip]


def tissue_box(clip: Clip) -> Box:
    """Give the smallest box around the tissue of a clip."""
    rows = np.flatnonzero(clip.mask.any(axis=1))
    columns = np.flatnonzero(clip.mask.any(axis=0))
    if not len(rows):
        return Box(0, 0, clip.width, clip.height)
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def tissue_shown(clip: Clip) -> NDArray[np.uint8]:
    """(height, width) 1 where a page may show the picture: within the outline of the tissue; 0 elsewhere."""
    outlines, _ = cv2.findContours(clip.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros(clip.mask.shape, np.uint8), outlines, -1, 1, cv2.FILLED), np.uint8)


def take_pictures(clip: Clip, events: Sequence[Event]) -> Pictures:
    """Stream the clip once and keep what the page shows of it.

    Parameters
    ----------
    clip
        The clip; never held in memory.
    events
        Those to make filmstrips of.

    Returns
    -------
    Pictures
        The reference frame lies just before the first event, or in the middle of a clip without one.
    """
    tissue, shown = tissue_box(clip), tissue_shown(clip)
    shots = [_plan_shot(clip, tissue, event) for event in events]
    reference_index = min((shot.moments["before"] for shot in shots), default=clip.frame_count // 2)
    at_index = defaultdict(list)
    for shot in shots:
        for name, index in shot.moments.items():
            at_index[index].append((shot, name))

    reference = None
    for frame in clip.frames():
        if frame.index in (0, reference_index):
            reference = Reference(_shrunk_uri(tissue.cut(frame.luma) * tissue.cut(shown)), tissue, frame.time_s)
        for shot, name in at_index.get(frame.index, ()):
            shot.crops[name] = (frame.time_s, shot.box.cut(frame.luma) * shot.box.cut(shown))
        for shot in shots:
            if shot.start_s <= frame.time_s <= shot.end_s:
                shot.expose_mmode(frame, shown)
    return Pictures(reference, {shot.event.id: _develop(shot) for shot in shots if shot.crops})


@dataclass(slots=True)
class _Shot:
    """What to keep of the frames around one event, and what has been kept."""

    event: Event
    box: Box
    moments: dict[str, int]
    start_s: float
    end_s: float
    crops: dict[str, tuple[float, NDArray[np.uint8]]] = field(default_factory=dict)
    mmode: list[tuple[float, NDArray[np.float32]]] = field(default_factory=list)

    def expose_mmode(self, frame: Frame, shown: NDArray[np.uint8]) -> None:
        """Keep this frame's column through the epicentre, as far as it may be shown."""
        column = min(max(round(self.event.origin.x_px), 0), frame.luma.shape[1] - 1)
        left, right = max(column - MMODE_HALF_WIDTH_PX, 0), column + MMODE_HALF_WIDTH_PX + 1
        beam = Box(left, self.box.top, right, self.box.bottom)
        self.mmode.append((frame.time_s, (beam.cut(frame.luma) * beam.cut(shown)).mean(axis=1, dtype=np.float32)))


def _plan_shot(clip: Clip, tissue: Box, event: Event) -> _Shot:
    onset = _nearest(clip.times_s, event.onset_s)
    moments = {
        "before": min(_nearest(clip.times_s, event.onset_s - BEFORE_S), max(onset - 1, 0)),
        "onset": onset,
        "peak": _nearest(clip.times_s, event.peak_s),
        "after": _nearest(clip.times_s, (event.peak_s + event.offset_s) / 2),
        "offset": _nearest(clip.times_s, event.offset_s),
    }
    return _Shot(event, _crop_box(tissue, event), moments, event.onset_s - AROUND_S, event.offset_s + AROUND_S)


def _crop_box(tissue: Box, event: Event) -> Box:
    """Square around the epicentre, moved and cut so that it stays in the tissue's box."""
    side = max(round(CROP_TERRITORIES * event.territory.major_px), CROP_LEAST_PX)
    side = min(side, tissue.width, tissue.height)
    left = min(max(round(event.origin.x_px - side / 2), tissue.left), tissue.right - side)
    top = min(max(round(event.origin.y_px - side / 2), tissue.top), tissue.bottom - side)
    return Box(left, top, left + side, top + side)


def _develop(shot: _Shot) -> Filmstrip:
    crops = {name: shot.crops[name] for name in shot.moments if name in shot.crops}
    bright = max(float(np.percentile(crop, BRIGHT_PERCENTILE)) for _, crop in crops.values())
    gain = min(max(255 / max(bright, 1.0), 1.0), GAIN_MOST)
    moments = tuple(
        Moment(name, time_s, images.jpeg_uri(_as_shown(images.brighten(crop, gain))))
        for name, (time_s, crop) in crops.items()
    )
    times = [time_s for time_s, _ in shot.mmode]
    return Filmstrip(
        shot.box,
        moments,
        gain,
        _difference_uri(crops),
        _mmode_uri(shot.mmode, gain),
        times[0] if times else shot.start_s,
        times[-1] if times else shot.end_s,
    )


def _difference_uri(crops: dict[str, tuple[float, NDArray[np.uint8]]]) -> str | None:
    if not {"before", "peak"} <= crops.keys():
        return None
    (_, before), (_, peak) = crops["before"], crops["peak"]
    change = np.abs(peak.astype(np.int16) - before)
    full = max(float(np.percentile(change, BRIGHT_PERCENTILE)), DIFFERENCE_LEAST)
    return images.jpeg_uri(_as_shown(images.paint_difference(peak, before, full)))


def _mmode_uri(strip: list[tuple[float, NDArray[np.float32]]], gain: float) -> str | None:
    """M-mode picture over even time: each column shows the frame nearest in time, as a scanner does."""
    if len(strip) < 2:
        return None
    width, height = MMODE_SHOWN_PX
    times = np.array([time_s for time_s, _ in strip])
    shown = [_nearest(times, time_s) for time_s in np.linspace(times[0], times[-1], width)]
    picture = np.stack([strip[index][1] for index in shown], axis=1)
    grey = np.clip(np.rint(picture * gain), 0, 255).astype(np.uint8)
    return images.jpeg_uri(images.resize(grey, width, height))


def _as_shown(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images.resize(image, CROP_SHOWN_PX, CROP_SHOWN_PX)


def _shrunk_uri(image: NDArray[np.uint8]) -> str:
    height, width = image.shape[:2]
    share = min(1.0, REFERENCE_MOST_PX / max(width, height))
    if share < 1:
        image = images.resize(image, max(round(width * share), 1), max(round(height * share), 1))
    return images.jpeg_uri(image)


def _nearest(times_s: NDArray[np.float64], time_s: float) -> int:
    after = int(np.clip(np.searchsorted(times_s, time_s), 1, max(len(times_s) - 1, 1)))
    if len(times_s) < 2:
        return 0
    return after if times_s[after] - time_s < time_s - times_s[after - 1] else after - 1

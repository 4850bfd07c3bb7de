"""Where the twitches come from: epicentres with their uncertainty and territories, over one frame of the clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult, Site
from fasciscan.origin.events import Event
from fasciscan.report.pictures import Box, Reference

LABEL_SHARE = 0.034
"""Height of a number, as a share of the picture's larger side: 8 points on A4."""

LABEL_MOST = 5
"""Numbers in one label; more events at one place are told as how many there are."""

NUMBERED_MOST = 24
"""Events drawn with territory and number; of more, only the epicentres are, and the sites are named instead."""

CHARACTER_SHARE = 0.62
"""Width of a character as a share of a label's height."""

OUTLINE_TOLERANCE_PX = 1.5
SCALE_BARS_MM = (1, 2, 5, 10, 20, 50)
SCALE_BAR_SHARE = 0.3
"""Of the picture's width, at most, for the scale bar."""


@dataclass(frozen=True, slots=True)
class Place:
    """One event in the picture; places in pixels of the picture shown."""

    id: int
    x: float
    y: float
    sd: float
    semi_major: float
    semi_minor: float
    angle_deg: float


@dataclass(frozen=True, slots=True)
class Label:
    """The numbers written at one place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class ReferenceChart:
    """The picture with all that is drawn over it."""

    uri: str
    time_s: float
    width: int
    height: int
    unit: float
    """Height of a number; everything else is sized by it."""
    outline: str
    """SVG path around the tissue."""
    places: list[Place]
    crowded: bool
    """Too many events for territories and numbers."""
    labels: list[Label]
    others: list[tuple[float, float, str]]
    scale_bar: tuple[float, int] | None
    """Length in the picture and in millimetres."""


def draw_reference(clip: Clip, result: ClipResult, reference: Reference) -> ReferenceChart:
    """Lay out the reference frame of a clip with its events.

    Parameters
    ----------
    clip
        The clip, for its tissue and scale.
    result
        Its events; look-alikes are marked faintly, without a number.
    reference
        The frame.
    """
    box = reference.box
    unit = LABEL_SHARE * max(box.width, box.height)
    crowded = len(result.events) > NUMBERED_MOST
    return ReferenceChart(
        reference.uri,
        reference.time_s,
        box.width,
        box.height,
        unit,
        _outline(clip, box),
        [_place(event, box) for event in result.events],
        crowded,
        _site_labels(result.sites, box, unit) if crowded else _labels(result.events, box, unit),
        [
            (event.origin.x_px - box.left, event.origin.y_px - box.top, f"{event.kind}, {event.peak_s:.2f} s")
            for event in result.other_motion
        ],
        _scale_bar(clip, box),
    )


def _place(event: Event, box: Box) -> Place:
    territory = event.territory
    return Place(
        event.id,
        event.origin.x_px - box.left,
        event.origin.y_px - box.top,
        event.origin.sd_px,
        territory.major_px / 2,
        territory.minor_px / 2,
        territory.angle_deg,
    )


def _labels(events: Sequence[Event], box: Box, unit: float) -> list[Label]:
    """One label for all events whose numbers would cover each other."""
    groups: list[list[Event]] = []
    for event in events:
        near = (group for group in groups if _distance(group[0], event) < 2 * unit)
        group = next(near, None)
        if group is None:
            groups.append([event])
        else:
            group.append(event)
    return [_label(group, box, unit) for group in groups]


def _label(group: list[Event], box: Box, unit: float) -> Label:
    text = " ".join(str(event.id) for event in group)
    if len(group) > LABEL_MOST:
        text = f"{group[0].id} … ({len(group)})"
    return _placed(text, group[0].origin.x_px, group[0].origin.y_px, box, unit)


def _site_labels(sites: Sequence[Site], box: Box, unit: float) -> list[Label]:
    return [_placed(f"site {site.id}", site.x_px, site.y_px, box, unit) for site in sites]


def _placed(text: str, x_px: float, y_px: float, box: Box, unit: float) -> Label:
    """Put a label up and to the right of its place, and inside the picture."""
    room = box.width - CHARACTER_SHARE * unit * len(text)
    x, y = x_px - box.left + 0.7 * unit, y_px - box.top - 0.7 * unit
    return Label(min(max(x, 0.0), max(room, 0.0)), min(max(y, unit), box.height - 0.3 * unit), text)


def _distance(one: Event, other: Event) -> float:
    return float(np.hypot(one.origin.x_px - other.origin.x_px, one.origin.y_px - other.origin.y_px))


def _outline(clip: Clip, box: Box) -> str:
    inside = clip.mask[box.top : box.bottom, box.left : box.right].astype(np.uint8)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    paths = []
    for contour in contours:
        corners = cv2.approxPolyDP(contour, OUTLINE_TOLERANCE_PX, closed=True).reshape(-1, 2)
        paths.append("M" + " L".join(f"{x} {y}" for x, y in corners) + " Z")
    return " ".join(paths)


def _scale_bar(clip: Clip, box: Box) -> tuple[float, int] | None:
    if clip.scale is None:
        return None
    room_mm = SCALE_BAR_SHARE * box.width * clip.scale.x_mm_per_px
    fitting = [length for length in SCALE_BARS_MM if length <= room_mm]
    return (fitting[-1] / clip.scale.x_mm_per_px, fitting[-1]) if fitting else None

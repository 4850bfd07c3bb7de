"""Where the twitches come from: epicentres with their uncertainty, sites and territories, over one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.origin.events import Event
from fasciscan.origin.sites import Site
from fasciscan.report.pictures import Box, Reference

LABEL_SHARE = 0.034
"""Height of a number, as a share of the picture's larger side: 8 points on A4."""

CIRCLED_MOST = 24
"""Events drawn with the circle of their uncertainty; of more, only the epicentres are."""

CHARACTER_SHARE = 0.62
"""Width of a character as a share of a label's height."""

LABEL_STEP_SHARE = 0.25
"""Of a name's height: how far a name that would cover another one is moved down at a time."""

OUTLINE_TOLERANCE_PX = 1.5
SCALE_BARS_MM = (1, 2, 5, 10, 20, 50)
SCALE_BAR_SHARE = 0.3
"""Of the picture's width, at most, for the scale bar."""


@dataclass(frozen=True, slots=True)
class Place:
    """One event in the picture; places in pixels of the picture shown."""

    id: int
    site: int | None
    x: float
    y: float
    sd: float


@dataclass(frozen=True, slots=True)
class Ellipse:
    """The territory of one twitch, drawn for its site."""

    site: int | None
    x: float
    y: float
    semi_major: float
    semi_minor: float
    angle_deg: float


@dataclass(frozen=True, slots=True)
class Label:
    """The name written at a site."""

    site: int
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
    """Height of a name; everything else is sized by it."""
    outline: str
    """SVG path around the tissue."""
    places: list[Place]
    crowded: bool
    """Too many events for circles."""
    territories: list[Ellipse]
    """One a site: more would cover each other and the tissue."""
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
    return ReferenceChart(
        reference.uri,
        reference.time_s,
        box.width,
        box.height,
        unit,
        _outline(clip, box),
        [_place(event, box) for event in result.events],
        len(result.events) > CIRCLED_MOST,
        [_ellipse(event, box) for event in _typical(result.events)],
        _labels(result.sites, box, unit),
        [
            (event.origin.x_px - box.left, event.origin.y_px - box.top, f"{event.kind}, {event.peak_s:.2f} s")
            for event in result.other_motion
        ],
        _scale_bar(clip, box),
    )


def _place(event: Event, box: Box) -> Place:
    return Place(event.id, event.site, event.origin.x_px - box.left, event.origin.y_px - box.top, event.origin.sd_px)


def _typical(events: Sequence[Event]) -> list[Event]:
    """Of each site, the twitch of median extent: a real one, so that nothing is drawn that was not measured."""
    groups: dict[int | None, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.territory.area_px):
        groups.setdefault(event.site, []).append(event)
    return [group[len(group) // 2] for group in groups.values()]


def _ellipse(event: Event, box: Box) -> Ellipse:
    territory = event.territory
    return Ellipse(
        event.site,
        event.origin.x_px - box.left,
        event.origin.y_px - box.top,
        territory.major_px / 2,
        territory.minor_px / 2,
        territory.angle_deg,
    )


def _labels(sites: Sequence[Site], box: Box, unit: float) -> list[Label]:
    """Name the sites, each up and to the right of its place, inside the picture and clear of the names before it."""
    labels: list[Label] = []
    for site in sites:
        text = f"site {site.id}"
        width = CHARACTER_SHARE * unit * len(text)
        x = min(max(site.x_px - box.left + 0.7 * unit, 0.0), max(box.width - width, 0.0))
        lowest = box.height - 0.3 * unit
        y = min(max(site.y_px - box.top - 0.7 * unit, unit), lowest)
        while any(abs(y - one.y) < unit and abs(x - one.x) < width for one in labels) and y + unit < lowest:
            y += LABEL_STEP_SHARE * unit
        labels.append(Label(site.id, x, y, text))
    return labels


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

"""The page a person reads: one HTML file that needs nothing beside it, quality first, then counts, then each event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fasciscan.clip import printable
from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.motion.raster import Raster
from fasciscan.origin.events import Event
from fasciscan.origin.sites import DOUBLET_S
from fasciscan.report import (
    event_chart,
    interval_chart,
    measures,
    raster_chart,
    reference_chart,
    site_chart,
    site_raster,
    words,
)
from fasciscan.report.event_chart import EventChart
from fasciscan.report.measures import Mark
from fasciscan.report.pictures import Filmstrip, tissue_box

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")

FILMSTRIPS_MOST = 40
"""Events shown one by one, the first in time: about 60 kB each, so a page stays below 4 MB however many there are."""


ROWS_OPEN, EVENTS_OPEN, SITES_OPEN = 24, 8, 3
"""Rows of a table, events and sites that stand open; longer parts are folded on a screen, and printed whole."""

SITE_COLOURS = 8
"""Sites with a colour of their own; the others are grey, and named as all are."""


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event with its pictures."""

    event: Event
    strip: Filmstrip
    chart: EventChart
    ring_x: float
    ring_y: float
    """Epicentre in its crops, as shares of 100."""
    landmarks: list[Mark]
    measures: list[tuple[str, str]]


def write_page(clip: Clip, result: ClipResult, raster: Raster, path: Path) -> None:
    """Write the report of a clip to `path` as one HTML file without scripts or outside references.

    Parameters
    ----------
    clip
        The clip; its frames are streamed once more for the pictures.
    result
        What was found.
    raster
        Its motion.
    path
        The file to write.
    """
    from fasciscan.report.pictures import take_pictures

    in_time = sorted(result.events, key=lambda event: event.onset_s)
    pictures = take_pictures(clip, in_time[:FILMSTRIPS_MOST])
    shown = [
        _shown_event(clip, event, pictures.filmstrips[event.id]) for event in in_time if event.id in pictures.filmstrips
    ]
    reference = pictures.reference
    page = (
        make_environment()
        .get_template("report.html.j2")
        .render(
            clip=result.clip,
            clip_name=printable(clip.path.name),
            result=result,
            events=in_time,
            others=sorted(result.other_motion, key=lambda event: event.onset_s),
            unit="px" if clip.scale is None else "mm",
            tissue=tissue_box(clip),
            tissue_share=float(clip.mask.mean()),
            shown=shown,
            raster=raster_chart.draw_raster(clip, result, raster),
            reference=None if reference is None else reference_chart.draw_reference(clip, result, reference),
            site_raster=site_raster.draw_site_raster(result, clip.duration_s),
            site_charts=site_chart.draw_site_charts(clip, result),
            doublet_s=DOUBLET_S,
            site_medians=site_chart.site_medians(result),
            open={"rows": ROWS_OPEN, "events": EVENTS_OPEN, "sites": SITES_OPEN},
            exploratory=words.EXPLORATORY,
            rate_words=words.say_rate(result),
            limits=words.say_limits(result),
            no_diagnosis=words.NO_DIAGNOSIS,
            config=json.dumps(result.provenance.config, indent=1, default=str),
            layout=_layouts(),
        )
    )
    path.write_text(page, encoding="utf-8")


def _shown_event(clip: Clip, event: Event, strip: Filmstrip) -> ShownEvent:
    box = strip.box
    return ShownEvent(
        event,
        strip,
        event_chart.draw_event(clip, event, strip),
        100 * (event.origin.x_px - box.left) / box.width,
        100 * (event.origin.y_px - box.top) / box.height,
        [] if event.kinematics is None else measures.say_landmarks(event.kinematics),
        measures.say_measures(event),
    )


def _layouts() -> dict[str, ModuleType]:
    """Measures of the charts, so that the templates draw frames where the charts put their contents."""
    return {
        "raster": raster_chart,
        "event": event_chart,
        "sites": site_raster,
        "site": site_chart,
        "intervals": interval_chart,
    }


def make_environment(*folders: Path) -> Environment:
    """Give what templates are rendered with: everything escaped, every unknown name an error.

    Templates lie in these folders, or else in the report's own.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Everything is escaped: file names and muscle names are the user's.
    environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = words.say_seconds
    environment.filters["rate"] = words.say_number
    environment.filters["number"] = _number
    environment.filters["many"] = words.say_count
    environment.filters["printable"] = printable
    environment.filters["site_colour"] = _site_colour
    environment.globals["css"] = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return environment


def _number(value: float | None, decimals: int = 2) -> str:
    """Write a number with a true minus sign; a dash where there is none."""
    return "–" if value is None else f"{value:.{decimals}f}".replace("-", "−")


def _site_colour(site: int | None) -> str:
    """Name the class of the style sheet that has a site's colour."""
    return f"s{site}" if site is not None and 1 <= site <= SITE_COLOURS else "s0"

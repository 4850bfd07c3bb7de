"""When each site twitched: one row a site over the time of the clip, so that bursts and coincidences are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fasciscan.exam.result import ClipResult
from fasciscan.origin.events import Event
from fasciscan.report.axes import Axis, Tick
from fasciscan.report.raster_chart import LEFT, RIGHT, TIME_TICKS, WIDTH, Stretch

__all__ = ["LEFT", "RIGHT", "WIDTH", "SiteRaster", "draw_site_raster"]

ROWS_MOST = 8
"""Sites with a row of their own, those with most twitches; the others share one."""

TOP = 6
ROW_HEIGHT = 24
MARK_WIDTH, MARK_HEIGHT = 2.5, 16
"""A twitch lasts too short to be seen to scale in most clips; as in EMG rasters, a stroke stands for it."""
AXIS_ROOM = 40


@dataclass(frozen=True, slots=True)
class Row:
    """The twitches of one site."""

    site: int | None
    """None for the row that the sites without one of their own share."""
    middle: float
    marks: list[tuple[float, str]]
    """Place and title of each twitch."""


@dataclass(frozen=True, slots=True)
class SiteRaster:
    """The raster, ready to be drawn."""

    rows: list[Row]
    excluded: list[Stretch]
    time_ticks: list[Tick]
    bottom: float
    height: float


def draw_site_raster(result: ClipResult, end_s: float) -> SiteRaster | None:
    """Lay out the raster by site.

    Parameters
    ----------
    result
        Its events and sites.
    end_s
        End of the clip.

    Returns
    -------
    SiteRaster or None
        None with fewer than two twitches, which leave nothing to compare.
    """
    placed = [event for event in result.events if event.site is not None]
    if len(placed) < 2:
        return None
    time = Axis(0.0, max(end_s, *(event.peak_s for event in placed)), LEFT, RIGHT)
    own = [site.id for site in result.sites][:ROWS_MOST]
    held: list[tuple[int | None, list[Event]]] = [(n, [event for event in placed if event.site == n]) for n in own]
    if rest := [event for event in placed if event.site not in own]:
        held.append((None, rest))
    bottom = TOP + ROW_HEIGHT * len(held)
    return SiteRaster(
        [_row(n, site, events, time) for n, (site, events) in enumerate(held)],
        [Stretch(time.at(gap.start_s), time.at(gap.end_s) - time.at(gap.start_s), gap.why) for gap in result.excluded],
        time.ticks(TIME_TICKS),
        bottom,
        bottom + AXIS_ROOM,
    )


def _row(number: int, site: int | None, events: Sequence[Event], time: Axis) -> Row:
    titles = [f"fasciculation {event.id} at {event.peak_s:.2f} s, site {event.site}" for event in events]
    marks = [(time.at(event.peak_s), title) for event, title in zip(events, titles, strict=True)]
    return Row(site, TOP + (number + 0.5) * ROW_HEIGHT, marks)

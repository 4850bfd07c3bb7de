"""Sites: places twitches come from again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fasciscan.motion import Grid
from fasciscan.origin.events import Event

_SAME_SITE_MM = 5.0
"""Half the length of a usual territory (10.7 mm, Birkbeck 2020): nearer epicentres are one place."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Times between successive events of one site."""

    values_s: tuple[float, ...]
    """In order of time; none leads across a stretch that could not be analysed."""
    median_s: float | None
    variation: float | None
    """Coefficient of variation: 1 for a Poisson train, more in bursts, less for a regular one; None below three."""
    doublets: int
    """Intervals shorter than the doublet limit."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place twitches come from again and again: presumably one motor unit."""

    id: int
    x_px: float
    y_px: float
    x_mm: float | None
    y_mm: float | None
    count: int
    intervals: Intervals | None = None
    dispersion: float | None = None
    """Variance over mean of the counts in windows of equal length: 1 for a Poisson train, more in bursts."""
    jaccard: float | None = None
    """Median overlap of the moving areas of its events, 0 to 1 (Rohlén 2023: units repeat above 0.38)."""
    shape_correlation: float | None = None
    """Median correlation of the displacement maps of its events, -1 to 1."""


def group_sites(events: Sequence[Event], grid: Grid) -> tuple[list[Event], list[Site]]:
    """Group events into sites and number these, the one with most events first.

    Places are joined from the nearest pair on, as long as their centres are within 5 mm.

    Returns
    -------
    events, sites
        The events in their order with ``site`` set, and the sites.
    """
    if not events:
        return [], []
    places = np.array([(e.origin.x_px * grid.mm_per_px[0], e.origin.y_px * grid.mm_per_px[1]) for e in events])
    groups = [[n] for n in range(len(events))]
    while len(groups) > 1:
        centres = np.array([places[group].mean(axis=0) for group in groups])
        gaps = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
        np.fill_diagonal(gaps, np.inf)
        a, b = np.unravel_index(np.argmin(gaps), gaps.shape)
        if not gaps[a, b] <= _SAME_SITE_MM:
            break
        groups[a] += groups[b]
        del groups[b]
    groups.sort(key=lambda group: (-len(group), min(group)))
    site_of = {n: number for number, group in enumerate(groups, 1) for n in group}
    sites = [_site(number, [events[n] for n in group]) for number, group in enumerate(groups, 1)]
    return [replace(event, site=site_of[n]) for n, event in enumerate(events)], sites


def _site(number: int, events: Sequence[Event]) -> Site:
    origins = [event.origin for event in events]
    x_mm = [o.x_mm for o in origins if o.x_mm is not None]
    y_mm = [o.y_mm for o in origins if o.y_mm is not None]
    return Site(
        id=number,
        x_px=float(np.mean([o.x_px for o in origins])),
        y_px=float(np.mean([o.y_px for o in origins])),
        x_mm=float(np.mean(x_mm)) if x_mm else None,
        y_mm=float(np.mean(y_mm)) if y_mm else None,
        count=len(events),
    )

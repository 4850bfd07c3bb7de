"""Sites: places twitches come from again and again, told by where they are and by how alike their motion is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid
from fasciscan.origin.events import Event
from fasciscan.origin.stretches import Stretch, analysed_clock, stretch_of, total_s
from fasciscan.twitch.regions import moving_region

SAME_SITE_MM = 6.0
"""Twitches of usual likeness are of one site up to this distance (mean over pairs). Repeats of one site were found
2.4 mm apart or nearer in 95 of 100 pairs. On simulated repeats it keeps single sites whole and parts those 5 mm apart
(``scripts/check_sites.py``)."""
LIKENESS_MM = 4.0
"""What maps that are not alike at all (correlation 0, not 1) add to the distance, in mm. More splits single sites in
noise, less joins sites 5 mm apart: both measured there too."""
USUAL_LIKENESS = 0.85
"""Lower quartile of the correlation between maps of one site in simulated clips; between sites 9 mm apart and more it
was 0.45 or less in 95 of 100."""
HALF = 0.5
"""Share of the largest motion at which the moving area is cut, for the overlap of two."""
_AROUND_MM = 5.0
"""The largest motion of an event is looked for this near its epicentre: at the same moment another place may move."""
DOUBLET_S = 0.25
"""Isolated discharges lie farther apart than this (Sleutjes 2016, mus.24712). A true doublet, 5 ms (Kleine 2008), is
one twitch to ultrasound, and two twitches of one place less than 0.1 s apart are told as one."""
LEAST_PER_WINDOW = 2.0
"""Mean count in a window from which on the index of dispersion can be read (see :mod:`fasciscan.exam.rates`)."""
LEAST_WINDOWS = 5
_LEAST_INTERVALS = 3
"""Fewer have no spread worth telling."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Times between the onsets of successive events of one site."""

    values_s: tuple[float, ...]
    """In order of time; none leads across a stretch that could not be analysed."""
    median_s: float | None
    variation: float | None
    """Coefficient of variation: 1 for a Poisson train, more in bursts, less for a regular one; None below three."""
    doublets: int
    """Intervals of 0.25 s or less. Those below some 0.1 s cannot be seen, so true doublets are not among them."""


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
    """Variance over mean of the counts in windows of equal length: 1 for a Poisson train, more in bursts. None below
    ten events: there are five windows or more, with two events or more in each on average."""
    jaccard: float | None = None
    """Median overlap of the areas that moved at least half as far as the most, over all pairs of its events, 0 to 1
    (Rohlén 2023: units repeat above 0.38). None for a single event."""
    shape_correlation: float | None = None
    """Median correlation of the displacement maps over all pairs of its events, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Whether counts vary more from window to window than a constant rate makes them."""

    index: float
    """Variance over mean."""
    p: float
    """One-sided, that a constant rate gives an index as large."""
    windows: int


def group_sites(
    events: Sequence[Event], grid: Grid, stretches: Sequence[Stretch] = ()
) -> tuple[list[Event], list[Site]]:
    """Group events into sites and number these, the one with most events first.

    Groups are joined from the nearest on by the mean of their pairs (average linkage). The distance of a pair is that
    of the epicentres in mm, more where the displacement maps are less alike than those of one site are and less where
    they are more alike; events without a map go by place alone.

    Parameters
    ----------
    events
        In order of time.
    grid
        The grid their maps lie on.
    stretches
        When the clip could be analysed; without them no intervals are told.

    Returns
    -------
    events, sites
        The events in their order with ``site`` set, and the sites.

    References
    ----------
    Sokal RR, Michener CD. A statistical method for evaluating systematic relationships. Univ Kansas Sci Bull
    1958;38:1409-1438 (average linkage).
    """
    if not events:
        return [], []
    likeness = map_likeness(events, grid)
    groups = join_nearest(pair_distances(places_mm(events, grid), likeness))
    groups.sort(key=lambda group: (-len(group), min(group)))
    site_of = {n: number for number, group in enumerate(groups, 1) for n in group}
    sites = [
        _site(number, [events[n] for n in sorted(group)], likeness[np.ix_(sorted(group), sorted(group))], grid)
        for number, group in enumerate(groups, 1)
    ]
    if stretches:
        sites = [
            _with_times(site, [e for n, e in enumerate(events) if site_of[n] == site.id], stretches) for site in sites
        ]
    return [replace(event, site=site_of[n]) for n, event in enumerate(events)], sites


def places_mm(events: Sequence[Event], grid: Grid) -> NDArray[np.float64]:
    """Epicentres (n, 2) in mm from the left and top edge of the picture, by the grid's own scale."""
    return np.array([(e.origin.x_px * grid.mm_per_px[0], e.origin.y_px * grid.mm_per_px[1]) for e in events])


def map_likeness(events: Sequence[Event], grid: Grid) -> NDArray[np.float64]:
    """Correlation (n, n) of the displacement maps over the tissue; nan where an event has no map, or a flat one."""
    n = len(events)
    likeness = np.full((n, n), np.nan)
    maps = {i: event.moved[grid.valid] for i, event in enumerate(events) if event.moved is not None}
    known = [i for i, moved in maps.items() if np.ptp(moved) > 0]
    if known:
        likeness[np.ix_(known, known)] = np.corrcoef([maps[i] for i in known])
    return likeness


def pair_distances(
    places: NDArray[np.float64], likeness: NDArray[np.float64], likeness_mm: float = LIKENESS_MM
) -> NDArray[np.float64]:
    """Distance (n, n) in mm of events at places (n, 2), corrected for how alike their maps (n, n) are."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    return np.maximum(apart + likeness_mm * (USUAL_LIKENESS - np.nan_to_num(likeness, nan=USUAL_LIKENESS)), 0)


def join_nearest(distances: NDArray[np.float64], limit_mm: float = SAME_SITE_MM) -> list[list[int]]:
    """Group what lies within the limit by average linkage, from distances (n, n) to lists of positions.

    The same as ``scipy.cluster.hierarchy``, which takes 0.2 s to import: a tenth of the analysis of a short clip.
    """
    groups = [[n] for n in range(len(distances))]
    apart = distances.astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    while len(groups) > 1:
        a, b = sorted(divmod(int(np.argmin(apart)), len(apart)))
        if not apart[a, b] <= limit_mm:
            break
        sizes = len(groups[a]), len(groups[b])
        joined = (sizes[0] * apart[a] + sizes[1] * apart[b]) / sum(sizes)
        apart[a], apart[:, a] = joined, joined
        apart[a, a] = np.inf
        apart = np.delete(np.delete(apart, b, axis=0), b, axis=1)
        groups[a] += groups.pop(b)
    return groups


def judge_dispersion(times_s: NDArray[np.float64], exposure_s: float) -> Dispersion | None:
    """Test whether moments come in bursts: the index of dispersion over windows of equal length, against chi-square.

    Parameters
    ----------
    times_s
        (n,) on the clock of the analysed time.
    exposure_s
        Its length.

    Returns
    -------
    Dispersion or None
        None below ten moments.

    References
    ----------
    Cochran WG. Some methods for strengthening the common chi-square tests. Biometrics 1954;10:417-451.
    """
    windows = int(len(times_s) / LEAST_PER_WINDOW)
    if windows < LEAST_WINDOWS or exposure_s <= 0:
        return None
    from scipy.special import gammaincc  # here: it takes 60 ms to import

    counts, _ = np.histogram(times_s, windows, (0.0, exposure_s))
    index = float(counts.var(ddof=1) / counts.mean())
    freedom = windows - 1
    return Dispersion(index, float(gammaincc(freedom / 2, freedom * index / 2)), windows)


def moving_areas(events: Sequence[Event], grid: Grid) -> NDArray[np.bool_]:
    """Cells (m, cells) connected with the epicentre that moved at least half as far as the most near it.

    Events without a map, or with one in which nothing moved there, are left out.
    """
    tops = [(event.moved, top_cell(event, grid)) for event in events if event.moved is not None]
    areas = [moving_region(moved, cell, HALF).ravel() for moved, cell in tops if moved[cell] > 0]
    return np.array(areas, np.bool_).reshape(len(areas), grid.valid.size)


def map_of(event: Event) -> NDArray[np.float32]:
    """(ny, nx) mm, how far each cell moved.

    Raises
    ------
    ValueError
        If the event has no displacement map.
    """
    if event.moved is None:
        raise ValueError(f"event {event.id} has no displacement map")
    return event.moved


def top_cell(event: Event, grid: Grid) -> tuple[int, int]:
    """(row, column) of the cell that moved most near the epicentre.

    Raises
    ------
    ValueError
        If the event has no displacement map.
    """
    moved = map_of(event)
    x = (grid.lateral_px - event.origin.x_px) * grid.mm_per_px[0]
    y = (grid.depth_px - event.origin.y_px) * grid.mm_per_px[1]
    apart = np.hypot(*np.meshgrid(x, y))
    near = apart <= max(_AROUND_MM, float(apart.min()))
    row, column = np.unravel_index(np.argmax(np.where(near, moved, -1)), near.shape)
    return int(row), int(column)


def _site(number: int, events: Sequence[Event], likeness: NDArray[np.float64], grid: Grid) -> Site:
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
        jaccard=_median_of_pairs(_overlaps(moving_areas(events, grid))),
        shape_correlation=_median_of_pairs(likeness),
    )


def _overlaps(areas: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Jaccard similarity (m, m) of areas (m, cells)."""
    flat = areas.astype(np.float64)
    common = flat @ flat.T
    sizes = np.diag(common)
    return common / np.maximum(sizes[:, None] + sizes[None] - common, 1)


def _median_of_pairs(values: NDArray[np.float64]) -> float | None:
    pairs = values[np.triu_indices(len(values), 1)]
    known = pairs[np.isfinite(pairs)]
    return float(np.median(known)) if len(known) else None


def _with_times(site: Site, events: Sequence[Event], stretches: Sequence[Stretch]) -> Site:
    onsets = np.sort([event.onset_s for event in events])
    dispersion = judge_dispersion(analysed_clock(onsets, stretches), total_s(stretches))
    return replace(
        site,
        intervals=_intervals(onsets, stretches),
        dispersion=dispersion.index if dispersion else None,
    )


def _intervals(onsets_s: NDArray[np.float64], stretches: Sequence[Stretch]) -> Intervals:
    within = np.diff(stretch_of(onsets_s, stretches)) == 0
    gaps = np.diff(onsets_s)[within]
    return Intervals(
        values_s=tuple(gaps.tolist()),
        median_s=float(np.median(gaps)) if len(gaps) else None,
        variation=float(gaps.std(ddof=1) / gaps.mean()) if len(gaps) >= _LEAST_INTERVALS and gaps.mean() > 0 else None,
        doublets=int(np.count_nonzero(gaps <= DOUBLET_S)),
    )

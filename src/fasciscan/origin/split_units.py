"""Split units: a place that moves whenever another one twitches, and just as that one does, is a part of its unit.

The territory of a motor unit is split at times (Birkbeck 2020, PMC7208543), and two cores that lie far enough apart are
found as two twitches. Two units may be time-locked as well, but not in every twitch: of the potentials recorded at two
places, from axons shown to be different, 44 % at most were locked (de Carvalho and Swash 2013, JAMA Neurol 70:1562).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fasciscan.origin.events import Event, Trace

LEAST_TIMES, NEARLY_ALL = 2, 0.75
"""A place is a part of the unit of another one if so many of its twitches, and this share of them, are the other's."""
LAG_S = 0.012
"""They move together: in simulated clips the courses of two cores lay 8 ms apart at most (docs/origin.md)."""
SAME_COURSE = 0.97
"""Correlation of their courses: 0.99 and more for two cores, 0.46 to 0.98 for two units at one
moment (validation clips)."""
_STEP_S = 0.004
_REACH_S = 0.1
"""Courses are compared from this long before the onset to as long after the offset."""


def part_second_cores(events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """Part twitches into those that count and those that are another part of one that does.

    Parameters
    ----------
    events
        Twitches with their ``site`` and ``id`` set.

    Returns
    -------
    twitches, second_cores
        In their order. Of the sites of one unit the one that moves farthest counts. A second core is given the reason,
        no site, and no probability of being a fasciculation of its own.
    """
    of_site: dict[int | None, list[Event]] = {}
    for event in events:
        of_site.setdefault(event.site, []).append(event)
    sites = sorted(of_site.values(), key=lambda site: -float(np.median([e.peak_displacement_px for e in site])))
    units: list[list[Event]] = []
    main_of: dict[int, Event] = {}
    for site in sites:
        shared = max((_shared(site, unit) for unit in units), key=len, default={})
        if len(shared) >= max(LEAST_TIMES, NEARLY_ALL * len(site)):
            main_of |= shared
        else:
            units.append(site)
    cores = [_as_core(event, main_of[event.id]) for event in events if event.id in main_of]
    return [event for event in events if event.id not in main_of], cores


def _shared(site: Sequence[Event], unit: Sequence[Event]) -> dict[int, Event]:
    """Tell which of a site's twitches, by id, are which of another's."""
    return {event.id: main for event in site for main in unit if _is_same(event, main)}


def _is_same(one: Event, other: Event) -> bool:
    """Whether two motions begin together and take the same course."""
    if abs(one.peak_s - other.peak_s) > _REACH_S:
        return False
    from_s = min(one.onset_s, other.onset_s) - _REACH_S
    to_s = max(one.offset_s, other.offset_s) + _REACH_S
    times_s = np.arange(from_s, to_s, _STEP_S)
    lags_s = np.arange(-_REACH_S, _REACH_S, _STEP_S)
    course = _sample(one.trace, times_s)
    likeness = [np.corrcoef(course, _sample(other.trace, times_s + lag))[0, 1] for lag in lags_s]
    best = int(np.argmax(likeness))
    return bool(likeness[best] >= SAME_COURSE and abs(lags_s[best]) <= LAG_S)


def _sample(trace: Trace, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(times_s, trace.times_s, trace.displacement_px)


def _as_core(event: Event, main: Event) -> Event:
    reason = f"a part of the unit of event {main.id}: the two places twitch together each time"
    return replace(event, site=None, p_fasciculation=0.0, reason=reason)

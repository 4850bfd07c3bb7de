"""The path of one place over time, and the out-and-back motions on it with their onset, peak and offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import FrameSteps
from fasciscan.motion.sorting import median

_STIFFNESS = 1e-4
"""Weight that ties the path to 0: only where frames are missing does anything else not decide."""
_SAME_TIME_S = 1e-6
_EDGE = 0.1
"""Onset and offset are where the path is this share of the peak's height."""
_FLANK = 0.3
_LEAST_HEIGHT = 0.3
"""A bump lower than this share of the highest is part of its flank."""
_LEAST_PROMINENCE = 0.25
"""… and so is one that stands out of the valley beside it by less than this share."""
_BUMPS_APART_S = 0.1
_RETURN_S = 0.6
"""By then a twitch is back: the longest last 0.5 s (DOMAIN.md: M-mode study of 17 patients)."""
_SWING_SHARE = 0.4
"""A swing counts as one of an oscillation from this share of the main one."""
_SWING_REACH_S = 0.7
_UNDERSHOOT_REACH_S = 0.25
_FEWEST_FOR_SLOPE = 4


@dataclass(frozen=True, slots=True)
class PathTrace:
    """Displacement of one place along one direction, (n,) in mm against a straight baseline."""

    times_s: NDArray[np.float64]
    frames: NDArray[np.int64]
    mm: NDArray[np.float64]
    stays_mm: float
    """How far the place is displaced for good: the level after against the level before, less a steady drift."""


@dataclass(frozen=True, slots=True)
class Bump:
    """One out-and-back motion on a path."""

    onset_s: float
    peak_s: float
    offset_s: float
    peak_frame: int
    rise_s: float
    """From three tenths of the height to the peak: the foot of a bump depends on the baseline, its flank does not."""
    height_mm: float
    """Above the higher of the places it came from and went back to … its onset."""
    velocity_mm_s: float
    """Largest, of either direction."""
    returned: float
    """Share of the height that was taken back at most 0.6 s after the peak."""
    undershoot: float
    """How far the path went the other way within a quarter of a second, as a share of the height."""
    swings: int
    """Swings of alike size around it, itself one: an oscillation has many."""


def path_along(
    frames: FrameSteps,
    weights: NDArray[np.float32],
    direction: tuple[float, float],
    extent_s: tuple[float, float],
    margin_s: float,
) -> PathTrace:
    """Lay the path of a place through what was measured over both distances in time.

    The steps alone drift, the longer distances alone leave the phase between frames open; the path that fits both
    best in the least-squares sense has neither fault.

    Parameters
    ----------
    frames
        Measured motion.
    weights
        (ny, nx) share of each cell in the place; they need not add up to 1.
    direction
        Unit vector (x, y) to look along.
    extent_s
        Time of the motion of interest.
    margin_s
        How far to follow the path before and after it; the baseline is laid through these stretches.

    Returns
    -------
    PathTrace
        Against its baseline.
    """
    first, last = np.searchsorted(frames.times_s, (extent_s[0] - margin_s, extent_s[1] + margin_s))
    rows = slice(int(first), int(last))
    share = (weights / weights.sum())[..., None] * np.array(direction, np.float32)
    cells = np.nonzero(weights)
    step = np.einsum("ncd,cd->n", frames.step[rows][:, *cells], share[cells])
    lagged = np.einsum("ncd,cd->n", frames.lagged[rows][:, *cells], share[cells])
    times = frames.times_s[rows]
    path = _fit_path(times, frames.step_s[rows], step, frames.lag_s[rows], lagged)
    still = (times < extent_s[0]) | (times > extent_s[1])
    return PathTrace(times, frames.index[rows], path - _baseline(times, path, still), _lasting_step(times, path, still))


def find_bumps(trace: PathTrace, extent_s: tuple[float, float]) -> list[Bump]:
    """Find the out-and-back motions on a path that peak within a stretch of time.

    Parameters
    ----------
    trace
        The path.
    extent_s
        Where to look for peaks.

    Returns
    -------
    list of Bump
        In order of time. Peaks point the way of the largest.
    """
    times, mm = trace.times_s, trace.mm
    inside = (times >= extent_s[0]) & (times <= extent_s[1])
    if np.count_nonzero(inside) < 3 or not np.abs(mm[inside]).max() > 0:
        return []
    largest = int(np.flatnonzero(inside)[np.argmax(np.abs(mm[inside]))])
    height = mm * np.sign(mm[largest])
    peaks = _peaks(times, height, inside)
    return [_measure(trace, height, peaks, n) for n in range(len(peaks))]


def _fit_path(times, step_s, step, lag_s, lagged) -> NDArray[np.float64]:
    """Least-squares path; its normal equations reach only as far as the longer distance, so they are banded."""
    from scipy.linalg import solveh_banded  # here: 0.1 s to import

    n = len(times)
    if n == 0:
        return np.zeros(0)
    ends = np.arange(n)
    equations = []
    for length_s, moved in ((step_s, step), (lag_s, lagged)):
        starts = np.searchsorted(times, times - length_s - _SAME_TIME_S)
        known = (length_s > 0) & (starts < ends) & (times - length_s >= times[0] - _SAME_TIME_S)
        equations.append((ends[known], starts[known], moved[known]))
    reach = max((int((end - start).max(initial=0)) for end, start, _ in equations), default=0)
    bands, right = np.zeros((reach + 1, n)), np.zeros(n)
    bands[0] = _STIFFNESS
    for end, start, by in equations:
        # Each frame ends one step at most, but several may start at it.
        bands[0, end] += 1
        bands[0] += np.bincount(start, minlength=n)
        bands[end - start, start] -= 1
        right[end] += by
        right -= np.bincount(start, by, minlength=n)
    return solveh_banded(bands, right, lower=True)


def _beside(still: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the samples before and after the motion."""
    moving = np.flatnonzero(~still)
    if not len(moving):
        return np.flatnonzero(still), np.zeros(0, np.intp)
    return np.arange(moving[0]), np.arange(moving[-1] + 1, len(still))


def _baseline(times: NDArray[np.float64], path: NDArray[np.float64], still: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Straight line through the median before and the median after; flat where one of them is missing."""
    before, after = _beside(still)
    if not len(before) or not len(after):
        return np.full(len(path), median(path[still]) if still.any() else 0.0)
    ends_s = (median(times[before]), median(times[after]))
    return np.interp(times, ends_s, (median(path[before]), median(path[after])))


def _lasting_step(times: NDArray[np.float64], path: NDArray[np.float64], still: NDArray[np.bool_]) -> float:
    """Gap between the middle halves of the levels before and after, with a steady drift taken out if that is less.

    The middle halves, because another twitch close by belongs to neither level; the lesser, because it also spoils
    the estimate of the drift.
    """
    before, after = _beside(still)
    if min(len(before), len(after)) < _FEWEST_FOR_SLOPE:
        return 0.0
    slope = (_slope(times[before], path[before]) + _slope(times[after], path[after])) / 2
    gaps = []
    for level in (path, path - slope * times):
        (low, high), (lower, upper) = (_middle_half(level[part]) for part in (before, after))
        gaps.append(max(lower - high, low - upper, 0.0))
    return float(min(gaps))


def _slope(times: NDArray[np.float64], path: NDArray[np.float64]) -> float:
    """Of the least-squares line."""
    centred = times - times.mean()
    return float(centred @ path / (centred @ centred))


def _middle_half(values: NDArray[np.float64]) -> tuple[float, float]:
    """Lower and upper quartile; for a few values sorting is twenty times faster than ``np.quantile``."""
    ordered = np.sort(values)
    return float(ordered[len(ordered) // 4]), float(ordered[-1 - len(ordered) // 4])


def _peaks(times: NDArray[np.float64], height: NDArray[np.float64], inside: NDArray[np.bool_]) -> list[int]:
    """Peaks that stand out: accepted from the highest down, each against the valleys to those accepted before."""
    local = np.flatnonzero(inside[1:-1] & (height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:])) + 1
    accepted: list[int] = []
    tallest = height[local].max(initial=0)
    for peak in local[np.argsort(-height[local])]:
        valley = max((height[min(peak, a) : max(peak, a) + 1].min() for a in accepted), default=0.0)
        near = any(abs(times[peak] - times[a]) < _BUMPS_APART_S for a in accepted)
        stands_out = height[peak] - max(valley, 0.0) > _LEAST_PROMINENCE * tallest
        if height[peak] > _LEAST_HEIGHT * tallest and stands_out and not near:
            accepted.append(int(peak))
    return sorted(accepted)


def _measure(trace: PathTrace, height: NDArray[np.float64], peaks: list[int], n: int) -> Bump:
    times, peak = trace.times_s, peaks[n]
    top = height[peak]
    left = _foot(height, peak, peaks[n - 1] if n else None, -1)
    right = _foot(height, peak, peaks[n + 1] if n + 1 < len(peaks) else None, 1)
    onset_s = _crossing(times, height, left, left + 1, _EDGE * top)
    offset_s = _crossing(times, height, right, right - 1, _EDGE * top)
    soon = (times >= times[peak]) & (times <= times[peak] + _RETURN_S)
    near = np.abs(times - times[peak]) <= _UNDERSHOOT_REACH_S
    around = slice(max(left - 1, 0), right + 2)
    speeds = np.abs(np.diff(height[around]) / np.diff(times[around]))
    return Bump(
        onset_s=float(onset_s),
        peak_s=_peak_time(times, height, peak),
        offset_s=float(offset_s),
        peak_frame=int(trace.frames[peak]),
        rise_s=_rise_time(times, height, peak),
        height_mm=float(top),
        velocity_mm_s=float(speeds.max(initial=0)),
        returned=float(np.clip((top - height[soon].min()) / top, 0, 1)),
        undershoot=float(max(-height[near].min(), 0) / top),
        swings=_swings(times, height, peak),
    )


def _foot(height: NDArray[np.float64], peak: int, neighbour: int | None, way: int) -> int:
    """Sample nearest to the peak, before (-1) or after (1) it, that is back at a tenth of its height.

    Towards a neighbouring peak the tenth counts from the valley between; where none is, the path's end is the foot.
    """
    end = neighbour if neighbour is not None else (0 if way < 0 else len(height) - 1)
    side = height[peak::way][: abs(end - peak) + 1]
    valley = max(side.min(), 0.0) if neighbour is not None else 0.0
    down = np.flatnonzero(side <= valley + _EDGE * (height[peak] - valley))
    return peak + way * int(down[0]) if len(down) else end


def _crossing(times: NDArray[np.float64], height: NDArray[np.float64], foot: int, above: int, level: float) -> float:
    """Time between the foot and the sample above it at which the height passes the level."""
    if not 0 <= above < len(height) or height[above] <= height[foot]:
        return float(times[foot])
    share = np.clip((level - height[foot]) / (height[above] - height[foot]), 0, 1)
    return float(times[foot] + share * (times[above] - times[foot]))


def _rise_time(times: NDArray[np.float64], height: NDArray[np.float64], peak: int) -> float:
    below = np.flatnonzero(height[:peak] <= _FLANK * height[peak])
    return float(times[peak] - times[below[-1]]) if len(below) else float(times[peak] - times[0])


def _peak_time(times: NDArray[np.float64], height: NDArray[np.float64], peak: int) -> float:
    """Top of the parabola through the peak and its neighbours."""
    before, top, after = height[peak - 1 : peak + 2]
    bend = before - 2 * top + after
    shift = np.clip((before - after) / (2 * bend), -0.5, 0.5) if bend < 0 else 0.0
    return float(times[peak] + shift * (times[peak + 1] - times[peak - 1]) / 2)


def _swings(times: NDArray[np.float64], height: NDArray[np.float64], peak: int) -> int:
    """Count the turning points around the peak whose swing from the last is of the main one's order."""
    part = _turning_points(height[np.abs(times - times[peak]) <= _SWING_REACH_S]).tolist()
    least = _SWING_SHARE * height[peak]
    turns, extreme, upward = 0, part[0], None
    for value in part[1:]:
        if upward is None:
            if abs(value - extreme) >= least:
                upward, extreme = value > extreme, value
        elif (value > extreme) == upward:
            extreme = value
        elif abs(value - extreme) >= least:
            turns, extreme, upward = turns + 1, value, not upward
    return turns


def _turning_points(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights where a path turns, and at its ends."""
    turns = np.flatnonzero(np.diff(np.sign(np.diff(height)))) + 1
    return height[np.concatenate([[0], turns, [len(height) - 1]])]

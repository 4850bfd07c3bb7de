"""Candidates: every brief, localised, out-and-back motion above the noise, generously; what it is, is told later."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import MotionMaps
from fasciscan.motion.rigid import skin_cells
from fasciscan.motion.sorting import median
from fasciscan.twitch.regions import moving_region, without_outliers
from fasciscan.twitch.rhythm import heartbeat
from fasciscan.twitch.trace import Bump, PathTrace, find_bumps, path_along

_MARGIN_S = 0.6
"""How far a path is followed beyond the motion, for its baseline and to see it come back."""
_CORE_SHARE = 0.7
"""Cells that moved at least this share of the most make up the place whose path is followed …"""
_CORE_REACH_CELLS = 2
"""… within this many cells of the one that moved most."""
_CORE_STEPS = 2
"""Steps around the moment that tell the direction and which cells take part."""
_BEFORE_S, _AFTER_S = 0.3, 0.5
"""How far from the moment of the largest motion a bump is looked for: no further than a twitch reaches (DOMAIN.md)."""
_PEAK_REACH_S = 0.05
_NEAR_S, _NEAR_MM = 0.1, 5.0
"""Of motions nearer than this in time and in each direction of space only the largest is looked at."""
_LOBE_S, _LOBE_RATIO = 0.2, 2.0
"""A lobe has at most half of its motion's size; twitches of a close pair and swings of an oscillation are alike."""
_REST_S = 0.1
"""Between the swings of one motion its place rests no longer."""
_SAME_S = 0.03


@dataclass(frozen=True, slots=True)
class CandidateConfig:
    """How far above the noise a motion must stand. Ratios are to each cell's own noise."""

    enter: float = 3.5
    """A candidate needs a cell this far out …"""
    stay: float = 2.5
    """… and lasts as long as its place stays beyond this."""
    smallest_mm: float = 0.02
    """Excursion below which nothing is believed, however quiet the cell."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A brief motion at one place: where, how far and along which path."""

    cell: tuple[int, int]
    """(row, column) of the grid cell that moved most."""
    amplitude: NDArray[np.float32]
    """(ny, nx) excursion in mm of each cell around the peak, 0 where it did not take part."""
    direction: tuple[float, float]
    """Unit vector (x, y) of the main motion, pointing the way it went out."""
    strength: float
    """Largest ratio of excursion to noise."""
    trace: PathTrace
    bump: Bump
    """The out-and-back motion on the trace: onset, peak, offset."""
    rigid_mm: float
    """Largest brief whole-frame motion meanwhile."""
    skin_share: float
    """Motion of the strip under the probe, as a share of the largest."""
    field_share: float
    """Share of the field that moved at least a third as far as the most."""
    unrest: float
    """How much the place moves in the seconds around, as a share of how much it moves now."""
    commotion: float
    """How much the whole field jerks in the seconds around, as a share of how much this place does now."""
    rhythm: float
    """Likeness of the place's motion to itself one and two heartbeats later, 0 to 1."""
    period_s: float
    """The beat at which it is most alike."""
    support_mm2: float
    """Area around the place that moved at least half as far."""
    error_mm: float
    """Median standard error of the displacement of the cells that moved."""
    steadied: bool = False
    """Whether it was found where broad motion had been taken out."""


def find_candidates(
    maps: MotionMaps, config: CandidateConfig, when: NDArray[np.bool_] | None = None
) -> list[Candidate]:
    """Find the candidates of a block whose peaks lie in its core.

    Parameters
    ----------
    maps
        One block of motion.
    config
        Thresholds.
    when
        (t,) moments at which to look; by default all.

    Returns
    -------
    list of Candidate
        In the order of their peaks.
    """
    size = np.sqrt(maps.excursion[..., 0] ** 2 + maps.excursion[..., 1] ** 2)
    ratio = np.asarray(size / np.sqrt(maps.noise**2 + maps.error**2), np.float32)
    skin = np.nonzero(skin_cells(maps.grid))
    maxima = _maxima(size, ratio, maps, config)
    if when is not None:
        maxima = maxima[when[maxima[:, 0]]]
    followed = (_follow(maps, size, ratio, skin, moment, y, x, config) for moment, y, x in maxima.tolist())
    return sorted(_once_each([c for c in followed if c]), key=lambda c: c.bump.peak_s)


def _maxima(
    size: NDArray[np.float32], ratio: NDArray[np.float32], maps: MotionMaps, config: CandidateConfig
) -> NDArray[np.intp]:
    """(moment, row, column) of the motions that are larger than any near in time and place, the largest first."""
    if len(maps.times_s) < 2:
        return np.zeros((0, 3), np.intp)
    pitch = (_step_s(maps), *reversed(maps.grid.pitch_mm))
    reach = [2 * round(r / p) + 1 for r, p in zip((_NEAR_S, _NEAR_MM, _NEAR_MM), pitch, strict=True)]
    clear = np.where((ratio > config.enter) & (size > config.smallest_mm), size, 0)
    start, end = maps.core_s
    clear[(maps.times_s < start - _AFTER_S) | (maps.times_s >= end + _BEFORE_S)] = 0
    top = np.argwhere((clear > 0) & (clear == _largest_near(clear, reach)))
    top = top[~_is_lobe(maps.excursion, top, round(_LOBE_S / pitch[0]))]
    return top[np.argsort(-clear[tuple(top.T)])]


def _largest_near(values: NDArray[np.float32], reach: list[int]) -> NDArray[np.float32]:
    """Largest within a box of so many moments, rows and columns around each of (t, ny, nx), none of them negative."""
    count, ny, nx = values.shape
    later = cv2.dilate(values.reshape(count, -1), np.ones((reach[0], 1), np.uint8)).reshape(values.shape)
    # Rows of 0 between the moments keep them apart in one picture.
    apart = np.zeros((count, ny + reach[1] // 2, nx), np.float32)
    apart[:, :ny] = later
    largest = cv2.dilate(apart.reshape(-1, nx), np.ones(reach[1:], np.uint8))
    return np.asarray(largest, np.float32).reshape(apart.shape)[:, :ny]


def _is_lobe(excursion: NDArray[np.float32], maxima: NDArray[np.intp], reach: int) -> NDArray[np.bool_]:
    """Whether the same place moves much farther the other way just before or after.

    A place that goes out and back reads as displaced the other way while the longer distance leads from it.
    """
    moments, rows, columns = (axis[:, None] for axis in maxima.T)
    near = np.clip(moments + np.arange(-reach, reach + 1), 0, len(excursion) - 1)
    here = excursion[moments, rows, columns]
    back = -(excursion[near, rows, columns] * here).sum(axis=-1).min(axis=1)
    return back > _LOBE_RATIO * (here[:, 0] ** 2).sum(axis=-1)


def _extent(
    ratio: NDArray[np.float32], moment: int, cell: tuple[int, int], maps: MotionMaps, config: CandidateConfig
) -> slice:
    """Moments around one during which a place goes on moving; between two swings it may rest for a while."""
    y, x = cell
    moving = np.flatnonzero(ratio[:, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max(axis=(1, 2)) > config.stay)
    breaks = np.flatnonzero(np.diff(maps.times_s[moving]) > _REST_S)
    here = np.searchsorted(breaks, np.searchsorted(moving, moment))
    first = moving[breaks[here - 1] + 1] if here > 0 else moving[0]
    last = moving[breaks[here]] if here < len(breaks) else moving[-1]
    return slice(int(first), int(last) + 1)


def _follow(
    maps: MotionMaps, size, ratio, skin, moment: int, y: int, x: int, config: CandidateConfig
) -> Candidate | None:
    """Candidate at one place and moment; None if its path does not go out and back there."""
    time_s = maps.times_s[moment]
    moving = _extent(ratio, moment, (y, x), maps, config)
    # A weak motion stands out for less time than it takes; its peak is looked for over the whole distance in time.
    extent_s = (
        float(np.clip(maps.times_s[moving.start], time_s - _BEFORE_S, time_s - maps.lag_s / 2)),
        float(np.clip(maps.times_s[moving.stop - 1], time_s + maps.lag_s / 2, time_s + _AFTER_S)),
    )
    top, left = max(y - _CORE_REACH_CELLS, 0), max(x - _CORE_REACH_CELLS, 0)
    around = slice(max(moment - _CORE_STEPS, 0), moment + _CORE_STEPS + 1)
    beside = size[around, top : y + _CORE_REACH_CELLS + 1, left : x + _CORE_REACH_CELLS + 1].max(axis=0)
    rows, columns = np.nonzero(beside >= _CORE_SHARE * beside[y - top, x - left])
    core = rows + top, columns + left
    weights = np.zeros(maps.grid.shape, np.float32)
    weights[core] = beside[rows, columns]
    direction = _main_direction(maps.excursion[around][:, *core])
    trace = path_along(maps.frames, weights, direction, extent_s, _MARGIN_S)
    bumps = find_bumps(trace, extent_s)
    bump = min(bumps, key=lambda bump: abs(bump.peak_s - time_s), default=None)
    if not bump or not maps.core_s[0] <= bump.peak_s < maps.core_s[1] or bump.height_mm <= config.smallest_mm:
        return None
    return _candidate(maps, size, ratio, skin, (y, x), direction, core, trace, bump)


def _candidate(
    maps: MotionMaps, size, ratio, skin, cell: tuple[int, int], direction, core, trace: PathTrace, bump: Bump
) -> Candidate:
    peak, reach = int(np.argmin(np.abs(maps.times_s - bump.peak_s))), round(_PEAK_REACH_S / _step_s(maps))
    at_peak = slice(max(peak - reach, 0), peak + reach + 1)
    amplitude = without_outliers(np.where(maps.grid.valid, size[at_peak].max(axis=0), 0))
    amplitude[cell] = max(amplitude[cell], 1e-6)
    most = float(amplitude[core].max())
    place = maps.excursion[:, *core].mean(axis=1)
    along = place @ np.array(direction, np.float32)
    out = np.sign(along[at_peak].sum()) or 1.0
    rhythm, period_s = heartbeat(along, maps.times_s)
    return Candidate(
        cell=cell,
        amplitude=amplitude,
        direction=(float(out * direction[0]), float(out * direction[1])),
        strength=float(ratio[at_peak][:, *core].max()),
        trace=trace,
        bump=bump,
        rigid_mm=_jolt(maps, bump),
        skin_share=float(median(amplitude[skin]) / most),
        field_share=float(np.mean(amplitude[maps.grid.valid] > most / 3)),
        unrest=_unrest(maps, np.sqrt(place[:, 0] ** 2 + place[:, 1] ** 2), bump),
        commotion=_unrest(maps, maps.field, bump, most),
        rhythm=rhythm,
        period_s=period_s,
        support_mm2=float(
            np.count_nonzero(moving_region(amplitude, cell, 0.5)) * maps.grid.pitch_mm[0] * maps.grid.pitch_mm[1]
        ),
        error_mm=float(median(maps.error[at_peak][:, *core].ravel())),
    )


def _step_s(maps: MotionMaps) -> float:
    return float(maps.times_s[1] - maps.times_s[0])


def _jolt(maps: MotionMaps, bump: Bump) -> float:
    """Largest excursion of the whole frame in mm around a bump."""
    meanwhile = (maps.times_s >= bump.onset_s - maps.lag_s) & (maps.times_s <= bump.offset_s + maps.lag_s)
    half = round(maps.lag_s / _step_s(maps))
    rigid = maps.rigid[meanwhile]
    return float(np.hypot(*(rigid[half:] - rigid[:-half]).T).max(initial=0) / 2)


def _main_direction(vectors: NDArray[np.float32]) -> tuple[float, float]:
    """Direction (x, y) along which vectors (..., 2) are largest."""
    flat = vectors.reshape(-1, 2).astype(np.float64)
    _, axes = np.linalg.eigh(flat.T @ flat)
    return float(axes[0, 1]), float(axes[1, 1])


def _unrest(maps: MotionMaps, motion: NDArray[np.float32], bump: Bump, largest: float | None = None) -> float:
    """Median of a motion (t,) within a second before and after the bump, against the largest during it."""
    times = maps.times_s
    during = (times >= bump.onset_s - maps.lag_s) & (times <= bump.offset_s + maps.lag_s)
    around = (times >= bump.onset_s - 1) & (times <= bump.offset_s + 1) & ~during
    if not around.any() or not during.any():
        return 0.0
    return float(median(motion[around]) / max(largest or motion[during].max(), 1e-6))


def _once_each(found: list[Candidate]) -> list[Candidate]:
    """Leave out the second of two that are the same bump of the same place: maxima beside a peak lead to the peak."""
    kept: list[Candidate] = []
    for c in found:  # the largest first
        if not any(
            abs(c.bump.peak_s - k.bump.peak_s) <= _SAME_S and max(abs(np.subtract(c.cell, k.cell))) <= _CORE_REACH_CELLS
            for k in kept
        ):
            kept.append(c)
    return kept

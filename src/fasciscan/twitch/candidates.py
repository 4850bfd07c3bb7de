"""Candidates: every brief, localised, out-and-back motion above the noise, generously; what it is, is told later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import MotionMaps
from fasciscan.motion.rigid import skin_cells
from fasciscan.twitch.epicentre import moving_region, without_outliers
from fasciscan.twitch.regions import label_regions
from fasciscan.twitch.rhythm import heartbeat
from fasciscan.twitch.trace import Bump, PathTrace, find_bumps, path_along

_MARGIN_S = 0.6
"""How far a path is followed beyond the motion, for its baseline and to see it come back."""
_CORE_SHARE = 0.7
"""Cells that moved at least this share of the most make up the place whose path is followed …"""
_CORE_REACH_CELLS = 2
"""… within this many cells of the one that moved most."""
_PEAK_REACH_S = 0.05
_PASSIVE_SHARE = 0.35
"""A weaker motion at the same moment elsewhere, below this share of the strongest, is tissue dragged along."""
_ECHO_SHARE = 0.15
"""The same for one with still tissue between."""
_LARGE_SHARE = 0.4
"""A twitch that moves this much of the field is the only one at its moment: what else moves, moves with it."""
_SAME_MOMENT_S = 0.1


@dataclass(frozen=True, slots=True)
class CandidateConfig:
    """How far above the noise a motion must stand. Ratios are to each cell's own noise."""

    enter: float = 4.0
    """A candidate needs a cell this far out …"""
    stay: float = 3.0
    """… and extends over its neighbours in time and space down to this."""
    smallest_mm: float = 0.02
    """Excursion below which nothing is believed, however quiet the cell."""
    apart_mm: float = 12.0
    """Two peaks at the same moment closer than this are one twitch."""
    saddle: float = 0.6
    """Farther ones are two if the motion between them falls below this share of the lower one."""


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


def find_candidates(maps: MotionMaps, config: CandidateConfig) -> list[Candidate]:
    """Find the candidates of a block whose peaks lie in its core.

    Parameters
    ----------
    maps
        One block of motion.
    config
        Thresholds.

    Returns
    -------
    list of Candidate
        In the order of their peaks.
    """
    size = np.hypot(maps.excursion[..., 0], maps.excursion[..., 1])
    ratio = (size / np.hypot(maps.noise, maps.error)).astype(np.float32)
    found = []
    for window, member in _components(size, ratio, config):
        amplitude = np.zeros(maps.grid.shape, np.float32)
        amplitude[window[1:]] = np.where(member, size[window], 0).max(axis=0)
        for cell in _places(without_outliers(amplitude), maps.grid.pitch_mm, config):
            found += _follow(maps, size, ratio, window, cell)
    start, end = maps.core_s
    found = [
        c
        for c in found
        if start <= c.bump.peak_s < end and c.strength > config.enter and c.bump.height_mm > config.smallest_mm
    ]
    found = _one_a_twitch(found, maps, config)
    return sorted(found, key=lambda c: c.bump.peak_s)


def _components(
    size: NDArray[np.float32], ratio: NDArray[np.float32], config: CandidateConfig
) -> Iterator[tuple[tuple[slice, ...], NDArray[np.bool_]]]:
    """Yield connected stretches of motion in time and space, by hysteresis."""
    from scipy import ndimage  # here: 0.3 s to import

    labels, count = label_regions((ratio > config.stay) & (size > config.smallest_mm / 2), corners=True)
    if not count:
        return
    strong = np.unique(labels[(ratio > config.enter) & (size > config.smallest_mm)])
    windows = ndimage.find_objects(labels)
    for label in strong[strong > 0]:
        window = windows[label - 1]
        yield window, labels[window] == label


def _places(
    amplitude: NDArray[np.float32], pitch_mm: tuple[float, float], config: CandidateConfig
) -> list[tuple[int, int]]:
    """Peaks of the motion that are far apart with stiller tissue between, from the highest down."""
    from scipy import ndimage

    reach = [max(3, 2 * round(config.apart_mm / 4 / pitch) + 1) for pitch in reversed(pitch_mm)]
    top = (amplitude == ndimage.maximum_filter(amplitude, size=reach)) & (amplitude > 0)
    peaks = sorted(zip(*np.nonzero(top), strict=True), key=lambda cell: -amplitude[cell])
    places: list[tuple[int, int]] = []
    for y, x in peaks:
        if amplitude[y, x] < _PASSIVE_SHARE * amplitude.max():
            break
        level, _ = label_regions(amplitude >= config.saddle * amplitude[y, x])
        joined = any(level[place] == level[y, x] for place in places)
        near = any(np.hypot((y - v) * pitch_mm[1], (x - u) * pitch_mm[0]) < config.apart_mm for v, u in places)
        if not (joined or near):
            places.append((int(y), int(x)))
    return places


def _follow(maps: MotionMaps, size, ratio, window: tuple[slice, ...], cell: tuple[int, int]) -> list[Candidate]:
    """Candidates at one place while a motion lasts: one for each out-and-back motion on its path."""
    y, x = cell
    extent_s = (float(maps.times_s[window[0].start]), float(maps.times_s[window[0].stop - 1]))
    beside = np.zeros(maps.grid.shape, bool)
    beside[
        max(y - _CORE_REACH_CELLS, 0) : y + _CORE_REACH_CELLS + 1,
        max(x - _CORE_REACH_CELLS, 0) : x + _CORE_REACH_CELLS + 1,
    ] = True
    largest = size[window[0]].max(axis=0)
    weights = np.where(beside & (largest >= _CORE_SHARE * largest[cell]), largest, 0)
    direction = _main_direction(maps.excursion[window[0]][:, weights > 0])
    trace = path_along(maps.frames, weights, direction, extent_s, _MARGIN_S)
    return [
        _candidate(maps, size, ratio, cell, direction, weights > 0, trace, bump) for bump in find_bumps(trace, extent_s)
    ]


def _candidate(
    maps: MotionMaps, size, ratio, cell: tuple[int, int], direction, core: NDArray[np.bool_], trace, bump: Bump
) -> Candidate:
    at_peak = np.abs(maps.times_s - bump.peak_s) <= _PEAK_REACH_S
    at_peak[np.argmin(np.abs(maps.times_s - bump.peak_s))] = True
    amplitude = without_outliers(np.where(maps.grid.valid, size[at_peak].max(axis=0), 0))
    amplitude[cell] = max(amplitude[cell], 1e-6)
    most = float(amplitude[core].max())
    out = np.sign(np.einsum("tcd,d->", maps.excursion[at_peak][:, core], np.array(direction, np.float32))) or 1.0
    rhythm, period_s = heartbeat(maps.excursion[:, core].mean(axis=1) @ np.array(direction, np.float32), maps.times_s)
    return Candidate(
        cell=cell,
        amplitude=amplitude,
        direction=(float(out * direction[0]), float(out * direction[1])),
        strength=float(ratio[at_peak][:, core].max()),
        trace=trace,
        bump=bump,
        rigid_mm=_jolt(maps, bump),
        skin_share=float(np.median(amplitude[skin_cells(maps.grid)]) / most),
        field_share=float(np.mean(amplitude[maps.grid.valid] > most / 3)),
        unrest=_unrest(maps, np.linalg.norm(maps.excursion[:, core].mean(axis=1), axis=-1), bump),
        commotion=_unrest(maps, maps.field, bump, most),
        rhythm=rhythm,
        period_s=period_s,
        support_mm2=float(
            np.count_nonzero(moving_region(amplitude, cell, 0.5)) * maps.grid.pitch_mm[0] * maps.grid.pitch_mm[1]
        ),
        error_mm=float(np.median(maps.error[at_peak][:, core])),
    )


def _jolt(maps: MotionMaps, bump: Bump) -> float:
    """Largest excursion of the whole frame in mm around a bump."""
    meanwhile = (maps.times_s >= bump.onset_s - maps.lag_s) & (maps.times_s <= bump.offset_s + maps.lag_s)
    half = round(maps.lag_s / (maps.times_s[1] - maps.times_s[0]))
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
    return float(np.median(motion[around]) / max(largest or motion[during].max(), 1e-6))


def _one_a_twitch(found: list[Candidate], maps: MotionMaps, config: CandidateConfig) -> list[Candidate]:
    """Drop what is another view of a stronger candidate: at the same moment and near, or dragged along by it."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda c: -c.bump.height_mm * c.support_mm2):
        if not any(_is_part_of(candidate, other, maps, config) for other in kept):
            kept.append(candidate)
    return kept


def _is_part_of(weaker: Candidate, stronger: Candidate, maps: MotionMaps, config: CandidateConfig) -> bool:
    (y, x), (v, u) = weaker.cell, stronger.cell
    near = np.hypot((y - v) * maps.grid.pitch_mm[1], (x - u) * maps.grid.pitch_mm[0]) < config.apart_mm
    height = weaker.bump.height_mm / stronger.bump.height_mm
    large = stronger.field_share > _LARGE_SHARE
    if abs(weaker.bump.peak_s - stronger.bump.peak_s) <= _SAME_MOMENT_S:
        return near or large or height < _ECHO_SHARE
    around = (stronger.bump.onset_s - maps.lag_s, stronger.bump.offset_s + maps.lag_s)
    return (near or large) and height < _PASSIVE_SHARE and around[0] <= weaker.bump.peak_s <= around[1]

"""How a twitch moves: five landmarks on its velocity waveform, its speed, its direction, and how uniform that is.

The quantities are those of Sugisawa 2026 (Muscle & Nerve, mus.70338, and the authors' published program), where the
landmarks are clicked by hand. Here rules find them; docs/origin.md tells how well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import FrameSteps, Grid, MotionMaps
from fasciscan.origin.events import Kinematics, Landmarks
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.regions import moving_region
from fasciscan.twitch.trace import Bump, PathTrace

COHERENCE_CUTOFFS = (0, 5, 15)
"""Percent of the peak speed below which a cell has no say in the direction coherence (Sugisawa 2026)."""
ACTIVE_CUTOFF = 15
"""Percent of the peak speed from which a cell is active (Sugisawa 2026)."""
FIELD_MM = 16.4
"""Side of the square around the epicentre that both are told of: 240 px of 0.0685 mm in Sugisawa 2026."""
RISE_LEVELS, START_LEVEL = (0.3, 0.7), 0.05
"""Start: where the line through these shares of the way out is at 5 %. Noise and a slow course before it move that less
than the moment at which a tenth is done: contractions came out 13 ms off in the mean instead of 17 (docs/origin.md)."""
END_LEVEL = 0.1
"""End: this share of the way is left. Frame averaging and codecs leave a tail: with 5 % totals came out 23 ms off, with
10 % 18, with 15 % 35 ms (docs/origin.md)."""

_GRID_S = 0.004
"""Spacing of the velocity waveform; landmarks lie between its points."""
_WIDTH_S = 0.015
"""Standard deviation of the weights the waveform is fitted with: a fifth of a contraction (75 ms, PMC7900994) …"""
_WIDTH_FRAMES = 0.7
"""… and no less than this, which a parabola needs where frames are sparse."""
_REACH_S = 0.15
"""How far the waveform goes on before the onset and after the offset, to see rest on both sides."""
_LARGEST_GAP_S = 0.08
"""Between frames farther apart a contraction (75 ms, PMC7900994) may begin and end unseen."""
_REBOUND = 0.25
"""A path that turns back by this share of the way out before it has come home belongs to another motion."""
_LEAST_WEIGHT = 0.1
"""With less than a tenth of a frame's weight no parabola can be fitted …"""
_RIDGE = 1e-9
"""… and this keeps its equations from being singular."""
_CORE_REACH_CELLS = 1
"""The direction is that of the cells this near to the one that moved most."""
_SPREAD_RATE_HZ = 300.0
"""Below, the spread of the onset is not told. Along muscle fibres excitation runs some 3-5 m/s, so half a territory of
10 mm takes 1-2 ms; the measured delay scatters by 0.15 of a frame where truly there is none (docs/origin.md), which is
half a millisecond only from here on."""
_MIDDLE_SHARE = 0.8
"""Cells that move at least this share of the most are the middle of a territory …"""
_EDGE_SHARES = (0.4, 0.6)
"""… and those between these shares, half, its edge."""
_FEWEST_CELLS = 4
"""Of each, for a delay between them."""

_NAMES = ("start", "peak contraction", "reversal", "peak relaxation", "end")


class _Waveform(NamedTuple):
    """Displacement and velocity along the main direction, positive on the way out, (n,) each."""

    times_s: NDArray[np.float64]
    mm: NDArray[np.float64]
    mm_s: NDArray[np.float64]


class _Mark(NamedTuple):
    """A moment, or why it cannot be told."""

    time_s: float | None
    why: str = ""


def measure_kinematics(candidate: Candidate, place_mm: tuple[float, float], maps: MotionMaps) -> Kinematics:
    """Measure how a twitch moved.

    Parameters
    ----------
    candidate
        The twitch, with the path of the tissue that moved most.
    place_mm
        Its epicentre, (x, y) from the left and top edge of the tissue.
    maps
        The block of motion it was found in.

    Returns
    -------
    Kinematics
        A landmark that cannot be told is None, and ``landmarks.missing`` says why. The speeds are those of the fitted
        waveform, the direction and the field those of the way out as a whole: each cell's steps, weighted by how far
        the epicentre moved meanwhile, which adds up many frames where one alone is half noise.

    Notes
    -----
    Direction coherence is the length of the mean unit vector of the cells that move at least as fast as the cut-off,
    and the active share is the part of the field that moves at least 15 % as fast as the fastest, both as in
    Sugisawa 2026; there the field is that of a single frame.
    """
    grid = maps.grid
    wave = _velocity_waveform(candidate.trace, candidate.bump)
    landmarks = _find_landmarks(wave, candidate.trace, candidate.bump)
    out, back = _fastest(wave, landmarks)
    flow = _way_out(candidate, wave, landmarks, maps.frames)
    speed = np.hypot(flow[..., 0], flow[..., 1])
    field = _field_around(place_mm, grid)
    field[candidate.cell] = True
    fastest = float(speed[field].max())
    active = field & (speed > 0) & (speed >= ACTIVE_CUTOFF / 100 * fastest)
    area_mm2 = float(np.count_nonzero(active) * grid.pitch_mm[0] * grid.pitch_mm[1])
    to_px, known = 1 / grid.px_mm, grid.calibrated
    return Kinematics(
        landmarks=landmarks,
        peak_contraction_frame=_frame_at(landmarks.peak_contraction_s, candidate.trace),
        contraction_velocity_px_s=None if out is None else out * to_px,
        relaxation_velocity_px_s=None if back is None else back * to_px,
        contraction_velocity_mm_s=out if known else None,
        relaxation_velocity_mm_s=back if known else None,
        direction_deg=_direction(flow, candidate.cell),
        coherence={cutoff: _coherence(flow, speed, field, cutoff / 100 * fastest) for cutoff in COHERENCE_CUTOFFS},
        active_share=float(np.count_nonzero(active) / np.count_nonzero(field)),
        active_px=area_mm2 * to_px**2,
        active_mm2=area_mm2 if known else None,
        onset_spread_s=_onset_spread(candidate, flow, landmarks, maps.frames),
        times_s=wave.times_s,
        velocity_px_s=wave.mm_s * to_px,
    )


def _velocity_waveform(trace: PathTrace, bump: Bump) -> _Waveform:
    """Lay a smooth course through the path of the tissue that moved most, around the twitch."""
    start = max(bump.onset_s - _REACH_S, float(trace.times_s[0]))
    end = min(bump.offset_s + _REACH_S, float(trace.times_s[-1]))
    times = np.arange(start, end, _GRID_S)
    out = -1.0 if np.interp(bump.peak_s, trace.times_s, trace.mm) < 0 else 1.0
    mm, mm_s = _fit_parabolas(trace, times)
    return _Waveform(times, out * mm, out * mm_s)


def _fit_parabolas(trace: PathTrace, times_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit a parabola to the path around each moment; its value, mm, and its slope, mm/s.

    The weights fall off as a Gaussian. That is the filter of Savitzky and Golay for frames that come at any times.
    """
    width = max(_WIDTH_S, _WIDTH_FRAMES * float(np.median(np.diff(trace.times_s))))
    away = (trace.times_s - times_s[:, None]) / width
    terms = [np.exp(-0.5 * away**2)]
    for _ in range(4):
        terms.append(terms[-1] * away)
    moments = [term.sum(axis=1) for term in terms]
    normal = np.array([moments[power : power + 3] for power in range(3)]).transpose(2, 0, 1)
    right = np.array([term @ trace.mm for term in terms[:3]]).T
    fitted = np.asarray(np.linalg.solve(normal + _RIDGE * np.eye(3), right[..., None])[..., 0], np.float64)
    # Where frames are missing a straight line leads across.
    missing = moments[0] < _LEAST_WEIGHT
    line = np.interp(times_s, trace.times_s, trace.mm)
    return np.where(missing, line, fitted[:, 0]), np.where(missing, np.gradient(line, _GRID_S), fitted[:, 1] / width)


def _find_landmarks(wave: _Waveform, trace: PathTrace, bump: Bump) -> Landmarks:
    """Find the five moments; none is told that lies between frames too far apart to have seen it."""
    during = np.flatnonzero((wave.times_s >= bump.onset_s) & (wave.times_s <= bump.offset_s))
    if not len(during):
        return Landmarks(None, None, None, None, None, "all: the motion is shorter than the time between frames")
    top = int(during[np.argmax(wave.mm[during])])
    if top in (0, len(wave.mm) - 1):
        return Landmarks(None, None, None, None, None, "all: the recording shows only one side of the motion")
    start, first = _settled(wave, top, -1)
    end, last = _settled(wave, top, 1)
    found = [
        _Mark(_rise_start(wave, top)) if start.time_s is not None else start,
        _turn(wave, wave.mm_s, first + int(np.argmax(wave.mm_s[first : top + 1]))),
        _turn(wave, wave.mm, top),
        _turn(wave, wave.mm_s, top + int(np.argmin(wave.mm_s[top : last + 1]))),
        end,
    ]
    marks = [_if_seen(mark, trace.times_s) for mark in found]
    missing = "; ".join(f"{name}: {mark.why}" for name, mark in zip(_NAMES, marks, strict=True) if mark.why)
    moments = [mark.time_s for mark in marks]
    return Landmarks(moments[0], moments[1], moments[2], moments[3], moments[4], missing)


def _settled(wave: _Waveform, top: int, way: int) -> tuple[_Mark, int]:
    """Where the path, followed from the reversal back (-1) or on (1), is at a tenth of the way, and the point beyond.

    Without a mark the point is where the motion joins another one, or the waveform ends.
    """
    side = wave.mm[top::way]
    times = wave.times_s[top::way]
    below = np.flatnonzero(side <= END_LEVEL * side[0])
    until = int(below[0]) if len(below) else len(side) - 1
    lowest = np.minimum.accumulate(side[: until + 1])
    turned = np.flatnonzero(side[: until + 1] - lowest > _REBOUND * side[0])
    if len(turned):
        valley = int(np.argmin(side[: turned[0]]))
        why = "another motion came just before" if way < 0 else "another motion followed before it was back"
        return _Mark(None, why), top + way * valley
    if not len(below):
        why = "no rest before it" if way < 0 else "it did not come back"
        return _Mark(None, why), top + way * until
    return _Mark(_time_at(times, side, END_LEVEL)), top + way * until


def _rise_start(wave: _Waveform, top: int) -> float:
    """Start of a twitch that rests before it: its straight way out, extended back."""
    low_s, high_s = (_time_at(wave.times_s[top::-1], wave.mm[top::-1], level) for level in RISE_LEVELS)
    low, high = RISE_LEVELS
    return low_s - (high_s - low_s) * (low - START_LEVEL) / (high - low)


def _time_at(times_s: NDArray[np.float64], side: NDArray[np.float64], level: float) -> float:
    """Tell when one side of the path, followed from the reversal, is first down to a share of its height."""
    after = int(np.argmax(side <= level * side[0]))
    share = (side[after - 1] - level * side[0]) / (side[after - 1] - side[after])
    return float(times_s[after - 1] + share * (times_s[after] - times_s[after - 1]))


def _turn(wave: _Waveform, values: NDArray[np.float64], k: int) -> _Mark:
    """Tell when the parabola through a point of a course and its neighbours turns."""
    if not 0 < k < len(values) - 1:
        return _Mark(float(wave.times_s[k]))
    before, here, after = values[k - 1 : k + 2]
    bend = before - 2 * here + after
    shift = np.clip((before - after) / (2 * bend), -0.5, 0.5) if bend else 0.0
    return _Mark(float(wave.times_s[k] + shift * _GRID_S))


def _if_seen(mark: _Mark, frames_s: NDArray[np.float64]) -> _Mark:
    """Give a moment up that no two frames near enough to each other enclose."""
    if mark.time_s is None:
        return mark
    after = int(np.searchsorted(frames_s, mark.time_s))
    if not 0 < after < len(frames_s):
        return _Mark(None, "outside the recording")
    gap_s = frames_s[after] - frames_s[after - 1]
    return _Mark(None, f"no frame for {1000 * gap_s:.0f} ms there") if gap_s > _LARGEST_GAP_S else mark


def _fastest(wave: _Waveform, landmarks: Landmarks) -> tuple[float | None, float | None]:
    """Largest speed out and back in mm/s, where the landmark they belong to was found."""
    out, back = (
        None if time_s is None else abs(float(np.interp(time_s, wave.times_s, wave.mm_s)))
        for time_s in (landmarks.peak_contraction_s, landmarks.peak_relaxation_s)
    )
    return out, back


def _frame_at(time_s: float | None, trace: PathTrace) -> int | None:
    return None if time_s is None else int(trace.frames[np.argmin(np.abs(trace.times_s - time_s))])


def _way_out(candidate: Candidate, wave: _Waveform, landmarks: Landmarks, frames: FrameSteps) -> NDArray[np.float32]:
    """(ny, nx, 2) how far each cell moved on the way out, as its steps tell that go with the epicentre's."""
    bump = candidate.bump
    start = bump.onset_s if landmarks.start_s is None else landmarks.start_s
    reversal = bump.peak_s if landmarks.reversal_s is None else landmarks.reversal_s
    rows = slice(*np.searchsorted(frames.times_s - frames.step_s / 2, (start, reversal)))
    times, step_s = frames.times_s[rows], frames.step_s[rows]
    moved = np.interp(times, wave.times_s, wave.mm) - np.interp(times - step_s, wave.times_s, wave.mm)
    share = np.where(step_s > 0, np.maximum(moved, 0), 0)
    if not share.any():
        return np.zeros((*candidate.amplitude.shape, 2), np.float32)
    share *= share.sum() / (share**2).sum()
    return np.tensordot(share.astype(np.float32), frames.step[rows], 1)


def _field_around(place_mm: tuple[float, float], grid: Grid) -> NDArray[np.bool_]:
    """(ny, nx) cells of tissue in the square around a place."""
    near_x = np.abs(grid.lateral_mm - place_mm[0]) <= FIELD_MM / 2
    near_y = np.abs(grid.depth_mm - place_mm[1]) <= FIELD_MM / 2
    return grid.valid & near_y[:, None] & near_x


def _coherence(
    flow: NDArray[np.float32], speed: NDArray[np.float32], field: NDArray[np.bool_], least: float
) -> float | None:
    """Length of the mean unit vector of the cells of a field that move at least so fast; None where none moves."""
    moving = field & (speed >= least) & (speed > 0)
    if not moving.any():
        return None
    mean = (flow[moving] / speed[moving][:, None]).mean(axis=0)
    return float(np.hypot(mean[0], mean[1]))


def _direction(flow: NDArray[np.float32], cell: tuple[int, int]) -> float:
    y, x = cell
    reach = _CORE_REACH_CELLS
    across, down = flow[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].sum(axis=(0, 1))
    angle = float(np.degrees(np.arctan2(down, across)))
    return 180.0 if angle == -180 else angle


def _onset_spread(
    candidate: Candidate, flow: NDArray[np.float32], landmarks: Landmarks, frames: FrameSteps
) -> float | None:
    """How much later the edge of the territory is half-way out than its middle."""
    start, reversal = landmarks.start_s, landmarks.reversal_s
    if start is None or reversal is None:
        return None
    rows = slice(*np.searchsorted(frames.times_s, (start - _REACH_S / 2, reversal)))
    step_s = frames.step_s[rows]
    if len(step_s) < 3 or not 0 < np.median(step_s) <= 1 / _SPREAD_RATE_HZ:
        return None
    low, high = _EDGE_SHARES
    size = candidate.amplitude / candidate.amplitude[candidate.cell]
    region = moving_region(candidate.amplitude, candidate.cell, low)
    half_way = []
    for part in (region & (size >= _MIDDLE_SHARE), region & (size < high)):
        if np.count_nonzero(part) < _FEWEST_CELLS:
            return None
        path = np.cumsum(np.einsum("ncd,cd->n", frames.step[rows][:, part], flow[part]))
        half_way.append(_first_crossing(frames.times_s[rows], path, path.max() / 2))
    return half_way[1] - half_way[0]


def _first_crossing(times_s: NDArray[np.float64], path: NDArray[np.float64], level: float) -> float:
    k = int(np.argmax(path >= level))
    if k == 0:
        return float(times_s[0])
    share = (level - path[k - 1]) / (path[k] - path[k - 1])
    return float(times_s[k - 1] + share * (times_s[k] - times_s[k - 1]))

"""Landmarks on paths made up for the purpose."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscan.motion import FrameSteps
from fasciscan.twitch.trace import PathTrace, find_bumps, path_along

TIMES_S = np.arange(0, 2, 0.0125)


def hump(at_s: float, height: float = 0.2, rise_s: float = 0.08, fall_s: float = 0.2) -> np.ndarray:
    """Out along half a cosine, back along another."""
    out = np.clip((TIMES_S - at_s + rise_s) / rise_s, 0, 1)
    back = np.clip((TIMES_S - at_s) / fall_s, 0, 1)
    return height * (0.5 - 0.5 * np.cos(np.pi * out)) * (0.5 + 0.5 * np.cos(np.pi * back))


def trace_of(path: np.ndarray) -> PathTrace:
    return PathTrace(TIMES_S, np.arange(len(TIMES_S)), path, 0.0)


def steps_of(path: np.ndarray, lag_frames: int = 8) -> FrameSteps:
    """What a perfect measurement of a path in one cell would be; x moves, y does not."""
    step = np.diff(path, prepend=path[0])
    lagged = np.concatenate([np.zeros(lag_frames), path[lag_frames:] - path[:-lag_frames]])
    as_maps = (np.stack([values, 0 * values], axis=-1)[:, None, None].astype(np.float32) for values in (step, lagged))
    moved, reached = as_maps
    step_s = np.where(np.arange(len(path)) > 0, 0.0125, 0.0)
    lag_s = np.where(np.arange(len(path)) >= lag_frames, lag_frames * 0.0125, 0.0)
    return FrameSteps(np.arange(len(path)), TIMES_S, step_s, moved, lag_s, reached, np.zeros((len(path), 1, 1)))


def test_a_hump_has_its_landmarks():
    (bump,) = find_bumps(trace_of(hump(1.0)), (0.5, 1.5))

    assert bump.peak_s == pytest.approx(1.0, abs=0.007)
    assert bump.onset_s == pytest.approx(0.94, abs=0.015)
    assert bump.offset_s == pytest.approx(1.16, abs=0.02)
    assert bump.height_mm == pytest.approx(0.2, rel=0.02)
    assert bump.returned == pytest.approx(1.0)
    assert bump.swings <= 1


def test_the_direction_of_a_hump_does_not_matter():
    up, down = (find_bumps(trace_of(sign * hump(1.0)), (0.5, 1.5))[0] for sign in (1, -1))

    assert up == down


def test_two_humps_are_two_bumps():
    bumps = find_bumps(trace_of(hump(0.9, fall_s=0.1) + hump(1.1)), (0.5, 1.5))

    assert [bump.peak_s for bump in bumps] == pytest.approx([0.9, 1.1], abs=0.01)


def test_a_step_is_not_taken_back():
    path = 0.2 * np.clip((TIMES_S - 0.9) / 0.1, 0, 1) - 0.02 * np.clip((TIMES_S - 1.0) / 0.1, 0, 1)
    (bump,) = find_bumps(trace_of(path), (0.5, 1.3))

    assert bump.returned == pytest.approx(0.1, abs=0.02)


def test_an_oscillation_has_many_swings():
    path = 0.1 * np.sin(2 * np.pi * 6 * TIMES_S)
    bump = find_bumps(trace_of(path), (0.8, 1.2))[0]

    assert bump.swings >= 8
    assert bump.undershoot == pytest.approx(1.0, abs=0.1)


def test_a_path_is_recovered_from_its_steps_and_longer_distances():
    path = hump(1.0)
    trace = path_along(steps_of(path), np.ones((1, 1), np.float32), (1.0, 0.0), (0.9, 1.25), 0.5)
    expected = path[np.isin(TIMES_S, trace.times_s)]

    assert trace.mm == pytest.approx(expected, abs=0.002)
    assert trace.stays_mm < 0.01


def test_noise_of_the_steps_does_not_pile_up_where_longer_distances_are_known():
    rng = np.random.default_rng(3)
    clean = steps_of(hump(1.0))
    noisy = FrameSteps(
        clean.index, clean.times_s, clean.step_s, clean.step + rng.normal(0, 0.01, clean.step.shape).astype(np.float32),
        clean.lag_s, clean.lagged + rng.normal(0, 0.01, clean.lagged.shape).astype(np.float32), clean.change,
    )  # fmt: skip
    both = path_along(noisy, np.ones((1, 1), np.float32), (1.0, 0.0), (0.9, 1.25), 0.5)
    alone = np.cumsum(noisy.step[:, 0, 0, 0])
    truth = hump(1.0)

    def error(path, times_s):
        rest = path - truth[np.isin(TIMES_S, times_s)]
        return np.std(rest - np.polyval(np.polyfit(times_s, rest, 1), times_s))

    inside = np.isin(TIMES_S, both.times_s)
    assert error(both.mm, both.times_s) < 0.7 * error(alone[inside], both.times_s)


def test_what_stays_is_told_from_a_steady_drift():
    step = 0.2 * np.clip((TIMES_S - 0.95) / 0.1, 0, 1)
    weights = np.ones((1, 1), np.float32)
    stayed = path_along(steps_of(step), weights, (1.0, 0.0), (0.9, 1.1), 0.5)
    drifted = path_along(steps_of(0.2 * TIMES_S), weights, (1.0, 0.0), (0.9, 1.1), 0.5)

    assert stayed.stays_mm == pytest.approx(0.2, abs=0.02)
    assert drifted.stays_mm < 0.02

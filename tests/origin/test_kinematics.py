"""Landmarks, speeds and the moving field of twitches whose course and pattern are known exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from fasciscan.clip import Clip, ClipOptions, Scale
from fasciscan.motion import FrameSteps, Grid, lay_grid
from fasciscan.origin import Kinematics
from fasciscan.origin.kinematics import END_LEVEL, FIELD_MM, START_LEVEL, measure_kinematics
from fasciscan.pipeline import analyze
from fasciscan.simulate import Twitch
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.trace import find_bumps, path_along

REAL_CLIPS = Path(__file__).resolve().parents[3] / "shared" / "clips"
MM_PER_PX = 0.1
MIDDLE_MM = (20.0, 15.0)
LAG_S, MARGIN_S = 0.15, 0.6
ORDER = ("start_s", "peak_contraction_s", "reversal_s", "peak_relaxation_s", "end_s")
Course = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def make_grid() -> Grid:
    clip = Clip(
        Path("x"), "", "", 400, 300, np.arange(10.0), "", np.zeros(10, bool), Scale(MM_PER_PX, MM_PER_PX, "user"),
        np.ones((300, 400), bool), "user", cast("Any", None),
    )  # fmt: skip
    return lay_grid(clip, 1.0)


GRID = make_grid()


def twitch(onset_s: float = 1.0, contraction_s: float = 0.08, relaxation_s: float = 0.2) -> Twitch:
    return Twitch(*MIDDLE_MM, onset_s, contraction_s, relaxation_s, 0.2, 0.0, 10.0, 4.5, 1)


def bell(angle_deg: float = 0.0, size_mm: float = 0.2) -> NDArray[np.float64]:
    """(ny, nx, 2) displacement that is largest in the middle, all one way."""
    x, y = np.meshgrid(GRID.lateral_mm - MIDDLE_MM[0], GRID.depth_mm - MIDDLE_MM[1])
    size = size_mm * np.exp(-0.5 * ((x / 5) ** 2 + (y / 4) ** 2))
    angle = np.radians(angle_deg)
    return np.stack([size * np.cos(angle), size * np.sin(angle)], axis=-1)


def measure(
    course: Course,
    times_s: NDArray[np.float64],
    pattern: NDArray[np.float64] | None = None,
    noise_mm: float = 0.0,
    seed: int = 0,
    delay_s: NDArray[np.float64] | None = None,
    grid: Grid = GRID,
) -> Kinematics:
    """Measure the motion ``course(t - delay) · pattern`` as it would be seen at the times of frames."""
    pattern = bell() if pattern is None else pattern
    delay = np.zeros(pattern.shape[:2]) if delay_s is None else delay_s
    place = course(times_s[:, None, None] - delay)[..., None] * pattern
    place = place + noise_mm * np.random.default_rng(seed).standard_normal(place.shape)
    before = np.searchsorted(times_s, times_s - LAG_S + 1e-9)
    frames = FrameSteps(
        index=np.round(times_s * 1000).astype(np.int64),
        times_s=times_s,
        step_s=np.diff(times_s, prepend=times_s[0]),
        step=np.diff(place, axis=0, prepend=place[:1]).astype(np.float32),
        lag_s=times_s - times_s[before],
        lagged=(place - place[before]).astype(np.float32),
        change=np.zeros(place.shape[:3], np.float32),
    )
    amplitude = np.hypot(pattern[..., 0], pattern[..., 1]).astype(np.float32)
    y, x = np.unravel_index(np.argmax(amplitude), amplitude.shape)
    unit = pattern[y, x] / amplitude[y, x]
    moving = times_s[np.abs(course(times_s)) > 0.05]
    extent_s = float(moving[0]), float(moving[-1])
    trace = path_along(
        frames, np.where(amplitude > 0.7 * amplitude[y, x], amplitude, 0), (unit[0], unit[1]), extent_s, MARGIN_S
    )
    bump = min(find_bumps(trace, extent_s), key=lambda bump: bump.onset_s)
    found: dict[str, Any] = dict.fromkeys(Candidate.__slots__, 0.0)
    found |= {"cell": (int(y), int(x)), "amplitude": amplitude, "direction": unit, "trace": trace, "bump": bump}
    maps = SimpleNamespace(grid=grid, frames=frames)
    return measure_kinematics(Candidate(**found), MIDDLE_MM, cast("Any", maps))


def frames_at(rate_hz: float, start_s: float = 0.0, end_s: float = 2.5) -> NDArray[np.float64]:
    return np.arange(start_s, end_s, 1 / rate_hz)


def true_moments(course: Course) -> list[float]:
    """Moments of the five landmarks on a course of height 1."""
    times = np.arange(0, 2.5, 1e-4)
    height = course(times)
    speed = np.gradient(height, times)
    first, last = (np.flatnonzero(height >= level)[end] for level, end in ((START_LEVEL, 0), (END_LEVEL, -1)))
    found = (first, np.argmax(speed), np.argmax(height), np.argmin(speed), last)
    return [float(times[k]) for k in found]


def moments(kinematics: Kinematics) -> list[float]:
    return [getattr(kinematics.landmarks, name) for name in ORDER]


@pytest.mark.parametrize("rate_hz", [40, 60, 80])
def test_the_five_landmarks_are_those_of_the_course(rate_hz):
    course = twitch().course

    assert moments(measure(course, frames_at(rate_hz))) == pytest.approx(true_moments(course), abs=0.012)


def test_a_twitch_of_another_shape_has_its_landmarks_too():
    """The impulse response of a critically damped muscle, t · exp(-t), is no raised cosine."""

    def course(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        t = np.maximum(times_s - 1.0, 0) / 0.06
        return t * np.exp(1 - t)

    told, true = moments(measure(course, frames_at(60))), true_moments(course)

    assert told == pytest.approx(true, abs=0.02)
    assert told == sorted(told)


def test_landmarks_are_finer_than_frames():
    quarter_s = 1 / 60 / 4
    at_frame, later = (moments(measure(twitch(1.0 + by).course, frames_at(60))) for by in (0, quarter_s))

    assert np.subtract(later, at_frame) == pytest.approx(np.full(5, quarter_s), abs=0.0025)


def test_landmarks_of_a_small_twitch_bear_noise():
    """A tenth of a millimetre, with noise of 5 µm at a cell."""
    course = twitch().course
    off = np.array(
        [
            np.subtract(moments(measure(course, frames_at(50), bell(size_mm=0.1), 0.005, seed)), true_moments(course))
            for seed in range(15)
        ]
    )

    assert np.median(np.abs(off[:, 1])) < 0.01
    assert np.median(np.abs(off[:, 2] - off[:, 0])) < 0.01
    assert np.median(np.abs(off[:, 4] - off[:, 0])) < 0.025


def test_the_peak_contraction_frame_is_the_nearest_to_the_moment():
    kinematics = measure(twitch().course, frames_at(60))
    assert kinematics.peak_contraction_frame is not None

    assert kinematics.peak_contraction_frame / 1000 == pytest.approx(true_moments(twitch().course)[1], abs=0.009)


def test_speeds_are_the_steepest_of_the_course():
    """Somewhat less: the waveform is smooth over 15 ms."""
    everywhere = np.broadcast_to([0.2, 0.0], (*GRID.shape, 2))
    kinematics = measure(twitch().course, frames_at(80), everywhere)
    times = np.arange(0, 2.5, 1e-4)
    speed = 0.2 * np.gradient(twitch().course(times), times)

    assert kinematics.contraction_velocity_mm_s == pytest.approx(speed.max(), rel=0.15)
    assert kinematics.relaxation_velocity_mm_s == pytest.approx(-speed.min(), rel=0.15)
    assert kinematics.contraction_velocity_mm_s is not None
    assert kinematics.contraction_velocity_px_s == pytest.approx(kinematics.contraction_velocity_mm_s / MM_PER_PX)


def test_a_recording_that_begins_within_a_twitch_tells_no_start():
    kinematics = measure(twitch().course, frames_at(60, start_s=1.03))
    landmarks = kinematics.landmarks

    assert landmarks.start_s is None
    assert "start: no rest before it" in landmarks.missing
    assert landmarks.contraction_s is None
    assert landmarks.reversal_s == pytest.approx(1.08, abs=0.01)


def test_a_recording_that_ends_within_a_twitch_tells_no_end():
    landmarks = measure(twitch(relaxation_s=0.4).course, frames_at(60, end_s=1.2)).landmarks

    assert landmarks.end_s is None
    assert landmarks.missing == "end: it did not come back"
    assert landmarks.total_s is None


def test_a_twitch_before_the_last_is_back_has_no_end_of_its_own():
    first, second = twitch(1.0, 0.06, 0.3), twitch(1.2, 0.06, 0.3)
    landmarks = measure(lambda t: np.maximum(first.course(t), second.course(t)), frames_at(60)).landmarks

    assert landmarks.end_s is None
    assert landmarks.missing == "end: another motion followed before it was back"
    assert landmarks.peak_relaxation_s is not None
    assert landmarks.peak_relaxation_s < 1.25


def test_a_landmark_that_no_frame_saw_is_not_told():
    times = frames_at(60)
    landmarks = measure(twitch().course, times[(times < 0.94) | (times > 1.05)]).landmarks

    assert landmarks.start_s is None
    assert "start: no frame for" in landmarks.missing
    assert landmarks.end_s == pytest.approx(true_moments(twitch().course)[-1], abs=0.012)


@pytest.mark.parametrize("angle_deg", [0, 60, 135, -90])
def test_the_direction_is_that_of_the_way_out(angle_deg):
    told = measure(twitch().course, frames_at(60), bell(angle_deg)).direction_deg

    assert (told - angle_deg + 180) % 360 - 180 == pytest.approx(0, abs=1)


def test_a_field_that_moves_one_way_is_coherent():
    assert measure(twitch().course, frames_at(60)).coherence == pytest.approx({0: 1, 5: 1, 15: 1})


def test_coherence_counts_only_cells_above_the_cut_off():
    """A third of the field moves one way; the rest moves the other, at a tenth of the speed."""
    pattern = np.zeros_like(bell())
    pattern[..., 0] = -0.02
    pattern[np.abs(GRID.depth_mm - MIDDLE_MM[1]) <= FIELD_MM / 6, :, 0] = 0.2
    kinematics = measure(twitch().course, frames_at(60), pattern)
    inside = np.abs(GRID.depth_mm - MIDDLE_MM[1]) <= FIELD_MM / 2
    fast = np.count_nonzero(pattern[inside, 0, 0] > 0) / np.count_nonzero(inside)

    assert kinematics.coherence[0] == pytest.approx(1 - 2 * fast, abs=0.01)
    assert kinematics.coherence[5] == kinematics.coherence[0]
    assert kinematics.coherence[15] == pytest.approx(1)
    assert kinematics.active_share == pytest.approx(fast, abs=0.01)
    assert kinematics.active_mm2 == pytest.approx(fast * FIELD_MM**2, rel=0.15)


def test_the_spread_of_the_onset_is_told_only_at_a_high_frame_rate():
    x, y = np.meshgrid(GRID.lateral_mm - MIDDLE_MM[0], GRID.depth_mm - MIDDLE_MM[1])
    delay_s = np.hypot(x, y) / 1000 / 2
    slow, fast = (
        measure(twitch().course, frames_at(rate, 0.6, 1.6), delay_s=delay_s).onset_spread_s for rate in (80, 500)
    )

    assert slow is None
    # 2 m/s over the 3-4 mm from the middle to where half as much moves.
    assert fast == pytest.approx(0.002, abs=0.0007)


def test_a_clip_without_a_scale_has_no_millimetres():
    kinematics = measure(twitch().course, frames_at(60), grid=replace(GRID, calibrated=False))

    assert kinematics.contraction_velocity_mm_s is None
    assert kinematics.relaxation_velocity_mm_s is None
    assert kinematics.active_mm2 is None
    assert kinematics.contraction_velocity_px_s is not None


@pytest.mark.slow
@pytest.mark.skipif(not REAL_CLIPS.is_dir(), reason="the real clips (../shared/clips) are not here")
def test_the_landmarks_of_the_evoked_twitch_are_in_order_on_its_frames():
    result = analyze(REAL_CLIPS / "evoked_twitch.gif", ClipOptions()).result
    (event,) = result.events
    assert event.kinematics is not None
    frames = np.array(moments(event.kinematics)) / 0.03

    assert event.kinematics.landmarks.missing == ""
    assert list(frames) == sorted(frames)
    assert 8 <= frames[0] <= 10
    assert event.kinematics.peak_contraction_frame in (9, 10, 11)
    assert 17 <= frames[-1] <= 27

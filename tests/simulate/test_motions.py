"""What the simulated motions promise: physiology in their course, physics in their pattern."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscan.simulate import Breathing, Contraction, Layers, Pulsation, Tremor, Twitch

LAYERS = Layers(skin_mm=1.5, muscle_top_mm=6.0, muscle_bottom_mm=34.0, bottom_mm=40.0)
TWITCH = Twitch(20.0, 20.0, 1.0, 0.075, 0.2, 0.3, 0.0, 10.7, 4.5, site=1)


def grid(step_mm: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    axis = np.arange(0, 40.0 + step_mm / 2, step_mm)
    return np.meshgrid(axis, axis)


def test_a_twitch_is_at_5_percent_at_onset_and_offset_and_full_at_its_peak():
    assert TWITCH.course(np.array([TWITCH.onset_s, TWITCH.peak_s, TWITCH.offset_s])) == pytest.approx([0.05, 1, 0.05])


def test_a_twitch_rises_and_falls_once_and_is_still_before_and_after():
    t = np.linspace(0, 2, 4001)
    course = TWITCH.course(t)
    assert np.all(np.diff(course[t <= TWITCH.peak_s]) >= 0)
    assert np.all(np.diff(course[t >= TWITCH.peak_s]) <= 0)
    start, end = TWITCH.span_s
    assert np.all(course[(t < start) | (t > end)] == 0)


def test_a_twitch_of_mean_size_has_the_published_peak_velocity():
    # Motor unit MRI: 5.5 ± 2.6 mm/s at 0.2 mm (PMC7900994).
    t = np.linspace(0.9, 1.4, 5001)
    velocity = 0.2 * np.gradient(TWITCH.course(t), t)
    assert 2.9 < velocity.max() < 8.1
    assert -velocity.min() < velocity.max(), "relaxation is slower than contraction"


@pytest.mark.parametrize("angle", [0.0, -15.0, 100.0])
def test_a_twitch_moves_most_at_its_epicentre_along_its_line_of_action(angle):
    twitch = Twitch(20.0, 20.0, 1.0, 0.075, 0.2, 0.3, angle, 10.7, 4.5, site=1)
    x, y = grid()
    u = twitch.pattern(x, y, LAYERS)
    size = np.hypot(u[0], u[1])
    row, column = np.unravel_index(size.argmax(), size.shape)
    assert (x[row, column], y[row, column]) == pytest.approx((20, 20))
    direction = np.degrees(np.arctan2(u[1, row, column], u[0, row, column]))
    assert (size.max(), direction) == pytest.approx((0.3, angle), abs=1e-6)


def test_a_twitch_bulges_as_incompressible_tissue_must():
    # On the axis of a body of revolution the strain along it is twice that across it, and opposite.
    x, y = grid(0.05)
    u = TWITCH.pattern(x, y, LAYERS)
    middle = np.argmin(np.abs(y[:, 0] - 20))
    along = np.gradient(u[0], 0.05, axis=1)[middle]
    across = np.gradient(u[1], 0.05, axis=0)[middle]
    assert np.abs(along).max() > 0.01
    assert np.abs(along + 2 * across).max() < 0.02 * np.abs(along).max()


def test_neighbours_are_dragged_along_but_skin_and_bone_stay():
    x, y = grid()
    size = np.hypot(*TWITCH.pattern(x, y, LAYERS)[:2])
    beside = size[np.argmin(np.abs(y[:, 0] - 20)), np.argmin(np.abs(x[0] - 20 - 1.3 * 10.7))]
    assert 0.02 < beside < 0.1, "a territory's length away"
    assert size[y < LAYERS.skin_mm].max() == 0
    assert size[y > LAYERS.bottom_mm - 0.05].max() < 1e-3


def test_a_contraction_is_held_for_more_than_half_a_second_and_released():
    contraction = Contraction(20, 20, 2.0, 0.3, 0.8, 0.5, 1.0, 0.0, 40, 25)
    t = np.linspace(0, 6, 6001)
    course = contraction.course(t)
    assert np.sum(course > 0.99) / 1000 > 0.5
    assert contraction.course(np.array([contraction.onset_s, contraction.offset_s])) == pytest.approx([0.05, 0.05])
    assert course[-1] == 0


def test_a_pulsation_beats_at_its_rate_and_pushes_outwards_all_round():
    pulse = Pulsation(20, 20, 2.0, rate_hz=1.2, phase=0.0, amplitude_mm=0.15)
    course = pulse.course(np.linspace(0, 20, 20001))
    beats = np.sum((course[1:-1] > course[:-2]) & (course[1:-1] >= course[2:]) & (course[1:-1] > 0.9))
    assert abs(beats - 24) <= 1
    around = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    u = pulse.pattern(20 + 2 * np.cos(around), 20 + 2 * np.sin(around), LAYERS)
    assert u[0] * np.cos(around) + u[1] * np.sin(around) == pytest.approx(np.full(16, 0.15))


def test_breathing_moves_everything_and_depth_the_most():
    x, y = grid(1.0)
    u = np.abs(Breathing(0.25, 0.0, 0.4, 90.0).pattern(x, y, LAYERS)[1])
    assert u.min() > 0.1
    assert u[0].max() < u[-1].min()


def test_tremor_oscillates_at_its_rate_only_during_its_burst():
    tremor = Tremor(2.0, 6.0, 7.0, 0.2, 0.0, 20, 20, 40, 40)
    t = np.linspace(0, 8, 8001)
    course = tremor.course(t)
    assert np.all(course[(t < 2) | (t > 6)] == 0)
    spectrum = np.abs(np.fft.rfft(course))
    assert np.fft.rfftfreq(len(t), t[1])[spectrum.argmax()] == pytest.approx(7.0, abs=0.2)

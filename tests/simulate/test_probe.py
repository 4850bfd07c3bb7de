"""What the motions of a hand promise: what stays, what comes back, and what it takes along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.simulate import Drift, Layers, ProbeMotion
from fasciscan.simulate.probe import ProbePress

LAYERS = Layers(skin_mm=1.5, muscle_top_mm=5.0, muscle_bottom_mm=18.0, bottom_mm=21.0)


def grid(step_mm: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(0, 25, step_mm), np.arange(0, 21, step_mm))


def test_a_slip_moves_the_skin_too_and_does_not_come_back():
    slip = ProbeMotion(1.0, 0.2, 0.7, -0.1, returns=False)
    x, y = grid(1.0)
    u = slip.pattern(x, y, LAYERS)
    assert np.ptp(u[0]) == 0
    assert (u[0, 0, 0], u[1, 0, 0]) == (0.7, -0.1)
    assert slip.course(np.array([0.9, 1.2, 50.0])) == pytest.approx([0, 1, 1])
    assert slip.span_s[1] == np.inf


def test_a_tap_comes_back():
    tap = ProbeMotion(1.0, 0.1, 0.3, 0.0, returns=True)
    assert tap.course(np.array([0.9, 1.1, 1.2, 5.0])) == pytest.approx([0, 1, 0, 0])


def test_a_twist_is_rigid_and_turns_about_the_probe():
    twist = ProbeMotion(1.0, 0.2, 0.0, 0.0, returns=False, turn_deg=1.5, pivot_x_mm=12.0)
    x, y = grid()
    u = twist.pattern(x, y, LAYERS)
    before = np.hypot(x[0, 0] - x[-1, -1], y[0, 0] - y[-1, -1])
    moved_x, moved_y = x + u[0], y + u[1]
    after = np.hypot(moved_x[0, 0] - moved_x[-1, -1], moved_y[0, 0] - moved_y[-1, -1])
    assert after == pytest.approx(before, rel=1e-9)
    assert np.hypot(u[0], u[1])[0, 24] == pytest.approx(0, abs=1e-9)
    assert np.hypot(u[0], u[1])[-1, 24] == pytest.approx(y[-1, 0] * np.radians(1.5), rel=0.01)
    assert (twist.name, replace(twist, turn_deg=0.0).name, replace(twist, turn_deg=0.0, returns=True).name) == (
        "twist", "slip", "tap",
    )  # fmt: skip


def test_pressure_brings_deep_tissue_nearer_and_leaves_the_skin():
    press = ProbePress(1.0, 0.3, 0.8, 12.0, returns=True)
    x, y = grid()
    u = press.pattern(x, y, LAYERS)
    assert np.hypot(u[0], u[1])[0].max() == 0
    assert u[1][:, 10] == pytest.approx(-0.8 * np.clip(y[:, 0] / LAYERS.bottom_mm, 0, 1))
    assert press.course(np.array([1.0, 1.3, 1.6, 2.0])) == pytest.approx([0, 1, 0, 0])


def test_a_drift_goes_on_and_on():
    drift = Drift(0.01, -0.02)
    x, y = grid(1.0)
    assert drift.pattern(x, y, LAYERS)[:2, 5, 5] * drift.course(np.asarray(30.0)) == pytest.approx([0.3, -0.6])

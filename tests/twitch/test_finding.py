"""What is found in simulated muscle, from frames to judged events."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscan.simulate import Breathing, Contraction, ProbeMotion, Pulsation, Tremor
from fasciscan.twitch import Kind


def counted(events):
    return [event for event in events if event.kind is Kind.FASCICULATION]


def test_a_twitch_is_found_once_with_its_time_and_place(make_clip, make_twitch, find_events):
    (event,) = find_events(make_clip(3.0, [make_twitch(20.0, 15.0, 1.2)]))

    assert event.kind is Kind.FASCICULATION
    assert event.probability > 0.8
    assert event.onset_s == pytest.approx(1.2, abs=0.04)
    assert event.peak_s == pytest.approx(1.2 + 0.075, abs=0.04)
    assert np.hypot(event.origin.x_mm - 20.0, event.origin.y_mm - 15.0) < 1.5
    assert event.peak_displacement_mm == pytest.approx(0.3, rel=0.45)
    assert event.origin.x_px == pytest.approx(event.origin.x_mm / 0.12 - 0.5)


def test_resting_muscle_has_no_events(make_clip, find_events):
    assert find_events(make_clip(3.0)) == []


def test_a_close_pair_at_one_site_is_two(make_clip, make_twitch, find_events):
    pair = [make_twitch(20.0, 15.0, 1.0, relaxation_s=0.1), make_twitch(20.0, 15.0, 1.22)]
    events = counted(find_events(make_clip(3.0, pair)))

    assert [round(event.peak_s - 0.075, 1) for event in events] == [1.0, 1.2]


def test_two_sites_at_once_are_two(make_clip, make_twitch, find_events):
    pair = [make_twitch(10.0, 12.0, 1.2, major_mm=8.0), make_twitch(30.0, 20.0, 1.2, major_mm=8.0)]
    events = counted(find_events(make_clip(3.0, pair)))

    assert sorted(round(event.origin.x_mm / 10) for event in events) == [1, 3]


def test_breathing_neither_hides_nor_makes_a_twitch(make_clip, make_twitch, find_events):
    breathing = Breathing(rate_hz=0.3, phase=0.0, amplitude_mm=1.0, angle_deg=90.0)
    events = counted(find_events(make_clip(4.0, [make_twitch(20.0, 15.0, 2.0)], [breathing])))

    assert len(events) == 1
    assert events[0].peak_s == pytest.approx(2.08, abs=0.05)


@pytest.mark.parametrize(
    ("look_alike", "seconds"),
    [
        pytest.param(
            Contraction(
                x_mm=19, y_mm=16, onset_s=1.0, rise_s=0.3, hold_s=0.8, release_s=0.4, amplitude_mm=1.2, angle_deg=5,
                major_mm=40, minor_mm=20,
            ),
            4.0,
            id="contraction",
        ),
        pytest.param(
            Tremor(
                onset_s=0.8, offset_s=3.2, rate_hz=6.0, amplitude_mm=0.3, angle_deg=0, x_mm=19, y_mm=16, major_mm=30,
                minor_mm=15,
            ),
            4.0,
            id="tremor",
        ),
        pytest.param(
            ProbeMotion(onset_s=1.5, travel_s=0.06, x_shift_mm=0.3, y_shift_mm=0.4, returns=True), 3.0, id="probe tap"
        ),
        pytest.param(
            ProbeMotion(onset_s=1.5, travel_s=0.08, x_shift_mm=0.8, y_shift_mm=0.0, returns=False), 3.0, id="probe slip"
        ),
        pytest.param(
            Pulsation(x_mm=20, y_mm=16, radius_mm=2.0, rate_hz=1.3, phase=0.2, amplitude_mm=0.15), 7.0, id="pulsation"
        ),
    ],
)  # fmt: skip
def test_a_look_alike_is_not_counted(make_clip, find_events, look_alike, seconds):
    assert counted(find_events(make_clip(seconds, (), [look_alike]))) == []

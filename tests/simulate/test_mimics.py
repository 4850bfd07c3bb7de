"""What each look-alike promises: its period, its size, and whether anything moves at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.simulate import (
    Contraction,
    Layers,
    Machine,
    Phantom,
    Pulsation,
    Scene,
    Tremor,
    Twitch,
    displacement,
    render,
)
from fasciscan.simulate.mimics import Cramp, Drag, Fibrillation, Glide, LengthwiseArtery, Myokymia
from fasciscan.simulate.motions import Wave
from fasciscan.simulate.unmoving import ColourFlow, Flicker, Shadow

LAYERS = Layers(skin_mm=1.5, muscle_top_mm=5.0, muscle_bottom_mm=18.0, bottom_mm=21.0)
WAVES = (Wave(2.3, 0.1, 0.4), Wave(5.1, 0.6, 0.4), Wave(8.7, 0.3, 0.3))
MUSCLE = Phantom(LAYERS, 0.0, -8.0, -36.0, -38.0, -26.0, 20.0, -8.0, 0.0, False, 8.0, 0.3, 0.5, 11.0)
MACHINE = Machine(60.0, -80.0, 1.0, 0.0, "h264", 20, 50)
SCENE = Scene(3, "test", 3.0, 25.0, 200, 160, 0.1, MUSCLE, MACHINE)


def grid(step_mm: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(0, 25, step_mm), np.arange(0, 21, step_mm))


def main_rate_hz(course: np.ndarray, step_s: float) -> float:
    spectrum = np.abs(np.fft.rfft(course - course.mean()))
    return float(np.fft.rfftfreq(len(course), step_s)[spectrum.argmax()])


def test_a_pulse_rises_briskly_falls_slowly_and_no_two_beats_are_alike():
    pulse = Pulsation(12, 11, 1.5, 1.1, 0.0, 0.2, upstroke=0.15, beat_variation=0.3)
    t = np.linspace(0, 20, 20001)
    course = pulse.course(t)
    assert main_rate_hz(course, 0.001) == pytest.approx(1.1, abs=0.06)
    assert np.gradient(course).max() > 3 * -np.gradient(course).min()
    tops = course[1:-1][(course[1:-1] > course[:-2]) & (course[1:-1] >= course[2:])]
    assert 0.7 <= tops.min() < 0.8 < 0.9 < tops.max() <= 1


def test_a_hidden_artery_pulsates_without_a_vessel_in_the_picture():
    seen = replace(SCENE, duration_s=0.04, look_alikes=(Pulsation(10, 11, 2.0, 1.1, 0.0, 0.1),))
    hidden = replace(seen, look_alikes=(Pulsation(10, 11, 2.0, 1.1, 0.0, 0.1, visible=False),))
    lumen = slice(100, 120), slice(92, 108)
    assert next(render(seen))[1][lumen].mean() < 0.6 * next(render(hidden))[1][lumen].mean()
    assert displacement(seen, 0.1) == pytest.approx(displacement(hidden, 0.1))


ARTERY = LengthwiseArtery(10, 11, 2.0, 1.1, 0.0, 0.1, angle_deg=0.0, half_length_mm=6.0, along_mm=-0.3)


def test_the_walls_of_an_artery_seen_lengthwise_part_and_are_pulled_along_it():
    y = np.array([7.0, 9.0, 11.0, 13.0, 15.0])
    lateral, axial, _ = ARTERY.pattern(np.full_like(y, 10.0), y, LAYERS)
    assert axial == pytest.approx([-0.05, -0.1, 0, 0.1, 0.05])
    assert lateral[1:4] == pytest.approx([-0.3] * 3)
    assert -0.3 < lateral[0] == lateral[4] < -0.1
    beyond, _, _ = ARTERY.pattern(np.array([0.0, 20.0]), np.array([9.0, 9.0]), LAYERS)
    assert beyond == pytest.approx([0, 0])


def test_uneven_tissue_beside_an_artery_moves_more_in_some_places_the_same_ones_each_time():
    x, y = np.meshgrid(np.arange(5.0, 15.0, 0.25), np.arange(6.0, 16.0, 0.25))
    soft = replace(ARTERY, unevenness=0.5, seed=4)
    moved, even = (np.hypot(*motion.pattern(x, y, LAYERS)[:2]) for motion in (soft, ARTERY))
    times = moved / even
    assert times.max() <= 2 + 1e-9
    assert 0.25 < np.log(times).std() < 0.75
    assert np.array_equal(soft.pattern(x, y, LAYERS), replace(soft).pattern(x, y, LAYERS))
    assert np.abs(np.diff(times, axis=1)).max() < 0.5, "neighbours move alike"


def test_an_artery_seen_lengthwise_is_a_dark_band_between_bright_walls():
    plain = next(render(replace(SCENE, duration_s=0.04)))[1]
    lying = next(render(replace(SCENE, duration_s=0.04, look_alikes=(ARTERY,))))[1]
    along = slice(60, 140)
    assert lying[95:125, along].mean() < 0.6 * plain[95:125, along].mean()
    for wall in (slice(82, 92), slice(128, 138)):
        assert lying[wall, along].mean() > 1.2 * plain[wall, along].mean()
    assert lying[95:125, 195:] == pytest.approx(plain[95:125, 195:], abs=40)


def test_tremor_waxes_and_wanes_about_its_rate():
    tremor = Tremor(0.0, 10.0, 7.0, 0.2, 0.0, 12, 11, 30, 20, waning=0.8, waning_hz=0.5)
    t = np.linspace(1, 9, 8001)
    course = tremor.course(t)
    assert main_rate_hz(course, t[1] - t[0]) == pytest.approx(7.0, abs=0.6)
    envelope = np.abs(course[:8000]).reshape(40, 200).max(axis=1)  # 0.2 s hold more than a cycle
    assert envelope.min() < 0.4
    assert envelope.max() > 0.9


def test_a_cramp_is_sustained_and_ripples():
    cramp = Cramp(12, 11, 1.0, 0.5, 7.0, 0.8, 0.0, 20, 10, WAVES)
    held = cramp.course(np.linspace(2, 6, 2001))
    assert 0.4 < held.min() < held.max() < 1.1
    assert held.std() > 0.05
    assert cramp.course(np.array([0.5, 7.5])) == pytest.approx([0, 0])


def test_myokymia_comes_in_groups_too_fast_to_rest_between_discharges():
    groups = Myokymia(12, 11, (1.0, 2.5, 4.1), 5, 10.0, 0.2, 0.0, 10, 4.5)
    t = np.linspace(0, 6, 6001)
    course = groups.course(t)
    assert np.all(course[(t > 1.55) & (t < 2.45)] == 0), "at rest between the groups"
    inside = course[(t > 1.1) & (t < 1.4)]
    assert inside.min() > 0.3, "never at rest within one"
    assert main_rate_hz(inside, 0.001) == pytest.approx(10, abs=2)
    assert (groups.onset_s, groups.offset_s) == (1.0, pytest.approx(4.6))


def test_fibrillation_is_tiny_irregular_and_local():
    shimmer = Fibrillation(12, 11, 0.5, 6.0, 0.03, 8.0, 4.0, 20.0, WAVES)
    x, y = grid()
    u = shimmer.pattern(x, y, LAYERS)
    size = np.hypot(u[0], u[1])
    assert 0.01 < size.max() < 0.045
    assert size[np.hypot(x - 12, y - 11) > 10].max() < 0.1 * size.max()
    assert u[0].min() < -0.3 * u[0].max(), "neighbours move against each other"
    course = shimmer.course(np.linspace(1, 5, 4001))
    assert np.sum(np.diff(np.sign(course)) != 0) > 10


def test_a_shadow_darkens_and_moves_no_tissue():
    shadow = Shadow(0.5, 2.5, 10.0, 6.0, 2.0, 20.0, 0.5, WAVES)
    scene = replace(SCENE, look_alikes=(shadow,))
    assert not displacement(scene, 1.5).any()
    frames = {round(time, 2): frame.astype(float) for time, frame in render(scene)}
    under, beside = (slice(70, 150), slice(90, 110)), (slice(70, 150), slice(160, 190))
    assert frames[1.52][under].mean() < 0.5 * frames[0.0][under].mean()
    assert frames[1.52][beside].mean() == pytest.approx(frames[0.0][beside].mean(), rel=0.03)
    assert frames[2.8][under].mean() == pytest.approx(frames[0.0][under].mean(), rel=0.03)


def test_a_box_flickers_at_its_times_and_nothing_else_changes():
    box = Flicker("colour box", (40, 50, 60, 30), 25, ((1.0, 1.2), (2.0, 2.1)))
    plain = [frame.astype(int) for _, frame in render(SCENE)]
    frames = list(render(replace(SCENE, look_alikes=(box,))))
    inside = np.zeros(plain[0].shape, bool)
    inside[50:80, 40:100] = True
    for (time, frame), bare in zip(frames, plain, strict=True):
        on = 1.0 <= time < 1.2 or 2.0 <= time < 2.1
        assert np.array_equal(frame[~inside], bare[~inside])
        assert (frame.astype(int) - bare)[inside].max() == (25 if on else 0)


def test_colour_fills_a_vessel_with_the_beat_and_moves_no_tissue():
    flow = ColourFlow(((40, 60), (120, 50), (120, 80), (40, 90)), 0.2, 140, 6, 1.0, 0.0, 0.5, 7)
    scene = replace(SCENE, look_alikes=(flow,))
    assert not displacement(scene, 1.1).any()
    plain = [frame.astype(int) for _, frame in render(SCENE)]
    share = {}
    for (time, frame), bare in zip(render(scene), plain, strict=True):
        changed = frame != bare
        assert not changed[:, :40].any() and not changed[:, 121:].any() and not changed[:50].any()
        lit = frame[65:75, 50:110] >= 0.6 * 140 - 1
        share[round(time % 1, 2)] = lit.mean()
        assert frame[65:75, 50:110][~lit].max(initial=0) < 60
    assert max(value for beat, value in share.items() if 0.1 < beat < 0.2) > 0.9
    assert max(value for beat, value in share.items() if beat > 0.55) == 0


def test_colour_flickers_alike_each_time_the_clip_is_made():
    flow = ColourFlow(((40, 60), (120, 50), (120, 80), (40, 90)), 0.2, 140, 6, 1.0, 0.0, 0.9, 7)
    once, again = (np.full((200, 200), 90, np.uint8) for _ in range(2))
    flow.paint(once, 0.3)
    flow.paint(again, 0.3)
    assert np.array_equal(once, again)
    flow.paint(again, 0.32)
    assert not np.array_equal(once, again)


def test_tissue_glides_below_its_fascia_alone_and_comes_back():
    glide = Glide(1.0, 0.4, 0.2, 0.5, -2.0, 10.0, 1.0, 0.0)
    y = np.arange(0.0, 20.0, 0.5)
    lateral, axial, _ = glide.pattern(np.zeros_like(y), y, LAYERS)
    assert lateral[y < 9.4] == pytest.approx(0)
    assert lateral[y > 10.6] == pytest.approx(-2)
    assert axial == pytest.approx(0)
    assert (glide.peak_s, glide.offset_s) == pytest.approx((1.4, 2.1))
    assert glide.course(np.array([0.9, 1.4, 1.6, 2.2])) == pytest.approx([0, 1, 1, 0], abs=1e-9)


def test_a_dragging_hand_jerks_the_depth_sideways_and_leaves_the_skin():
    drag = Drag(1.0, 0.1, 0.0, 0.1, 0.3, 8.0, 8.0, 0.0, unevenness=0.0, seed=1)
    y = np.arange(0.0, 20.0, 0.5)
    lateral, axial, _ = drag.pattern(np.zeros_like(y), y, LAYERS)
    assert lateral[y <= 4] == pytest.approx(0)
    assert np.all(np.diff(lateral) >= 0)
    assert lateral[y >= 12] == pytest.approx(0.3)
    assert axial == pytest.approx(0)
    assert (drag.kind, drag.name) == ("probe motion", "drag")
    uneven = replace(drag, unevenness=0.6).pattern(np.zeros_like(y), y, LAYERS)[0]
    assert np.ptp(uneven[y >= 12]) > 0.02


def test_a_split_territory_moves_at_two_places():
    twitch = Twitch(
        8.0, 11.0, 1.0, 0.075, 0.2, 0.3, 0.0, 6.0, 3.0, site=1, passive_share=0.1, second_core_mm=(9.0, 0.0)
    )
    x, y = np.meshgrid(np.arange(0, 25, 0.1), [11.0])
    size = np.hypot(*twitch.pattern(x, y, LAYERS)[:2])[0]
    tops = x[0, 1:-1][(size[1:-1] > size[:-2]) & (size[1:-1] >= size[2:]) & (size[1:-1] > 0.1)]
    assert tops == pytest.approx([8.0, 17.0], abs=0.3)
    assert size.argmax() == pytest.approx(80, abs=2), "the truth's epicentre is the stronger core"


def test_every_record_tells_what_it_was_made_as():
    push = Contraction(12, 11, 1.0, 0.3, 0.5, 0.4, 1.0, 0.0, 30, 20, name="swallow")
    assert (push.kind, push.name) == ("contraction", "swallow")
    assert (Myokymia.kind, Cramp.kind, Fibrillation.kind, Shadow.kind) == (
        "tremor",
        "contraction",
        "artefact",
        "artefact",
    )

"""What curved probes promise: a fan whose tissue lies along the probe and moves in true millimetres."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fasciscan.simulate import Layers, Machine, Phantom, ProbeMotion, Scene, Twitch, displacement, render, tell_truth
from fasciscan.simulate.geometry import Sector

FAN = Sector(radius_mm=40.0, half_angle_deg=25.0, depth_mm=45.0)
MM_PER_PX = 0.15
LAYERS = Layers(1.5, 5.0, 36.0, 42.0, FAN)
MUSCLE = Phantom(LAYERS, 0.0, -8.0, -36.0, -38.0, -26.0, 15.0, -8.0, 0.0, False, 6.0, 0.3, 0.5, 22.0)
MACHINE = Machine(60.0, -80.0, 1.0, 0.0, "h264", 20, 50)
WIDTH_PX, HEIGHT_PX = (2 * round(size / MM_PER_PX / 2) for size in FAN.size_mm)


def fan_scene(**changes) -> Scene:
    return replace(Scene(3, "test", 0.3, 50.0, WIDTH_PX, HEIGHT_PX, MM_PER_PX, MUSCLE, MACHINE), **changes)


def test_places_come_back_from_beam_to_image_and_back():
    s, d = np.meshgrid(np.linspace(0, FAN.span_mm, 9), np.linspace(0, FAN.depth_mm, 7))
    x, y = FAN.to_image(s, d)
    assert np.stack(FAN.to_beam(x, y)) == pytest.approx(np.stack([s, d]))
    assert x.min() == pytest.approx(0)
    assert x.max() == pytest.approx(FAN.size_mm[0])
    assert y.min() == pytest.approx(0)
    assert y.max() == pytest.approx(FAN.size_mm[1])


def test_outside_the_fan_the_picture_is_black_and_inside_it_is_tissue():
    frame = next(render(fan_scene()))[1]
    y, x = (np.mgrid[:HEIGHT_PX, :WIDTH_PX] + 0.5) * MM_PER_PX
    s, d = FAN.to_beam(x, y)
    edge = 2.0
    outside = (s < -edge) | (s > FAN.span_mm + edge) | (d < -edge) | (d > FAN.depth_mm + edge)
    inside = (s > edge) & (s < FAN.span_mm - edge) & (d > edge) & (d < FAN.depth_mm - edge)
    assert frame[outside].max() == 0
    assert frame[inside].mean() > 40


def test_the_fascia_follows_the_probe():
    frame = next(render(fan_scene()))[1].astype(float)
    s, d = np.meshgrid(np.linspace(4, FAN.span_mm - 4, 200), np.arange(3.5, 9.0, 0.1))
    x, y = FAN.to_image(s, d)
    straight = frame[(y / MM_PER_PX).astype(int), (x / MM_PER_PX).astype(int)]
    for third in np.array_split(straight, 3, axis=1):
        assert d[third.mean(axis=1).argmax(), 0] == pytest.approx(LAYERS.muscle_top_mm + 0.3, abs=0.8)


def moved_px(scene: Scene, x_px: float, y_px: float, time_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Shift of a patch, measured in the pictures (ECC, from the true one on) and by the truth."""
    frames = {round(time, 2): frame.astype(np.float32) for time, frame in render(scene)}
    reach, room = 20, 10
    row, column = round(y_px), round(x_px)
    patch = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
    wide = slice(patch[0].start - room, patch[0].stop + room), slice(patch[1].start - room, patch[1].stop + room)
    truth = displacement(scene, time_s)[(slice(None), *patch)].mean(axis=(1, 2)) / MM_PER_PX
    start = np.array([[1, 0, room + truth[0]], [0, 1, room + truth[1]]], np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-6)
    pair = frames[0.0][patch].copy(), frames[time_s][wide].copy()
    everywhere = np.ones(pair[1].shape, np.uint8)
    _, warp = cv2.findTransformECC(*pair, start, cv2.MOTION_TRANSLATION, criteria, everywhere, 3)
    return warp[:, 2] - room, truth


@pytest.mark.parametrize(("s_mm", "d_mm"), [(12.0, 25.0), (45.0, 20.0)])
def test_tissue_moves_as_the_truth_says_left_and_right_in_the_fan(s_mm, d_mm):
    x, y = (float(value) for value in FAN.to_image(np.array(s_mm), np.array(d_mm)))
    twitch = Twitch(x, y, 0.2, 0.08, 0.2, 0.4, 60.0, 20.0, 14.0, site=1)
    scene = fan_scene(twitches=(twitch,))
    (event,) = tell_truth(scene, "x").twitches
    assert event.x_px is not None
    assert event.y_px is not None
    assert (event.x_px, event.y_px) == pytest.approx((x / MM_PER_PX - 0.5, y / MM_PER_PX - 0.5))
    seen, truth = moved_px(scene, event.x_px, event.y_px, 0.28)
    assert np.hypot(*truth) > 2
    assert seen == pytest.approx(truth, abs=0.2)


def test_a_slip_moves_the_whole_fan_one_way():
    scene = fan_scene(look_alikes=(ProbeMotion(0.05, 0.1, 0.3, 0.4, returns=False),))
    for s_mm in (10.0, FAN.span_mm - 10.0):
        x, y = (float(value) / MM_PER_PX for value in FAN.to_image(np.array(s_mm), np.array(22.0)))
        seen, truth = moved_px(scene, x, y, 0.28)
        assert truth == pytest.approx([2.0, 2.67], abs=0.01)
        assert seen == pytest.approx(truth, abs=0.2)

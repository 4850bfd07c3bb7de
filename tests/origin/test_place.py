"""Epicentres, territories and sites on amplitude maps made up for the purpose."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fasciscan.clip import Clip, Scale
from fasciscan.motion import Grid, lay_grid
from fasciscan.origin import Event, Origin, Territory, Trace, group_sites
from fasciscan.origin.epicentre import find_epicentre, fit_ellipse, tell_epicentre
from fasciscan.twitch import Kind
from fasciscan.twitch.judge.verdict import Verdict

MM_PER_PX = 0.1


@pytest.fixture
def grid() -> Grid:
    clip = Clip(
        Path("x"), "", "", 400, 300, np.arange(10.0), "", np.zeros(10, bool), Scale(MM_PER_PX, MM_PER_PX, "user"),
        np.ones((300, 400), bool), "user", None,
    )  # fmt: skip
    return lay_grid(clip, 1.0)


def bell(grid: Grid, x_mm: float, y_mm: float, along: float, across: float, angle_deg: float = 0.0) -> np.ndarray:
    x, y = np.meshgrid(grid.lateral_mm - x_mm, grid.depth_mm - y_mm)
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    u, v = c * x + s * y, c * y - s * x
    return (0.2 * np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))).astype(np.float32)


def top(amplitude: np.ndarray) -> tuple[int, int]:
    y, x = np.unravel_index(np.argmax(amplitude), amplitude.shape)
    return int(y), int(x)


@pytest.mark.parametrize(("x_mm", "y_mm"), [(15.0, 12.0), (15.4, 12.3), (22.7, 20.6)])
def test_the_epicentre_is_finer_than_the_grid(grid, x_mm, y_mm):
    amplitude = bell(grid, x_mm, y_mm, 4, 3)
    place = find_epicentre(amplitude, top(amplitude), 20.0, grid)

    assert (place.x_mm, place.y_mm) == pytest.approx((x_mm, y_mm), abs=0.35)


def test_an_epicentre_is_less_sure_the_weaker_the_motion(grid):
    amplitude = bell(grid, 15, 12, 4, 3)
    strong, weak = (find_epicentre(amplitude, top(amplitude), strength, grid).sd_mm for strength in (40.0, 4.0))

    assert weak > 1.3 * strong


def test_the_middle_of_a_wide_motion_is_less_surely_its_start(grid):
    narrow, wide = bell(grid, 18, 14, 3, 2), bell(grid, 18, 14, 12, 8)
    local, whole = (find_epicentre(amplitude, top(amplitude), 30.0, grid).sd_mm for amplitude in (narrow, wide))

    assert whole > 1.8 * local


def place_of(grid: Grid, amplitude: np.ndarray, shift_mm=None, sd_mm=None):
    candidate = SimpleNamespace(cell=top(amplitude), amplitude=amplitude, strength=20.0)
    return tell_epicentre(candidate, Verdict({}, "", shift_mm=shift_mm, shift_sd_mm=sd_mm), grid)


def test_a_sure_network_draws_the_place_to_its_own_and_an_unsure_one_does_not(grid):
    amplitude = bell(grid, 15.5, 12.5, 4, 3)
    sure, unsure = (place_of(grid, amplitude, (2.0, 0.0), sd).x_mm for sd in (0.2, 5.0))

    assert sure == pytest.approx(17.5, abs=0.3)
    assert unsure == pytest.approx(15.5, abs=0.3)


def test_a_place_is_unsure_where_network_and_motion_differ(grid):
    amplitude = bell(grid, grid.lateral_mm[15], grid.depth_mm[12], 4, 3)  # the middle of a cell
    agreed, disputed = (place_of(grid, amplitude, (shift, 0.0), 0.6).sd_mm for shift in (0.0, 4.0))

    assert agreed < 0.7
    assert disputed > 2.5


def test_without_a_network_the_largest_motion_tells_the_place(grid):
    amplitude = bell(grid, 15, 12, 4, 3)
    place = place_of(grid, amplitude)

    assert (place.x_mm, place.y_mm) == pytest.approx((15, 12), abs=0.35)


def test_a_territory_has_its_axes_angle_and_area(grid):
    amplitude = bell(grid, 18, 14, 5, 2, angle_deg=20)
    ellipse = fit_ellipse(amplitude, top(amplitude), grid)
    half = np.sqrt(2 * np.log(2))  # where a bell of unit width falls to half its height

    assert ellipse.major_mm == pytest.approx(2 * half * 5, rel=0.12)
    assert ellipse.minor_mm == pytest.approx(2 * half * 2, rel=0.2)
    assert ellipse.angle_deg == pytest.approx(20, abs=4)
    assert ellipse.area_mm2 == pytest.approx(np.pi * half**2 * 10, rel=0.12)


def event(grid: Grid, x_px: float, y_px: float) -> Event:
    empty = np.zeros(0)
    return Event(
        1, Kind.FASCICULATION, 0.9, 0.9, "", 0, 0.1, 0.3, 4,
        Origin(x_px, y_px, 5, x_px * MM_PER_PX, y_px * MM_PER_PX, 0.5),
        Territory(100, 45, 0, 3500), 3, 30, 0.3, 3, Trace(empty, empty, None),
        moved=bell(grid, x_px * MM_PER_PX, y_px * MM_PER_PX, 5, 2),
    )  # fmt: skip


def test_events_near_each_other_share_a_site(grid):
    events, sites = group_sites([event(grid, x, y) for x, y in ((300, 200), (100, 100), (110, 120), (95, 90))], grid)

    assert [e.site for e in events] == [2, 1, 1, 1]
    assert [(site.id, site.count) for site in sites] == [(1, 3), (2, 1)]
    assert sites[0].x_px == pytest.approx(np.mean([100, 110, 95]))
    assert sites[0].x_mm == pytest.approx(sites[0].x_px * MM_PER_PX)


def test_no_events_have_no_sites(grid):
    assert group_sites([], grid) == ([], [])

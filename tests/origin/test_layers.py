"""Layers on pictures made up for the purpose, on a phantom, and twitches outside the muscle that was drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from fasciscan.clip import Clip, ClipOptions, Scale
from fasciscan.errors import FasciscanError
from fasciscan.motion import Grid, lay_grid
from fasciscan.origin import Event, Origin, Territory, Trace, find_layers, part_by_region, read_muscle_region
from fasciscan.origin.epicentre import Epicentre
from fasciscan.origin.layers import Layers, tell_setting
from fasciscan.pipeline import analyze
from fasciscan.report.result_json import SCHEMA_PATH, result_to_dict
from fasciscan.twitch import Kind

SAMPLE = Path(__file__).parents[2] / "data_samples" / "biceps-twitches.mp4"
"""Two sites, at (146, 186) and (306, 240) px."""
MM_PER_PX = 0.16
WIDTH, HEIGHT = 240, 250


def a_clip(mask: np.ndarray | None = None, scale: Scale | None = Scale(MM_PER_PX, MM_PER_PX, "user")) -> Clip:  # noqa: B008
    mask = np.ones((HEIGHT, WIDTH), bool) if mask is None else mask
    return Clip(
        Path("x.mp4"), "", "", WIDTH, HEIGHT, np.arange(10.0), "", np.zeros(10, bool), scale, mask, "user", None
    )


@pytest.fixture
def grid() -> Grid:
    return lay_grid(a_clip(), 1.0)


def speckle(level: float = 60.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (level * rng.rayleigh(0.8, (HEIGHT, WIDTH))).astype(np.float32)


def draw_line(picture: np.ndarray, depth_mm: float, fall: float = 0.0, columns: slice = slice(None)) -> None:
    """Draw a fascia 0.5 mm thick."""
    x = np.arange(WIDTH)[columns]
    y = (depth_mm + fall * (x - WIDTH / 2) * MM_PER_PX) / MM_PER_PX
    for leaf in range(3):
        picture[np.round(y).astype(int) + leaf, x] = 230


def layer(layers: Layers, depth_mm: float, sd_mm: float = 0.5) -> str:
    return layers.at(20.0, depth_mm, sd_mm)


def test_between_two_fasciae_lies_the_muscle_under_test(grid):
    picture = speckle()
    draw_line(picture, 6, 0.05)
    draw_line(picture, 22, -0.08)
    layers = find_layers(picture, grid)

    assert np.median(layers.fasciae_mm, axis=1) == pytest.approx([6, 22], abs=0.4)
    assert [layer(layers, depth) for depth in (3, 14, 30)] == ["subcutaneous", "muscle", "deep muscle"]


def test_a_place_that_may_lie_on_either_side_of_a_fascia_is_uncertain(grid):
    picture = speckle()
    draw_line(picture, 6)
    draw_line(picture, 22)
    layers = find_layers(picture, grid)

    assert layer(layers, 21.0, sd_mm=0.5) == "muscle"
    assert layer(layers, 21.0, sd_mm=2.0) == "uncertain"


def test_without_two_fasciae_nothing_is_told(grid):
    bare, one = speckle(), speckle()
    draw_line(one, 12)

    assert layer(find_layers(bare, grid), 15) == "uncertain"
    assert layer(find_layers(one, grid), 15) == "uncertain"


def test_a_septum_that_ends_within_the_picture_is_no_fascia(grid):
    picture = speckle()
    draw_line(picture, 6)
    draw_line(picture, 14, columns=slice(0, WIDTH // 2))
    draw_line(picture, 22)

    assert np.median(find_layers(picture, grid).fasciae_mm, axis=1) == pytest.approx([6, 22], abs=0.4)


def test_septa_close_above_the_fascia_leave_the_fat_subcutaneous(grid):
    picture = speckle()
    for depth in (3, 8, 24):
        draw_line(picture, depth)
    layers = find_layers(picture, grid)

    assert layer(layers, 5.5) == "subcutaneous"
    assert layer(layers, 15) == "muscle"


def test_a_line_that_may_be_the_skin_does_not_make_muscle_of_fat(grid):
    picture = speckle()
    for depth in (2, 12, 30):
        draw_line(picture, depth)

    assert layer(find_layers(picture, grid), 7) == "uncertain"


def test_beyond_bone_nothing_is_told(grid):
    picture = speckle()
    draw_line(picture, 6)
    draw_line(picture, 22)
    picture[int(23 / MM_PER_PX) :] *= 0.1
    layers = find_layers(picture, grid)

    assert layer(layers, 14) == "muscle"
    assert layer(layers, 30) == "uncertain"


def test_depth_is_counted_from_where_the_picture_begins(grid):
    picture = speckle()
    picture[: int(3 / MM_PER_PX)] = 0
    setting = tell_setting(Epicentre(20, 10, 0.5), find_layers(picture, grid), grid)

    assert setting.depth_mm == pytest.approx(7, abs=0.3)
    assert setting.depth_px == pytest.approx(7 / MM_PER_PX, abs=2)


def test_under_a_curved_probe_depth_is_counted_along_the_beam(grid):
    radius, middle = 40.0, WIDTH / 2 * MM_PER_PX
    y, x = (np.mgrid[:HEIGHT, :WIDTH] + 0.5) * MM_PER_PX
    r, angle = np.hypot(x - middle, y + radius - 3), np.arctan2(x - middle, y + radius - 3)
    picture = np.where((r > radius) & (np.abs(angle) < np.radians(16)), speckle(), 16).astype(np.float32)
    picture[(np.abs(r - radius - 8) < 0.3) & (picture > 16)] = 230
    picture[(np.abs(r - radius - 20) < 0.3) & (picture > 16)] = 230
    layers = find_layers(picture, grid)
    aside = middle + (radius + 14) * np.sin(0.2), 3 - radius + (radius + 14) * np.cos(0.2)

    assert tell_setting(Epicentre(*aside, 0.5), layers, grid).depth_mm == pytest.approx(14, abs=0.5)
    assert layers.at(*aside, 0.5) == "muscle"
    assert layers.at(middle, 3 + 14, 0.5) == "muscle"


def test_a_bright_place_stands_out_from_the_tissue_at_its_depth(grid):
    picture = speckle()
    picture[80:110, 100:130] *= 2
    place = Epicentre(115 * MM_PER_PX, 95 * MM_PER_PX, 0.5)
    setting = tell_setting(place, find_layers(picture, grid), grid)

    assert setting.echogenicity == pytest.approx(2 * 60.0, rel=0.15)
    assert setting.relative_echogenicity == pytest.approx(2 / (1 + 30 / WIDTH), rel=0.2)


def test_without_a_scale_depth_is_in_pixels_alone():
    grid = lay_grid(a_clip(scale=None), 1.0)
    setting = tell_setting(Epicentre(20, 10, 0.5), find_layers(speckle(), grid), grid)

    assert setting.depth_mm is None
    assert setting.depth_px == pytest.approx(10 / grid.px_mm, abs=2)


def an_event(x_px: float, y_px: float) -> Event:
    empty = np.zeros(0)
    return Event(
        1, Kind.FASCICULATION, 0.9, 0.9, "out and back in 0.2 s", 0, 0.1, 0.3, 4, Origin(x_px, y_px, 5),
        Territory(100, 45, 0, 3500), 3, 30, 0.3, 3, Trace(empty, empty, None),
    )  # fmt: skip


def test_a_twitch_outside_the_muscle_drawn_is_kept_apart_with_its_reason(grid):
    region = read_muscle_region(a_clip(), ((50, 50), (150, 50), (150, 150), (50, 150)), grid)
    inside, outside = part_by_region([an_event(100, 100), an_event(100, 200), an_event(-3, 40)], region)

    assert [event.origin.y_px for event in inside] == [100]
    assert [(event.kind, event.reason) for event in outside] == [(Kind.FASCICULATION, "outside the muscle drawn")] * 2


def test_without_an_outline_every_twitch_counts_and_all_tissue_is_muscle(grid):
    region = read_muscle_region(a_clip(), None, grid)

    assert part_by_region([an_event(1, 1), an_event(230, 240)], region)[1] == []
    assert (region.cells(grid) == grid.valid).all()


def test_the_muscle_s_area_is_that_of_the_outline_within_the_tissue():
    mask = np.ones((HEIGHT, WIDTH), bool)
    mask[:, WIDTH // 2 :] = False
    grid = lay_grid(a_clip(mask), 1.0)
    region = read_muscle_region(a_clip(mask), ((0, 0), (WIDTH, 0), (WIDTH, 125), (0, 125)), grid)
    area = np.count_nonzero(region.cells(grid)) * grid.pitch_mm[0] * grid.pitch_mm[1]

    assert area == pytest.approx(WIDTH / 2 * 125 * MM_PER_PX**2, rel=0.1)


@pytest.mark.parametrize(
    ("corners", "what"),
    [(((300, 300), (400, 300), (400, 400)), "--muscle-region"), (((150, 50), (200, 50), (200, 90)), "no tissue")],
)
def test_an_outline_that_misses_the_image_or_the_tissue_is_refused(corners, what):
    mask = np.ones((HEIGHT, WIDTH), bool)
    mask[:, WIDTH // 2 :] = False

    with pytest.raises(FasciscanError, match=what):
        read_muscle_region(a_clip(mask), corners, lay_grid(a_clip(mask), 1.0))


def test_an_outline_smaller_than_a_cell_is_refused():
    dot = ((100, 100), (101, 100), (101, 101), (100, 101))
    with pytest.raises(FasciscanError, match="draw --muscle-region larger"):
        analyze(SAMPLE, ClipOptions(mm_per_px=0.1, muscle_region=dot))


@pytest.mark.slow
def test_an_outline_around_one_of_two_sites_leaves_the_other_uncounted():
    left = ((0, 0), (225, 0), (225, 400), (0, 400))
    whole = analyze(SAMPLE, ClipOptions(mm_per_px=0.1)).result
    part = analyze(SAMPLE, ClipOptions(mm_per_px=0.1, muscle_region=left)).result
    elsewhere = [event for event in part.other_motion if event.kind is Kind.FASCICULATION]

    assert 0 < part.count < whole.count == part.count + len(elsewhere)
    assert all(event.origin.x_px < 225 for event in part.events)
    assert all(event.origin.x_px > 225 and event.reason == "outside the muscle drawn" for event in elsewhere)
    assert part.clip.tissue_area_mm2 is not None
    assert whole.clip.tissue_area_mm2 is not None
    assert part.clip.tissue_area_mm2 < 0.8 * whole.clip.tissue_area_mm2
    assert all(event.setting is not None and event.setting.layer == "muscle" for event in whole.events)
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text())).validate(result_to_dict(part))

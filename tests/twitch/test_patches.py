"""What the network sees has the right things at the right place, whatever the scanner's frame rate and side."""

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.motion import Grid, MotionMaps
from fasciscan.motion.maps import FrameLog, FrameSteps
from fasciscan.twitch import Candidate
from fasciscan.twitch.judge.measures import MEASURES, measure
from fasciscan.twitch.judge.patches import (
    CELLS,
    LIMIT,
    LONG_STEPS,
    MOVING,
    STEPS,
    STILL,
    SURROUNDINGS,
    cut_in_batches,
    cut_patches,
    mirror,
)
from fasciscan.twitch.trace import Bump, PathTrace

NY, NX, CELL_PX = 24, 30, 6
DURATION_S, PEAK_S, LAG_S = 6.0, 3.0, 0.15
HEIGHT_MM, NOISE_MM = 0.4, 0.02


def out_and_back(t_s: np.ndarray) -> np.ndarray:
    return HEIGHT_MM * np.exp(-0.5 * ((t_s - PEAK_S) / 0.05) ** 2)


def make_maps(cell: tuple[int, int], rate_hz: float = 50.0) -> MotionMaps:
    """One place that moves to the right and back at 3 s, all else at rest. 1 mm cells, outer columns no tissue."""
    pixels = np.full((NY, NX), CELL_PX**2, np.float32)
    pixels[:, [0, -1]] = 0
    rows, cols = (np.arange(n + 1, dtype=np.int32) * CELL_PX for n in (NY, NX))
    grid = Grid((0, 0, NX * CELL_PX, NY * CELL_PX), 1, rows, cols, pixels, (1 / CELL_PX, 1 / CELL_PX), True)
    y, x = np.mgrid[:NY, :NX]
    spot = np.exp(-0.5 * ((y - cell[0]) ** 2 + (x - cell[1]) ** 2) / 1.5**2).astype(np.float32) * grid.valid

    def moved(course: np.ndarray) -> np.ndarray:
        field = np.zeros((len(course), NY, NX, 2), np.float32)
        field[..., 0] = course[:, None, None] * spot
        return field

    times = np.arange(0, DURATION_S, 0.025)
    at = np.arange(0, DURATION_S, 1 / rate_hz)
    step_s = np.append(0, np.diff(at))
    frames = FrameSteps(
        index=np.arange(len(at)), times_s=at, step_s=step_s, step=moved(out_and_back(at) - out_and_back(at - step_s)),
        lag_s=np.full(len(at), LAG_S), lagged=moved(out_and_back(at) - out_and_back(at - LAG_S)),
        change=1 + 5 * np.abs(moved(out_and_back(at))[..., 0]),
    )  # fmt: skip
    half = LAG_S / 2
    excursion = moved(2 * out_and_back(times) - out_and_back(times - LAG_S) - out_and_back(times + LAG_S)) / 2
    no_log = FrameLog(*(np.zeros(0, kind) for kind in (np.int64, float, float, float, float, bool, bool)))
    return MotionMaps(
        grid=grid, core_s=(0.0, DURATION_S), times_s=times,
        lagged=moved(out_and_back(times + half) - out_and_back(times - half)), lag_s=LAG_S, excursion=excursion,
        field=np.zeros(len(times), np.float32), noise=np.where(grid.valid, np.float32(NOISE_MM), np.float32(np.inf)),
        error=np.where(grid.valid, np.float32(NOISE_MM), np.float32(np.inf)) + 0 * excursion[..., 0],
        rigid=np.full((len(times), 2), (NOISE_MM, 0), np.float32), picture=np.zeros((0, 0), np.float32), frames=frames,
        log=no_log,
    )  # fmt: skip


def make_candidate(maps: MotionMaps, cell: tuple[int, int]) -> Candidate:
    near = np.abs(maps.frames.times_s - PEAK_S) < 1
    times = maps.frames.times_s[near]
    trace = PathTrace(times, maps.frames.index[near], out_and_back(times), 0.0)
    bump = Bump(PEAK_S - 0.1, PEAK_S, PEAK_S + 0.1, int(PEAK_S * 50), 0.08, HEIGHT_MM, 5.0, 1.0, 0.0, 1)
    amplitude = np.abs(maps.excursion[..., 0]).max(axis=0)
    return Candidate(
        cell=cell, amplitude=amplitude, direction=(1.0, 0.0), strength=20.0, trace=trace, bump=bump, rigid_mm=0.0,
        skin_share=0.0, field_share=0.05, unrest=0.0, commotion=0.0, rhythm=0.0, period_s=0.8, support_mm2=12.0,
        error_mm=NOISE_MM,
    )  # fmt: skip


def cut_all(maps: MotionMaps, candidates: list[Candidate], spare: int = 0):
    return cut_patches(maps, candidates, measure(maps, candidates), spare)


def cut(cell: tuple[int, int], rate_hz: float = 50.0):
    maps = make_maps(cell, rate_hz)
    return cut_all(maps, [make_candidate(maps, cell)])


def channel(patches, name: str) -> np.ndarray:
    for channels, values in ((MOVING, patches.moving), (STILL, patches.still), (SURROUNDINGS, patches.surroundings)):
        if name in channels:
            return values[0, channels.index(name)]
    raise KeyError(name)


def test_the_shapes_are_those_that_are_told():
    patches = cut((12, 15))
    assert patches.moving.shape == (1, len(MOVING), STEPS, CELLS, CELLS)
    assert patches.still.shape == (1, len(STILL), CELLS, CELLS)
    assert patches.surroundings.shape == (1, len(SURROUNDINGS), LONG_STEPS)
    assert patches.measures.shape == (1, len(MEASURES))
    assert len(cut_all(make_maps((12, 15)), [])) == 0


def test_cut_in_batches_they_are_the_same_and_know_the_same_company():
    maps = make_maps((12, 15))
    candidates = [make_candidate(maps, cell) for cell in ((12, 15), (2, 3), (20, 28))]
    whole, parts = cut_all(maps, candidates), list(cut_in_batches(maps, candidates, measure(maps, candidates), 2))
    assert [len(part) for part in parts] == [2, 1]
    for name in ("moving", "still", "surroundings", "measures"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))


def test_the_motion_stands_in_the_middle_of_place_and_time():
    excursion = channel(cut((12, 15)), "excursion x")
    t, y, x = np.unravel_index(np.argmax(excursion), excursion.shape)
    assert (y, x) == (CELLS // 2, CELLS // 2)
    assert abs(t - (STEPS - 1) / 2) <= 1
    assert np.abs(channel(cut((12, 15)), "excursion y")).max() == 0


def test_a_place_moves_out_before_its_peak_and_back_after_it():
    velocity = channel(cut((12, 15)), "velocity x")[:, CELLS // 2, CELLS // 2]
    assert velocity[: STEPS // 2 - 1].max() > 1 > -1 > velocity[STEPS // 2 + 1 :].min()
    assert velocity[: STEPS // 2 - 1].min() > -0.01


def test_vectors_are_in_units_of_the_noise():
    t = PEAK_S + (np.arange(STEPS) - (STEPS - 1) / 2) / 40
    wanted = np.arcsinh((2 * out_and_back(t) - out_and_back(t - LAG_S) - out_and_back(t + LAG_S)) / 2 / NOISE_MM)
    found = channel(cut((12, 15)), "excursion x")[:, CELLS // 2, CELLS // 2]
    assert wanted.max() > 3.5
    assert found[wanted > 2] == pytest.approx(wanted[wanted > 2], abs=0.1)


def test_beyond_the_tissue_there_is_nothing():
    patches = cut((2, 3))
    tissue = channel(patches, "tissue")
    assert tissue[:, : CELLS // 2 - 2].max() == 0  # column 0 is no tissue, and the grid begins there
    assert tissue[: CELLS // 2 - 2].max() == 0
    assert tissue[CELLS // 2, CELLS // 2] == 1
    assert np.abs(patches.moving[0][:, :, tissue == 0]).max() == 0
    assert np.abs(patches.still[0][:, tissue == 0]).max() == 0


@pytest.mark.parametrize("rate_hz", [25.0, 40.0, 100.0])
def test_the_frame_rate_hardly_changes_what_is_seen(rate_hz: float):
    here, usual = (channel(cut((12, 15), rate), "velocity x")[:, 8:13, 8:13].ravel() for rate in (rate_hz, 50.0))
    assert np.corrcoef(here, usual)[0, 1] > 0.97


def test_the_surroundings_tell_what_was_measured_and_when_it_moved():
    patches = cut((12, 15))
    measured = channel(patches, "measured")
    assert measured[0] == measured[-1] == 0  # 3.2 s away, and the maps reach 3
    assert measured[LONG_STEPS // 2] == 1
    for name in ("along", "place", "path"):
        assert abs(int(np.argmax(channel(patches, name))) - LONG_STEPS // 2) <= 1
    assert channel(patches, "along").max() > 2
    assert channel(patches, "ring").max() < 0.1
    assert channel(patches, "rigid x")[LONG_STEPS // 2] == pytest.approx(np.arcsinh(1), abs=1e-3)


def test_broad_motion_that_was_taken_out_is_told_beside_what_is_left():
    left, taken_mm = make_maps((12, 15)), 0.2
    shift = np.zeros_like(left.excursion)
    shift[np.abs(left.times_s - PEAK_S) < 0.2, ..., 1] = taken_mm
    steadied = replace(left, measured=replace(left, excursion=left.excursion + shift))
    it = make_candidate(steadied, (12, 15))
    patches, plain = cut_all(steadied, [it]), cut_all(left, [it])
    taken = channel(patches, "taken out")
    assert taken[LONG_STEPS // 2] == pytest.approx(np.arcsinh(taken_mm / NOISE_MM), abs=1e-3)
    assert taken[LONG_STEPS // 2 + 20] == 0
    assert np.exp(patches.measures[0, MEASURES.index("taken out")]) == pytest.approx(taken_mm / HEIGHT_MM + 0.01)
    assert not channel(plain, "taken out").any()
    assert np.exp(plain.measures[0, MEASURES.index("taken out")]) == pytest.approx(0.01)
    assert np.array_equal(patches.moving, plain.moving)


def test_mirrored_patches_are_patches_of_mirrored_maps():
    cell = (12, 11)
    maps = make_maps(cell)
    flip = np.array([-1, 1], np.float32)
    turned = replace(
        maps, lagged=maps.lagged[:, :, ::-1] * flip, excursion=maps.excursion[:, :, ::-1] * flip,
        rigid=maps.rigid * flip, noise=maps.noise[:, ::-1], error=maps.error[:, :, ::-1],
        frames=replace(
            maps.frames, step=maps.frames.step[:, :, ::-1] * flip, lagged=maps.frames.lagged[:, :, ::-1] * flip,
            change=maps.frames.change[:, :, ::-1],
        ),
    )  # fmt: skip
    candidate = make_candidate(maps, cell)
    other = replace(
        candidate, cell=(cell[0], NX - 1 - cell[1]), amplitude=candidate.amplitude[:, ::-1], direction=(-1.0, 0.0)
    )
    expected, found = cut_all(turned, [other]), mirror(cut_all(maps, [candidate]))
    assert np.abs(found.moving).max() > 1
    assert np.allclose(found.moving, expected.moving, atol=1e-4)
    assert np.allclose(found.still, expected.still, atol=1e-5)
    assert np.allclose(found.measures, expected.measures, atol=1e-5)
    same = [n for n, name in enumerate(SURROUNDINGS) if name not in ("ring", "upper field")]  # of some cells only
    assert np.allclose(found.surroundings[:, same], expected.surroundings[:, same], atol=1e-4)


def test_spare_cells_and_steps_lie_around_the_same_patch():
    maps = make_maps((12, 15))
    candidates = [make_candidate(maps, (12, 15))]
    plain, wide = cut_all(maps, candidates), cut_all(maps, candidates, spare=2)
    assert np.allclose(wide.moving[:, :, 2:-2, 2:-2, 2:-2], plain.moving, atol=1e-4)
    assert np.allclose(wide.still[:, :, 2:-2, 2:-2], plain.still)


def test_everything_is_finite_and_limited():
    patches = cut((2, 3))
    for values in (patches.moving, patches.still, patches.surroundings):
        assert np.isfinite(values).all()
        assert np.abs(values).max() <= LIMIT
    assert np.isfinite(patches.measures).all()

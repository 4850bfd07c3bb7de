"""Which motions of one moment are one twitch, and which are two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fasciscan.clip import Clip, Scale
from fasciscan.motion import lay_grid
from fasciscan.twitch import Kind, Verdict, settle
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.distinct import hides
from fasciscan.twitch.trace import Bump, PathTrace

LEFT, RIGHT = (10, 15), (10, 29)
"""Cells 14 mm apart."""


@pytest.fixture(scope="module")
def grid():
    """29 by 43 cells of a millimetre."""
    clip = Clip(
        Path("x"), "", "", 440, 300, np.arange(10.0), "", np.zeros(10, bool), Scale(0.1, 0.1, "user"),
        np.ones((300, 440), bool), "user", None,
    )  # fmt: skip
    return lay_grid(clip, 1.0)


def moved(between: float, right_mm: float = 0.2) -> np.ndarray:
    """(29, 43) what moves in two twitches: from one to the other it falls to a share of the lesser."""
    across = np.exp(-0.5 * ((np.arange(29) - LEFT[0]) / 3.0) ** 2)
    along = np.interp(np.arange(43), [5, LEFT[1], 22, RIGHT[1], 39], [0, 0.3, between * right_mm, right_mm, 0])
    return (across[:, None] * along).astype(np.float32)


def candidate(cell: tuple[int, int], amplitude: np.ndarray, peak_s: float = 1.1, strength: float = 12.0) -> Candidate:
    height_mm = float(amplitude[cell])
    bump = Bump(1.0, peak_s, 1.25, 44, 0.05, height_mm, 4.0, 1.0, 0.0, 1)
    trace = PathTrace(np.zeros(0), np.zeros(0, np.int64), np.zeros(0), 0.0)
    return Candidate(
        cell, amplitude, (1.0, 0.0), strength, trace, bump, rigid_mm=0.0, skin_share=0.0, field_share=0.1, unrest=0.0,
        commotion=0.0, rhythm=0.0, period_s=1.0, support_mm2=40.0, error_mm=0.01,
    )  # fmt: skip


def says(p: float, shift_mm: tuple[float, float] | None = (0.0, 0.0), other: Kind = Kind.TREMOR) -> Verdict:
    others = {kind: 1 - p if kind is other else 0.0 for kind in Kind}
    return Verdict(others | {Kind.FASCICULATION: p}, "", 0.5, shift_mm, 0.5)


def count(grid, verdicts, **of_field) -> int:
    field = moved(**of_field)
    return len(settle([candidate(LEFT, field), candidate(RIGHT, field)], verdicts, grid))


def test_two_at_once_that_start_apart_are_two_where_less_moves_between(grid):
    both = [says(0.95), says(0.9)]

    assert count(grid, both, between=0.65) == 2
    assert count(grid, both, between=0.65, right_mm=0.06) == 2  # a fifth of the other
    assert count(grid, both, between=0.75) == 1
    assert count(grid, both, between=0.65, right_mm=0.03) == 1


def test_two_peaks_of_one_place_on_one_hump_are_one(grid):
    field = moved(between=0.65)
    first, second = candidate(LEFT, field, 1.05), candidate((11, 16), 0.9 * field, 1.2)
    later = replace(second, bump=replace(second.bump, onset_s=1.1, offset_s=1.35))
    beside = candidate((10, 19), 0.9 * field, 1.2)

    def count_with(other: Candidate) -> int:
        return len(settle([first, other], [says(0.95), says(0.9)], grid))

    assert count_with(second) == 1
    assert count_with(later) == 2  # it went back in between
    assert count_with(beside) == 2  # another unit may take as long


def test_one_twitch_seen_from_two_places_is_one(grid):
    """The network tells both views to start at the same place."""
    assert count(grid, [says(0.95), says(0.9, (-11.0, 0.0))], between=0.65) == 1


def test_without_a_place_told_only_a_deeper_fall_parts_two(grid):
    told_by_none = [says(0.95, None), says(0.9, None)]

    assert count(grid, told_by_none, between=0.65) == 1
    assert count(grid, told_by_none, between=0.55) == 2
    assert count(grid, told_by_none, between=0.55, right_mm=0.06) == 1


def test_what_is_no_twitch_is_no_second_one(grid):
    field = moved(0.65)
    ((kept, _),) = settle([candidate(LEFT, field), candidate(RIGHT, field)], [says(0.95), says(0.3)], grid)

    assert kept.cell == LEFT


def test_each_of_two_at_once_has_what_moved_nearer_to_itself(grid):
    field = moved(0.65)
    (left, _), (right, _) = settle([candidate(LEFT, field), candidate(RIGHT, field)], [says(0.95), says(0.9)], grid)

    assert np.array_equal(left.amplitude + right.amplitude, field)
    assert not left.amplitude[:, 23:].any()
    assert not right.amplitude[:, :22].any()


def test_twitches_at_other_moments_share_what_moved(grid):
    field = moved(0.65)
    kept = settle([candidate(LEFT, field), candidate(RIGHT, field, 1.6)], [says(0.95), says(0.9)], grid)

    assert [len(kept), *(np.array_equal(c.amplitude, field) for c, _ in kept)] == [2, True, True]


def test_a_second_look_adds_nothing_where_the_first_counts(grid):
    field = moved(0.3)
    first, again = candidate(LEFT, field), replace(candidate(RIGHT, field), steadied=True)

    assert settle([first, again], [says(0.7), says(0.95)], grid)[0][0].cell == LEFT
    assert len(settle([first, again], [says(0.7), says(0.95)], grid)) == 1
    assert [
        c.cell for c, v in settle([first, again], [says(0.2), says(0.95)], grid) if v.kind is Kind.FASCICULATION
    ] == [RIGHT]


def test_of_the_two_looks_at_one_moment_only_one_counts(grid):
    field = moved(0.3)
    first, again = candidate(LEFT, field), replace(candidate(RIGHT, field), steadied=True)

    assert hides(first, again, grid)
    assert hides(again, first, grid)
    assert not hides(first, candidate(RIGHT, field), grid)
    assert not hides(first, replace(again, bump=replace(again.bump, peak_s=5.0)), grid)


@pytest.mark.parametrize(
    ("verdict", "strength", "told"),
    [
        pytest.param(says(0.05), 6.0, True, id="weak tremor"),
        pytest.param(says(0.05, other=Kind.ARTEFACT), 6.0, False, id="weak artefact"),
        pytest.param(says(0.3, other=Kind.ARTEFACT), 6.0, True, id="perhaps a twitch"),
        pytest.param(says(0.05, other=Kind.ARTEFACT), 9.0, True, id="clear artefact"),
        pytest.param(says(0.05), 4.0, False, id="noise"),
        pytest.param(says(0.9), 4.0, True, id="weak twitch"),
    ],
)
def test_what_is_next_to_noise_is_told_only_if_it_says_something(grid, verdict, strength, told):
    field = moved(0.65)
    assert bool(settle([candidate(LEFT, field, strength=strength)], [verdict], grid)) is told

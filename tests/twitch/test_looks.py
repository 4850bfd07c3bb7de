"""What broad motion hides from the first look shows in the second."""

from __future__ import annotations

import pytest

from fasciscan.motion import MotionConfig, lay_grid, measure_motion, restless_stretches
from fasciscan.simulate import Tremor
from fasciscan.twitch import CandidateConfig, Kind, find_again, load_classifier, look_twice

TREMOR = Tremor(
    onset_s=0.5, offset_s=7.5, rate_hz=5.0, amplitude_mm=0.4, angle_deg=60.0, x_mm=19.0, y_mm=15.0, major_mm=45.0,
    minor_mm=40.0,
)  # fmt: skip
"""Twice as large as the twitches."""


@pytest.fixture
def look(make_clip):
    """Look at a clip of one block: the maps, and what was seen."""

    def at(twitches, look_alikes, classifier=None):
        clip = make_clip(8.0, twitches, look_alikes)
        (maps,) = measure_motion(clip, lay_grid(clip, 1.0), MotionConfig())
        return maps, look_twice(maps, CandidateConfig(), classifier or load_classifier())

    return at


def counted(seen):
    return [motion for motion in seen.motions if motion.verdict.kind is Kind.FASCICULATION]


def test_twitches_in_a_tremor_twice_their_size_are_found(look, make_twitch):
    maps, seen = look([make_twitch(19, 14, 2.5, 0.2), make_twitch(12, 18, 5.2, 0.2)], [TREMOR])
    found = counted(seen)

    assert [motion.candidate.bump.peak_s for motion in found] == pytest.approx([2.575, 5.275], abs=0.05)
    assert all(motion.candidate.steadied and motion.maps is seen.steadied for motion in found)
    assert restless_stretches(maps)
    assert not restless_stretches(maps, seen.steadied.field)


def test_where_a_twitch_counts_already_and_where_nothing_was_taken_out_none_is_looked_for(look, make_twitch):
    maps, seen = look([make_twitch(19, 14, 2.5, 0.2), make_twitch(12, 18, 5.2, 0.2)], [TREMOR])

    def found(*counted_s):
        return {(c.bump.peak_s, c.cell) for c in find_again(seen.steadied, CandidateConfig(), counted_s)}

    left_out = found() - found(2.575)
    assert left_out
    assert all(abs(peak_s - 2.575) < 0.1 for peak_s, _ in left_out)
    assert not find_again(maps, CandidateConfig())


def test_a_tremor_alone_shows_no_twitch(look):
    maps, seen = look([], [TREMOR])

    assert seen.steadied is not maps
    assert not counted(seen)


def test_what_the_first_look_shows_is_as_it_was(look, make_twitch):
    late = [make_twitch(19, 14, 2.5), make_twitch(12, 18, 5.2)]
    _, seen = look(late, [])

    assert [motion.candidate.steadied for motion in counted(seen)] == [False, False]


def test_the_rule_alone_looks_once(look, make_twitch):
    maps, seen = look([make_twitch(19, 14, 2.5, 0.2)], [TREMOR], load_classifier("rule"))

    assert seen.steadied is maps

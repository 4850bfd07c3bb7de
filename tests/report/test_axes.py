"""Ticks are round, lie on the axis and are few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasciscan.report.axes import Axis, line


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 20, ["0", "5", "10", "15", "20"]),
        (-0.05, 0.34, ["0.0", "0.1", "0.2", "0.3"]),
        (2.9, 3.7, ["3.0", "3.2", "3.4", "3.6"]),
        (-3, 3, ["−2", "0", "2"]),
        (0, 0, []),
    ],
)
def test_ticks_are_round(low, high, labels):
    assert [tick.label for tick in Axis(low, high, 0, 100).ticks(5)] == labels


@given(low=st.floats(-1e4, 1e4), span=st.floats(1e-3, 1e4), most=st.integers(2, 12))
def test_ticks_lie_on_the_axis_and_are_no_more_than_asked(low, span, most):
    ticks = Axis(low, low + span, 50, 950).ticks(most)
    assert len(ticks) <= most + 1
    assert all(50 <= tick.at <= 950 for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks)


def test_values_outside_are_held_at_the_edge():
    axis = Axis(0, 10, 100, 0)
    assert [axis.at(value) for value in (-5, 0, 2.5, 10, 11)] == [100, 100, 75, 0, 0]


def test_a_line_leaves_out_what_is_not_known_or_lies_outside():
    times, values = np.array([-1.0, 0.0, 5.0, 10.0]), np.array([1.0, 0.0, np.nan, 1.0])
    assert line(times, values, Axis(0, 10, 0, 100), Axis(0, 1, 50, 0)) == "M0.0 50.0 L100.0 0.0"
    assert line(times[:1], values[:1], Axis(0, 10, 0, 100), Axis(0, 1, 50, 0)) == ""

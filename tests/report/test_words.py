"""A rate in words never says more than the count and the exposure allow."""

from dataclasses import replace

import pytest

from fasciscan.exam import poisson_rate
from fasciscan.report.words import (
    say_count,
    say_how_sorted,
    say_interval,
    say_limits,
    say_number,
    say_rate,
    say_seconds,
)


def test_none_seen_is_told_with_what_it_still_allows(quiet_case):
    assert say_rate(quiet_case.result) == "0 in 30 s still allows up to 7.4 per minute."
    assert say_interval(quiet_case.result.rate_per_min) == "0 (0–7.4)"


def test_only_a_muscle_in_which_none_was_seen_has_a_bound_that_reads_as_0():
    assert say_interval(poisson_rate(1, 366)) == "0.16 (0.0042–0.91)"
    assert say_interval(poisson_rate(1, 36_000)) == "0.0017 (<0.001–0.0093)"
    assert say_interval(poisson_rate(0, 366)) == "0 (0–0.60)"


def test_some_seen_are_told_with_both_bounds(case):
    assert "3 in 16.5 s is 10.9 per minute" in say_rate(case.result)
    assert "from 2.2 to 31.9 per minute" in say_rate(case.result)


def test_nothing_analysed_is_not_none_seen(frozen_case):
    assert "not the same as none seen" in say_rate(frozen_case.result)
    assert "0" not in say_rate(frozen_case.result)
    assert say_interval(None) == "–"


def test_limits_are_those_of_the_clip(case, case_without_scale, crowded_case):
    assert any("short look" in limit for limit in say_limits(case.result))
    assert not any("short look" in limit for limit in say_limits(crowded_case.result))
    assert any("no scale" in limit for limit in say_limits(case_without_scale.result))
    assert not any("no scale" in limit for limit in say_limits(case.result))
    assert any("every 25 ms" in limit for limit in say_limits(case.result))


def test_a_minute_that_lacks_a_frame_is_no_short_look(case):
    told = [" ".join(say_limits(replace(case.result, exposure_s=seconds))) for seconds in (59.975, 59.4)]
    assert "short look" not in told[0]
    assert "59.4 s is a short look" in told[1]


@pytest.mark.parametrize(
    ("seconds", "words"), [(30, "30 s"), (39.94, "39.9 s"), (119.6, "119.6 s"), (120, "2 min"), (605, "10 min 5 s")]
)
def test_times_are_told_as_people_do(seconds, words):
    assert say_seconds(seconds) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (("clip",), ["0 clips", "1 clip", "2 clips"]),
        (("analysis", "analyses"), ["0 analyses", "1 analysis", "2 analyses"]),
    ],
)
def test_one_is_told_as_one(told, words):
    assert [say_count(number, *told) for number in range(3)] == words
    assert say_count(1.5, "month") == "1.5 months"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0, "0"),
        (1e-9, "<0.001"),
        (0.00099, "<0.001"),
        (0.001, "0.0010"),
        (0.00415, "0.0042"),
        (0.04, "0.040"),
        (0.0994, "0.099"),
        (0.0996, "0.10"),
        (0.164, "0.16"),
        (0.999, "1.0"),
        (7.38, "7.4"),
        (99.96, "100"),
        (134.2, "134"),
    ],
)
def test_rates_are_told_with_no_more_digits_than_they_carry(rate, words):
    assert say_number(rate) == words


@pytest.mark.parametrize(
    ("classifier", "told", "untold"),
    [
        ("rule", "fixed rules", "network"),
        ("fasciscan-cnn", "network", "fixed rules"),
        ("fasciscan-cnn + rule", "network that has seen simulated clips alone, and fixed rules", "None"),
    ],
)
def test_whatever_sorted_the_motion_is_said_not_to_be_validated(classifier, told, untold):
    words = say_how_sorted(classifier)

    assert told in words
    assert untold not in words
    assert "not validated on patients' recordings" in words

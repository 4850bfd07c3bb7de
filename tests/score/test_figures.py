"""Figures with intervals: values known by hand, intervals that a seed gives again, calibration bin by bin."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from fasciscan.score import Score
from fasciscan.score.bootstrap import estimate, resample
from fasciscan.score.calibration import calibration_error, reliability
from fasciscan.score.figures import FIGURES, reckon_figures
from fasciscan.score.look_alikes import Told

SCORES = [
    Score(4, 0, 0, 60.0, (0.2, 0.4, 0.6, 0.8), (0.01,) * 4, (-0.02,) * 4, counts=((4, 4),)),
    Score(2, 2, 1, 60.0, (1.0, 3.0), (-0.03,) * 2, (0.02,) * 2, missed_excluded=1, counts=((4, 3),)),
    Score(0, 0, 1, 30.0, counts=((0, 1),)),
]


def test_figures_of_pooled_clips_are_those_reckoned_by_hand():
    told = {name: figure.value for name, figure in reckon_figures(SCORES).items()}
    assert told["precision"] == pytest.approx(6 / 8)
    assert told["recall"] == pytest.approx(6 / 8)
    assert told["f1"] == pytest.approx(sum(SCORES, Score()).f1)
    assert told["false_per_min"] == pytest.approx(2 / 2.5)
    assert told["count_error"] == pytest.approx(2 / 8)
    assert told["count_bias"] == pytest.approx(0)
    assert told["missed_excluded"] == pytest.approx(1 / 8)
    assert told["epicentre_median_mm"] == pytest.approx(0.6)
    assert told["epicentre_p90_mm"] == pytest.approx(3.0)
    assert told["onset_bias_ms"] == pytest.approx(10)
    assert told["onset_p90_ms"] == pytest.approx(30)
    assert told["peak_bias_ms"] == pytest.approx(-20)
    assert isnan(told["ece"])
    assert isnan(told["class_accuracy"])


def test_look_alikes_are_told_right_of_those_that_left_anything():
    told = (
        Told("tap", ("probe motion",), "probe motion", 2),
        Told("tap", ("probe motion",), "fasciculation", 1),
        Told("slip", ("probe motion",), None, 0),
    )
    figures = reckon_figures([Score(look_alikes=told)], ["class_accuracy", "left_nothing"])
    assert figures["class_accuracy"].value == 0.5
    assert figures["left_nothing"].value == pytest.approx(1 / 3)


def test_every_figure_is_given_in_order_and_by_name_on_wish():
    assert list(reckon_figures(SCORES)) == [figure.name for figure in FIGURES]
    assert list(reckon_figures(SCORES, ["recall", "f1"])) == ["f1", "recall"]


def test_intervals_are_the_same_for_the_same_seed_and_hold_the_value():
    once, again = reckon_figures(SCORES, seed=3), reckon_figures(SCORES, seed=3)
    assert once["recall"] == again["recall"]
    assert once["epicentre_median_mm"] == again["epicentre_median_mm"]
    assert (resample(3, 50, seed=3).indices != resample(3, 50, seed=4).indices).any()
    assert once["recall"].low <= once["recall"].value <= once["recall"].high
    assert once["recall"].low < once["recall"].high


def test_clips_are_drawn_and_not_events():
    """Ten found in one clip and ten missed in another: with two clips, a draw has all, half or none."""
    figure = reckon_figures([Score(true_positives=10), Score(missed=10)], ["recall"])["recall"]
    assert (figure.value, figure.low, figure.high) == (0.5, 0.0, 1.0)


def test_the_interval_of_a_mean_is_about_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(size=400)
    draws = resample(400, 2000)
    mean = estimate(draws.sums(values) / 400)
    assert mean.value == pytest.approx(values.mean())
    assert mean.high - mean.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_quantiles_of_draws_are_those_of_the_clips_drawn():
    values = [np.array([3.0, 1.0]), np.array([2.0]), np.array([])]
    draws = resample(3, 50)
    for indices, told in zip(draws.indices, draws.quantile(values, 0.5), strict=True):
        drawn = np.concatenate([values[i] for i in indices])
        expected = np.quantile(drawn, 0.5, method="inverted_cdf") if len(drawn) else np.nan
        assert told == pytest.approx(expected, nan_ok=True)


def test_there_must_be_a_clip():
    with pytest.raises(ValueError, match="no clip"):
        reckon_figures([])


def test_calibration_error_is_that_of_a_case_reckoned_by_hand():
    # Two at 0.95, one of them true: off by 0.45. Two at 0.15, none true: off by 0.15. Weighed by number: 0.3.
    judged = [[(0.95, True), (0.15, False)], [(0.95, False), (0.15, False)]]
    assert calibration_error(judged, resample(2, 10))[0] == pytest.approx(0.3)
    bars = reliability(judged)
    assert [(bar.count, bar.said, bar.true) for bar in bars if bar.count] == [
        (2, pytest.approx(0.15), 0.0),
        (2, pytest.approx(0.95), 0.5),
    ]


def test_probabilities_that_come_true_have_no_calibration_error():
    p = np.repeat([0.05, 0.25, 0.5, 0.75, 1.0], 100)
    true = np.concatenate([np.arange(100) < 100 * share for share in (0.05, 0.25, 0.5, 0.75, 1.0)])
    judged = [list(zip(p.tolist(), true.tolist(), strict=True))]
    assert calibration_error(judged, resample(1, 2))[0] == pytest.approx(0, abs=1e-9)
    assert calibration_error([[(0.0, True), (1.0, False)]], resample(1, 2))[0] == 1

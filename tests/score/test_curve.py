"""The way from nothing found to everything found, and what is told at a wanted rate of false events."""

from __future__ import annotations

from math import inf, isinf, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscan.score import Task
from fasciscan.score.amplitude import smallest_amplitude_found
from fasciscan.score.curve import average_precision, best_threshold, recall_at, threshold_at, trace_curve

TASK = Task()


@pytest.fixture
def ranked(bench):
    """Four twitches in a minute; hits at 0.9, 0.8 and 0.5, false events at 0.7 and 0.4, one twitch never found."""
    truth = bench.truth(*(bench.twitch(t, amplitude_mm=0.2) for t in (1, 3, 5, 7)))
    return bench.clip(
        truth, bench.event(1, p=0.9), bench.event(3, p=0.8), bench.event(20, p=0.7), bench.event(5, p=0.5),
        bench.other("tremor", 30, p=0.6),
    )  # fmt: skip


def test_the_curve_is_the_one_drawn_by_hand(ranked):
    curve = trace_curve([ranked], TASK)
    assert curve.thresholds.tolist() == pytest.approx([inf, 0.9, 0.8, 0.7, 0.5, 0.4])
    assert curve.recall.tolist() == [0, 0.25, 0.5, 0.5, 0.75, 0.75]
    assert curve.precision.tolist() == pytest.approx([1, 1, 1, 2 / 3, 3 / 4, 3 / 5])
    assert curve.false_per_min.tolist() == [0, 0, 0, 1, 1, 2]


def test_average_precision_is_the_area_in_steps(ranked):
    curve = trace_curve([ranked], TASK)
    assert average_precision(curve, 10).value == pytest.approx(0.25 + 0.25 + 0.25 * 3 / 4)


def test_thresholds_keep_to_a_rate_of_false_events(ranked):
    curve = trace_curve([ranked], TASK)
    assert threshold_at(curve, 0.3) == pytest.approx(0.8)
    assert threshold_at(curve, 1.0) == pytest.approx(0.5)
    assert recall_at(curve, 0.3, 10).value == 0.5
    assert recall_at(curve, 1.0, 10).value == 0.75


def test_the_best_threshold_has_the_best_f1_among_those_allowed(ranked):
    curve = trace_curve([ranked], TASK)
    assert best_threshold(curve) == pytest.approx(0.5)
    assert best_threshold(curve, most_false_per_min=0.5) == pytest.approx(0.8)


def test_silence_is_the_answer_where_the_surest_event_is_false(bench):
    clip = bench.clip(bench.truth(bench.twitch(1)), bench.event(9, p=0.9), bench.event(1, p=0.5))
    assert isinf(threshold_at(trace_curve([clip], TASK), 0.3))


findings = st.lists(st.tuples(st.floats(0, 3), st.floats(60, 200), st.floats(0.01, 0.99)), max_size=8)


@settings(deadline=None, max_examples=60)
@given(findings, st.lists(st.tuples(st.floats(0, 3), st.floats(60, 200), st.floats(0.03, 0.5)), max_size=5))
def test_recall_and_false_events_never_fall_along_the_curve(bench, found, true):
    truth = bench.truth(*(bench.twitch(t, x, amplitude_mm=a) for t, x, a in true))
    curve = trace_curve([bench.clip(truth, *(bench.event(t, x, p=p) for t, x, p in found))], TASK)
    assert (np.diff(curve.recall) >= 0).all()
    assert (np.diff(curve.false_per_min) >= 0).all()


def clips_with(bench, found_from_mm: float, count: int = 30):
    """Clips with ten twitches each, 0.05-0.5 mm, found from an amplitude on; a weak one amid them never is."""
    generator = np.random.default_rng(5)
    clips = []
    for _ in range(count):
        amplitudes = np.exp(generator.uniform(np.log(0.05), np.log(0.5), 10))
        truth = bench.truth(*(bench.twitch(3 * i, amplitude_mm=float(a)) for i, a in enumerate(amplitudes)))
        found = [bench.event(3 * i) for i, a in enumerate(amplitudes) if a >= found_from_mm]
        clips.append(bench.clip(truth, *found))
    return clips


def test_the_smallest_amplitude_found_is_where_finding_begins(bench):
    detection = smallest_amplitude_found(clips_with(bench, 0.15), TASK, resamples=100)
    assert detection.smallest_mm.value == pytest.approx(0.15, rel=0.1)
    assert detection.smallest_mm.low <= detection.smallest_mm.value <= detection.smallest_mm.high
    assert (np.diff(detection.fitted) >= 0).all()


def test_the_smallest_amplitude_is_told_at_the_same_rate_of_false_events(bench):
    """Sure finds of large twitches, unsure ones of small twitches among false events: only the sure ones count."""
    clips = []
    for clip in clips_with(bench, 0.2):
        small = [e.peak_s for e in clip.truth.twitches if e.peak_displacement_mm < 0.2]
        unsure = [bench.event(t, p=0.3) for t in small] + [bench.event(40 + i, p=0.3) for i in range(5)]
        large = [bench.event(e.peak_s) for e in clip.truth.twitches if e.peak_displacement_mm >= 0.2]
        clips.append(bench.clip(clip.truth, *large, *unsure))
    assert smallest_amplitude_found(clips, TASK, resamples=10).smallest_mm.value == pytest.approx(0.2, rel=0.1)
    lenient = smallest_amplitude_found(clips, TASK, false_per_min=10, resamples=10)
    assert lenient.smallest_mm.value < 0.07


def test_too_few_twitches_tell_no_smallest_amplitude(bench):
    detection = smallest_amplitude_found(clips_with(bench, 0.0, count=3), TASK, resamples=10)
    assert np.isnan(detection.smallest_mm.value)
    assert smallest_amplitude_found(clips_with(bench, 0.0, count=5), TASK, resamples=10).smallest_mm.value < 0.06


def test_a_few_lucky_finds_among_the_largest_are_not_enough(bench):
    """Four of five are found at any size; that the largest ten happen all to be says nothing."""
    clips = []
    for clip in clips_with(bench, 9):
        twitches = clip.truth.twitches
        found = [e for i, e in enumerate(twitches) if i % 5 or e.peak_displacement_mm > 0.46]
        clips.append(bench.clip(clip.truth, *(bench.event(e.peak_s) for e in found)))
    assert isinf(smallest_amplitude_found(clips, TASK, resamples=10).smallest_mm.value)


def test_what_is_never_reached_is_infinite_and_what_is_not_there_unknown(bench):
    assert isinf(smallest_amplitude_found(clips_with(bench, 9), TASK, resamples=10).smallest_mm.value)
    nothing = smallest_amplitude_found([bench.clip(bench.truth())], TASK, resamples=10)
    assert isnan(nothing.smallest_mm.value)

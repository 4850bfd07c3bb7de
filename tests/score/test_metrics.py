"""What a score promises: counts that add up, and shares that are told only where they exist."""

from __future__ import annotations

import json
from math import isnan

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.score import Score, Task, Tolerance, score_findings, score_result


def test_hits_misses_and_false_events_are_counted_with_their_errors(bench):
    score = score_result(
        bench.result(bench.event(1.02, 130, 140), bench.event(7.0, 200, 100), exposure_s=12),
        bench.truth(bench.twitch(1.0, 100, 100), bench.twitch(3.0, 200, 100)),
    )
    assert (score.true_positives, score.missed, score.false) == (1, 1, 1)
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    assert score.false_per_min == pytest.approx(5.0)
    assert score.epicentre_errors_mm == pytest.approx((5.0,))
    assert score.peak_errors_s == pytest.approx((0.02,))
    assert score.onset_errors_s == pytest.approx((-0.005,))
    assert score.counts == ((2, 2),)


def test_a_look_alike_that_was_counted_is_false(bench):
    slip = bench.look_alike("probe motion", 1.0, 1.2)
    score = score_result(bench.result(bench.event(1.0)), bench.truth(slip))
    assert (score.true_positives, score.missed, score.false) == (0, 0, 1)


def test_a_twitch_too_small_to_be_asked_for_is_neither_missed_nor_false(bench):
    truth = bench.truth(bench.twitch(1.0, amplitude_mm=0.05), bench.twitch(3.0, amplitude_mm=0.2))
    found = bench.clip(truth, bench.event(1.0), bench.event(3.0)).score(Task())
    assert (found.true_positives, found.missed, found.false, found.set_aside) == (1, 0, 0, 1)
    assert found.counts == ((1, 1),)
    unseen = bench.clip(truth, bench.event(3.0)).score(Task())
    assert (unseen.true_positives, unseen.missed, unseen.false, unseen.set_aside) == (1, 0, 0, 0)
    asked = bench.clip(truth, bench.event(1.0), bench.event(3.0)).score(Task(least_mm=0.0))
    assert (asked.true_positives, asked.set_aside) == (2, 0)


def test_a_small_twitch_takes_no_event_that_a_large_one_needs(bench):
    truth = bench.truth(bench.twitch(1.0, amplitude_mm=0.05), bench.twitch(1.1, amplitude_mm=0.2))
    score = bench.clip(truth, bench.event(1.0)).score(Task())
    assert (score.true_positives, score.missed, score.set_aside) == (1, 0, 0)


def test_a_second_event_on_a_small_twitch_is_false(bench):
    truth = bench.truth(bench.twitch(1.0, amplitude_mm=0.05))
    score = bench.clip(truth, bench.event(1.0), bench.event(1.1)).score(Task())
    assert (score.set_aside, score.false) == (1, 1)


def test_a_twitch_in_a_stretch_left_out_is_missed_and_told_apart(bench):
    truth = bench.truth(bench.twitch(1.0), bench.twitch(5.0))
    score = bench.clip(truth, excluded=[(0.5, 2.0)]).score(Task())
    assert (score.missed, score.missed_excluded) == (2, 1)


def test_a_threshold_counts_anew_by_the_probability_of_a_twitch(bench):
    truth = bench.truth(bench.twitch(1.0), bench.twitch(5.0))
    clip = bench.clip(truth, bench.event(1.0, p=0.7), bench.other("tremor", 5.0, p=0.6), bench.event(9.0, p=0.55))
    assert clip.score(Task()).recall == 0.5
    assert clip.score(Task(), threshold=0.4).recall == 1
    assert clip.score(Task(), threshold=0.4).false == 1
    assert clip.score(Task(), threshold=0.6).precision == 1


def test_what_was_found_and_told_as_something_else_is_seen_but_not_found(bench):
    truth = bench.truth(bench.twitch(1.0, amplitude_mm=0.3), bench.twitch(5.0, amplitude_mm=0.2))
    score = bench.clip(truth, bench.other("tremor", 1.0)).score(Task())
    assert [(t.amplitude_mm, t.found, t.seen) for t in score.twitches] == [(0.3, False, True), (0.2, False, False)]


def test_each_finding_is_judged_once_against_twitches_of_any_size(bench):
    truth = bench.truth(bench.twitch(1.0, amplitude_mm=0.3), bench.twitch(5.0, amplitude_mm=0.05))
    clip = bench.clip(
        truth, bench.event(1.0, p=0.9), bench.event(1.1, p=0.6), bench.other("tremor", 5.0), bench.event(9, p=0.5)
    )
    assert sorted(clip.score(Task()).judged) == [
        (pytest.approx(0.1), True),
        (0.5, False),
        (0.6, False),
        (0.9, True),
    ]


def test_scores_of_clips_add_up_to_that_of_the_data_set():
    a = Score(3, 1, 0, 60.0, (0.5, 1.0, 2.0), (0.0,) * 3, (0.01,) * 3, counts=((4, 3),), set_aside=1)
    b = Score(5, 0, 2, 120.0, (0.1,) * 5, (0.0,) * 5, (-0.01,) * 5, counts=((5, 7),), missed_excluded=2)
    both = sum([a, b], Score())
    assert (both.true_positives, both.missed, both.false, both.exposure_s) == (8, 1, 2, 180.0)
    assert (both.set_aside, both.missed_excluded, both.counts) == (1, 2, ((4, 3), (5, 7)))
    assert both.precision == pytest.approx(0.8)
    assert both.recall == pytest.approx(8 / 9)
    assert both.f1 == pytest.approx(16 / 19)
    assert both.false_per_min == pytest.approx(2 / 3)
    assert both.median_epicentre_error_mm == pytest.approx(0.1)


def test_what_has_no_value_is_nan_and_not_0_or_1():
    nothing = Score()
    assert isnan(nothing.precision)
    assert isnan(nothing.recall)
    assert isnan(nothing.f1)
    assert isnan(nothing.false_per_min)
    assert isnan(nothing.median_epicentre_error_mm)
    assert Score(missed=2, exposure_s=60).recall == 0
    assert Score(exposure_s=60).false_per_min == 0


def test_files_are_scored_like_their_content(bench, tmp_path):
    true = bench.truth(bench.twitch(1.0, 100, 100))
    true.write(tmp_path / "clip.truth.json")
    result = bench.result(bench.event(1.0, 100, 100))
    (tmp_path / "clip.json").write_text(json.dumps(result))
    from_files = score_result(tmp_path / "clip.json", tmp_path / "clip.truth.json")
    assert from_files == score_result(result, true)
    assert from_files.f1 == 1


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": "fasciscan.clip/1", "exposure_s": 3, "events": [{"onset_s": 1}]}']
)
def test_a_file_that_is_no_result_is_refused_in_one_line(content, bench, tmp_path):
    (tmp_path / "clip.json").write_text(content)
    with pytest.raises(FasciscanError, match=r"clip\.json") as error:
        score_result(tmp_path / "clip.json", bench.truth())
    assert "\n" not in str(error.value)


def test_a_result_without_the_probability_of_a_twitch_gets_it_from_its_kind(bench):
    tremor = bench.other("tremor", 1.0, p=0.8)
    del tremor["p_fasciculation"]
    clip = bench.clip(bench.truth(), bench.event(5.0, p=0.7), tremor)
    assert [item.p_fasciculation for item in clip.findings.found] == pytest.approx([0.7, 0.2])


def test_what_cannot_be_is_refused(bench):
    with pytest.raises(FasciscanError, match="exposure"):
        score_result(bench.result(exposure_s=-1.0), bench.truth())
    with pytest.raises(ValueError, match="positive"):
        Tolerance(millimetres=0)


def test_tolerances_are_kept_to(bench):
    truth, found = bench.truth(bench.twitch(1.0)), bench.result(bench.event(1.2))
    assert score_result(found, truth).true_positives == 0
    assert score_result(found, truth, Tolerance(seconds=0.25)).true_positives == 1
    clip = bench.clip(truth, bench.event(1.0, 140, 100))
    assert score_findings(clip.findings, truth, Tolerance(millimetres=3)).true_positives == 0

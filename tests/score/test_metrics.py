"""What a score promises: counts that add up, and shares that are told only where they exist."""

from __future__ import annotations

import json
from math import isnan

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.score import Score, score_result
from fasciscan.simulate.truth import ImageBox, Timing, TrueEvent, Truth


def truth(*events: TrueEvent) -> Truth:
    return Truth(
        "clip.mp4", 1, "test", 0.1, ImageBox(60, 40, 300, 200), Timing(40, 40, 480, 0, 0, 12.0), tuple(events), scene={}
    )


def twitch(peak_s: float, x_px: float, y_px: float) -> TrueEvent:
    return TrueEvent("fasciculation", peak_s - 0.075, peak_s, peak_s + 0.2, x_px, y_px, x_px / 10, y_px / 10)


def found(peak_s: float, x_px: float, y_px: float) -> dict:
    return {
        "kind": "fasciculation",
        "onset_s": peak_s - 0.1,
        "peak_s": peak_s,
        "origin": {"x_px": x_px, "y_px": y_px, "x_mm": None, "y_mm": None, "sd_mm": None},
    }


def result(*events: dict, exposure_s: float = 12.0) -> dict:
    return {"schema": "fasciscan.clip/1", "exposure_s": exposure_s, "events": list(events), "other_motion": []}


def test_hits_misses_and_false_events_are_counted_with_their_errors():
    score = score_result(
        result(found(1.02, 130, 140), found(7.0, 200, 100)),
        truth(twitch(1.0, 100, 100), twitch(3.0, 200, 100)),
    )
    assert (score.true_positives, score.missed, score.false) == (1, 1, 1)
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    assert score.false_per_min == pytest.approx(5.0)
    assert score.epicentre_errors_mm == pytest.approx((5.0,))
    assert score.peak_errors_s == pytest.approx((0.02,))
    assert score.onset_errors_s == pytest.approx((-0.005,))


def test_a_look_alike_that_was_counted_is_false():
    slip = TrueEvent("probe motion", 1.0, 1.1, 1.2)
    pulse = TrueEvent("pulsation", 0.0, 0.0, 12.0, 100, 100, 10, 10)
    score = score_result(result(found(1.0, 100, 100)), truth(slip, pulse))
    assert (score.true_positives, score.missed, score.false) == (0, 0, 1)


def test_scores_of_clips_add_up_to_that_of_the_data_set():
    a = Score(3, 1, 0, 60.0, (0.5, 1.0, 2.0), (0.0,) * 3, (0.01,) * 3)
    b = Score(5, 0, 2, 120.0, (0.1,) * 5, (0.0,) * 5, (-0.01,) * 5)
    both = sum([a, b], Score())
    assert (both.true_positives, both.missed, both.false, both.exposure_s) == (8, 1, 2, 180.0)
    assert both.precision == pytest.approx(0.8)
    assert both.recall == pytest.approx(8 / 9)
    assert both.f1 == pytest.approx(16 / 19)
    assert both.false_per_min == pytest.approx(2 / 3)
    assert both.median_epicentre_error_mm == pytest.approx(0.1)


def test_what_has_no_value_is_nan_and_not_0_or_1():
    nothing = Score()
    assert all(
        isnan(value)
        for value in (
            nothing.precision,
            nothing.recall,
            nothing.f1,
            nothing.false_per_min,
            nothing.median_epicentre_error_mm,
        )
    )
    assert Score(missed=2, exposure_s=60).recall == 0
    assert Score(exposure_s=60).false_per_min == 0


def test_files_are_scored_like_their_content(tmp_path):
    true = truth(twitch(1.0, 100, 100))
    true.write(tmp_path / "clip.truth.json")
    (tmp_path / "clip.json").write_text(json.dumps(result(found(1.0, 100, 100))))
    from_files = score_result(tmp_path / "clip.json", tmp_path / "clip.truth.json")
    assert from_files == score_result(result(found(1.0, 100, 100)), true)
    assert from_files.f1 == 1


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": "fasciscan.clip/1", "exposure_s": 3, "events": [{"onset_s": 1}]}']
)
def test_a_file_that_is_no_result_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "clip.json").write_text(content)
    with pytest.raises(FasciscanError, match=r"clip\.json") as error:
        score_result(tmp_path / "clip.json", truth())
    assert "\n" not in str(error.value)


def test_a_negative_exposure_is_refused():
    with pytest.raises(ValueError, match="exposure"):
        score_result(result(exposure_s=-1.0), truth())

"""What a result says is read as it is meant, or refused by name."""

import json

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.score import read_findings

ORIGIN = {"x_px": 30.0, "y_px": 50.0}
EVENT = {"kind": "fasciculation", "onset_s": 1.0, "peak_s": 1.1, "origin": ORIGIN}
OTHER = {"kind": "tremor", "onset_s": 2.0, "peak_s": 2.1, "x_px": 10, "y_px": 20, "probability": 0.75}


def result(**changed):
    return {"schema": "fasciscan.clip/1", "exposure_s": 10.0, "events": [EVENT], "other_motion": [OTHER]} | changed


def test_places_are_told_in_millimetres_and_what_is_left_out_is_taken_for_sure():
    twitch, tremor = read_findings(result(), 0.1).found
    assert (twitch.mark.x_mm, twitch.mark.y_mm, twitch.probability, twitch.p_fasciculation) == (3.0, 5.0, 1.0, 1.0)
    assert (tremor.counted, tremor.p_fasciculation) == (False, 0.25)


@pytest.mark.parametrize(
    "wrong",
    [
        {"exposure_s": -5},
        {"exposure_s": float("nan")},
        {"exposure_s": float("inf")},
        {"exposure_s": True},
        {"exposure_s": 10**400},
        {"events": ["a twitch"]},
        {"events": [EVENT | {"peak_s": float("nan")}]},
        {"events": [EVENT | {"peak_s": "1.1"}]},
        {"events": [EVENT | {"origin": {"x_px": None, "y_px": 2}}]},
        {"events": [EVENT | {"probability": 95}]},
        {"events": [EVENT | {"p_fasciculation": -3}]},
        {"other_motion": [OTHER | {"probability": 95}]},
        {"excluded": [{"start_s": "0", "end_s": 1}]},
        {"provenance": ["network"]},
    ],
)
def test_what_no_result_can_say_is_refused_by_name(tmp_path, wrong):
    path = tmp_path / "clip.json"
    path.write_text(json.dumps(result(**wrong)))
    with pytest.raises(FasciscanError, match=r"clip\.json: is no complete result"):
        read_findings(path, 0.1)


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"exposure_s": ' + "9" * 5000 + "}", "[]"])
def test_what_is_no_result_is_refused_by_name(tmp_path, text):
    path = tmp_path / "clip.json"
    path.write_text(text)
    with pytest.raises(FasciscanError, match=r"clip\.json: "):
        read_findings(path, 0.1)


def test_a_byte_order_mark_is_no_part_of_it(tmp_path):
    path = tmp_path / "clip.json"
    path.write_text(json.dumps(result()), encoding="utf-8-sig")
    assert len(read_findings(path, 0.1).found) == 2

"""The result file keeps its promise, the schema, for every kind of clip."""

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from fasciscan.report import write_reports
from fasciscan.report.result_json import SCHEMA_PATH, result_to_dict

CASES = [
    "case",
    "case_without_scale",
    "quiet_case",
    "frozen_case",
    "crowded_case",
    "located_case",
    "located_case_without_scale",
    "cut_off_case",
]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def read_back(case, tmp_path) -> dict:
    (path,) = write_reports(case.clip, case.result, case.raster, tmp_path, ["json"])
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_every_result_is_valid(name, request, tmp_path, validator):
    assert [error.message for error in validator.iter_errors(read_back(request.getfixturevalue(name), tmp_path))] == []


def test_the_schema_refuses_what_it_does_not_promise(case, validator):
    for breaks in (
        {"count": -1},
        {"schema": "fasciscan.clip/2"},
        {"exposure_s": None},
        {"extra": 1},
        {"events": [{"id": 1}]},
    ):
        assert not validator.is_valid(result_to_dict(case.result) | breaks)


def test_numbers_come_back_as_they_were(case, tmp_path):
    told = read_back(case, tmp_path)
    event, first = case.result.events[0], told["events"][0]
    assert told["count"] == len(told["events"]) == 3
    assert told["exposure_s"] == 16.5
    assert first["onset_s"] == pytest.approx(event.onset_s, abs=1e-4)
    assert first["origin"] == {"x_px": 110, "y_px": 90, "sd_px": 8, "x_mm": 11, "y_mm": 9, "sd_mm": 0.8}
    assert first["peak_displacement_mm"] == pytest.approx(0.3)
    assert told["other_motion"][0]["kind"] == "pulsation"
    assert told["muscle"] == {"name": "biceps brachii", "side": "left"}


def test_without_a_scale_there_are_pixels_and_no_millimetres(case_without_scale, tmp_path):
    told = read_back(case_without_scale, tmp_path)
    assert told["clip"]["mm_per_px"] is None
    event = told["events"][0]
    assert event["origin"]["x_px"] == 110
    assert [event["origin"]["x_mm"], event["territory"]["area_mm2"], event["peak_displacement_mm"]] == [None] * 3


def test_no_exposure_is_no_rate_and_not_a_rate_of_zero(frozen_case, quiet_case, tmp_path):
    assert read_back(frozen_case, tmp_path)["rate_per_min"] is None
    assert read_back(quiet_case, tmp_path)["rate_per_min"]["value"] == 0


def test_a_number_that_is_none_is_never_written(case, tmp_path):
    broken = replace(case.result, exposure_s=float("nan"))
    with pytest.raises(ValueError, match="JSON"):
        write_reports(case.clip, broken, case.raster, tmp_path, ["json"])
    assert list(tmp_path.iterdir()) == []


def test_motion_and_setting_come_back_as_they_were(located_case, tmp_path):
    event, told = located_case.result.events[0], read_back(located_case, tmp_path)["events"][0]
    marks, moved = event.kinematics.landmarks, told["kinematics"]
    assert list(moved["landmarks"].values()) == sorted(moved["landmarks"].values())
    assert moved["landmarks"]["reversal_s"] == pytest.approx(marks.reversal_s, abs=1e-4)
    assert moved["durations"]["total_s"] == pytest.approx(marks.end_s - marks.start_s, abs=1e-4)
    assert moved["coherence"] == {"0": 0.41, "5": 0.58, "15": 0.72}
    assert moved["contraction_velocity_mm_s"] == pytest.approx(0.1 * moved["contraction_velocity_px_s"], abs=1e-2)
    assert told["setting"]["layer"] == "muscle"


def test_a_landmark_that_was_not_found_is_null_with_its_reason(cut_off_case, tmp_path):
    told = read_back(cut_off_case, tmp_path)["events"][0]["kinematics"]
    assert told["missing"] == "the next twitch begins first"
    assert [told["landmarks"]["end_s"], told["durations"]["total_s"], told["durations"]["relaxation_s"]] == [None] * 3
    assert told["durations"]["contraction_s"] > 0


def test_the_lean_never_leaves_without_its_note_and_caveats(located_case, tmp_path, validator):
    told = read_back(located_case, tmp_path)
    lean = told["origin_lean"]
    assert lean["note"].startswith("Exploratory.")
    assert lean["favours"] == "proximal"
    assert all(indicator["caveat"] for indicator in lean["indicators"])
    assert not validator.is_valid(told | {"origin_lean": {key: lean[key] for key in lean if key != "note"}})
    silent = lean | {"indicators": [lean["indicators"][0] | {"caveat": ""}]}
    assert not validator.is_valid(told | {"origin_lean": silent})


def test_without_a_scale_nothing_of_an_event_or_site_is_in_millimetres(located_case_without_scale, tmp_path):
    told = read_back(located_case_without_scale, tmp_path)
    assert {value for key, value in lengths(told) if key.endswith(("_mm", "_mm2", "_mm_s", "mm_per_px"))} == {None}
    assert told["events"][0]["kinematics"]["contraction_velocity_px_s"] > 0


def lengths(part, name="") -> list[tuple[str, object]]:
    """All values of a JSON document with the names they stand under."""
    if isinstance(part, dict):
        return [pair for key, value in part.items() for pair in lengths(value, key)]
    if isinstance(part, list):
        return [pair for value in part for pair in lengths(value, name)]
    return [(name, part)]


def test_what_was_not_measured_is_null(case, tmp_path):
    told = read_back(case, tmp_path)
    assert [told["events"][0][name] for name in ("kinematics", "setting")] == [None] * 2
    assert [told["sites"][0][name] for name in ("intervals", "dispersion", "jaccard")] == [None] * 3
    assert told["origin_lean"] is None


def test_a_result_written_before_these_were_measured_is_still_valid(case, tmp_path, validator):
    old = read_back(case, tmp_path)
    del old["origin_lean"]
    for event in old["events"]:
        del event["kinematics"], event["setting"]
    for site in old["sites"]:
        del site["intervals"], site["dispersion"], site["jaccard"], site["shape_correlation"]
    assert [error.message for error in validator.iter_errors(old)] == []

"""The result file keeps its promise, the schema, for every kind of clip."""

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from fasciscan.report import write_reports
from fasciscan.report.result_json import SCHEMA_PATH, result_to_dict

CASES = ["case", "case_without_scale", "quiet_case", "frozen_case", "crowded_case"]


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

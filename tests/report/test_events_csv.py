"""The table of events opens in a spreadsheet and counts what the result counts."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from fasciscan.report import write_reports


def read_back(case, tmp_path) -> list[dict[str, str]]:
    (path,) = write_reports(case.clip, case.result, case.raster, tmp_path, ["csv"])
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_one_row_an_event_in_the_order_of_time(case, tmp_path):
    rows = read_back(case, tmp_path)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["counted"] for row in rows] == ["yes", "no", "yes", "yes", "no"]
    assert [row["kind"] for row in rows][1] == "pulsation"
    assert float(rows[0]["x_mm"]) == pytest.approx(11.0)
    assert rows[0]["site"] == "1"


def test_the_document_names_every_column_in_the_order_of_the_file(case, tmp_path):
    document = (Path(__file__).parents[2] / "docs" / "result.md").read_text(encoding="utf-8")
    table = [line.split("|")[1] for line in document.partition("## CSV")[2].splitlines() if line.startswith("| `")]
    assert re.findall(r"`(\w+)`", " ".join(table)) == list(read_back(case, tmp_path)[0])


def test_without_a_scale_millimetres_are_empty(case_without_scale, tmp_path):
    (row,) = read_back(case_without_scale, tmp_path)
    assert {row[name] for name in row if name.endswith(("_mm", "_mm2", "_mm_s"))} == {""}
    assert float(row["peak_displacement_px"]) == pytest.approx(3.0)


def test_motion_and_setting_have_their_columns(located_case, tmp_path):
    row, event = read_back(located_case, tmp_path)[0], located_case.result.events[0]
    assert float(row["reversal_s"]) == pytest.approx(event.kinematics.landmarks.reversal_s, abs=1e-4)
    assert float(row["total_s"]) == pytest.approx(event.offset_s - event.onset_s, abs=1e-4)
    assert [row[f"coherence_{cut}"] for cut in (0, 5, 15)] == ["0.41", "0.58", "0.72"]
    assert (row["layer"], row["landmarks_missing"]) == ("muscle", "")
    assert float(row["depth_mm"]) == pytest.approx(0.1 * float(row["depth_px"]), abs=1e-3)


def test_what_was_not_measured_is_empty(case, cut_off_case, tmp_path):
    unmeasured = read_back(case, tmp_path / "1")[0]
    assert {unmeasured[name] for name in ("start_s", "coherence_5", "active_px", "layer", "depth_mm")} == {""}
    cut = read_back(cut_off_case, tmp_path / "2")[0]
    assert (cut["end_s"], cut["total_s"], cut["landmarks_missing"]) == ("", "", "the next twitch begins first")
    assert float(cut["contraction_s"]) > 0


def test_without_a_scale_measured_motion_is_in_pixels_alone(located_case_without_scale, tmp_path):
    for row in read_back(located_case_without_scale, tmp_path):
        assert {row[name] for name in row if name.endswith(("_mm", "_mm2", "_mm_s"))} == {""}
        assert float(row["contraction_velocity_px_s"]) > 0


def test_no_events_give_the_header_alone(quiet_case, tmp_path):
    assert read_back(quiet_case, tmp_path) == []
    text = (tmp_path / "quiet.events.csv").read_text(encoding="utf-8-sig")
    assert text.startswith("clip,counted,id,kind,")
    assert len(text.splitlines()) == 1


def test_excel_is_told_that_it_is_utf_8(case, tmp_path):
    (path,) = write_reports(case.clip, case.result, case.raster, tmp_path, ["csv"])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ['=HYPERLINK("x").mp4', "+1.mp4", "-1.mp4", "@SUM(A1).mp4"])
def test_a_file_name_is_never_run_as_a_formula(case, tmp_path, name):
    harmful = replace(case, clip=replace(case.clip, path=Path(name)))
    for row in read_back(harmful, tmp_path / "out"):
        assert row["clip"] == f"'{name}"

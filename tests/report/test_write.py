"""Reports appear whole or not at all, and never in the place of another clip's."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from fasciscan.batch import ClipTask
from fasciscan.clip import printable
from fasciscan.errors import FasciscanError
from fasciscan.report import FORMATS, result_json, write_reports


def write(case, directory, formats=("json",)):
    return write_reports(case.clip, case.result, case.raster, directory, formats)


def renamed(case, path: str, sha256: str):
    summary = replace(case.result.clip, path=printable(path), sha256=sha256)
    return replace(
        case,
        clip=replace(case.clip, path=Path(path), sha256=sha256),
        result=replace(case.result, clip=summary),
    )


def test_each_format_has_its_file(quiet_case, tmp_path):
    written = write(quiet_case, tmp_path / "new" / "folder", FORMATS)
    assert [path.name for path in written] == ["quiet.json", "quiet.events.csv", "quiet.html", "quiet.annotated.mp4"]
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(p.name for p in written)


def test_only_what_was_asked_for_is_written(quiet_case, tmp_path):
    assert [path.name for path in write(quiet_case, tmp_path, ["csv"])] == ["quiet.events.csv"]
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["quiet.events.csv"]


def test_clips_of_one_name_do_not_overwrite_each_other(quiet_case, tmp_path):
    first, second = renamed(quiet_case, "a/IM_0001.dcm", "a" * 64), renamed(quiet_case, "b/IM_0001.dcm", "b" * 64)
    (one,), (two,) = write(first, tmp_path), write(second, tmp_path)
    assert (one.name, two.name) == ("IM_0001.json", "IM_0001-bbbbbbbb.json")
    assert json.loads(one.read_text())["clip"]["sha256"] == "a" * 64
    assert json.loads(two.read_text())["clip"]["sha256"] == "b" * 64


def test_a_page_whose_clip_cannot_be_told_is_not_overwritten(quiet_case, tmp_path):
    (tmp_path / "quiet.html").write_text("somebody's page")
    (page,) = write(quiet_case, tmp_path, ["html"])
    assert page.name != "quiet.html"
    assert (tmp_path / "quiet.html").read_text() == "somebody's page"


def test_a_clip_beside_its_reports_is_not_replaced_by_its_annotated_video(quiet_case, tmp_path):
    clip = tmp_path / "scan.mp4"
    clip.write_bytes(b"the recording")
    case = renamed(quiet_case, str(clip), "a" * 64)
    write(case, tmp_path)
    assert [path.name for path in write(case, tmp_path, ["json", "mp4"])] == ["scan.json", "scan.annotated.mp4"]
    assert clip.read_bytes() == b"the recording"


def test_a_recording_of_the_same_name_is_not_replaced_by_an_annotated_video(quiet_case, tmp_path):
    (tmp_path / "scan.mp4").write_bytes(b"another recording")
    write(renamed(quiet_case, str(tmp_path / "scan.avi"), "a" * 64), tmp_path, ["json", "mp4"])
    assert (tmp_path / "scan.mp4").read_bytes() == b"another recording"


def test_no_report_takes_the_place_of_the_clip_by_whatever_path_it_was_named(quiet_case, tmp_path):
    (tmp_path / "scan.json").write_text("a" * 64)  # reads as a report of itself
    (tmp_path / "link").symlink_to(tmp_path / "scan.json")
    case = renamed(quiet_case, str(tmp_path / "link"), "a" * 64)
    case.clip.path.with_name("link.json").symlink_to(tmp_path / "scan.json")
    (path,) = write(case, tmp_path)
    assert path.name == "link-aaaaaaaa.json"
    (path,) = write(renamed(quiet_case, str(tmp_path / "scan.json"), "a" * 64), tmp_path)
    assert path.name == "scan-aaaaaaaa.json"
    assert (tmp_path / "scan.json").read_text() == "a" * 64


def test_a_page_of_another_clip_is_not_replaced_though_the_json_beside_it_is_the_clips_own(quiet_case, tmp_path):
    write(quiet_case, tmp_path)
    (tmp_path / "quiet.html").write_text("another clip's page")
    (page,) = write(quiet_case, tmp_path, ["html"])
    assert page.name != "quiet.html"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_name_that_is_no_utf_8_is_told_with_a_replacement_sign(located_case, tmp_path, format_):
    case = renamed(located_case, os.fsdecode(b"latin\xe9.mp4"), "a" * 64)
    (path,) = write(case, tmp_path, [format_])
    assert path.name.startswith("latin\N{REPLACEMENT CHARACTER}.")
    if format_ == "csv":
        rows = path.read_text(encoding="utf-8-sig").splitlines()
        assert all(row.startswith("latin\N{REPLACEMENT CHARACTER}.mp4,") for row in rows[1:])


@pytest.mark.parametrize("formats", [["json", "csv"], ["html"]])
def test_analysing_again_replaces_the_old_reports(quiet_case, tmp_path, formats):
    assert write(quiet_case, tmp_path, formats) == write(quiet_case, tmp_path, formats)
    assert len(list(tmp_path.iterdir())) == len(formats)


@pytest.mark.parametrize("format_", ["csv", "mp4"])
def test_whose_a_report_is_that_names_no_clip_is_remembered(quiet_case, tmp_path, format_):
    first, second = renamed(quiet_case, "a/scan.avi", "a" * 64), renamed(quiet_case, "b/scan.avi", "b" * 64)
    one, two = write(first, tmp_path, [format_]), write(second, tmp_path, [format_])
    assert one != two
    assert write(first, tmp_path, [format_]) == one
    assert write(second, tmp_path, [format_]) == two
    assert write(first, tmp_path, ["json"])[0].name == "scan.json"
    assert write(second, tmp_path, ["json"])[0].name == "scan-bbbbbbbb.json"


def test_what_was_remembered_of_reports_that_are_gone_takes_no_name(quiet_case, tmp_path):
    first, second = renamed(quiet_case, "a/scan.avi", "a" * 64), renamed(quiet_case, "b/scan.avi", "b" * 64)
    write(first, tmp_path, ["csv"])[0].unlink()
    (of_second,) = write(second, tmp_path)
    assert of_second.name == "scan.json"
    assert write(first, tmp_path, ["csv"])[0].name == "scan-aaaaaaaa.events.csv"


def test_a_run_that_breaks_off_leaves_the_old_file_and_no_half_one(quiet_case, tmp_path, monkeypatch):
    (path,) = write(quiet_case, tmp_path)
    before = path.read_text()

    def break_off(*arguments):
        partial = arguments[-1]
        partial.write_text('{"schema": "fasc')
        raise KeyboardInterrupt

    monkeypatch.setattr(result_json, "write_json", break_off)
    with pytest.raises(KeyboardInterrupt):
        write(quiet_case, tmp_path)
    assert [child.name for child in tmp_path.iterdir()] == ["quiet.json"]
    assert path.read_text() == before


def test_a_folder_of_frames_keeps_its_whole_name(quiet_case, tmp_path):
    frames = tmp_path / "visit.2024"
    frames.mkdir()
    (path,) = write(renamed(quiet_case, str(frames), "c" * 64), tmp_path / "out")
    assert path.name == "visit.2024.json"


@pytest.mark.parametrize(
    ("clip", "report"),
    [
        ("1.2.840.113619.7.1", "1.2.840.113619.7.1.json"),
        ("1.2.840.113619.7.1.dcm", "1.2.840.113619.7.1.json"),
        ("IM_0001", "IM_0001.json"),
        ("scan.3gp", "scan.json"),
    ],
)
def test_the_last_number_of_a_uid_is_no_suffix(quiet_case, tmp_path, clip, report):
    (path,) = write(renamed(quiet_case, clip, "c" * 64), tmp_path)
    assert path.name == report
    assert ClipTask(Path(clip), ("json",)).stem == path.stem


def test_a_place_that_cannot_be_written_to_is_said_in_one_line(quiet_case, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FasciscanError, match=r"quiet\.mp4 could not be written") as told:
        write(quiet_case, tmp_path / "file" / "under")
    assert "\n" not in str(told.value)


def test_an_unknown_format_is_refused_before_anything_is_written(quiet_case, tmp_path):
    with pytest.raises(ValueError, match="pdf"):
        write(quiet_case, tmp_path, ["json", "pdf"])
    assert list(tmp_path.iterdir()) == []

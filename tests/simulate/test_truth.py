"""What reading a truth file promises: what cannot be true is refused in one line that names the file and the field."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.simulate import read_truth

SAMPLE = Path(__file__).resolve().parents[2] / "data_samples" / "biceps-twitches.truth.json"
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    return json.loads(SAMPLE.read_text(encoding="utf-8"))


def change(raw: dict[str, Any], place: tuple, value: Any) -> dict[str, Any]:
    """Return the content with another value at a place, such as ``("events", 0, "onset_s")``."""
    raw = copy.deepcopy(raw)
    within: Any = raw
    for step in place[:-1]:
        within = within[step]
    within[place[-1]] = value
    return raw


def write(folder: Path, raw: dict[str, Any]) -> Path:
    path = folder / "x.truth.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


EVENT, TIMING, BOX = ("events", 0), ("timing",), ("image_box",)


@pytest.mark.parametrize(
    ("place", "values", "field"),
    [
        (("clip",), ["../t1/x.mp4", "/x.mp4", "a\\x.mp4", "", "..", 3, None], "clip"),
        (("seed",), ["7", 1.5, True, None], "seed"),
        (("preset",), [None, 3], "preset"),
        (("mm_per_px",), ["0.1", 0, -0.1, NAN, INFINITY, None, 10**400], "mm_per_px"),
        ((*BOX, "x"), [-1, 0.5, None], r"image_box\.x"),
        ((*BOX, "width"), [0, "300"], r"image_box\.width"),
        ((*TIMING, "scan_rate_hz"), [None, -1, 0, "40", NAN], r"timing\.scan_rate_hz"),
        ((*TIMING, "recorded_rate_hz"), [None, -1], r"timing\.recorded_rate_hz"),
        ((*TIMING, "frames"), [0, 10.5, None], r"timing\.frames"),
        ((*TIMING, "copied_frames"), [-1], r"timing\.copied_frames"),
        ((*TIMING, "duration_s"), [0, NAN, "12"], r"timing\.duration_s"),
        (("timing",), [None, [], "x"], "timing"),
        (("events",), [None, {}, "x"], "events"),
        (EVENT, ["a twitch", None, 3, []], r"events\[0\]"),
        ((*EVENT, "kind"), [None, 3], r"events\[0\]\.kind"),
        ((*EVENT, "name"), [3, ["tap"]], r"events\[0\]\.name"),
        ((*EVENT, "onset_s"), [NAN, "1.0", None, -0.1, True], r"events\[0\]\.onset_s"),
        ((*EVENT, "peak_s"), [NAN, "1.0", None, 0.0], r"events\[0\]\.peak_s"),
        ((*EVENT, "offset_s"), [NAN, INFINITY, "1.0", None, 0.0], r"events\[0\]\.offset_s"),
        ((*EVENT, "x_px"), [None, NAN, "100"], r"events\[0\]\.x_px"),
        ((*EVENT, "y_mm"), [NAN, "10"], r"events\[0\]\.y_mm"),
        ((*EVENT, "peak_displacement_mm"), ["0.2", -0.2, NAN], r"events\[0\]\.peak_displacement_mm"),
        ((*EVENT, "territory"), [3, {"major_mm": 10.0}], r"events\[0\]\.territory"),
        ((*EVENT, "territory", "major_mm"), [0, "10"], r"events\[0\]\.territory\.major_mm"),
        ((*EVENT, "site"), ["1", 1.5], r"events\[0\]\.site"),
        (("scene",), [None, [], "x"], "scene"),
        (("scene", "tissue"), ["x", 3], r"scene\.tissue"),
        (("scene", "machine"), ["x", {"codec": "h264"}, {"codec": "h264", "quality": "18"}], r"scene\.machine"),
    ],
)
def test_what_cannot_be_true_is_refused_by_its_field(place, values, field, sample, tmp_path):
    for value in values:
        path = write(tmp_path, change(sample, place, value))
        with pytest.raises(FasciscanError, match=rf"x\.truth\.json: is no complete truth file \({field}") as error:
            read_truth(path)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < len(str(path)) + 160


def test_a_field_that_is_missing_is_named(sample, tmp_path):
    twitch = {name: value for name, value in sample["events"][0].items() if name != "x_px"}
    with pytest.raises(FasciscanError, match=r"events\[0\]\.x_px is missing"):
        read_truth(write(tmp_path, change(sample, EVENT, twitch)))


def test_events_without_a_place_and_files_of_before_the_name_are_read(sample, tmp_path):
    breath = {"kind": "breathing", "onset_s": 0.0, "peak_s": 0, "offset_s": 12.0, "x_px": None}
    (event,) = read_truth(write(tmp_path, change(sample, ("events",), [breath]))).events
    assert (event.name, event.x_px, event.territory, event.site) == ("breathing", None, None, None)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "x.truth.json"
    path.write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert read_truth(path) == read_truth(SAMPLE)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"seed": ' + "9" * 5000 + "}"])
def test_json_that_python_will_not_read_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "x.truth.json"
    path.write_text(content)
    with pytest.raises(FasciscanError, match="cannot be read as a truth file"):
        read_truth(path)

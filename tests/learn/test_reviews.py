"""What a person said of a clip is taken as it is meant, or refused with what is wrong."""

import json
from math import inf, nan

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.learn.reviews import find_misfit, read_review


def write_review(path, **changes):
    content = {
        "schema": "fasciscan.labels/1", "clip": "clip.mp4", "mm_per_px": 0.1, "reviewed_s": [[5, 15]],
        "events": [
            {"kind": "fasciculation", "peak_s": 10.0, "x_px": 199.5, "y_px": 159.5},
            {"kind": "tremor", "peak_s": 20.0, "x_px": 199.5, "y_px": 159.5},
        ],
    }  # fmt: skip
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "changes", [{"schema": "other"}, {"events": [{"kind": "wink"}]}, {"mm_per_px": None}, {"reviewed_s": 3}]
)
def test_labels_that_cannot_be_used_are_named_in_one_line(tmp_path, changes):
    with pytest.raises(FasciscanError, match=r"clip\.labels\.json: .*docs/training\.md") as error:
        read_review(write_review(tmp_path / "clip.labels.json", **changes))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"mm_per_px": 0}, "mm_per_px"),
        ({"mm_per_px": -0.1}, "mm_per_px"),
        ({"mm_per_px": nan}, "mm_per_px"),
        ({"mm_per_px": 10**400}, "int too large"),
        ({"reviewed_s": [[6, 0]]}, "reviewed_s has a stretch from 6 to 0 s"),
        ({"reviewed_s": [[0, 6], [-1, 2]]}, "from -1 to 2 s"),
        ({"reviewed_s": [[0, inf]]}, "from 0 to inf s"),
        ({"events": [{"kind": "tremor", "peak_s": -3, "x_px": 1, "y_px": 1}]}, "a tremor has its peak at -3 s"),
        ({"events": [{"kind": "tremor", "peak_s": nan, "x_px": 1, "y_px": 1}]}, "a tremor has its peak at nan s"),
        ({"events": [{"kind": "tremor", "peak_s": 3, "x_px": 1, "y_px": nan}]}, r"placed at \(1, nan\) px"),
    ],
)
def test_labels_that_are_true_of_no_clip_are_named_with_what_is_wrong(tmp_path, changes, told):
    with pytest.raises(FasciscanError, match=rf"clip\.labels\.json: .*{told}") as error:
        read_review(write_review(tmp_path / "clip.labels.json", **changes))
    assert "\n" not in str(error.value)


def test_a_mark_before_the_first_byte_does_not_matter(tmp_path):
    path = write_review(tmp_path / "clip.labels.json")
    plain = read_review(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_review(path) == plain


def test_no_second_is_reviewed_twice(tmp_path):
    path = write_review(tmp_path / "clip.labels.json", reviewed_s=[[20, 25], [5, 15], [6, 8], [15, 17]])
    assert read_review(path).reviewed_s == ((5, 17), (20, 25))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"reviewed_s": [[0, 30.05]]}, ""),  # players round
        ({"reviewed_s": [[0, 6000]]}, "from 0 to 6000 s, but the clip lasts 30 s"),
        ({"events": [{"kind": "fasciculation", "peak_s": 3480, "x_px": 1, "y_px": 1}]}, "peak at 3480 s"),
        ({"events": [{"kind": "fasciculation", "peak_s": 3, "x_px": -0.5, "y_px": 319.5}]}, ""),  # the very corner
        ({"events": [{"kind": "fasciculation", "peak_s": 3, "x_px": 400, "y_px": 1}]}, "the frame has 400 × 320"),
        ({"events": [{"kind": "fasciculation", "peak_s": 3, "x_px": 1, "y_px": -1}]}, "(1, -1) px"),
    ],
)
def test_what_was_marked_beyond_the_clip_is_told(tmp_path, changes, told):
    misfit = find_misfit(read_review(write_review(tmp_path / "clip.labels.json", **changes)), 30.0, (400, 320))
    assert told in misfit
    assert bool(told) == bool(misfit)

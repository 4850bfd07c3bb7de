"""What making many clips promises: each whole, each once, the same however many processes make them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import av
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.simulate import make_clips, read_truth


def small(out: Path, seeds, **changes) -> list[Path]:
    return make_clips(out, seeds, "broad", jobs=1, duration_s=5.0, frame_rate_hz=5.0, **changes)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> list[Path]:
    return small(tmp_path_factory.mktemp("clips"), [3, 4])


def test_each_clip_has_its_truth_beside_it_and_nothing_else_is_left(made):
    assert [path.stem for path in made] == ["broad-3", "broad-4"]
    for path in made:
        truth = read_truth(path.with_suffix(".truth.json"))
        assert (truth.clip, truth.preset) == (path.name, "broad")
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == truth.timing.frames
    assert len(list(made[0].parent.iterdir())) == 4


def test_what_is_there_is_not_made_again_and_what_is_half_made_is(made):
    folder = made[0].parent
    before = made[0].stat().st_mtime_ns
    content = made[1].read_bytes()
    made[1].with_suffix(".truth.json").unlink()
    told = []
    again = small(folder, [3, 4], progress=lambda done, total: told.append((done, total)))
    assert again == made
    assert made[0].stat().st_mtime_ns == before
    assert made[1].read_bytes() == content, "the same seed gives the same clip"
    assert told == [(1, 2), (2, 2)]


def test_a_truth_that_was_cut_off_has_its_clip_made_again(made, tmp_path):
    clip, truth = (Path(shutil.copy(path, tmp_path)) for path in (made[0], made[0].with_suffix(".truth.json")))
    whole = truth.read_text()
    truth.write_text(whole[: len(whole) // 2])
    clip.write_bytes(b"")
    assert small(tmp_path, [3]) == [clip]
    assert truth.read_text() == whole
    assert clip.read_bytes() == made[0].read_bytes()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"duration_s": 6.0}, "of 5 s, not 6 s"),
        ({"frame_rate_hz": 7.0}, "at 5 pictures/s, not 7"),
        ({"duration_s": None, "frame_rate_hz": None}, "of 5 s, not 1"),
    ],
)
def test_a_clip_that_was_asked_for_otherwise_is_not_taken_for_this_one(asked, told, made):
    options: Any = {"jobs": 1, "duration_s": 5.0, "frame_rate_hz": 5.0} | asked
    before = made[0].stat().st_mtime_ns
    with pytest.raises(FasciscanError, match=rf"^{made[0].parent}: holds broad-3\.\w+ {told}") as error:
        make_clips(made[0].parent, [3], "broad", **options)
    assert "\n" not in str(error.value)
    assert "--out" in str(error.value)
    assert made[0].stat().st_mtime_ns == before


def test_a_clip_from_another_still_is_not_taken_for_this_one(still, tmp_path):
    other = Path(shutil.copy(still, tmp_path / "calf.png"))
    clips = tmp_path / "clips"

    def make(picture: Path) -> list[Path]:
        return make_clips(clips, [2], "broad-texture", [picture], jobs=1, duration_s=5.0, frame_rate_hz=5.0)

    assert make(still) == make(still)
    with pytest.raises(FasciscanError, match=rf"clips: holds .* from the still {still.name}, not calf\.png"):
        make(other)


@pytest.mark.slow
def test_two_processes_make_the_same_clips(made, tmp_path):
    for one, other in zip(made, make_clips(tmp_path, [3, 4], "broad", (), 2, None, 5.0, 5.0), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_what_cannot_be_made_is_said_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FasciscanError, match="cannot be made"):
        small(tmp_path / "file", [1])
    with pytest.raises(FasciscanError, match="no preset"):
        make_clips(tmp_path, [1], "nonsense")

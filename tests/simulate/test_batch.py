"""What making many clips promises: each whole, each once, the same however many processes make them."""

from __future__ import annotations

from pathlib import Path

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

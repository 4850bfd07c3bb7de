"""What ``fasciscan info`` says of a clip reads as a person would say it."""

import numpy as np
import pytest

from fasciscan.clip import describe, open_clip
from fasciscan.report.facts import say_facts


@pytest.mark.parametrize(("copied", "words"), [(0, "12"), (1, "12, 1 of them a copy"), (2, "12, 2 of them copies")])
def test_copies_are_told_by_their_number(tmp_path, copied, words):
    frames = np.random.default_rng(0).integers(0, 256, (12, 48, 64), np.uint8)
    for at in (4, 8)[:copied]:
        frames[at] = frames[at - 1]
    np.save(tmp_path / "clip.npy", frames)
    assert dict(say_facts(describe(open_clip(tmp_path / "clip.npy"))))["frames"] == words

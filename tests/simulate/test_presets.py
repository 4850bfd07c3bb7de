"""What every preset promises: a seed decides all, and what cannot be made is said."""

from __future__ import annotations

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.simulate import PRESETS, random_scene


@pytest.mark.parametrize("preset", PRESETS)
def test_a_seed_decides_the_scene(preset, still):
    assert random_scene(4, preset, [still]) == random_scene(4, preset, [still])
    assert random_scene(4, preset, [still]) != random_scene(5, preset, [still])


def test_what_cannot_be_made_is_said_in_one_line(tmp_path):
    with pytest.raises(FasciscanError, match="texture-twitches"):
        random_scene(1, "nonsense")
    with pytest.raises(FasciscanError, match="stills"):
        random_scene(1, "texture-twitches")
    with pytest.raises(FasciscanError, match="cannot be read"):
        random_scene(1, "texture-twitches", [tmp_path / "absent.png"])

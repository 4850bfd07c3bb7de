"""A clip that shows its recording several times over is told from one that shows all once."""

import numpy as np
import pytest

from fasciscan.clip import describe, open_clip
from fasciscan.clip.loops import find_loop


def contrast_of(count, seed=0):
    """(count,) contrast that drifts, beats with the heart, and has noise of its own in each frame."""
    rng = np.random.default_rng(seed)
    t = np.arange(count) / 40
    return 30 + np.cumsum(rng.normal(0, 0.02, count)) + 0.3 * np.sin(2 * np.pi * 1.1 * t) + rng.normal(0, 0.1, count)


@pytest.mark.parametrize("passes", [2, 2.5, 4])
def test_the_length_of_a_loop_is_found(passes):
    once = contrast_of(120)
    shown = np.tile(once, 4)[: int(passes * 120)]
    shown = shown + np.random.default_rng(1).normal(0, 0.01, len(shown))
    assert find_loop(np.arange(len(shown)) / 40, shown) == pytest.approx(3.0)


@pytest.mark.parametrize("seed", range(8))
def test_a_heart_and_regular_key_frames_are_no_loop(seed):
    contrast = contrast_of(600, seed)
    contrast[::50] += 2
    assert find_loop(np.arange(600) / 40, contrast) is None


@pytest.mark.parametrize("contrast", [np.full(200, 30.0), np.full(200, np.nan), np.array([30.0])])
def test_where_nothing_changes_nothing_is_told(contrast):
    assert find_loop(np.arange(len(contrast)) / 40, contrast) is None


def test_a_loop_is_warned_of(tmp_path, speckle, encode):
    once = speckle(60)
    path = encode(tmp_path / "v.mkv", np.concatenate([once] * 3), "ffv1", pixels="gray")
    told = describe(open_clip(path)).quality.warnings
    assert any("the same 2.0 s seem to be shown 3.0 times over" in w for w in told)
    path = encode(tmp_path / "once.mkv", speckle(180), "ffv1", pixels="gray")
    assert not [w for w in describe(open_clip(path)).quality.warnings if "times over" in w]


@pytest.mark.parametrize("name", ["mmu_test_video.mp4", "flowave_brachial_pulse.mov", "mpeg2_convex.mpeg"])
def test_real_clips_show_all_once(name, real_clip):
    assert not [w for w in describe(open_clip(real_clip(name))).quality.warnings if "times over" in w]

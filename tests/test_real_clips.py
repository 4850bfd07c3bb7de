"""The real recordings: what must be found in them, and what must not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fasciscan.clip import ClipOptions
from fasciscan.pipeline import Analysis, analyze

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "clips"
KEY_FRAME_REACH_S = 0.05
SURE_OF_TWITCH, SURE_OF_NONE = 0.75, 0.45
"""What counts is to be likelier than this, and what does not less likely: from 0.5 on a motion counts."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIPS.is_dir(), reason="the real clips (../shared/clips) are not here"),
]


def analyze_real(name: str, mm_per_px: float | None = None) -> Analysis:
    return analyze(CLIPS / name, ClipOptions(mm_per_px=mm_per_px))


@pytest.mark.parametrize("mm_per_px", [0.08, 0.065, 0.095, None])
def test_the_two_labelled_twitches_are_counted_and_nothing_else(mm_per_px):
    """With the clip's scale, scales 20 % off it, and without one."""
    labels = json.loads((CLIPS / "mmu_test_video.labels.json").read_text())
    result = analyze_real("mmu_test_video.mp4", mm_per_px).result
    judged = [
        event
        for event in result.events
        if not any(span["start_s"] <= event.peak_s < span["end_s"] for span in labels["not_scored"])
    ]

    assert [event.peak_s for event in judged] == pytest.approx([e["peak_s"] for e in labels["events"]], abs=0.15)
    assert [event.onset_s for event in judged] == pytest.approx([e["onset_s"] for e in labels["events"]], abs=0.15)
    assert min(event.p_fasciculation for event in judged) > SURE_OF_TWITCH
    assert max(event.p_fasciculation for event in result.other_motion) < SURE_OF_NONE


def test_no_key_frame_is_an_event():
    analysis = analyze_real("mmu_test_video.mp4", 0.08)
    keys_s = analysis.clip.times_s[analysis.clip.key_frames]
    found = [*analysis.result.events, *analysis.result.other_motion]

    assert len(keys_s) == 13
    for event in found:
        assert np.abs(keys_s[1:] - event.peak_s).min() > KEY_FRAME_REACH_S, event


@pytest.mark.parametrize(
    ("name", "mm_per_px"),
    [
        ("flowave_brachial_pulse.mov", 0.0742),
        ("flowave_brachial_pulse.mov", None),
        ("gastroc_passive.mp4", 0.0883),
        ("gastroc_passive.mp4", None),
        ("gastroc_isometric.mp4", 0.0883),
        ("gastroc_isometric.mp4", None),
        ("chestwall_probe_motion.mp4", None),
        ("copied_frames.mp4", None),
        ("mpeg2_convex.mpeg", None),
        ("variable_frame_rate.mp4", None),
    ],
)
def test_a_clip_without_twitches_counts_none_and_says_what_moved(name, mm_per_px):
    result = analyze_real(name, mm_per_px).result

    assert result.count == 0
    assert result.other_motion or result.excluded
    assert max((event.p_fasciculation for event in result.other_motion), default=0.0) < SURE_OF_NONE
    assert all(event.reason for event in result.other_motion)


def test_the_probe_motion_is_excluded_and_the_rest_is_not():
    result = analyze_real("chestwall_probe_motion.mp4").result
    excluded_s = sum(part.end_s - part.start_s for part in result.excluded if part.start_s < 9.5)

    assert excluded_s > 5
    assert result.exposure_s > 12


def test_copies_are_told_and_the_true_rate_with_them():
    result = analyze_real("copied_frames.mp4").result

    assert result.clip.nominal_rate_hz == pytest.approx(25, abs=0.1)
    assert result.clip.frame_rate_hz == pytest.approx(10, abs=1)
    assert result.exposure_s == 0
    assert result.rate_per_min is None


def test_a_frozen_clip_is_not_a_quiet_one():
    result = analyze_real("frozen.mp4").result

    assert result.exposure_s == 0
    assert result.rate_per_min is None
    assert any("frozen" in warning for warning in result.warnings)


def test_a_low_rate_is_said():
    assert any("too few" in warning for warning in analyze_real("variable_frame_rate.mp4").result.warnings)


def test_the_evoked_twitch_is_one_event_on_its_frames():
    (event,) = analyze_real("evoked_twitch.gif").result.events

    assert event.p_fasciculation > SURE_OF_TWITCH
    assert 8 <= event.onset_s / 0.03 <= 11
    assert 11 <= event.peak_frame <= 14
    assert 17 <= event.offset_s / 0.03 <= 27

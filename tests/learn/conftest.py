"""Made-up examples that a network can learn in seconds, and a truth written by hand."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from fasciscan.learn.examples import ClipFacts, Examples
from fasciscan.learn.labels import KINDS
from fasciscan.learn.measure import QUANTUM, SPARE
from fasciscan.simulate import Layers, TrueEvent, Truth
from fasciscan.simulate.truth import ImageBox, Timing, TrueTerritory
from fasciscan.twitch.judge.glance import Glance
from fasciscan.twitch.judge.measures import MEASURES
from fasciscan.twitch.judge.patches import CELLS, LONG_STEPS, MOVING, STEPS, STILL, SURROUNDINGS

MM_PER_PX = 0.1
DURATION_S = 30.0
BLANK = Glance(
    np.zeros(len(MEASURES)), np.ones(len(MEASURES)), np.zeros((350, len(KINDS))), np.zeros(len(KINDS)), least=0.0
)
"""Knows nothing, so that the network looks at everything."""
LAYERS = Layers(skin_mm=1.5, muscle_top_mm=5.0, muscle_bottom_mm=27.0, bottom_mm=31.0)


def _make_truth(twitches=(), look_alikes=(), duration_s: float = DURATION_S) -> Truth:
    events = [
        TrueEvent(
            "fasciculation", t - 0.08, t, t + 0.2, x_mm / MM_PER_PX - 0.5, y_mm / MM_PER_PX - 0.5, x_mm, y_mm,
            TrueTerritory(major_mm, 4.5, 10.0), amplitude_mm,
        )
        for t, x_mm, y_mm, amplitude_mm, major_mm in ((*twitch, 10.7)[:5] for twitch in twitches)
    ]  # fmt: skip
    raw = [{"kind": motion.kind, **asdict(motion)} for motion in look_alikes]
    return Truth(
        "clip.mp4", 7, "test", MM_PER_PX, ImageBox(0, 0, 400, 320), Timing(50, 50, 1500, 0, 0, duration_s),
        tuple(events), {"tissue": {"layers": asdict(LAYERS)}, "look_alikes": raw},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread():
    """Small networks gain nothing by a second thread, and lose much where another process has the core."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def blank_glance():
    """A glance by which the network looks at every candidate."""
    return BLANK


@pytest.fixture
def make_truth():
    """Make a truth of twitches (peak_s, x_mm, y_mm, amplitude_mm[, major_mm]) and look-alikes."""
    return _make_truth


@pytest.fixture
def make_examples():
    """Make n examples; their class shows in one channel and one measure each, a fasciculation's place in its heat."""

    def make(n: int, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        kind = rng.integers(0, len(KINDS), n)
        long, wide = STEPS + 2 * SPARE, CELLS + 2 * SPARE
        moving = rng.normal(0, 0.5, (n, len(MOVING), long, wide, wide)).astype(np.float32)
        moving[np.arange(n), kind % len(MOVING)] += 1.5
        measures = rng.normal(0, 1, (n, len(MEASURES))).astype(np.float32)
        measures[np.arange(n), kind] += 4
        shift = np.where((kind == 0)[:, None], rng.uniform(-3, 3, (n, 2)), np.nan)
        y, x = np.mgrid[:wide, :wide] - wide // 2
        still = np.zeros((n, len(STILL), wide, wide))
        for one in np.flatnonzero(kind == 0):
            still[one, -1] = np.exp(-0.5 * ((x - shift[one, 0]) ** 2 + (y - shift[one, 1]) ** 2) / 4)
        peaks_s = np.sort(rng.uniform(1, DURATION_S - 1, n))
        twitches = [(peaks_s[one], *(20 + shift[one]), 0.3) for one in np.flatnonzero(kind == 0)]
        truth = _make_truth(twitches)
        return Examples(
            moving=np.rint(np.clip(moving, -6, 6) / QUANTUM).astype(np.int8), still=still.astype(np.float16),
            surroundings=rng.normal(0, 1, (n, len(SURROUNDINGS), LONG_STEPS)).astype(np.float16),
            measures=measures, kind=kind,
            weight=np.ones(n, np.float32), shift_mm=shift.astype(np.float32), onset_s=peaks_s - 0.08, peak_s=peaks_s,
            place_px=np.full((n, 2), 20 / MM_PER_PX), pitch_mm=np.ones((n, 2), np.float32),
            glance=BLANK, at_a_glance=BLANK.judge(measures).astype(np.float32),
            clip=np.zeros(n, int), views=np.zeros((0, 2), int),
            clips=(ClipFacts(DURATION_S, truth, (MM_PER_PX, MM_PER_PX), (True,) * len(twitches)),),
        )  # fmt: skip

    return make

"""A pulse is told by its rhythm, twitches have none."""

from __future__ import annotations

import numpy as np

from fasciscan.twitch.rhythm import heartbeat

TIMES_S = np.arange(0, 20, 0.025)


def beats(at_s: np.ndarray) -> np.ndarray:
    return sum(np.exp(-0.5 * ((TIMES_S - t) / 0.06) ** 2) for t in at_s)


def test_a_pulse_is_found_with_its_period():
    rng = np.random.default_rng(0)
    motion = beats(np.arange(0.3, 20, 0.9)) + rng.normal(0, 0.05, len(TIMES_S))
    likeness, period_s = heartbeat(motion, TIMES_S)

    assert likeness > 0.6
    assert abs(period_s - 0.9) < 0.03


def test_a_pulse_is_found_beneath_a_large_twitch():
    motion = beats(np.arange(0.3, 20, 0.9)) + 10 * beats(np.array([7.1]))

    assert heartbeat(motion, TIMES_S)[0] > 0.5


def test_random_twitches_and_a_pair_have_no_rhythm():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.05, len(TIMES_S))
    train = beats(np.sort(rng.uniform(0, 20, 20))) + noise
    pair = beats(np.array([8.0, 8.8])) + noise

    assert heartbeat(train, TIMES_S)[0] < 0.3
    assert heartbeat(pair, TIMES_S)[0] < 0.3


def test_a_clip_too_short_to_tell_has_none():
    assert heartbeat(np.ones(40), TIMES_S[:40]) == (0.0, 0.0)

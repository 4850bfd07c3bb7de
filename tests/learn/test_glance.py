"""A glance at the measures tells the plain cases, and leaves nearly every twitch to the network."""

import numpy as np
import pytest

from fasciscan.learn.examples import Measured
from fasciscan.learn.glance import LEAST_IN_USE, MOST_LOST, fit_glance, in_use
from fasciscan.learn.labels import KINDS
from fasciscan.twitch.judge.measures import MEASURES


def draw(n: int, seed: int) -> Measured:
    """Twitches lie on a shell that no plane cuts off; the others inside of it or far away along one measure each."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(KINDS), n)
    measures = rng.normal(0, 0.5, (n, len(MEASURES)))
    turn = rng.uniform(0, 2 * np.pi, n)
    ones = kind == 0
    measures[ones, 0], measures[ones, 1] = 3 * np.cos(turn[ones]), 3 * np.sin(turn[ones])
    measures[np.arange(n), 2 + kind] += np.where(kind > 1, 3.0, 0.0)
    return Measured(measures.astype(np.float32), kind, np.ones(n, np.float32))


@pytest.fixture(scope="module")
def glance():
    return fit_glance(draw(4000, 1), draw(1000, 2))


def test_it_tells_what_no_single_measure_does(glance):
    fresh = draw(1000, 3)
    said = glance.judge(fresh.measures)
    assert np.allclose(said.sum(axis=1), 1)
    assert np.mean(said.argmax(axis=1) == fresh.kind) > 0.9


def test_it_hides_few_twitches_and_most_of_the_rest(glance):
    fresh = draw(3000, 4)
    seen = glance.judge(fresh.measures)[:, 0] >= glance.least
    assert np.mean(seen[fresh.kind == 0]) > 1 - 3 * MOST_LOST
    assert np.mean(seen[fresh.kind != 0]) < 0.3


def test_without_a_twitch_to_judge_by_it_hides_nothing():
    others = draw(500, 5)
    others.kind[:] = 1
    assert fit_glance(draw(4000, 6), others).least == 0


def test_a_fit_on_few_candidates_hides_nothing_also_in_use():
    glance = fit_glance(draw(500, 6), draw(500, 7))
    assert glance.least == in_use(glance).least == 0


def test_in_use_it_hides_no_less_than_while_the_network_learns(glance):
    assert 0 < glance.least <= in_use(glance).least == LEAST_IN_USE

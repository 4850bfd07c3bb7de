"""A candidate is labelled by what was really there at its time and place."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fasciscan.learn.labels import (
    KINDS,
    VIEW_WEIGHT,
    Found,
    label_by_review,
    label_by_truth,
    label_each,
)
from fasciscan.learn.reviews import Review, ReviewedEvent
from fasciscan.simulate import Contraction, ProbeMotion, Pulsation, Tremor
from fasciscan.twitch import Kind

MM_PER_PX = 0.1


def found(*candidates: tuple[float, float, float] | tuple[float, float, float, float]) -> Found:
    """Candidates as (peak_s, x_mm, y_mm[, height_mm])."""
    rows = np.array([(*candidate, 0.3)[:4] for candidate in candidates], float).reshape(-1, 4)
    return Found(rows[:, 0], rows[:, 1] / MM_PER_PX, rows[:, 2] / MM_PER_PX, rows[:, 3])


def kinds(labels) -> list[Kind]:
    return [KINDS[kind] for kind in labels.kind]


def test_a_candidate_at_a_twitch_is_a_fasciculation_and_knows_the_way_to_its_epicentre(make_truth):
    labels = label_by_truth(found((10.05, 19.0, 16.5)), make_truth([(10.0, 20.0, 16.0, 0.3)]))
    assert kinds(labels) == [Kind.FASCICULATION]
    assert labels.weight[0] == 1
    assert labels.shift_px[0] * MM_PER_PX == pytest.approx((1.0, -0.5), abs=1e-4)
    assert labels.had_candidate.tolist() == [True]


def test_away_from_every_motion_a_candidate_is_an_artefact(make_truth):
    labels = label_by_truth(found((20.0, 20.0, 16.0), (10.0, 36.0, 16.0)), make_truth([(10.0, 20.0, 16.0, 0.3)]))
    assert kinds(labels) == [Kind.ARTEFACT, Kind.ARTEFACT]
    assert labels.weight.tolist() == [1, 1]
    assert labels.had_candidate.tolist() == [False]
    assert np.isnan(labels.shift_px).all()


def test_of_several_views_of_a_twitch_the_highest_and_nearest_counts_most(make_truth):
    labels = label_by_truth(
        found((10.12, 20.0, 16.0, 0.3), (10.0, 21.0, 16.0, 0.3), (10.0, 24.0, 16.0, 0.1)),
        make_truth([(10.0, 20.0, 16.0, 0.3)]),
    )
    assert kinds(labels) == [Kind.FASCICULATION] * 3
    assert labels.weight.argmax() == 1
    assert 0 < labels.weight[0] == labels.weight[2] < labels.weight[1]


def test_a_twitch_that_either_look_shows_counts_fully_in_each(make_truth):
    truth = make_truth([(10.0, 20.0, 16.0, 0.3), (20.0, 20.0, 16.0, 0.3)])
    both = found((10.0, 20.0, 16.0, 0.2), (10.0, 20.0, 16.0, 0.3), (10.0, 23.0, 16.0, 0.3), (20.0, 20.0, 16.0))
    again = np.array([True, False, False, True])
    labels = label_each(partial(label_by_truth, truth=truth), both, again)
    assert labels.weight.tolist() == pytest.approx([1, 1, VIEW_WEIGHT, 1])
    assert labels.had_candidate.tolist() == [True, True]
    assert label_by_truth(both, truth).weight[0] == pytest.approx(VIEW_WEIGHT)


def test_what_a_twitch_may_have_dragged_along_is_not_learnt_from(make_truth):
    labels = label_by_truth(found((10.0, 30.5, 16.0)), make_truth([(10.0, 20.0, 16.0, 0.3)]))
    assert labels.weight.tolist() == [0]


def test_the_centre_of_a_large_twitch_may_lie_farther_off(make_truth):
    candidate = found((10.0, 31.0, 16.0))
    assert kinds(label_by_truth(candidate, make_truth([(10.0, 20.0, 16.0, 0.8, 28.0)]))) == [Kind.FASCICULATION]
    assert kinds(label_by_truth(candidate, make_truth([(10.0, 20.0, 16.0, 0.8, 10.7)]))) == [Kind.ARTEFACT]


def test_a_close_pair_has_a_candidate_each(make_truth):
    labels = label_by_truth(
        found((10.02, 20.0, 16.0), (10.2, 20.0, 16.0)),
        make_truth([(10.0, 20.0, 16.0, 0.3), (10.22, 20.0, 16.0, 0.3)]),
    )
    assert labels.weight.tolist() == [1, 1]
    assert labels.had_candidate.all()


def test_a_twitch_too_faint_to_see_may_be_taken_for_one_or_not(make_truth):
    labels = label_by_truth(found((10.0, 20.0, 16.0)), make_truth([(10.0, 20.0, 16.0, 0.04)]))
    assert labels.weight.tolist() == [0]


@pytest.mark.parametrize(
    "motion",
    [
        Pulsation(20.0, 16.0, 2.0, 1.2, 0.0, 0.2),
        Tremor(8.0, 12.0, 6.0, 0.2, 10.0, 20.0, 16.0, 30.0, 20.0),
        Contraction(20.0, 16.0, 9.9, 0.3, 1.0, 0.3, 1.0, 10.0, 50.0, 30.0),
        ProbeMotion(9.9, 0.3, 0.5, 0.2, True),
    ],
    ids=lambda motion: motion.kind,
)
def test_a_look_alike_gives_its_kind_while_it_moves_the_place(make_truth, motion):
    labels = label_by_truth(found((10.0, 21.0, 17.0), (25.0, 21.0, 17.0)), make_truth(look_alikes=[motion]))
    during, later = kinds(labels)
    assert during == motion.kind
    assert later == (motion.kind if isinstance(motion, Pulsation) else Kind.ARTEFACT)  # a pulse never ends


def test_of_two_look_alikes_the_one_that_moves_the_place_more_decides(make_truth):
    pulse = Pulsation(10.0, 16.0, 2.0, 1.2, 0.0, 0.1)
    slip = ProbeMotion(9.9, 0.3, 0.8, 0.2, True)
    labels = label_by_truth(found((10.0, 30.0, 16.0), (20.0, 11.0, 16.0)), make_truth(look_alikes=[pulse, slip]))
    assert kinds(labels) == [Kind.PROBE_MOTION, Kind.PULSATION]


def test_what_a_reviewer_marked_is_learnt_and_the_rest_of_the_reviewed_stretch_is_artefact():
    marked = ReviewedEvent(Kind.FASCICULATION, 10.0, 199.5, 159.5), ReviewedEvent(Kind.TREMOR, 20.0, 199.5, 159.5)
    review = Review(Path("clip.mp4"), MM_PER_PX, ((5.0, 15.0),), marked)
    labels = label_by_review(
        found((10.0, 20.0, 16.0), (12.0, 20.0, 16.0), (20.0, 20.0, 16.0), (22.0, 20.0, 16.0)), review
    )
    assert kinds(labels)[:3] == [Kind.FASCICULATION, Kind.ARTEFACT, Kind.TREMOR]
    assert labels.weight.tolist() == [1, 1, 1, 0]  # the last was never looked at
    assert labels.shift_px[0] == pytest.approx((0, 0), abs=1e-3)

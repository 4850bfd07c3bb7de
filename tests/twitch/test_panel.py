"""Network and rule judge together, and either can refuse."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from fasciscan.errors import FasciscanError
from fasciscan.twitch import Kind, Network, Panel, Rule, Verdict, load_classifier

GRID = SimpleNamespace(pitch_mm=(1.0, 1.0))
MAPS = SimpleNamespace(grid=GRID)


def candidate(peak_s: float = 1.1, row: int = 10, steadied: bool = False) -> SimpleNamespace:
    bump = SimpleNamespace(onset_s=1.0, peak_s=peak_s, offset_s=1.25, height_mm=0.3)
    return SimpleNamespace(
        bump=bump, cell=(row, 10), field_share=0.1, amplitude=np.eye(40, dtype=np.float32), steadied=steadied
    )


class Says:
    """A judge that says the same of every candidate."""

    name, sha256 = "judge", "0" * 64

    def __init__(
        self, p: float, other: Kind = Kind.TREMOR, threshold: float = 0.5, reason: str = "because", can: float = 0.0
    ):
        self.can = can
        self.verdict = Verdict(
            {kind: p if kind is Kind.FASCICULATION else (1 - p) * float(kind is other) for kind in Kind},
            reason, threshold, (0.5, -0.25), 0.4,
        )  # fmt: skip

    def classify(self, _maps, candidates, _look_at=()):
        return [self.verdict for _ in candidates]

    def possibility(self, _candidate) -> float:
        return self.can


def pool(network: Says, rule: Says, steadied: bool = False) -> Verdict:
    (verdict,) = Panel(network, rule, rule).classify(MAPS, [candidate(steadied=steadied)])  # pyright: ignore[reportArgumentType]
    return verdict


class SaysOfEach(Says):
    """A judge that says something else of each candidate."""

    def __init__(self, *probabilities: float):
        self.verdicts, self.can = [Says(p).verdict for p in probabilities], 0.0

    def classify(self, _maps, _candidates, _look_at=()):
        return list(self.verdicts)


def p(verdict: Verdict) -> float:
    return verdict.probabilities[Kind.FASCICULATION]


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_two_who_agree_are_believed_as_one(probability):
    assert p(pool(Says(probability), Says(probability))) == pytest.approx(probability)


def test_of_two_who_differ_the_rule_weighs_more():
    assert 0.2 < p(pool(Says(0.8), Says(0.2))) < 0.5


def test_the_rule_makes_nothing_likelier_than_the_network_says():
    assert p(pool(Says(0.6), Says(0.9))) == pytest.approx(0.6)
    assert pool(Says(0.45), Says(0.99)).kind is not Kind.FASCICULATION


@pytest.mark.parametrize(("network", "rule"), [(0.95, 0.001), (0.001, 0.95)])
def test_either_refuses_what_it_is_sure_of(network, rule):
    assert pool(Says(network), Says(rule)).kind is not Kind.FASCICULATION


def test_a_sure_network_decides_alone_unless_the_motion_cannot_be_a_twitch():
    assert pool(Says(0.97), Says(0.001, can=0.99)).kind is Kind.FASCICULATION
    assert pool(Says(0.97), Says(0.001, can=0.3)).kind is not Kind.FASCICULATION
    assert pool(Says(0.8), Says(0.001, can=0.99)).kind is not Kind.FASCICULATION


def test_a_certain_network_decides_whatever_is_said_against_it():
    assert pool(Says(0.984), Says(0.001, can=0.3)).kind is not Kind.FASCICULATION
    assert pool(Says(0.986), Says(0.001, can=0.001)).kind is Kind.FASCICULATION
    assert pool(Says(0.986), Says(0.001), steadied=True).kind is Kind.FASCICULATION

    network, rule = SaysOfEach(0.986, 0.1, 0.1, 0.1), SaysOfEach(*[0.001] * 4)
    seen, *_ = Panel(network, rule, rule).classify(MAPS, [candidate(row=10 + n) for n in range(4)])  # pyright: ignore[reportArgumentType]
    assert seen.kind is Kind.FASCICULATION


def test_to_decide_alone_it_is_to_see_it_in_other_views_too():
    def sure_of(own: float, *others: float) -> bool:
        network, rule = SaysOfEach(own, *others), SaysOfEach(*[0.001] * (1 + len(others)))
        rule.can = 0.99
        views = [candidate(row=10 + n) for n in range(1 + len(others))]
        verdicts = Panel(network, rule, rule).classify(MAPS, views)  # pyright: ignore[reportArgumentType]
        return verdicts[0].kind is Kind.FASCICULATION

    assert sure_of(0.95)
    assert sure_of(0.95, 0.8, 0.8, 0.8)
    assert not sure_of(0.95, 0.1, 0.1, 0.1)
    assert sure_of(0.95, 0.8, 0.8, 0.8, 0.1)  # of many the surest are heard
    assert sure_of(0.95, 0.001, 0.001)  # and edges of the motion are not
    assert not sure_of(0.89, 0.99, 0.99, 0.99)  # they make no one surer


def test_what_can_be_a_twitch_is_asked_within_wider_bounds_than_the_rules_own():
    refused = Says(0.001, can=0.0)
    (verdict,) = Panel(Says(0.97), refused, Says(0.001, can=0.99)).classify(MAPS, [candidate()])  # pyright: ignore[reportArgumentType]
    narrow, wide = Rule(), Panel(Says(0.97)).bounds  # pyright: ignore[reportArgumentType]

    assert verdict.kind is Kind.FASCICULATION
    assert wide.longest_s > narrow.longest_s
    assert wide.most_undershoot > narrow.most_undershoot
    assert wide.most_error > narrow.most_error


def test_the_networks_own_operating_point_does_not_count():
    assert pool(Says(0.7, threshold=0.97), Says(0.7)).kind is Kind.FASCICULATION


def test_of_the_views_of_one_motion_the_networks_likeliest_counts():
    network, rule = SaysOfEach(0.3, 0.95, 0.97), SaysOfEach(0.8, 0.0, 0.0)
    near, far = candidate(1.12, row=13), candidate(1.5)

    seen, view, later = Panel(network, rule, rule).classify(MAPS, [candidate(), near, far])  # pyright: ignore[reportArgumentType]

    assert p(seen) == pytest.approx(p(pool(Says(0.95), Says(0.8))), abs=1e-6)
    assert sum(seen.probabilities.values()) == pytest.approx(1)
    assert max(p(view), p(later)) < 0.05


def test_what_only_a_second_look_shows_must_be_likelier_to_count():
    likely, likelier = Says(0.75), Says(0.85)

    assert pool(likely, likely).kind is Kind.FASCICULATION
    assert pool(likely, likely, steadied=True).kind is not Kind.FASCICULATION
    assert pool(likelier, likelier, steadied=True).kind is Kind.FASCICULATION
    assert p(pool(Says(0.8), Says(0.8), steadied=True)) == pytest.approx(0.5)
    assert pool(likelier, likelier, steadied=True).reason.endswith("broad motion taken out")


def test_probabilities_add_up_to_one():
    verdict = pool(Says(0.3, Kind.TREMOR), Says(0.2, Kind.PULSATION))

    assert sum(verdict.probabilities.values()) == pytest.approx(1)


def test_the_epicentre_is_the_networks():
    verdict = pool(Says(0.9), Says(0.9))

    assert (verdict.shift_mm, verdict.shift_sd_mm) == ((0.5, -0.25), 0.4)


def test_the_reason_tells_what_each_said_of_a_twitch():
    assert pool(Says(0.91), Says(0.84)).reason == "out and back in 0.25 s; network 0.91, rule 0.84"


def test_the_reason_of_what_does_not_count_is_its_judges():
    verdict = pool(Says(0.1, Kind.TREMOR, reason="network"), Says(0.3, Kind.TREMOR, reason="one of 9 swings"))

    assert (verdict.kind, verdict.reason) == (Kind.TREMOR, "one of 9 swings")


def test_either_can_be_asked_alone():
    assert isinstance(load_classifier("rule"), Rule)
    assert isinstance(load_classifier("network"), Network)


def test_by_default_both_judge_and_the_provenance_names_both():
    both = load_classifier()

    assert both.name == "fasciscan-cnn + rule"
    assert both.sha256 == load_classifier("network").sha256


def test_a_network_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(FasciscanError, match=r"none\.onnx: cannot be read .* give an \.onnx file"):
        load_classifier(str(tmp_path / "none.onnx"))

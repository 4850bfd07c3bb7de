"""Probabilities mean what they say, and the operating point keeps to its rate of false events."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from fasciscan.learn import calibrate as module
from fasciscan.learn.calibrate import MOST_FALSE_PER_MIN, calibrate
from fasciscan.learn.card import write_card
from fasciscan.learn.examples import ClipFacts
from fasciscan.learn.labels import KINDS
from fasciscan.learn.run import describe_examples


@dataclass
class Judged:
    """Stands for a network: what it says of each example."""

    logits: torch.Tensor
    shift_mm: torch.Tensor


@pytest.fixture
def judged(monkeypatch):
    """Let a :class:`Judged` pass for a trained network."""
    monkeypatch.setattr(module, "_POINTS", 60)
    monkeypatch.setattr(module, "predict", lambda said, _examples: (said.logits, said.shift_mm, None))


def drawn_logits(examples, sharpness: float, seed: int = 0) -> torch.Tensor:
    """Logits whose softmax is the truth's own distribution, then sharpened."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (len(examples), len(KINDS)))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    examples.kind[:] = [rng.choice(len(KINDS), p=row) for row in p]
    return torch.tensor(sharpness * logits, dtype=torch.float32)


@pytest.mark.usefixtures("judged")
def test_an_overconfident_network_is_cooled_to_what_it_knows(make_examples, make_truth):
    examples = make_examples(600, 1)
    still = ClipFacts(30.0, make_truth(), (0.1, 0.1), ())
    examples = replace(examples, clip=np.arange(600) // 20, clips=(still,) * 30)
    said = Judged(drawn_logits(examples, 2.0), torch.zeros(600, 2))
    calibration = calibrate(said, examples)
    assert calibration.temperature == pytest.approx(2.0, rel=0.2)
    assert calibration.metrics["calibration_error"] < 0.05


@pytest.mark.usefixtures("judged")
def test_the_operating_point_finds_all_it_can_within_the_rate(make_examples):
    examples = make_examples(120, 1)
    is_one = examples.kind == 0
    logits = np.zeros((120, len(KINDS)), np.float32)
    logits[:, 0] = np.where(is_one, 4.0, -4.0)
    surest = np.flatnonzero(~is_one)[:3]  # in half a minute, so a rate of 6 a minute if they counted
    logits[surest, 0] = (6.0, 3.0, 3.0)
    shift = torch.nan_to_num(torch.from_numpy(examples.shift_mm))
    calibration = calibrate(Judged(torch.from_numpy(logits), shift), examples)
    assert calibration.metrics["false_per_min"] <= MOST_FALSE_PER_MIN
    logits[surest[0], 0] = -4.0
    calibration = calibrate(Judged(torch.from_numpy(logits), shift), examples)
    assert calibration.metrics["recall"] > 0.95
    assert calibration.metrics["false_per_min"] == 0
    assert calibration.metrics["epicentre_median_mm"] < 0.1


@pytest.mark.usefixtures("judged")
def test_other_views_of_a_twitch_are_no_false_events(make_examples):
    examples = make_examples(60, 1)
    ones = np.flatnonzero(examples.kind == 0)
    other = np.flatnonzero(examples.kind != 0)[: len(ones)]
    examples.peak_s[other], examples.kind[other] = examples.peak_s[ones], 0
    logits = np.full((60, len(KINDS)), 0.0, np.float32)
    logits[:, 0] = -4
    logits[ones, 0], logits[other, 0] = 4.0, 3.9
    said = Judged(torch.from_numpy(logits), torch.nan_to_num(torch.from_numpy(examples.shift_mm)))
    seen_twice = calibrate(said, replace(examples, views=np.stack([other, ones], axis=1)))
    assert seen_twice.metrics["precision"] == 1
    assert seen_twice.metrics["recall"] > 0.95


@pytest.mark.usefixtures("judged")
def test_what_lies_where_nobody_looked_is_neither_right_nor_false(make_examples):
    examples = make_examples(120, 1)
    is_one, seen = examples.kind == 0, examples.peak_s < 15
    facts = examples.clips[0]
    marked = tuple(event for event in facts.truth.events if event.peak_s < 15 or event.peak_s > 25)
    truth = replace(facts.truth, events=marked)
    logits = np.zeros((120, len(KINDS)), np.float32)
    logits[:, 0] = np.where(is_one, 2.0, -4.0)
    logits[is_one & ~seen, 0] = 6.0  # true twitches which nobody marked
    said = Judged(torch.from_numpy(logits), torch.nan_to_num(torch.from_numpy(examples.shift_mm)))

    def at(reviewed_s):
        had = (True,) * len(marked)
        own = replace(facts, truth=truth, had_candidate=had, reviewed_s=reviewed_s)
        return calibrate(said, replace(examples, clips=(own,)))

    half = at(((0.0, 15.0),))
    assert half.metrics["recall"] > 0.95
    assert half.metrics["precision"] == 1
    assert half.metrics["minutes"] == 0.25
    assert half.metrics["twitches"] == np.count_nonzero(is_one & seen)
    assert at(None).metrics["recall"] < 0.3  # as if the rest had been looked at and nothing been there


@pytest.mark.usefixtures("judged")
def test_where_no_twitch_is_found_no_error_of_its_place_is_told(make_examples, tmp_path):
    examples = make_examples(40, 1)
    logits = np.zeros((40, len(KINDS)), np.float32)
    logits[:, 0] = np.where(examples.kind == 0, -4.0, 4.0)
    metrics = calibrate(Judged(torch.from_numpy(logits), torch.zeros(40, 2)), examples).metrics
    assert metrics["recall"] == 0
    assert metrics["epicentre_median_mm"] is None
    assert metrics["epicentre_p90_mm"] is None
    assert metrics["calibration_error"] > 0
    data = {name: describe_examples(examples) for name in ("training", "validation")}
    metadata = {"name": "net", "version": "0", "sha256": "", "threshold": 1.0, "temperature": 1.0, "weights": 1}
    write_card(
        metadata | {"data": data, "training": {"seed": 0}, "validation": metrics}, tmp_path / "card.md", "some command"
    )
    assert "| epicentre error, median | – |" in (tmp_path / "card.md").read_text(encoding="utf-8")

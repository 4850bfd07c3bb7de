"""A network learns what is there to learn, the same way each time, and goes on where it was killed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fasciscan.cli.train import MOST_SEED
from fasciscan.errors import FasciscanError
from fasciscan.learn.batches import drawn_batches, plain_batches
from fasciscan.learn.network import PARTS, NetworkConfig, TwitchNet, count_weights
from fasciscan.learn.train import BEST, CHECKPOINT, CURVES, HISTORY, TrainConfig, load_trained, predict, train
from fasciscan.twitch.judge.measures import MEASURES

SMALL = NetworkConfig(wide=8, middle=8, deep=16, long=8, told=8, joined=16, dropout=0.1)
QUICK = TrainConfig(epochs=3, batch=32, rate=5e-3, network=SMALL)
MOST_WEIGHTS = 300_000


class KilledError(Exception):
    """Stands for a kill in the middle of a run."""


def new_network(config: NetworkConfig) -> TwitchNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TwitchNet(config, torch.zeros(len(MEASURES)), torch.ones(len(MEASURES))).eval()


def judge(network: TwitchNet, examples) -> torch.Tensor:
    with torch.inference_mode():
        return network(*next(plain_batches(examples, 8)).inputs).logits


def same_weights(one, other) -> bool:
    states = one.network.state_dict(), other.network.state_dict()
    return all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_the_network_that_ships_is_small():
    assert 50_000 < count_weights(new_network(NetworkConfig())) <= MOST_WEIGHTS


def test_the_loss_falls_and_what_was_not_seen_is_told_too(make_examples, tmp_path):
    told = []
    trained = train(make_examples(192, 1), make_examples(64, 2), replace(QUICK, epochs=16), tmp_path, tell=told.append)
    assert told[-1].validation_loss < 0.7 * told[0].validation_loss
    assert told[-1].accuracy > 0.8
    validation = make_examples(96, 3)
    logits, shift_mm, sd_mm = predict(trained, validation)
    assert np.mean(logits.argmax(dim=1).numpy() == validation.kind) > 0.8
    assert shift_mm.shape == (96, 2)
    assert (sd_mm > 0).all()
    for name in (BEST, CHECKPOINT, HISTORY, CURVES):
        assert (tmp_path / name).exists()
    assert len((tmp_path / HISTORY).read_text().splitlines()) == 1 + 16


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(make_examples, tmp_path):
    examples, validation = make_examples(96, 1), make_examples(32, 2)
    runs = [
        train(examples, validation, replace(QUICK, epochs=2, seed=seed), tmp_path / str(n))
        for n, seed in enumerate((5, 5, 6))
    ]
    assert same_weights(runs[0], runs[1])
    assert not same_weights(runs[0], runs[2])


def test_the_largest_seed_of_the_command_is_one(make_examples, tmp_path):
    train(make_examples(32, 1), make_examples(8, 2), replace(QUICK, epochs=1, seed=MOST_SEED), tmp_path)


def test_what_is_left_of_an_epoch_that_cannot_be_kept_is_one_line(make_examples, tmp_path):
    (tmp_path / BEST).mkdir()
    with pytest.raises(FasciscanError, match=r"epoch 1 could not be written there \(Is a directory\)"):
        train(make_examples(32, 1), make_examples(8, 2), QUICK, tmp_path)


def test_a_killed_run_goes_on_to_the_same_weights(make_examples, tmp_path):
    examples, validation = make_examples(96, 1), make_examples(32, 2)
    whole = train(examples, validation, QUICK, tmp_path / "whole")

    def kill(epoch):
        if epoch.epoch == 2:
            raise KilledError

    with pytest.raises(KilledError):
        train(examples, validation, QUICK, tmp_path / "killed", tell=kill)
    told = []
    resumed = train(examples, validation, QUICK, tmp_path / "killed", resume=True, tell=told.append)
    assert [epoch.epoch for epoch in told] == [3]
    assert same_weights(whole, resumed)
    assert (tmp_path / "whole" / HISTORY).read_text() == (tmp_path / "killed" / HISTORY).read_text()


def test_a_run_with_other_settings_is_not_gone_on_with(make_examples, tmp_path):
    examples, validation = make_examples(64, 1), make_examples(32, 2)
    train(examples, validation, replace(QUICK, epochs=1), tmp_path)
    with pytest.raises(FasciscanError, match="other settings"):
        train(examples, validation, replace(QUICK, epochs=1, seed=9), tmp_path, resume=True)


def test_a_run_with_other_clips_or_other_first_weights_is_not_gone_on_with(make_examples, tmp_path):
    examples, validation = make_examples(64, 1), make_examples(32, 2)
    once = replace(QUICK, epochs=1)
    for seed in (1, 2):
        train(examples, validation, replace(once, seed=seed), tmp_path / str(seed))
    starts = [tmp_path / str(seed) / BEST for seed in (1, 2)]
    begun = tmp_path / "begun"
    whole = train(examples, validation, once, begun, start=starts[0])
    again = train(make_examples(64, 1), make_examples(32, 2), once, begun, start=starts[0], resume=True)
    assert same_weights(whole, again)

    relabelled = replace(examples, kind=np.roll(examples.kind, 1))
    for others, other in (
        ((make_examples(64, 3), validation, starts[0]), "training clips or labels"),
        ((relabelled, validation, starts[0]), "training clips or labels"),
        ((examples, make_examples(32, 3), starts[0]), "validation clips or labels"),
        ((examples, validation, starts[1]), "weights to go on from"),
        ((examples, validation, None), "weights to go on from"),
    ):
        with pytest.raises(FasciscanError, match=rf"checkpoint\.pt: was made with other {other}; train into"):
            train(*others[:2], once, begun, start=others[2], resume=True)


@pytest.mark.parametrize("content", [{"config": 1}, {}, [1], torch.zeros(3)], ids=repr)
def test_a_checkpoint_that_holds_other_things_is_named_in_one_line(make_examples, tmp_path, content):
    torch.save(content, tmp_path / CHECKPOINT)
    with pytest.raises(FasciscanError, match=r"checkpoint\.pt: does not hold how far") as error:
        train(make_examples(64, 1), make_examples(32, 2), replace(QUICK, epochs=1), tmp_path, resume=True)
    assert "\n" not in str(error.value)


def test_fine_tuning_begins_where_the_weights_stood(make_examples, tmp_path):
    examples, validation = make_examples(64, 1), make_examples(32, 2)
    first = train(examples, validation, replace(QUICK, epochs=1), tmp_path / "first")
    still = train(
        examples, validation, replace(QUICK, epochs=1, rate=1e-9, weight_decay=0.0), tmp_path / "tuned",
        start=tmp_path / "first" / BEST,
    )  # fmt: skip
    for name, value in first.network.named_parameters():
        assert torch.allclose(value, still.network.get_parameter(name), atol=1e-5)
    with pytest.raises(FasciscanError, match="other sizes"):
        train(
            examples,
            validation,
            replace(QUICK, network=NetworkConfig()),
            tmp_path / "x",
            start=tmp_path / "first" / BEST,
        )


@pytest.mark.parametrize("content", [None, b"not weights"])
def test_weights_that_cannot_be_read_are_named_in_one_line(tmp_path, content):
    path = tmp_path / "weights.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FasciscanError, match=r"weights\.pt: cannot be read as weights") as error:
        load_trained(path)
    assert "\n" not in str(error.value)


def test_too_few_examples_are_no_ground_to_train_on(make_examples, tmp_path):
    with pytest.raises(FasciscanError, match="too few"):
        train(make_examples(16, 1), make_examples(8, 2), QUICK, tmp_path)


@pytest.mark.parametrize("part", PARTS)
def test_what_is_withheld_does_not_matter(make_examples, part):
    examples = make_examples(8, 1)
    others = replace(
        examples,
        surroundings=examples.surroundings[::-1] if part == "surroundings" else examples.surroundings,
        measures=examples.measures[::-1] if part == "measures" else examples.measures,
        moving=examples.moving if part in ("surroundings", "measures") else _changed(examples.moving, part),
    )
    seeing, blind = new_network(SMALL), new_network(replace(SMALL, without=(part,)))
    assert not torch.allclose(judge(seeing, examples), judge(seeing, others), atol=1e-4)
    assert torch.allclose(judge(blind, examples), judge(blind, others), atol=1e-6)


def _changed(moving: np.ndarray, part: str) -> np.ndarray:
    from fasciscan.twitch.judge.patches import MOVING

    changed = moving.copy()
    for name in PARTS[part]:
        if name in MOVING:
            changed[:, MOVING.index(name)] = changed[::-1, MOVING.index(name)]
    return changed


def test_batches_shift_the_epicentre_with_the_patch(make_examples):
    """The amplitude drawn into the patches stands where the label says, however a patch was shifted and mirrored."""
    examples = make_examples(64, 4)
    batch = next(iter(drawn_batches(examples, 64, np.random.default_rng(0))))
    fasciculations = torch.isfinite(batch.shift_mm).all(dim=1)
    amplitude = batch.inputs[1][fasciculations, -1]
    side = amplitude.shape[-1]
    peak = amplitude.flatten(1).argmax(dim=1)
    found = torch.stack([peak % side, peak // side], dim=1) - side // 2
    assert len(peak) > 5
    assert (found - batch.shift_mm[fasciculations]).abs().max() <= 0.51

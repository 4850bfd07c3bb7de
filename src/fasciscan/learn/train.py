"""The training loop: plain, deterministic by its seed, and resumable after a kill."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, field, fields
from functools import partial
from math import cos, isfinite, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from fasciscan.errors import FasciscanError
from fasciscan.files import not_writable, whole_or_not_at_all
from fasciscan.learn.batches import Batch, drawn_batches, plain_batches
from fasciscan.learn.examples import Examples
from fasciscan.learn.labels import KINDS
from fasciscan.learn.network import NetworkConfig, Output, TwitchNet
from fasciscan.score.plots import Chart, Series, draw
from fasciscan.twitch.judge.glance import Glance

CHECKPOINT, BEST, HISTORY, CURVES = "checkpoint.pt", "best.pt", "history.csv", "curves.svg"
"""What a run leaves in its folder."""

_WARM_SHARE = 0.1
_AVERAGED_STEPS, _AVERAGED_SHARE = 200, 0.1
"""The weights that are kept are a running mean over about so many steps, at first over a tenth of those done: it
generalises better than the last step's."""
_CLASS_WEIGHT_BOUNDS = (0.3, 4.0)
_LEAST_SD = 1e-3
_LEAST_PROBABILITY = 1e-9


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How the network is trained."""

    seed: int = 0
    epochs: int = 24
    batch: int = 256
    rate: float = 2e-3
    """Largest learning rate, reached after a tenth of the steps; falls to 0 as a cosine."""
    weight_decay: float = 0.02
    balance: float = 0.5
    """Power of the inverse frequency by which classes are weighed: 0 not at all, 1 fully."""
    place_weight: float = 0.2
    """Of the epicentre's part in the loss."""
    patience: int = 8
    """Epochs without a better validation loss after which training stops."""
    network: NetworkConfig = field(default_factory=NetworkConfig)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to; a row of ``history.csv``."""

    epoch: int
    rate: float
    loss: float
    validation_loss: float
    accuracy: float
    """Of the validation examples, over all classes."""
    place_error_mm: float
    """Median distance from the true epicentre of the fasciculations."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with what was done to its classes: their weights are taken back before probabilities are told."""

    network: TwitchNet
    log_class_weight: Tensor
    """(6,)."""
    glance: Glance


def train(
    examples: Examples,
    validation: Examples,
    config: TrainConfig,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    tell: Callable[[Epoch], None] | None = None,
) -> Trained:
    """Train a network.

    Parameters
    ----------
    examples, validation
        What to learn from, and what to judge by when to stop.
    config
        How.
    out
        Folder for the checkpoint, the best weights, the history and its curves.
    start
        Weights to go on from (fine-tuning), as an earlier run or ``models/`` holds them.
    resume
        Whether to go on where a killed run in ``out`` stood, which must have had the same settings, examples and
        ``start``. The weights come out the same as without the kill.
    tell
        Called after each epoch.

    Returns
    -------
    Trained
        With the weights of the best epoch.

    Raises
    ------
    FasciscanError
        If there is too little to learn from, or a checkpoint to start or resume from does not fit.
    """
    usable = int(np.count_nonzero(examples.seen & (examples.weight > 0)))
    if usable < config.batch or not len(validation):
        raise FasciscanError(f"{out}: {usable} usable examples are too few to train on; give more clips.")
    out.mkdir(parents=True, exist_ok=True)
    learner = _start(examples, config, start, steps=config.epochs * (usable // config.batch))
    made_with = _tell_ingredients(examples, validation, config, start)
    history: list[Epoch] = []
    if resume and (out / CHECKPOINT).exists():
        history = _load_checkpoint(out / CHECKPOINT, made_with, learner)

    while len(history) < config.epochs and not _is_over(history, config.patience):
        number = len(history) + 1
        loss = _train_epoch(learner, examples, config, number)
        history.append(_validate(learner, validation, config, number, loss))
        try:
            _keep(out, history, config, made_with, learner)
        except OSError as error:
            raise not_writable(out, error, f"epoch {history[-1].epoch}") from error
        if tell:
            tell(history[-1])
    return load_trained(out / BEST)


def load_trained(path: Path) -> Trained:
    """Load the weights a run has left.

    Raises
    ------
    FasciscanError
        If the file is missing or holds no such weights.
    """
    content = _load(path)
    try:
        config = NetworkConfig(
            **{**content["config"]["network"], "without": tuple(content["config"]["network"]["without"])}
        )
        state = content["network"]
        network = TwitchNet(config, state["measures_mean"], state["measures_sd"])
        network.load_state_dict(state)
        glance = Glance(*(part.numpy() for part in content["glance"]), least=float(content["least"]))
        return Trained(network.eval(), content["log_class_weight"], glance)
    except (KeyError, TypeError, RuntimeError) as error:
        raise FasciscanError(f"{path}: does not hold the weights of such a network ({error}).") from error


def predict(trained: Trained, examples: Examples, batch: int = 512) -> tuple[Tensor, Tensor, Tensor]:
    """Judge the examples that the network looks at.

    Returns
    -------
    logits, shift_mm, sd_mm
        (n, 6) with the class weights taken back, (n, 2) and (n,); of an example the network does not look at, the
        logarithms of what the glance says, no shift, and nan.
    """
    network = trained.network
    device = next(network.parameters()).device
    parts: list[Output] = []
    with torch.inference_mode():
        parts += [
            Output(*(part.cpu() for part in network(*b.to(device).inputs))) for b in plain_batches(examples, batch)
        ]
    n, seen = len(examples), torch.from_numpy(examples.seen)
    logits = torch.from_numpy(examples.at_a_glance).clamp(min=_LEAST_PROBABILITY).log()
    shift_mm, sd_mm = torch.zeros(n, 2), torch.full((n,), torch.nan)
    if parts:
        logits[seen] = torch.cat([p.logits for p in parts]) - trained.log_class_weight
        shift_mm[seen] = torch.cat([p.shift_mm for p in parts])
        sd_mm[seen] = torch.cat([p.log_sd for p in parts]).exp()
    return logits, shift_mm, sd_mm


@dataclass(frozen=True, slots=True)
class _Learner:
    """What changes while a network learns."""

    network: TwitchNet
    averaged: AveragedModel
    """Running mean of its weights: what is validated and kept."""
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    class_weight: Tensor
    glance: Glance
    device: torch.device

    def state(self) -> dict[str, Any]:
        """Everything that is needed to go on."""
        return {name: getattr(self, name).state_dict() for name in ("network", "averaged", "optimizer", "schedule")}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        for name in ("network", "averaged", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])


def _start(examples: Examples, config: TrainConfig, start: Path | None, steps: int) -> _Learner:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = _new_network(examples, config.network, start).to(device)
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - its stubs lack this
    optimizer = torch.optim.AdamW(network.parameters(), config.rate, weight_decay=config.weight_decay)
    return _Learner(
        network,
        AveragedModel(network, avg_fn=_run_mean, use_buffers=True),
        optimizer,
        torch.optim.lr_scheduler.LambdaLR(optimizer, partial(_share_of_rate, steps=steps)),
        _weigh_classes(examples, config.balance).to(device),
        examples.glance,
        device,
    )


def _tell_ingredients(
    examples: Examples, validation: Examples, config: TrainConfig, start: Path | None
) -> dict[str, Any]:
    """Tell what decides about the weights, by the name under which a difference is told to the user."""
    return {
        "settings": asdict(config),
        "training clips or labels": _hash_examples(examples),
        "validation clips or labels": _hash_examples(validation),
        "weights to go on from": hashlib.sha256(start.read_bytes()).hexdigest() if start else "",
    }


def _hash_examples(examples: Examples) -> str:
    """Hash all that is learnt from, and of clips without any example what a model's metadata tells of them."""
    clips = [(c.duration_s, c.reviewed_s, c.truth.preset, c.truth.seed, c.truth.events) for c in examples.clips]
    total = hashlib.sha256(repr(clips).encode())
    for part in fields(Examples):
        values = getattr(examples, part.name)
        # What is told at a glance follows from the rest, but to the last digit from the number of threads too.
        if isinstance(values, np.ndarray) and part.name != "at_a_glance":
            total.update(np.ascontiguousarray(values).data)
    return total.hexdigest()


def _run_mean(mean: Tensor, new: Tensor, steps: Tensor | int) -> Tensor:
    return mean + (new - mean) / min(_AVERAGED_STEPS, 1 + _AVERAGED_SHARE * float(steps))


def _train_epoch(learner: _Learner, examples: Examples, config: TrainConfig, number: int) -> float:
    """Go through the examples once; everything random in it follows from the seed and the epoch's number."""
    network = learner.network.train()
    rng = np.random.default_rng([config.seed, number])
    total, batches = 0.0, 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**31)))  # for the dropout, which takes no generator
        for batch in drawn_batches(examples, config.batch, rng):
            on_device = batch.to(learner.device)
            loss = _loss(network(*on_device.inputs), on_device, learner.class_weight, config.place_weight)
            learner.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            learner.optimizer.step()
            learner.schedule.step()
            learner.averaged.update_parameters(network)
            total, batches = total + loss.item(), batches + 1
    return total / max(batches, 1)


def _validate(learner: _Learner, validation: Examples, config: TrainConfig, number: int, loss: float) -> Epoch:
    network = learner.averaged.eval()
    losses, weights, right, errors_mm = 0.0, 0.0, 0.0, []
    with torch.inference_mode():
        for batch in plain_batches(validation, config.batch):
            on_device = batch.to(learner.device)
            output = network(*on_device.inputs)
            weight = float(batch.weight.sum())
            losses += weight * _loss(output, on_device, learner.class_weight, config.place_weight).item()
            weights += weight
            told = (output.logits - learner.class_weight.log()).argmax(dim=1)
            right += float(((told == on_device.kind) * on_device.weight).sum())
            away = torch.linalg.vector_norm(output.shift_mm - on_device.shift_mm, dim=1)
            errors_mm.append(away[torch.isfinite(away)].cpu())
    return Epoch(
        epoch=number,
        rate=float(learner.schedule.get_last_lr()[0]),
        loss=loss,
        validation_loss=losses / max(weights, 1),
        accuracy=right / max(weights, 1),
        place_error_mm=float(torch.cat(errors_mm).median()),
    )


def _loss(output: Output, batch: Batch, class_weight: Tensor, place_weight: float) -> Tensor:
    """Cross entropy of the class, and for fasciculations the Gaussian likelihood of the epicentre."""
    entropy = functional.cross_entropy(output.logits, batch.kind, weight=class_weight, reduction="none")
    total = (entropy * batch.weight).sum() / batch.weight.sum().clamp(min=1)
    placed = torch.isfinite(batch.shift_mm).all(dim=1) & (batch.weight > 0)
    if not placed.any():
        return total
    away = output.shift_mm[placed] - batch.shift_mm[placed]
    log_sd = output.log_sd[placed]
    likelihood = (away / log_sd.exp()[:, None]).square().sum(dim=1) / 2 + 2 * log_sd
    return total + place_weight * likelihood.mean()


def _new_network(examples: Examples, config: NetworkConfig, start: Path | None) -> TwitchNet:
    measures = torch.from_numpy(examples.measures[examples.weight > 0])
    network = TwitchNet(config, measures.mean(dim=0), measures.std(dim=0).clamp(min=_LEAST_SD))
    if start is not None:
        trained = load_trained(start)
        if trained.network.config != config:
            raise FasciscanError(f"{start}: is a network of other sizes; train with the same or from the beginning.")
        network.load_state_dict(trained.network.state_dict())
    return network


def _weigh_classes(examples: Examples, balance: float) -> Tensor:
    """Weights of mean about 1 that lift rare classes."""
    counts = np.bincount(examples.kind, examples.weight, minlength=len(KINDS))
    weights = (counts.sum() / len(KINDS) / np.maximum(counts, 1)) ** balance
    return torch.tensor(np.clip(weights, *_CLASS_WEIGHT_BOUNDS), dtype=torch.float32)


def _share_of_rate(step: int, steps: int) -> float:
    """Rise over the first tenth of the steps, then fall as a cosine."""
    warm = _WARM_SHARE * steps
    return (step + 1) / (warm + 1) if step < warm else 0.5 + 0.5 * cos(pi * (step - warm) / max(steps - warm, 1))


def _is_over(history: list[Epoch], patience: int) -> bool:
    return len(history) - _best(history) > patience


def _best(history: list[Epoch]) -> int:
    """Tell the number of the best epoch, 0 before the first."""
    return min(history, key=lambda epoch: epoch.validation_loss).epoch if history else 0


def _keep(out: Path, history: list[Epoch], config: TrainConfig, made_with: dict[str, Any], learner: _Learner) -> None:
    weights = {
        "config": asdict(config),
        "network": {name: value.cpu() for name, value in learner.averaged.module.state_dict().items()},
        "log_class_weight": learner.class_weight.log().cpu(),
        "glance": [torch.from_numpy(part) for part in astuple(learner.glance)[:-1]],
        "least": learner.glance.least,
    }
    if _best(history) == history[-1].epoch:
        _save(weights, out / BEST)
    state = learner.state() | {"made_with": made_with, "history": [asdict(epoch) for epoch in history]}
    _save(state, out / CHECKPOINT)
    with (out / HISTORY).open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, [field.name for field in fields(Epoch)])
        table.writeheader()
        table.writerows(asdict(epoch) for epoch in history)
    (out / CURVES).write_text(_draw_losses(history), encoding="utf-8")


def _draw_losses(history: list[Epoch]) -> str:
    """Draw the losses as SVG, to see at a glance whether a training has settled or learnt by heart."""
    losses = {"training": [e.loss for e in history], "validation": [e.validation_loss for e in history]}
    known = [loss for curve in losses.values() for loss in curve if isfinite(loss)] or [0.0]
    lines = [Series(name, list(enumerate(curve, 1))) for name, curve in losses.items()]
    return draw(Chart("Loss by epoch", "epoch", "loss", (1, len(history)), (min(known), max(known)), lines))


def _save(content: dict[str, Any], path: Path) -> None:
    as_bytes = io.BytesIO()
    torch.save(content, as_bytes)  # of what goes wrong with a file itself it tells only that something did
    with whole_or_not_at_all(path) as partial:  # so that a kill leaves the file of the epoch before
        partial.write_bytes(as_bytes.getbuffer())


def _load(path: Path) -> dict[str, Any]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen kinds
        raise FasciscanError(f"{path}: cannot be read as weights ({type(error).__name__}); give a .pt file.") from error


def _load_checkpoint(path: Path, made_with: dict[str, Any], learner: _Learner) -> list[Epoch]:
    content = _load(path)
    try:
        other = [name for name, value in made_with.items() if content["made_with"][name] != value]
        if other:
            raise FasciscanError(
                f"{path}: was made with other {' and other '.join(other)}; train into another folder, or without "
                "--resume."
            )
        learner.restore(content)
        return [Epoch(**epoch) for epoch in content["history"]]
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise FasciscanError(
            f"{path}: does not hold how far such a training is; train into another folder, or without --resume."
        ) from error

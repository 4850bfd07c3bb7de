"""What ``fasciscan train`` does: a run, with its progress on stderr and its figures on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from fasciscan.learn.run import Teller, run_training
from fasciscan.learn.train import Epoch, TrainConfig

MODEL_NAME = "fasciscan-cnn.onnx"
GENTLER = 0.1
"""Learning rate of fine-tuning, as a share of the usual one: what was learnt is to be kept."""

_LOG_EVERY = 50
"""Clips between two lines where stderr is no terminal."""


def train_and_tell(
    folders: Sequence[Path],
    validation: Path,
    out: Path,
    *,
    start: Path | None = None,
    seed: int = 0,
    epochs: int | None = None,
    jobs: int | None = None,
    resume: bool = False,
) -> bool:
    """Train and say how it goes; the arguments are those of the command.

    Returns
    -------
    bool
        Whether no clip had to be left out. Each that had to is named on stderr.

    Raises
    ------
    FasciscanError
        See :func:`fasciscan.learn.run.run_training`.
    """
    config = TrainConfig(seed=seed)
    if epochs is not None:
        config = replace(config, epochs=epochs)
    if start is not None:
        config = replace(config, rate=config.rate * GENTLER)
    left_out: list[str] = []
    with telling(config.epochs) as teller:

        def problem(line: str) -> None:
            left_out.append(line)
            if teller.problem:
                teller.problem(line)

        metadata = run_training(
            folders,
            validation,
            out / MODEL_NAME,
            config,
            start=start,
            resume=resume,
            jobs=jobs,
            teller=replace(teller, problem=problem),
        )
    print(f"{out / MODEL_NAME}: counts from a probability of {metadata['threshold']:.3f}; on validation clips:")
    for name, value in metadata["validation"].items():
        print(f"  {name:<20} {'–' if value is None else format(value, '.3f')}")
    return not left_out


@contextmanager
def telling(epochs: int) -> Iterator[Teller]:
    """Tell how far a run is: bars where stderr is a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield Teller(_log_prepared, lambda epoch: _log(_say_epoch(epoch)), _log)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bars:
        parts: dict[str, Any] = {}

        def prepared(part: str, done: int, total: int) -> None:
            if part not in parts:
                parts[part] = bars.add_task(f"measuring {part} clips", total=total)
            bars.update(parts[part], completed=done)

        def epoch(result: Epoch) -> None:
            if "epochs" not in parts:
                parts["epochs"] = bars.add_task("training", total=epochs)
            bars.update(parts["epochs"], completed=result.epoch)
            bars.console.print(_say_epoch(result))

        yield Teller(prepared, epoch, partial(bars.console.print, markup=False, soft_wrap=True))


def _say_epoch(epoch: Epoch) -> str:
    return (
        f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, validation {epoch.validation_loss:.3f}, "
        f"right {epoch.accuracy:.1%}, epicentre {epoch.place_error_mm:.2f} mm"
    )


def _log_prepared(part: str, done: int, total: int) -> None:
    if done % _LOG_EVERY == 0 or done == total:
        _log(f"measured {done} of {total} {part} clips")


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

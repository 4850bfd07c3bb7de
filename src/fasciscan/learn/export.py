"""From trained weights to the model that ships: ONNX, with its metadata beside it."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fasciscan import __version__
from fasciscan.learn.calibrate import Calibration
from fasciscan.learn.glance import in_use
from fasciscan.learn.network import count_weights
from fasciscan.learn.train import TrainConfig, Trained
from fasciscan.twitch import Kind
from fasciscan.twitch.judge.measures import MEASURES
from fasciscan.twitch.judge.network import INPUTS, MODEL_SCHEMA, OUTPUTS
from fasciscan.twitch.judge.patches import CELLS, LONG_STEPS, MOVING, RATE_HZ, STEPS, STILL, SURROUNDINGS

OPSET = 17
"""Of 2022: every ONNX Runtime since 1.12 runs it."""

_NUMBERS = re.compile(r"\[([-+.,\de\s]+)\]")
"""Lists of numbers alone, which are written on one line."""


class Calibrated(nn.Module):
    """The network as it is used: it says probabilities, with the class weights of the training taken back."""

    def __init__(self, trained: Trained, temperature: float):
        super().__init__()
        self.network = trained.network
        self.register_buffer("log_class_weight", trained.log_class_weight)
        self.temperature = temperature

    def forward(
        self, moving: Tensor, still: Tensor, surroundings: Tensor, measures: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Tell probabilities (n, 6), the shift to the epicentre in mm (n, 2), and its standard deviation (n,)."""
        output = self.network(moving, still, surroundings, measures)
        logits = (output.logits - self.log_class_weight) / self.temperature
        return logits.softmax(dim=1), output.shift_mm, output.log_sd.exp()


def export(
    trained: Trained, calibration: Calibration, config: TrainConfig, path: Path, *, data: dict[str, Any]
) -> dict[str, Any]:
    """Write the model.

    Parameters
    ----------
    trained, calibration
        What to write.
    config
        What it was trained with, for the record.
    path
        ``.onnx`` file to write; the metadata goes beside it as ``.json``. The same weights give the same bytes.
    data
        What it was trained on, for the record.

    Returns
    -------
    dict
        The metadata.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_onnx(Calibrated(trained, calibration.temperature).to("cpu").eval(), path)
    metadata = {
        "schema": MODEL_SCHEMA,
        "name": path.stem,
        "version": __version__,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "kinds": [str(kind) for kind in Kind],
        "weights": count_weights(trained.network),
        "threshold": calibration.threshold,
        "temperature": calibration.temperature,
        "inputs": _describe_inputs(trained),
        "glance": {name: _rounded(part) for name, part in asdict(in_use(trained.glance)).items()},
        "training": asdict(config),
        "data": data,
        "validation": calibration.metrics,
    }
    text = json.dumps(metadata, indent=1, ensure_ascii=False, allow_nan=False)
    text = _NUMBERS.sub(lambda numbers: f"[{' '.join(numbers[1].split())}]", text)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return metadata


def _write_onnx(model: Calibrated, path: Path) -> None:
    exporter_log = logging.getLogger("torch.onnx")
    level = exporter_log.level
    exporter_log.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The newer exporter needs another package and gives no better graph for a network as plain as this.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            _dummy(),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "candidates"} for name in (*INPUTS, *OUTPUTS)},
        )
    exporter_log.setLevel(level)


def _describe_inputs(trained: Trained) -> dict[str, Any]:
    return {
        "rate_hz": RATE_HZ,
        "steps": STEPS,
        "cells": CELLS,
        "long_steps": LONG_STEPS,
        "moving": list(MOVING),
        "still": list(STILL),
        "surroundings": list(SURROUNDINGS),
        "measures": list(MEASURES),
        "measures_mean": trained.network.get_buffer("measures_mean").tolist(),
        "measures_sd": trained.network.get_buffer("measures_sd").tolist(),
    }


def _rounded(values: NDArray | float) -> list[Any] | float:
    """Give numbers as they are written: six digits are more than they are known to."""
    return np.vectorize(lambda value: float(f"{value:.6g}"))(values).tolist()


def _dummy() -> tuple[Tensor, ...]:
    """Return inputs of the right shapes."""
    return (
        torch.zeros(1, len(MOVING), STEPS, CELLS, CELLS),
        torch.zeros(1, len(STILL), CELLS, CELLS),
        torch.zeros(1, len(SURROUNDINGS), LONG_STEPS),
        torch.zeros(1, len(MEASURES)),
    )

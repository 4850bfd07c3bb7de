"""A whole training run: clips in, a calibrated model with its metadata out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fasciscan.errors import FasciscanError
from fasciscan.learn.calibrate import calibrate
from fasciscan.learn.examples import Examples, load_examples, load_measures
from fasciscan.learn.export import export
from fasciscan.learn.glance import fit_glance
from fasciscan.learn.labels import KINDS
from fasciscan.learn.prepare import prepare
from fasciscan.learn.sources import Source, find_sources
from fasciscan.learn.train import Epoch, TrainConfig, load_trained, train

EXAMPLES = "examples"
"""Folder inside a run's own where what was measured of the clips is kept."""

MOST_OTHERS = 30
"""Candidates of a training clip that have to do with no twitch: some two a second, of up to thirty there are."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Whom to tell how far a run is; any of the three may be left out."""

    prepared: Callable[[str, int, int], None] | None = None
    """Called with the part (``"training"`` or ``"validation"``), the clips measured and their number."""
    epoch: Callable[[Epoch], None] | None = None
    problem: Callable[[str], None] | None = None
    """Called with one line about a clip, or a file that tells of one, that had to be left out."""


def run_training(
    clips: Sequence[Path],
    validation: Path,
    model: Path,
    config: TrainConfig,
    *,
    kept: Path | None = None,
    start: Path | None = None,
    resume: bool = False,
    with_scale: bool = True,
    jobs: int | None = None,
    teller: Teller = Teller(),
) -> dict[str, Any]:
    """Measure clips, train on them, calibrate, export.

    Parameters
    ----------
    clips
        Folders of clips with truth files, of reviewed labels, or of both.
    validation
        Folder of clips that are in none of them, under no other name either: for early stopping, the temperature and
        the operating point.
    model
        ``.onnx`` file to write, its ``.json`` beside it. What training itself leaves (checkpoint, best weights,
        history, curves) goes to the same folder.
    config
        How to train.
    kept
        Folder for what is measured of the clips, to be used again; beside the model if not said.
    start
        Weights (``.pt``) to go on from.
    resume
        Whether to go on where a killed run stood.
    with_scale
        Whether clips are measured with their size of a pixel.
    jobs
        Processes that measure clips; one a core if not said.
    teller
        Whom to tell how far it is.

    Returns
    -------
    dict
        The model's metadata.

    Raises
    ------
    FasciscanError
        If a folder holds nothing to learn from, a clip is to be learnt from and to judge by, or weights do not fit.
    """
    kept = kept or model.parent / EXAMPLES

    def find(*folders: Path) -> list[Source]:
        return [source for folder in folders for source in find_sources(folder, teller.problem)]

    def measure(name: str, sources: Sequence[Source]) -> dict[Source, Path]:
        progress = partial(teller.prepared, name) if teller.prepared else None
        return prepare(sources, kept, with_scale=with_scale, jobs=jobs, progress=progress, complain=teller.problem)

    to_learn, to_judge = find(*clips), find(validation)
    refuse_shared(to_learn, to_judge)
    prepared, others = measure("training", to_learn), measure("validation", to_judge)
    glance = load_trained(start).glance if start else fit_glance(load_measures(prepared), load_measures(others))
    examples, held_out = load_examples(prepared, glance, MOST_OTHERS), load_examples(others, glance)
    trained = train(examples, held_out, config, model.parent, start=start, resume=resume, tell=teller.epoch)
    calibration = calibrate(trained, held_out)
    data = {"training": describe_examples(examples), "validation": describe_examples(held_out)}
    return export(trained, calibration, config, model, data=data)


def describe_examples(examples: Examples) -> dict[str, Any]:
    """Tell what examples are made of, for a model's metadata."""
    truths = [facts.truth for facts in examples.clips]
    seeds = np.unique([truth.seed for truth in truths])
    runs = np.split(seeds, np.flatnonzero(np.diff(seeds) > 1) + 1)
    used = examples.kind[examples.weight > 0]
    return {
        "clips": len(truths),
        "minutes": round(sum(facts.exposure_s for facts in examples.clips) / 60, 1),
        "presets": sorted({truth.preset for truth in truths}),
        "seeds": [[int(run[0]), int(run[-1])] for run in runs],
        "twitches": sum(len(truth.twitches) for truth in truths),
        "examples": {str(kind): int(np.count_nonzero(used == n)) for n, kind in enumerate(KINDS)},
    }


def refuse_shared(to_learn: Sequence[Source], to_judge: Sequence[Source]) -> None:
    """Stop where a clip is in both: a network looks better on what it has learnt from than it is."""
    learnt = {source.content: source for source in to_learn}
    for source in to_judge:
        if source.content in learnt:
            raise FasciscanError(
                f"{source.clip}: is to judge by, and to learn from as {learnt[source.content].clip}; "
                "take it out of one of the two."
            )

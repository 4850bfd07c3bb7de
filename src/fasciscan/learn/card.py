"""The model card: what the network is for, what it was trained on, what it was never shown, and its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_FIGURES = {
    "clips": ("clips", "{:.0f}"),
    "minutes": ("minutes", "{:.0f}"),
    "twitches": ("twitches of at least 0.1 mm", "{:.0f}"),
    "candidate_recall": ("of these, candidates at all", "{:.1%}"),
    "looked_at": ("candidates the network looks at; the others are judged by their measures", "{:.0%}"),
    "f1": ("F1", "{:.3f}"),
    "recall": ("recall", "{:.3f}"),
    "precision": ("precision", "{:.3f}"),
    "false_per_min": ("false events a minute", "{:.2f}"),
    "class_accuracy": ("candidates told right, of six classes", "{:.1%}"),
    "look_alike_accuracy": ("candidates that are no twitch told right", "{:.1%}"),
    "epicentre_median_mm": ("epicentre error, median", "{:.2f} mm"),
    "epicentre_p90_mm": ("epicentre error, 90th percentile", "{:.2f} mm"),
    "calibration_error": ("expected calibration error of P(fasciculation)", "{:.3f}"),
}

_CARD = """# Model card: {name}

A small convolutional network that judges candidates: brief motions that fasciscan found in an ultrasound clip of
muscle. For each it tells the probabilities of six classes (fasciculation, pulsation, contraction, tremor, probe motion,
artefact) and how far the epicentre lies from where the candidate was found, with a standard deviation.

Version {version}, SHA-256 of the weights `{sha256}`.

## Intended use

Research, and support of a person who reads muscle ultrasound. It counts what looks like fasciculations in B-mode clips
of resting muscle; the person looks at each event, which the report and the annotated video are for.

Not to be used to diagnose: twitches alone never tell ALS from benign fasciculation. Not to be used on muscle that is
contracted on purpose, on clips of other organs, or without a look at what was counted.

## Training data

Simulated clips alone, so that every twitch is known: preset `{presets}`, {train_clips} clips of together
{train_minutes} minutes with {train_twitches} twitches (seeds {train_seeds}), and {validation_clips} others (seeds
{validation_seeds}) for early stopping, calibration and the operating point. docs/simulator.md tells what is simulated,
from which figures. The labels come from the simulation; no person and no patient's recording was involved.

Candidates learnt from: {examples}.

## Figures on the validation clips

| figure | value |
|---|---|
{figures}

The operating point was chosen on these very clips: a candidate counts from a probability of {threshold:.3f}, the best
F1 among thresholds with at most 0.2 false events a minute. It holds where the network judges alone (`--model network`);
how it is joined with the rule, as by default, docs/finding.md tells. docs/evaluation.md has the figures on test clips,
which had no part in any choice, beside those of simpler methods.

## What it was never shown

- Recordings of patients or of any living muscle. **There is no external clinical validation.**
- Truth from electromyography; agreement with it is unknown.
- Kinds of motion the simulator does not know, other than by chance; old, fibrotic or scarred muscle as it is.
- Three-dimensional motion other than a small share out of the plane.
- Other codecs than H.264 (up to crf 30), MPEG-4 and Motion JPEG; docs/evaluation.md has clips of others.

## Known failures

- **By itself it does not hold on real clips**: of two large twitches one is not counted, nor is an evoked one of the
  whole field; a jerk of tissue along the picture, perhaps by the hand, and a moving chest wall come near. It ships
  beside a rule of physical tests; docs/finding.md has the figures.
- Single beats of a myokymia or a cramp are counted as fasciculations at times.
- A twitch of less than some 0.1 mm, or deep in the noise, is often not even a candidate.
- A twitch during a contraction, tremor or probe motion is hard to tell from it.
- Recompressed clips (as sent by messengers) hide small twitches; frame rates below 20 a second blur their course.
- Where no scale is known, sizes rest on an assumed depth, and probabilities are less to be trusted.

## How it was made

{weights} weights, trained by this command:

```
{command}
```

Seed {seed}; the same seed, clips, package versions and number of threads give the same weights. Probabilities are the
softmax of logits divided by a temperature of {temperature:.3f} (Guo et al. 2017), after the class weights of the
training were taken back. The metadata beside the weights holds every setting.

The headings follow Mitchell et al. 2019 (Model cards for model reporting), CLAIM (Mongan et al. 2020) and TRIPOD+AI
(Collins et al. 2024).
"""


def write_card(metadata: dict[str, Any], path: Path, command: str) -> None:
    """Write the card of a model from its metadata.

    Parameters
    ----------
    metadata
        As :func:`fasciscan.learn.export.export` returns it.
    path
        Markdown file to write.
    command
        What made the model.
    """
    training, validation = metadata["data"]["training"], metadata["data"]["validation"]
    metrics = metadata["validation"]
    figures = [
        f"| {label} | {'–' if metrics[name] is None else text.format(metrics[name])} |"
        for name, (label, text) in _FIGURES.items()
    ]
    path.write_text(
        _CARD.format(
            name=metadata["name"],
            version=metadata["version"],
            sha256=metadata["sha256"],
            presets="`, `".join(training["presets"]),
            train_clips=training["clips"],
            train_minutes=training["minutes"],
            train_twitches=training["twitches"],
            train_seeds=_ranges(training["seeds"]),
            validation_clips=validation["clips"],
            validation_seeds=_ranges(validation["seeds"]),
            examples=", ".join(f"{kind} {count}" for kind, count in training["examples"].items()),
            figures="\n".join(figures),
            threshold=metadata["threshold"],
            temperature=metadata["temperature"],
            weights=metadata["weights"],
            command=command,
            seed=metadata["training"]["seed"],
        ),
        encoding="utf-8",
    )


def _ranges(seeds: list[list[int]]) -> str:
    return ", ".join(f"{first} to {last}" for first, last in seeds)

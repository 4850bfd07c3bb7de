"""``fasciscan evaluate``: results against the truth of simulated clips."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fasciscan.cli.failures import say, usage_error
from fasciscan.cli.options import Model, Quiet
from fasciscan.cli.terminal import tally

app = typer.Typer()


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan evaluate --truth test-clips --run --out evaluation\n\n"
    "  fasciscan evaluate --truth test-clips --run --model out/fasciscan-cnn.onnx --out mine\n\n"
    "  fasciscan evaluate --truth test-clips --predictions other-detector --out other\n\n"
    "Another detector is scored alike if it writes, for each clip, a few fields of our results: schema, exposure_s, "
    "and of each event onset_s, peak_s, probability and origin x_px, y_px; docs/result.md tells them.",
)
def evaluate(
    truth: Annotated[
        Path, typer.Option("--truth", metavar="DIR", help="Clips with their .truth.json, as fasciscan simulate makes.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", file_okay=False, help="Folder for tables and pictures.")
    ],
    predictions: Annotated[
        Path | None, typer.Option("--predictions", metavar="DIR", help="Results, a <stem>.json for each clip.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Analyse the clips first; results in OUT/predictions that fit are kept.")
    ] = False,
    model: Model = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes for --run; one a core.")] = None,
    tolerance_s: Annotated[
        float, typer.Option(metavar="S", help="How far apart the peaks of a true and a found twitch may be.")
    ] = 0.15,
    tolerance_mm: Annotated[float, typer.Option(metavar="MM", help="The same for their epicentres.")] = 6.0,
    least_mm: Annotated[
        float, typer.Option(metavar="MM", min=0.0, help="Smaller twitches may be found, but are not asked for.")
    ] = 0.1,
    quiet: Quiet = False,
) -> None:
    """Score results against the truth of simulated clips: figures with intervals, tables, pictures, mistakes."""
    if run == (predictions is not None):
        raise usage_error("give either the folder of results, or --run to make them", "--predictions")
    if model is not None and not run:
        raise usage_error("a model judges only what --run analyses", "--model")
    for name, value in (("--tolerance-s", tolerance_s), ("--tolerance-mm", tolerance_mm)):
        if not (math.isfinite(value) and value > 0):
            raise usage_error(f"{value}: must be more than 0", name)
    from fasciscan.score import Task, Tolerance, find_truths, read_clips
    from fasciscan.score.evaluation import evaluate as evaluate_clips
    from fasciscan.score.tables import figures_table
    from fasciscan.score.write import write_evaluation

    truths = find_truths(truth)
    if predictions is None:
        predictions = out / "predictions"
        _analyze_first(truths, predictions, model, jobs, quiet=quiet)
    clips = read_clips(truths, predictions)
    evaluation = evaluate_clips(clips, task=Task(Tolerance(tolerance_s, tolerance_mm), least_mm))
    page = write_evaluation(evaluation, out)
    if not quiet:
        say(f"{figures_table([evaluation])}\n\n{page}")


def _analyze_first(truths: list[Path], out: Path, model: str | None, jobs: int | None, *, quiet: bool) -> None:
    from fasciscan.score.predict import analyze_clips
    from fasciscan.twitch import load_classifier

    with tally("clips analysed", shown=not quiet) as tell_progress:
        analyze_clips(truths, out, partial(load_classifier, model), jobs, tell_progress)

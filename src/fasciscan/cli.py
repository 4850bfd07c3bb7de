"""The command line: ``fasciscan analyze`` and ``fasciscan info``, each a thin layer over the library."""

from __future__ import annotations

import math
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fasciscan import __version__
from fasciscan.errors import FasciscanError
from fasciscan.history import commands as history_commands

if TYPE_CHECKING:  # each of these costs more than --help may take
    from rich.console import Console

    from fasciscan.batch import ClipTask
    from fasciscan.clip import ClipOptions
    from fasciscan.exam import Exam, Muscle
    from fasciscan.twitch import Classifier

DEFAULT_FORMATS = "json,csv,html"
DEFAULT_OUT = Path("fasciscan-out")
DEFAULT_TRAIN_OUT = Path("fasciscan-training")
DEFAULT_EXAM_OUT = Path("fasciscan-exam")
RATE_WINDOW_S = 600
"""Seconds over which the time left is estimated; a clip may take one of them or many."""
SHARING_OPTIONS = ("--jobs", "--scheduler")
PIPE_WIDTH = 1000
"""Columns a table may take where no terminal tells its width, so that file names are not folded in a log."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Find, count and locate fasciculations in ultrasound clips of muscle.\n\n"
    "Begin with:  fasciscan analyze CLIP --mm-per-px 0.08\n\n"
    "It supports a reading and is no diagnosis.",
)

app.add_typer(history_commands.app, name="history")


class _RunUnlessNamed(TyperGroup):
    """A group whose command ``run`` may be left out: ``exam FOLDER`` is ``exam run FOLDER``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)


exam_app = typer.Typer(
    cls=_RunUnlessNamed,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Count over a whole exam: many muscles, left and right, one subject at one visit.",
    epilog="Examples:\n\n"
    "  fasciscan exam init visit-3      (writes visit-3/manifest.csv and visit-3/context.toml, to be edited)\n\n"
    "  fasciscan exam visit-3 --context visit-3/context.toml --out visit-3-report\n\n"
    "docs/exam.md tells what the manifest and the form may hold, and what the report says.",
)
app.add_typer(exam_app, name="exam")


def main() -> None:
    """Run the command line."""
    app()


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"fasciscan {__version__}")
        raise typer.Exit


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan analyze biceps.mp4 --depth-mm 40 --muscle 'biceps brachii' --side left\n\n"
    "  fasciscan analyze visit-3/*.dcm --out visit-3-reports --format json,csv,html,mp4\n\n"
    "  fasciscan analyze study/*.mp4 --out study-reports --jobs 8\n\n"
    "Of several clips, those that an earlier run into the same folder finished are not done again; docs/batch.md tells "
    "more, and how to use a cluster.\n\n"
    "Exit code: 0 when every clip was analysed, even one in which nothing counts, such as a frozen picture (a warning "
    "on stderr tells why it gets no rate); 1 when one could not be (it is named on stderr, the rest goes on); "
    "2 when the command itself was wrong.",
)
def analyze(
    clips: Annotated[
        list[Path],
        typer.Argument(
            metavar="CLIP", help="Video, multi-frame DICOM, TIFF stack, NPY, or a folder with one clip's frames."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", file_okay=False, help="Folder for the reports; made if not there."),
    ] = DEFAULT_OUT,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Which reports, of json, csv, html and mp4.")
    ] = DEFAULT_FORMATS,
    mm_per_px: Annotated[
        float | None, typer.Option(metavar="MM", help="Size of a pixel, where the file does not tell it.")
    ] = None,
    depth_mm: Annotated[
        float | None, typer.Option(metavar="MM", help="Depth of the imaged tissue from top to bottom, instead.")
    ] = None,
    roi: Annotated[
        str | None,
        typer.Option(
            metavar="REGION", help="Where the tissue is, in pixels: 'x,y,width,height', or corners 'x,y x,y x,y'."
        ),
    ] = None,
    muscle: Annotated[str | None, typer.Option(metavar="NAME", help="Which muscle the clips show.")] = None,
    side: Annotated[str | None, typer.Option(metavar="left|right", help="Of which side.")] = None,
    timestamps: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Time of each frame in seconds, a row each, where the file's are wrong."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="FILE|rule|network", help="Another network (.onnx), or one of rule and network alone."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Clips at a time; by default one a core.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do it, as tcp://HOST:8786.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table; errors only.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an internal error comes from.")] = False,
) -> None:
    """Analyse clips: measure motion, find the twitches in it, write reports.

    What a file does not tell (pixel size, tissue region, times) holds for every clip named. The reports go to one
    folder under the current one, not beside the clips, since those often lie in an archive that must stay as it is.
    """
    chosen = _parse_formats(formats)
    options = _clip_options(mm_per_px, depth_mm, roi, timestamps)
    of_muscle = _muscle(muscle, side)
    classifier = _classifier(model)
    clips = list(dict.fromkeys(clips))
    if len(clips) > 1 or jobs is not None or scheduler is not None:
        tasks = [_task(path, chosen, options, of_muscle, model, classifier) for path in clips]
        rows, all_done = _analyze_many(tasks, out, jobs, scheduler, quiet=quiet, debug=debug)
    else:
        rows = []
        with _progress(shown=not quiet) as start_clip:

            def work(path: Path) -> None:
                rows.append(_analyze_one(path, options, of_muscle, classifier, out, chosen, start_clip(path.name)))

            all_done = _do_each(clips, work, debug=debug)
    for row in rows:
        _warn_of_no_exposure(row.result)
    if rows and not quiet:
        _print_table(rows)
    if not all_done:
        raise typer.Exit(1)


@app.command()
def info(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP", help="Clips to look at.")],
    debug: Annotated[bool, typer.Option("--debug", help="Show where an internal error comes from.")] = False,
) -> None:
    """Print what is read from clips: coding, frames, true rate, timing, scale, tissue region, quality."""

    def work(path: Path) -> None:
        from fasciscan.clip import describe, open_clip
        from fasciscan.report.facts import say_facts

        facts = say_facts(describe(open_clip(path)))
        typer.echo("\n".join([str(path), *(f"  {name:<11} {value}" for name, value in facts)]))

    if not _do_each(list(dict.fromkeys(clips)), work, debug=debug):
        raise typer.Exit(1)


@exam_app.command(name="init")
def exam_init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that the exam's clips lie in.")],
) -> None:
    """Write a first manifest and an empty form for the context into the folder, to be edited."""
    from fasciscan.examine import start_exam

    try:
        manifest, form = start_exam(folder)
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from None
    typer.echo(f"Check the muscles and sides in {manifest}, and fill in what is known in {form}. Then:")
    typer.echo(f"  {shlex.join(['fasciscan', 'exam', str(folder), '--context', str(form)])}")


@exam_app.command(
    name="run",
    epilog="The word run may be left out.\n\n"
    "Exit code: 0 when every clip was analysed; 1 when one could not be (it is named on stderr and in the report, the "
    "rest is counted); 2 when the command itself was wrong. A run that was stopped goes on when it is given again.",
)
def exam_run(
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER|MANIFEST.csv", help="The exam's clips: their folder or their manifest.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder for the reports; made if not there.")
    ] = DEFAULT_EXAM_OUT,
    context: Annotated[
        Path | None,
        typer.Option(metavar="FORM.toml", help="Signs, triggers and strength, as the form of exam init asks."),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the report as PDF too; needs Chromium or Chrome.")] = False,
    model: Annotated[
        str | None,
        typer.Option(metavar="FILE|rule|network", help="Another network (.onnx), or one of rule and network alone."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Clips at a time; one a core.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do the work instead.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table; errors only.")] = False,
) -> None:
    """Analyse every clip of an exam, add up the counts muscle by muscle, and write the exam's report."""
    from fasciscan.examine import examine

    try:
        with _tally("clips analysed", shown=not quiet) as tell:
            done = examine(
                source, out, context=context, pdf=pdf, model=model, jobs=jobs, scheduler=scheduler, command=_command(),
                progress=tell,
            )  # fmt: skip
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from None
    for failed in done.exam.failed:
        _tell(f"{failed.clip}: {failed.why}")
    if not quiet:
        _print_exam(done.exam)
        typer.echo(f"\n{done.page}")
    if done.exam.failed:
        raise typer.Exit(1)


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan evaluate --truth test-clips --run --out evaluation\n\n"
    "  fasciscan evaluate --truth test-clips --predictions other-detector --out other\n\n"
    "Another detector is scored alike if it writes, for each clip, a few fields of our results: schema, exposure_s, "
    "and of each event onset_s, peak_s, probability and origin x_px, y_px; docs/result.md tells them.",
)
def evaluate(
    truth: Annotated[
        Path, typer.Option("--truth", metavar="DIR", help="Clips with their .truth.json, as fasciscan simulate makes.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder for tables and pictures.")],
    predictions: Annotated[
        Path | None, typer.Option("--predictions", metavar="DIR", help="Results, a <stem>.json for each clip.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Analyse the clips first; results in OUT/predictions that fit are kept.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes for --run; one a core.")] = None,
    tolerance_s: Annotated[
        float, typer.Option(metavar="S", help="How far apart the peaks of a true and a found twitch may be.")
    ] = 0.15,
    tolerance_mm: Annotated[float, typer.Option(metavar="MM", help="The same for their epicentres.")] = 6.0,
    least_mm: Annotated[
        float, typer.Option(metavar="MM", min=0.0, help="Smaller twitches may be found, but are not asked for.")
    ] = 0.1,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table; errors only.")] = False,
) -> None:
    """Score results against the truth of simulated clips: figures with intervals, tables, pictures, mistakes."""
    if run == (predictions is not None):
        raise _usage_error("give either the folder of results, or --run to make them", "--predictions")
    for name, value in (("--tolerance-s", tolerance_s), ("--tolerance-mm", tolerance_mm)):
        if not (math.isfinite(value) and value > 0):
            raise _usage_error(f"{value}: must be more than 0", name)
    try:
        page, table = _evaluate(truth, predictions, out, jobs, (tolerance_s, tolerance_mm, least_mm), quiet=quiet)
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from error
    if not quiet:
        typer.echo(f"{table}\n\n{page}")


def _evaluate(
    truth: Path,
    predictions: Path | None,
    out: Path,
    jobs: int | None,
    task: tuple[float, float, float],
    *,
    quiet: bool,
) -> tuple[Path, str]:
    """Evaluate results, made now if none are named; give the page written and the figures as a table."""
    from fasciscan.score import Task, Tolerance, find_truths, read_clips
    from fasciscan.score.evaluation import evaluate as evaluate_clips
    from fasciscan.score.tables import figures_table
    from fasciscan.score.write import write_evaluation

    truths = find_truths(truth)
    if predictions is None:
        from fasciscan.score.predict import analyze_clips

        predictions = out / "predictions"
        with _tally("clips analysed", shown=not quiet) as tell:
            analyze_clips(truths, predictions, jobs=jobs, progress=tell)
    seconds, millimetres, least_mm = task
    clips = read_clips(truths, predictions)
    evaluation = evaluate_clips(clips, task=Task(Tolerance(seconds, millimetres), least_mm))
    return write_evaluation(evaluation, out), figures_table([evaluation])


@contextmanager
def _tally(what: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Give a function that tells how many of how many are done, drawn as a bar where stderr is a terminal."""
    if not (shown and sys.stderr.isatty()):
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=RATE_WINDOW_S) as bars:
        bar = bars.add_task(what, total=None, rate="")
        begun: tuple[float, int] | None = None

        def tell(done: int, total: int) -> None:
            nonlocal begun
            begun = begun or (monotonic(), done)  # what an earlier run did tells nothing of the rate
            minutes, new = (monotonic() - begun[0]) / 60, done - begun[1]
            bars.update(bar, completed=done, total=total, rate=f"{new / minutes:.0f} a minute" if new else "")

        yield tell


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan train --clips train --validation validation --out run\n\n"
    "  fasciscan train --from models/fasciscan-cnn.pt --labels reviewed --validation validation --out tuned\n\n"
    "Needs the extra packages of: pip install 'fasciscan[train]'. docs/training.md tells how to make clips, the format "
    "of reviewed labels, and what to look at afterwards.",
)
def train(
    validation: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Clips for stopping, calibration and the operating point; seen by no other."),
    ],
    clips: Annotated[
        Path | None, typer.Option("--clips", metavar="DIR", help="Clips with truth files, of fasciscan simulate.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Reviewed labels of real clips (*.labels.json) to learn from too."),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="Folder for the model, checkpoints and curves.")
    ] = DEFAULT_TRAIN_OUT,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="MODEL", help="Weights (.pt) to go on from, more gently.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides everything random.")] = 0,
    epochs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Times to go through the examples.")] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes that measure clips.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a killed run in the same folder stood.")
    ] = False,
) -> None:
    """Train the network that tells fasciculations from look-alikes.

    Writes the model (.onnx with its .json), the weights to go on from (best.pt), the history and its curves.
    """
    folders = [folder for folder in (clips, labels) if folder is not None]
    if not folders:
        raise _usage_error("give clips to learn from, with --clips, --labels or both", "--clips")
    if not all(find_spec(package) for package in ("torch", "onnx")):
        _tell("Training needs packages that are not installed; get them by: pip install 'fasciscan[train]'")
        raise typer.Exit(1)
    from fasciscan.learn.command import train_and_tell

    try:
        train_and_tell(folders, validation, out, start=start, seed=seed, epochs=epochs, jobs=jobs, resume=resume)
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from None


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan simulate --out clips --clips 300\n\n"
    "  fasciscan simulate --out textured --clips 50 --preset broad-texture --stills biceps.png --stills calf.png\n\n"
    "Beside each clip lies its truth, as <clip>.truth.json: when, where and how far everything moved. A run that was "
    "stopped goes on when the same command is given again. docs/simulator.md tells what is simulated, and what is not.",
)
def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the clips; made if not there.")],
    clips: Annotated[int, typer.Option("--clips", metavar="N", min=1, help="How many to make.")] = 10,
    seed: Annotated[
        int,
        typer.Option(metavar="S", min=0, help="Seed of the first clip; the next ones count on. Same seed, same clip."),
    ] = 0,
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="broad: as varied as real life. broad-heldout: the same events, other imaging, for tests. "
            "broad-texture: the same on stills of muscle. Or texture-twitches, texture-mixed, scatterer-twitches, "
            "scatterer-mixed: narrower.",
        ),
    ] = "broad",
    stills: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A picture of muscle for the texture presets; give it once for each picture."
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="J", min=1, help="Processes; one a core.")] = None,
    duration: Annotated[
        float | None, typer.Option(metavar="S", help="Length of each clip in seconds, instead of one drawn.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="HZ", help="Pictures the scanner makes in a second, instead of one drawn.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary; errors only.")] = False,
) -> None:
    """Make ultrasound clips of muscle with known twitches and look-alikes, to train and to test with."""
    from fasciscan.simulate import PRESETS, make_clips, read_truth

    if preset not in PRESETS:
        raise _usage_error(f"{preset!r}: choose one of {', '.join(PRESETS)}", "--preset")
    start = monotonic()
    there = set(out.glob("*.truth.json"))
    try:
        with _tally("clips made", shown=not quiet) as tell:
            seeds = range(seed, seed + clips)
            made = make_clips(out, seeds, preset, stills or (), jobs, tell, duration_s=duration, frame_rate_hz=rate)
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from None
    if quiet:
        return
    truths = {path.with_suffix(".truth.json") for path in made}
    frames = sum(read_truth(path).timing.frames for path in truths - there)
    speed = f", {frames / (monotonic() - start):.0f} frames/s" if frames else ""
    typer.echo(f"{out}: {len(truths - there)} clips made{speed}; {len(truths & there)} were there.")


def _do_each(clips: list[Path], work: Callable[[Path], None], *, debug: bool) -> bool:
    """Do the work on every clip, naming each that fails on stderr; tell whether all went well."""
    all_done = True
    for path in clips:
        try:
            work(path)
        except FasciscanError as error:
            _tell(str(error))
            all_done = False
        except Exception as error:  # a bug, but one that must not cost the other clips of a batch
            if debug:
                traceback.print_exc()
            cause = f"{type(error).__name__}: {error}"
            _tell(f"{path}: internal error ({cause}); please report it with the output of --debug.")
            all_done = False
    return all_done


@dataclass(frozen=True, slots=True)
class _Row:
    """One clip of the closing table; holds no frames, so that a long batch stays small."""

    result: dict[str, Any]
    """What its JSON says."""
    report: Path
    """The one a person would open first."""


def _analyze_one(
    path: Path,
    options: ClipOptions,
    muscle: Muscle | None,
    classifier: Classifier,
    out: Path,
    formats: list[str],
    progress: Callable[[float], None],
) -> _Row:
    """Analyse one clip and write its reports."""
    from fasciscan.pipeline import analyze as analyze_clip
    from fasciscan.report import write_reports
    from fasciscan.report.result_json import result_to_dict

    analysis = analyze_clip(path, options, muscle=muscle, classifier=classifier, command=_command(), progress=progress)
    written = write_reports(analysis.clip, analysis.result, analysis.raster, out, formats)
    return _Row(result_to_dict(analysis.result), _opened_first(written))


def _task(
    path: Path,
    formats: list[str],
    options: ClipOptions,
    muscle: Muscle | None,
    model: str | None,
    classifier: Classifier,
) -> ClipTask:
    from fasciscan.batch import ClipTask

    return ClipTask(path, tuple(formats), options, muscle, model, classifier.sha256, _command())


def _analyze_many(
    tasks: list[ClipTask], out: Path, jobs: int | None, scheduler: str | None, *, quiet: bool, debug: bool
) -> tuple[list[_Row], bool]:
    """Analyse clips in parallel, naming each that fails on stderr; tell whether all went well."""
    from fasciscan.batch import run_clips

    try:
        with _tally("clips analysed", shown=not quiet) as tell:
            outcome = run_clips(tasks, out, jobs=jobs, scheduler=scheduler, progress=tell)
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from error
    for failed in outcome.failed:
        if debug and failed.traceback:
            typer.echo(failed.traceback, err=True)
        _tell(failed.why)
    kept = sum(done.kept for done in outcome.done)
    if kept and not quiet:
        _tell(f"{kept} of {len(tasks)} clips were done by an earlier run into {out}; their reports were kept.")
    return [_Row(done.result, _opened_first(done.files)) for done in outcome.done], not outcome.failed


def _opened_first(reports: Sequence[Path]) -> Path:
    return next((report for report in reports if report.suffix == ".html"), reports[0])


def _command() -> str:
    """Give the command line, without what only tells how the work is shared out: results must not depend on it."""
    words = iter(sys.argv[1:])
    kept = []
    for word in words:
        if word in SHARING_OPTIONS:
            next(words, None)
        elif not word.startswith(tuple(f"{option}=" for option in SHARING_OPTIONS)):
            kept.append(word)
    return shlex.join(["fasciscan", *kept])


def _parse_formats(text: str) -> list[str]:
    from fasciscan.report import FORMATS

    chosen = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in FORMATS]
    if unknown or not chosen:
        raise _usage_error(f"{text!r}: name some of {', '.join(FORMATS)}, with commas between", "--format")
    return chosen


def _clip_options(
    mm_per_px: float | None, depth_mm: float | None, roi: str | None, timestamps: Path | None
) -> ClipOptions:
    from fasciscan.clip import ClipOptions

    for name, value in (("--mm-per-px", mm_per_px), ("--depth-mm", depth_mm)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise _usage_error(f"{value}: must be more than 0", name)
    if mm_per_px is not None and depth_mm is not None:
        raise _usage_error("give either --mm-per-px or --depth-mm, since each sets the scale", "--depth-mm")
    corners = None if roi is None else _parse_roi(roi)
    return ClipOptions(mm_per_px=mm_per_px, depth_mm=depth_mm, roi=corners, timestamps=timestamps)


def _parse_roi(text: str) -> tuple[tuple[float, float], ...]:
    """Corners of ``"x,y,width,height"`` or of a polygon ``"x,y x,y x,y"``."""
    try:
        points = [tuple(float(number) for number in point.split(",")) for point in text.split()]
    except ValueError:
        points = []
    if not all(math.isfinite(number) for point in points for number in point):
        points = []
    match points:
        case [(x, y, width, height)] if width > 0 and height > 0:
            return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        case [(_, _), (_, _), (_, _), *_] if all(len(point) == 2 for point in points):
            return tuple((point[0], point[1]) for point in points)
        case _:
            raise _usage_error(
                f"{text!r}: give 'x,y,width,height' or three or more corners 'x,y x,y x,y', in pixels", "--roi"
            )


def _muscle(name: str | None, side: str | None) -> Muscle | None:
    from fasciscan.exam import Muscle

    if side is not None and side not in ("left", "right"):
        raise _usage_error(f"{side!r}: say left or right", "--side")
    if name is None:
        if side is not None:
            raise _usage_error("say which muscle it is the side of, with --muscle", "--side")
        return None
    return Muscle(name, side)


def _classifier(model: str | None) -> Classifier:
    from fasciscan.twitch import load_classifier

    try:
        return load_classifier(model)
    except FasciscanError as error:
        _tell(str(error))
        raise typer.Exit(1) from error


def _usage_error(what: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(what, param_hint=option)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[str], Callable[[float], None]]]:
    """Give a function that starts the clip's bar, which gives a function to tell the share done.

    Bars go to stderr, and only where it is a terminal: a log is not to fill with them.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda _name: lambda _share: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def start_clip(name: str) -> Callable[[float], None]:
            bar = bars.add_task(escape(name), total=1.0)
            return lambda share: bars.update(bar, completed=share)

        yield start_clip


def _print_table(rows: list[_Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from fasciscan.exam import Rate
    from fasciscan.report.words import say_interval, say_seconds

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("clip", overflow="fold")
    for heading in ("analysed", "fasciculations", "per minute (95 %)", "sites", "other motion", "warnings"):
        table.add_column(heading, justify="right")
    table.add_column("report", overflow="fold")
    for row in rows:
        result, rate = row.result, row.result["rate_per_min"]
        table.add_row(
            Text(Path(result["clip"]["path"]).name),
            say_seconds(result["exposure_s"]),
            str(result["count"]) if result["exposure_s"] else "–",
            say_interval(rate and Rate(**rate)),
            str(len(result["sites"])),
            str(len(result["other_motion"])),
            str(len(result["warnings"])),
            Text(str(row.report)),
        )
    _stdout().print(table)


def _print_exam(exam: Exam) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from fasciscan.report.exam_words import say_extent
    from fasciscan.report.words import say_interval, say_seconds

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("muscle", overflow="fold")
    for heading in ("analysed", "fasciculations", "per minute (95 %)"):
        table.add_column(heading, justify="right")
    table.add_column("to know", overflow="fold")
    for muscle in exam.muscles:
        table.add_row(
            Text(muscle.label),
            say_seconds(muscle.exposure_s),
            str(muscle.count) if muscle.rate_per_min else "–",
            say_interval(muscle.rate_per_min),
            Text("; ".join(muscle.notes)),
        )
    _stdout().print(table)
    for sentence in (say_extent(exam.summary), *exam.warnings):
        _stdout().print(Text(sentence))


def _stdout() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def _warn_of_no_exposure(result: dict[str, Any]) -> None:
    """Say why a clip gets no rate where none of its seconds counts, so that no one reads its 0 as rest.

    The clip itself was read and judged, which is what was asked: this is an answer and no failure.
    """
    if result["exposure_s"] > 0:
        return
    reasons = "; ".join(dict.fromkeys(stretch["why"] for stretch in result["excluded"]))
    why = reasons or "no frame that brings motion"
    _tell(f"{result['clip']['path']}: nothing of it could be analysed ({why}); no rate is given.")


def _tell(line: str) -> None:
    """Write one line to stderr, where it does not mix with the table."""
    typer.echo(" ".join(line.split()), err=True)


if __name__ == "__main__":
    main()

"""``fasciscan analyze``: the reports of one clip or of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fasciscan.cli.clip_options import read_clip_options, read_formats, read_muscle
from fasciscan.cli.failures import do_each, tell
from fasciscan.cli.options import Debug, Jobs, Model, Quiet, Scheduler, command_line
from fasciscan.cli.terminal import print_table, share_bars, tally

if TYPE_CHECKING:  # each of these costs more than --help may take
    from fasciscan.batch import ClipTask
    from fasciscan.twitch import Classifier

DEFAULT_FORMATS = "json,csv,html"
DEFAULT_OUT = Path("fasciscan-out")

app = typer.Typer()


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
        typer.Option("--out", "-o", metavar="DIR", file_okay=False, help="Folder for the reports; made if not there."),
    ] = DEFAULT_OUT,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Which reports, of json, csv, html and mp4.")
    ] = DEFAULT_FORMATS,
    mm_per_px: Annotated[
        float | None, typer.Option(metavar="MM", help="Height of a pixel, where the file does not tell it.")
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
    muscle_region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION", help="Outline of the muscle, as for --roi; twitches outside are listed, not counted."
        ),
    ] = None,
    muscle: Annotated[str | None, typer.Option(metavar="NAME", help="Which muscle the clips show.")] = None,
    side: Annotated[str | None, typer.Option(metavar="left|right", help="Of which side.")] = None,
    timestamps: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Time of each frame in seconds, a row each, where the file's are wrong."),
    ] = None,
    model: Model = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Analyse clips: measure motion, find the twitches in it, write reports.

    What a file does not tell (pixel size, tissue region, times) holds for every clip named. The reports go to one
    folder under the current one, not beside the clips, since those often lie in an archive that must stay as it is.
    """
    chosen = tuple(read_formats(formats))
    options = read_clip_options(mm_per_px, depth_mm, roi, muscle_region, timestamps)
    of_muscle = read_muscle(muscle, side)
    from fasciscan.batch import ClipTask
    from fasciscan.twitch import load_classifier

    classifier = load_classifier(model)
    tasks = [
        ClipTask(path, chosen, options, of_muscle, model, classifier.sha256, command_line())
        for path in dict.fromkeys(clips)
    ]
    if len(tasks) > 1 or jobs is not None or scheduler is not None:
        rows, all_done = _analyze_many(tasks, out, jobs, scheduler, quiet=quiet, debug=debug)
    else:
        rows, all_done = _analyze_here(tasks[0], out, classifier, quiet=quiet, debug=debug)
    for row in rows:
        _warn_of_no_exposure(row.result)
    if rows and not quiet:
        _print_rows(rows)
    if not all_done:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Row:
    """One clip of the closing table; holds no frames, so that a long batch stays small."""

    result: dict[str, Any]
    """What its JSON says."""
    report: Path
    """The one a person would open first."""


def _analyze_here(
    task: ClipTask, out: Path, classifier: Classifier, *, quiet: bool, debug: bool
) -> tuple[list[_Row], bool]:
    """Analyse one clip in this process, which starts sooner than another; tell whether all went well."""
    from fasciscan.files import make_folder
    from fasciscan.pipeline import analyze as analyze_clip
    from fasciscan.report import write_reports
    from fasciscan.report.result_json import result_to_dict

    make_folder(out)
    rows = []
    with share_bars(shown=not quiet) as start_clip:

        def work(path: Path) -> None:
            analysis = analyze_clip(
                path, task.options, muscle=task.muscle, classifier=classifier, command=task.command,
                progress=start_clip(path.name),
            )  # fmt: skip
            written = write_reports(analysis.clip, analysis.result, analysis.raster, out, task.formats)
            rows.append(_Row(result_to_dict(analysis.result), _opened_first(written)))

        all_done = do_each([task.path], work, debug=debug)
    return rows, all_done


def _analyze_many(
    tasks: list[ClipTask], out: Path, jobs: int | None, scheduler: str | None, *, quiet: bool, debug: bool
) -> tuple[list[_Row], bool]:
    """Analyse clips in parallel, naming each that fails on stderr; tell whether all went well."""
    from fasciscan.batch import run_clips

    with tally("clips analysed", shown=not quiet) as tell_progress:
        outcome = run_clips(tasks, out, jobs=jobs, scheduler=scheduler, progress=tell_progress)
    for failed in outcome.failed:
        if debug and failed.traceback:
            typer.echo(failed.traceback, err=True)
        tell(failed.why)
    kept = sum(done.kept for done in outcome.done)
    if kept and not quiet:
        tell(f"{kept} of {len(tasks)} clips were done by an earlier run into {out}; their reports were kept.")
    return [_Row(done.result, _opened_first(done.files)) for done in outcome.done], not outcome.failed


def _opened_first(reports: Sequence[Path]) -> Path:
    return next((report for report in reports if report.suffix == ".html"), reports[0])


def _warn_of_no_exposure(result: dict[str, Any]) -> None:
    """Say why a clip gets no rate where none of its seconds counts, so that no one reads its 0 as rest.

    The clip itself was read and judged, which is what was asked: this is an answer and no failure.
    """
    if result["exposure_s"] > 0:
        return
    reasons = "; ".join(dict.fromkeys(stretch["why"] for stretch in result["excluded"]))
    why = reasons or "no frame that brings motion"
    tell(f"{result['clip']['path']}: nothing of it could be analysed ({why}); no rate is given.")


def _print_rows(rows: list[_Row]) -> None:
    from fasciscan.clip import printable
    from fasciscan.exam import Rate
    from fasciscan.report.words import say_interval, say_seconds

    figures = ("analysed", "fasciculations", "per minute (95 %)", "sites", "other motion", "warnings")
    cells = []
    for row in rows:
        result, rate = row.result, row.result["rate_per_min"]
        cells.append(
            [
                Path(result["clip"]["path"]).name,
                say_seconds(result["exposure_s"]),
                str(result["count"]) if result["exposure_s"] else "–",
                say_interval(rate and Rate(**rate)),
                str(len(result["sites"])),
                str(len(result["other_motion"])),
                str(len(result["warnings"])),
                printable(row.report),
            ]
        )
    print_table(["clip", *figures, "report"], cells, figures=figures)

"""The command line: ``fasciscan analyze`` and ``fasciscan info``, each a thin layer over the library."""

from __future__ import annotations

import math
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscan import __version__
from fasciscan.errors import FasciscanError

if TYPE_CHECKING:  # each of these costs more than --help may take
    from rich.console import Console

    from fasciscan.clip import ClipOptions
    from fasciscan.exam import ClipResult, Muscle

DEFAULT_FORMATS = "json,csv,html"
DEFAULT_OUT = Path("fasciscan-out")
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
    clips = list(dict.fromkeys(clips))
    rows: list[_Row] = []
    with _progress(len(clips), shown=not quiet) as start_clip:

        def work(path: Path) -> None:
            rows.append(_analyze_one(path, options, of_muscle, out, chosen, start_clip(path.name)))
            _warn_of_no_exposure(path, rows[-1].result)

        all_done = _do_each(clips, work, debug=debug)
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

    result: ClipResult
    report: Path


def _analyze_one(
    path: Path,
    options: ClipOptions,
    muscle: Muscle | None,
    out: Path,
    formats: list[str],
    progress: Callable[[float], None],
) -> _Row:
    """Analyse one clip and write its reports; the row names the one a person would open first."""
    from fasciscan.pipeline import analyze as analyze_clip
    from fasciscan.report import write_reports

    command = shlex.join(["fasciscan", *sys.argv[1:]])
    analysis = analyze_clip(path, options, muscle=muscle, command=command, progress=progress)
    written = write_reports(analysis.clip, analysis.result, analysis.raster, out, formats)
    pages = [report for report in written if report.suffix == ".html"]
    return _Row(analysis.result, (pages or written)[0])


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


def _usage_error(what: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(what, param_hint=option)


@contextmanager
def _progress(clips: int, *, shown: bool) -> Iterator[Callable[[str], Callable[[float], None]]]:
    """Give a function that starts a clip's bar, which gives a function to tell the share done.

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
        overall = bars.add_task("all clips", total=clips, visible=clips > 1)
        current = bars.add_task("", total=1.0)
        begun = 0

        def start_clip(name: str) -> Callable[[float], None]:
            nonlocal begun
            done, begun = begun, begun + 1
            bars.update(current, description=escape(name), completed=0.0)

            def tell(share: float) -> None:
                bars.update(current, completed=share)
                bars.update(overall, completed=done + share)

            return tell

        yield start_clip


def _print_table(rows: list[_Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from fasciscan.report.words import say_interval, say_seconds

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("clip", overflow="fold")
    for heading in ("analysed", "fasciculations", "per minute (95 %)", "sites", "other motion", "warnings"):
        table.add_column(heading, justify="right")
    table.add_column("report", overflow="fold")
    for row in rows:
        result = row.result
        table.add_row(
            Text(Path(result.clip.path).name),
            say_seconds(result.exposure_s),
            str(result.count) if result.exposure_s else "–",
            say_interval(result.rate_per_min),
            str(len(result.sites)),
            str(len(result.other_motion)),
            str(len(result.warnings)),
            Text(str(row.report)),
        )
    _stdout().print(table)


def _stdout() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def _warn_of_no_exposure(path: Path, result: ClipResult) -> None:
    """Say why a clip gets no rate where none of its seconds counts, so that no one reads its 0 as rest.

    The clip itself was read and judged, which is what was asked: this is an answer and no failure.
    """
    if result.exposure_s > 0:
        return
    reasons = "; ".join(dict.fromkeys(stretch.why for stretch in result.excluded)) or "no frame that brings motion"
    _tell(f"{path}: nothing of it could be analysed ({reasons}); no rate is given.")


def _tell(line: str) -> None:
    """Write one line to stderr, where it does not mix with the table."""
    typer.echo(" ".join(line.split()), err=True)


if __name__ == "__main__":
    main()

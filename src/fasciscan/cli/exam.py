"""``fasciscan exam``: many clips of one subject at one visit, added up."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from fasciscan.cli.failures import say, tell
from fasciscan.cli.options import Jobs, Model, Quiet, Scheduler, command_line
from fasciscan.cli.terminal import print_sentences, print_table, tally

if TYPE_CHECKING:  # which costs more than --help may take
    from fasciscan.exam import Entry, Exam, Failed

DEFAULT_OUT = Path("fasciscan-exam")


class _RunUnlessNamed(TyperGroup):
    """A group whose command ``run`` may be left out: ``exam FOLDER`` is ``exam run FOLDER``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunUnlessNamed,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Count over a whole exam: many muscles, left and right, one subject at one visit.",
    epilog="Examples:\n\n"
    "  fasciscan exam init visit-3      (writes visit-3/manifest.csv and visit-3/context.toml, to be edited)\n\n"
    "  fasciscan exam visit-3 --context visit-3/context.toml --out visit-3-report\n\n"
    "docs/exam.md tells what the manifest and the form may hold, and what the report says.",
)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that the exam's clips lie in.")],
) -> None:
    """Write a first manifest and an empty form for the context into the folder, to be edited."""
    from fasciscan.examine import start_exam

    manifest, form, entries = start_exam(folder)
    for gap in _say_gaps(entries):
        say(gap)
    say(f"Check the muscles and sides in {manifest}, and fill in what is known in {form}. Then:")
    say(f"  {shlex.join(['fasciscan', 'exam', str(folder), '--context', str(form)])}")


@app.command(
    epilog="The word run may be left out.\n\n"
    "Exit code: 0 when every clip was analysed; 1 when one could not be (it is named on stderr and in the report, the "
    "rest is counted); 2 when the command itself was wrong. A run that was stopped goes on when it is given again.",
)
def run(
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER|MANIFEST.csv", help="The exam's clips: their folder or their manifest.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", file_okay=False, help="Folder for the reports; made if not there."),
    ] = DEFAULT_OUT,
    context: Annotated[
        Path | None,
        typer.Option(metavar="FORM.toml", help="Signs, triggers and strength, as the form of exam init asks."),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the report as PDF too; needs Chromium or Chrome.")] = False,
    model: Model = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    quiet: Quiet = False,
) -> None:
    """Analyse every clip of an exam, add up the counts muscle by muscle, and write the exam's report."""
    from fasciscan.examine import CLIPS_FOLDER, NoneAnalysedError, examine

    try:
        with tally("clips analysed", shown=not quiet) as tell_progress:
            done = examine(
                source, out, context=context, pdf=pdf, model=model, jobs=jobs, scheduler=scheduler,
                command=command_line(), progress=tell_progress,
            )  # fmt: skip
    except NoneAnalysedError as error:
        _name(error.failed)
        raise
    _name(done.exam.failed)
    if not quiet:
        _print_exam(done.exam)
        if done.left_over:
            reports = f"{done.left_over} of the clips' reports in {out / CLIPS_FOLDER}"
            say(f"{reports} {'is' if done.left_over == 1 else 'are'} of earlier runs and not counted here.")
        say(f"\n{done.page}")
    if done.exam.failed:
        raise typer.Exit(1)


def _say_gaps(entries: Sequence[Entry]) -> list[str]:
    """Say of how many clips muscle or side is not known; a side only where the muscle has one."""
    from fasciscan.exam import name_muscle
    from fasciscan.report.words import say_count

    named = [(name_muscle(entry.muscle).known, entry.side) for entry in entries if entry.muscle]
    gaps = {
        "muscle": len(entries) - len(named),
        "side": sum(muscle is not None and muscle.paired and side is None for muscle, side in named),
    }
    of = f"of {say_count(len(entries), 'clip')}"
    return [
        f"1 {of} does not say its {what}; fill in that row."
        if number == 1
        else f"{number} {of} do not say their {what}; fill in those rows."
        for what, number in gaps.items()
        if number
    ]


def _name(failed: Sequence[Failed]) -> None:
    for each in failed:
        tell(f"{each.clip}: {each.why}")


def _print_exam(exam: Exam) -> None:
    from fasciscan.report.exam_words import say_extent
    from fasciscan.report.words import say_interval, say_seconds

    figures = ("analysed", "fasciculations", "per minute (95 %)")
    rows = [
        [
            muscle.label,
            say_seconds(muscle.exposure_s),
            str(muscle.count) if muscle.rate_per_min else "–",
            say_interval(muscle.rate_per_min),
            "; ".join(muscle.notes),
        ]
        for muscle in exam.muscles
    ]
    print_table(["muscle", *figures, "to know"], rows, figures=figures)
    print_sentences([say_extent(exam.summary), *exam.warnings])

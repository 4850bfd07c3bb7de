"""The command line, a file a command: thin layers over the library that import what is heavy where it is used."""

from __future__ import annotations

import atexit
import gc
from typing import Annotated

import typer

from fasciscan import __version__
from fasciscan.cli import analyze, evaluate, exam, history, info, simulate, train
from fasciscan.cli.failures import CommandGroup, say

app = typer.Typer(
    cls=CommandGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Find, count and locate fasciculations in ultrasound clips of muscle.\n\n"
    "Begin with:  fasciscan analyze CLIP --mm-per-px 0.08\n\n"
    "It supports a reading and is no diagnosis.",
)
app.add_typer(analyze.app)
app.add_typer(info.app)
app.add_typer(exam.app, name="exam")
app.add_typer(history.app, name="history")
app.add_typer(evaluate.app)
app.add_typer(simulate.app)
app.add_typer(train.app)


def main() -> None:
    """Run the command line."""
    # Numba leaves so many objects that the interpreter would search them for rubbish for 0.3 s before it ends.
    atexit.register(gc.freeze)
    app()


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        say(f"fasciscan {__version__}")
        raise typer.Exit

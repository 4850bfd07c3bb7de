"""Options that several commands have, and the command line as results tell it."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

Model = Annotated[
    str | None,
    typer.Option(metavar="FILE|rule|network", help="Another network (.onnx), or one of rule and network alone."),
]
Jobs = Annotated[int | None, typer.Option(metavar="N", min=1, help="Clips at a time; by default one a core.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do it, as tcp://HOST:8786.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no table; errors only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an internal error comes from.")]

SHARING_OPTIONS = ("--jobs", "--scheduler")


def command_line() -> str:
    """Give the command line, without what only tells how the work is shared out: results must not depend on it."""
    from fasciscan.clip import printable  # here: it loads what --help has no time for

    words = iter(sys.argv[1:])
    kept = []
    for word in words:
        if word in SHARING_OPTIONS:
            next(words, None)
        elif not word.startswith(tuple(f"{option}=" for option in SHARING_OPTIONS)):
            kept.append(word)
    return printable(shlex.join(["fasciscan", *kept]))

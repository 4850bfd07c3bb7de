"""``fasciscan info``: what is read from clips, before any is analysed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fasciscan.cli.failures import do_each, say
from fasciscan.cli.options import Debug

app = typer.Typer()


@app.command()
def info(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP", help="Clips to look at.")],
    debug: Debug = False,
) -> None:
    """Print what is read from clips: coding, frames, true rate, timing, scale, tissue region, quality."""

    def work(path: Path) -> None:
        from fasciscan.clip import describe, open_clip, printable
        from fasciscan.report.facts import say_facts

        facts = say_facts(describe(open_clip(path)))
        say("\n".join([printable(path), *(f"  {name:<11} {value}" for name, value in facts)]))

    if not do_each(dict.fromkeys(clips), work, debug=debug):
        raise typer.Exit(1)

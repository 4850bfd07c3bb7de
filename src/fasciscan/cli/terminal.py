"""What commands draw: tables on stdout; bars on stderr, and only on a terminal, as a log is not to fill with them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from fasciscan.cli.failures import to_stdout

if TYPE_CHECKING:  # which costs more than --help may take
    from rich.console import Console

RATE_WINDOW_S = 600
"""Seconds over which the time left is estimated; a clip may take one of them or many."""
PIPE_WIDTH = 1000
"""Columns a table may take where no terminal tells its width, so that file names are not folded in a log."""


@contextmanager
def share_bars(*, shown: bool) -> Iterator[Callable[[str], Callable[[float], None]]]:
    """Give a function that starts a clip's bar by its name, which gives a function to tell the share done."""
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


@contextmanager
def tally(what: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Give a function that tells how many of how many are done, drawn as one bar."""
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


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, figures: Collection[str] = ()) -> None:
    """Print a table; columns whose headings are among the figures stand to the right and are not folded."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in headings:
        if heading in figures:
            table.add_column(heading, justify="right")
        else:
            table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as text: a file name may look like markup
    with to_stdout():
        _stdout().print(table)


def print_sentences(sentences: Iterable[str]) -> None:
    """Print sentences, each on lines of its own."""
    from rich.text import Text

    for sentence in sentences:
        with to_stdout():
            _stdout().print(Text(sentence))


def _stdout() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)

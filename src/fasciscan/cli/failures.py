"""How a command fails: what the user can put right is told in one line, and the exit code is not that of success."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from fasciscan.errors import FasciscanError


class StdoutError(FasciscanError):
    """Stdout takes nothing, for this file as for the next."""


class CommandGroup(TyperGroup):
    """The commands; an error that one of them raises for the user is told in a line, with exit code 1."""

    def invoke(self, ctx: typer.Context) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except FasciscanError as error:
            tell(str(error))
            raise typer.Exit(1) from None


def do_each(paths: Iterable[Path], work: Callable[[Path], None], *, debug: bool) -> bool:
    """Do the work for every file, naming each that fails on stderr; tell whether all went well."""
    all_done = True
    for path in paths:
        try:
            work(path)
        except (BrokenPipeError, StdoutError):
            raise
        except FasciscanError as error:
            tell(str(error))
            all_done = False
        except Exception as error:  # a bug, but one that must not cost the other files
            if debug:
                traceback.print_exc()
            cause = f"{type(error).__name__}: {error}"
            tell(f"{path}: internal error ({cause}); please report it with the output of --debug.")
            all_done = False
    return all_done


@contextmanager
def to_stdout() -> Iterator[None]:
    """Write to stdout in here. Where nobody reads on, Typer ends the program quietly, as others end in a pipe.

    Raises
    ------
    StdoutError
        If there is no room.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        # What it still holds goes nowhere, or else Python would complain of it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        reason = error.strerror or error
        raise StdoutError(f"stdout: could not be written to ({reason}); send it where there is room.") from error


def say(text: str, *, newline: bool = True) -> None:
    """Write to stdout."""
    with to_stdout():
        typer.echo(text, nl=newline)


def usage_error(what: str, option: str) -> typer.BadParameter:
    """Make the error of a command that cannot be meant; raised, it ends with exit code 2."""
    return typer.BadParameter(what, param_hint=option)


def tell(line: str) -> None:
    """Write one line to stderr, where it does not mix with a table."""
    typer.echo(" ".join(line.split()), err=True)

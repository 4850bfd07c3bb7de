"""The errors a user can cause: one line that says what is wrong, in which file, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FasciscanError(Exception):
    """Something the user can put right. Its text is one line."""


class ClipError(FasciscanError):
    """A clip that cannot be read or analysed.

    Parameters
    ----------
    path
        The file, as the user named it.
    what
        What is wrong with it, without a final full stop.
    remedy
        What to do about it, without a final full stop.
    """

    def __init__(self, path: str | Path, what: str, remedy: str):
        super().__init__(f"{path}: {what}; {remedy}.")
        self.path = Path(path)
        self.what = what
        self.remedy = remedy

    def __reduce__(self) -> tuple[type, tuple[Path, str, str]]:
        """Take it apart so that it passes between processes; an exception's own way gives back its text alone."""
        return type(self), (self.path, self.what, self.remedy)


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Name the clip in errors raised in here over an option that does not fit it: of many, another may do."""
    try:
        yield
    except ClipError:
        raise
    except FasciscanError as error:
        what = str(error)
        raise FasciscanError(f"{path}: {what[:1].lower()}{what[1:]}") from error

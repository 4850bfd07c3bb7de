"""When each frame was taken, and who says so: the file, the user, or nobody (then it is assumed, with a warning)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fasciscan.errors import ClipError

ASSUMED_RATE_HZ = 30.0
"""Where nothing tells the rate: the rate of NTSC video, at which most scanners export."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of all frames of a clip and their source."""

    times_s: NDArray[np.float64]
    """(n,) strictly increasing, 0 at the first frame."""
    source: str
    warnings: tuple[str, ...] = ()


def timing_from_stamps(stamps_s: Sequence[float] | NDArray[np.float64], source: str, rate_hz: float | None) -> Timing:
    """Take the file's own timestamps, or its rate where the stamps cannot be right.

    Parameters
    ----------
    stamps_s
        (n,) seconds, in the order the frames are shown.
    source
        What to call them, for the report.
    rate_hz
        What to assume where stamps repeat or run backwards.
    """
    stamps = np.asarray(stamps_s, np.float64)
    wrong = ~np.isfinite(stamps[1:] - stamps[:-1]) | (stamps[1:] <= stamps[:-1])
    if not wrong.any():
        return Timing(stamps - stamps[0], source)
    first = int(np.flatnonzero(wrong)[0]) + 1
    return assumed_timing(
        len(stamps), rate_hz, f"the timestamps repeat or run backwards ({wrong.sum()} times, first at frame {first})"
    )


def timing_from_rate(frame_count: int, rate_hz: float, source: str) -> Timing:
    """Frames at one rate that the file states."""
    return Timing(np.arange(frame_count) / rate_hz, source)


def assumed_timing(frame_count: int, rate_hz: float | None, why: str) -> Timing:
    """Frames at a rate that is only assumed, with the warning that says so."""
    rate = rate_hz or ASSUMED_RATE_HZ
    warning = f"{why}: {rate:.4g} frames/s are assumed, so rates and durations may be wrong; pass --timestamps"
    return Timing(np.arange(frame_count) / rate, "assumed", (warning,))


def read_timestamps(path: Path, frame_count: int) -> Timing:
    """Read the user's times from a CSV file.

    Parameters
    ----------
    path
        One time in seconds a line, in a column called ``time_s`` or in the only column; a header is optional there.
    frame_count
        Frames of the clip; the file must have as many times.

    Raises
    ------
    ClipError
        If the file is missing, is not such a table, has another number of times, or they do not increase.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise ClipError(path, "the timestamps cannot be read", "check the path given with --timestamps") from error
    except UnicodeDecodeError as error:
        raise ClipError(path, "the timestamps are not text", "give a CSV file with a column time_s") from error
    stamps = np.array(_parse_times(path, lines))
    if len(stamps) != frame_count:
        raise ClipError(path, f"has {len(stamps)} times for {frame_count} frames", "give one time for each frame")
    if not np.isfinite(stamps).all() or (np.diff(stamps) <= 0).any():
        raise ClipError(path, "its times do not increase", "give each frame a later time than the one before it")
    return Timing(stamps - stamps[0], "user timestamps")


def _parse_times(path: Path, lines: list[str]) -> list[float]:
    """Numbers of the column ``time_s``, or of the only column."""
    header = [name.strip() for name in lines[0].split(",")] if lines else []
    column = header.index("time_s") if "time_s" in header else 0
    if len(header) > 1 and "time_s" not in header:
        raise ClipError(path, "has several columns and none is called time_s", "name the column with the times time_s")
    rows = lines[0 if _is_number(header[0]) else 1 :] if header else []
    try:
        return [float(row.split(",")[column]) for row in rows]
    except (ValueError, IndexError) as error:
        raise ClipError(path, "not every line has a time", "give one time in seconds on each line") from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

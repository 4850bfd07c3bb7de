"""The time in which a clip could be analysed: stretches of it, and a clock that stands still in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Unusable

Stretch = tuple[float, float]
"""Start and end in s, half-open."""


def analysed_stretches(start_s: float, end_s: float, unusable: Iterable[Unusable]) -> tuple[Stretch, ...]:
    """Tell what is left of a clip without the stretches that cannot be analysed.

    Parameters
    ----------
    start_s, end_s
        Of the clip.
    unusable
        In order, without overlap.

    Returns
    -------
    tuple of (float, float)
        In order, each longer than nothing.
    """
    left, from_s = [], start_s
    for gap in unusable:
        left.append((from_s, min(gap.start_s, end_s)))
        from_s = max(from_s, gap.end_s)
    left.append((from_s, end_s))
    return tuple((start, end) for start, end in left if end > start)


def total_s(stretches: Iterable[Stretch]) -> float:
    """Seconds in all stretches together."""
    return float(sum(end - start for start, end in stretches))


def stretch_of(times_s: NDArray[np.float64], stretches: Sequence[Stretch]) -> NDArray[np.intp]:
    """Tell which stretch each moment lies in; one between two stretches counts to the later one.

    Parameters
    ----------
    times_s
        (n,) moments.
    stretches
        One or more.

    Returns
    -------
    (n,) ndarray
        Positions in ``stretches``. A twitch may begin just before the stretch in which it peaks.
    """
    return np.minimum(np.searchsorted([end for _, end in stretches], times_s, side="right"), len(stretches) - 1)


def analysed_clock(times_s: NDArray[np.float64], stretches: Sequence[Stretch]) -> NDArray[np.float64]:
    """Put moments (n,) on a clock that starts at 0 and stands still where nothing could be analysed."""
    starts, ends = np.array(stretches, dtype=np.float64).T
    begun = np.concatenate([[0.0], np.cumsum(ends - starts)[:-1]])
    which = stretch_of(times_s, stretches)
    return begun[which] + np.clip(times_s, starts[which], ends[which]) - starts[which]

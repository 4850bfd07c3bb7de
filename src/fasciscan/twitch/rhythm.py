"""Rhythm: a pulse comes back every heartbeat, fasciculations do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion.sorting import median

_BEATS_S = (0.5, 1.3)
"""Heart rates of 46 to 120 a minute (DOMAIN.md: pulsation has 0.8 to 2 Hz)."""
_FEWEST_BEATS = 4
_CLIP_AT = 4.0
"""Motion is limited to this many times its usual size, so that one large twitch does not hide the pulse beneath it,
nor two twitches make one."""


def heartbeat(motion: NDArray[np.floating], times_s: NDArray[np.float64]) -> tuple[float, float]:
    """How much a motion repeats itself at the pace of a heart.

    Parameters
    ----------
    motion
        (t,) signed motion of one place, without drift.
    times_s
        (t,) evenly spaced.

    Returns
    -------
    likeness, period_s
        The largest over periods of the lesser of the autocorrelations one and two periods later, 0 to 1, and its
        period. 0 where the clip is too short to tell.
    """
    step = times_s[1] - times_s[0]
    n = len(motion)
    if n * step < _FEWEST_BEATS * _BEATS_S[0]:
        return 0.0, 0.0
    limit = _CLIP_AT * float(median(np.abs(motion))) + 1e-9
    limited = np.clip(motion - median(motion), -limit, limit)
    size = 1 << (2 * n - 1).bit_length()  # a power of two: where 2 n has large prime factors it takes ten times as long
    spectrum = np.fft.rfft(limited, size)
    alike = np.fft.irfft(spectrum * spectrum.conj())[:n]
    # Later lags have fewer pairs; count each for what it has.
    alike = alike / np.arange(n, 0, -1) / max(alike[0] / n, 1e-12)
    longest = min(_BEATS_S[1], (n - 1) * step / 3)
    lags = np.arange(round(_BEATS_S[0] / step), round(longest / step) + 1)
    if not len(lags):
        return 0.0, 0.0
    twice = np.stack([alike[2 * lags + d] for d in (-1, 0, 1)]).max(axis=0)
    both = np.minimum(alike[lags], twice)
    best = int(np.argmax(both))
    return float(np.clip(both[best], 0, 1)), float(lags[best] * step)

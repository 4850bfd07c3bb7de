"""The limit of detection: how small a twitch may be and still be found amid the noise of a clip's motion."""

from __future__ import annotations

import numpy as np

from fasciscan.motion import MotionMaps
from fasciscan.motion.sorting import median

_TIMES_NOISE = 7.4
"""Peak displacement of the tissue, in units of the cells' noise, of which half the twitches are found: a logistic curve
through 923 twitches of 250 validation clips (docs/finding.md). What is measured of a twitch is less than it is, and it
must be told from other motion besides standing out."""


def detection_limit_mm(maps: MotionMaps) -> float | None:
    """Tell the peak displacement of which half the twitches are found in a block.

    It rests on what the cells usually do and on what the flow says of its own error, as candidates do; so electronic
    noise, compression, flickering colour and restless tissue all raise it.

    Parameters
    ----------
    maps
        One block of motion as measured.

    Returns
    -------
    float or None
        mm; None where no motion was measured.
    """
    core = (maps.times_s >= maps.core_s[0]) & (maps.times_s < maps.core_s[1])
    error = maps.error[core][:, maps.grid.valid]
    error = error[np.isfinite(error).any(axis=1)]
    if not len(error):
        return None
    noise = np.sqrt(maps.noise[maps.grid.valid] ** 2 + median(error, axis=0) ** 2)
    limit = _TIMES_NOISE * float(median(noise))
    return limit if np.isfinite(limit) else None

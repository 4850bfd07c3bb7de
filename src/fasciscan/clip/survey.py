"""A look at a few dozen frames of a clip, enough to tell tissue from screen without reading the whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.recording import Recording

LEADING_FRAMES = 32
"""Neighbouring frames, which show noise and small motion: about a second of the clip."""
SPREAD_FRAMES = 16
"""Frames from all over the clip, which show what ever changes."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A few frames of a clip."""

    leading: NDArray[np.uint8]
    """(k, height, width) the first frames, in order; at least one."""
    spread: NDArray[np.uint8]
    """(m, height, width) frames from all over the clip; may be empty."""


def survey(recording: Recording) -> Survey | None:
    """Look at the first frames of a recording and at some from all over it; None when none can be read."""
    leading = [luma.copy() for _, luma in islice(recording.pictures.stream(), LEADING_FRAMES)]
    if not leading:
        return None
    later = len(recording.timing.times_s) > LEADING_FRAMES
    spread = [luma.copy() for luma in recording.pictures.spread(SPREAD_FRAMES)] if later else []
    return Survey(np.stack(leading), np.stack(spread) if spread else np.empty((0, *leading[0].shape), np.uint8))

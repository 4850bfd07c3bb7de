"""A look at a few dozen frames of a clip, enough to tell tissue from screen without reading the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.recording import Begun

LEADING_FRAMES = 32
"""Neighbouring frames, which show noise and small motion: about a second of the clip."""
SPREAD_FRAMES = 16
"""Frames from all over the clip, which show what ever changes."""
EVERY_PX = 4
"""A part of the pixels tells whether a frame is blank."""
BLANK_CONTRAST = 2.0
"""Standard deviation of the grey levels below which a frame is of one colour, as some clips begin and end."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A few frames of a clip."""

    leading: NDArray[np.uint8]
    """(k, height, width) the first frames, in order; at least one. Blank ones are left out, here and below, if any is
    not; where all of the first are, these are frames from all over the clip."""
    spread: NDArray[np.uint8]
    """(m, height, width) frames from all over the clip; may be empty."""


def survey(pictures: Begun, count: int) -> Survey | None:
    """Look at the first of so many pictures and at some from all over them; None when none can be read."""
    first = pictures.look(LEADING_FRAMES)
    if not first:
        return None
    others = [luma.copy() for luma in pictures.spread(SPREAD_FRAMES)] if count > LEADING_FRAMES else []
    shown, spread = _not_blank(first), _not_blank(others)
    leading, spread = (shown, spread) if shown else (spread or first, [])
    return Survey(np.stack(leading), np.stack(spread) if spread else np.empty((0, *leading[0].shape), np.uint8))


def _not_blank(frames: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    return [frame for frame in frames if float(frame[::EVERY_PX, ::EVERY_PX].std()) >= BLANK_CONTRAST]

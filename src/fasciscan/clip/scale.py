"""How many millimetres a pixel is: the user's word, else the file's, else none. Nothing is guessed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip.records import ClipOptions, Scale
from fasciscan.errors import FasciscanError

SCALE_DIFFERS = 0.02
"""A user's scale further than this from the file's is told: rounding explains less."""

DEEP_MM = (2.0, 400.0)
"""Height of a whole picture at least, and depth of its tissue at most: beyond these bounds someone mistyped."""

SQUARE_WITHIN = 0.01
"""Pixels this near to square are square: cropping and rounding leave such ratios behind."""

ASPECT_MOST = 4.0
"""Pixels longer than this are a broken header: old video, stored with half its lines or columns, has 2.2."""


def settle_scale(
    told: Scale | None, aspect: float, options: ClipOptions, mask: NDArray[np.bool_]
) -> tuple[Scale | None, tuple[str, ...]]:
    """Decide on the scale and say what speaks against it.

    Parameters
    ----------
    told
        What the file says.
    aspect
        Width of a pixel over its height, as the file says.
    options
        What the user says of the height of a pixel: ``mm_per_px`` or ``depth_mm``, which go before the file.
    mask
        (height, width) the tissue, whose height is the user's depth.

    Raises
    ------
    FasciscanError
        If the user gives a scale that is not a positive number, makes the tissue millimetres or metres deep, or gives
        two of them.
    """
    if options.mm_per_px is not None and options.depth_mm is not None:
        raise FasciscanError("Both --mm-per-px and --depth-mm are given; give one of them.")
    given = options.mm_per_px if options.mm_per_px is not None else options.depth_mm
    rows = np.flatnonzero(mask.any(axis=1))
    count = float(rows[-1] - rows[0] + 1)
    told, aspect, doubts = _believable(told, aspect, count, len(mask))
    shape = f"pixels are not square (width : height = {aspect:.4g})" if abs(aspect - 1) > SQUARE_WITHIN else ""
    if given is None:
        if told:
            return told, doubts
        uneven = (f"{shape}: sizes in pixels are not the same both ways",) if shape else ()
        return None, (*doubts, "no scale: sizes are in pixels; pass --mm-per-px or --depth-mm", *uneven)
    if not (np.isfinite(given) and given > 0):
        raise FasciscanError(f"The scale must be a positive number of millimetres, not {given}.")
    wide = aspect if shape else 1.0
    if options.mm_per_px is not None:
        scale, laid = Scale(given * wide, given, "user"), ()
    else:
        scale = Scale(given / count * wide, given / count, "user depth")
        laid = _tell_rows(given, rows, len(mask)) if options.roi is None else ()
    deep_mm, (least, most) = scale.y_mm_per_px * count, DEEP_MM
    if scale.y_mm_per_px * len(mask) < least or deep_mm > most:  # a part of a picture may be as small as it likes
        raise FasciscanError(
            f"The scale given makes the tissue {deep_mm:.3g} mm deep, where {least:g} to {most:g} mm can be;"
            " correct it."
        )
    stretched = (f"{shape}: the scale given was taken for their height, and their width follows",) if shape else ()
    return scale, (*laid, *stretched, *_compare(told, scale))


def _believable(
    told: Scale | None, aspect: float, rows: float, height: int
) -> tuple[Scale | None, float, tuple[str, ...]]:
    """Drop what the file says of its scale where no tissue or no pixel is like that, and say so."""
    doubts = []
    if not 1 / ASPECT_MOST <= aspect <= ASPECT_MOST:
        doubts.append(f"the file says its pixels are {aspect:.3g} times as wide as high, which was not believed")
        told, aspect = None, 1.0
    least, most = DEEP_MM
    if told and (told.y_mm_per_px * height < least or told.y_mm_per_px * rows > most):
        doubts.append(
            f"the {told.y_mm_per_px:.4g} mm/px the file says ({told.source}) would make the tissue"
            f" {told.y_mm_per_px * rows:.3g} mm deep and was not believed"
        )
        told = None
    return told, aspect, tuple(doubts)


def _tell_rows(depth_mm: float, rows: NDArray[np.intp], height: int) -> tuple[str, ...]:
    """Say what a depth was laid over: in a short, quiet clip less of the tissue may be found than there is."""
    return (
        f"the {depth_mm:g} mm of depth were laid over rows {rows[0]} to {rows[-1]} of {height}, where tissue was found;"
        " if it reaches farther, pass --roi",
    )


def _compare(told: Scale | None, scale: Scale) -> tuple[str, ...]:
    """Warn where the user overrides a file that says something else."""
    if told is None or abs(scale.y_mm_per_px / told.y_mm_per_px - 1) <= SCALE_DIFFERS:
        return ()
    return (
        f"the scale given, {scale.y_mm_per_px:.4g} mm/px, replaces the file's own {told.y_mm_per_px:.4g} mm/px"
        f" ({told.source})",
    )

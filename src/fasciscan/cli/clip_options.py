"""What the user says about clips, read from the words of the command line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from fasciscan.cli.failures import usage_error

if TYPE_CHECKING:  # each of these costs more than --help may take
    from fasciscan.clip import ClipOptions
    from fasciscan.exam import Muscle


def read_clip_options(
    mm_per_px: float | None,
    depth_mm: float | None,
    roi: str | None,
    muscle_region: str | None,
    timestamps: Path | None,
) -> ClipOptions:
    """Give what the user says about the clips, or refuse what cannot be meant."""
    from fasciscan.clip import ClipOptions

    for name, value in (("--mm-per-px", mm_per_px), ("--depth-mm", depth_mm)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise usage_error(f"{value}: must be more than 0", name)
    if mm_per_px is not None and depth_mm is not None:
        raise usage_error("give either --mm-per-px or --depth-mm, since each sets the scale", "--depth-mm")
    return ClipOptions(
        mm_per_px=mm_per_px,
        depth_mm=depth_mm,
        roi=None if roi is None else read_region(roi, "--roi"),
        muscle_region=None if muscle_region is None else read_region(muscle_region, "--muscle-region"),
        timestamps=timestamps,
    )


def read_region(text: str, option: str) -> tuple[tuple[float, float], ...]:
    """Corners of ``"x,y,width,height"`` or of a polygon ``"x,y x,y x,y"``, in pixels."""
    try:
        points = [tuple(float(number) for number in point.split(",")) for point in text.split()]
    except ValueError:
        points = []
    if not all(math.isfinite(number) for point in points for number in point):
        points = []
    match points:
        case [(x, y, width, height)] if width > 0 and height > 0:
            right, bottom = x + width - 1, y + height - 1  # the last pixels inside: a polygon holds its edge
            return ((x, y), (right, y), (right, bottom), (x, bottom))
        case [(_, _), (_, _), (_, _), *_] if all(len(point) == 2 for point in points):
            return tuple((point[0], point[1]) for point in points)
        case _:
            raise usage_error(
                f"{text!r}: give 'x,y,width,height' or three or more corners 'x,y x,y x,y', in pixels", option
            )


def read_muscle(name: str | None, side: str | None) -> Muscle | None:
    """Give the muscle that the clips show, if it was named."""
    from fasciscan.exam import Muscle

    if side is not None and side not in ("left", "right"):
        raise usage_error(f"{side!r}: say left or right", "--side")
    if name is None:
        if side is not None:
            raise usage_error("say which muscle it is the side of, with --muscle", "--side")
        return None
    return Muscle(name, side)


def read_formats(text: str) -> list[str]:
    """Give the formats that a list with commas names."""
    from fasciscan.report import FORMATS

    chosen = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in FORMATS]
    if unknown or not chosen:
        raise usage_error(f"{text!r}: name some of {', '.join(FORMATS)}, with commas between", "--format")
    return chosen

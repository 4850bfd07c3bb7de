"""Random scenes: tissue, twitches, look-alikes and machine, drawn from the ranges seen in real recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fasciscan.errors import FasciscanError
from fasciscan.simulate.broad.draw import draw_broad
from fasciscan.simulate.narrow import draw_narrow
from fasciscan.simulate.scene import Scene

PRESETS = (
    "broad",
    "broad-busy",
    "broad-clinic",
    "broad-spread",
    "broad-heldout",
    "broad-recoded",
    "broad-texture",
    "texture-twitches",
    "texture-mixed",
    "scatterer-twitches",
    "scatterer-mixed",
)
"""Broad as real life, for training and testing: the same with more going on, and with what recordings made for other
questions show, both for training alone; with motion that spreads farther, through a family of imaging, and in codec
settings that are kept for tests; and with warped stills. And narrower ones: warped stills or imaged scatterers;
twitches alone, or with look-alikes among them."""
TEXTURE_PRESETS = tuple(preset for preset in PRESETS if "texture" in preset)
"""Those on stills the user gives."""

SHORTEST_S, SHORTEST_BROAD_S, LONGEST_S = 15.0, 5.0, 600.0
"""Lengths a clip can be asked for: room for each event that may be drawn, and an end."""
RATES_HZ = (5.0, 200.0)
"""Rates a scanner can be asked for."""


def random_scene(
    seed: int,
    preset: str,
    stills: Sequence[Path | str] = (),
    duration_s: float | None = None,
    frame_rate_hz: float | None = None,
) -> Scene:
    """Draw a scene.

    Parameters
    ----------
    seed
        Decides everything; the same seed gives the same scene.
    preset
        One of :data:`PRESETS`.
    stills
        Pictures to take the texture from, for the texture presets.
    duration_s, frame_rate_hz
        Length and scanner's rate instead of those drawn; events are drawn for this length.

    Returns
    -------
    Scene
        See :func:`fasciscan.simulate.broad.draw.draw_broad` and :func:`fasciscan.simulate.narrow.draw_narrow`.

    Raises
    ------
    FasciscanError
        If the preset is unknown, a texture is wanted and no still given, or the length or rate is out of range.
    """
    if preset not in PRESETS:
        raise FasciscanError(f"There is no preset {preset!r}; choose one of {', '.join(PRESETS)}.")
    broad = preset.startswith("broad")
    shortest = SHORTEST_BROAD_S if broad else SHORTEST_S
    if duration_s is not None and not shortest <= duration_s <= LONGEST_S:
        raise FasciscanError(f"A clip of {preset!r} lasts {shortest:g} to {LONGEST_S:g} s, not {duration_s:g} s.")
    if frame_rate_hz is not None and not RATES_HZ[0] <= frame_rate_hz <= RATES_HZ[1]:
        raise FasciscanError(f"A scanner makes {RATES_HZ[0]:g} to {RATES_HZ[1]:g} pictures/s, not {frame_rate_hz:g}.")
    draw = draw_broad if broad else draw_narrow
    return draw(seed, preset, stills, duration_s, frame_rate_hz)

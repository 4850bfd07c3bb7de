"""A candidate in two dozen numbers: how far, how long, along which path, amid what. All lengths also as shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import MotionMaps
from fasciscan.twitch.candidates import Candidate

MEASURES = (
    "strength",
    "height",
    "rise",
    "length",
    "velocity",
    "returned",
    "undershoot",
    "swings",
    "stays",
    "seen",
    "support",
    "strain",
    "error",
    "rigid",
    "skin",
    "field",
    "unrest",
    "commotion",
    "rhythm",
    "period",
    "depth",
    "frame rate",
    "company",
    "near company",
    "taken out",
)
"""The candidate's own measures; lengths, times and ratios of them as logarithms."""
PLAIN_MM = 0.05
"""A length of the order of what can just be seen."""
FEWEST_MM = 0.001
"""Added before a logarithm, so that nothing reads as minus infinity; and so are the seconds."""

_FEWEST_S = 0.005
_COMPANY_S, _COMPANY_MM = 1.0, 6.0


def measure(maps: MotionMaps, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """Tell the measures of candidates.

    Parameters
    ----------
    maps
        The block they were found in.
    candidates
        All that were found in it: some measures tell of the company.

    Returns
    -------
    ndarray
        (n, 25); columns are :data:`MEASURES`.
    """
    peaks_s = np.array([c.bump.peak_s for c in candidates])
    places = np.array([c.cell for c in candidates], float).reshape(-1, 2) * maps.grid.pitch_mm[::-1]
    stepped = maps.frames.step_s[maps.frames.step_s > 0]
    rate_hz = 1 / float(np.median(stepped)) if len(stepped) else 1.0
    out = np.zeros((len(candidates), len(MEASURES)), np.float32)
    for n, c in enumerate(candidates):
        bump, height = c.bump, max(c.bump.height_mm, FEWEST_MM)
        beside = np.abs(peaks_s - bump.peak_s) <= _COMPANY_S
        near = beside & (np.linalg.norm(places - places[n], axis=1) <= _COMPANY_MM)
        seen_s = min(bump.onset_s - c.trace.times_s[0], c.trace.times_s[-1] - bump.offset_s)
        out[n] = (
            np.log(max(c.strength, 1.0)),
            np.log(height / PLAIN_MM),
            np.log(bump.rise_s + _FEWEST_S),
            np.log(bump.offset_s - bump.onset_s + _FEWEST_S),
            np.log(bump.velocity_mm_s + PLAIN_MM),
            bump.returned,
            min(bump.undershoot, 3.0),
            min(bump.swings, 12),
            np.log(c.trace.stays_mm / height + 0.05),
            np.log(max(seen_s, 0.0) + 0.05),
            np.log(c.support_mm2 + 1),
            np.log(height / np.sqrt(c.support_mm2 + 1)),
            np.log(min(c.error_mm, 10.0) / height + 0.01),
            np.log(c.rigid_mm / height + 0.01),
            np.log(c.skin_share + 0.02),
            np.log(c.field_share + 0.01),
            np.log(c.unrest + 0.02),
            np.log(c.commotion + 0.02),
            c.rhythm,
            c.period_s,
            maps.grid.depth_mm[c.cell[0]] / 10,
            np.log(rate_hz),
            np.log(np.count_nonzero(beside)),
            np.log(np.count_nonzero(near)),
            np.log(_taken_out_mm(maps, c) / height + 0.01),
        )
    return out


def _taken_out_mm(maps: MotionMaps, candidate: Candidate) -> float:
    """Largest broad motion that was taken out of the candidate's place while it moved."""
    if maps.measured is None:
        return 0.0
    meanwhile = slice(*np.searchsorted(maps.times_s, (candidate.bump.onset_s, candidate.bump.offset_s)).tolist())
    taken = maps.measured.excursion[meanwhile, *candidate.cell] - maps.excursion[meanwhile, *candidate.cell]
    return float(np.linalg.norm(taken, axis=-1).max(initial=0.0))

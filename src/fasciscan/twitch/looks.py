"""Two looks at a block of motion: as measured, and with the broad motion taken out for what that may have hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fasciscan.motion import MotionMaps, steady
from fasciscan.twitch.candidates import Candidate, CandidateConfig, find_candidates
from fasciscan.twitch.distinct import settle
from fasciscan.twitch.judge.verdict import Classifier, Verdict
from fasciscan.twitch.kind import Kind

_COUNTED_S = 0.05
"""This near to a twitch that counts no other one is looked for: it would add nothing (:func:`settle`)."""


def find_again(steadied: MotionMaps, config: CandidateConfig, counted_s: Sequence[float] = ()) -> list[Candidate]:
    """Find what moves by itself at the moments at which broad motion was taken out.

    Parameters
    ----------
    steadied
        What :func:`fasciscan.motion.steady` made of a block of maps.
    config
        Thresholds of the candidates.
    counted_s
        Peaks of the twitches that count already; none is looked for there.

    Returns
    -------
    list of Candidate
        In the order of their peaks; none if nothing was taken out.
    """
    if steadied.measured is None:
        return []
    when = steadied.field != steadied.measured.field  # at all other moments the motion is the same
    for peak_s in counted_s:
        when &= np.abs(steadied.times_s - peak_s) > _COUNTED_S
    return [replace(candidate, steadied=True) for candidate in find_candidates(steadied, config, when)]


class Motion(NamedTuple):
    """One motion of a block, with what was said of it and the maps it was seen in."""

    candidate: Candidate
    verdict: Verdict
    maps: MotionMaps


class Seen(NamedTuple):
    """What both looks show."""

    motions: list[Motion]
    """In order of time."""
    steadied: MotionMaps
    """The maps of the second look; those of the first where there was none."""


def look_twice(maps: MotionMaps, config: CandidateConfig, classifier: Classifier) -> Seen:
    """Find and judge the motions of a block.

    The first look decides. The second is taken where the field moves as a whole, if the classifier allows for it, and
    adds the twitches that the first did not show; it refutes none.

    Parameters
    ----------
    maps
        One block of motion as measured.
    config
        Thresholds of the candidates.
    classifier
        What tells twitches from look-alikes.
    """
    candidates = find_candidates(maps, config)
    verdicts = classifier.classify(maps, candidates)
    steadied = steady(maps) if classifier.looks_again else maps
    counted = [c.bump.peak_s for c, v in zip(candidates, verdicts, strict=True) if v.kind is Kind.FASCICULATION]
    again = find_again(steadied, config, counted)
    for candidate, verdict in zip(again, classifier.classify(steadied, again), strict=True):
        if verdict.kind is Kind.FASCICULATION:
            candidates.append(candidate)
            verdicts.append(verdict)
    settled = settle(candidates, verdicts, maps.grid)
    return Seen([Motion(c, v, steadied if c.steadied else maps) for c, v in settled], steadied)

"""Where a detector does well and where not: the figures by what the clips and the twitches are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fasciscan.score.bootstrap import RESAMPLES, SEED, Estimate, estimate, resample
from fasciscan.score.clips import ScoredClip
from fasciscan.score.figures import BRIEF, reckon_figures
from fasciscan.score.look_alikes import CLASSES
from fasciscan.score.metrics import Score
from fasciscan.simulate.truth import Truth
from fasciscan.twitch.kind import Kind

AMPLITUDE_EDGES_MM = (0.0, 0.06, 0.1, 0.15, 0.2, 0.3, float("inf"))
"""Close together where detection begins to fail, below the mean of 0.2 mm (MUMRI, PMC7900994)."""
FRAME_RATE_EDGES_HZ = (0, 25, 40, 60, float("inf"))
"""30-80 frames/s are in use; below 25 a twitch shows on three frames or fewer."""
CRF_EDGES = (0, 21, 25, float("inf"))
"""H.264: up to 20 hardly to be told from the original, 25 and more as clips sent by messengers."""
NO_LOOK_ALIKE = "none"
BAND_WORDS = ("below", "to", "and", "more")


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of the clips that have something in common."""

    by: str
    group: str
    clips: int
    twitches: int
    figures: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class AmplitudeRow:
    """What became of twitches of like size."""

    group: str
    twitches: int
    recall: Estimate
    seen: Estimate
    """Share at whose time and place anything was found."""


@dataclass(frozen=True, slots=True)
class LookAlikeRow:
    """What the look-alikes of one name were told to be."""

    name: str
    kinds: str
    number: int
    told_right: int
    told_as_there: int
    """As another look-alike that was there at the time; which of the two a motion belongs to is a guess."""
    told_otherwise: int
    """As another look-alike that was not."""
    told_twitch: int
    """As fasciculation."""
    left_nothing: int


def break_down(
    clips: Sequence[ScoredClip], scores: Sequence[Score], resamples: int = RESAMPLES, seed: int = SEED
) -> list[Row]:
    """Reckon the brief figures by frame rate, look-alike, compression, recording and preset.

    Parameters
    ----------
    clips, scores
        The same clips, in the same order.
    resamples, seed
        See :func:`fasciscan.score.bootstrap.resample`.

    Returns
    -------
    list of Row
        A clip with several look-alikes is in several rows of them.
    """
    groups: dict[tuple[str, str], list[Score]] = {}
    for clip, score in zip(clips, scores, strict=True):
        for key in describe_clip(clip.truth):
            groups.setdefault(key, []).append(score)
    order = list(dict.fromkeys(by for by, _ in groups))
    return [
        Row(
            by,
            group,
            len(members),
            sum(score.true_positives + score.missed for score in members),
            reckon_figures(members, BRIEF, resamples, seed),
        )
        for (by, group), members in sorted(
            groups.items(), key=lambda item: (order.index(item[0][0]), _rank(item[0][1]))
        )
    ]


def describe_clip(truth: Truth) -> list[tuple[str, str]]:
    """Tell the groups a clip belongs to, as (by what, which)."""
    names = sorted({event.name for event in truth.events if event.kind != Kind.FASCICULATION})
    timing = truth.timing
    recording = "copied frames" if timing.copied_frames else "lost frames" if timing.dropped_frames > 0 else "plain"
    return [
        ("preset", truth.preset),
        ("frame rate, per s", _band(timing.scan_rate_hz, FRAME_RATE_EDGES_HZ)),
        *(("look-alike", name) for name in names or [NO_LOOK_ALIKE]),
        ("compression", _compression(truth)),
        ("recording", recording),
    ]


def by_amplitude(scores: Sequence[Score], resamples: int = RESAMPLES, seed: int = SEED) -> list[AmplitudeRow]:
    """Tell the share of twitches found by their peak displacement, those below the size asked for too."""
    draws = resample(len(scores), resamples, seed)
    rows = []
    for low, high in pairwise(AMPLITUDE_EDGES_MM):
        within = [[t for t in score.twitches if low <= t.amplitude_mm < high] for score in scores]
        all_ = np.array([len(part) for part in within], float)
        found = np.array([sum(t.found for t in part) for part in within], float)
        seen = np.array([sum(t.seen for t in part) for part in within], float)
        group = _band(low, AMPLITUDE_EDGES_MM)
        rows.append(
            AmplitudeRow(group, int(all_.sum()), estimate(draws.ratio(found, all_)), estimate(draws.ratio(seen, all_)))
        )
    return [row for row in rows if row.twitches]


def by_look_alike(scores: Sequence[Score]) -> list[LookAlikeRow]:
    """Tell what look-alikes of each name were taken for."""
    told = [verdict for score in scores for verdict in score.look_alikes]
    rows = []
    for kinds, name in sorted({(verdict.kinds, verdict.name) for verdict in told}, key=_by_class):
        of_name = [verdict for verdict in told if (verdict.kinds, verdict.name) == (kinds, name)]
        twitch = sum(verdict.told == Kind.FASCICULATION for verdict in of_name)
        right = sum(verdict.right for verdict in of_name)
        nothing = sum(verdict.told is None for verdict in of_name)
        there = sum(verdict.told_as_there and not verdict.right for verdict in of_name)
        other = len(of_name) - right - there - twitch - nothing
        rows.append(LookAlikeRow(name, " or ".join(kinds), len(of_name), right, there, other, twitch, nothing))
    return rows


def _by_class(key: tuple[tuple[str, ...], str]) -> tuple[int, str]:
    return CLASSES.index(key[0][0]), key[1]


def _compression(truth: Truth) -> str:
    machine = truth.scene.get("machine") or {}
    codec = str(machine.get("codec", "unknown"))
    return f"{codec} crf {_band(machine['quality'], CRF_EDGES)}" if codec == "h264" else codec


def _rank(group: str) -> tuple[str, float]:
    """Sort groups by name, and the bands of one name from the lowest up."""
    words = group.split()
    numbers = [float(word) for word in words if word.replace(".", "", 1).isdigit()]
    banded = bool(numbers)
    name = " ".join(word for word in words if word not in BAND_WORDS and not word[0].isdigit()) if banded else group
    return name, -1.0 if "below" in words else numbers[0] if banded else 0.0


def _band(value: float, edges: Sequence[float]) -> str:
    """Name the half-open band a value lies in."""
    low = max(edge for edge in edges if edge <= value)
    above = [edge for edge in edges if edge > value]
    if not above or above[0] == float("inf"):
        return f"{low:g} and more"
    return f"below {above[0]:g}" if low == edges[0] else f"{low:g} to {above[0]:g}"

"""What each candidate truly is: told by the truth of a simulated clip, or by what a person said of a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from fasciscan.learn.reviews import Review, ReviewedEvent
from fasciscan.score.matching import TOLERANCE_MM, TOLERANCE_S
from fasciscan.simulate import Truth
from fasciscan.simulate.geometry import Layers, Sector
from fasciscan.simulate.mimics import MovingLookAlike
from fasciscan.simulate.motions import Wave
from fasciscan.twitch import Kind

KINDS = tuple(Kind)
"""The classes, in the order of the network's outputs."""
FAINTEST_MM = 0.05
"""A twitch below this may be taken for one or not: it is at the limit of what can be seen."""

VIEW_WEIGHT = 0.3
"""Of another view of a twitch: there are some three of each, and together they count as much as the best."""
TRAIL_WEIGHT = 0.3
"""Of what trails a twitch: whether it is a motion of its own is open."""

_REACH_MM = 12.0
"""As far the duplicates rule takes two places for one twitch (:mod:`fasciscan.twitch.distinct`)."""
_VIEW_MM = 9.0
"""A candidate no farther from a twitch has its epicentre within the patch (10 mm), and can learn to point to it."""
_LARGE_MAJOR_MM, _LARGE_VIEW_MM, _LARGE_REACH_MM = 20.0, 12.0, 30.0
"""A twitch that moves most of the field: its centre is found less exactly, and it is seen everywhere."""
_AROUND_S = 0.15
"""A motion still casts lesser peaks this long before its onset and after its offset: the maps compare over that."""
_DECAY_S = 0.1
"""Of two candidates on one twitch the higher is the better, by a factor of e for each 0.1 s it lies nearer."""
_AFTER_S = 0.1
"""For so long after its offset a motion still shows: frame averaging and relaxation."""
_WINDOW_S = 0.15
"""Motion within this time of a candidate's peak can have made it."""
_WINDOW_STEPS = 25
_LEAST_MM = 0.02
"""A motion that moved the place by less in that time has not made the candidate."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where and when the n candidates of a clip are."""

    peak_s: NDArray[np.float64]
    x_px: NDArray[np.float64]
    """Centre of the candidate's cell, counted from the edge of the frame: the centre of the first pixel is 0.5."""
    y_px: NDArray[np.float64]
    height_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labels:
    """What n candidates are, and which of m true twitches had one."""

    kind: NDArray[np.int64]
    """(n,) position in :data:`KINDS`."""
    weight: NDArray[np.float32]
    """(n,) how much it counts; 0 where it must not be learnt from."""
    settled: NDArray[np.bool_]
    """(n,) whether it belongs to a twitch in one way or another: nothing else is asked about it."""
    shift_px: NDArray[np.float32]
    """(n, 2) from the candidate's cell to the true epicentre, (x, y); nan where it is no twitch."""
    had_candidate: NDArray[np.bool_]
    """(m,)."""


def label_by_truth(found: Found, truth: Truth) -> Labels:
    """Tell what candidates are by what was put into the clip.

    A candidate within 0.15 s and 9 mm of a twitch is a view of it: the highest and nearest counts fully, other views,
    which the duplicates rule will drop, count less, and those of a twitch too faint to see not at all. Of candidates
    farther away, those that a twitch may have dragged along do not count, and those before or after its peak are
    artefacts that count less. Any other is what moved its place most within 0.15 s of its peak, and an artefact where
    nothing did.

    Parameters
    ----------
    found
        The candidates.
    truth
        The clip's truth.

    Returns
    -------
    Labels
        In the order of the candidates, and of ``truth.twitches``.
    """
    large = np.array([bool(t.territory) and t.territory.major_mm >= _LARGE_MAJOR_MM for t in truth.twitches], bool)
    labels = _label_twitches(
        found,
        _Twitches(
            peak_s=np.array([t.peak_s for t in truth.twitches]),
            start_s=np.array([t.onset_s for t in truth.twitches]),
            end_s=np.array([t.offset_s for t in truth.twitches]),
            place_px=np.array([(t.x_px, t.y_px) for t in truth.twitches], float).reshape(-1, 2) + 0.5,
            view_mm=np.where(large, _LARGE_VIEW_MM, _VIEW_MM),
            reach_mm=np.where(large, _LARGE_REACH_MM, _REACH_MM),
            faint=np.array([(t.peak_displacement_mm or 0) < FAINTEST_MM for t in truth.twitches], bool),
        ),
        truth.mm_per_px,
    )
    motions = _look_alikes(truth)
    layers = _read_layers(truth)
    box = truth.image_box
    for n in np.flatnonzero(~labels.settled):
        x_mm, y_mm = (found.x_px[n] - box.x) * truth.mm_per_px, (found.y_px[n] - box.y) * truth.mm_per_px
        moved = [_moved_mm(motion, float(found.peak_s[n]), x_mm, y_mm, layers) for motion in motions]
        if moved and max(moved) >= _LEAST_MM:
            labels.kind[n] = KINDS.index(Kind(motions[int(np.argmax(moved))].kind))
    return labels


def label_each(label: Callable[[Found], Labels], found: Found, part: NDArray[np.bool_]) -> Labels:
    """Label two parts of a clip's candidates by themselves.

    Parameters
    ----------
    label
        What labels candidates.
    found
        All of them.
    part
        (n,) which of them belong to the second part.

    Returns
    -------
    Labels
        In the order of ``found``. A twitch had a candidate if it had one in either part.
    """
    rows = np.flatnonzero(~part), np.flatnonzero(part)
    of_part = [label(Found(*(getattr(found, f.name)[own] for f in fields(Found)))) for own in rows]
    back = np.argsort(np.concatenate(rows), kind="stable")
    joined = {
        name: np.concatenate([getattr(labels, name) for labels in of_part])[back]
        for name in ("kind", "weight", "settled", "shift_px")
    }
    return Labels(**joined, had_candidate=of_part[0].had_candidate | of_part[1].had_candidate)


def label_by_review(found: Found, review: Review) -> Labels:
    """Tell what candidates are by what a person marked; unmarked ones in a reviewed stretch are artefacts.

    Parameters
    ----------
    found
        The candidates.
    review
        Of the same clip.

    Returns
    -------
    Labels
        In the order of the candidates, and of the marked fasciculations.
    """
    marked = [event for event in review.events if event.kind is Kind.FASCICULATION]
    peak_s = np.array([event.peak_s for event in marked])
    labels = _label_twitches(
        found,
        _Twitches(
            peak_s=peak_s,
            start_s=peak_s,
            end_s=peak_s,
            place_px=np.array([(event.x_px, event.y_px) for event in marked], float).reshape(-1, 2) + 0.5,
            view_mm=np.full(len(marked), _VIEW_MM),
            reach_mm=np.full(len(marked), _REACH_MM),
            faint=np.zeros(len(marked), bool),
        ),
        review.mm_per_px,
    )
    for n in np.flatnonzero(~labels.settled):
        near = [
            event for event in review.events if event.kind is not Kind.FASCICULATION and _is_at(event, found, n, review)
        ]
        if near:
            nearest = min(near, key=lambda event: abs(event.peak_s - found.peak_s[n]))
            labels.kind[n] = KINDS.index(nearest.kind)
        elif not any(start <= found.peak_s[n] < end for start, end in review.reviewed_s):
            labels.weight[n] = 0
    return labels


@dataclass(frozen=True, slots=True)
class _Twitches:
    """The m true twitches of a clip, as labelling needs them."""

    peak_s: NDArray[np.float64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    place_px: NDArray[np.float64]
    """(m, 2) counted from the edge of the frame."""
    view_mm: NDArray[np.float64]
    """Within this of its place a candidate is a view of it."""
    reach_mm: NDArray[np.float64]
    """Within this a candidate may be one."""
    faint: NDArray[np.bool_]


def _label_twitches(found: Found, twitches: _Twitches, mm_per_px: float) -> Labels:
    """Label the views of each twitch, and what trails it; everything else is an artefact, for now."""
    n, m = len(found.peak_s), len(twitches.peak_s)
    labels = Labels(
        kind=np.full(n, KINDS.index(Kind.ARTEFACT)),
        weight=np.ones(n, np.float32),
        settled=np.zeros(n, bool),
        shift_px=np.full((n, 2), np.nan, np.float32),
        had_candidate=np.zeros(m, bool),
    )
    if not n or not m:
        return labels
    shift_px = twitches.place_px[None] - np.stack([found.x_px, found.y_px], axis=1)[:, None]
    away_mm = np.linalg.norm(shift_px, axis=-1) * mm_per_px
    away_s = np.abs(found.peak_s[:, None] - twitches.peak_s)
    same_moment = away_s <= TOLERANCE_S
    meanwhile = (found.peak_s[:, None] >= twitches.start_s - _AROUND_S) & (
        found.peak_s[:, None] <= twitches.end_s + _AROUND_S
    )
    in_reach = away_mm <= twitches.reach_mm
    trails = (in_reach & meanwhile).any(axis=1)
    labels.settled[trails] = True
    labels.weight[trails] = TRAIL_WEIGHT
    labels.weight[(in_reach & same_moment).any(axis=1)] = 0

    # A candidate belongs to the twitch it is nearest to, so that the two of a close pair do not share one.
    on_it = (away_mm <= twitches.view_mm) & same_moment
    apart = np.where(on_it, np.hypot(away_s / TOLERANCE_S, away_mm / twitches.view_mm), np.inf)
    mine = np.argmin(apart, axis=1)
    for twitch in range(m):
        views = np.flatnonzero((mine == twitch) & on_it[:, twitch])
        if not len(views):
            continue
        best = views[np.argmax(found.height_mm[views] * np.exp(-away_s[views, twitch] / _DECAY_S))]
        labels.kind[views] = KINDS.index(Kind.FASCICULATION)
        labels.shift_px[views] = shift_px[views, twitch]
        labels.weight[views] = 0.0 if twitches.faint[twitch] else VIEW_WEIGHT
        labels.weight[best] = 0.0 if twitches.faint[twitch] else 1.0
        labels.had_candidate[twitch] = True
        labels.settled[views] = True
    return labels


def _look_alikes(truth: Truth) -> list[MovingLookAlike]:
    """Motions of the scene that have a class of their own: all but twitches, breathing and drift."""
    known = {str(kind) for kind in KINDS}
    raw = [entry for entry in truth.scene.get("look_alikes", ()) if entry["kind"] in known]
    return [motion for motion in map(_read_motion, raw) if motion is not None]


def _read_motion(raw: dict[str, Any]) -> MovingLookAlike | None:
    """Make a look-alike again from the scene's parameters; None where it moves no tissue."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name != "kind"}
    if "waves" in values:
        values["waves"] = tuple(Wave(**wave) for wave in values["waves"])
    for motion in get_args(MovingLookAlike):
        needed = {field.name for field in fields(motion) if field.default is MISSING}
        if motion.kind == raw["kind"] and needed <= set(values) <= {field.name for field in fields(motion)}:
            return motion(**values)
    return None


def _read_layers(truth: Truth) -> Layers:
    raw = dict(truth.scene["tissue"]["layers"])
    sector = raw.pop("sector", None)
    return Layers(**raw, sector=Sector(**sector) if sector else None)


def _moved_mm(motion: MovingLookAlike, peak_s: float, x_mm: float, y_mm: float, layers: Layers) -> float:
    """How far a motion moved a place, to and fro, within 0.15 s of a time."""
    start, end = motion.span_s
    if not start - _AFTER_S <= peak_s <= end + _AFTER_S:
        return 0.0
    times_s = peak_s + np.linspace(-_WINDOW_S, _WINDOW_S, _WINDOW_STEPS)
    lateral, axial, _ = motion.pattern(np.array(x_mm), np.array(y_mm), layers)
    return float(np.ptp(motion.course(times_s)) * np.hypot(lateral, axial))


def _is_at(event: ReviewedEvent, found: Found, n: np.intp, review: Review) -> bool:
    away_px = np.hypot(event.x_px + 0.5 - found.x_px[n], event.y_px + 0.5 - found.y_px[n])
    near_s = abs(event.peak_s - found.peak_s[n]) <= TOLERANCE_S
    return bool(near_s and away_px * review.mm_per_px <= TOLERANCE_MM)

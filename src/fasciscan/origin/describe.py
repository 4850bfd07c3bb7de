"""From a judged candidate to the event that is reported: places in pixels and, with a scale, in millimetres."""

from __future__ import annotations

import numpy as np

from fasciscan.motion import Grid, MotionMaps
from fasciscan.origin.epicentre import Epicentre, fit_ellipse, tell_epicentre
from fasciscan.origin.events import Event, Origin, Territory, Trace
from fasciscan.origin.kinematics import measure_kinematics
from fasciscan.origin.layers import Layers, tell_setting
from fasciscan.twitch import Kind
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.judge.verdict import Verdict

_TRACE_MARGIN_S = 0.3


def describe_event(candidate: Candidate, verdict: Verdict, maps: MotionMaps, layers: Layers) -> Event:
    """Describe a candidate as an event, not yet numbered (its id is 0).

    Lengths in mm are given only if the clip has a scale; the grid's own may be assumed.
    """
    grid, bump = maps.grid, candidate.bump
    place = tell_epicentre(candidate, verdict, grid)
    to_px = 1 / grid.px_mm
    known = grid.calibrated
    return Event(
        id=0,
        kind=verdict.kind,
        probability=verdict.probabilities[verdict.kind],
        p_fasciculation=verdict.probabilities[Kind.FASCICULATION],
        reason=verdict.reason,
        onset_s=bump.onset_s,
        peak_s=bump.peak_s,
        offset_s=bump.offset_s,
        peak_frame=bump.peak_frame,
        origin=_origin(place, grid),
        territory=_territory(candidate, grid),
        peak_displacement_px=bump.height_mm * to_px,
        peak_velocity_px_s=bump.velocity_mm_s * to_px,
        peak_displacement_mm=bump.height_mm if known else None,
        peak_velocity_mm_s=bump.velocity_mm_s if known else None,
        trace=_trace(candidate, grid),
        moved=candidate.amplitude,
        kinematics=(
            measure_kinematics(candidate, (place.x_mm, place.y_mm), maps)
            if verdict.kind is Kind.FASCICULATION
            else None
        ),
        setting=tell_setting(place, layers, grid),
    )


def _origin(place: Epicentre, grid: Grid) -> Origin:
    known = grid.calibrated
    return Origin(
        # Centres of pixels are whole numbers, and millimetres count from the edge of the first.
        x_px=grid.box[0] + place.x_mm / grid.mm_per_px[0] - 0.5,
        y_px=grid.box[1] + place.y_mm / grid.mm_per_px[1] - 0.5,
        sd_px=place.sd_mm / grid.px_mm,
        x_mm=place.x_mm if known else None,
        y_mm=place.y_mm if known else None,
        sd_mm=place.sd_mm if known else None,
    )


def _territory(candidate: Candidate, grid: Grid) -> Territory:
    ellipse = fit_ellipse(candidate.amplitude, candidate.cell, grid)
    known = grid.calibrated
    return Territory(
        major_px=ellipse.major_mm / grid.px_mm,
        minor_px=ellipse.minor_mm / grid.px_mm,
        angle_deg=ellipse.angle_deg,
        area_px=ellipse.area_mm2 / grid.px_mm**2,
        major_mm=ellipse.major_mm if known else None,
        minor_mm=ellipse.minor_mm if known else None,
        area_mm2=ellipse.area_mm2 if known else None,
    )


def _trace(candidate: Candidate, grid: Grid) -> Trace:
    path, bump = candidate.trace, candidate.bump
    near = (path.times_s >= bump.onset_s - _TRACE_MARGIN_S) & (path.times_s <= bump.offset_s + _TRACE_MARGIN_S)
    mm = path.mm[near]
    peak = mm[np.argmin(np.abs(path.times_s[near] - bump.peak_s))] if len(mm) else 0.0
    mm = mm if peak >= 0 else -mm
    return Trace(path.times_s[near], mm / grid.px_mm, mm if grid.calibrated else None)

"""What is measured of one event, as names and values with units, for the page. What is missing is not told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fasciscan.origin.events import Event, Kinematics, Setting, Territory
from fasciscan.report.panels import LANDMARKS

COMPASS = ("right", "down and right", "down", "down and left", "left", "up and left", "up", "up and right")
"""Directions in the picture, each an eighth of a turn from x (right) towards y (down)."""
EIGHTH_DEG = 45.0

MS_PER_S = 1000.0
PER_CENT = 100.0
GREY_LEVELS = 255


@dataclass(frozen=True, slots=True)
class Mark:
    """One landmark as it is told; the time is None where it cannot be found."""

    number: int
    name: str
    time_s: float | None


def say_landmarks(kinematics: Kinematics) -> list[Mark]:
    """Give the five landmarks in their order."""
    return [
        Mark(number, said, getattr(kinematics.landmarks, name))
        for number, (name, said) in enumerate(LANDMARKS.items(), 1)
    ]


def say_measures(event: Event) -> list[tuple[str, str]]:
    """Tell what is measured of an event beyond its row in the table.

    Parameters
    ----------
    event
        One with kinematics, with a setting, with both or with none.

    Returns
    -------
    list of (str, str)
        Such as ``("peak speed out, back", "5.5, 3.1 mm/s")``; empty where nothing more was measured.
    """
    told = []
    if event.kinematics is not None:
        told += _say_motion(event.kinematics)
        told.append(("extent, larger than the unit's", _say_territory(event.territory)))
    if event.setting is not None:
        told += _say_setting(event.setting)
    return told


def _say_motion(kinematics: Kinematics) -> list[tuple[str, str]]:
    marks = kinematics.landmarks
    cuts = ", ".join(str(cut) for cut in kinematics.coherence)
    spread_s = kinematics.onset_spread_s
    return [
        ("contraction, relaxation, total", _say_ms([marks.contraction_s, marks.relaxation_s, marks.total_s])),
        (
            "peak contraction in frame",
            "–" if kinematics.peak_contraction_frame is None else f"{kinematics.peak_contraction_frame}",
        ),
        ("peak speed out, back", _say_speeds(kinematics)),
        ("direction out", COMPASS[round(kinematics.direction_deg / EIGHTH_DEG) % len(COMPASS)]),
        (f"direction coherence at {cuts} %", ", ".join(_say(v, 2) for v in kinematics.coherence.values())),
        ("moved at least 15 % as fast", _say_active(kinematics)),
        (
            "begins later at the edge by",
            "cannot be told at this frame rate" if spread_s is None else _say_ms([spread_s]),
        ),
    ]


def _say_speeds(kinematics: Kinematics) -> str:
    in_mm = [kinematics.contraction_velocity_mm_s, kinematics.relaxation_velocity_mm_s]
    in_px = [kinematics.contraction_velocity_px_s, kinematics.relaxation_velocity_px_s]
    if any(value is not None for value in in_mm):
        return f"{_say_all(in_mm, 1)} mm/s"
    return f"{_say_all(in_px, 0)} px/s" if any(value is not None for value in in_px) else "–"


def _say_active(kinematics: Kinematics) -> str:
    area = f"{kinematics.active_px:.0f} px²" if kinematics.active_mm2 is None else f"{kinematics.active_mm2:.0f} mm²"
    return f"{PER_CENT * kinematics.active_share:.0f} % of the field around, {area}"


def _say_territory(territory: Territory) -> str:
    if territory.major_mm is None or territory.minor_mm is None or territory.area_mm2 is None:
        return f"{territory.major_px:.0f} × {territory.minor_px:.0f} px"
    return f"{territory.major_mm:.1f} × {territory.minor_mm:.1f} mm, {territory.area_mm2:.0f} mm²"


def _say_setting(setting: Setting) -> list[tuple[str, str]]:
    depth = f"{setting.depth_px:.0f} px" if setting.depth_mm is None else f"{setting.depth_mm:.1f} mm"
    return [
        ("depth below the skin, layer", f"{depth}, {setting.layer}"),
        (
            "echogenicity",
            f"{setting.echogenicity:.0f} of {GREY_LEVELS}, {setting.relative_echogenicity:.2f} × tissue at that depth",
        ),
    ]


def _say_ms(seconds: Sequence[float | None]) -> str:
    return f"{_say_all([None if s is None else MS_PER_S * s for s in seconds], 0)} ms"


def _say_all(values: Sequence[float | None], decimals: int) -> str:
    return ", ".join(_say(value, decimals) for value in values)


def _say(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"

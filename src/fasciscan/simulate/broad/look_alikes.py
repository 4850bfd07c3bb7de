"""Look-alikes of the broad presets, each kind by its own chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fasciscan.simulate.broad.room import Room
from fasciscan.simulate.broad.twitches import MAJOR_LIMITS_MM, MINOR_LIMITS_MM
from fasciscan.simulate.chance import EDGE_S, MAJOR_MM, MINOR_MM, Range, any_angle, log_uniform, normal
from fasciscan.simulate.mimics import Cramp, Fibrillation, LookAlike, Myokymia
from fasciscan.simulate.motions import Breathing, Contraction, Pulsation, Tremor, Wave
from fasciscan.simulate.probe import Drift, ProbeMotion, ProbePress
from fasciscan.simulate.unmoving import Flicker, Shadow

DRIFT_SHARE = 0.3
"""Clips, with look-alikes or without, in which a hand holds the probe less than still."""


def draw_look_alikes(rng: np.random.Generator, room: Room, clip_share: float) -> tuple[LookAlike, ...]:
    """Draw a drift, and in a share of the clips each kind by its own chance; clips with only one are common."""
    drawn: list[LookAlike] = []
    if rng.random() < DRIFT_SHARE:
        drawn.append(Drift(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.006))))
    if rng.random() >= clip_share:
        return tuple(drawn)
    makers, shares = list(_MAKERS), np.array(list(_MAKERS.values()))
    chosen = rng.random(len(makers)) < shares
    if not chosen.any():
        chosen[rng.choice(len(makers), p=shares / shares.sum())] = True
    for maker, wanted in zip(makers, chosen, strict=True):
        if wanted:
            drawn += maker(rng, room)
    return tuple(drawn)


def _draw_pulsation(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    radius = float(rng.uniform(0.6, 2.5))
    x, y = room.draw_place(rng)
    pulse = Pulsation(
        x_mm=x,
        y_mm=y,
        radius_mm=radius,
        rate_hz=float(rng.uniform(0.8, 2.0)),
        phase=float(rng.random()),
        amplitude_mm=min(log_uniform(rng, (0.03, 0.3)), 0.4 * radius),
        upstroke=float(rng.uniform(0.1, 0.25)),
        beat_variation=float(rng.uniform(0, 0.3)),
        visible=bool(rng.random() < 0.6),
    )
    return [pulse]


def _draw_breathing(rng: np.random.Generator, room: Room) -> list[LookAlike]:  # noqa: ARG001
    return [Breathing(float(rng.uniform(0.2, 0.4)), float(rng.random()), log_uniform(rng, (0.1, 1.0)), any_angle(rng))]


def _draw_slips(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Slips along the skin, taps, and turns of the wrist: one kind, up to three times."""
    kind = rng.choice(["slip", "tap", "twist"])
    return [_draw_slip(rng, str(kind), moment, room) for moment in room.draw_moments(rng, 3, 0.8)]


def _draw_slip(rng: np.random.Generator, kind: str, onset_s: float, room: Room) -> ProbeMotion:
    taps = kind == "tap" or (kind == "twist" and rng.random() < 0.5)
    lateral = float(rng.choice([-1, 1])) * log_uniform(rng, (0.08, 1.0))
    axial = float(rng.normal(0, 0.15))
    if kind == "tap" and rng.random() < 0.5:
        lateral, axial = axial, 0.6 * lateral
    share = 0.3 if kind == "twist" else 1.0
    return ProbeMotion(
        onset_s=onset_s,
        travel_s=float(rng.uniform(0.05, 0.14) if taps else rng.uniform(0.06, 0.5)),
        x_shift_mm=share * lateral,
        y_shift_mm=share * axial,
        returns=taps,
        turn_deg=float(rng.choice([-1, 1]) * rng.uniform(0.3, 2.0)) if kind == "twist" else 0.0,
        pivot_x_mm=room.probe_x_mm,
    )


def _draw_presses(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    return [
        ProbePress(
            onset_s=moment,
            travel_s=float(rng.uniform(0.07, 0.6)),
            amplitude_mm=float(rng.choice([-1, 1])) * log_uniform(rng, (0.1, 1.5)),
            middle_mm=room.probe_x_mm,
            returns=bool(rng.random() < 0.6),
        )
        for moment in room.draw_moments(rng, 2, 1.4)
    ]


def _draw_contractions(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    amplitude = log_uniform(rng, (0.3, 3.0))
    return [
        _draw_contraction(rng, room, moment, amplitude * float(rng.uniform(0.7, 1.2)), "contraction")
        for moment in room.draw_moments(rng, 3, 2.5)
    ]


def _draw_faint_contractions(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    return [
        _draw_contraction(rng, room, moment, log_uniform(rng, (0.1, 0.3)), "faint contraction")
        for moment in room.draw_moments(rng, 2, 2.5)
    ]


def _draw_contraction(
    rng: np.random.Generator, room: Room, onset_s: float, amplitude_mm: float, name: str
) -> Contraction:
    x, y = room.in_image(float(rng.uniform(0.3, 0.7)) * room.width_mm, room.middle_mm)
    return Contraction(
        x_mm=x,
        y_mm=y,
        onset_s=onset_s,
        rise_s=float(rng.uniform(0.2, 0.7)),
        hold_s=float(rng.uniform(0.4, 2.0)),
        release_s=float(rng.uniform(0.25, 0.8)),
        amplitude_mm=min(amplitude_mm, 3.0),
        angle_deg=any_angle(rng),
        major_mm=float(rng.uniform(28, 60)),
        minor_mm=float(rng.uniform(16, 35)),
        name=name,
    )


def _draw_stretch(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Slow passive motion: somebody moves the joint through most of the clip."""
    length = room.shape.duration_s * float(rng.uniform(0.5, 0.9))
    still = _draw_contraction(rng, room, 0.05 * room.shape.duration_s, log_uniform(rng, (0.5, 3.0)), "stretch")
    parts = dict(zip(("rise_s", "hold_s", "release_s"), (length * rng.dirichlet((4, 1, 4))).tolist(), strict=True))
    return [replace(still, **parts)]


def _draw_tremor(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    onset, offset = room.draw_span(rng, (1.5, 12.0))
    return [_draw_oscillation(rng, room, onset, offset, log_uniform(rng, (0.03, 0.4)), "tremor")]


def _draw_oscillation(
    rng: np.random.Generator, room: Room, onset_s: float, offset_s: float, amplitude_mm: float, name: str
) -> Tremor:
    x, y = room.in_image(float(rng.uniform(0.25, 0.75)) * room.width_mm, room.middle_mm)
    return Tremor(
        onset_s=onset_s,
        offset_s=offset_s,
        rate_hz=float(rng.uniform(4, 12)),
        amplitude_mm=amplitude_mm,
        angle_deg=any_angle(rng),
        x_mm=x,
        y_mm=y,
        major_mm=float(rng.uniform(18, 60)),
        minor_mm=float(rng.uniform(14, 50)),
        waning=float(rng.uniform(0, 0.95)),
        waning_hz=float(rng.uniform(0.2, 1.2)),
        name=name,
    )


def _draw_pseudotremor(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Tremor that rides on a contraction (Gijsbertse 2018), the mimic that misled human readers most."""
    onset, offset = room.draw_span(rng, (2.0, 7.0))
    push = _draw_contraction(rng, room, onset, log_uniform(rng, (0.2, 1.5)), "pseudotremor")
    push = replace(push, hold_s=max(0.5, offset - onset - push.rise_s - push.release_s))
    shake = _draw_oscillation(rng, room, onset, offset, log_uniform(rng, (0.04, 0.3)), "pseudotremor")
    return [push, replace(shake, x_mm=push.x_mm, y_mm=push.y_mm)]


def _draw_cramp(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    onset, offset = room.draw_span(rng, (3.0, 10.0))
    x, y = room.draw_place(rng)
    return [
        Cramp(
            x_mm=x,
            y_mm=y,
            onset_s=onset,
            rise_s=float(rng.uniform(0.4, 1.2)),
            offset_s=offset,
            amplitude_mm=log_uniform(rng, (0.3, 1.5)),
            angle_deg=room.fibres_deg + float(rng.normal(0, 15)),
            major_mm=float(rng.uniform(14, 35)),
            minor_mm=float(rng.uniform(8, 18)),
            waves=_draw_waves(rng, (1.0, 11.0), 6),
        )
    ]


def _draw_myokymia(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    rate = float(rng.uniform(6, 14))
    discharges = int(rng.integers(max(3, int(np.ceil(0.35 * rate))), max(5, int(1.2 * rate)) + 1))
    rest = float(rng.uniform(0.3, 1.5))
    period = discharges / rate + rest
    onset, offset = room.draw_span(rng, (6.0, 14.0))
    count = max(3, int((offset - onset - discharges / rate) / period) + 1)
    groups = onset + period * np.arange(count) + rng.normal(0, 0.1 * rest, count)
    x, y = room.draw_place(rng)
    last = room.shape.duration_s - EDGE_S - discharges / rate
    return [
        Myokymia(
            x_mm=x,
            y_mm=y,
            groups_s=tuple(float(start) for start in np.sort(groups) if EDGE_S < start < last),
            discharges=discharges,
            rate_hz=rate,
            amplitude_mm=log_uniform(rng, (0.06, 0.4)),
            angle_deg=room.fibres_deg + float(rng.normal(0, 15)),
            major_mm=normal(rng, *MAJOR_MM, MAJOR_LIMITS_MM),
            minor_mm=normal(rng, *MINOR_MM, MINOR_LIMITS_MM),
        )
    ]


def _draw_fibrillation(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    onset, offset = room.draw_span(rng, (4.0, 15.0))
    x, y = room.draw_place(rng)
    return [
        Fibrillation(
            x_mm=x,
            y_mm=y,
            onset_s=onset,
            offset_s=offset,
            amplitude_mm=log_uniform(rng, (0.01, 0.05)),
            size_mm=float(rng.uniform(8, 25)),
            grain_mm=float(rng.uniform(3, 8)),
            angle_deg=any_angle(rng),
            waves=_draw_waves(rng, (2.0, 20.0), 6),
        )
    ]


def _draw_swallow(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Draw the large, quick swing of a tongue that swallows or speaks."""
    swings = [
        _draw_contraction(rng, room, moment, log_uniform(rng, (1.0, 3.0)), "swallow")
        for moment in room.draw_moments(rng, 2, 2.0)
    ]
    return [
        replace(
            swing,
            rise_s=float(rng.uniform(0.15, 0.4)),
            hold_s=float(rng.uniform(0.05, 0.3)),
            release_s=float(rng.uniform(0.2, 0.6)),
        )
        for swing in swings
    ]


def _draw_shadow(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    onset, offset = room.draw_span(rng, (2.0, 16.0))
    return [
        Shadow(
            onset_s=onset,
            offset_s=offset,
            x_mm=float(rng.uniform(0, room.width_mm)),
            width_mm=float(rng.uniform(2, 15)),
            edge_mm=float(rng.uniform(1, 5)),
            loss_db=float(rng.uniform(6, 25)),
            swing_mm=log_uniform(rng, (0.3, 3.0)),
            waves=_draw_waves(rng, (0.1, 3.0), 4),
        )
    ]


def _draw_gain_steps(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Somebody turns the gain: the whole picture brighter or darker, once or for a while."""
    begin, end = room.draw_span(rng, (2.0, 12.0))
    box = (0, 0, room.shape.width_px, room.shape.height_px)
    return [Flicker("gain step", box, int(rng.choice([-1, 1]) * rng.integers(6, 30)), ((begin, end),))]


def _draw_colour_box(rng: np.random.Generator, room: Room) -> list[LookAlike]:
    """Let a box of the picture flash, as under a colour Doppler box or a caliper's frame."""
    sizes = room.shape.width_px, room.shape.height_px
    width, height = (int(size * rng.uniform(0.2, 0.6)) for size in sizes)
    x, y = int(rng.uniform(0, sizes[0] - width)), int(rng.uniform(0, sizes[1] - height))
    stretches, moment = [], EDGE_S + float(rng.exponential(1.5))
    while moment < room.shape.duration_s - 1:
        stretches.append((moment, moment + float(rng.uniform(0.04, 0.5))))
        moment = stretches[-1][1] + 0.1 + float(rng.exponential(1.5))
    if not stretches:
        stretches = [(1.0, 1.3)]
    return [Flicker("colour box", (x, y, width, height), int(rng.integers(5, 35)), tuple(stretches))]


def _draw_waves(rng: np.random.Generator, rates_hz: Range, count: int) -> tuple[Wave, ...]:
    """Draw sines whose sum peaks near 1."""
    sizes = rng.dirichlet(np.full(count, 3.0)) * 1.4
    return tuple(Wave(log_uniform(rng, rates_hz), float(rng.random()), float(size)) for size in sizes)


_Maker = Callable[[np.random.Generator, Room], list[LookAlike]]
_MAKERS: dict[_Maker, float] = {
    _draw_pulsation: 0.22,
    _draw_breathing: 0.15,
    _draw_slips: 0.22,
    _draw_presses: 0.08,
    _draw_contractions: 0.12,
    _draw_faint_contractions: 0.07,
    _draw_stretch: 0.06,
    _draw_tremor: 0.18,
    _draw_pseudotremor: 0.1,
    _draw_cramp: 0.06,
    _draw_myokymia: 0.08,
    _draw_fibrillation: 0.08,
    _draw_swallow: 0.06,
    _draw_shadow: 0.08,
    _draw_gain_steps: 0.05,
    _draw_colour_box: 0.05,
}
"""Chance of each look-alike in a clip that has any; they add up to 1.7."""

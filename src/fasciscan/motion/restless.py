"""Stretches in which a twitch could not have been told because everything moves: exposure must not count them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Unusable
from fasciscan.motion.maps import MotionMaps

_RIGID_MM_S = 5.0
"""Whole-frame motion from which on the picture is another one. Breathing by 2 mm at 0.3 Hz reaches 3.8 mm/s."""
_RESTLESS_MM = 0.1
"""Usual excursion of the field from which on hardly a twitch of 0.1 mm and more is found; from a third of it on, fewer
are than elsewhere (docs/finding.md)."""
_FIELD_WINDOW_S = 2.0
_FIELD_SHARE = 0.4
"""The field counts as restless if it moves for more than this share of two seconds: one twitch does not do that."""
_SHORTEST_S = 0.5
"""A brief jolt costs no exposure; it is found and named as a motion of its own."""


def restless_stretches(maps: MotionMaps, field: NDArray[np.floating] | None = None) -> list[Unusable]:
    """Find where the core of a block moves too much as a whole.

    Parameters
    ----------
    maps
        As measured.
    field
        (t,) mm, how much everything still jerks once the broad motion is taken out, where it was; by default as in
        the maps.

    Returns
    -------
    list of Unusable
        Half-open stretches in order; scene cuts with the time their longer distances reach.
    """
    times = maps.times_s
    found = [
        Unusable(max(cut - maps.lag_s, 0.0), cut + maps.lag_s, "scene cut")
        for cut in maps.log.times_s[maps.log.cut].tolist()
    ]
    if not len(times) or times[-1] - times[0] < _FIELD_WINDOW_S:
        return found
    step = float(times[1] - times[0])
    core = (times >= maps.core_s[0]) & (times < maps.core_s[1])
    speed = np.hypot(*maps.rigid.T) / maps.lag_s
    jerks = maps.field if field is None else np.minimum(maps.field, field)
    usual = _running_quantile(jerks, round(_FIELD_WINDOW_S / step), 1 - _FIELD_SHARE)
    for moving, why in (
        (_running_quantile(speed, round(_SHORTEST_S / step), 0.5) > _RIGID_MM_S, "probe motion"),
        (usual > _RESTLESS_MM, "the whole field in motion"),
    ):
        found += _stretches(times[core], moving[core], step, why)
    return found


def join_stretches(parts: Sequence[Unusable]) -> list[Unusable]:
    """Sort stretches and join those of the same kind that touch; drop the ones too short to cost exposure."""
    joined: list[Unusable] = []
    for part in sorted(parts, key=lambda p: (p.why, p.start_s)):
        last = joined[-1] if joined else None
        if last and last.why == part.why and part.start_s <= last.end_s + _SHORTEST_S:
            joined[-1] = Unusable(last.start_s, max(last.end_s, part.end_s), part.why)
        else:
            joined.append(part)
    return [p for p in joined if p.why == "scene cut" or p.end_s - p.start_s >= _SHORTEST_S]


def _running_quantile(values: NDArray[np.floating], width: int, share: float) -> NDArray[np.floating]:
    width = max(1, min(width | 1, len(values)))
    padded = np.pad(values, (width // 2, (width - 1) // 2), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.quantile(windows, share, axis=1)


def _stretches(times: NDArray[np.float64], moving: NDArray[np.bool_], step: float, why: str) -> list[Unusable]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], moving, [False]]).astype(np.int8)))
    return [
        Unusable(float(times[a]), float(times[b - 1]) + step, why) for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]

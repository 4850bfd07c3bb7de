"""From how strongly a clip moves over time to events: what the baselines have in common, and what is tuned for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscan.score.clips import ScoredClip, Task
from fasciscan.score.curve import best_threshold, trace_curve
from fasciscan.score.findings import RESULT_SCHEMA, read_findings
from fasciscan.simulate.truth import Truth
from fasciscan.twitch.kind import Kind

Array = NDArray[np.float32]

GAPS_S = (0.25, 0.4, 0.7, 1.2)
"""Least gaps between two events to choose from: contraction and relaxation show apart, close pairs are 0.2 s apart."""
ONSET_SHARE = 0.25
"""An event begins where the strength last was below this share of its peak …"""
ONSET_REACH_S = 0.3
"""… at most so long before."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How strongly a clip moves over time, and where most, under each setting of a baseline."""

    times_s: NDArray[np.float64]
    """(n,)."""
    strength: Array
    """(settings, n) in a unit of the baseline's own; 0 at rest."""
    x_px: Array
    """(settings, n) in the frame."""
    y_px: Array
    duration_s: float

    def write(self, path: Path) -> None:
        """Write the trace as NPZ."""
        with path.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in self.__slots__})


def read_trace(path: Path) -> Trace:
    """Read a trace that was written."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in Trace.__slots__}
    return Trace(**{**arrays, "duration_s": float(arrays["duration_s"])})


@dataclass(frozen=True, slots=True)
class Tuned:
    """A baseline with what was chosen for it."""

    baseline: str
    setting: int
    gap_s: float
    threshold: float
    f1: float
    """On the clips it was tuned on."""


def tune(baseline: str, traces: Sequence[Trace], truths: Sequence[Truth], task: Task) -> Tuned:
    """Choose setting, gap and threshold by the best F1, the fairest to the baseline: no limit on false events.

    Parameters
    ----------
    baseline
        Its name.
    traces, truths
        Of the validation clips, in the same order.
    task
        What is asked for.
    """
    choices = []
    for setting in range(len(traces[0].strength)):
        for gap_s in GAPS_S:
            clips = _scored(traces, truths, Tuned(baseline, setting, gap_s, 1.0, 0.0))
            curve = trace_curve(clips, task)
            p = best_threshold(curve)
            choices.append(Tuned(baseline, setting, gap_s, _strength_at(p), float(curve.f1.max())))
    return max(choices, key=lambda choice: choice.f1)


def tell_events(trace: Trace, tuned: Tuned) -> dict[str, Any]:
    """Tell what a baseline finds, in the format of our own results.

    Peaks below the threshold are ``other_motion``, so that the curve of precision against recall can be drawn.
    ``p_fasciculation`` is strength / (strength + threshold): a rank, and one half at the threshold.

    Parameters
    ----------
    trace
        Of one clip.
    tuned
        What was chosen.
    """
    from scipy.signal import find_peaks  # here: 0.7 s to import

    strength = trace.strength[tuned.setting].astype(float)
    step_s = float(np.median(np.diff(trace.times_s))) if len(trace.times_s) > 1 else 1.0
    peaks, _ = find_peaks(np.pad(strength, 1), height=0, distance=max(1, tuned.gap_s / step_s))
    described = [_describe(trace, tuned, strength, int(peak) - 1) for peak in peaks]
    return {
        "schema": RESULT_SCHEMA,
        "exposure_s": trace.duration_s,
        "excluded": [],
        "events": [event for event in described if event["kind"] == Kind.FASCICULATION],
        "other_motion": [event for event in described if event["kind"] != Kind.FASCICULATION],
        "provenance": {"classifier": f"baseline: {tuned.baseline}"},
    }


def _scored(traces: Sequence[Trace], truths: Sequence[Truth], tuned: Tuned) -> list[ScoredClip]:
    return [
        ScoredClip(truth.clip, truth, read_findings(tell_events(trace, tuned), truth.mm_per_px))
        for trace, truth in zip(traces, truths, strict=True)
    ]


def _strength_at(p: float) -> float:
    """Turn a rank made with a threshold of 1 back into a strength, a little lower so that rounding cannot lose it."""
    return p / (1 - p) * (1 - 1e-6) if p < 1 else float("inf")


def _describe(trace: Trace, tuned: Tuned, strength: NDArray[np.float64], peak: int) -> dict[str, Any]:
    value, time_s = strength[peak], float(trace.times_s[peak])
    p = float(value / (value + tuned.threshold)) if np.isfinite(tuned.threshold) else 0.0
    before = np.nonzero((strength[:peak] < ONSET_SHARE * value) & (trace.times_s[:peak] > time_s - ONSET_REACH_S))[0]
    onset_s = float(trace.times_s[before[-1]]) if len(before) else max(time_s - ONSET_REACH_S, 0.0)
    x, y = float(trace.x_px[tuned.setting, peak]), float(trace.y_px[tuned.setting, peak])
    kind = Kind.FASCICULATION if value >= tuned.threshold else Kind.ARTEFACT
    event = {
        "kind": str(kind), "probability": p if kind is Kind.FASCICULATION else 1 - p, "p_fasciculation": p,
        "onset_s": onset_s, "peak_s": time_s, "offset_s": time_s,
    }  # fmt: skip
    return event | ({"origin": {"x_px": x, "y_px": y}} if kind is Kind.FASCICULATION else {"x_px": x, "y_px": y})

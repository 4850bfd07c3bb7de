"""Hand-made truths and results, in which the right answer is known."""

from __future__ import annotations

from typing import Any

import pytest

from fasciscan.score import ScoredClip, read_findings
from fasciscan.simulate.truth import ImageBox, Timing, TrueEvent, Truth

MM_PER_PX = 0.1


class Bench:
    """Makes truths, results and clips; places are in pixels of 0.1 mm."""

    @staticmethod
    def twitch(peak_s: float, x_px: float = 100, y_px: float = 100, amplitude_mm: float | None = None) -> TrueEvent:
        return TrueEvent(
            "fasciculation", peak_s - 0.075, peak_s, peak_s + 0.2, x_px, y_px, x_px / 10, y_px / 10,
            peak_displacement_mm=amplitude_mm,
        )  # fmt: skip

    @staticmethod
    def look_alike(kind: str, onset_s: float, offset_s: float, place=(None, None), name: str = "") -> TrueEvent:
        return TrueEvent(kind, onset_s, onset_s, offset_s, *place, name=name)

    @staticmethod
    def truth(*events: TrueEvent, rate_hz: float = 40, preset: str = "test", quality: int = 20) -> Truth:
        scene = {"machine": {"codec": "h264", "quality": quality}}
        timing = Timing(rate_hz, rate_hz, 480, 0, 0, 12.0)
        return Truth("clip.mp4", 1, preset, MM_PER_PX, ImageBox(0, 0, 300, 200), timing, events, scene)

    @staticmethod
    def event(peak_s: float, x_px: float = 100, y_px: float = 100, p: float = 0.9) -> dict[str, Any]:
        origin = {"x_px": x_px, "y_px": y_px}
        return {
            "kind": "fasciculation", "probability": p, "onset_s": peak_s - 0.1, "peak_s": peak_s, "origin": origin,
        }  # fmt: skip

    @staticmethod
    def other(kind: str, peak_s: float, x_px: float = 100, y_px: float = 100, p: float = 0.9) -> dict[str, Any]:
        return {
            "kind": kind, "probability": p, "p_fasciculation": 1 - p, "onset_s": peak_s - 0.1, "peak_s": peak_s,
            "x_px": x_px, "y_px": y_px,
        }  # fmt: skip

    @staticmethod
    def result(*found: dict[str, Any], exposure_s: float = 60.0, excluded=()) -> dict[str, Any]:
        return {
            "schema": "fasciscan.clip/1",
            "exposure_s": exposure_s,
            "excluded": [{"start_s": start, "end_s": end, "why": "dark"} for start, end in excluded],
            "events": [item for item in found if item["kind"] == "fasciculation"],
            "other_motion": [item for item in found if item["kind"] != "fasciculation"],
        }

    def clip(self, truth: Truth, *found: dict[str, Any], name: str = "clip", **keywords: Any) -> ScoredClip:
        return ScoredClip(name, truth, read_findings(self.result(*found, **keywords), truth.mm_per_px))


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()

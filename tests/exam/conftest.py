"""Made-up clips of an exam, so that counting is tested without video."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from fasciscan.exam import ClipCount, Entry
from fasciscan.exam.clip_counts import ClipEvent

MakeClip = Callable[..., ClipCount]


def make_clip_count(
    muscle: str, side: str | None, peaks_s: Sequence[float], *, seconds: float = 60.0, area_mm2: float | None = 500.0,
    excluded_s: tuple[tuple[float, float], ...] = (), rate_hz: float = 45.0, sites: int = 1, name: str | None = None,
    model: str | None = "a" * 64, limit_mm: float | None = 0.08,
) -> ClipCount:  # fmt: skip
    name = name or f"{muscle}-{side}-{len(peaks_s)}-{seconds:g}.mp4"
    scaled = area_mm2 is not None
    events = tuple(
        ClipEvent(
            n, 0.9, peak_s - 0.1, peak_s, peak_s + 0.1 + 0.01 * n, 100.0, 80.0, 10.0 if scaled else None,
            8.0 if scaled else None, 0.1 * n if scaled else None, 5.0 if scaled else None, 25.0 if scaled else None, 1,
        )
        for n, peak_s in enumerate(peaks_s, 1)
    )  # fmt: skip
    return ClipCount(
        Entry(Path(name), muscle, side), Path("clips") / f"{Path(name).stem}.json",
        hashlib.sha256(name.encode()).hexdigest(), 320, 240, seconds,
        seconds - sum(end - start for start, end in excluded_s), excluded_s, rate_hz, area_mm2, limit_mm, events, (),
        sites, (), "0.3.0", "network", model,
    )  # fmt: skip


@pytest.fixture
def make_clip() -> MakeClip:
    return make_clip_count

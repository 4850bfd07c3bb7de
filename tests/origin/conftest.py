"""Events made up for the purpose: a place, a moment, a map of what moved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fasciscan.clip import Clip, Scale
from fasciscan.motion import Grid, lay_grid
from fasciscan.origin import Event, Origin, Territory, Trace
from fasciscan.twitch import Kind

MM_PER_PX = 0.1


@pytest.fixture(scope="session")
def wide_grid() -> Grid:
    """Cells of a millimetre over 44 by 30 mm."""
    clip = Clip(
        Path("x"), "", "", 440, 300, np.arange(10.0), "", np.zeros(10, bool), Scale(MM_PER_PX, MM_PER_PX, "user"),
        np.ones((300, 440), bool), "user", None,
    )  # fmt: skip
    return lay_grid(clip, 1.0)


@pytest.fixture(scope="session")
def make_event() -> Callable[..., Event]:
    def make(x_mm: float, y_mm: float, onset_s: float = 0.0, moved: np.ndarray | None = None, **changes) -> Event:
        empty = np.zeros(0)
        fields = {
            "id": 1,
            "kind": Kind.FASCICULATION,
            "probability": 0.9,
            "p_fasciculation": 0.9,
            "reason": "",
            "onset_s": onset_s,
            "peak_s": onset_s + 0.1,
            "offset_s": onset_s + 0.3,
            "peak_frame": 4,
            "origin": Origin(x_mm / MM_PER_PX - 0.5, y_mm / MM_PER_PX - 0.5, 5.0, x_mm, y_mm, 0.5),
            "territory": Territory(100.0, 45.0, 0.0, 3500.0),
            "peak_displacement_px": 2.0,
            "peak_velocity_px_s": 30.0,
            "peak_displacement_mm": 0.2,
            "peak_velocity_mm_s": 3.0,
            "trace": Trace(empty, empty, None),
            "moved": moved,
        }
        return Event(**(fields | changes))

    return make


@pytest.fixture(scope="session")
def make_bell(wide_grid: Grid) -> Callable[..., np.ndarray]:
    """(ny, nx) a bell at a place, 0.2 mm high, with noise if wanted."""

    def make(x_mm: float, y_mm: float, along: float, across: float, noise: float = 0.0, seed: int = 0) -> np.ndarray:
        x, y = np.meshgrid(wide_grid.lateral_mm - x_mm, wide_grid.depth_mm - y_mm)
        clean = 0.2 * np.exp(-0.5 * ((x / along) ** 2 + (y / across) ** 2))
        return np.abs(clean + noise * np.random.default_rng(seed).normal(size=clean.shape)).astype(np.float32)

    return make

"""Speckle moved by known distances, with the instrument that measures the figures of docs/motion.md."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from fasciscan.motion import MotionConfig, lay_grid, measure_motion

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "measure_motion.py"


@pytest.fixture(scope="session")
def instrument():
    """The module scripts/measure_motion.py."""
    spec = importlib.util.spec_from_file_location("measure_motion_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def maps_of():
    """Measure a clip that fits into one block."""

    def measure(clip, config=MotionConfig(block_s=60.0)):  # noqa: B008 - frozen
        (maps,) = measure_motion(clip, lay_grid(clip, config.cell_mm), config)
        return maps

    return measure


@pytest.fixture(scope="session")
def move():
    """Pictures of speckle that follows a course, (n, 2) in pixels, below a strip that stays where it is."""

    def pictures(speckle, course_px, *, still_rows=0, noise_db=None):
        made = []
        for x, y in course_px:
            picture = speckle.frame(x, y, noise_db)
            if still_rows:
                picture[:still_rows] = speckle.frame(0, 0, noise_db)[:still_rows]
            made.append(picture)
        return made

    return pictures


@pytest.fixture(scope="session")
def there_and_back():
    """Course from 0 to 1 and back, raised cosines, at times in seconds."""

    def course(times_s, onset_s, rise_s=0.08, fall_s=0.15):
        since_peak = np.asarray(times_s) - onset_s - rise_s
        phase = np.clip(np.where(since_peak < 0, since_peak / rise_s, since_peak / fall_s), -1, 1)
        return 0.5 + 0.5 * np.cos(np.pi * phase)

    return course

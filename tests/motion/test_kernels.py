"""The compiled kernels give the same numbers whether they were compiled just now or kept from before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "data_samples" / "biceps-twitches.mp4"

MEASURE = """
import hashlib
import sys
from pathlib import Path

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.motion import MotionConfig, lay_grid, measure_motion

clip = open_clip(Path(sys.argv[1]), ClipOptions(mm_per_px=0.1))
blocks = measure_motion(clip, lay_grid(clip, MotionConfig().cell_mm), MotionConfig())
print(hashlib.sha256(b"".join(maps.frames.lagged.tobytes() for maps in blocks)).hexdigest())
"""


@pytest.mark.slow
def test_motion_is_the_same_to_the_bit_with_kernels_new_and_kept(tmp_path):
    def measured() -> str:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(SAMPLE)],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    compiled = measured()
    assert list(tmp_path.rglob("*.nbc")), "nothing was kept"
    assert measured() == compiled

"""A clip is measured in blocks: they join without a seam, and its length costs no memory."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from fasciscan.clip import Frame
from fasciscan.motion import MotionConfig, lay_grid, measure_motion

NOISE_DB = -20.0


@dataclass(frozen=True, slots=True)
class Endless:
    """A few pictures again and again."""

    pictures: list
    count: int
    rate_hz: float

    def frames(self) -> Iterator[Frame]:
        for n in range(self.count):
            yield Frame(n, n / self.rate_hz, self.pictures[n % len(self.pictures)])


def test_blocks_join_without_a_seam(instrument, move):
    times = np.arange(440) / 20
    course = np.outer(np.sin(7.0 * times), [0.0, 2.0])
    pictures = move(instrument.Speckle(1, 120, 160), course, still_rows=40, noise_db=NOISE_DB)
    clip = instrument.as_clip(pictures, times)
    grid = lay_grid(clip, 1.0)
    joined = {}
    for block_s in (5.0, 20.0):
        blocks = list(measure_motion(clip, grid, MotionConfig(block_s=block_s)))
        cores = [(maps.times_s >= maps.core_s[0]) & (maps.times_s < maps.core_s[1]) for maps in blocks]
        joined[block_s] = (
            len(blocks),
            np.concatenate([maps.times_s[core] for maps, core in zip(blocks, cores, strict=True)]),
            np.concatenate([maps.excursion[core] for maps, core in zip(blocks, cores, strict=True)]),
            np.concatenate([maps.log.index for maps in blocks]),
        )
    (many, times_many, short, log_many), (few, times_few, long, log_few) = joined.values()
    assert (many, few) == (4, 1)
    np.testing.assert_allclose(times_many, times_few)
    np.testing.assert_allclose(short, long, atol=1e-5)
    assert log_many.tolist() == log_few.tolist() == list(range(440))


@pytest.mark.slow
def test_memory_does_not_grow_with_length(instrument, move):
    course = np.outer(np.sin(np.arange(30)), [0.0, 1.0])
    pictures = move(instrument.Speckle(2, 120, 160), course, still_rows=40, noise_db=NOISE_DB)
    rate = 30.0
    peaks = []
    for seconds in (20, 80):
        count = int(seconds * rate)
        clip = instrument.as_clip(pictures, np.arange(30) / rate)
        clip = replace(
            clip,
            times_s=np.arange(count) / rate,
            key_frames=np.zeros(count, np.bool_),
            source=Endless(pictures, count, rate),
        )
        tracemalloc.start()
        for _ in measure_motion(clip, lay_grid(clip, 1.0), MotionConfig(block_s=5.0)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]

"""A clip is measured in blocks: they join without a seam, and its length costs no memory."""

import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from fasciscan.clip import Frame
from fasciscan.motion import MotionConfig, lay_grid, measure_motion
from fasciscan.motion import maps as maps_module
from fasciscan.motion import measure as measure_module

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


def test_each_block_has_the_mean_of_its_own_pictures(instrument):
    dark, bright = (np.full((160, 200), level, np.uint8) for level in (40, 120))
    for one in (dark, bright):  # something to see
        one[::4] += 30
    rate = 20.0
    pictures = [dark] * 200 + [bright] * 200
    clip = instrument.as_clip(pictures, np.arange(400) / rate)
    grid = lay_grid(clip, 1.0)
    first, second = measure_motion(clip, grid, MotionConfig(block_s=10.0))
    assert second.picture.mean() - first.picture.mean() == pytest.approx(80, abs=0.5)


def test_frames_are_read_ahead_no_further_than_a_block_needs(instrument, move):
    course = np.outer(np.sin(np.arange(30)), [0.0, 1.0])
    pictures = move(instrument.Speckle(2, 120, 160), course, still_rows=40, noise_db=NOISE_DB)
    rate, count = 30.0, 4000
    clip = instrument.as_clip(pictures, np.arange(30) / rate)
    grid = lay_grid(clip, 1.0)
    read = []

    class Counted(Endless):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                read.append(frame.index)
                yield frame

    clip = replace(
        clip,
        times_s=np.arange(count) / rate,
        key_frames=np.zeros(count, np.bool_),
        source=Counted(pictures, count, rate),
    )
    blocks = measure_motion(clip, grid, MotionConfig(block_s=5.0))
    next(blocks)
    blocks.close()
    far = len(read)
    time.sleep(0.2)
    assert len(read) == far < count


@pytest.mark.slow
def test_memory_does_not_grow_with_length(instrument, move, monkeypatch):
    # How far ahead is read at a moment hangs on the threads.
    monkeypatch.setattr(maps_module, "_AHEAD_FRAMES", 32)
    monkeypatch.setattr(measure_module, "_MOST_AHEAD", 1)
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

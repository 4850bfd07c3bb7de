"""The limit of detection follows what hides twitches, and tells which are found."""

from dataclasses import replace

import numpy as np
import pytest

from fasciscan.clip import Frame
from fasciscan.motion import MotionConfig, lay_grid, measure_motion
from fasciscan.twitch import Kind, detection_limit_mm

SECONDS = 4.0


class Noisier:
    """Frames with snow on them, anew in each."""

    def __init__(self, source, grey_levels: float):
        self.source, self.grey_levels = source, grey_levels

    def frames(self):
        rng = np.random.default_rng(0)
        for frame in self.source.frames():
            snow = self.grey_levels * rng.standard_normal(frame.luma.shape)
            yield Frame(frame.index, frame.time_s, np.clip(frame.luma + snow, 0, 255).astype(np.uint8))


def snowed_on(clip, grey_levels: float):
    return replace(clip, source=Noisier(clip.source, grey_levels))


def maps_of(clip):
    (maps,) = measure_motion(clip, lay_grid(clip, MotionConfig().cell_mm), MotionConfig())
    return maps


def test_noise_raises_it(make_clip):
    clip = make_clip(SECONDS)
    limits = [detection_limit_mm(maps_of(snowed_on(clip, grey_levels))) for grey_levels in (0, 20, 40)]
    assert limits[0] < 0.1
    assert limits == sorted(limits)
    assert limits[2] > 2 * limits[0]


def test_one_twitch_does_not_raise_it(make_clip, make_twitch):
    at_rest, twitching = make_clip(SECONDS), make_clip(SECONDS, [make_twitch(20.0, 15.0, 1.2)])
    limits = [detection_limit_mm(maps_of(snowed_on(clip, 20))) for clip in (at_rest, twitching)]
    assert limits[1] == pytest.approx(limits[0], rel=0.05)


def test_it_parts_the_twitches_that_are_found_from_those_that_are_not(make_clip, make_twitch, find_events):
    grey_levels = 20
    limit_mm = detection_limit_mm(maps_of(snowed_on(make_clip(SECONDS), grey_levels)))

    def count(amplitude_mm: float) -> int:
        twitches = [make_twitch(x_mm, 15.0, onset_s, amplitude_mm) for x_mm, onset_s in ((12, 1.0), (28, 2.4))]
        events = find_events(snowed_on(make_clip(SECONDS, twitches), grey_levels))
        return sum(event.kind is Kind.FASCICULATION for event in events)

    assert (count(limit_mm / 3), count(3 * limit_mm)) == (0, 2)


def test_where_nothing_moves_from_image_to_image_there_is_none(make_clip):
    maps = maps_of(make_clip(SECONDS))
    assert detection_limit_mm(replace(maps, error=np.full_like(maps.error, np.inf))) is None

"""Small scatterer scenes with one motion each, rendered in memory and taken through motion and twitch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fasciscan.clip import Clip, Frame, Scale
from fasciscan.motion import Grid, MotionConfig, lay_grid, measure_motion
from fasciscan.origin import Event, describe_event, find_layers
from fasciscan.simulate import Layers, Machine, Phantom, Scene, Twitch, render
from fasciscan.twitch import CandidateConfig, load_classifier, look_twice

WIDTH, HEIGHT, MM_PER_PX = 320, 260, 0.12
RATE_HZ = 40.0
LAYERS = Layers(skin_mm=1.5, muscle_top_mm=5.0, muscle_bottom_mm=27.0, bottom_mm=31.2)


class Rendered:
    """Frames of a scene, kept: tests read them more than once."""

    def __init__(self, scene: Scene):
        self.frames_ = [(time_s, frame.copy()) for time_s, frame in render(scene)]

    def frames(self) -> Iterator[Frame]:
        for n, (time_s, frame) in enumerate(self.frames_):
            yield Frame(n, time_s, frame)


def _make_twitch(x_mm: float, y_mm: float, onset_s: float, amplitude_mm: float = 0.3, **changes: float) -> Twitch:
    settings = {"contraction_s": 0.075, "relaxation_s": 0.15, "angle_deg": 10.0, "major_mm": 10.7, "minor_mm": 4.5}
    return Twitch(
        x_mm=x_mm, y_mm=y_mm, onset_s=onset_s, amplitude_mm=amplitude_mm, site=1, **(settings | changes)
    )  # fmt: skip


@pytest.fixture
def make_twitch():
    """Make a twitch at a place and time."""
    return _make_twitch


@pytest.fixture
def make_clip():
    """Make a clip of resting muscle with the motions given."""

    def make(duration_s: float, twitches=(), look_alikes=(), seed: int = 5) -> Clip:
        scene = Scene(
            seed=seed, preset="test", duration_s=duration_s, frame_rate_hz=RATE_HZ,
            width_px=WIDTH, height_px=HEIGHT, mm_per_px=MM_PER_PX,
            tissue=Phantom(
                layers=LAYERS, slope=0.05, pennation_deg=12.0, muscle_db=-34.0, fat_db=-28.0, stria_db=-20.0,
                striae_per_cm2=12.0, fascia_db=-8.0, attenuation_db_per_cm=2.0, bone=False, frequency_mhz=8.0,
                axial_mm=0.3, lateral_mm=0.5, focus_mm=16.0,
            ),
            machine=Machine(
                dynamic_range_db=60.0, noise_db=-58.0, noise_rise_db_per_cm=3.0, persistence=0.0, codec="h264",
                quality=20, key_frame_interval=50,
            ),
            twitches=tuple(twitches), look_alikes=tuple(look_alikes),
        )  # fmt: skip
        source = Rendered(scene)
        times_s = np.array([time_s for time_s, _ in source.frames_])
        return Clip(
            path=Path("scene"), sha256="", codec="none", width=WIDTH, height=HEIGHT, times_s=times_s,
            timing_source="scene", key_frames=np.zeros(len(times_s), bool), scale=Scale(MM_PER_PX, MM_PER_PX, "scene"),
            mask=np.ones((HEIGHT, WIDTH), bool), mask_source="user", source=source,
        )  # fmt: skip

    return make


@pytest.fixture
def find_events():
    """Take a clip to its judged events."""

    def find(clip: Clip) -> list[Event]:
        grid: Grid = lay_grid(clip, MotionConfig().cell_mm)
        events = []
        for maps in measure_motion(clip, grid, MotionConfig()):
            layers = find_layers(maps.picture, grid)
            motions = look_twice(maps, CandidateConfig(), load_classifier()).motions
            events += [describe_event(*motion, layers) for motion in motions]
        return events

    return find

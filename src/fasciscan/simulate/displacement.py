"""Where every bit of tissue is at any time: the sum of a scene's motions, exact, in millimetres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.motions import Motion, Twitch
from fasciscan.simulate.scene import Scene

GRID_MM = 0.5
"""Spacing of the grid that carries the field to the imaging; a territory 4.5 mm wide is then off by less than 1 %."""
MARGIN_MM = 4.0
"""The grid reaches this far beyond the image, since tissue outside moves in."""
COURSE_STEP_S = 0.02
"""Step at which the size of a motion is looked for."""
SWEEP_SHARE = 0.8
"""Share of the frame time in which the beam sweeps from left to right; the rest is spent on overhead."""


def displacement(scene: Scene, t_s: float) -> NDArray[np.float32]:
    """Displacement of the tissue at a time.

    Parameters
    ----------
    scene
        The scene.
    t_s
        Time in seconds.

    Returns
    -------
    array (2, height, width), float32
        Lateral and axial displacement in mm of the tissue that lies at each pixel's centre when nothing moves
        (Lagrangian). The sweep of the beam within a frame is left out.
    """
    x = ((np.arange(scene.width_px) + 0.5) * scene.mm_per_px).astype(np.float64)[None, :]
    y = ((np.arange(scene.height_px) + 0.5) * scene.mm_per_px).astype(np.float64)[:, None]
    total = np.zeros((2, scene.height_px, scene.width_px))
    for motion in scene.motions:
        start, end = motion.span_s
        if start <= t_s <= end:
            total += motion.course(np.asarray(t_s)) * motion.pattern(x, y, scene.tissue.layers)[:2]
    return total.astype(np.float32)


class FieldGrid:
    """The displacement field of a scene on a coarse grid, cheap to ask at every frame.

    Attributes
    ----------
    x_mm, y_mm
        (gx,) and (gy,) positions of the grid, evenly ``GRID_MM`` apart; beam coordinates for a curved probe.
    """

    def __init__(self, scene: Scene):
        width, depth = scene.beam_size_mm
        self.x_mm = np.arange(-MARGIN_MM, width + MARGIN_MM + GRID_MM, GRID_MM)
        self.y_mm = np.arange(-MARGIN_MM, depth + MARGIN_MM + GRID_MM, GRID_MM)
        self._scene = scene
        # A beam that sweeps sees the right edge later than the left; the frame's time is that of its middle column.
        across = np.clip(self.x_mm / width, 0, 1) - 0.5
        self._delay_s = across * SWEEP_SHARE / scene.frame_rate_hz
        self._motions = scene.motions
        self._patterns: dict[int, NDArray[np.float32]] = {}

    def at(self, t_s: float) -> NDArray[np.float32]:
        """Return the (3, gy, gx) displacement in mm: lateral, axial, elevational; Lagrangian, swept in time."""
        total = np.zeros((3, len(self.y_mm), len(self.x_mm)), np.float32)
        times = t_s + self._delay_s
        for i, motion in enumerate(self._motions):
            start, end = motion.span_s
            if times[-1] < start or times[0] > end:
                self._patterns.pop(i, None)
                continue
            total += motion.course(times).astype(np.float32) * self._pattern(i)
        return total

    def farthest_mm(self) -> float:
        """Bound how far any tissue moves; of twitches the largest counts, as they seldom meet."""
        times = np.arange(0.0, self._scene.duration_s, COURSE_STEP_S)
        farthest = {True: 0.0, False: 0.0}
        for motion in self._motions:
            size = np.abs(motion.course(times)).max() * np.abs(self._draw_pattern(motion)[:2]).max()
            twitches = isinstance(motion, Twitch)
            farthest[twitches] = max(farthest[True], float(size)) if twitches else farthest[False] + float(size)
        return min(sum(farthest.values()), MARGIN_MM)

    def _pattern(self, i: int) -> NDArray[np.float32]:
        if i not in self._patterns:
            self._patterns[i] = self._draw_pattern(self._motions[i]).astype(np.float32)
        return self._patterns[i]

    def _draw_pattern(self, motion: Motion) -> NDArray[np.float64]:
        x, y = np.meshgrid(self.x_mm, self.y_mm)
        layers = self._scene.tissue.layers
        if layers.sector is None:
            return motion.pattern(x, y, layers)
        return layers.sector.turn_to_beam(motion.pattern(*layers.sector.to_image(x, y), layers), x, y)

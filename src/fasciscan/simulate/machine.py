"""The scanner and the recorder: noise, log compression, persistence, screen, rate conversion and lost frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.scene import Machine, Scene, Stream

NOISE_GRAIN_PX = (2, 3)
"""Noise of a warped still is made this coarse (down, across) and enlarged: pulses and beams are wider than pixels."""


def shadow_gain(scene: Scene, columns_mm: NDArray[np.floating], t_s: float) -> NDArray[np.float32]:
    """Return what is left of the echoes in each column (n,) under the shadows of a scene, 0 to 1."""
    left = np.ones(len(columns_mm), np.float32)
    for shadow in scene.shadows:
        left *= shadow.gain(columns_mm, t_s)
    return left


def add_noise(amplitude: NDArray[np.float32], scene: Scene, generator: np.random.Generator) -> NDArray[np.float32]:
    """Add electronic noise to a noiseless envelope of pixels, as complex Gaussian noise before detection does.

    Parameters
    ----------
    amplitude
        (height, width), 1 at the brightest grey.
    scene
        Tells the noise level and its rise with depth.
    generator
        Source of randomness.

    Returns
    -------
    array (height, width), float32
        The envelope of echo and noise.
    """
    import cv2

    height, width = amplitude.shape
    coarse = tuple(-(-n // grain) for n, grain in zip((height, width), NOISE_GRAIN_PX, strict=True))
    level = noise_level(scene.machine, (np.arange(height) + 0.5) * scene.mm_per_px)[:, None]
    # Enlarging averages neighbours, which takes a third of the power in each direction: 1.5 gives it back.
    parts = [
        cv2.resize(generator.standard_normal(coarse, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        for _ in range(2)
    ]
    scale = level * np.float32(1.5 / np.sqrt(2))
    return np.hypot(amplitude + parts[0] * scale, parts[1] * scale)


def noise_level(machine: Machine, depth_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Root mean square of the complex noise at depths, 1 at the brightest grey."""
    db = machine.noise_db + machine.noise_rise_db_per_cm * depth_mm / 10
    return (10 ** (db / 20)).astype(np.float32)


def compress(envelope: NDArray[np.float32], dynamic_range_db: float) -> NDArray[np.float32]:
    """Log-compress an envelope to grey levels 0 to 255, not yet rounded."""
    db = np.float32(20) * np.log10(np.maximum(envelope, np.float32(1e-6)))
    return np.clip(np.float32(255) * (1 + db / np.float32(dynamic_range_db)), 0, 255)


def persist(pictures: Iterable[NDArray[np.float32]], persistence: float) -> Iterator[NDArray[np.uint8]]:
    """Average each picture with those before, as a scanner's recursive frame averaging does, and round."""
    held: NDArray[np.float32] | None = None
    for picture in pictures:
        held = picture if held is None else (held + (1 - persistence) * (picture - held)).astype(np.float32)
        yield np.rint(held).astype(np.uint8)


def scan_times(scene: Scene) -> NDArray[np.float64]:
    """Return the (n,) times of the pictures the scanner makes."""
    return np.arange(max(1, round(scene.duration_s * scene.frame_rate_hz))) / scene.frame_rate_hz


def recording_plan(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Tell which picture each recorded frame shows, and when.

    Returns
    -------
    times_s
        (n,) presentation times of the frames that reach the file.
    pictures
        (n,) index of the scanner's picture on each; repeated where the recorder is faster than the scanner.
    """
    scanned = scan_times(scene)
    rate = scene.recorded_rate_hz
    times = np.arange(max(1, round(scene.duration_s * rate))) / rate
    # The small term keeps equal rates from rounding to the picture before.
    pictures = np.minimum((times * scene.frame_rate_hz + 1e-6).astype(np.int64), len(scanned) - 1)
    kept = scene.generator(Stream.RECORDER).random(len(times)) >= scene.machine.dropped_share
    kept[0] = True
    return times[kept], pictures[kept]


class ScreenPainter:
    """Draws the scanner's screen around each picture."""

    TEXT_GREY = 190
    BACKGROUND_GREY = 18
    RULER_STEP_MM = 5.0
    FONT_SCALE = 0.38
    """Letters some 9 px high, as on a captured screen."""

    def __init__(self, scene: Scene):
        screen = scene.machine.screen
        self._scene = scene
        self._screen = screen
        self._still = None if screen is None else self._paint_still()

    def paint(self, picture: NDArray[np.uint8], t_s: float) -> NDArray[np.uint8]:
        """Return the frame: the picture alone, or within the screen with the clock at ``t_s``."""
        if self._screen is None or self._still is None:
            return picture
        x, y, width, height = self._scene.image_box
        frame = self._still.copy()
        frame[y : y + height, x : x + width] = picture
        minutes, seconds = divmod(int(t_s), 60)
        self._write(frame, f"09:{41 + minutes:02d}:{seconds:02d}", frame.shape[1] - 80, 16)
        return frame

    def _paint_still(self) -> NDArray[np.uint8]:
        width, height = self._scene.frame_size
        frame = np.full((height, width), self.BACKGROUND_GREY, dtype=np.uint8)
        self._write(frame, "FASCISCAN PHANTOM", 8, 16)
        machine = self._scene.machine
        lines = (f"{self._scene.frame_rate_hz:.0f} Hz", f"DR {machine.dynamic_range_db:.0f}", "MSK")
        for i, line in enumerate(lines):
            self._write(frame, line, 6, self._scene.image_box[1] + 20 + 16 * i)
        self._paint_ruler(frame)
        self._paint_grey_bar(frame)
        return frame

    def _paint_ruler(self, frame: NDArray[np.uint8]) -> None:
        """Draw ticks right of the image, every fifth millimetre, longer at each centimetre."""
        x, y, width, _ = self._scene.image_box
        if self._screen is None or self._screen.right_px == 0:
            return
        for i, depth in enumerate(np.arange(0, self._scene.height_mm, self.RULER_STEP_MM)):
            row = y + round(depth / self._scene.mm_per_px)
            frame[row, x + width + 3 : x + width + (7 if i % 2 else 11)] = self.TEXT_GREY

    def _paint_grey_bar(self, frame: NDArray[np.uint8]) -> None:
        """Draw the grey scale left of the image, white on top."""
        x, y, _, height = self._scene.image_box
        bar = np.linspace(255, 0, height // 3).astype(np.uint8)[:, None]
        if x > 0:
            frame[y + height - len(bar) : y + height, max(0, x - 16) : max(0, x - 6)] = bar

    def _write(self, frame: NDArray[np.uint8], text: str, x: int, y: int) -> None:
        import cv2

        cv2.putText(frame, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, self.FONT_SCALE, self.TEXT_GREY, 1, cv2.LINE_AA)

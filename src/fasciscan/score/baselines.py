"""Other people's ways to find twitches, written anew from their descriptions, to be scored beside ours.

Each watches a clip and tells at every moment how strongly something moves and where it does most; events are the peaks
of that. A setting, the least gap between two events, and the threshold are tuned on validation clips. One event
at a moment is all they can tell. The frames are those ours gets, within the tissue it found, reduced to a
pixel of :data:`PIXEL_MM` and to at most :data:`MOST_HZ` a second, without which the dense flow would take hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip
from fasciscan.motion import lay_grid
from fasciscan.score.traces import Array, Trace

PIXEL_MM = 0.22
"""Speckle has 0.2-0.5 mm: coarser frames would lose it."""
MOST_HZ = 40.0
CELL_MM = 2.0
"""Differences and flow are averaged over cells of this size, half the width of a territory (4.5 mm, Birkbeck 2020)."""
APART_S = 0.075
"""Flow is taken over the contraction time of a motor unit (PMC7900994), over which a twitch is largest."""
MAD_TO_SD = 1.4826
HALF = 0.5
"""Cells that change at least half as much as the most make up the place."""
TINY = 1e-9
"""Weight of every cell, so that a picture without change has a place too: the middle."""
LEARNING_S = 0.5
"""What the background model needs until its first frames are no longer foreground."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """One way to find twitches."""

    name: str
    title: str
    unit: str
    """Of its strength, and so of its threshold."""
    settings: tuple[str, ...]
    """What to choose from, each a row of the trace."""
    watch: Callable[[Clip], Trace]


@dataclass(frozen=True, slots=True)
class _View:
    """The tissue of a clip as the baselines see it."""

    clip: Clip
    box: tuple[int, int, int, int]
    size: tuple[int, int]
    """Width and height in reduced pixels."""
    cells: tuple[int, int]
    """Number of cells across and down."""
    tissue: NDArray[np.uint8]
    """(height, width) reduced."""
    pixel_mm: float

    def frames(self) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        """Stream times and reduced frames, at most ``MOST_HZ`` a second."""
        import cv2

        x, y, width, height = self.box
        every = max(1, int(np.ceil(_rate_hz(self.clip) / MOST_HZ - 1e-3)))
        for frame in self.clip.frames():
            if frame.index % every == 0:
                cut = frame.luma[y : y + height, x : x + width]
                yield frame.time_s, np.asarray(cv2.resize(cut, self.size, interpolation=cv2.INTER_AREA), np.uint8)

    def by_cell(self, image: NDArray[Any]) -> Array:
        """Average an image over cells; what is no tissue counts as 0."""
        import cv2

        kept = image * (self.tissue if image.ndim == 2 else self.tissue[..., None])
        return np.asarray(cv2.resize(kept.astype(np.float32), self.cells, interpolation=cv2.INTER_AREA), np.float32)

    def place(self, x_share: NDArray[np.floating], y_share: NDArray[np.floating]) -> tuple[Array, Array]:
        """Turn shares of the box into pixels of the frame."""
        x, y, width, height = self.box
        return (x + x_share * width - 0.5).astype(np.float32), (y + y_share * height - 0.5).astype(np.float32)


def _view(clip: Clip) -> _View:
    import cv2

    grid = lay_grid(clip, CELL_MM)
    x, y, width, height = grid.box
    size = tuple(max(2, round(side * mm / PIXEL_MM)) for side, mm in zip((width, height), grid.mm_per_px, strict=True))
    cells = tuple(max(1, round(side * mm / CELL_MM)) for side, mm in zip((width, height), grid.mm_per_px, strict=True))
    mask = clip.mask[y : y + height, x : x + width].astype(np.uint8)
    tissue = cv2.resize(mask, (size[0], size[1]), interpolation=cv2.INTER_NEAREST)
    return _View(clip, grid.box, (size[0], size[1]), (cells[0], cells[1]), np.asarray(tissue, np.uint8), PIXEL_MM)


def watch_difference(clip: Clip) -> Trace:
    """Watch the absolute difference of frames, as motion detectors of surveillance cameras do.

    Settings: from one frame to the next, or over the contraction time. Strength: the cell that exceeds its own median
    over the clip by the largest number of standard deviations (from the MAD).
    """
    import cv2

    view = _view(clip)
    steps = (1, _steps(clip))
    maps: list[list[Array]] = [[] for _ in steps]
    times, kept = [], []
    for time_s, frame in view.frames():
        kept = [*kept[-max(steps) :], frame]
        for into, step in zip(maps, steps, strict=True):
            into.append(view.by_cell(cv2.absdiff(frame, kept[max(0, len(kept) - 1 - step)])))
        times.append(time_s)
    return _strongest_cells(view, times, [np.stack(frames) for frames in maps])


FARNEBACK = (0.5, 2, 15, 2, 5, 1.2, 0)
"""Scale and levels of the pyramid, window, rounds, neighbourhood, its smoothing, flags: OpenCV's customary values
but for two levels and two rounds in place of three, which is nearly twice as fast. The window of 15 px is 3.3 mm."""


def watch_flow(clip: Clip) -> Trace:
    """Watch dense optical flow after the motion of the whole is taken out.

    Farnebäck's flow over the contraction time, less its median over the tissue, averaged over cells. Strength as in
    :func:`watch_difference`, of the length of that vector: median + k MAD over time.

    References
    ----------
    Farnebäck G. Two-frame motion estimation based on polynomial expansion. SCIA 2003:363-370.
    """
    import cv2

    view = _view(clip)
    steps = _steps(clip)
    speeds, times, kept = [], [], []
    for time_s, frame in view.frames():
        kept = [*kept[-steps:], frame]
        flow = cv2.calcOpticalFlowFarneback(kept[0], frame, None, *FARNEBACK)  # pyright: ignore[reportCallIssue, reportArgumentType]
        moving = flow[view.tissue > 0]
        residual = view.by_cell(flow - (np.median(moving, axis=0) if len(moving) else 0))
        speeds.append(np.hypot(residual[..., 0], residual[..., 1]))
        times.append(time_s)
    return _strongest_cells(view, times, [np.stack(speeds)])


BLOB_DEVIATIONS = (3.0, 4.0, 6.0)
"""How many standard deviations from the background a pixel must lie to be foreground; OpenCV's own default is 4."""
BACKGROUND_S = 5.0
"""How long the background remembers: several twitches, and breathing once."""


def watch_blobs(clip: Clip) -> Trace:
    """Watch the foreground of an adaptive mixture of Gaussians, and in it the area of the largest blob, in mm².

    References
    ----------
    Bibbings K, Harding PJ, Loram ID, Combes N, Hodson-Tole EF. Foreground detection analysis of ultrasound image
    sequences identifies markers of motor neurone disease across diagnostically relevant skeletal muscles. Ultrasound
    Med Biol 2019;45:1164-1175. Zivkovic Z. Improved adaptive Gaussian mixture model for background subtraction. ICPR
    2004:28-31.
    """
    import cv2

    view = _view(clip)
    history = round(BACKGROUND_S * min(_rate_hz(clip), MOST_HZ))
    models = [cv2.createBackgroundSubtractorMOG2(history, deviations**2, False) for deviations in BLOB_DEVIATIONS]
    found: list[list[tuple[float, float, float]]] = [[] for _ in models]
    times = []
    for time_s, frame in view.frames():
        for into, model in zip(found, models, strict=True):
            foreground = np.asarray(cv2.medianBlur(model.apply(frame), 3), np.uint8) * view.tissue
            into.append(_largest_blob(foreground) if time_s > LEARNING_S else (0.0, 0.5, 0.5))
        times.append(time_s)
    area, x, y = np.array(found, np.float32).reshape(len(models), -1, 3).transpose(2, 0, 1)
    x_px, y_px = view.place(x / view.size[0], y / view.size[1])
    return Trace(np.array(times), area * view.pixel_mm**2, x_px, y_px, clip.duration_s)


BASELINES = (
    Baseline("difference", "frame difference", "SD", ("1 frame", f"{APART_S} s"), watch_difference),
    Baseline(
        "blobs",
        "MOG2 foreground blobs",
        "mm²",
        tuple(f"{deviations:g} SD" for deviations in BLOB_DEVIATIONS),
        watch_blobs,
    ),
    Baseline("flow", "Farnebäck residual", "SD", (f"{APART_S} s",), watch_flow),
)
"""All baselines that are not our own pipeline with its rule."""


def _largest_blob(foreground: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Area and centre of the largest connected foreground, in pixels."""
    import cv2

    count, _, stats, centres = cv2.connectedComponentsWithStats(foreground, connectivity=8)
    if count < 2:
        return 0.0, 0.5, 0.5
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return float(stats[largest, cv2.CC_STAT_AREA]), float(centres[largest][0]), float(centres[largest][1])


def _strongest_cells(view: _View, times: list[float], settings: Sequence[Array]) -> Trace:
    """Tell at each moment by how many of its own standard deviations a cell exceeds its own median at most, and where.

    The place is the weighted middle of the cells that do so at least half as much.
    """
    strength, x, y = [], [], []
    for maps in settings:
        median = np.median(maps, axis=0)
        spread = MAD_TO_SD * np.median(np.abs(maps - median), axis=0)
        # A cell that never changes is no tissue; one that nearly never does would divide by next to nothing.
        usual = np.median(spread[spread > 0]) if (spread > 0).any() else 1.0
        ratio = np.where(median > 0, (maps - median) / np.maximum(spread, usual / 4), 0)
        most = np.maximum(ratio.max(axis=(1, 2)), 0)
        weight = np.where(ratio >= HALF * most[:, None, None], np.maximum(ratio, 0), 0) + TINY
        total = weight.sum(axis=(1, 2))
        strength.append(most)
        x.append((weight.sum(axis=1) * (np.arange(maps.shape[2]) + 0.5)).sum(axis=1) / total / maps.shape[2])
        y.append((weight.sum(axis=2) * (np.arange(maps.shape[1]) + 0.5)).sum(axis=1) / total / maps.shape[1])
    x_px, y_px = view.place(np.array(x), np.array(y))
    return Trace(np.array(times), np.array(strength, np.float32), x_px, y_px, view.clip.duration_s)


def _steps(clip: Clip) -> int:
    """Frames, of those that are looked at, nearest to ``APART_S``."""
    return max(1, round(APART_S * min(_rate_hz(clip), MOST_HZ)))


def _rate_hz(clip: Clip) -> float:
    return float(1 / np.median(np.diff(clip.times_s))) if clip.frame_count > 1 else 1.0

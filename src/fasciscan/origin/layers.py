"""The tissue an event lies in: its depth below the skin, its layer between bright fasciae, its brightness.

A fascia is a bright line that runs through the whole width of the picture. In the mean picture, straightened along the
face of the probe, such lines are found one by one as the brightest way from the left edge to the right. Which of them
bound the muscle is told from their distances; where that is open, the layer is ``"uncertain"``.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid
from fasciscan.origin.epicentre import Epicentre
from fasciscan.origin.events import Setting

SUBCUTANEOUS, MUSCLE, DEEP_MUSCLE, UNCERTAIN = "subcutaneous", "muscle", "deep muscle", "uncertain"

_DARK, _LIT_SHARE = 2, 0.2
"""Tissue is brighter than this percentile of the picture (black is 16 in most video) by this share of the way to its
median: the dark beside the fan of a curved probe and above its arc is not."""
_SLACK_MM = 0.4
"""Unevenness of the upper edge. The sides of a fan fall away by more …"""
_TRIMMED = 0.1
"""… within this share of the width from either end."""
_LEAST_RISE_MM = 0.5
"""A face that bulges by less is straight; those of linear probes read as 0.3 mm at most."""
_RAY_MM = 1.0
"""Distance of the rays along the face: fasciae are even over a millimetre, speckle and septa are not."""
_FEWEST_RAYS = 8
_GREY_FLOOR = 8.0
"""Grey levels added before the logarithm: black is noise."""
_LINE_MM, _AROUND_MM = 0.3, 1.5
"""Standard deviations of the smoothings in depth whose difference shows lines: an aponeurosis is 0.5-1 mm thick."""
_USUAL_MM = (4.0, 6.0)
"""Reach in depth, and in rays, of what tells how much lines usually differ from their surroundings."""
_LEAST_USUAL = 0.03
"""Of the natural logarithm of the grey level, where the picture is even."""
_STEEPEST = 0.35
"""Fall of a fascia against the face, mm per mm."""
_NOTHING = -2.0
"""Contrast of what must not be taken for a line, and is not worth a way around."""
_STEP_COST = 0.15
"""A step aside costs this part of a usual contrast, so that a line does not follow every speckle."""
_APART_MM = 1.2
_MOST_LINES = 7
_ECHO_MM = 0.5
"""Above that lies the echo of the face itself."""
_BOTTOM_MM = 1.5
"""The edge of the picture is no line."""
_CLEAR, _CONTINUOUS, _WAVY_MM = 1.4, 0.9, 0.45
"""A line is a fascia if its contrast is this many times what is usual there, more than 0.8 times in this share of the
rays, and its course leaves a smooth curve by no more (standard deviation). Of the true ones in simulated clips (seeds
200000-200059) 9 of 10 aponeuroses pass, of the best ways through muscle between them 1 in 30."""
_CONTINUOUS_FROM = 0.8
_SKIN_MM = (1.5, 2.5)
"""Skin is 1-2 mm thick: a line above the first depth bounds no muscle, and one above the second may be its lower face,
with fat below it."""
_LEAST_MUSCLE_MM = 6.0
"""Lines nearer to each other are fat septa, the leaves of one fascia, or the walls of a vessel."""
_SHADOW = 0.5
"""Beyond bone the picture has less than this share of the grey level of the muscle above it."""
_SITE_MM = 2.0
"""Half the short axis of a unit's territory (4.5 mm, Birkbeck 2020): that far around an epicentre grey is averaged."""
_BAND_MM = 1.0
"""Half the height of the strip across the picture it is compared with."""


@dataclass(frozen=True, slots=True)
class Face:
    """Where the probe touches the skin, in mm of the grid: a straight line, or an arc that bulges into the tissue."""

    left_mm: float
    right_mm: float
    y_mm: float
    """Of its middle."""
    radius_mm: float | None
    """None where it is straight."""

    def depth_mm(self, x_mm: float, y_mm: float) -> float:
        """Tell how deep a place lies, along the beam."""
        if self.radius_mm is None:
            return y_mm - self.y_mm
        return float(np.hypot(x_mm - self._middle_mm, y_mm - self.y_mm + self.radius_mm) - self.radius_mm)

    def share(self, x_mm: float, y_mm: float) -> float:
        """Tell how far along the face the beam to a place starts, 0 at the left end and 1 at the right."""
        aside = x_mm - self._middle_mm
        if self.radius_mm is None:
            return float(np.clip(0.5 + aside / (self.right_mm - self.left_mm), 0, 1))
        angle = np.arctan2(aside, y_mm - self.y_mm + self.radius_mm)
        return float(np.clip(0.5 + angle / (2 * self._half_angle), 0, 1))

    def places(self, rays: int, depth_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y, both (depths, rays), of depths along evenly spaced beams."""
        depth = depth_mm[:, None]
        if self.radius_mm is None:
            x = np.linspace(self.left_mm, self.right_mm, rays)
            return np.broadcast_to(x, (len(depth_mm), rays)), np.broadcast_to(self.y_mm + depth, (len(depth_mm), rays))
        angle = np.linspace(-self._half_angle, self._half_angle, rays)
        r = self.radius_mm + depth
        return self._middle_mm + r * np.sin(angle), self.y_mm - self.radius_mm + r * np.cos(angle)

    @property
    def _middle_mm(self) -> float:
        return (self.left_mm + self.right_mm) / 2

    @property
    def _half_angle(self) -> float:
        half = (self.right_mm - self.left_mm) / 2
        return float(np.arcsin(min(half / self.radius_mm, 1.0))) if self.radius_mm else 0.0


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of one picture."""

    face: Face
    fasciae_mm: NDArray[np.float64]
    """(k, rays) depth of each fascia below the face along evenly spaced beams, the shallowest first."""
    muscle: int | None
    """The fascia above the muscle; the next one is below it. None where it cannot be told."""
    echoes_below: bool
    """Whether there is tissue below the muscle, and not the shadow of bone."""
    picture: NDArray[np.float32]
    """(height, width) mean grey level, in working pixels."""
    straight: NDArray[np.float32]
    """(depths, rays) the same along the beams; nan outside the tissue."""
    step_mm: float
    """From one depth to the next."""

    def at(self, x_mm: float, y_mm: float, sd_mm: float) -> str:
        """Name the layer of a place; ``"uncertain"`` within its standard deviation of a border."""
        if self.muscle is None:
            return UNCERTAIN
        rays = self.fasciae_mm.shape[1]
        lines = self.fasciae_mm[:, round(self.face.share(x_mm, y_mm) * (rays - 1))]
        top, bottom = lines[self.muscle : self.muscle + 2]
        depth = self.face.depth_mm(x_mm, y_mm)
        if min(abs(depth - top), abs(depth - bottom)) < sd_mm:
            return UNCERTAIN
        if depth < top:
            return SUBCUTANEOUS
        if depth < bottom:
            return MUSCLE
        return DEEP_MUSCLE if self.echoes_below else UNCERTAIN


def find_layers(picture: NDArray[np.float32], grid: Grid) -> Layers:
    """Find the fasciae in a picture and the muscle between them.

    Parameters
    ----------
    picture
        (height, width) mean grey level, in working pixels of the grid.
    grid
        The grid, for the tissue and its millimetres. Where its scale is assumed, so are the thicknesses asked for.

    Returns
    -------
    Layers
        With no muscle if fewer than two fascias are found, or none of them far enough apart.

    Notes
    -----
    The superficial muscle lies between the first two fasciae at least 6 mm apart, below the skin: the fat above it has
    septa, but those are close together or not continuous.
    """
    tissue = _tissue(grid, picture.shape)
    face = _find_face(picture, tissue, grid)
    straight, step_mm = _straighten(picture, tissue, face, grid)
    fasciae = _find_fasciae(straight, step_mm)
    muscle = _find_muscle(np.median(fasciae, axis=1))
    return Layers(
        face, fasciae, muscle, muscle is not None and _has_echoes(straight, fasciae[muscle:], step_mm), picture,
        straight, step_mm,
    )  # fmt: skip


def tell_setting(place: Epicentre, layers: Layers, grid: Grid) -> Setting:
    """Tell the depth, layer and brightness of a place."""
    depth = max(layers.face.depth_mm(place.x_mm, place.y_mm), 0.0)
    wx, wy = (float(mm) for mm in grid.working_mm)
    height, width = layers.picture.shape
    rows = _around(place.y_mm / wy, _SITE_MM / wy, height)
    columns = _around(place.x_mm / wx, _SITE_MM / wx, width)
    grey = float(layers.picture[rows, columns].mean())
    band = layers.straight[_around(depth / layers.step_mm, _BAND_MM / layers.step_mm, len(layers.straight))]
    usual = float(np.nanmean(band)) if np.isfinite(band).any() else grey
    return Setting(
        depth_px=depth / grid.px_mm,
        depth_mm=depth if grid.calibrated else None,
        layer=layers.at(place.x_mm, place.y_mm, place.sd_mm),
        echogenicity=grey,
        relative_echogenicity=grey / max(usual, 1.0),
    )


def _around(at: float, reach: float, length: int) -> slice:
    start = int(np.clip(at - reach, 0, length - 1))
    return slice(start, max(int(np.ceil(min(at + reach, length))), start + 1))


def _tissue(grid: Grid, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(height, width) working pixels whose cells are tissue; what lies beyond the outermost cells counts with them."""
    row = np.clip(np.searchsorted(grid.rows, np.arange(shape[0]), "right") - 1, 0, len(grid.rows) - 2)
    column = np.clip(np.searchsorted(grid.cols, np.arange(shape[1]), "right") - 1, 0, len(grid.cols) - 2)
    # Cells that are in part beside the tissue are none to measure motion in, but their picture may be used.
    near = cv2.dilate(grid.valid.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
    return near[row][:, column]


def _find_muscle(depths_mm: NDArray[np.float64]) -> int | None:
    """Tell which of the fasciae, from their depths, lies above the superficial muscle; None where that is open."""
    wide = np.flatnonzero((np.diff(depths_mm) >= _LEAST_MUSCLE_MM) & (depths_mm[:-1] >= _SKIN_MM[0]))
    if not len(wide) or (len(wide) > 1 and depths_mm[wide[0]] < _SKIN_MM[1]):
        return None
    return int(wide[0])


def _find_face(picture: NDArray[np.float32], tissue: NDArray[np.bool_], grid: Grid) -> Face:
    """Find the upper edge of what is lit, and whether it is an arc."""
    wx, wy = (float(mm) for mm in grid.working_mm)
    height, width = picture.shape
    dark, usual = float(np.percentile(picture, _DARK)), float(np.median(picture[tissue]))
    lit = tissue & (cv2.blur(picture, (5, 3)) > dark + _LIT_SHARE * (usual - dark))
    top_mm = wy * np.where(lit.any(axis=0), lit.argmax(axis=0), height)
    half = max(width // 2, 1)
    left = int(np.flatnonzero(top_mm[:half] <= top_mm[:half].min() + _SLACK_MM)[0])
    right = half + int(np.flatnonzero(top_mm[half:] <= top_mm[half:].min() + _SLACK_MM)[-1])
    ends = left * wx, right * wx
    inner = np.arange(left, right + 1)[int(_TRIMMED * (right - left)) :][: -int(_TRIMMED * (right - left)) or None]
    bend, _, middle = np.polyfit(inner * wx - sum(ends) / 2, top_mm[inner], 2)
    reach = (ends[1] - ends[0]) / 2
    rise = -bend * reach**2
    if rise < _LEAST_RISE_MM:
        return Face(*ends, float(np.median(top_mm[inner])), None)
    return Face(*ends, float(middle), float((reach**2 + rise**2) / (2 * rise)))


def _straighten(
    picture: NDArray[np.float32], tissue: NDArray[np.bool_], face: Face, grid: Grid
) -> tuple[NDArray[np.float32], float]:
    """Lay the picture out along the beams, (depths, rays), averaged over the width of a ray; nan beside the tissue."""
    wx, wy = (float(mm) for mm in grid.working_mm)
    rays = max(round((face.right_mm - face.left_mm) / _RAY_MM), _FEWEST_RAYS)
    deepest = picture.shape[0] * wy - face.y_mm
    across = max(round((face.right_mm - face.left_mm) / wx / rays), 1)
    x, y = face.places(rays * across, np.arange(0, deepest, wy))
    at = (x / wx).astype(np.float32), (y / wy).astype(np.float32)
    size = (rays, x.shape[0])
    grey = cv2.resize(cv2.remap(picture, *at, cv2.INTER_LINEAR), size, interpolation=cv2.INTER_AREA)
    inside = cv2.remap(tissue.astype(np.float32), *at, cv2.INTER_NEAREST)
    share = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
    return np.where(share > 0.5, grey, np.nan).astype(np.float32), wy


def _find_fasciae(straight: NDArray[np.float32], step_mm: float) -> NDArray[np.float64]:
    """Find the lines that are clear, continuous and smooth, (k, rays) mm below the face, the shallowest first."""
    contrast = _line_contrast(straight, step_mm)
    free, rays = contrast.copy(), np.arange(contrast.shape[1])
    steepest = max(round(_STEEPEST * _RAY_MM / step_mm), 1)
    apart = round(_APART_MM / step_mm)
    found: list[NDArray[np.float64]] = []
    for _ in range(_MOST_LINES):
        line = _best_way(free, steepest)
        along = contrast[line, rays]
        if along.mean() < _CLEAR:  # those still to come are no clearer
            break
        smooth = np.polyval(np.polyfit(rays, line, 3), rays)
        is_even = float(np.std(line - smooth)) * step_mm <= _WAVY_MM
        if np.mean(along > _CONTINUOUS_FROM) >= _CONTINUOUS and is_even:
            found.append(np.asarray(line * step_mm, np.float64))
        for ray, depth in enumerate(line):
            free[max(depth - apart, 0) : depth + apart + 1, ray] = _NOTHING
    return np.array(sorted(found, key=np.median), float).reshape(-1, contrast.shape[1])


def _line_contrast(straight: NDArray[np.float32], step_mm: float) -> NDArray[np.float32]:
    """How much brighter each place is than what lies above and below it, over how much that usually is around it."""
    inside = np.isfinite(straight)
    level = np.log(np.where(inside, straight, 0) + np.float32(_GREY_FLOOR))
    rises = _blur(level, _LINE_MM / step_mm, 0) - _blur(level, _AROUND_MM / step_mm, 0)
    usual = np.sqrt(_blur(rises**2, _USUAL_MM[0] / step_mm, _USUAL_MM[1]))
    contrast = (rises / np.maximum(usual, _LEAST_USUAL)).astype(np.float32)
    contrast[: round(_ECHO_MM / step_mm)] = _NOTHING
    reach = 2 * round(_BOTTOM_MM / step_mm) + 1
    whole = cv2.erode(inside.astype(np.uint8), np.ones((reach, 1), np.uint8), borderType=cv2.BORDER_CONSTANT)
    top = np.arange(len(straight))[:, None] * step_mm < _BOTTOM_MM
    contrast[~(whole.astype(np.bool_) | (top & inside))] = _NOTHING
    return contrast


def _blur(image: NDArray[np.float32], down: float, across: float) -> NDArray[np.float32]:
    """Smooth by standard deviations in depths and rays."""
    if not across:
        tall = (1, 2 * int(3 * down) + 1)  # OpenCV has no standard deviation of 0, but kernels one wide
        return np.asarray(cv2.GaussianBlur(image, tall, sigmaX=1, sigmaY=down), np.float32)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigmaX=across, sigmaY=down), np.float32)


def _best_way(gain: NDArray[np.float32], steepest: int) -> NDArray[np.intp]:
    """Find the way through (depths, rays), one depth a ray, that gains most; by dynamic programming."""
    depths, rays = gain.shape
    steps = np.arange(-steepest, steepest + 1)
    cost = (_STEP_COST * np.abs(steps)).astype(np.float32)[:, None]
    came_by = np.zeros((rays, depths), np.intp)
    total = gain[:, 0]
    for ray in range(1, rays):
        padded = np.pad(total, steepest, constant_values=-np.inf)
        before = np.lib.stride_tricks.sliding_window_view(padded, depths) - cost
        came_by[ray] = before.argmax(axis=0)
        total = before[came_by[ray], np.arange(depths)] + gain[:, ray]
    way = np.empty(rays, np.intp)
    way[-1] = total.argmax()
    for ray in range(rays - 1, 0, -1):
        way[ray - 1] = way[ray] + steps[came_by[ray, way[ray]]]
    return way


def _has_echoes(straight: NDArray[np.float32], lines_mm: NDArray[np.float64], step_mm: float) -> bool:
    """Whether the picture goes on below the second of some lines, and not in shadow."""
    top, bottom = (round(float(np.median(line)) / step_mm) for line in lines_mm[:2])
    leaf = round(_APART_MM / step_mm)
    above, below = straight[top + leaf : bottom - leaf], straight[bottom + leaf :]
    if not np.isfinite(below).any():
        return False
    return bool(np.nanmean(below) >= _SHADOW * np.nanmean(above))

"""How true the measured motion is: bias and error on moved speckle, and how well each longer distance shows a twitch.

Prints the tables of docs/motion.md. The tests of the motion station measure with the same functions.

Examples
--------
    python scripts/measure_motion.py accuracy    # bias and error by displacement, noise and compression
    python scripts/measure_motion.py twitches    # how much of a twitch is measured, by compression
    python scripts/measure_motion.py distance    # what the longer distance in time should be
    python scripts/measure_motion.py others      # dense methods on the same pictures
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip, ClipOptions, Frame, Scale, open_clip
from fasciscan.motion import MotionConfig, MotionMaps, lay_grid, measure_motion
from fasciscan.motion.measure import measure_frames, working_frames
from fasciscan.simulate import Layers, Machine, Phantom, Scene, Twitch, render

MM_PER_PX = 0.08
"""A usual pixel: 60-92 µm (NeuroSense; Kobe 2026)."""
AXIAL_MM, LATERAL_MM = 0.28, 0.55
"""Resolution of a 9 MHz linear probe (width at half height), which sets the size of the speckle."""
DYNAMIC_RANGE_DB = 60.0
BRIGHTEST_DB = 12.0
"""White, over the mean power of the speckle: one pixel in a million is brighter."""
FWHM_TO_SD = 1 / np.sqrt(8 * np.log(2))
NEUTRAL_CHROMA = 128


class Speckle:
    """Fully developed speckle that can be shifted by any part of a pixel, exactly.

    A complex echo field with a Gaussian spectrum, moved by the phase of its Fourier transform, so that no
    interpolation adds an error of its own. What leaves on one side comes back on the other.
    """

    def __init__(self, seed: int, height: int = 240, width: int = 320):
        self._random = np.random.default_rng(seed)
        self._fy = np.fft.fftfreq(height).astype(np.float32)[:, None]
        self._fx = np.fft.fftfreq(width).astype(np.float32)[None, :]
        axial, lateral = (width_mm / MM_PER_PX * FWHM_TO_SD for width_mm in (AXIAL_MM, LATERAL_MM))
        self._pulse = np.exp(-2 * np.pi**2 * ((axial * self._fy) ** 2 + (lateral * self._fx) ** 2))
        self._echo = self._spectrum()

    def frame(self, x_px: float, y_px: float, noise_db: float | None = None) -> NDArray[np.uint8]:
        """Image the speckle moved by (x, y), with noise that is new each time so far over the mean power of echoes."""
        phase = np.exp(-2j * np.pi * (self._fx * x_px + self._fy * y_px))
        spectrum = self._echo * phase
        if noise_db is not None:
            spectrum = spectrum + 10 ** (noise_db / 20) * self._spectrum()
        power_db = 20 * np.log10(np.maximum(np.abs(np.fft.ifft2(spectrum)), 1e-6))
        return np.clip(255 * (1 + (power_db - BRIGHTEST_DB) / DYNAMIC_RANGE_DB), 0, 255).astype(np.uint8)

    def _spectrum(self) -> NDArray[np.complex64]:
        """Spectrum of a new field of mean power 1."""
        shape = self._pulse.shape
        white = self._random.standard_normal((2, *shape), np.float32)
        spectrum = self._pulse * (white[0] + 1j * white[1])
        power = np.mean(np.abs(np.fft.ifft2(spectrum)) ** 2)
        return (spectrum / np.sqrt(power)).astype(np.complex64)


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames in memory, as the source of a clip."""

    pictures: Sequence[NDArray[np.uint8]]
    times_s: NDArray[np.float64]

    def frames(self) -> Iterator[Frame]:
        """Stream the frames from the start."""
        for index, (time, picture) in enumerate(zip(self.times_s.tolist(), self.pictures, strict=True)):
            yield Frame(index, time, picture)


def as_clip(pictures: Sequence[NDArray[np.uint8]], times_s: NDArray[np.float64], mm_per_px: float = MM_PER_PX) -> Clip:
    """Make a clip of frames in memory, all of it tissue."""
    height, width = pictures[0].shape
    return Clip(
        path=Path("speckle"),
        sha256="",
        codec="none",
        width=width,
        height=height,
        times_s=times_s,
        timing_source="simulated",
        key_frames=np.zeros(len(times_s), np.bool_),
        scale=Scale(mm_per_px, mm_per_px, "simulated"),
        mask=np.ones((height, width), np.bool_),
        mask_source="user",
        source=Stack(pictures, times_s),
    )


def through_h264(
    pictures: Sequence[NDArray[np.uint8]],
    rate_hz: int,
    crf: int,
    path: Path,
    key_frame_interval: int = 250,
    mm_per_px: float = MM_PER_PX,
) -> Clip:
    """Encode frames as H.264 and open the file, all of it tissue."""
    height, width = pictures[0].shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = key_frame_interval
        stream.options = {"crf": str(crf), "sc_threshold": "0"}
        for index, picture in enumerate(pictures):
            planes = np.full((height * 3 // 2, width), NEUTRAL_CHROMA, np.uint8)
            planes[:height] = 16 + picture * (219 / 255)  # limited range, as video has it
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    whole = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    return open_clip(path, ClipOptions(mm_per_px=mm_per_px, roi=whole))


@dataclass(frozen=True, slots=True)
class Displacements:
    """What was measured in each tissue cell of each frame, image pixels; frames without a measurement are left out."""

    step: NDArray[np.float32]
    """(n, cells, 2) since the frame before."""
    step_s: NDArray[np.float64]
    lagged: NDArray[np.float32]
    """(m, cells, 2) over the longer distance."""
    lag_s: NDArray[np.float64]
    error: NDArray[np.float32]
    """(m, cells) standard error the measurement gives itself for ``lagged``."""


def measure_displacements(clip: Clip, lag_s: float = 0.1) -> Displacements:
    """Measure the displacements of a clip before anything is taken out of them."""
    grid = lay_grid(clip, MotionConfig().cell_mm)
    measured = [motion for _, motion in measure_frames(working_frames(clip, grid), grid, lag_s) if motion is not None]
    steps = [motion for motion in measured if motion.step_s > 0]
    far = [motion for motion in measured if motion.lag_s > 0]
    to_px = 1 / np.array(grid.mm_per_px, np.float32)
    return Displacements(
        np.array([motion.step[grid.valid] * to_px for motion in steps], np.float32),
        np.array([motion.step_s for motion in steps]),
        np.array([motion.lagged[grid.valid] * to_px for motion in far], np.float32),
        np.array([motion.lag_s for motion in far]),
        np.array([motion.error[grid.valid] / grid.px_mm for motion in far], np.float32),
    )


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far measured displacements lie from the truth."""

    bias: float
    """Mean of what is measured along the motion, over the truth, less 1."""
    error_px: float
    """Standard deviation of a single cell's displacement, the worse of the two directions."""
    wild: float
    """Share of cells more than half the displacement and more than half a pixel off."""


def accuracy_of(measured: NDArray[np.float32], true_px: NDArray[np.float64]) -> Accuracy:
    """Compare (n, cells, 2) displacements with the (n, 2) true ones."""
    size = np.linalg.norm(true_px, axis=1)
    along = np.einsum("nci,ni->nc", measured, true_px / size[:, None])
    rest = measured - true_px[:, None]
    off = np.linalg.norm(rest, axis=-1) > np.maximum(0.5 * size, 0.5)[:, None]
    return Accuracy(
        float(np.mean(along / size[:, None]) - 1),
        float(np.max(np.std(rest, axis=(0, 1)))),
        float(np.mean(off)),
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """What lies between the speckle and the measurement."""

    name: str
    noise_db: float | None = None
    crf: int | None = None


CONDITIONS = (
    Condition("as it is"),
    Condition("noise", noise_db=-20.0),
    Condition("noise, crf 18", noise_db=-20.0, crf=18),
    Condition("noise, crf 28", noise_db=-20.0, crf=28),
)
AMPLITUDES_PX = (0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Image pixels. The flow works on half of them here, so 2, 4 and 6 are whole pixels to it and 3 and 5 the hardest."""
DIRECTIONS = {"x": np.array([1.0, 0.0]), "y": np.array([0.0, 1.0])}
RATE_HZ = 30
LAG_FRAMES = 3
GLIDE_FRAMES = 20


def glide(step_px: NDArray[np.float64], condition: Condition, seed: int, frames: int = GLIDE_FRAMES) -> Displacements:
    """Let speckle glide by the same (x, y) in every frame and measure it; it starts anywhere within a pixel."""
    start = np.random.default_rng(seed).random(2)
    speckle = Speckle(seed)
    places = start + np.outer(np.arange(frames), step_px)
    pictures = [speckle.frame(x, y, condition.noise_db) for x, y in places]
    if condition.crf is None:
        return measure_displacements(as_clip(pictures, np.arange(frames) / RATE_HZ), LAG_FRAMES / RATE_HZ)
    with tempfile.TemporaryDirectory() as folder:
        clip = through_h264(pictures, RATE_HZ, condition.crf, Path(folder) / "glide.mp4")
        return measure_displacements(clip, LAG_FRAMES / RATE_HZ)


def step_accuracy(size_px: float, direction: NDArray, condition: Condition, seed: int = 0) -> Accuracy:
    """Tell how true displacements of a size are from one frame to the next."""
    found = glide(size_px * direction, condition, seed)
    return accuracy_of(found.step, size_px * direction * RATE_HZ * found.step_s[:, None])


def lagged_accuracy(size_px: float, direction: NDArray, condition: Condition, seed: int = 0) -> Accuracy:
    """Tell how true displacements of a size are over the longer distance, three frames here."""
    found = glide(size_px / LAG_FRAMES * direction, condition, seed)
    return accuracy_of(found.lagged, size_px / LAG_FRAMES * direction * RATE_HZ * found.lag_s[:, None])


def print_accuracy() -> None:
    """Print bias and error by displacement, direction and condition."""
    for title, measure in (("From one frame to the next", step_accuracy), ("Over three frames", lagged_accuracy)):
        print(f"\n{title}: bias in % / error of one cell in px / cells gone astray in %\n")
        print("| px | " + " | ".join(condition.name for condition in CONDITIONS) + " |")
        print("|---|" + "---|" * len(CONDITIONS))
        for name, direction in DIRECTIONS.items():
            for size in AMPLITUDES_PX:
                found = [measure(size, direction, condition) for condition in CONDITIONS]
                cells = [f"{100 * a.bias:+.1f} / {a.error_px:.3f} / {100 * a.wild:.1f}" for a in found]
                print(f"| {size:g} {name} | " + " | ".join(cells) + " |", flush=True)


DISTANCES_S = (0.03, 0.05, 0.07, 0.1, 0.13, 0.17)
RATES_HZ = (15, 25, 40, 60, 80)
TWITCH_MM = 0.1
"""A small twitch: one standard deviation under the mean (0.20 ± 0.10 mm, PMC7900994)."""
ONSETS_S = (1.0, 2.0, 3.0, 4.0)
PAIR_ONSETS_S = (5.2, 5.4)
"""Two twitches at one site, the closest that are to stay two."""
TWITCH_SCENE = Scene(
    seed=0,
    preset="longer distance",
    duration_s=7.0,
    frame_rate_hz=40.0,
    width_px=240,
    height_px=220,
    mm_per_px=0.1,
    tissue=Phantom(
        layers=Layers(skin_mm=1.5, muscle_top_mm=4.0, muscle_bottom_mm=18.0, bottom_mm=22.0),
        slope=0.02,
        pennation_deg=-10.0,
        muscle_db=-38.0,
        fat_db=-38.0,
        stria_db=-26.0,
        striae_per_cm2=26.0,
        fascia_db=-8.0,
        attenuation_db_per_cm=2.0,
        bone=False,
        frequency_mhz=9.0,
        axial_mm=AXIAL_MM,
        lateral_mm=LATERAL_MM,
        focus_mm=11.0,
    ),
    machine=Machine(
        dynamic_range_db=DYNAMIC_RANGE_DB,
        noise_db=-56.0,
        noise_rise_db_per_cm=2.0,
        persistence=0.0,
        codec="h264",
        quality=20,
        key_frame_interval=250,
    ),
)


UNIT = Twitch(
    x_mm=12.0,
    y_mm=11.0,
    onset_s=0.0,
    contraction_s=0.075,
    relaxation_s=0.15,
    amplitude_mm=TWITCH_MM,
    angle_deg=-10.0,
    major_mm=10.7,
    minor_mm=4.5,
    site=1,
)
PAIR_RELAXATION_S = 0.11
"""So that the first of a pair is over before the second begins."""
CENTRE_MM = 1.5
"""Cells this near to the middle of the territory show nearly the whole displacement."""
NEAR_PEAK_S = 0.04


def twitch_scene(rate_hz: float, seed: int, amplitude_mm: float = TWITCH_MM) -> Scene:
    """Four single twitches and a close pair, imaged from moving scatterers."""
    unit = replace(UNIT, amplitude_mm=amplitude_mm)
    single = [replace(unit, onset_s=onset) for onset in ONSETS_S]
    pair = [replace(unit, onset_s=onset, relaxation_s=PAIR_RELAXATION_S) for onset in PAIR_ONSETS_S]
    return replace(TWITCH_SCENE, seed=seed, frame_rate_hz=rate_hz, twitches=(*single, *pair))


@dataclass(frozen=True, slots=True)
class Visibility:
    """How well a longer distance shows small twitches."""

    excursion_mm: float
    """Along the line of action at the peak, mean of the single twitches."""
    detectability: float
    """Excursion at the peak over the noise of the same cells, mean of the single twitches."""
    dip: float
    """Excursion between the twitches of the pair, over the smaller of their peaks; small keeps them apart."""


def visibility(maps: MotionMaps) -> Visibility:
    """Look at the centre of the territory."""
    x, y = np.meshgrid(maps.grid.lateral_mm, maps.grid.depth_mm)
    centre = np.hypot(x - UNIT.x_mm, y - UNIT.y_mm) < CENTRE_MM
    along = maps.excursion[:, centre] @ _direction(UNIT)
    times = maps.times_s
    quiet = times < ONSETS_S[0] - 0.3
    quiet |= (times > ONSETS_S[-1] + 0.6) & (times < PAIR_ONSETS_S[0] - 0.3)
    noise = np.sqrt(np.mean(along[quiet] ** 2, axis=0))
    single = np.array([_near_peak(along, times, onset).max(axis=0) for onset in ONSETS_S])
    mean = along.mean(axis=1)
    smaller = min(float(_near_peak(mean, times, onset).max()) for onset in PAIR_ONSETS_S)
    first, second = (onset + UNIT.contraction_s for onset in PAIR_ONSETS_S)
    between = float(mean[(times > first) & (times < second)].min())
    return Visibility(float(single.mean()), float(np.mean(single / noise)), between / smaller)


def _near_peak(values: NDArray[np.float32], times_s: NDArray[np.float64], onset_s: float) -> NDArray[np.float32]:
    return values[np.abs(times_s - onset_s - UNIT.contraction_s) < NEAR_PEAK_S]


def _direction(twitch: Twitch) -> NDArray[np.float32]:
    angle = np.radians(twitch.angle_deg)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def print_distances(seeds: Sequence[int] = range(1, 9)) -> None:
    """Print how well each longer distance shows a small twitch, by frame rate."""
    print(f"\nExcursion of a twitch of {TWITCH_MM} mm over the noise / dip between two 0.2 s apart\n")
    print("| frames/s | " + " | ".join(f"{1000 * distance:.0f} ms" for distance in DISTANCES_S) + " |")
    print("|---|" + "---|" * len(DISTANCES_S))
    for rate in RATES_HZ:
        clips = [clip_of(twitch_scene(rate, seed)) for seed in seeds]
        cells = []
        for distance in DISTANCES_S:
            seen = [visibility(_only_block(clip, distance)) for clip in clips]
            cells.append(f"{np.mean([v.detectability for v in seen]):.1f} / {np.mean([v.dip for v in seen]):.2f}")
        print(f"| {rate} | " + " | ".join(cells) + " |", flush=True)


TWITCH_SIZES_MM = (0.05, 0.1, 0.2, 0.4)
TWITCH_RATE_HZ = 40


def print_twitches(seeds: Sequence[int] = range(1, 5)) -> None:
    """Print how much of a twitch is measured, by its size and the compression."""
    codings = {"as it is": None, "crf 18": 18, "crf 23": 23, "crf 28": 28}
    print(f"\nExcursion of a twitch over the true one / over the noise, {TWITCH_RATE_HZ} frames/s\n")
    print("| mm (px) | " + " | ".join(codings) + " |\n|---|" + "---|" * len(codings))
    for size in TWITCH_SIZES_MM:
        scenes = [twitch_scene(TWITCH_RATE_HZ, seed, size) for seed in seeds]
        cells = []
        for crf in codings.values():
            found = [visibility(_only_block(clip_of(scene, crf))) for scene in scenes]
            gain = np.mean([seen.excursion_mm for seen in found]) / true_excursion_mm(size)
            cells.append(f"{gain:.2f} / {np.mean([seen.detectability for seen in found]):.1f}")
        print(f"| {size:g} ({size / TWITCH_SCENE.mm_per_px:g}) | " + " | ".join(cells) + " |", flush=True)


def true_excursion_mm(amplitude_mm: float) -> float:
    """Tell what :func:`visibility` would find in the true displacement, along the line of action."""
    unit, lag_s = replace(UNIT, amplitude_mm=amplitude_mm), MotionConfig().lag_s
    t = np.arange(-0.5, 1.0, 0.001)
    course = unit.course(t) - (unit.course(t - lag_s) + unit.course(t + lag_s)) / 2
    x, y = np.meshgrid(*(np.arange(-CENTRE_MM, CENTRE_MM, 0.1) for _ in range(2)))
    near = np.hypot(x, y) < CENTRE_MM
    pattern = unit.pattern(unit.x_mm + x[near], unit.y_mm + y[near], TWITCH_SCENE.tissue.layers)
    return float(course.max() * np.mean(_direction(unit) @ pattern[:2]))


def clip_of(scene: Scene, crf: int | None = None) -> Clip:
    """Render a scene into memory, through H.264 if asked for."""
    times, pictures = zip(*render(scene), strict=True)
    if crf is None:
        return as_clip([picture.copy() for picture in pictures], np.array(times), scene.mm_per_px)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.mp4"
        coded = through_h264(pictures, int(scene.frame_rate_hz), crf, path, mm_per_px=scene.mm_per_px)
        read = [frame.luma.copy() for frame in coded.frames()]
        return replace(coded, source=Stack(read, coded.times_s))


def _only_block(clip: Clip, lag_s: float | None = None) -> MotionMaps:
    config = MotionConfig() if lag_s is None else MotionConfig(lag_s=lag_s)
    (maps,) = measure_motion(clip, lay_grid(clip, config.cell_mm), config)
    return maps


def print_others(size_px: float = 0.6, frames: int = 20) -> None:
    """Print how dense OpenCV methods do on the same glide in noise, averaged over the same blended cells."""
    condition, direction = Condition("noise", noise_db=-20.0), np.array([0.6, 0.8])
    speckle = Speckle(0)
    places = np.outer(np.arange(frames), size_px * direction)
    pictures = [speckle.frame(x, y, condition.noise_db) for x, y in places]
    clip = as_clip(pictures, np.arange(frames) / RATE_HZ)
    grid = lay_grid(clip, MotionConfig().cell_mm)
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    still = np.empty((*pictures[0].shape, 2), np.float32)
    methods = {
        "Farnebäck, full size": lambda a, b: cv2.calcOpticalFlowFarneback(a, b, still, 0.5, 3, 15, 3, 5, 1.2, 0),
        "DIS medium, full size": lambda a, b: dis.calc(a, b, still.copy()),
    }
    ours = accuracy_of(measure_displacements(clip).step, np.tile(size_px * direction, (frames - 1, 1)))
    print(f"\nA glide of {size_px} px in noise: bias in % / error of one cell in px\n\n| | |\n|---|---|")
    print(f"| fasciscan | {100 * ours.bias:+.1f} / {ours.error_px:.3f} |")
    side = 2 * grid.factor * round(float(np.diff(grid.cols).mean()))
    for name, method in methods.items():
        dense = [cv2.blur(np.asarray(method(a, b)), (side, side)) for a, b in pairwise(pictures)]
        cells = np.array(dense, np.float32)[:, side::side, side::side].reshape(frames - 1, -1, 2)
        found = accuracy_of(cells, np.tile(size_px * direction, (frames - 1, 1)))
        print(f"| {name} | {100 * found.bias:+.1f} / {found.error_px:.3f} |")


def main() -> None:
    """Print the tables asked for."""
    tables = {
        "accuracy": print_accuracy,
        "twitches": print_twitches,
        "distance": print_distances,
        "others": print_others,
    }
    parser = argparse.ArgumentParser(description="Measure how true the measured motion is.")
    parser.add_argument("tables", nargs="*", choices=tables, default=list(tables))
    for name in parser.parse_args().tables:
        tables[name]()


if __name__ == "__main__":
    main()

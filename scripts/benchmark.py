"""How fast the analysis is, as ratios that carry over from machine to machine. Everything compared is run in turns.

Without a clip it makes one whose decoding is the work, and adds the real clip where that lies beside the repository.

Examples
--------
    python scripts/benchmark.py                  # ratios of its own clip and the real one
    python scripts/benchmark.py clip.mp4         # ratios of a clip
    python scripts/benchmark.py --memory         # peak memory of ten minutes of 1280×960
    python scripts/benchmark.py --startup        # what `fasciscan --help` takes
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan import pipeline
from fasciscan.clip import Clip, ClipOptions, open_clip
from fasciscan.clip.video import DECODER_THREADS
from fasciscan.motion import Grid, MotionConfig, lay_grid
from fasciscan.motion.flow import SUMS, blend, filter_frame, gradient_sums, solve_cells
from fasciscan.twitch import Network, Panel, load_network

REAL_CLIP = Path(__file__).resolve().parents[2] / "shared" / "clips" / "mmu_test_video.mp4"
COMMAND = Path(sysconfig.get_path("scripts")) / "fasciscan"
MM_PER_PX = 0.08
"""Scale of the real clip, read off it; the made ones take it too."""
REPEATS = 3
"""The best of so many turns: the one other work on the machine disturbed least."""
FARNEBACK_FRAMES = 100
"""Dense flow does a few dozen frames in a second; its time for the whole clip is worked out from these."""
KERNEL_FRAMES = 200
"""Frames the flow kernel is timed on, held in memory."""

ORIGIN = ("describe_event", "find_layers", "group_sites", "lean_of")
"""What the analysis calls to tell where twitches start and how they move."""

NAMES = {
    "decode": "decoding alone (PyAV, two frame threads)",
    "kernel": "flow kernel alone, one pair a frame",
    "analysis": "whole analysis, in process",
    "command": "whole command, `--format json`",
    "farneback": "OpenCV: VideoCapture + Farnebäck",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A clip this script makes: speckle that sways, with noise that is new in every frame."""

    width: int
    height: int
    rate_hz: int
    frames: int
    crf: int
    noise: float
    """Over the mean of the speckle; it is what makes decoding costly."""
    times_over: int = 1
    """Shown so many times in a row, without coding it anew."""


DECODE_BOUND = Made(640, 480, rate_hz=35, frames=700, crf=18, noise=0.1)
TEN_MINUTES = Made(1280, 960, rate_hz=30, frames=300, crf=26, noise=0.03, times_over=60)

SPECKLE_SD_PX = (1.6, 1.0)
"""Of the pulse, lateral and axial: speckle some 4 by 2.4 px wide, 0.3 by 0.2 mm at this scale."""
SWAY_PX, SWAY_HZ = 3.0, 0.3
"""As breathing sways it."""
DYNAMIC_RANGE_DB = 60.0


class Cost(NamedTuple):
    """What a job took, or its share for a whole clip."""

    wall_s: float
    cpu_s: float
    """Of all threads and of child processes: above ``wall_s`` where both cores work, and steady on a busy machine."""

    def times(self, factor: float) -> Cost:
        """Scale from a part of a clip to the whole."""
        return Cost(self.wall_s * factor, self.cpu_s * factor)


def main() -> int:
    """Run what was asked for; 1 if a limit is missed."""
    asked = _parse_arguments()
    met: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        if asked.startup:
            met.append(measure_startup())
        if asked.memory:
            met.append(measure_memory(make_clip(TEN_MINUTES, Path(folder) / "ten_minutes.mp4"), Path(folder)))
        if asked.clips or not (asked.startup or asked.memory):
            clips: list[tuple[Path, Limits]] = [(path, Limits()) for path in asked.clips]
            if not clips:
                clips = [(make_clip(DECODE_BOUND, Path(folder) / "decode_bound.mp4"), Limits(to_decoding=1.5))]
                clips += [(REAL_CLIP, Limits(to_opencv=30, to_playing=10))] if REAL_CLIP.exists() else []
            met += [measure_clip(path, asked.mm_per_px, Path(folder), limits) for path, limits in clips]
    return 0 if all(met) else 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a clip; by default only of the network and of what tells the origin."""

    to_decoding: float = np.inf
    to_opencv: float = 0.0
    to_playing: float = 0.0
    of_network: float = 0.15
    for_origin: float = 0.10


class Stopwatch:
    """Counts the seconds spent in whatever it is put around."""

    def __init__(self):
        self.took_s = 0.0

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same work, counted."""

        def counted(*args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **named)
            finally:
                self.took_s += time.perf_counter() - started

        return counted


class TimedNetwork:
    """The network, with the time it takes to cut its patches and to judge them."""

    def __init__(self, network: Network, watch: Stopwatch):
        self.name, self.sha256 = network.name, network.sha256
        self.classify = watch.around(network.classify)


@contextmanager
def origin_timed(watch: Stopwatch) -> Iterator[None]:
    """Count what the analysis spends on where twitches start and how they move."""
    with ExitStack() as patches:
        for name in ORIGIN:
            patches.enter_context(patch.object(pipeline, name, watch.around(getattr(pipeline, name))))
        yield


def measure_clip(path: Path, mm_per_px: float, folder: Path, limits: Limits) -> bool:
    """Time all there is to compare on one clip, print the table, and tell whether the limits are met."""
    options = ClipOptions(mm_per_px=mm_per_px)
    clip = open_clip(path, options)
    kernel = FlowKernel(clip, lay_grid(clip, MotionConfig().cell_mm))
    share = clip.frame_count / min(FARNEBACK_FRAMES, clip.frame_count)
    command = json_command(path, mm_per_px, folder)
    in_network, in_origin = Stopwatch(), Stopwatch()
    classifier = Panel(TimedNetwork(load_network(), in_network))  # pyright: ignore[reportArgumentType]
    jobs: dict[str, Callable[[], object]] = {
        "decode": lambda: decode(path),
        "kernel": kernel.run,
        "analysis": lambda: pipeline.analyze(path, options, classifier=classifier),
        "command": lambda: subprocess.run(command, check=True),
        "farneback": lambda: farneback(path, FARNEBACK_FRAMES),
    }
    kernel.run()  # compiled here, not in the first turn
    with origin_timed(in_origin):
        best = best_of_turns(jobs)
    network_s, origin_s = in_network.took_s / REPEATS, in_origin.took_s / REPEATS
    best["farneback"] = best["farneback"].times(share)
    best["kernel"] = best["kernel"].times(clip.frame_count / kernel.count)
    size = f"{clip.width}×{clip.height}"
    print(f"\n{path.name}: {size}, {clip.codec}, {clip.frame_count} frames, {clip.duration_s:.1f} s")
    print(f"best of {REPEATS} turns; the kernel from {kernel.count} frames, OpenCV from the first {FARNEBACK_FRAMES}\n")
    print("| | s | CPU s | frames/s | × decoding |\n|---|---|---|---|---|")
    for name, cost in best.items():
        rate, ratio = clip.frame_count / cost.wall_s, cost.wall_s / best["decode"].wall_s
        print(f"| {NAMES[name]} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {rate:,.0f} | {ratio:.2f} |")
    print()
    took_s = best["command"].wall_s
    to_decoding = Ratio("analysis, times as long as decoding", best["analysis"].wall_s / best["decode"].wall_s)
    to_opencv = Ratio("command, times faster than OpenCV", best["farneback"].wall_s / took_s)
    to_playing = Ratio("command, times faster than the clip plays", clip.duration_s / took_s)
    analysis_s = best["analysis"].wall_s
    of_network = Ratio("network, share of the analysis", network_s / analysis_s)
    for_origin = Ratio("origin, sites and kinematics, times the rest", origin_s / (analysis_s - origin_s))
    return all(
        [
            to_decoding.say(at_most=limits.to_decoding),
            to_opencv.say(at_least=limits.to_opencv),
            to_playing.say(at_least=limits.to_playing),
            of_network.say(at_most=limits.of_network),
            for_origin.say(at_most=limits.for_origin),
        ]
    )


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure that carries over to other machines."""

    what: str
    value: float

    def say(self, at_least: float = 0.0, at_most: float = np.inf) -> bool:
        """Print it beside its limit, if it has one, and tell whether it is met."""
        met = at_least <= self.value <= at_most
        limit = f"at least {at_least:g}" if at_least else f"at most {at_most:g}"
        asked = f"  asked: {limit}, {'met' if met else 'MISSED'}" if at_least or at_most < np.inf else ""
        print(f"{self.what:42} {self.value:7.2f}{asked}")
        return met


def measure_memory(path: Path, folder: Path) -> bool:
    """Print the peak memory of the command on a long clip and tell whether the limit is met."""
    started = time.perf_counter()
    child = subprocess.Popen(json_command(path, mm_per_px=0.05, folder=folder))
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("the analysis failed")
    seconds = time.perf_counter() - started
    print(f"\nten minutes of 1280×960 ({path.stat().st_size / 1e6:.0f} MB file), analysed in {seconds:.0f} s")
    return Ratio("peak memory, MB", usage.ru_maxrss / 1024).say(at_most=600)


def measure_startup() -> bool:
    """Print how long the command takes to say what it does and tell whether the limit is met."""
    say_help = [str(COMMAND), "--help"]
    best = best_of_turns({"help": lambda: subprocess.run(say_help, check=True, stdout=subprocess.DEVNULL)})
    print()
    return Ratio("fasciscan --help, s", best["help"].wall_s).say(at_most=0.4)


def json_command(path: Path, mm_per_px: float, folder: Path) -> list[str]:
    """Return the command line that analyses a clip and writes nothing but its result."""
    options = ["--mm-per-px", str(mm_per_px), "--format", "json", "--out", str(folder), "--quiet"]
    return [str(COMMAND), "analyze", str(path), *options]


def best_of_turns(jobs: dict[str, Callable[[], object]]) -> dict[str, Cost]:
    """Run all jobs in turns and return the least each took."""
    costs: dict[str, list[Cost]] = {name: [] for name in jobs}
    for _ in range(REPEATS):
        for name, job in jobs.items():
            started, used = time.perf_counter(), sum(os.times()[:4])
            job()
            costs[name].append(Cost(time.perf_counter() - started, sum(os.times()[:4]) - used))
    return {name: min(taken) for name, taken in costs.items()}


def decode(path: Path) -> None:
    """Decode a whole clip and touch the luma of every frame, as little as can be done with one."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = DECODER_THREADS
        for frame in container.decode(stream):
            memoryview(frame.planes[0])


def farneback(path: Path, most: int) -> None:
    """Do what a plain OpenCV pipeline does: dense flow between all neighbours, at full size."""
    capture = cv2.VideoCapture(str(path))
    before = None
    for _ in range(most):
        there, picture = capture.read()
        if not there:
            break
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        if before is not None:
            cv2.calcOpticalFlowFarneback(before, grey, np.empty(0), 0.5, 3, 15, 3, 5, 1.2, 0)  # pyright: ignore[reportArgumentType,reportCallIssue]
        before = grey
    capture.release()


class FlowKernel:
    """The flow kernel on frames held in memory: filters, sums, blending, solution; one pair a frame."""

    def __init__(self, clip: Clip, grid: Grid):
        self.frames = [grid.reduce(frame.luma).copy() for frame in islice(clip.frames(), KERNEL_FRAMES)]
        self.grid = grid
        self.count = len(self.frames)

    def run(self) -> None:
        """Measure the motion of each frame."""
        grid = self.grid
        sums = np.zeros((*grid.shape, SUMS), np.float32)
        blended, still = np.zeros_like(sums), np.zeros((*grid.shape, 2), np.int32)
        flow, error = np.zeros((*grid.shape, 2), np.float32), np.zeros(grid.shape, np.float32)
        before = self._filter(self.frames[0])
        for frame in self.frames:
            after = self._filter(frame)
            gradient_sums(before, after, grid.rows, grid.cols, grid.pixels, still, sums)
            blend(sums, blended)
            solve_cells(blended, grid.pixels, still, flow, error)
            before = after

    @staticmethod
    def _filter(frame: NDArray[np.uint8]) -> NDArray[np.int16]:
        filtered = np.zeros((3, *frame.shape), np.int16)
        filter_frame(frame, filtered)
        return filtered


def make_clip(made: Made, path: Path) -> Path:
    """Make a clip of speckle, H.264, always the same."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=made.rate_hz)
        stream.width, stream.height, stream.pix_fmt = made.width, made.height, "yuv420p"
        stream.options = {"crf": str(made.crf), "preset": "veryfast"}
        for index, grey in enumerate(_speckle_frames(made)):
            planes = np.full((made.height * 3 // 2, made.width), 128, np.uint8)
            planes[: made.height] = grey
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, made.rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return _repeat(path, made.times_over) if made.times_over > 1 else path


def _speckle_frames(made: Made) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    margin = int(np.ceil(SWAY_PX)) + 1
    echo = _complex_noise(rng, made.height + 2 * margin, made.width)
    for index in range(made.frames):
        sway = margin + SWAY_PX * np.sin(2 * np.pi * SWAY_HZ * index / made.rate_hz)
        move = np.array([[1, 0, 0], [0, 1, -sway]], np.float32)
        field = cv2.warpAffine(echo, move, (made.width, made.height), flags=cv2.INTER_LINEAR)
        field += np.float32(made.noise) * _complex_noise(rng, made.height, made.width)
        level_db = 20 * np.log10(np.maximum(cv2.magnitude(field[..., 0], field[..., 1]), 1e-3)) - 12
        yield np.clip(16 + 219 * (1 + level_db / DYNAMIC_RANGE_DB), 16, 235).astype(np.uint8)


def _complex_noise(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Two parts, each of mean square 1/2, correlated as far as the pulse reaches."""
    lateral, axial = SPECKLE_SD_PX
    parts = cv2.GaussianBlur(rng.standard_normal((height, width, 2), np.float32), (0, 0), sigmaX=lateral, sigmaY=axial)
    return np.asarray(parts / (parts.std() * np.float32(np.sqrt(2))), np.float32)


def _repeat(path: Path, times: int) -> Path:
    """Write the packets of a clip again and again into one file."""
    long = path.with_stem(f"{path.stem}_long")
    with av.open(str(path)) as source, av.open(str(long), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        length = int(stream.duration or 0)
        for turn in range(times):
            source.seek(0)
            for packet in source.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.pts += turn * length
                packet.dts += turn * length
                packet.stream = copy
                target.mux(packet)
    return long


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the analysis against decoding and against plain OpenCV.")
    parser.add_argument("clips", nargs="*", type=Path, metavar="CLIP")
    parser.add_argument("--mm-per-px", type=float, default=MM_PER_PX)
    parser.add_argument("--memory", action="store_true", help="peak memory of ten minutes of 1280×960")
    parser.add_argument("--startup", action="store_true", help="time of `fasciscan --help`")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

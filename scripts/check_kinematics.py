"""How well the kinematics of twitches are recovered: prints the tables of docs/origin.md from clips with truth.

Usage: python scripts/check_kinematics.py DIR [--clips 60] [--least-mm 0.1]

DIR holds clips with their .truth.json, as fasciscan simulate writes them. Only twitches that are isolated and found
are asked about: no other twitch and no brief look-alike is within 0.6 s.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import ClipOptions
from fasciscan.motion import Grid, MotionConfig, lay_grid
from fasciscan.origin import Event, Kinematics
from fasciscan.origin.kinematics import COHERENCE_CUTOFFS, FIELD_MM
from fasciscan.pipeline import analyze
from fasciscan.score.clips import find_truths
from fasciscan.score.matching import Mark, match_events
from fasciscan.simulate import Layers, TrueEvent, Truth, Twitch, read_truth
from fasciscan.simulate.geometry import Sector

APART_S = 0.6
BRIEF_S = 1.5
"""A look-alike that lasts longer is no brief one: a contraction held, a tremor, an artery."""
ALWAYS = ("breathing", "drift")
RATES_HZ = ((15, 25), (25, 40), (40, 60), (60, 80), (80, 101))
DELAYS = ((0, 0.05), (0.05, 0.5), (0.5, 1.0), (1.0, 2.0))
"""Groups of the scanner's frame averaging by the frames it delays the picture by, p / (1 - p)."""
LANDMARKS = ("start_s", "peak_contraction_s", "reversal_s", "peak_relaxation_s", "end_s")
COURSE_STEP_S = 1e-4


@dataclass(frozen=True, slots=True)
class Case:
    """A twitch that was found, with its truth."""

    rate_hz: float
    delay_frames: float
    frames_off: int | None
    """From the true peak-contraction frame to the one told."""
    ms_off: dict[str, float]
    """Of the landmarks that were found."""
    height_ratio: float
    """Peak displacement over the largest true one of a cell."""
    speed_ratio: tuple[float | None, float | None]
    """Peak speed out and back over the true one, both in heights a second."""
    turn_deg: float
    """Of the direction told from the true one."""
    coherence: dict[int, tuple[float, float]]
    """Told and true."""
    active: tuple[float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=None, help="only the first so many")
    parser.add_argument("--least-mm", type=float, default=0.1, help="smallest twitch asked about")
    args = parser.parse_args()
    cases: list[Case] = []
    asked = 0
    for path in find_truths(args.folder)[: args.clips]:
        truth = read_truth(path)
        alone = [t for t in truth.twitches if is_alone(t, truth) and (t.peak_displacement_mm or 0) >= args.least_mm]
        if alone:
            asked += len(alone)
            cases += check(path.parent / truth.clip, truth, alone)
    print(f"{asked} isolated twitches of at least {args.least_mm} mm, {len(cases)} found\n")
    print_by_rate(cases)
    print_by_delay(cases)
    print_field(cases)


def is_alone(twitch: TrueEvent, truth: Truth) -> bool:
    """Whether nothing else brief happens within 0.6 s of a twitch."""
    others = [e for e in truth.events if e is not twitch and e.kind not in ALWAYS and e.offset_s - e.onset_s < BRIEF_S]
    return all(e.offset_s < twitch.onset_s - APART_S or e.onset_s > twitch.offset_s + APART_S for e in others)


def check(path: Path, truth: Truth, alone: Sequence[TrueEvent]) -> list[Case]:
    """Analyse a clip and compare those of its isolated twitches that are found."""
    analysis = analyze(path, ClipOptions(mm_per_px=truth.mm_per_px))
    events = analysis.result.events
    pairs = match_events(
        [mark(t, truth.mm_per_px) for t in truth.twitches],
        [mark(e, truth.mm_per_px, (e.origin.x_px, e.origin.y_px)) for e in events],
    ).pairs
    grid = lay_grid(analysis.clip, MotionConfig().cell_mm)
    return [
        compare(truth.twitches[a], events[b], truth, grid, analysis.clip.times_s)
        for a, b in pairs
        if truth.twitches[a] in alone
    ]


def mark(event: Any, mm_per_px: float, place_px: tuple[float, float] | None = None) -> Mark:
    x_px, y_px = place_px or (event.x_px, event.y_px)
    return Mark(event.onset_s, event.peak_s, x_px * mm_per_px, y_px * mm_per_px)


def compare(true: TrueEvent, event: Event, truth: Truth, grid: Grid, times_s: NDArray[np.float64]) -> Case:
    """Compare one event with its truth."""
    kinematics = event.kinematics
    assert kinematics is not None
    twitch, layers = rebuild(true, truth)
    start, end = twitch.span_s
    at_s = np.arange(start, end, COURSE_STEP_S)
    speed = np.gradient(twitch.course(at_s), COURSE_STEP_S)
    moments = (twitch.onset_s, at_s[np.argmax(speed)], twitch.peak_s, at_s[np.argmin(speed)], twitch.offset_s)
    told = [getattr(kinematics.landmarks, name) for name in LANDMARKS]
    rate_hz = min(truth.timing.scan_rate_hz, truth.timing.recorded_rate_hz)
    frame, persistence = kinematics.peak_contraction_frame, truth.scene["machine"]["persistence"]
    # Frames that bring a picture, not those of the file: a recorder may repeat pictures.
    off = None if frame is None else round((times_s[frame] - moments[1]) * rate_hz)
    flow = true_flow(twitch, layers, truth, grid)
    field = field_around(true, truth, grid)
    size = np.hypot(flow[..., 0], flow[..., 1])
    most = size[field].max()
    middle = np.unravel_index(np.argmax(np.where(field, size, 0)), size.shape)
    return Case(
        rate_hz=rate_hz,
        delay_frames=persistence / (1 - persistence),
        frames_off=off,
        ms_off={n: 1000 * (t - m) for n, t, m in zip(LANDMARKS, told, moments, strict=True) if t is not None},
        height_ratio=event.peak_displacement_px * truth.mm_per_px / float(most),
        speed_ratio=speed_ratio(kinematics, event.peak_displacement_px, speed),
        turn_deg=float((kinematics.direction_deg - np.degrees(np.arctan2(*flow[middle][::-1])) + 180) % 360 - 180),
        coherence={
            cut: (kinematics.coherence[cut] or 0.0, coherence(flow, field & (size >= cut / 100 * most)))
            for cut in COHERENCE_CUTOFFS
        },
        active=(kinematics.active_share, float(np.mean(size[field] >= 0.15 * most))),
    )


def rebuild(true: TrueEvent, truth: Truth) -> tuple[Twitch, Layers]:
    """Make a twitch again from the scene's parameters, with the tissue it moves."""
    raw = next(t for t in truth.scene["twitches"] if t["onset_s"] == true.onset_s and t["x_mm"] == true.x_mm)
    core = raw["second_core_mm"]
    layers = dict(truth.scene["tissue"]["layers"])
    sector = layers.pop("sector", None)
    twitch = Twitch(**{**raw, "second_core_mm": tuple(core) if core else None})
    return twitch, Layers(**layers, sector=Sector(**sector) if sector else None)


def true_flow(twitch: Twitch, layers: Layers, truth: Truth, grid: Grid) -> NDArray[np.float64]:
    """(ny, nx, 2) how far the twitch moves each cell at most, mm."""
    x_mm = (grid.lateral_px - truth.image_box.x) * truth.mm_per_px
    y_mm = (grid.depth_px - truth.image_box.y) * truth.mm_per_px
    return np.moveaxis(twitch.pattern(*np.meshgrid(x_mm, y_mm), layers)[:2], 0, -1)


def field_around(true: TrueEvent, truth: Truth, grid: Grid) -> NDArray[np.bool_]:
    """(ny, nx) cells of the square the coherence is told of, around the true epicentre."""
    x_px, y_px = (true.x_px or 0) + 0.5, (true.y_px or 0) + 0.5
    near_x = np.abs(grid.lateral_px - x_px) * truth.mm_per_px <= FIELD_MM / 2
    near_y = np.abs(grid.depth_px - y_px) * truth.mm_per_px <= FIELD_MM / 2
    return grid.valid & near_y[:, None] & near_x


def coherence(flow: NDArray[np.float64], cells: NDArray[np.bool_]) -> float:
    moving = flow[cells & (np.hypot(flow[..., 0], flow[..., 1]) > 0)]
    return float(np.linalg.norm((moving / np.linalg.norm(moving, axis=1, keepdims=True)).mean(axis=0)))


def speed_ratio(
    kinematics: Kinematics, height_px: float, speed: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    out, back = kinematics.contraction_velocity_px_s, kinematics.relaxation_velocity_px_s
    return (
        None if out is None else out / height_px / float(speed.max()),
        None if back is None else back / height_px / -float(speed.min()),
    )


def print_by_rate(cases: Sequence[Case]) -> None:
    """Print how exact the landmarks are, by frame rate."""
    print("| frames/s | twitches | peak-contraction frame within ±1 | contraction, ms: median error (bias) "
          "| total, ms: median error (bias) | all five found |")  # fmt: skip
    print("|---|---|---|---|---|---|")
    groups = [*RATES_HZ, (25, 80.1), (40, 101)]
    for low, high in groups:
        some = [case for case in cases if low <= case.rate_hz < high]
        if some:
            within = np.mean([case.frames_off is not None and abs(case.frames_off) <= 1 for case in some])
            whole = np.mean([len(case.ms_off) == len(LANDMARKS) for case in some])
            print(
                f"| {low:.0f}-{high:.0f} | {len(some)} | {100 * within:.0f} % | {errors(some, 'reversal_s')} "
                f"| {errors(some, 'end_s')} | {100 * whole:.0f} % |"
            )
    print()


def errors(cases: Sequence[Case], last: str) -> str:
    """Median absolute error and bias of the time from the start to another landmark."""
    off = [c.ms_off[last] - c.ms_off["start_s"] for c in cases if last in c.ms_off and "start_s" in c.ms_off]
    return f"{np.median(np.abs(off)):.0f} ({np.median(off):+.0f})" if off else "–"


def print_by_delay(cases: Sequence[Case]) -> None:
    """Print how late each landmark is told, and how high, by the delay that the scanner's frame averaging makes."""
    print("| frame averaging delays by | twitches | " + " | ".join(LANDMARKS) + " | peak displacement, told / true |")
    print("|" + "---|" * (len(LANDMARKS) + 3))
    for low, high in DELAYS:
        some = [case for case in cases if low <= case.delay_frames < high]
        if some:
            late = [median([case.ms_off[name] for case in some if name in case.ms_off], "+.0f") for name in LANDMARKS]
            height = median([case.height_ratio for case in some], ".2f")
            print(f"| {low}-{high} frames | {len(some)} | " + " | ".join(late) + f" | {height} |")
    print("\nMedian error, ms, and median ratio\n")


def print_field(cases: Sequence[Case]) -> None:
    """Print how exact displacement, speeds, direction and coherence are."""
    print("| quantity | median error | 90th percentile |\n|---|---|---|")
    for cut in COHERENCE_CUTOFFS:
        print_row(f"coherence at {cut} %", [case.coherence[cut][0] - case.coherence[cut][1] for case in cases], "+.2f")
    print_row("active share", [case.active[0] - case.active[1] for case in cases], "+.2f")
    print_row("direction, degrees", [case.turn_deg for case in cases], "+.1f")
    print_row("peak displacement, share of the true", [case.height_ratio - 1 for case in cases], "+.2f")
    for n, name in enumerate(("out", "back")):
        off = [ratio - 1 for case in cases if (ratio := case.speed_ratio[n]) is not None]
        print_row(f"peak speed {name}, share of the true", off, "+.2f")


def print_row(name: str, off: Sequence[float], form: str) -> None:
    print(f"| {name} | {median(off, form)} | {median(np.abs(off), form[1:], lambda v: np.quantile(v, 0.9))} |")


def median(values: Sequence[float] | NDArray[np.float64], form: str, of: Callable[..., Any] = np.median) -> str:
    return format(float(of(values)), form) if len(values) else "–"


if __name__ == "__main__":
    main()

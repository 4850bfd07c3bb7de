"""How well the place of twitches is told: epicentre, its stated deviation, territory, depth and layer.

Usage: python scripts/check_place.py DIR [--first N] [--rates 25 80]

DIR holds simulated clips with their ``.truth.json`` (``fasciscan simulate DIR --preset broad``). Of the events that
were told as twitches each is matched to a true one within 0.15 s and 30 mm, so that no error is cut off short.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fasciscan.clip import ClipOptions
from fasciscan.errors import FasciscanError
from fasciscan.origin import Event
from fasciscan.pipeline import analyze
from fasciscan.score.matching import Mark, match_events
from fasciscan.simulate import TrueEvent, Truth, read_truth
from fasciscan.simulate.geometry import Layers, Sector

REACH_S, REACH_MM = 0.15, 30.0
ISOLATED_S = 0.4
"""To the peak of the next true twitch."""
CLEAR_MM = 0.1
LARGE_MM = 20.0
"""Major axis from which a twitch moves the whole field."""
BORDER_MM = 1.0
"""Aponeuroses are 0.55 mm thick and undulate by 0.4 mm: nearer to one no layer is wrong."""


@dataclass(frozen=True, slots=True)
class Found:
    """A true twitch and what was told of it."""

    event: Event
    true: TrueEvent
    error_mm: np.ndarray
    """(2,) x and y."""
    rate_hz: float
    isolated: bool

    @property
    def large(self) -> bool:
        """Whether it moves the whole field."""
        return self.true.territory is not None and self.true.territory.major_mm >= LARGE_MM

    @property
    def clear(self) -> bool:
        """Whether it can be seen well."""
        return (self.true.peak_displacement_mm or 0) >= CLEAR_MM


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--first", type=int, help="as many clips, in the order of their names")
    parser.add_argument("--rates", type=float, nargs=2, default=(25.0, 80.0), help="frames/s of the scanner, from, to")
    args = parser.parse_args()
    found: list[Found] = []
    layers: Counter[tuple[str, str]] = Counter()
    depths_mm: list[float] = []
    clips = 0
    for path in sorted(args.folder.glob("*.truth.json")):
        truth = read_truth(path)
        if not args.rates[0] <= truth.timing.scan_rate_hz <= args.rates[1] or clips == args.first:
            continue
        clips += 1
        try:
            result = analyze(path.parent / truth.clip, ClipOptions(mm_per_px=truth.mm_per_px)).result
        except FasciscanError as error:
            print(f"left out: {error}")
            continue
        found += pair(result.events, truth)
        tissue = truth.scene["tissue"]
        for event in (*result.events, *result.other_motion):
            true, depth_mm = true_layer(event, truth, tissue)
            if event.setting is not None and event.setting.depth_mm is not None:
                layers[true, event.setting.layer] += 1
                depths_mm.append(event.setting.depth_mm - depth_mm)
    print(f"{clips} clips, {len(found)} twitches found\n")
    tell_epicentres(found)
    tell_territories([f for f in found if f.clear and not f.large])
    tell_layers(layers, depths_mm)


def pair(events: tuple[Event, ...], truth: Truth) -> list[Found]:
    """Pair what was found with what is true."""
    mm = truth.mm_per_px
    told = [Mark(e.onset_s, e.peak_s, e.origin.x_px * mm, e.origin.y_px * mm) for e in events]
    true = [Mark(t.onset_s, t.peak_s, (t.x_px or 0) * mm, (t.y_px or 0) * mm) for t in truth.twitches]
    return [
        Found(
            events[j],
            truth.twitches[i],
            np.array([told[j].x_mm - true[i].x_mm, told[j].y_mm - true[i].y_mm]),
            truth.timing.scan_rate_hz,
            all(abs(other.peak_s - true[i].peak_s) > ISOLATED_S for k, other in enumerate(true) if k != i),
        )
        for i, j in match_events(true, told, REACH_S, REACH_MM).pairs
    ]


def tell_epicentres(found: list[Found]) -> None:
    """Print errors, and the shares within one and two stated deviations: of the distance, and of each coordinate."""
    print("| twitches | n | error mm: median, p90 | stated mm | within 1, 2 | each coordinate within 1, 2 |")
    print("|" + "---|" * 6)
    clear = [f for f in found if f.clear and not f.large]
    rates = ((0, 25), (25, 40), (40, 60), (60, 80), (80, 1000))
    groups: dict[str, list[Found]] = {
        "all": found,
        "isolated, ≥ 0.1 mm": [f for f in clear if f.isolated],
        "≥ 0.1 mm": clear,
        "below 0.1 mm": [f for f in found if not f.clear],
        "whole field (major axis ≥ 20 mm)": [f for f in found if f.large],
    } | {f"≥ 0.1 mm, {low}-{high} frames/s": [f for f in clear if low <= f.rate_hz < high] for low, high in rates}
    for name, group in groups.items():
        if group:
            print(epicentre_row(name, group))


def epicentre_row(name: str, group: list[Found]) -> str:
    errors = np.array([f.error_mm for f in group])
    stated = np.array([f.event.origin.sd_mm for f in group], float)
    away = np.hypot(*errors.T)
    shares = [np.mean(away <= k * stated) for k in (1, 2)]
    by_axis = [np.mean(np.abs(errors) <= k * stated[:, None]) for k in (1, 2)]
    return (
        f"| {name} | {len(group)} | {np.median(away):.2f}, {np.quantile(away, 0.9):.2f} | {np.median(stated):.2f} "
        f"| {shares[0]:.0%}, {shares[1]:.0%} | {by_axis[0]:.0%}, {by_axis[1]:.0%} |"
    )


def tell_territories(found: list[Found]) -> None:
    """Print by how much the ellipse of the motion exceeds that of the unit."""
    print("\n| territory, told over true | p10 | median | p90 |\n|---|---|---|---|")
    ratios: dict[str, list[float]] = {"major axis": [], "minor axis": [], "area": []}
    for f in found:
        told, true = f.event.territory, f.true.territory
        if true is None or told.major_mm is None or told.minor_mm is None or told.area_mm2 is None:
            continue
        ratios["major axis"].append(told.major_mm / true.major_mm)
        ratios["minor axis"].append(told.minor_mm / true.minor_mm)
        ratios["area"].append(told.area_mm2 / (np.pi / 4 * true.major_mm * true.minor_mm))
    for name, values in ratios.items():
        print(f"| {name} | " + " | ".join(f"{v:.2f}" for v in np.quantile(values or [np.nan], (0.1, 0.5, 0.9))) + " |")


def true_layer(event: Event, truth: Truth, tissue: dict[str, Any]) -> tuple[str, float]:
    """Tell in which layer of the phantom an event was placed, and how deep."""
    sector = tissue["layers"].get("sector")
    layers = Layers(**tissue["layers"] | {"sector": Sector(**sector) if sector else None})
    box = truth.image_box
    x_mm = np.array((event.origin.x_px + 0.5 - box.x) * truth.mm_per_px)
    y_mm = np.array((event.origin.y_px + 0.5 - box.y) * truth.mm_per_px)
    depth = float(layers.depth(x_mm, y_mm))
    along, span = (x_mm, box.width * truth.mm_per_px)
    if layers.sector is not None:
        along, span = layers.sector.to_beam(x_mm, y_mm)[0], layers.sector.span_mm
    fall = tissue.get("slope", 0.0) * (float(along) - span / 2)
    top, bottom = layers.muscle_top_mm + fall, layers.muscle_bottom_mm + fall
    if min(abs(depth - top), abs(depth - bottom)) < BORDER_MM:
        return "at a border", depth
    return "subcutaneous" if depth < top else "muscle" if depth < bottom else "deep muscle", depth


def tell_layers(layers: Counter[tuple[str, str]], depths_mm: list[float]) -> None:
    """Print which layers were told of what lies in which, of all motions found."""
    told = ("subcutaneous", "muscle", "deep muscle", "uncertain")
    print("\n| true layer | told " + " | ".join(told) + " |\n|" + "---|" * (len(told) + 1))
    for true in (*told[:3], "at a border"):
        print(f"| {true} | " + " | ".join(str(layers[true, name]) for name in told) + " |")
    low, middle, high = np.quantile(depths_mm or [np.nan], (0.05, 0.5, 0.95))
    print(f"\nDepth below the skin, told less true: median {middle:+.2f} mm, 90 % from {low:+.2f} to {high:+.2f} mm.")


if __name__ == "__main__":
    main()

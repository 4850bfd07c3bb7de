"""Which share of the true twitches has a candidate at all, by size and by frame rate: what the network cannot mend.

Usage: python scripts/candidate_recall.py CLIPS [--kept out/examples] [--jobs 2]

CLIPS is a folder of simulated clips with truth. What is measured of them is kept and shared with the training.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np

from fasciscan.learn.examples import load_facts
from fasciscan.learn.prepare import prepare
from fasciscan.learn.sources import find_sources

AMPLITUDES_MM = (0.0, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 10.0)
RATES_HZ = (0.0, 20.0, 30.0, 45.0, 60.0, 200.0)
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--kept", type=Path, default=ROOT / "out" / "examples")
    parser.add_argument("--jobs", type=int, default=None)
    args = parser.parse_args()
    prepared = prepare(find_sources(args.clips), args.kept, jobs=args.jobs, complain=print)
    clips = load_facts(prepared)
    twitches = [
        (twitch.peak_displacement_mm or np.inf, clip.truth.timing.recorded_rate_hz, had)
        for clip in clips
        for twitch, had in zip(clip.truth.twitches, clip.had_candidate, strict=True)
    ]
    amplitude, rate, had = (np.array(column, float) for column in zip(*twitches, strict=True))
    print("| mm | " + " | ".join(f"{low:.0f}-{high:.0f} Hz" for low, high in bands(RATES_HZ)) + " | all |")
    print("|" + "---|" * (len(RATES_HZ) + 1))
    for low, high in bands(AMPLITUDES_MM):
        sized = (amplitude >= low) & (amplitude < high)
        cells = [tell(had[sized & (rate >= slow) & (rate < fast)]) for slow, fast in bands(RATES_HZ)]
        print(f"| {low}-{high} | " + " | ".join(cells) + f" | {tell(had[sized])} |")


def bands(edges: tuple[float, ...]) -> list[tuple[float, float]]:
    return list(pairwise(edges))


def tell(had: np.ndarray) -> str:
    return f"{had.mean():.2f} of {len(had)}" if len(had) else "–"


if __name__ == "__main__":
    main()

"""How well twitches are found in simulated clips: makes them, analyses them, prints a table for docs/finding.md.

Usage: python scripts/check_simulated.py [--presets texture-twitches,texture-mixed] [--seeds 15] [--first 1]

The stills of the texture presets are looked for in ../shared/clips/stills beside the repository.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from fasciscan.clip import ClipOptions
from fasciscan.pipeline import analyze
from fasciscan.report.result_json import result_to_dict
from fasciscan.score import Score, score_result
from fasciscan.simulate import PRESETS, random_scene, write_clip
from fasciscan.simulate.scene import CODECS

STILLS = Path(__file__).resolve().parents[2] / "shared" / "clips" / "stills"
COLUMNS = (
    "preset",
    "clips",
    "minutes",
    "twitches",
    "recall",
    "false/min",
    "epicentre mm: median, p90",
    "peak ms: median",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", default=",".join(PRESETS), help="which, with commas between")
    parser.add_argument("--seeds", type=int, default=15, help="clips a preset")
    parser.add_argument(
        "--first", type=int, default=1, help="first seed; 900 and up were used to choose the rule's limits"
    )
    args = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS), flush=True)
    missed: Counter[str] = Counter()
    for preset in args.presets.split(","):
        scores = [check(preset, seed, missed) for seed in range(args.first, args.first + args.seeds)]
        print(row(preset, len(scores), reduce(add, scores)), flush=True)
    print("\nWhat twitches were taken for:", ", ".join(f"{kind} {n}" for kind, n in missed.most_common()) or "none")


def check(preset: str, seed: int, missed: Counter[str]) -> Score:
    """Make, analyse and score one clip; count what its missed twitches were taken for."""
    scene = random_scene(seed, preset, sorted(STILLS.glob("*.png")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{CODECS[scene.machine.codec]}"
        truth = write_clip(scene, path)
        analysis = analyze(path, ClipOptions(mm_per_px=truth.mm_per_px))
    score = score_result(result_to_dict(analysis.result), truth)
    for twitch in truth.twitches:
        near = [e for e in analysis.result.events if abs(e.peak_s - twitch.peak_s) < 0.15]
        if not near:
            others = [e for e in analysis.result.other_motion if abs(e.peak_s - twitch.peak_s) < 0.15]
            missed[str(others[0].kind) if others else "nothing"] += 1
    return score


def row(preset: str, clips: int, score: Score) -> str:
    errors = np.array(score.epicentre_errors_mm or (np.nan,))
    found = score.true_positives + score.missed
    return (
        f"| {preset} | {clips} | {score.exposure_s / 60:.1f} | {found} | {score.recall:.3f} "
        f"| {score.false_per_min:.2f} "
        f"| {np.median(errors):.2f}, {np.quantile(errors, 0.9):.2f} "
        f"| {1000 * np.median(score.peak_errors_s or (np.nan,)):+.0f} |"
    )


if __name__ == "__main__":
    main()

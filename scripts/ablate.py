"""What each part of the network's input and training is worth: trains without it and scores on test clips.

Usage: python scripts/ablate.py --clips DIR --validation DIR --test DIR [--work out/ablations] [--out ablations.json]

The folders hold simulated clips with truth. What is done is kept in the work folder; the same command goes on there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from fasciscan.learn.calibrate import calibrate, score_at
from fasciscan.learn.command import telling
from fasciscan.learn.examples import Examples, Source, find_sources, load_examples, prepare
from fasciscan.learn.network import NetworkConfig
from fasciscan.learn.run import MOST_OTHERS
from fasciscan.learn.train import TrainConfig, train
from fasciscan.simulate import read_truth
from fasciscan.twitch import Kind

WITHHELD = {
    "all": (),
    "without flow": ("flow",),
    "without difference": ("difference",),
    "without confidence": ("confidence",),
    "one frame's distance alone": ("long distance",),
    "0.15 s distance alone": ("short distance",),
    "without surroundings": ("surroundings",),
    "without measures": ("measures",),
}
"""Name of the ablation, and the parts of the input that read as zero."""
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("clips", "validation", "test"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "ablations")
    parser.add_argument("--out", type=Path, default=ROOT / "ablations.json")
    parser.add_argument("--epochs", type=int, default=TrainConfig().epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=None)
    args = parser.parse_args()
    config = TrainConfig(seed=args.seed, epochs=args.epochs)
    rows = []
    for name, parts, network in ablations(args):
        kept = args.work / f"{name.replace(' ', '-')}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(run(name, parts(), replace(config, network=network), args.work)))
        rows.append(json.loads(kept.read_text()))
        args.out.write_text(json.dumps(rows, indent=1) + "\n")
        print(f"{name}: F1 {rows[-1]['f1']:.3f}, false {rows[-1]['false_per_min']:.2f} a minute", flush=True)


def ablations(
    args: argparse.Namespace,
) -> Iterator[tuple[str, Callable[[], tuple[Examples, Examples, Examples]], NetworkConfig]]:
    """Name each ablation with its training, validation and test examples and its network."""
    sources = [find_sources(folder) for folder in (args.clips, args.validation, args.test)]

    def load(chosen: list[list[Source]], *, with_scale: bool = True) -> tuple[Examples, Examples, Examples]:
        kept = args.work / "examples"
        training, *others = (prepare(part, kept, with_scale=with_scale, jobs=args.jobs) for part in chosen)
        return load_examples(training, MOST_OTHERS), load_examples(others[0]), load_examples(others[1])

    plain = [source for source in sources[0] if not has_look_alikes(source)]
    for name, parts in WITHHELD.items():
        yield name, lambda: load(sources), NetworkConfig(without=parts)
    yield "no look-alikes in training", lambda: load([plain, *sources[1:]]), NetworkConfig()
    yield "no physical grid", lambda: load(sources, with_scale=False), NetworkConfig()


def has_look_alikes(source: Source) -> bool:
    kinds = {str(kind) for kind in Kind if kind is not Kind.FASCICULATION}
    return any(event.kind in kinds for event in read_truth(source.told_by).events)


def run(name: str, parts: tuple[Examples, Examples, Examples], config: TrainConfig, work: Path) -> dict[str, object]:
    """Train, calibrate on validation clips, and score on test clips at that operating point."""
    training, validation, test = parts
    with telling(config.epochs) as teller:
        trained = train(training, validation, config, work / name.replace(" ", "-"), resume=True, tell=teller.epoch)
    return {"name": name, **score_at(trained, calibrate(trained, validation), test), "config": asdict(config)}


if __name__ == "__main__":
    main()

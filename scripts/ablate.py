"""What each part of the network's input and training is worth: trains without it and scores on test clips.

Usage: python scripts/ablate.py --clips DIR --validation DIR --test DIR [--work out/ablations] [--out ablations.json]
       python scripts/ablate.py --trained models/fasciscan-cnn.pt --validation DIR --test DIR [...]

The folders hold simulated clips with truth. What is done is kept in the work folder; the same command goes on there.
With --trained nothing is trained: parts of the input are withheld from a network that learnt with all of them. That
takes minutes, and tells what this network relies on; what another would have made of the rest it does not tell.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path

from fasciscan.learn.calibrate import calibrate, score_at
from fasciscan.learn.command import telling
from fasciscan.learn.examples import Examples, load_examples, load_measures
from fasciscan.learn.glance import fit_glance
from fasciscan.learn.network import NetworkConfig, TwitchNet
from fasciscan.learn.prepare import prepare
from fasciscan.learn.run import MOST_OTHERS, refuse_shared
from fasciscan.learn.sources import Source, find_sources
from fasciscan.learn.train import TrainConfig, load_trained, train
from fasciscan.simulate import read_truth
from fasciscan.twitch import Kind

WITHHELD = {
    "all": (),
    "without difference": ("difference",),
    "0.15 s distance alone": ("short distance",),
    "one frame's distance alone": ("long distance",),
    "without difference and one frame's distance": ("difference", "short distance"),
    "without flow": ("flow",),
    "without confidence": ("confidence",),
    "without surroundings": ("surroundings",),
    "without measures": ("measures",),
}
"""Name of the ablation, and the parts of the input that read as zero."""
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    learnt = parser.add_mutually_exclusive_group(required=True)
    learnt.add_argument("--clips", type=Path, help="clips to train on")
    learnt.add_argument("--trained", type=Path, help="weights (.pt) to withhold parts of the input from")
    for name in ("validation", "test"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "ablations")
    parser.add_argument("--out", type=Path, default=ROOT / "ablations.json")
    parser.add_argument("--epochs", type=int, default=TrainConfig().epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=None)
    args = parser.parse_args()
    if args.trained:
        args.out.write_text(json.dumps(withhold(args), indent=1) + "\n")
        return
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


def withhold(args: argparse.Namespace) -> list[dict[str, object]]:
    """Score a trained network without each part of its input."""
    sources = [find_sources(folder) for folder in (args.validation, args.test)]
    refuse_shared(*sources)
    prepared = (prepare(part, args.work / "examples", jobs=args.jobs) for part in sources)
    whole = load_trained(args.trained)
    validation, test = (load_examples(part, whole.glance) for part in prepared)
    rows = []
    for name, parts in WITHHELD.items():
        blind = replace(whole, network=without(whole.network, parts))
        rows.append({"name": name, **score_at(blind, calibrate(blind, validation), test)})
        print(f"{name}: F1 {rows[-1]['f1']:.3f}, false {rows[-1]['false_per_min']:.2f} a minute", flush=True)
    return rows


def without(network: TwitchNet, parts: tuple[str, ...]) -> TwitchNet:
    """Copy a network to one that does not see some parts."""
    blind = TwitchNet(
        replace(network.config, without=parts), network.get_buffer("measures_mean"), network.get_buffer("measures_sd")
    )
    blind.load_state_dict(network.state_dict())
    return blind.eval()


def ablations(
    args: argparse.Namespace,
) -> Iterator[tuple[str, Callable[[], tuple[Examples, Examples, Examples]], NetworkConfig]]:
    """Name each ablation with its training, validation and test examples and its network."""
    sources = [find_sources(folder) for folder in (args.clips, args.validation, args.test)]
    for one, other in combinations(sources, 2):
        refuse_shared(one, other)

    def load(chosen: list[list[Source]], *, with_scale: bool = True) -> tuple[Examples, Examples, Examples]:
        kept = args.work / "examples"
        training, *others = (prepare(part, kept, with_scale=with_scale, jobs=args.jobs) for part in chosen)
        glance = fit_glance(load_measures(training), load_measures(others[0]))
        validation, test = (load_examples(part, glance) for part in others)
        return load_examples(training, glance, MOST_OTHERS), validation, test

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

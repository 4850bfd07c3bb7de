"""The whole way to the weights that ship: simulate, measure, train, calibrate, export, write the model card.

Usage: python scripts/train_model.py [--clips 700] [--busy 800] [--clinic 450] [--validation 250] [--work DIR]

Everything is resumable: after a kill, the same command goes on where it stood. Training clips have seeds from 100000
on, busy ones (more twitches, and most amid other motion) from 150000 on, those of the clinic (arteries, tissue that
slides) from 180000 on, validation clips from 200000 on; seeds from 300000 on are for tests alone.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from fasciscan.learn.card import write_card
from fasciscan.learn.command import MODEL_NAME, telling
from fasciscan.learn.run import run_training
from fasciscan.learn.train import BEST, CURVES, TrainConfig
from fasciscan.simulate import make_clips

TRAIN_SEED, BUSY_SEED, CLINIC_SEED, VALIDATION_SEED = 100_000, 150_000, 180_000, 200_000
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=700, help="clips to learn from, of the preset broad")
    parser.add_argument("--busy", type=int, default=800, help="clips to learn from, of the preset broad-busy")
    parser.add_argument("--clinic", type=int, default=450, help="clips to learn from, of the preset broad-clinic")
    parser.add_argument("--validation", type=int, default=250, help="clips to calibrate on")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "training", help="folder for clips and checkpoints")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / MODEL_NAME, help="where the model goes")
    parser.add_argument("--epochs", type=int, default=13)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=None, help="processes; one a core if not said")
    args = parser.parse_args()

    for name, preset, first, count in (
        ("train", "broad", TRAIN_SEED, args.clips),
        ("train", "broad-busy", BUSY_SEED, args.busy),
        ("train", "broad-clinic", CLINIC_SEED, args.clinic),
        ("validation", "broad", VALIDATION_SEED, args.validation),
    ):
        make_clips(args.work / name, range(first, first + count), preset, jobs=args.jobs)
    config = TrainConfig(seed=args.seed, epochs=args.epochs)
    with telling(config.epochs) as teller:

        def stop(problem: str) -> None:
            raise SystemExit(f"{problem}\nNot one of the clips may be missing: the card tells of all of them.")

        metadata = run_training(
            [args.work / "train"],
            args.work / "validation",
            args.work / MODEL_NAME,
            config,
            resume=True,
            jobs=args.jobs,
            teller=replace(teller, problem=stop),
        )
    ship(args.work, args.model)
    options = ("clips", "busy", "clinic", "validation", "epochs", "seed")
    told = " ".join(f"--{option} {getattr(args, option)}" for option in options)
    write_card(metadata, args.model.parent / "MODEL_CARD.md", f"python scripts/train_model.py {told}")


def ship(work: Path, model: Path) -> None:
    """Put the model, the weights to go on from and the curves where they are kept."""
    model.parent.mkdir(parents=True, exist_ok=True)
    for made, kept in (
        (work / MODEL_NAME, model),
        ((work / MODEL_NAME).with_suffix(".json"), model.with_suffix(".json")),
        (work / BEST, model.with_suffix(".pt")),
        (work / CURVES, model.with_suffix(".svg")),
    ):
        shutil.copyfile(made, kept)


if __name__ == "__main__":
    main()

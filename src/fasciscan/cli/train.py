"""``fasciscan train``: the network that tells fasciculations from look-alikes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from fasciscan.cli.failures import usage_error
from fasciscan.errors import FasciscanError

DEFAULT_OUT = Path("fasciscan-training")
MOST_SEED = 2**63 - 1
"""What a signed number of 64 bits holds, as whatever stores or takes a seed does."""

app = typer.Typer()


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan train --clips train --validation validation --out run\n\n"
    "  fasciscan train --from models/fasciscan-cnn.pt --labels reviewed --validation validation --out tuned\n\n"
    "Needs the extra packages of: pip install 'fasciscan[train]'. docs/training.md tells how to make clips, the format "
    "of reviewed labels, and what to look at afterwards.",
)
def train(
    validation: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Clips for stopping, calibration and the operating point; seen by no other."),
    ],
    clips: Annotated[
        Path | None, typer.Option("--clips", metavar="DIR", help="Clips with truth files, of fasciscan simulate.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Reviewed labels of real clips (*.labels.json) to learn from too."),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="Folder for the model, checkpoints and curves.")
    ] = DEFAULT_OUT,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="MODEL", help="Weights (.pt) to go on from, more gently.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=MOST_SEED, help="Decides everything random.")] = 0,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Times to go through the examples; by default 24.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes that measure clips.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a killed run in the same folder stood.")
    ] = False,
) -> None:
    """Train the network that tells fasciculations from look-alikes.

    Writes the model (.onnx with its .json), the weights to go on from (best.pt), the history and its curves.
    """
    folders = [folder for folder in (clips, labels) if folder is not None]
    if not folders:
        raise usage_error("give clips to learn from, with --clips, --labels or both", "--clips")
    if not all(find_spec(package) for package in ("torch", "onnx")):
        raise FasciscanError(
            "Training needs packages that are not installed; get them by: pip install 'fasciscan[train]'"
        )
    from fasciscan.learn.command import train_and_tell

    all_used = train_and_tell(folders, validation, out, start=start, seed=seed, epochs=epochs, jobs=jobs, resume=resume)
    if not all_used:
        raise typer.Exit(1)

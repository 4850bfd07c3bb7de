"""``fasciscan simulate``: clips with known truth."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from fasciscan.cli.failures import say, usage_error
from fasciscan.cli.terminal import tally

app = typer.Typer()


@app.command(
    epilog="Examples:\n\n"
    "  fasciscan simulate --out clips --clips 300\n\n"
    "  fasciscan simulate --out textured --clips 50 --preset broad-texture --stills biceps.png --stills calf.png\n\n"
    "Beside each clip lies its truth, as <clip>.truth.json: when, where and how far everything moved. A run that was "
    "stopped goes on when the same command is given again. docs/simulator.md tells what is simulated, and what is not.",
)
def simulate(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the clips; made if not there.")],
    clips: Annotated[int, typer.Option("--clips", metavar="N", min=1, help="How many to make.")] = 10,
    seed: Annotated[
        int,
        typer.Option(metavar="S", min=0, help="Seed of the first clip; the next ones count on. Same seed, same clip."),
    ] = 0,
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="broad: as varied as real life. broad-busy: more twitches and more other motion, for training. "
            "broad-clinic: colour flow and tissue that slides by millimetres. "
            "broad-spread: twitches that drag tissue along twice as far, amid other motion, for tests. "
            "broad-heldout: the events of broad, other imaging, for tests. broad-recoded: in codec settings kept "
            "for tests. broad-texture: on stills of muscle. "
            "Or texture-twitches, texture-mixed, scatterer-twitches, scatterer-mixed: narrower.",
        ),
    ] = "broad",
    stills: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A picture of muscle for the texture presets; give it once for each picture."
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="J", min=1, help="Processes; one a core.")] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Length of each clip in seconds, 5 to 600 (15 to 600 for the narrower presets), instead of one drawn.",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="HZ", help="Pictures the scanner makes in a second, 5 to 200, instead of one drawn."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary; errors only.")] = False,
) -> None:
    """Make ultrasound clips of muscle with known twitches and look-alikes, to train and to test with."""
    from fasciscan.simulate import PRESETS, TEXTURE_PRESETS, make_clips, read_truth

    if preset not in PRESETS:
        raise usage_error(f"{preset!r}: choose one of {', '.join(PRESETS)}", "--preset")
    if stills and preset not in TEXTURE_PRESETS:
        raise usage_error(
            f"{preset} takes no stills; leave them out or take one of {', '.join(TEXTURE_PRESETS)}", "--stills"
        )
    start = monotonic()
    there = {path: path.stat().st_mtime_ns for path in out.glob("*.truth.json") if path.is_file()}
    seeds = range(seed, seed + clips)
    with tally("clips made", shown=not quiet) as tell_progress:
        made = make_clips(
            out, seeds, preset, stills or (), jobs, tell_progress, duration_s=duration, frame_rate_hz=rate
        )
    if quiet:
        return
    truths = {path.with_suffix(".truth.json") for path in made}
    new = [path for path in truths if path.stat().st_mtime_ns != there.get(path)]
    frames = sum(read_truth(path).timing.frames for path in new)
    speed = f", {frames / (monotonic() - start):.0f} frames/s" if frames else ""
    say(f"{out}: {len(new)} clips made{speed}; {len(truths) - len(new)} were there.")

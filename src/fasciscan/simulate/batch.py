"""Makes many clips on all cores, and goes on where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from fasciscan.errors import FasciscanError
from fasciscan.files import not_writable
from fasciscan.processes import in_processes
from fasciscan.simulate.presets import random_scene
from fasciscan.simulate.scene import CODECS, Scene, Texture
from fasciscan.simulate.truth import Truth, read_truth
from fasciscan.simulate.write import write_clip


def make_clips(
    out: Path | str,
    seeds: Iterable[int],
    preset: str,
    stills: Sequence[Path | str] = (),
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    duration_s: float | None = None,
    frame_rate_hz: float | None = None,
) -> list[Path]:
    """Make a clip and its truth for each seed.

    They are named ``<preset>-<seed>.mp4`` or ``.avi`` and ``<preset>-<seed>.truth.json``. A clip whose truth is there
    already is not made again, and both files appear only when they are whole: a run that was stopped goes on when it is
    started again. A truth that cannot be read is no truth, and its clip is made again.

    Parameters
    ----------
    out
        Folder, made if not there.
    seeds
        Seeds, a clip each.
    preset
        One of :data:`PRESETS`.
    stills
        Pictures of muscle for the texture presets.
    jobs
        Processes; by default one for each core.
    progress
        Told after each clip how many of how many are there.
    duration_s, frame_rate_hz
        Length and scanner's rate instead of those drawn.

    Returns
    -------
    list of Path
        The clips, in the order of the seeds.

    Raises
    ------
    FasciscanError
        If the preset is unknown, a still is missing or unfit, the length or rate out of range, the folder cannot be
        made, cannot be written to, or holds a clip of the same name that has another length, rate or still.
    """
    folder, seeds = Path(out), list(seeds)
    for seed in seeds[:1]:  # so that what is wrong with all of them is told before processes start
        random_scene(seed, preset, stills, duration_s, frame_rate_hz)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FasciscanError(f"{folder}: cannot be made ({error.strerror}); name another folder.") from error
    make = partial(_make_clip, folder, preset, tuple(stills), duration_s, frame_rate_hz)
    tell = progress or (lambda _done, _total: None)
    if jobs == 1 or len(seeds) == 1:
        ended = ((seed, make(seed)) for seed in seeds)
    else:
        ended = ((seed, future.result()) for seed, future in in_processes(make, seeds, jobs))
    made: dict[int, Path] = {}
    for seed, path in ended:
        made[seed] = path
        tell(len(made), len(seeds))
    return [made[seed] for seed in seeds]


def _make_clip(
    folder: Path,
    preset: str,
    stills: tuple[Path | str, ...],
    duration_s: float | None,
    frame_rate_hz: float | None,
    seed: int,
) -> Path:
    """Make one clip, unless it is there."""
    try:
        return _make_unless_there(folder, random_scene(seed, preset, stills, duration_s, frame_rate_hz))
    except FasciscanError as error:  # only the plain one finds its way back from another process
        raise FasciscanError(str(error)) from None


def _make_unless_there(folder: Path, scene: Scene) -> Path:
    path = folder / f"{scene.preset}-{scene.seed}{CODECS[scene.machine.codec]}"
    try:
        if not (path.exists() and _is_of(scene, path.with_suffix(".truth.json"))):
            _write_whole(scene, path)
    except OSError as error:  # FFmpeg's are such too
        raise not_writable(folder, error, path.name) from error
    return path


def _write_whole(scene: Scene, path: Path) -> None:
    """Write beside the clip and rename, so that what is cut off leaves nothing that could be taken for a clip."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    part_truth = part.with_suffix(".truth.json")
    try:
        replace(write_clip(scene, part), clip=path.name).write(part_truth)
        # The truth comes last: where it lies, its clip is whole.
        part.rename(path)
        part_truth.rename(path.with_suffix(".truth.json"))
    finally:
        part.unlink(missing_ok=True)
        part_truth.unlink(missing_ok=True)


def _is_of(scene: Scene, truth_path: Path) -> bool:
    """Whether a whole truth is there; one that cannot be read counts as none.

    Raises
    ------
    FasciscanError
        If it is that of another scene.
    """
    try:
        truth = read_truth(truth_path)
    except FasciscanError:
        return False
    if difference := _difference(truth, scene):
        raise FasciscanError(f"{truth_path.parent}: holds {truth.clip} {difference}; name another folder by --out.")
    return True


def _difference(truth: Truth, scene: Scene) -> str:
    """Tell what was asked for otherwise when the clip that is there was made; empty if nothing."""
    there = truth.timing
    if there.duration_s != scene.duration_s:
        return f"of {there.duration_s:g} s, not {scene.duration_s:g} s"
    if there.scan_rate_hz != scene.frame_rate_hz:
        return f"at {there.scan_rate_hz:g} pictures/s, not {scene.frame_rate_hz:g}"
    still = (truth.scene.get("tissue") or {}).get("still")
    if isinstance(scene.tissue, Texture) and still != scene.tissue.still.name:
        return f"from the still {still}, not {scene.tissue.still.name}"
    return ""

"""From clips to what the network sees of their candidates; what was measured of a clip is kept and not done again."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from fasciscan import clip as clip_station
from fasciscan import motion as motion_station
from fasciscan.errors import ClipError, FasciscanError
from fasciscan.files import make_folder, not_writable, whole_or_not_at_all
from fasciscan.learn import measure
from fasciscan.learn.measure import measure_clip
from fasciscan.learn.reviews import find_misfit, read_review
from fasciscan.learn.sources import Source
from fasciscan.motion import MotionConfig
from fasciscan.processes import in_processes
from fasciscan.score.clips import TRUTH_SUFFIX
from fasciscan.twitch import CandidateConfig, candidates, distinct, looks
from fasciscan.twitch.judge import measures, patches

_KEY_FILES = (candidates, distinct, looks, measures, patches, measure)
_KEY_FOLDERS = (clip_station, motion_station)


def prepare(
    sources: Sequence[Source],
    kept: Path,
    *,
    with_scale: bool = True,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    complain: Callable[[str], None] | None = None,
) -> dict[Source, Path]:
    """Measure the clips and keep what the network sees of their candidates, a file a clip.

    Parameters
    ----------
    sources
        The clips.
    kept
        Folder for the files. One that is there and was made from the same clip, code and settings is not made again.
    with_scale
        Whether the clip's size of a pixel is used; without it the grid rests on an assumed depth.
    jobs
        Processes; one a core if not said.
    progress
        Called with the clips done and their number.
    complain
        Called with what is wrong with a clip that cannot be measured, or with labels that lie beyond it; it is left
        out.

    Returns
    -------
    dict of Source to Path
        The clips that were measured, in the order of ``sources``.

    Raises
    ------
    FasciscanError
        If the folder takes no files, or no clip is left.
    """
    make_folder(kept)
    code = _code_key()
    files = {source: kept / f"{source.clip.stem}-{_key(source, code, with_scale)}.npz" for source in sources}
    sharing: dict[Path, list[Source]] = {}
    for source, file in files.items():
        sharing.setdefault(file, []).append(source)
    missing = {file: users for file, users in sharing.items() if not is_kept(file)}
    total = len(files)
    done = total - sum(map(len, missing.values()))
    todo = [(users[0], file) for file, users in missing.items()]
    for (_, file), finished in in_processes(partial(_try_clip, with_scale=with_scale), todo, jobs):
        if problem := finished.result():
            _leave_out(missing[file], problem, files, complain)
        done += len(missing[file])
        if progress:
            progress(done, total)
    for source, misfit in [(source, _find_misfit(source, file)) for source, file in files.items()]:
        if misfit:
            del files[source]
        if misfit and complain:
            complain(f"{source.told_by}: {misfit}; correct it.")
    if not files:
        raise FasciscanError(f"{kept}: none of {total} clips could be used.")
    return files


def moving_of(file: Path) -> Path:
    """File beside that of a clip's other examples."""
    return file.with_suffix(".moving.npy")


def is_kept(file: Path) -> bool:
    """Tell whether the measurement of a clip is there, and not cut short: how a zip ends tells what is in it."""
    try:
        ZipFile(file).close()
        np.load(moving_of(file), mmap_mode="r")
    except (OSError, BadZipFile, ValueError):
        return False
    return True


@contextmanager
def open_kept(file: Path) -> Iterator[NpzFile]:
    """Open what was measured of a clip; where some bytes of it have changed that shows when they are read."""
    try:
        with np.load(file) as kept:
            yield kept
    except BadZipFile as error:
        raise FasciscanError(f"{file}: is damaged ({error}); remove it, and the clip is measured again.") from error


def _find_misfit(source: Source, file: Path) -> str:
    """Tell what a reviewer marked beyond the clip; nothing of a simulated one."""
    if source.told_by.name.endswith(TRUTH_SUFFIX):
        return ""
    with open_kept(file) as kept:
        width, height = kept["frame_px"].tolist()
        return find_misfit(read_review(source.told_by), float(kept["duration_s"]), (width, height))


def _leave_out(
    users: Sequence[Source],
    problem: FasciscanError,
    files: dict[Source, Path],
    complain: Callable[[str], None] | None,
) -> None:
    """Leave out a clip, naming what is to be mended: the clip itself, or else each file that tells its scale."""
    for source in users:
        del files[source]
    told = [str(problem)] if isinstance(problem, ClipError) else [f"{source.told_by}: {problem}" for source in users]
    if complain:
        for line in told:
            complain(line)


def _try_clip(task: tuple[Source, Path], with_scale: bool) -> FasciscanError | None:
    """Measure one clip and keep that in a file; tell what is wrong with the clip, if anything is."""
    source, file = task
    try:
        moving, others = measure_clip(source, with_scale)
    except FasciscanError as error:
        return error
    try:
        with whole_or_not_at_all(moving_of(file)) as partial, partial.open("wb") as stream:
            np.save(stream, moving)
        with whole_or_not_at_all(file) as partial, partial.open("wb") as stream:  # last: where it is, the other one is
            np.savez(stream, allow_pickle=False, **others)
    except OSError as error:
        raise not_writable(file.parent, error, file.name) from error
    return None


def _key(source: Source, code: str, with_scale: bool) -> str:
    """Name for the measurement of a clip: another one whenever anything it depends on has changed."""
    config = {"motion": asdict(MotionConfig()), "candidates": asdict(CandidateConfig()), "mm": source.mm_per_px}
    total = hashlib.sha256(f"{source.content} {code} {json.dumps(config)} {with_scale}".encode())
    return total.hexdigest()[:16]


def _code_key() -> str:
    """Hash of the code that measures; comments and layout do not count."""
    files = [Path(str(module.__file__)) for module in _KEY_FILES]
    folders = [Path(str(station.__file__)).parent for station in _KEY_FOLDERS]
    paths: Iterable[Path] = [*files, *(path for folder in folders for path in sorted(folder.glob("*.py")))]
    trees = [ast.dump(ast.parse(path.read_text(encoding="utf-8"))) for path in paths]
    return hashlib.sha256("".join(trees).encode()).hexdigest()

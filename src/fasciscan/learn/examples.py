"""From folders of clips with truth to labelled examples; what was measured of a clip is kept and not done again."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from itertools import permutations
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan import clip as clip_station
from fasciscan import motion as motion_station
from fasciscan.clip import ClipOptions, open_clip
from fasciscan.errors import ClipError, FasciscanError
from fasciscan.learn.kept import is_kept, moving_of, open_kept, whole_or_not_at_all
from fasciscan.learn.labels import (
    Found,
    Labels,
    as_truth,
    find_misfit,
    label_by_review,
    label_by_truth,
    label_each,
    read_review,
)
from fasciscan.motion import MotionConfig, lay_grid, measure_motion, steady
from fasciscan.report.write import make_folder
from fasciscan.score.clips import TRUTH_SUFFIX
from fasciscan.simulate import Truth, read_truth
from fasciscan.twitch import CandidateConfig, candidates, distinct, find_again, find_candidates, looks
from fasciscan.twitch.distinct import hides
from fasciscan.twitch.judge import measures, patches
from fasciscan.twitch.judge.glance import Glance
from fasciscan.twitch.judge.measures import MEASURES, measure
from fasciscan.twitch.judge.patches import CELLS, MOVING, STEPS, STILL, SURROUNDINGS, Patches, cut_patches

SPARE = 2
"""Cells and steps kept on each side of a patch, to shift it by in training."""
QUANTUM = 0.05
"""Step in which ``moving`` is kept as int8, far below its noise of 1: a quarter of the memory of float32."""
LABELS_SUFFIX = ".labels.json"

_KEY_FILES = (candidates, distinct, looks, measures, patches)
_KEY_FOLDERS = (clip_station, motion_station)


@dataclass(frozen=True, slots=True)
class Source:
    """A clip to learn from, with the file that tells what is in it."""

    clip: Path
    told_by: Path
    mm_per_px: float
    content: str
    """SHA-256 of the clip's file: it is the same clip under another name."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What training and evaluation need to know of a clip beside its examples."""

    duration_s: float
    truth: Truth
    """What is true of it, or what a person said of it in the same form."""
    grid_mm_per_px: tuple[float, float]
    """Size of a pixel (x, y) on the grid it was measured on: another one where the scale was withheld."""
    had_candidate: tuple[bool, ...]
    """Of each true twitch: whether there was anything for the network to judge."""
    reviewed_s: tuple[tuple[float, float], ...] | None = None
    """Stretches, apart, of which it is known all that is true; None for the whole clip."""

    @property
    def exposure_s(self) -> float:
        """Seconds of which it is known all that is true."""
        return self.duration_s if self.reviewed_s is None else sum(end - start for start, end in self.reviewed_s)

    def is_known(self, time_s: float) -> bool:
        """Whether it is known all that is true of a time."""
        return self.reviewed_s is None or any(start <= time_s < end for start, end in self.reviewed_s)


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled candidates of many clips. n examples, in the order of the clips."""

    moving: NDArray[np.int8]
    """(n, channels, STEPS + 2 SPARE, CELLS + 2 SPARE, CELLS + 2 SPARE), in units of :data:`QUANTUM`."""
    still: NDArray[np.float16]
    """(n, channels, CELLS + 2 SPARE, CELLS + 2 SPARE)."""
    surroundings: NDArray[np.float16]
    measures: NDArray[np.float32]
    kind: NDArray[np.int64]
    weight: NDArray[np.float32]
    shift_mm: NDArray[np.float32]
    """(n, 2) from the candidate's cell to the true epicentre in mm of the grid, (x, y); nan where it is no twitch."""
    onset_s: NDArray[np.float64]
    peak_s: NDArray[np.float64]
    place_px: NDArray[np.float64]
    """(n, 2) of the candidate's cell."""
    pitch_mm: NDArray[np.float32]
    """(n, 2) distance between cells, (x, y)."""
    glance: Glance
    """Tells which of them the network looks at."""
    at_a_glance: NDArray[np.float32]
    """(n, 6) probabilities by the glance."""
    clip: NDArray[np.int64]
    """(n,) position in ``clips``."""
    views: NDArray[np.int64]
    """(pairs, 2) the first would be dropped as another view of the second, were that believed first."""
    clips: tuple[ClipFacts, ...]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) whether the network looks at it."""
        return self.glance.leaves_open(self.at_a_glance)

    def patches(self, rows: NDArray[np.integer] | slice) -> Patches:
        """Return some examples as the network sees them, neither shifted nor mirrored."""
        inner = slice(SPARE, -SPARE)
        return Patches(
            self.moving[rows][:, :, inner, inner, inner].astype(np.float32) * np.float32(QUANTUM),
            self.still[rows][:, :, inner, inner].astype(np.float32),
            self.surroundings[rows].astype(np.float32),
            self.measures[rows],
        )


def find_sources(folder: Path, complain: Callable[[str], None] | None = None) -> list[Source]:
    """List the clips a folder tells about, by truth files (``*.truth.json``) or reviewed labels (``*.labels.json``).

    Parameters
    ----------
    folder
        The folder; what is hidden in it is passed over.
    complain
        Called with what is wrong with a file that cannot be used, which is left out; if not given, that is raised.

    Raises
    ------
    FasciscanError
        If there is none, or none that can be used.
    """
    told_by = [
        path
        for path in sorted(folder.glob("*.json"))
        if path.name.endswith((TRUTH_SUFFIX, LABELS_SUFFIX)) and not path.name.startswith(".")
    ]
    if not told_by:
        raise FasciscanError(
            f"{folder}: holds no truth (*.truth.json) or labels (*.labels.json); make clips with fasciscan simulate."
        )
    sources = []
    for path in told_by:
        try:
            sources.append(_read_source(path))
        except FasciscanError as error:
            if complain is None:
                raise
            complain(str(error))
    if not sources:
        raise FasciscanError(f"{folder}: none of its {len(told_by)} files of truth or labels can be used; mend them.")
    return sources


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
    # A new process each, as forking one that has run OpenMP threads can hang it.
    with ProcessPoolExecutor(jobs or os.cpu_count(), get_context("spawn")) as pool:
        running = {pool.submit(_try_clip, users[0], file, with_scale): users for file, users in missing.items()}
        try:
            for finished in as_completed(running):
                problem, users = finished.result(), running[finished]
                if problem:
                    _leave_out(users, problem, files, complain)
                done += len(users)
                if progress:
                    progress(done, total)
        finally:
            pool.shutdown(cancel_futures=True)
    for source, misfit in [(source, _find_misfit(source, file)) for source, file in files.items()]:
        if misfit:
            del files[source]
        if misfit and complain:
            complain(f"{source.told_by}: {misfit}; correct it.")
    if not files:
        raise FasciscanError(f"{kept}: none of {total} clips could be used.")
    return files


class Measured(NamedTuple):
    """All candidates of some clips by their measures alone."""

    measures: NDArray[np.float32]
    kind: NDArray[np.int64]
    weight: NDArray[np.float32]


def load_measures(prepared: Mapping[Source, Path]) -> Measured:
    """Load the measures of what :func:`prepare` kept of clips, and label them."""
    parts = []
    for source, file in prepared.items():
        with open_kept(file) as kept:
            labels, *_ = _label(source, kept)
            parts.append((kept["measures"], labels.kind, labels.weight))
    return Measured(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def load_facts(prepared: Mapping[Source, Path]) -> list[ClipFacts]:
    """Load what :func:`prepare` found out about clips as a whole."""
    return [_read_facts(source, file)[0] for source, file in prepared.items()]


def load_examples(prepared: Mapping[Source, Path], glance: Glance, most: int | None = None) -> Examples:
    """Load what :func:`prepare` kept of clips, and label it.

    Parameters
    ----------
    prepared
        The clips with their files.
    glance
        Which candidates the network looks at.
    most
        Take only those, and of a clip's that have to do with no twitch at most so many, drawn by a fixed seed: a
        tremor leaves hundreds that tell no more than a few do. ``views`` is then empty. By default all are taken.
    """
    read = [_read_kept(source, file, glance, most, n) for n, (source, file) in enumerate(prepared.items())]
    starts = np.concatenate([[0], np.cumsum([len(labels.rows) for labels in read])])
    n, long, wide = int(starts[-1]), STEPS + 2 * SPARE, CELLS + 2 * SPARE
    # Filled in place: all clips at once, and each of them besides, would take twice the memory.
    examples = Examples(
        moving=np.empty((n, len(MOVING), long, wide, wide), np.int8),
        still=np.empty((n, len(STILL), wide, wide), np.float16),
        surroundings=np.empty((n, len(SURROUNDINGS), patches.LONG_STEPS), np.float16),
        measures=np.empty((n, len(MEASURES)), np.float32),
        kind=np.concatenate([part.labels.kind[part.rows] for part in read]),
        weight=np.concatenate([part.labels.weight[part.rows] for part in read]),
        shift_mm=np.concatenate([part.labels.shift_px[part.rows] * part.facts.grid_mm_per_px for part in read]),
        onset_s=np.empty(n),
        peak_s=np.empty(n),
        place_px=np.empty((n, 2)),
        pitch_mm=np.empty((n, 2), np.float32),
        glance=glance,
        at_a_glance=np.concatenate([part.at_a_glance[part.rows] for part in read]),
        clip=np.repeat(np.arange(len(read)), np.diff(starts)),
        views=np.concatenate([part.views + start for part, start in zip(read, starts[:-1], strict=True)]),
        clips=tuple(part.facts for part in read),
    )
    for part, file, start, end in zip(read, prepared.values(), starts[:-1], starts[1:], strict=True):
        with open_kept(file) as kept:
            for name in ("still", "surroundings", "measures", "onset_s", "peak_s", "place_px"):
                getattr(examples, name)[start:end] = kept[name][part.rows]
            examples.pitch_mm[start:end] = kept["pitch_mm"]
        # Of a clip's patches one in nine is taken, and they are nearly all there is to read.
        examples.moving[start:end] = np.load(moving_of(file), mmap_mode="r")[part.rows]
    return examples


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a clip's candidates before their patches are loaded."""

    facts: ClipFacts
    labels: Labels
    at_a_glance: NDArray[np.float32]
    """(n, 6) probabilities."""
    rows: NDArray[np.int64]
    """Which of them are taken."""
    views: NDArray[np.int64]


def _read_facts(source: Source, file: Path) -> tuple[ClipFacts, Labels]:
    with open_kept(file) as kept:
        labels, truth, reviewed_s = _label(source, kept)
        x, y = (float(mm) for mm in kept["grid_mm_per_px"])
        had = tuple(labels.had_candidate.tolist())
        return ClipFacts(float(kept["duration_s"]), truth, (x, y), had, reviewed_s), labels


def _read_kept(source: Source, file: Path, glance: Glance, most: int | None, number: int) -> _Kept:
    facts, labels = _read_facts(source, file)
    with open_kept(file) as kept:
        at_a_glance = glance.judge(kept["measures"]).astype(np.float32)
        rows, views = np.arange(len(labels.kind)), kept["views"]
    if most is not None:
        seen = glance.leaves_open(at_a_glance)
        others = np.random.default_rng(number).permutation(np.flatnonzero(seen & ~labels.settled))[:most]
        rows, views = np.sort(np.concatenate([np.flatnonzero(seen & labels.settled), others])), views[:0]
    return _Kept(facts, labels, at_a_glance, rows, views)


def _read_source(told_by: Path) -> Source:
    """Find out which clip a file of truth or labels tells about."""
    if told_by.name.endswith(TRUTH_SUFFIX):
        truth = read_truth(told_by)
        clip, mm_per_px = told_by.parent / truth.clip, truth.mm_per_px
    else:
        review = read_review(told_by)
        clip, mm_per_px = review.clip, review.mm_per_px
    try:
        with clip.open("rb") as stream:
            return Source(clip, told_by, mm_per_px, hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        raise FasciscanError(
            f"{told_by}: its clip {clip} cannot be read ({error.strerror}); make or fetch the clip again."
        ) from error


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


def _try_clip(source: Source, file: Path, with_scale: bool) -> FasciscanError | None:
    """Measure one clip; tell what is wrong with it, if anything is."""
    try:
        _measure_clip(source, file, with_scale)
    except FasciscanError as error:
        return error
    return None


def _measure_clip(source: Source, file: Path, with_scale: bool) -> None:
    """Measure one clip and keep its candidates."""
    import cv2

    cv2.setNumThreads(1)  # there is a process a core already
    options = ClipOptions(mm_per_px=source.mm_per_px if with_scale else None)
    clip = open_clip(source.clip, options)
    config = MotionConfig()
    grid = lay_grid(clip, config.cell_mm)
    blocks, facts, views = [], [], []
    for maps in measure_motion(clip, grid, config):
        steadied = steady(maps)
        both = (maps, find_candidates(maps, CandidateConfig())), (steadied, find_again(steadied, CandidateConfig()))
        blocks += [cut_patches(seen_in, found, measure(seen_in, found), SPARE) for seen_in, found in both]
        of_block = [candidate for _, found in both for candidate in found]
        views += [
            (len(facts) + a, len(facts) + b)
            for (a, one), (b, other) in permutations(enumerate(of_block), 2)
            if hides(other, one, grid)
        ]
        facts += [
            (
                c.bump.onset_s,
                c.bump.peak_s,
                grid.lateral_px[c.cell[1]],
                grid.depth_px[c.cell[0]],
                c.bump.height_mm,
                c.steadied,
            )
            for c in of_block
        ]
    table = np.array(facts, float).reshape(-1, 6)
    moving = np.concatenate([block.moving for block in blocks])
    with whole_or_not_at_all(moving_of(file)) as stream:
        np.save(stream, np.rint(moving / QUANTUM).astype(np.int8))
    with whole_or_not_at_all(file) as stream:  # last: where it is, the other one is
        np.savez(
            stream,
            still=np.concatenate([block.still for block in blocks]).astype(np.float16),
            surroundings=np.concatenate([block.surroundings for block in blocks]).astype(np.float16),
            measures=np.concatenate([block.measures for block in blocks]),
            onset_s=table[:, 0],
            peak_s=table[:, 1],
            place_px=table[:, 2:4],
            height_mm=table[:, 4],
            steadied=table[:, 5] > 0,
            views=np.array(views, np.int64).reshape(-1, 2),
            duration_s=clip.duration_s,
            frame_px=np.array([clip.width, clip.height]),
            grid_mm_per_px=np.array(grid.mm_per_px),
            pitch_mm=np.array(grid.pitch_mm),
        )


def _label(source: Source, kept: Mapping[str, NDArray]) -> tuple[Labels, Truth, tuple[tuple[float, float], ...] | None]:
    """Label one clip's candidates, those of each look by themselves, since a twitch may be seen by either.

    Tell its truth too, and the stretches in which that is all there is.
    """
    place = kept["place_px"]
    found = Found(kept["peak_s"], place[:, 0], place[:, 1], kept["height_mm"])
    if source.told_by.name.endswith(TRUTH_SUFFIX):
        truth = read_truth(source.told_by)
        return label_each(partial(label_by_truth, truth=truth), found, kept["steadied"]), truth, None
    review, duration_s = read_review(source.told_by), float(kept["duration_s"])
    within_s = tuple((start, min(end, duration_s)) for start, end in review.reviewed_s if start < duration_s)
    labels = label_each(partial(label_by_review, review=review), found, kept["steadied"])
    return labels, as_truth(review, duration_s), within_s


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
    sources = [inspect.getsource(_measure_clip), *(path.read_text(encoding="utf-8") for path in paths)]
    trees = [ast.dump(ast.parse(source)) for source in sources]
    return hashlib.sha256("".join(trees).encode()).hexdigest()

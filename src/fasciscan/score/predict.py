"""Runs a detector over the clips of an evaluation, a process a clip, and keeps what is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fasciscan.clip.open import hash_clip
from fasciscan.errors import FasciscanError
from fasciscan.files import make_folder, whole_or_not_at_all
from fasciscan.processes import in_processes
from fasciscan.score.baselines import BASELINES
from fasciscan.score.clips import RESULT_SUFFIX, stem_of
from fasciscan.simulate.truth import read_truth
from fasciscan.twitch import Classifier

SAME_MAKE = ("version", "config", "model_sha256", "classifier")
"""Parts of the provenance that decide what a result says."""

Progress = Callable[[int, int], None]
"""Told how many clips are done, of how many."""
MakeClassifier = Callable[[], Classifier]
"""Each process makes its own, since a network in use cannot be sent to another: ``Rule``, or a loader of weights."""


def analyze_clips(
    truths: Sequence[Path],
    out: Path,
    make_classifier: MakeClassifier | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Analyse the clips beside truth files and write their results as ``<stem>.json``.

    A result that is there already is kept if it is of the same clip and scale, and was made by the same version,
    configuration and weights as that of the first clip that can be analysed, which always is analysed anew.

    Parameters
    ----------
    truths
        Truth files, with their clips in the same folder.
    out
        Folder of the results; made if it is not there.
    make_classifier
        Makes what judges the candidates; by default the shipped network does.
    jobs
        Processes; by default one a core.
    progress
        Told after each clip.

    Raises
    ------
    FasciscanError
        If a clip cannot be analysed, the others are done first; if the folder cannot be made.
    """
    make_folder(out)
    work = partial(_analyze_one, out=out, make_classifier=make_classifier)
    failed: list[str] = []
    made_like = None
    rest = list(truths)
    while rest and made_like is None:
        try:
            made_like = _make_of(work(rest.pop(0)))
        except FasciscanError as error:
            failed.append(str(error))
    todo = [path for path in rest if not _fits(out / (stem_of(path) + RESULT_SUFFIX), path, made_like)]
    run_each(work, todo, jobs, progress, done=len(truths) - len(todo), failed=failed)


def watch_clips(
    truths: Sequence[Path], out: Path, baseline: str, jobs: int | None = None, progress: Progress | None = None
) -> None:
    """Watch clips by a baseline and write its traces, see :func:`trace_path`; those that are there are kept.

    Parameters
    ----------
    truths, out, jobs, progress
        See :func:`analyze_clips`.
    baseline
        Name of one of :data:`fasciscan.score.baselines.BASELINES`.

    Raises
    ------
    FasciscanError
        If a clip cannot be read, the others are done first; if the folder cannot be made.
    """
    make_folder(out)
    todo = [path for path in truths if not trace_path(path, out).exists()]
    run_each(partial(_watch_one, out=out, baseline=baseline), todo, jobs, progress, done=len(truths) - len(todo))


def trace_path(truth_path: Path, out: Path) -> Path:
    """Tell where a trace of a clip lies: its name tells the clip's content too, so that another one's is not kept."""
    clip = truth_path.with_name(read_truth(truth_path).clip)
    return out / f"{stem_of(truth_path)}-{hash_clip(clip)[:16]}.npz"


def run_each(
    work: Callable[[Path], object],
    paths: Sequence[Path],
    jobs: int | None,
    progress: Progress | None,
    done: int = 0,
    failed: Sequence[str] = (),
) -> None:
    """Do the work for every path in a pool of processes; what fails, or failed before, is named when all is done.

    Raises
    ------
    FasciscanError
        Naming each clip that failed and why.
    """
    total, failures = done + len(paths), list(failed)
    if progress:
        progress(done, total)
    for _, future in in_processes(work, paths, jobs):
        done += 1
        try:
            future.result()
        except FasciscanError as error:
            failures.append(str(error))
        if progress:
            progress(done, total)
    if failures:
        raise FasciscanError(f"{len(failures)} of {total} clips could not be analysed: {'; '.join(sorted(failures))}")


def _analyze_one(truth_path: Path, out: Path, make_classifier: MakeClassifier | None) -> Path:
    from fasciscan.clip import ClipOptions
    from fasciscan.pipeline import analyze
    from fasciscan.report.result_json import result_to_dict

    truth = read_truth(truth_path)
    classifier = make_classifier() if make_classifier else None
    options = ClipOptions(mm_per_px=truth.mm_per_px)
    analysis = analyze(truth_path.with_name(truth.clip), options, classifier=classifier)
    path = out / (stem_of(truth_path) + RESULT_SUFFIX)
    with whole_or_not_at_all(path) as partial:
        partial.write_text(json.dumps(result_to_dict(analysis.result)), "utf-8")
    return path


def _watch_one(truth_path: Path, out: Path, baseline: str) -> None:
    from fasciscan.clip import ClipOptions, open_clip

    truth = read_truth(truth_path)
    clip = open_clip(truth_path.with_name(truth.clip), ClipOptions(mm_per_px=truth.mm_per_px))
    (chosen,) = [known for known in BASELINES if known.name == baseline]
    with whole_or_not_at_all(trace_path(truth_path, out)) as partial:
        chosen.watch(clip).write(partial)


def _fits(result: Path, truth_path: Path, made_like: dict[str, Any] | None) -> bool:
    """Whether a result is there that was made like another one, of the clip that lies beside its truth now."""
    if made_like is None or _make_of(result) != made_like:
        return False
    told = json.loads(result.read_text(encoding="utf-8"))["clip"]
    truth = read_truth(truth_path)
    clip = truth_path.with_name(truth.clip)
    of_it = clip.exists() and told["sha256"] == hash_clip(clip)
    scale = told["mm_per_px"]  # null where it was analysed without one
    return of_it and scale is not None and np.allclose(scale, truth.mm_per_px)


def _make_of(result: Path) -> dict[str, Any] | None:
    """Tell what made a result; None where there is none that can be read."""
    try:
        provenance = json.loads(result.read_text(encoding="utf-8"))["provenance"]
        return {key: provenance[key] for key in SAME_MAKE}
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""The way from a folder of clips to an exam's reports: what the manifest says, every clip analysed, all added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fasciscan import __version__
from fasciscan.batch import ClipTask, Done, run_clips
from fasciscan.clip import ClipOptions
from fasciscan.errors import FasciscanError
from fasciscan.exam import (
    ClipCount,
    Entry,
    Exam,
    Failed,
    Muscle,
    find_clips,
    make_exam,
    name_muscle,
    read_clip_count,
    read_context,
    read_manifest,
    write_manifest,
)
from fasciscan.exam.context import FORM, FORM_NAME
from fasciscan.exam.manifest import MANIFEST_NAME, one_subject_and_visit
from fasciscan.report.exam_write import write_exam
from fasciscan.report.pdf import find_browser
from fasciscan.twitch import load_classifier

CLIPS_FOLDER = "clips"
"""Where the clips' own reports go, below the exam's."""
CLIP_FORMATS = ("json", "html")


@dataclass(frozen=True, slots=True)
class Examined:
    """An exam and the files it was written to."""

    exam: Exam
    files: tuple[Path, ...]
    page: Path
    left_over: int
    """Clips' reports beside its own, from earlier runs into the same folder. They are not counted."""


class NoneAnalysedError(FasciscanError):
    """Not one clip of an exam could be analysed."""

    def __init__(self, source: Path, failed: Sequence[Failed]) -> None:
        none = "its only clip could not" if len(failed) == 1 else f"none of its {len(failed)} clips could"
        super().__init__(f"{source}: {none} be analysed.")
        self.failed = failed
        """Each, and why."""


def start_exam(folder: Path) -> tuple[Path, Path, tuple[Entry, ...]]:
    """Write a first manifest and an empty form for the context into a folder of clips, to be edited.

    Returns
    -------
    manifest, form : Path
    entries : tuple of Entry
        What the manifest says so far.

    Raises
    ------
    FasciscanError
        If the folder holds no clip or a manifest already, or cannot be written to. A form that is there is kept.
    """
    manifest, form = folder / MANIFEST_NAME, folder / FORM_NAME
    entries = find_clips(folder)
    write_manifest(entries, manifest)
    try:
        with form.open("x", encoding="utf-8") as file:
            file.write(FORM.read_text(encoding="utf-8"))
    except FileExistsError:
        pass  # filled in already, for the same visit
    return manifest, form, entries


def read_entries(source: Path) -> tuple[Entry, ...]:
    """Read the clips of an exam from a manifest, or from a folder with one or with clips that say what they show.

    Raises
    ------
    FasciscanError
        If there is neither, or a clip does not say which muscle it shows.
    """
    if not source.is_dir():
        return read_manifest(source)
    if (source / MANIFEST_NAME).is_file():
        return read_manifest(source / MANIFEST_NAME)
    entries = find_clips(source)
    silent = [entry.clip.name for entry in entries if not entry.muscle]
    if silent:
        raise FasciscanError(
            f"{source}: {len(silent)} of {len(entries)} clips do not say which muscle they show (such as {silent[0]}); "
            f"run fasciscan exam init {source} and fill in the manifest."
        )
    return entries


def examine(
    source: Path,
    out: Path,
    *,
    context: Path | None = None,
    pdf: bool = False,
    model: str | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    command: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Examined:
    """Analyse the clips of an exam and write its reports.

    Parameters
    ----------
    source
        Manifest or folder, see :func:`read_entries`.
    out
        Folder of the reports; those of the clips go to ``clips`` in it. What a former run made is kept.
    context
        The filled-in form, see :func:`fasciscan.exam.read_context`.
    pdf
        Whether to print the page as well.
    model
        As :func:`fasciscan.twitch.load_classifier` takes it.
    jobs, scheduler
        How the work is shared out, see :func:`fasciscan.batch.run_clips`.
    command
        The command line, for the provenance.
    progress
        Told how many clips are done, of how many.

    Returns
    -------
    Examined
        The exam; clips that could not be analysed are named in it.

    Raises
    ------
    FasciscanError
        If the manifest or the form is not understood, or nothing can be written; :class:`NoneAnalysedError` if no clip
        could be analysed.
    """
    entries = read_entries(source)
    subject, visit_date = one_subject_and_visit(entries, source)
    form = None if context is None else read_context(context)
    if pdf:
        find_browser()  # before the work and not after it
    clips, failed = _analyze_clips(entries, out / CLIPS_FOLDER, model, jobs, scheduler, command, progress)
    if not clips:
        raise NoneAnalysedError(source, failed)
    exam = make_exam(clips, failed, form, subject=subject, visit_date=visit_date, command=command, version=__version__)
    files = write_exam(exam, out, pdf=pdf)
    page = next(path for path in files if path.suffix == ".html")
    return Examined(exam, tuple(files), page, _count_left_over(clips, out / CLIPS_FOLDER))


def _count_left_over(clips: Sequence[ClipCount], folder: Path) -> int:
    """Count by pages: JSON files may be sidecars of the user's."""
    return len(set(folder.glob("*.html")) - {clip.report.with_suffix(".html") for clip in clips})


def _analyze_clips(
    entries: tuple[Entry, ...],
    out: Path,
    model: str | None,
    jobs: int | None,
    scheduler: str | None,
    command: str,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[ClipCount], list[Failed]]:
    sha256 = load_classifier(model).sha256
    tasks = [
        ClipTask(
            entry.clip,
            CLIP_FORMATS,
            ClipOptions(mm_per_px=entry.mm_per_px),
            Muscle(name_muscle(entry.muscle).name, entry.side),
            model,
            sha256,
            command,
        )
        for entry in entries
    ]
    outcome = run_clips(tasks, out, jobs=jobs, scheduler=scheduler, progress=progress)
    clips, failed = [], []
    for entry, ending in zip(entries, outcome.endings, strict=True):
        if isinstance(ending, Done):
            report = next(path for path in ending.files if path.suffix == ".json")
            clips.append(read_clip_count(entry, report))
        else:
            why = ending.why.removeprefix(f"{entry.clip}: ")
            failed.append(Failed(entry.clip, name_muscle(entry.muscle).name, entry.side, why))
    return clips, failed

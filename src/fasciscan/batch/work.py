"""The work on one clip, as a process of a batch does it. What is imported here is loaded once for all of them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

import fasciscan.report.page  # noqa: F401 - the report's writers import it late, which here would be for every clip
from fasciscan.batch.tasks import ClipTask, Reports
from fasciscan.errors import FasciscanError
from fasciscan.pipeline import analyze
from fasciscan.report import FORMATS, write_reports
from fasciscan.report.names import SUFFIXES
from fasciscan.report.result_json import result_to_dict
from fasciscan.twitch import load_classifier


def analyze_clip(task: ClipTask) -> Reports:
    """Analyse a clip and draw up its reports.

    Raises
    ------
    FasciscanError
        If the clip cannot be analysed, or the network is missing, damaged or not the one that was asked for.
    """
    cv2.setNumThreads(1)  # the other cores have clips of their own
    classifier = load_classifier(task.model)
    if classifier.sha256 != task.model_sha256:
        raise FasciscanError(f"{task.path}: another network lies where it is analysed; put the same one everywhere.")
    analysis = analyze(task.path, task.options, muscle=task.muscle, classifier=classifier, command=task.command)
    with TemporaryDirectory(prefix="fasciscan-") as scratch:
        written = write_reports(analysis.clip, analysis.result, analysis.raster, Path(scratch), task.formats)
        names = [name for name in FORMATS if name in task.formats]
        files = {SUFFIXES[name]: path.read_bytes() for name, path in zip(names, written, strict=True)}
    return Reports(analysis.clip.sha256, result_to_dict(analysis.result), files)

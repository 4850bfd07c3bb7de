"""Finds the clips in a folder and what their names, sidecars and DICOM headers say they show."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from fasciscan.clip.stacks import IMAGE_SUFFIXES, open_tiff
from fasciscan.errors import ClipError, FasciscanError
from fasciscan.exam.manifest import SUBJECT_CODE, Entry, read_side
from fasciscan.exam.muscles import name_muscle

CLIP_SUFFIXES = {
    ".avi", ".dcm", ".dicom", ".gif", ".ima", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".npy", ".tif", ".tiff",
    ".webm", ".wmv",
}  # fmt: skip
"""Files taken for clips by their name; others only where they begin as DICOM does."""
TIFF_SUFFIXES = {".tif", ".tiff"}
"""Of images, those that may hold many."""
FRAMES_LEAST = 2
"""Pictures of a folder that is a clip: one alone shows no motion."""
DICOM_SUFFIXES = {".dcm", ".dicom", ".ima", ""}
DICOM_MARK = (128, b"DICM")
DICOM_INDEX = "DICOMDIR"
"""Beside exported clips: it lists them, and shows nothing."""

DICOM_KEYWORDS = (
    "Laterality", "ImageLaterality", "FrameLaterality", "AnatomicRegionSequence", "CodeMeaning", "BodyPartExamined",
    "SeriesDescription", "ProtocolName", "AcquisitionDate", "StudyDate",
)  # fmt: skip
"""All that is read of a header here. Names, birth dates and patient numbers are not among it, so that none can leak."""
DICOM_MUSCLE_KEYWORDS = ("BodyPartExamined", "SeriesDescription", "ProtocolName")
"""Free text in which a muscle is looked for. It is searched for known names and never copied: it may hold anything."""
DICOM_SIDE_KEYWORDS = ("ImageLaterality", "Laterality", "FrameLaterality")
DICOM_DATE_KEYWORDS = ("AcquisitionDate", "StudyDate")

SIDECAR_KEYS = {
    "muscle": "muscle", "bodypart": "muscle", "bodypartexamined": "muscle",
    "side": "side", "laterality": "side", "imagelaterality": "side",
    "view": "view", "orientation": "view",
    "subject": "subject", "participantid": "subject", "participant": "subject",
    "visitdate": "visit_date", "acquisitiondate": "visit_date", "session": "visit_date",
    "mmperpx": "mm_per_px", "pixelspacing": "mm_per_px",
}  # fmt: skip
"""Keys of a sidecar, in lower case without separators, and what they tell."""
NAME_KEYS = {
    "sub": "subject", "ses": "visit_date", "muscle": "muscle", "bodypart": "muscle", "acq": "muscle", "side": "side",
    "hemi": "side", "view": "view",
}  # fmt: skip
"""Keys of BIDS-like file names: ``sub-07_ses-20260131_muscle-BB_side-L_us.mp4``."""

VIEWS = {
    "long": "longitudinal", "longitudinal": "longitudinal", "lon": "longitudinal", "sag": "longitudinal",
    "trans": "transverse", "transverse": "transverse", "tra": "transverse",
    "axial": "transverse", "cross": "transverse",
}  # fmt: skip
FILLER = {"img", "image", "clip", "video", "vid", "mov", "movie", "rec", "recording", "dicom", "export", "series"}
"""Words of a file name that name no muscle: what scanners and people put there otherwise."""
SHORTEST_NAME = 3
"""Letters of a word that may be a muscle nobody knows; less is a counter or an abbreviation of something else."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What one source says of a clip; empty where it says nothing."""

    muscle: str = ""
    side: str | None = None
    view: str | None = None
    subject: str | None = None
    visit_date: date | None = None
    mm_per_px: float | None = None
    notes: tuple[str, ...] = ()
    """What was left out, in words."""


def find_clips(folder: Path) -> tuple[Entry, ...]:
    """List the clips in a folder and its subfolders with what can be told of each without looking at its pictures.

    A subfolder that holds single pictures and no clips is one clip: these are its frames. Pictures beside clips are no
    frames. A sidecar (``<stem>.json`` beside the clip) goes before the file's name, and this before a DICOM header.

    Returns
    -------
    tuple of Entry
        In the order of their paths. ``muscle`` is empty where no source names one.

    Raises
    ------
    FasciscanError
        If the folder is not there or holds no clip.
    """
    if not folder.is_dir():
        raise FasciscanError(f"{folder}: is no folder; name a folder of clips or a manifest.")
    shown = [path for path in sorted(folder.rglob("*")) if not _is_hidden(folder, path)]
    framed = {path for path in (folder, *shown) if path.is_dir() and _holds_frames(path)}
    clips = [path for path in shown if path in framed or (_is_clip(path) and not _is_frame(path, framed))]
    if not clips and folder in framed:
        raise FasciscanError(f"{folder}: holds the frames of one clip; name the folder that it lies in.")
    if not clips:
        raise FasciscanError(f"{folder}: holds no clip; name the folder that the clips lie in.")
    return tuple(describe_clip(path) for path in clips)


def describe_clip(path: Path) -> Entry:
    """Tell what a clip shows, from its sidecar, its name and its DICOM header."""
    name = path.name if path.is_dir() else path.stem
    sources = [_read_sidecar(path.with_name(f"{name}.json")), read_name(name), _read_header(path)]
    told = _Told(**{name: _first(sources, name) for name in _Told.__slots__})
    named = [name for source in sources if source.muscle and (name := name_muscle(source.muscle)).known]
    if named:  # whatever another source calls it in words that nobody knows
        told = replace(told, muscle=named[0].name)
    muscle = name_muscle(told.muscle) if told.muscle else None
    notes = [note for source in sources for note in source.notes]
    if muscle and muscle.nearest and not muscle.known:
        notes.append(f"unknown muscle; did you mean {muscle.nearest}?")
    return Entry(
        path, told.muscle, told.side, told.view, told.subject, told.visit_date, told.mm_per_px, "; ".join(notes)
    )


def read_name(stem: str) -> _Told:
    """Tell what a file's name says: ``biceps-left-01``, or BIDS-like ``sub-07_muscle-BB_side-L_us``."""
    parts = [part.partition("-") for part in stem.split("_")]
    pairs = {key.lower(): value for key, dash, value in parts if dash and key.lower() in NAME_KEYS}
    if "sub" in pairs:
        return _told({NAME_KEYS[key]: value for key, value in pairs.items()})
    words = [word for word in re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)) if word]
    sides = [side for word in words if (side := read_side(word))]
    views = [VIEWS[word.casefold()] for word in words if word.casefold() in VIEWS]
    left = [word for word in words if not read_side(word) and word.casefold() not in VIEWS]
    known = find_muscle(left)
    # A name that writes out a side is of the form muscle-side-number; in any other, also with the initial of a second
    # first name where a side might be, unknown words may be anyone's name.
    words_left = left if any(read_side(word) and len(word) > 1 for word in words) else []
    unknown = " ".join(word for word in words_left if _may_name_a_muscle(word))
    return _Told(known or unknown, sides[0] if sides else None, views[0] if views else None)


def find_muscle(words: Sequence[str]) -> str:
    """Find the muscle that is named in the most words, then letters; empty if none is.

    What is written out goes before an abbreviation, which may as well be someone's initials.
    """
    runs = [words[start:end] for end in range(len(words) + 1) for start in range(end)]
    runs.sort(key=lambda run: (len(run), len("".join(run))), reverse=True)
    return next((found.name for run in runs if (found := name_muscle(" ".join(run))).known), "")


def _may_name_a_muscle(word: str) -> bool:
    return word.isalpha() and len(word) >= SHORTEST_NAME and word.casefold() not in FILLER


def _first(sources: Sequence[_Told], name: str) -> Any:
    values = [getattr(source, name) for source in sources]
    return next((value for value in values if value), values[-1])


def _told(raw: dict[str, object]) -> _Told:
    """Understand what a sidecar or a BIDS-like name says, leaving out what is no side, code, date or number."""
    text = {key: str(value).strip() for key, value in raw.items() if isinstance(value, str | int | float)}
    view, subject = text.get("view", ""), text.get("subject", "")
    is_code = bool(SUBJECT_CODE.fullmatch(subject))
    return _Told(
        text.get("muscle", ""),
        read_side(text.get("side", "")),
        VIEWS.get(view.casefold(), view) or None,
        subject if is_code else None,
        _date(text.get("visit_date", "")),
        _scale(raw.get("mm_per_px")),
        ("subject left out, since it is no code",) if subject and not is_code else (),
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _scale(value: object) -> float | None:
    """Size of a pixel, where both sides are alike."""
    sides = {_number(side) for side in (value if isinstance(value, list) else [value])}
    return sides.pop() if len(sides) == 1 else None


def _number(value: object) -> float | None:
    """Give a positive number, which some programs write as text."""
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) and number > 0 else None


def _read_sidecar(sidecar: Path) -> _Told:
    """Read ``<stem>.json`` beside a clip; anything that is no sidecar says nothing."""
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return _Told()
    except (OSError, ValueError):
        return _Told(notes=(f"{sidecar.name} cannot be read",))
    if not isinstance(content, dict) or "schema" in content:  # the latter is a result of ours
        return _Told()
    keys = {re.sub(r"[\W_]+", "", key).casefold(): value for key, value in content.items()}
    return _told({SIDECAR_KEYS[key]: value for key, value in keys.items() if key in SIDECAR_KEYS})


def _read_header(path: Path) -> _Told:
    """Read side, muscle and date of a DICOM file; any other file says nothing."""
    if path.suffix.lower() not in DICOM_SUFFIXES:
        return _Told()
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(DICOM_KEYWORDS))
    except (InvalidDicomError, OSError, ValueError, EOFError):
        return _Told()
    regions = [str(item.get("CodeMeaning", "")) for item in header.get("AnatomicRegionSequence") or ()]
    texts = regions + [str(header.get(keyword, "") or "") for keyword in DICOM_MUSCLE_KEYWORDS]
    muscles = [muscle for text in texts if (muscle := find_muscle(re.findall(r"\w+", text)))]
    sides = [side for keyword in DICOM_SIDE_KEYWORDS if (side := read_side(str(header.get(keyword, "") or "")))]
    sides += [side for text in texts for word in re.findall(r"\w+", text) if (side := read_side(word))]
    dates = [day for keyword in DICOM_DATE_KEYWORDS if (day := _date(str(header.get(keyword, "") or "")))]
    return _Told(muscles[0] if muscles else "", sides[0] if sides else None, visit_date=dates[0] if dates else None)


def _is_hidden(folder: Path, path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_clip(path: Path) -> bool:
    """Tell a file that is a clip by itself."""
    if not path.is_file():
        return False
    if path.suffix.lower() in CLIP_SUFFIXES:
        return True
    return not path.suffix and path.name != DICOM_INDEX and _begins_as_dicom(path)


def _is_frame(path: Path, framed: Set[Path]) -> bool:
    return path.parent in framed and path.suffix.lower() in IMAGE_SUFFIXES


def _holds_frames(folder: Path) -> bool:
    """Tell a folder whose pictures are the frames of one clip from one of clips, with or without pictures of them."""
    try:
        shown = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return False
    images = [path for path in shown if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()]
    if len(images) < FRAMES_LEAST or any(_is_clip(path) for path in set(shown).difference(images)):
        return False
    return max(_count_pictures(path) for path in images) == 1


def _count_pictures(image: Path) -> int:
    """Count the pictures of a file: of a TIFF stack several, of one that cannot be read none."""
    if image.suffix.lower() not in TIFF_SUFFIXES:
        return 1
    try:
        return len(open_tiff(image).timing.times_s)
    except ClipError:
        return 0


def _begins_as_dicom(path: Path) -> bool:
    at, mark = DICOM_MARK
    try:
        with path.open("rb") as file:
            return file.read(at + len(mark)).endswith(mark)
    except OSError:
        return False

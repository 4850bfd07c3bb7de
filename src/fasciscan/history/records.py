"""What the database holds, as records: an exam to add, and a subject's muscles over the visits."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import NamedTuple


class Place(NamedTuple):
    """A muscle of one side."""

    muscle: str
    side: str | None
    region: str | None

    @property
    def label(self) -> str:
        """As a person says it: ``"biceps brachii, left"``."""
        return f"{self.muscle}, {self.side}" if self.side else self.muscle


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one program with one model said of a clip, and what the clip shows."""

    clip_sha256: str
    visit_date: date
    muscle: str
    side: str | None
    region: str | None
    exposure_s: float
    count: int
    classifier: str
    """Name of the judge, as :class:`fasciscan.exam.Provenance` has it."""
    model_sha256: str | None
    version: str
    """Of fasciscan."""
    detection_limit_mm: float | None = None
    """Peak displacement of which half the twitches are found; None where it is not known."""

    @property
    def place(self) -> Place:
        """Which muscle it counts for."""
        return Place(self.muscle, self.side, self.region)

    @property
    def fingerprint(self) -> str:
        """Hash of all it says."""
        said = asdict(self)
        if self.detection_limit_mm is None:  # as before there was such a field
            del said["detection_limit_mm"]
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ExamRecord:
    """The analyses of one exam."""

    subject: str
    visit_date: date
    analyses: tuple[Analysis, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an exam's clips when it was added."""

    new: int
    """Clips that were not there."""
    version: int
    """Clips that were, with another analysis; it counts from now on, the earlier ones stay."""
    there: int
    """Clips with this very analysis."""
    overtaken: int
    """Of these, those of which a later analysis is there too, and counts."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One muscle at one visit: what its clips add up to, each by its latest analysis."""

    visit_date: date
    count: int
    exposure_s: float
    clips: int
    models: frozenset[str]
    """What judged: the classifiers' names, with the start of their weights' SHA-256."""
    detection_limit_mm: float | None = None
    """Mean over the time watched; None where a clip's is not known."""


@dataclass(frozen=True, slots=True)
class MuscleHistory:
    """One muscle over the visits."""

    place: Place
    seen: tuple[Seen, ...]
    """By date."""

    def at(self, visit_date: date) -> Seen | None:
        """Give what was seen at a visit."""
        return next((seen for seen in self.seen if seen.visit_date == visit_date), None)


@dataclass(frozen=True, slots=True)
class SubjectHistory:
    """One subject over the visits."""

    subject: str
    visits: tuple[date, ...]
    muscles: tuple[MuscleHistory, ...]
    """From head to foot, left before right, those without a region last."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An analysis as it lies in the database."""

    subject: str
    analysis: Analysis
    number: int
    """Counted from 1 over the analyses of a clip, in the order they were added."""
    is_current: bool
    """Whether it is the clip's latest."""

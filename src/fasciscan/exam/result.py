"""The result of one clip: what was analysed, what was found, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

from fasciscan.clip import Unusable
from fasciscan.exam.counts import Rate
from fasciscan.origin import Event, Lean, Site


@dataclass(frozen=True, slots=True)
class Muscle:
    """Which muscle the clip shows, as the user says."""

    name: str
    side: str | None
    """``"left"``, ``"right"`` or None."""


@dataclass(frozen=True, slots=True)
class ClipSummary:
    """The clip as it was read; see :class:`fasciscan.clip.Clip`."""

    path: str
    sha256: str
    codec: str
    width: int
    height: int
    frames: int
    """Frames that were read."""
    copied_frames: int
    """Of these, copies or near-copies of the one before."""
    duration_s: float
    frame_rate_hz: float
    """True rate: frames that bring a new image, per second."""
    nominal_rate_hz: float
    timing_source: str
    mm_per_px: tuple[float, float] | None
    calibration_source: str | None
    mask_source: str
    tissue_area_mm2: float | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made this result, so that it can be made again."""

    version: str
    command: str
    config: dict[str, object]
    model_sha256: str | None
    classifier: str
    """Name of the judge: ``"fasciscan-cnn + rule"``, or the one of them that judged alone."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    """Everything the result file tells."""

    clip: ClipSummary
    muscle: Muscle | None
    exposure_s: float
    excluded: tuple[Unusable, ...]
    count: int
    rate_per_min: Rate | None
    """None when the exposure is 0: no rate can be told."""
    events: tuple[Event, ...]
    other_motion: tuple[Event, ...]
    sites: tuple[Site, ...]
    warnings: tuple[str, ...]
    provenance: Provenance
    origin_lean: Lean | None = None
    """Exploratory; see :mod:`fasciscan.origin.lean`."""
    detection_limit_px: float | None = None
    """Peak displacement of which half the twitches are found, amid this clip's noise; None if none could be found."""
    detection_limit_mm: float | None = None

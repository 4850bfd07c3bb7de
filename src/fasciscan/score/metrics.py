"""How well the events of a clip were found. Scores of clips add up to that of a data set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import median
from typing import Any

from fasciscan.errors import FasciscanError
from fasciscan.score.matching import TOLERANCE_MM, TOLERANCE_S, Mark, Matches, match_events
from fasciscan.simulate.truth import Truth, read_truth

RESULT_SCHEMA = "fasciscan.clip/1"


@dataclass(frozen=True, slots=True)
class Score:
    """Counts and errors of one clip or, summed, of many. Errors are of the matched events: found minus true."""

    true_positives: int = 0
    missed: int = 0
    false: int = 0
    exposure_s: float = 0.0
    epicentre_errors_mm: tuple[float, ...] = ()
    onset_errors_s: tuple[float, ...] = ()
    peak_errors_s: tuple[float, ...] = ()

    def __add__(self, other: Score) -> Score:
        """Pool two scores, as if both clips were one."""
        return Score(
            self.true_positives + other.true_positives,
            self.missed + other.missed,
            self.false + other.false,
            self.exposure_s + other.exposure_s,
            self.epicentre_errors_mm + other.epicentre_errors_mm,
            self.onset_errors_s + other.onset_errors_s,
            self.peak_errors_s + other.peak_errors_s,
        )

    @property
    def precision(self) -> float:
        """Share of the found events that are true; NaN when none was found."""
        return _share(self.true_positives, self.true_positives + self.false)

    @property
    def recall(self) -> float:
        """Share of the true events that were found; NaN when there was none."""
        return _share(self.true_positives, self.true_positives + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN when there was nothing to find and nothing was found."""
        return _share(2 * self.true_positives, 2 * self.true_positives + self.missed + self.false)

    @property
    def false_per_min(self) -> float:
        """False events per minute of exposure; NaN without exposure."""
        return _share(self.false, self.exposure_s / 60)

    @property
    def median_epicentre_error_mm(self) -> float:
        """Median distance of found from true epicentres; NaN when none was matched."""
        return median(self.epicentre_errors_mm) if self.epicentre_errors_mm else nan


def score_result(
    result: Path | str | dict[str, Any],
    truth: Path | str | Truth,
    tolerance_s: float = TOLERANCE_S,
    tolerance_mm: float = TOLERANCE_MM,
) -> Score:
    """Score the result of one clip against its truth.

    Only fasciculations count: a counted look-alike is a false event, a twitch told as something else is missed.
    Distances are taken in pixels and turned to millimetres by the scale of the truth, so a clip analysed without a
    scale is scored all the same. A twitch in a stretch the analysis excluded is missed like any other.

    Parameters
    ----------
    result
        ``<stem>.json`` as written by ``fasciscan analyze``, or its content.
    truth
        ``<stem>.truth.json`` as written by the simulator, or its content.
    tolerance_s, tolerance_mm
        See :func:`match_events`.

    Returns
    -------
    Score
        Of this clip; its exposure is the one the result states.

    Raises
    ------
    FasciscanError
        If a file cannot be read or is not of its schema.
    """
    content, name = (result, "result") if isinstance(result, dict) else (_read_json(Path(result)), str(result))
    true = truth if isinstance(truth, Truth) else read_truth(truth)
    predicted = _found_marks(content, name, true.mm_per_px)
    expected = [
        Mark(event.onset_s, event.peak_s, event.x_px * true.mm_per_px, event.y_px * true.mm_per_px)
        for event in true.twitches
        if event.x_px is not None and event.y_px is not None
    ]
    matches = match_events(expected, predicted, tolerance_s, tolerance_mm)
    return score_matches(expected, predicted, matches, float(content["exposure_s"]))


def score_matches(truth: list[Mark], predicted: list[Mark], matches: Matches, exposure_s: float) -> Score:
    """Turn a matching into a score.

    Parameters
    ----------
    truth, predicted
        What was matched.
    matches
        Result of :func:`match_events` on them.
    exposure_s
        Analysed seconds.

    Returns
    -------
    Score
        Counts and the errors of the pairs.

    Raises
    ------
    ValueError
        If the exposure is negative.
    """
    if exposure_s < 0:
        raise ValueError(f"exposure must not be negative, got {exposure_s} s")
    pairs = [(truth[a], predicted[b]) for a, b in matches.pairs]
    return Score(
        true_positives=len(pairs),
        missed=len(matches.missed),
        false=len(matches.false),
        exposure_s=exposure_s,
        epicentre_errors_mm=tuple(((b.x_mm - a.x_mm) ** 2 + (b.y_mm - a.y_mm) ** 2) ** 0.5 for a, b in pairs),
        onset_errors_s=tuple(b.onset_s - a.onset_s for a, b in pairs),
        peak_errors_s=tuple(b.peak_s - a.peak_s for a, b in pairs),
    )


def _found_marks(content: dict[str, Any], name: str, mm_per_px: float) -> list[Mark]:
    if content.get("schema") != RESULT_SCHEMA or not isinstance(content.get("exposure_s"), int | float):
        raise FasciscanError(f"{name}: is no result of schema {RESULT_SCHEMA}; give one of fasciscan analyze.")
    try:
        return [
            Mark(
                float(event["onset_s"]),
                float(event["peak_s"]),
                float(event["origin"]["x_px"]) * mm_per_px,
                float(event["origin"]["y_px"]) * mm_per_px,
            )
            for event in content["events"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise FasciscanError(f"{name}: is no complete result ({error}); analyse the clip again.") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FasciscanError(f"{path}: cannot be read as a result ({error}); analyse the clip again.") from error
    if not isinstance(content, dict):
        raise FasciscanError(f"{path}: is not a result file; give a result of fasciscan analyze.")
    return content


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else nan

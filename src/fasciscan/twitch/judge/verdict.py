"""What a classifier says of a candidate, whichever classifier it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid, MotionMaps
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.kind import Kind


class Verdict(NamedTuple):
    """What a classifier makes of one candidate."""

    probabilities: dict[Kind, float]
    """Of every kind; they add up to 1."""
    reason: str
    """In one phrase, why the likeliest kind is the likeliest."""
    threshold: float = 0.5
    """Probability from which a fasciculation counts: the classifier's operating point."""
    shift_mm: tuple[float, float] | None = None
    """From the centre of the candidate's cell to the epicentre, (x, y), where the classifier tells it."""
    shift_sd_mm: float | None = None
    """Standard deviation of each of its coordinates."""

    @property
    def kind(self) -> Kind:
        """Fasciculation if that is likely enough to count, else the likeliest other kind."""
        if self.probabilities[Kind.FASCICULATION] >= self.threshold:
            return Kind.FASCICULATION
        others = {kind: p for kind, p in self.probabilities.items() if kind is not Kind.FASCICULATION}
        return max(others, key=others.__getitem__)

    def start_mm(self, candidate: Candidate, grid: Grid) -> NDArray[np.float64] | None:
        """Where the classifier tells the motion to start, (x, y) from the edges of the tissue, if it does."""
        if self.shift_mm is None:
            return None
        y, x = candidate.cell
        return np.array([grid.lateral_mm[x], grid.depth_mm[y]]) + self.shift_mm


class Classifier(Protocol):
    """Whatever tells fasciculations from look-alikes."""

    @property
    def name(self) -> str:
        """What the provenance calls it."""
        ...

    @property
    def sha256(self) -> str | None:
        """Of its weights; None where it has none."""
        ...

    @property
    def looks_again(self) -> bool:
        """Whether it is to judge motion that was steadied too (:mod:`fasciscan.twitch.looks`)."""
        ...

    def classify(self, maps: MotionMaps, candidates: Sequence[Candidate]) -> list[Verdict]:
        """Judge the candidates found in one block of maps, in their order."""
        ...

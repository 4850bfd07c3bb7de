"""Where in the nerve twitches may start: indicators with published support, and what they lean to. Exploratory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Favours(StrEnum):
    """What evidence speaks for."""

    PROXIMAL = "proximal"
    DISTAL = "distal"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: what was found, what it is compared with, and what it may mean."""

    name: str
    """``"time-locked pairs"``, ``"interval shape"``, ``"same-site stability"``, ``"direction coherence"``,
    ``"clustering"``."""
    finding: str
    """In words, with the numbers."""
    value: float | None
    expected: float | None
    """What chance, or the group it is compared with, gives."""
    p: float | None
    favours: Favours
    weight: float
    """How much it counts, 0 to 1; 0 where there was too little to tell."""
    source: str
    caveat: str


@dataclass(frozen=True, slots=True)
class Lean:
    """What the indicators lean to, for one clip. Never shown without its evidence."""

    favours: Favours
    why: str
    """In one sentence."""
    indicators: tuple[Indicator, ...]

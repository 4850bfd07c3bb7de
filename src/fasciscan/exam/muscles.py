"""The names of muscles: one for each however people write it, and the body region it stands for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path

VOCABULARY = Path(__file__).with_name("muscles.toml")

LIKE_ENOUGH = 0.6
"""Similarity (difflib's ratio) from which on a known name is offered for an unknown one; difflib's own default."""


class Region(StrEnum):
    """Body regions as neuromuscular practice counts them, from head to foot."""

    BULBAR = "bulbar"
    CERVICAL = "cervical"
    THORACIC = "thoracic"
    LUMBOSACRAL = "lumbosacral"


@dataclass(frozen=True, slots=True)
class KnownMuscle:
    """A muscle of the vocabulary."""

    name: str
    region: Region
    synonyms: tuple[str, ...]
    paired: bool
    """False where there is no left and right one: the tongue."""


@dataclass(frozen=True, slots=True)
class MuscleName:
    """What a name in a manifest stands for."""

    name: str
    """The vocabulary's name; for an unknown muscle the one that was written, in small letters."""
    known: KnownMuscle | None
    nearest: str | None = None
    """For an unknown muscle, the known one whose name is most like it, if any is."""

    @property
    def region(self) -> Region | None:
        """Body region; None for an unknown muscle."""
        return self.known.region if self.known else None


@cache
def known_muscles() -> dict[str, KnownMuscle]:
    """Give the muscles of the vocabulary by name, from head to foot."""
    rows = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))["muscle"]
    muscles = [
        KnownMuscle(row["name"], Region(row["region"]), tuple(row["synonyms"]), row.get("paired", True)) for row in rows
    ]
    return {muscle.name: muscle for muscle in muscles}


@cache
def name_muscle(written: str) -> MuscleName:
    """Find the muscle that a name stands for.

    Parameters
    ----------
    written
        A name, synonym or abbreviation: ``"Biceps brachii"``, ``"BB"``, ``"first-dorsal interosseus"``.

    Returns
    -------
    MuscleName
        An unknown name is kept, in small letters so that it is one muscle however it is written, with the nearest
        known one beside it.
    """
    spellings = _spellings()
    key = _key(written)
    if found := spellings.get(key):
        return MuscleName(found.name, found)
    near = get_close_matches(key, spellings, n=1, cutoff=LIKE_ENOUGH)
    return MuscleName(" ".join(written.casefold().split()), None, spellings[near[0]].name if near else None)


@cache
def _spellings() -> dict[str, KnownMuscle]:
    return {_key(text): muscle for muscle in known_muscles().values() for text in (muscle.name, *muscle.synonyms)}


def _key(text: str) -> str:
    """Only letters and digits tell names apart."""
    return re.sub(r"[\W_]+", "", text).casefold()

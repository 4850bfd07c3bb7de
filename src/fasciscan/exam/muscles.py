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

LIKE_ENOUGH = 0.82
"""Similarity (difflib's ratio) from which on a known name is offered for an unknown one: two letters changed about in
six are let pass (``"tounge"``, 0.83), another muscle is not (the brachialis is no brachioradialis, 0.80)."""
LONGEST_ABBREVIATION = 3
"""Letters up to which a name is an abbreviation: two of them are alike by chance."""


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
    paired: bool = True
    """False where there is no left and right one: the tongue."""
    caution: str = ""
    """What the reader is told wherever it is named; empty elsewhere."""


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
        KnownMuscle(**{**row, "region": Region(row["region"]), "synonyms": tuple(row["synonyms"])}) for row in rows
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
    words = _words(written)
    if found := _spellings().get("".join(words)):
        return MuscleName(found.name, found)
    return MuscleName(" ".join(written.casefold().split()), None, _nearest(words))


def _nearest(words: list[str]) -> str | None:
    """Find the known muscle whose name the words hold, or else are most like, above all where it begins alike."""
    text, key = f" {' '.join(words)} ", "".join(words)
    held = [name for name in known_muscles() if f" {name} " in text]
    if held:
        return max(held, key=len)
    if len(key) <= LONGEST_ABBREVIATION:
        return None
    spellings = {spelling: muscle for spelling, muscle in _spellings().items() if len(spelling) > LONGEST_ABBREVIATION}
    akin = [spelling for spelling in spellings if spelling.startswith(words[0])]
    near = get_close_matches(key, akin or spellings, n=1, cutoff=LIKE_ENOUGH)
    return spellings[near[0]].name if near else None


@cache
def _spellings() -> dict[str, KnownMuscle]:
    texts = [(text, muscle) for muscle in known_muscles().values() for text in (muscle.name, *muscle.synonyms)]
    return {"".join(_words(text)): muscle for text, muscle in texts}


def _words(text: str) -> list[str]:
    """Words that tell names apart, in small letters: ``"M. biceps-brachii"`` is biceps and brachii."""
    words = [word for word in re.findall(r"[^\W_]+", text.casefold()) if word not in ("muscle", "musculus")]
    # Before an abbreviation the M may be someone's initial.
    is_title = words[:1] == ["m"] and len("".join(words[1:])) > LONGEST_ABBREVIATION
    return words[1:] if is_title else words

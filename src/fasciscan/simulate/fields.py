"""What stands in an object of a JSON file, checked as it is taken: a number must be one, and finite."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

LARGEST = sys.float_info.max
"""Above it lie infinity, which Python's JSON knows, and whole numbers that are no float. NaN lies nowhere."""
SHOWN_LETTERS = 40
"""Of a value that is wrong: enough to find it by, and an error stays one line."""


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a file.

    Raises
    ------
    ValueError
        If it is no object; and from its methods, if what is asked for is missing or not of the kind asked for.
    """

    values: Any
    name: str
    """Of the object in its file, such as ``events[2]``."""

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise ValueError(f"{self.name} is {_shown(self.values)}, not an object")  # noqa: TRY004 - as for fields

    def has(self, key: str) -> bool:
        """Tell whether a field is there and not null."""
        return self.values.get(key) is not None

    def number(self, key: str, least: float = -LARGEST) -> float:
        """Take a finite number."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
            raise self._error(key, "a finite number")
        if value < least:
            raise self._error(key, f"{least:g} or more")
        return value

    def number_if_there(self, key: str, least: float = -LARGEST) -> float | None:
        """Take a finite number, or None where the field is missing or null."""
        return self.number(key, least) if self.has(key) else None

    def above_zero(self, key: str) -> float:
        """Take a finite number above 0."""
        value = self.number(key)
        if value <= 0:
            raise self._error(key, "above 0")
        return value

    def whole(self, key: str, least: float = -LARGEST) -> int:
        """Take a whole number."""
        value = self.number(key, least)
        if not isinstance(value, int):
            raise self._error(key, "a whole number")
        return value

    def text(self, key: str) -> str:
        """Take a text."""
        value = self._value(key)
        if not isinstance(value, str):
            raise self._error(key, "a text")
        return value

    def file_name(self, key: str) -> str:
        """Take the name of a file, without a folder."""
        name = self.text(key)
        if name in ("", ".", "..") or any(mark in name for mark in "/\\\0"):
            raise self._error(key, "the name of a file beside it")
        return name

    def part(self, key: str) -> Fields:
        """Take an object."""
        return Fields(self._value(key), self._name(key))

    def parts(self, key: str) -> list[Fields]:
        """Take a list of objects."""
        value = self._value(key)
        if not isinstance(value, list):
            raise self._error(key, "a list")
        return [Fields(part, f"{self._name(key)}[{number}]") for number, part in enumerate(value)]

    def _value(self, key: str) -> Any:
        if key not in self.values:
            raise ValueError(f"{self._name(key)} is missing")
        return self.values[key]

    def _name(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _error(self, key: str, wanted: str) -> ValueError:
        return ValueError(f"{self._name(key)} is {_shown(self.values[key])}, not {wanted}")


def _shown(value: Any) -> str:
    """Write a value as it stands in the file, shortened if long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_LETTERS else f"{text[: SHOWN_LETTERS - 1]}…"

"""What the reader knows beside the clips: signs, course, triggers, weight and strength, from a small TOML form."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from fasciscan.errors import FasciscanError
from fasciscan.exam.manifest import read_side
from fasciscan.exam.muscles import name_muscle

FORM = Path(__file__).with_name("context-form.toml")
FORM_NAME = "context.toml"

CHANGES = ("worse", "steady", "better", "comes and goes")
FULL_STRENGTH = 5.0
"""Medical Research Council grade of normal strength."""
MONTHS_RANGE = (0.0, 1200.0)
"""Up to a century; beyond someone mistyped."""
BMI_RANGE = (8.0, 100.0)
"""kg/m²; outside of it someone mistyped."""
NOTABLE_BMI_LOSS = 0.05
"""Share of the BMI lost from which on the loss is named among the signs: 5 % is what nutrition practice calls notable
within half a year (GLIM criteria, Cederholm 2019)."""


class Leaning(StrEnum):
    """Which of signs and triggers the recorded facts hold, and so which way they speak."""

    EXAMINE = "signs"
    BOTH = "signs and triggers"
    TRIGGERS = "triggers"
    NEITHER = "neither"
    UNKNOWN = "not recorded"


@dataclass(frozen=True, slots=True)
class Signs:
    """Red flags: True there, False looked for and not there, None not recorded."""

    weakness: bool | None = None
    atrophy: bool | None = None
    bulbar: bool | None = None
    severe_cramps: bool | None = None


@dataclass(frozen=True, slots=True)
class Triggers:
    """What benign twitching goes with: True, False or, not recorded, None."""

    caffeine: bool | None = None
    exercise: bool | None = None
    poor_sleep: bool | None = None
    stress: bool | None = None
    stimulants: bool | None = None
    electrolytes: bool | None = None
    thyroid: bool | None = None
    recent_virus: bool | None = None


@dataclass(frozen=True, slots=True)
class Strength:
    """Strength of one muscle."""

    muscle: str
    side: str | None
    grade: float
    """Medical Research Council, 0 to 5."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that the form may hold."""

    signs: Signs = field(default_factory=Signs)
    triggers: Triggers = field(default_factory=Triggers)
    months: float | None = None
    change: str | None = None
    """One of :data:`CHANGES`."""
    bmi_now: float | None = None
    bmi_before: float | None = None
    strength: tuple[Strength, ...] = ()

    @property
    def bmi_loss(self) -> float | None:
        """Share of the former BMI that is gone; negative after a gain."""
        if self.bmi_now is None or self.bmi_before is None:
            return None
        return 1 - self.bmi_now / self.bmi_before

    @property
    def weak_muscles(self) -> tuple[Strength, ...]:
        """Muscles graded below full strength."""
        return tuple(graded for graded in self.strength if graded.grade < FULL_STRENGTH)

    @property
    def strong_muscles(self) -> tuple[Strength, ...]:
        """Muscles graded at full strength."""
        return tuple(graded for graded in self.strength if graded.grade == FULL_STRENGTH)

    @property
    def red_flags(self) -> tuple[str, ...]:
        """Names of the recorded facts that speak for being examined further."""
        found = [name for name in Signs.__slots__ if getattr(self.signs, name)]
        found += ["weak_muscles"] if self.weak_muscles else []
        found += ["getting_worse"] if self.change == "worse" else []
        # Rounded, since 1 - 17.1 / 18 is a hair less than 0.05.
        return (*found, *(["bmi_loss"] if round(self.bmi_loss or 0, 6) >= NOTABLE_BMI_LOSS else []))

    @property
    def benign_triggers(self) -> tuple[str, ...]:
        """Names of the recorded facts that benign twitching goes with."""
        return tuple(name for name in Triggers.__slots__ if getattr(self.triggers, name))

    @property
    def unrecorded_signs(self) -> tuple[str, ...]:
        """Red flags that nobody looked for, or did not write down."""
        graded = bool(self.strength)
        return tuple(
            name
            for name in Signs.__slots__
            if getattr(self.signs, name) is None and not (name == "weakness" and graded)
        )

    @property
    def leaning(self) -> Leaning:
        """Which way the recorded facts speak. It says nothing of a diagnosis."""
        match bool(self.red_flags), bool(self.benign_triggers):
            case True, True:
                return Leaning.BOTH
            case True, False:
                return Leaning.EXAMINE
            case False, True:
                return Leaning.TRIGGERS
        return Leaning.UNKNOWN if len(self.unrecorded_signs) == len(fields(Signs)) else Leaning.NEITHER


def read_context(path: Path) -> Context:
    """Read the form.

    Raises
    ------
    FasciscanError
        If it cannot be read, or says something that is not understood; the line's name is told.
    """
    try:
        form = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FasciscanError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FasciscanError(f"{path}: is no TOML ({error}); compare it with the form from exam init.") from error
    reader = _Reader(path)
    reader.check(form, ("signs", "course", "triggers", "body", "strength"), "section")
    course = reader.section(form, "course", ("months", "change"))
    body = reader.section(form, "body", ("bmi_now", "bmi_before"))
    return Context(
        signs=Signs(**reader.answers(form, "signs", [f.name for f in fields(Signs)])),
        triggers=Triggers(**reader.answers(form, "triggers", [f.name for f in fields(Triggers)])),
        months=reader.number(course, "months", MONTHS_RANGE),
        change=reader.change(course.get("change")),
        bmi_now=reader.number(body, "bmi_now", BMI_RANGE),
        bmi_before=reader.number(body, "bmi_before", BMI_RANGE),
        strength=tuple(
            reader.strength(name, grades, name) for grades in [reader.section(form, "strength")] for name in grades
        ),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks the form's parts and names the file in what it refuses."""

    path: Path

    def refuse(self, what: str, remedy: str) -> FasciscanError:
        return FasciscanError(f"{self.path}: {what}; {remedy}.")

    def check(self, found: dict[str, object], known: tuple[str, ...] | list[str], what: str) -> None:
        for name in found:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
                raise self.refuse(f"has a {what} {name!r} that is not known", hint.rstrip("."))

    def section(
        self, form: dict[str, object], name: str, known: tuple[str, ...] | list[str] | None = None
    ) -> dict[str, object]:
        section = form.get(name, {})
        if not isinstance(section, dict):
            raise self.refuse(f"{name!r} is no section", f"write [{name}] on a line of its own")
        if known is not None:
            self.check(section, known, f"line in [{name}]")
        return section

    def answers(self, form: dict[str, object], name: str, known: list[str]) -> dict[str, bool]:
        section = self.section(form, name, known)
        answers = {key: value for key, value in section.items() if isinstance(value, bool)}
        for key in section.keys() - answers.keys():
            raise self.refuse(f"{key!r} in [{name}] is {section[key]!r}", "write true or false, or leave it out")
        return answers

    def number(self, section: dict[str, object], name: str, between: tuple[float, float]) -> float | None:
        value = section.get(name)
        if value is None:
            return None
        low, high = between
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.refuse(f"{name!r} is {value!r}", f"write a number, {low:g} to {high:g}")
        return float(value)

    def change(self, value: object) -> str | None:
        if value is not None and value not in CHANGES:
            raise self.refuse(f"'change' is {value!r}", f"write one of {', '.join(CHANGES)}")
        return None if value is None else str(value)

    def strength(self, name: str, grades: dict[str, object], key: str) -> Strength:
        grade = self.number(grades, key, (0.0, FULL_STRENGTH))
        words = name.split()
        if not words:
            raise self.refuse("a line in [strength] names no muscle", "write it before its grade")
        sides = [side for word in (words[0], words[-1]) if (side := read_side(word))]
        muscle = name_muscle(" ".join(word for word in words if not read_side(word)) or name)
        return Strength(muscle.name, sides[0] if sides else None, grade or 0.0)

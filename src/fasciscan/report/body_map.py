"""The body map: a figure from the front and from the back, each muscle filled by its rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fasciscan.exam.muscle_counts import MuscleCount
from fasciscan.report.words import say_interval

WIDTH, HEIGHT = 200, 436
"""Of one figure, in units of the drawing; the body's middle is at half the width."""
MIDDLE = WIDTH / 2

CLASSES = (0.0, 3.0, 10.0, 30.0, 100.0)
"""Lower bounds of the colours, per minute, after none seen: each about three times the one before, so that a step is as
much anywhere. They are no norms."""


@dataclass(frozen=True, slots=True)
class Place:
    """An ellipse for a muscle on the picture's right half; the other half mirrors it."""

    from_back: bool
    x: float
    """From the middle."""
    y: float
    across: float
    """Half axes."""
    down: float
    turn_deg: float = 0.0


PLACES = {
    "tongue": Place(False, 0, 45, 7, 4),
    "masseter": Place(False, 15, 41, 4, 8, 8),
    "orbicularis oris": Place(False, 7, 53, 5, 2.5, -12),
    "mentalis": Place(False, 3.5, 57, 2.6, 2),
    "digastric": Place(False, 5, 63, 4, 3),
    "sternocleidomastoid": Place(False, 8, 70, 3, 8, 20),
    "deltoid": Place(False, 43, 97, 8.5, 14, -12),
    "biceps brachii": Place(False, 51, 131, 7, 19, -10),
    "forearm": Place(False, 62, 182, 8, 26, -9),
    "brachioradialis": Place(False, 66, 172, 3.5, 13, -9),
    "forearm flexors": Place(False, 59, 184, 5, 19, -9),
    "abductor pollicis brevis": Place(False, 75, 231, 3.5, 7, 14),
    "abductor digiti minimi": Place(False, 65, 238, 3, 7, -4),
    "intercostals": Place(False, 22, 124, 9, 8),
    "serratus anterior": Place(False, 34, 150, 4.5, 16, 6),
    "rectus abdominis": Place(False, 10, 180, 7, 36),
    "iliopsoas": Place(False, 24, 228, 5, 12, 22),
    "quadriceps femoris": Place(False, 20, 280, 15.5, 40),
    "rectus femoris": Place(False, 19, 274, 7, 33),
    "vastus lateralis": Place(False, 31, 284, 4.5, 28, 4),
    "vastus medialis": Place(False, 9, 303, 4.5, 13, -6),
    "tibialis anterior": Place(False, 21, 354, 5, 27),
    "tibialis posterior": Place(False, 12, 360, 3, 22),
    "peroneus longus": Place(False, 30, 352, 3, 22, 5),
    "extensor digitorum brevis": Place(False, 26, 416, 5, 3.5),
    "abductor hallucis": Place(False, 14, 417, 3, 4.5),
    "cervical paraspinals": Place(True, 5, 63, 3.5, 9),
    "trapezius": Place(True, 20, 84, 17, 10, 12),
    "infraspinatus": Place(True, 26, 112, 10, 8, 20),
    "triceps brachii": Place(True, 51, 129, 7.5, 20, -10),
    "forearm extensors": Place(True, 62, 182, 6, 20, -9),
    "first dorsal interosseous": Place(True, 73, 232, 4, 8, 8),
    "paraspinals": Place(True, 8, 138, 6.5, 36),
    "thoracic paraspinals": Place(True, 7, 138, 4.5, 32),
    "lumbar paraspinals": Place(True, 7, 198, 5, 22),
    "gluteus maximus": Place(True, 19, 240, 14, 15),
    "hamstrings": Place(True, 20, 289, 15, 31),
    "biceps femoris": Place(True, 27, 290, 5.5, 27),
    "semitendinosus": Place(True, 13, 290, 5.5, 27),
    "gastrocnemius": Place(True, 20, 346, 9, 22),
    "soleus": Place(True, 20, 384, 6, 13),
}
"""Where each muscle of the vocabulary is drawn, one that stands for several beneath those."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One muscle of one side, ready to be drawn."""

    x: float
    y: float
    across: float
    down: float
    turn_deg: float
    shade: str
    """Style class: ``"none"`` (none seen), ``"r1"`` to ``"r5"``, or ``"unknown"`` where nothing could be analysed."""
    is_short: bool
    title: str


@dataclass(frozen=True, slots=True)
class BodyMap:
    """Both figures, and what has no place on them."""

    front: tuple[Spot, ...]
    back: tuple[Spot, ...]
    left_out: tuple[str, ...]
    """Labels of muscles without a place: unknown ones, and paired ones of no side."""


def draw_body(muscles: Sequence[MuscleCount]) -> BodyMap:
    """Lay out the body map of an exam. The left of the body is on the picture's right from the front."""
    front, back, left_out = [], [], []
    for muscle in muscles:
        place = PLACES.get(muscle.name.name)
        known = muscle.name.known
        if place is None or known is None or (known.paired and muscle.side is None):
            left_out.append(muscle.label)
        else:
            (back if place.from_back else front).append(_spot(muscle, place))
    return BodyMap(tuple(front), tuple(back), tuple(left_out))


def shade_of(muscle: MuscleCount) -> str:
    """Give the style class of a muscle's rate."""
    if muscle.rate_per_min is None:
        return "unknown"
    if muscle.count == 0:
        return "none"
    return f"r{sum(muscle.rate_per_min.value >= bound for bound in CLASSES)}"


def _spot(muscle: MuscleCount, place: Place) -> Spot:
    on_right = (muscle.side == "left") is not place.from_back
    way = 1 if on_right else -1
    rate = muscle.rate_per_min
    told = "not analysed" if rate is None else f"{muscle.count} seen, {say_interval(rate)} per minute"
    return Spot(
        MIDDLE + way * place.x,
        place.y,
        place.across,
        place.down,
        way * place.turn_deg,
        shade_of(muscle),
        muscle.is_short,
        f"{muscle.label}: {told}",
    )

"""A muscle has one name, however people write it."""

import pytest

from fasciscan.exam import Region, name_muscle
from fasciscan.exam.muscles import known_muscles


@pytest.mark.parametrize("written", ["BB", "biceps", "Biceps brachii", "biceps-brachii", " biceps_BRACHII "])
def test_synonyms_and_spellings_are_one_muscle(written):
    found = name_muscle(written)
    assert (found.name, found.region) == ("biceps brachii", Region.CERVICAL)


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("tongue", "bulbar"), ("masseter", "bulbar"), ("trapezius", "cervical"), ("deltoid", "cervical"),
        ("triceps", "cervical"), ("FDI", "cervical"), ("APB", "cervical"), ("paraspinals", "thoracic"),
        ("rectus abdominis", "thoracic"), ("vastus", "lumbosacral"), ("RF", "lumbosacral"), ("TA", "lumbosacral"),
        ("gastrocnemius", "lumbosacral"),
    ],
)  # fmt: skip
def test_the_muscles_of_practice_are_known_with_their_regions(written, region):
    assert name_muscle(written).region == region


def test_an_unknown_muscle_is_kept_and_the_nearest_offered():
    found = name_muscle("Tibialis  anteror")
    assert (found.name, found.known, found.region) == ("tibialis anteror", None, None)
    assert found.nearest == "tibialis anterior"
    assert name_muscle("xyzzy").nearest is None


def test_no_spelling_stands_for_two_muscles():
    muscles = known_muscles().values()
    texts = [text for muscle in muscles for text in {muscle.name, *muscle.synonyms}]
    spellings = [text.replace(" ", "").casefold() for text in texts]
    assert len(spellings) == len(set(spellings))


def test_only_the_tongue_has_no_side():
    assert [muscle.name for muscle in known_muscles().values() if not muscle.paired] == ["tongue"]

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
        ("gastrocnemius", "lumbosacral"), ("mentalis", "bulbar"), ("cervical paraspinals", "cervical"),
        ("infraspinatus", "cervical"), ("lumbar paraspinals", "lumbosacral"), ("iliopsoas", "lumbosacral"),
        ("tibialis posterior", "lumbosacral"), ("semitendinosus", "lumbosacral"), ("soleus", "lumbosacral"),
    ],
)  # fmt: skip
def test_the_muscles_of_practice_are_known_with_their_regions(written, region):
    assert name_muscle(written).region == region


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("M. biceps brachii", "biceps brachii"), ("m.biceps", "biceps brachii"), ("bicep", "biceps brachii"),
        ("Musculus deltoideus", "deltoid"), ("deltoid muscle", "deltoid"), ("deltoid anterior", "deltoid"),
        ("1st dorsal interosseous", "first dorsal interosseous"), ("upper trap", "trapezius"), ("trapez", "trapezius"),
        ("gastrocnemius (medial)", "gastrocnemius"), ("gastrocnemius (lateral)", "gastrocnemius"),
        ("tibialis ant.", "tibialis anterior"), ("Tib. ant.", "tibialis anterior"), ("Zunge", "tongue"),
        ("paraspinals (lumbar)", "lumbar paraspinals"),
    ],
)  # fmt: skip
def test_muscles_are_known_as_people_write_them(written, name):
    assert name_muscle(written).name == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("quads", "quadriceps femoris"), ("hamstrings", "hamstrings"), ("forearm", "forearm"),
        ("erector spinae", "paraspinals"),
    ],
)  # fmt: skip
def test_a_name_that_stands_for_several_muscles_is_not_laid_to_one_of_them(written, name):
    assert name_muscle(written).name == name


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("deltoid pars clavicularis", "deltoid"), ("lower trapezius", "trapezius"), ("tounge", "tongue"),
        ("tibialis anterior (TA)", "tibialis anterior"), ("tibialis posteror", "tibialis posterior"),
        ("biceps brachii, long head", "biceps brachii"), ("sacral paraspinals", "paraspinals"),
    ],
)  # fmt: skip
def test_a_muscle_is_offered_that_the_name_holds_or_is_a_slip_of(written, nearest):
    assert (name_muscle(written).known, name_muscle(written).nearest) == (None, nearest)


@pytest.mark.parametrize(
    "written",
    ["TP", "TBA", "M TA", "brachialis", "supraspinatus", "gluteus medius", "vastus intermedius", "popliteus", "M.", ""],
)
def test_another_muscle_is_not_offered(written):
    assert (name_muscle(written).known, name_muscle(written).nearest) == (None, None)


def test_an_unknown_muscle_is_kept_and_the_nearest_offered():
    found = name_muscle("Tibialis  anteror")
    assert (found.name, found.known, found.region) == ("tibialis anteror", None, None)
    assert found.nearest == "tibialis anterior"


def test_no_spelling_stands_for_two_muscles():
    muscles = known_muscles().values()
    texts = [text for muscle in muscles for text in {muscle.name, *muscle.synonyms}]
    spellings = [text.replace(" ", "").casefold() for text in texts]
    assert len(spellings) == len(set(spellings))


def test_only_the_tongue_has_no_side():
    assert [muscle.name for muscle in known_muscles().values() if not muscle.paired] == ["tongue"]

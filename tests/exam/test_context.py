"""The form holds what the reader knows; what it holds says which way the facts speak, and never a diagnosis."""

import re

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.exam import read_context
from fasciscan.exam.context import FORM, Context, Leaning, Strength


def read(tmp_path, text: str) -> Context:
    path = tmp_path / "context.toml"
    path.write_text(text, encoding="utf-8")
    return read_context(path)


def test_the_form_that_ships_says_nothing_until_it_is_filled_in(tmp_path):
    form = FORM.read_text(encoding="utf-8")
    assert read(tmp_path, form) == Context()
    filled = read(tmp_path, re.sub(r"^# (?=[a-z_]+ = |\")", "", form, flags=re.MULTILINE))
    assert filled.signs.weakness is False
    assert None not in [getattr(filled.triggers, name) for name in filled.triggers.__slots__]
    assert (filled.months, filled.change, filled.bmi_now, filled.bmi_before) == (6, "steady", 24, 25)
    assert filled.strength == (Strength("biceps brachii", "left", 5), Strength("tongue", None, 5))


@pytest.mark.parametrize(
    ("text", "leaning"),
    [
        ("[signs]\nweakness = true", Leaning.EXAMINE),
        ("[strength]\n'TA right' = 4", Leaning.EXAMINE),
        ("[course]\nchange = 'worse'", Leaning.EXAMINE),
        ("[body]\nbmi_now = 21.0\nbmi_before = 24.0", Leaning.EXAMINE),
        ("[body]\nbmi_now = 17.1\nbmi_before = 18.0", Leaning.EXAMINE),
        ("[body]\nbmi_now = 24.0\nbmi_before = 24.5\n[triggers]\nstress = true", Leaning.TRIGGERS),
        ("[signs]\nweakness = true\n[triggers]\ncaffeine = true", Leaning.BOTH),
        ("[triggers]\ncaffeine = true\nthyroid = false", Leaning.TRIGGERS),
        ("[signs]\nweakness = false\natrophy = false", Leaning.NEITHER),
        ("[strength]\n'TA right' = 5", Leaning.NEITHER),
        ("", Leaning.UNKNOWN),
    ],
)
def test_which_way_the_recorded_facts_speak(tmp_path, text, leaning):
    assert read(tmp_path, text).leaning is leaning


def test_not_recorded_is_not_the_same_as_not_there(tmp_path):
    context = read(tmp_path, "[signs]\natrophy = false\nbulbar = true")
    assert context.unrecorded_signs == ("weakness", "severe_cramps")
    assert context.red_flags == ("bulbar",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[signs]\nweaknes = true", "did you mean 'weakness'"),
        ("[signs]\nweakness = 'a bit'", "write true or false"),
        ("[trigger]\nstress = true", "did you mean 'triggers'"),
        ("signs = true", "is no section"),
        ("[body]\nbmi_now = 240", "8 to 100"),
        ("[strength]\nBB = 6", "0 to 5"),
        ('[strength]\n"" = 4', "names no muscle"),
        ("[course]\nmonths = inf", "0 to 1200"),
        ("[course]\nchange = 'bad'", "worse, steady"),
        ("[signs\n", "is no TOML"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(tmp_path, text, words):
    with pytest.raises(FasciscanError, match=words) as caught:
        read(tmp_path, text)
    assert "context.toml" in str(caught.value)
    assert "\n" not in str(caught.value)

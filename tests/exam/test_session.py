"""Clips add up to muscles and muscles to an exam, and what is not known is not made up."""

from dataclasses import replace
from pathlib import Path

import pytest

from fasciscan.errors import FasciscanError
from fasciscan.exam import Entry, Failed, count_muscles, make_exam, read_clip_count
from fasciscan.exam.context import Context, Signs, Strength
from fasciscan.exam.summary import Basis, Extent

TWO, NONE = (10.0, 30.0), ()


def test_clips_of_a_muscle_add_up_under_whatever_name(make_clip):
    clips = [
        make_clip("BB", "left", (5.0, 9.0, 30.0), sites=2), make_clip("biceps", "left", (7.0,), seconds=30.0),
        make_clip("BB", "right", NONE), make_clip("tongue", None, NONE),
    ]  # fmt: skip
    tongue, left, right = count_muscles(clips)
    assert (tongue.label, left.label, right.label) == ("tongue", "biceps brachii, left", "biceps brachii, right")
    assert (left.count, left.exposure_s, len(left.clips)) == (4, 90, 2)
    assert left.rate_per_min is not None
    assert left.rate_per_min.value == pytest.approx(4 / 1.5)
    assert (left.sites.least, left.sites.most) == (2, 3)
    assert left.amplitude_mm is not None
    assert left.amplitude_mm.median == pytest.approx(0.15)  # of 0.1, 0.2, 0.3 and 0.1
    assert left.duration_s is not None
    assert left.duration_s.n == 4


def test_rate_per_area_weighs_each_clip_by_its_time(make_clip):
    (muscle,) = count_muscles(
        [make_clip("BB", "left", TWO, area_mm2=400.0), make_clip("BB", "left", TWO, seconds=30.0)]
    )
    assert muscle.rate_per_min_cm2 == pytest.approx(4 / (1.0 * 4 + 0.5 * 5))


def test_a_clip_of_which_nothing_could_be_analysed_does_not_take_the_rate_per_area(make_clip):
    frozen = make_clip("BB", "left", NONE, seconds=30.0, area_mm2=0.0, excluded_s=((0.0, 30.0),))
    (muscle,) = count_muscles([make_clip("BB", "left", TWO, area_mm2=400.0), frozen])
    assert muscle.rate_per_min_cm2 == pytest.approx(2 / 4)
    (alone,) = count_muscles([frozen])
    assert alone.rate_per_min_cm2 is None


def test_without_a_scale_nothing_is_told_in_millimetres(make_clip):
    unscaled = make_clip("BB", "left", (3.0,), area_mm2=None, name="unscaled.mp4")
    (muscle,) = count_muscles([make_clip("BB", "left", TWO), unscaled])
    assert (muscle.rate_per_min_cm2, muscle.amplitude_mm) == (None, None)
    assert muscle.duration_s is not None
    assert muscle.notes == ("no scale in unscaled.mp4",)
    (muscle,) = count_muscles([unscaled])
    assert muscle.notes == ("no scale",)


def test_a_short_look_is_marked_and_tells_what_it_still_allows(make_clip):
    (muscle,) = count_muscles([make_clip("TA", "right", NONE, seconds=10.0)])
    assert muscle.is_short
    assert muscle.rate_per_min is not None
    assert f"{muscle.rate_per_min.high:.1f}" == "22.1"
    assert muscle.notes == ("watched for less than 60 s",)


@pytest.mark.parametrize(("seconds", "is_short"), [(59.975, False), (59.5, False), (59.4, True)])
def test_a_recording_of_a_minute_may_lack_a_frame(make_clip, seconds, is_short):
    (muscle,) = count_muscles([make_clip("TA", "right", NONE, seconds=seconds)])
    assert muscle.is_short is is_short
    assert ("watched for less than 60 s" in muscle.notes) is is_short


def test_a_muscle_seen_through_noise_is_marked(make_clip):
    noisy, clear = make_clip("TA", "right", TWO, limit_mm=0.5), make_clip("TA", "right", NONE, seconds=30.0)
    (muscle,) = count_muscles([noisy, clear])
    assert muscle.detection_limit_mm == pytest.approx((60 * 0.5 + 30 * 0.08) / 90)
    assert muscle.notes == ("half of the twitches of 0.36 mm hidden",)
    (unknown,) = count_muscles([noisy, make_clip("TA", "right", TWO, limit_mm=None)])
    assert unknown.detection_limit_mm is None


def test_time_left_out_is_no_exposure(make_clip):
    cut = make_clip("TA", "right", TWO, excluded_s=((0.0, 5.0), (40.0, 60.0)))
    (muscle,) = count_muscles([cut])
    assert (muscle.recorded_s, muscle.exposure_s) == (60, 35)
    assert cut.watched.stretches_s == ((5.0, 40.0),)
    assert "42 % of the recording left out" in muscle.notes


def test_a_muscle_of_which_nothing_could_be_analysed_gets_no_rate(make_clip):
    exam = make_exam([make_clip("TA", "right", NONE, excluded_s=((0.0, 60.0),))])
    assert exam.muscles[0].rate_per_min is None
    assert exam.summary.examined == 0
    assert exam.summary.extent is Extent.UNTOLD


def test_a_muscle_all_of_whose_clips_failed_is_listed_without_a_rate(make_clip):
    failed = [Failed(Path(f"{n}.mp4"), "deltoid", "left", "is damaged") for n in range(2)]
    exam = make_exam([make_clip("BB", "left", TWO)], [*failed, Failed(Path("c.mp4"), "tongue", "left", "is damaged")])
    tongue, deltoid, biceps = exam.muscles
    assert (tongue.label, tongue.notes) == ("tongue", ("its clip could not be analysed",))
    assert (deltoid.label, deltoid.notes) == ("deltoid, left", ("none of its clips could be analysed",))
    assert (deltoid.clips, deltoid.exposure_s, deltoid.count) == ((), 0, 0)
    assert (deltoid.rate_per_min, deltoid.fasciculates, deltoid.sites.most) == (None, None, 0)
    assert (exam.summary.examined, exam.summary.unseen, biceps.notes) == (1, ("tongue", "deltoid"), ())


def test_a_muscle_of_which_one_clip_failed_is_counted_over_the_others(make_clip):
    (biceps,) = make_exam(
        [make_clip("BB", "left", TWO)], [Failed(Path("b.mp4"), "biceps brachii", "left", "is damaged")]
    ).muscles
    assert (biceps.count, len(biceps.clips), biceps.notes) == (2, 1, ())


@pytest.mark.parametrize(
    ("active", "extent"),
    [
        ([], Extent.NONE),
        ([("BB", "left")], Extent.FOCAL),
        ([("BB", "left"), ("BB", "right")], Extent.FOCAL),
        ([("BB", "left"), ("FDI", "left")], Extent.REGIONAL),
        ([("BB", "left"), ("TA", "left")], Extent.WIDESPREAD),
        ([("tongue", None), ("TA", "left")], Extent.WIDESPREAD),
        ([("BB", "left"), ("popliteus", "left")], Extent.UNTOLD),
    ],
)
def test_how_far_it_reaches(make_clip, active, extent):
    clips = [make_clip(muscle, side, TWO) for muscle, side in active]
    exam = make_exam([*clips, make_clip("deltoid", "right", (5.0,))])  # one twitch alone may be chance
    assert exam.summary.extent is extent
    assert exam.summary.single == ("deltoid, right",)
    assert exam.summary.tongue_fasciculates is (("tongue", None) in active)


def test_one_muscle_alone_does_not_tell_how_far_it_reaches(make_clip):
    exam = make_exam([make_clip("BB", "left", TWO), make_clip("BB", "right", NONE)])
    assert exam.summary.extent is Extent.ALONE


def test_an_unknown_muscle_is_one_however_it_is_written(make_clip):
    exam = make_exam([make_clip("Popliteus", "left", TWO), make_clip("popliteus", "right", TWO)])
    assert [muscle.label for muscle in exam.muscles] == ["popliteus, left", "popliteus, right"]
    assert [side.muscle for side in exam.summary.sides] == ["popliteus"]


def test_there_is_one_tongue(make_clip):
    exam = make_exam([make_clip("tongue", "left", TWO), make_clip("tongue", "right", TWO)])
    (tongue,) = exam.muscles
    assert (tongue.label, tongue.count) == ("tongue", 4)
    assert "sides taken together" in tongue.notes


def test_regions_count_muscles_of_each_side(make_clip):
    clips = [make_clip("BB", "left", TWO), make_clip("BB", "right", NONE), make_clip("TA", "left", TWO)]
    regions = {region.region: (region.examined, region.fasciculating) for region in make_exam(clips).summary.regions}
    assert regions == {"bulbar": (0, 0), "cervical": (2, 1), "thoracic": (0, 0), "lumbosacral": (1, 1)}


def test_published_rules_say_when_this_exam_cannot_answer_them(make_clip):
    of_eleven = [("tongue", None), *((name, side) for name in ("trapezius", "BB", "APB", "RF", "TA") for side in "lr")]
    sides = {"l": "left", "r": "right", None: None}
    clips = [make_clip(name, sides[side], TWO if n < 2 else NONE) for n, (name, side) in enumerate(of_eleven)]
    first, second, third = make_exam([*clips, make_clip("FDI", "left", TWO)]).summary.rules
    assert (first.found, first.examined) == (2, 11)  # the FDI is not among the eleven
    assert (first.is_reached, first.is_decided) == (False, True)
    assert (second.found, second.examined) == (3, 12)
    assert (second.is_reached, second.is_decided) == (False, False)  # 12 of 17 muscles
    assert (third.rule.basis, third.found, third.is_reached) == (Basis.TWITCHES, 6, False)
    reached = make_exam([make_clip(name, "left", TWO) for name in ("trapezius", "BB", "APB")]).summary.rules[0]
    assert (reached.is_reached, reached.is_decided) == (True, True)


def test_the_quadriceps_is_not_the_rectus_femoris_of_the_rule(make_clip):
    quadriceps, rectus = (make_exam([make_clip(name, "left", TWO)]).summary.rules[0] for name in ("quadriceps", "RF"))
    assert (quadriceps.found, rectus.found) == (0, 1)


def test_sides_are_compared_where_both_were_watched(make_clip):
    many = tuple(float(second) for second in range(1, 41))
    clips = [make_clip("BB", "left", many), make_clip("BB", "right", TWO), make_clip("TA", "left", many)]
    (side,) = make_exam(clips).summary.sides
    assert (side.muscle, side.ratio.value) == ("biceps brachii", pytest.approx(20))
    assert side.ratio.low > 4
    assert side.note == ""


def test_sides_that_were_not_seen_equally_well_are_not_compared_without_a_word(make_clip):
    clips = [make_clip("BB", "left", TWO, limit_mm=0.06), make_clip("BB", "right", NONE, limit_mm=0.15)]
    (side,) = make_exam(clips).summary.sides
    assert side.note == "not seen equally well: limit of detection 0.06 mm against 0.15 mm"


def test_a_clip_that_comes_twice_counts_once_and_is_told(make_clip):
    clip = make_clip("BB", "left", TWO)
    copy = replace(clip, entry=Entry(Path("copy.mp4"), "TA", "left"))
    exam = make_exam([clip, copy])
    assert [(muscle.label, muscle.count) for muscle in exam.muscles] == [("biceps brachii, left", 2)]
    assert "copy.mp4 (tibialis anterior, left) is the same recording" in exam.warnings[0]


def test_a_recording_given_for_both_sides_is_told_with_the_side_it_counts_for(make_clip):
    left = make_clip("BB", "left", TWO, name="y.mp4")
    exam = make_exam([left, replace(left, entry=Entry(Path("x.mp4"), "biceps", "right"))])
    assert exam.warnings == (
        "x.mp4 (biceps brachii, right) is the same recording as y.mp4 (biceps brachii, left) and was counted once, "
        "for biceps brachii, left.",
    )


def test_what_a_reader_must_know_first(make_clip):
    clips = [
        make_clip("tibialis anteror", "left", TWO), make_clip("tibialis anteror", "right", TWO),
        make_clip("BB", None, TWO), make_clip("FDI", "left", TWO, model="b"),
    ]  # fmt: skip
    warnings = " ".join(make_exam(clips).warnings)
    assert warnings.count("did you mean tibialis anterior?") == 1
    assert "No side is given for: biceps brachii." in warnings
    assert "analysed in 2 ways" in warnings


@pytest.mark.parametrize(("written", "is_warned"), [("paraspinals", True), ("thoracic paraspinals", False)])
def test_paraspinals_without_a_level_are_taken_as_thoracic_and_this_is_told(make_clip, written, is_warned):
    exam = make_exam([make_clip(written, side, NONE) for side in ("left", "right")])
    assert exam.muscles[0].name.region == "thoracic"
    said = [warning for warning in exam.warnings if "without a level are taken as thoracic" in warning]
    assert len(said) == is_warned


@pytest.mark.parametrize("muscle", ["biceps brachii", "popliteus"])
def test_a_muscle_with_and_without_a_side_counts_as_two_and_this_is_told(make_clip, muscle):
    with_side, without = make_clip(muscle, "left", TWO), make_clip(muscle, None, TWO)
    exam = make_exam([with_side, without])
    assert exam.summary.examined == 2
    said = f"{muscle} is there with and without a side: the clips without count as another muscle."
    assert said in exam.warnings
    assert not [text for clip in (with_side, without) for text in make_exam([clip]).warnings if text == said]


def test_a_graded_muscle_that_nobody_knows_is_told_with_the_nearest():
    context = Context(strength=(Strength("tibialis anteror", "left", 4), Strength("soleus", None, 5)))
    (warning,) = make_exam([], context=context).warnings
    assert "“tibialis anteror”" in warning
    assert warning.endswith("did you mean tibialis anterior?")


@pytest.mark.parametrize(("weakness", "grade", "is_told"), [(False, 4, True), (False, 5, False), (True, 4, False)])
def test_no_weakness_beside_a_weak_muscle_is_pointed_out_and_the_grade_counts(weakness, grade, is_told):
    context = Context(signs=Signs(weakness=weakness), strength=(Strength("soleus", "left", grade),))
    warnings = make_exam([], context=context).warnings
    assert [text for text in warnings if "Weakness is recorded as not there" in text] == list(warnings)
    assert bool(warnings) is is_told
    assert ("weak_muscles" in context.red_flags) is (grade < 5)


def test_an_exam_of_no_clip_says_nothing():
    exam = make_exam([])
    assert (exam.muscles, exam.summary.count, exam.summary.extent) == ((), 0, Extent.UNTOLD)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"clip": null, "provenance": {}}'])
def test_a_damaged_result_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(FasciscanError, match=r"a\.json: is no result of a clip"):
        read_clip_count(Entry(Path("a.mp4"), "BB"), path)
    with pytest.raises(FasciscanError, match=r"b\.json: cannot be read"):
        read_clip_count(Entry(Path("b.mp4"), "BB"), tmp_path / "b.json")

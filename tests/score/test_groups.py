"""Where a detector does well and where not: look-alikes, breakdowns, mistakes."""

from __future__ import annotations

import pytest

from fasciscan.score import Task
from fasciscan.score.breakdown import break_down, by_amplitude, by_look_alike, describe_clip
from fasciscan.score.mistakes import list_mistakes
from fasciscan.score.tables import confusion_table

TASK = Task()


def told(clip) -> list[str | None]:
    return [verdict.told for verdict in clip.score(TASK).look_alikes]


def test_a_look_alike_is_told_by_what_was_found_in_it(bench):
    truth = bench.truth(bench.look_alike("tremor", 2, 5))
    assert told(bench.clip(truth, bench.other("tremor", 3), bench.other("tremor", 4))) == ["tremor"]
    assert told(bench.clip(truth, bench.event(3))) == ["fasciculation"]
    assert told(bench.clip(truth, bench.other("tremor", 8))) == [None]


def test_many_sure_findings_outweigh_a_few_unsure_ones(bench):
    truth = bench.truth(bench.look_alike("tremor", 2, 5))
    found = [bench.other("tremor", 2.5, p=0.9), *(bench.other("contraction", t, p=0.35) for t in (3, 4))]
    assert told(bench.clip(truth, *found)) == ["tremor"]


def test_a_finding_belongs_to_the_briefest_look_alike(bench):
    truth = bench.truth(bench.look_alike("contraction", 0, 12), bench.look_alike("probe motion", 3, 3.2, name="tap"))
    clip = bench.clip(truth, bench.other("probe motion", 3.1), bench.other("contraction", 8))
    assert told(clip) == ["contraction", "probe motion"]


def test_what_lies_on_a_twitch_says_nothing_about_a_look_alike(bench):
    truth = bench.truth(bench.look_alike("tremor", 2, 5), bench.twitch(3))
    assert told(bench.clip(truth, bench.event(3))) == [None]


def test_a_pulse_is_judged_at_its_place_only(bench):
    truth = bench.truth(bench.look_alike("pulsation", 0, 12, (50, 50)))
    assert told(bench.clip(truth, bench.other("artefact", 3, 250, 50), bench.other("pulsation", 4, 60, 50))) == [
        "pulsation"
    ]


def test_what_is_a_contraction_and_a_tremor_at_once_is_right_as_either(bench):
    parts = [bench.look_alike(kind, 2, 5 - i, name="pseudotremor") for i, kind in enumerate(("contraction", "tremor"))]
    for kind in ("contraction", "tremor"):
        (verdict,) = bench.clip(bench.truth(*parts), bench.other(kind, 3)).score(TASK).look_alikes
        assert verdict.right
    (verdict,) = bench.clip(bench.truth(*parts), bench.other("pulsation", 3)).score(TASK).look_alikes
    assert not verdict.right
    assert verdict.kinds == ("contraction", "tremor")


def test_breathing_and_drift_are_not_judged(bench):
    truth = bench.truth(bench.look_alike("breathing", 0, 12), bench.look_alike("drift", 0, 12))
    assert told(bench.clip(truth, bench.event(3))) == []


def test_look_alikes_are_tallied_by_name(bench):
    taps = [bench.look_alike("probe motion", t, t + 0.2, name="tap") for t in (1, 3, 5, 7)]
    clip = bench.clip(
        bench.truth(*taps), bench.other("probe motion", 1.1), bench.event(3.1), bench.other("tremor", 5.1)
    )
    (row,) = by_look_alike([clip.score(TASK)])
    assert (row.name, row.number) == ("tap", 4)
    assert (row.told_right, row.told_otherwise, row.told_twitch, row.left_nothing) == (1, 1, 1, 1)


def test_clips_are_grouped_by_rate_look_alike_compression_and_preset(bench):
    truth = bench.truth(bench.look_alike("tremor", 1, 2, name="myokymia"), rate_hz=50, quality=23, preset="broad")
    assert describe_clip(truth) == [
        ("preset", "broad"),
        ("frame rate, per s", "40 to 60"),
        ("look-alike", "myokymia"),
        ("compression", "h264 crf 21 to 25"),
        ("recording", "plain"),
    ]
    assert ("look-alike", "none") in describe_clip(bench.truth())


def test_bands_are_told_from_the_lowest_up(bench):
    clips = [bench.clip(bench.truth(rate_hz=rate, quality=q)) for rate, q in ((80, 30), (20, 22), (30, 18), (50, 18))]
    rows = break_down(clips, [clip.score(TASK) for clip in clips], 10)
    rates = [row.group for row in rows if row.by == "frame rate, per s"]
    assert rates == ["below 25", "25 to 40", "40 to 60", "60 and more"]
    coded = [row.group for row in rows if row.by == "compression"]
    assert coded == ["h264 crf below 21", "h264 crf 21 to 25", "h264 crf 25 and more"]


def test_each_group_has_the_figures_of_its_clips(bench):
    slow = bench.clip(bench.truth(bench.twitch(1), rate_hz=20))
    fast = bench.clip(bench.truth(bench.twitch(1), rate_hz=80), bench.event(1))
    clips = [slow, fast]
    rows = {(row.by, row.group): row for row in break_down(clips, [clip.score(TASK) for clip in clips], 10)}
    assert rows["frame rate, per s", "below 25"].figures["recall"].value == 0
    assert rows["frame rate, per s", "60 and more"].figures["recall"].value == 1
    assert rows["preset", "test"].figures["recall"].value == 0.5
    assert rows["preset", "test"].clips == 2


def test_twitches_are_told_by_size_the_smallest_too(bench):
    truth = bench.truth(*(bench.twitch(t, amplitude_mm=a) for t, a in ((1, 0.05), (3, 0.12), (5, 0.4), (7, 0.4))))
    score = bench.clip(truth, bench.event(5), bench.other("tremor", 3)).score(TASK)
    assert [(r.group, r.twitches, r.recall.value, r.seen.value) for r in by_amplitude([score], 10)] == [
        ("below 0.06", 1, 0, 0),
        ("0.1 to 0.15", 1, 0, 1),
        ("0.3 and more", 2, 0.5, 0.5),
    ]


def test_mistakes_come_worst_first_and_tell_what_was_there(bench):
    truth = bench.truth(
        bench.twitch(1, amplitude_mm=0.2), bench.twitch(3, amplitude_mm=0.5), bench.twitch(5, amplitude_mm=0.3),
        bench.look_alike("tremor", 2.5, 4), bench.look_alike("breathing", 0, 12),
    )  # fmt: skip
    clip = bench.clip(
        truth, bench.other("tremor", 3.05, p=0.8), bench.event(9, p=0.6), bench.event(10, p=0.7), excluded=[(4.9, 5.5)]
    )
    listed = list_mistakes([clip], TASK)
    assert [(m.what, m.size) for m in listed] == [
        ("missed", 0.5), ("missed", 0.3), ("missed", 0.2), ("false", 0.7), ("false", 0.6),
    ]  # fmt: skip
    assert listed[0].told == "tremor (p = 0.20)"
    assert listed[0].amid == "tremor, breathing"
    assert [m.told for m in listed[1:3]] == ["in a stretch left out", "nothing told"]
    assert listed[0].time_s == pytest.approx(3)


def test_a_mistake_that_is_one_of_place_or_time_says_so(bench):
    truth = bench.truth(bench.twitch(3, x_px=100, amplitude_mm=0.5))
    listed = list_mistakes([bench.clip(truth, bench.event(3.1, x_px=180))], TASK)
    assert [(m.what, m.told) for m in listed] == [
        ("missed", "counted 0.10 s and 8 mm away"),
        ("false", "a twitch 0.10 s and 8 mm away"),
    ]


def test_what_look_alikes_were_taken_for_is_told_by_class(bench):
    truth = bench.truth(bench.look_alike("probe motion", 2, 2.2, name="tap"), bench.look_alike("tremor", 0, 12))
    score = bench.clip(truth, bench.other("tremor", 2.1), bench.other("tremor", 6)).score(TASK)
    table = confusion_table([score]).splitlines()
    assert table[0] == "| true, told as | pulsation | contraction | tremor | probe motion | artefact | fasciculation |"
    assert table[2:] == ["| tremor | 0 | 0 | 1 | 0 | 0 | 0 |", "| probe motion | 0 | 0 | 1 | 0 | 0 | 0 |"]
    (row,) = [row for row in by_look_alike([score]) if row.name == "tap"]
    assert (row.told_as_there, row.told_otherwise) == (1, 0)  # the tremor was there: whose motion it was is a guess

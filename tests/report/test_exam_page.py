"""The exam's page says what was counted, how sure it is and what speaks for what, and never names a diagnosis."""

import csv
import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from browser import laid_out_px
from elements import Elements
from jsonschema import Draft202012Validator

from fasciscan.errors import FasciscanError
from fasciscan.exam import ClipCount, Entry, Exam, Failed, MuscleCount, make_exam, read_context
from fasciscan.exam.clip_counts import ClipEvent
from fasciscan.exam.context import Context, Signs, Triggers
from fasciscan.exam.muscles import known_muscles
from fasciscan.exam.rates import compare_rates
from fasciscan.exam.summary import PUBLISHED, SideRatio
from fasciscan.report import body_map, exam_words, pdf
from fasciscan.report.exam_json import SCHEMA_PATH, exam_to_dict
from fasciscan.report.exam_strip import GAP, WIDTH, draw_strips
from fasciscan.report.exam_tables import EVENT_COLUMNS, MUSCLE_COLUMNS
from fasciscan.report.exam_write import write_exam
from fasciscan.report.words import NO_DIAGNOSIS

PHONE_PX = 390
HAS_BROWSER = any(shutil.which(name) for name in pdf.BROWSERS)
SAYS_DIAGNOSIS = re.compile(
    r"\b(you|patient|subject|S07)\b[^.]*\b(has|have|suffers?|is diagnosed|likely|probabl[ey])\b[^.]*"
    r"\b(ALS|BFS|disease|syndrome)\b",
    re.IGNORECASE,
)


def clip_of(
    muscle: str, side: str | None, peaks_s: Sequence[float], folder: Path, *, seconds: float = 60.0,
    scaled: bool = True, excluded_s: tuple[tuple[float, float], ...] = (),
) -> ClipCount:  # fmt: skip
    name = f"{muscle}-{side}-{len(peaks_s)}".replace("/", "_")
    mm = 1.0 if scaled else None
    events = tuple(
        ClipEvent(n, 0.9, peak_s - 0.1, peak_s, peak_s + 0.15, 100.0, 80.0, mm, mm, mm and 0.2, mm, mm, 1)
        for n, peak_s in enumerate(peaks_s, 1)
    )
    return ClipCount(
        Entry(Path(f"{name}.mp4"), muscle, side), folder / "clips" / f"{name}.json",
        hashlib.sha256(name.encode()).hexdigest(), 320, 240, seconds,
        seconds - sum(end - start for start, end in excluded_s), excluded_s, 45.0, 500.0 if scaled else None,
        0.08 if scaled else None, events, (20.0,), min(len(events), 1), (), "0.3.0", "network", "a" * 64,
    )  # fmt: skip


def make(folder: Path, context: Context | None = None) -> Exam:
    steady = [1.0 + 1.9 * n for n in range(30)]
    bursts = [start + 0.4 * n for start in (3.0, 4.0, 31.0, 33.0, 52.0) for n in range(8)]
    clips = [
        clip_of("tongue", None, (4.0, 9.0), folder, seconds=30.0),
        clip_of("BB", "left", steady, folder), clip_of("BB", "right", (7.0,), folder),
        clip_of("FDI", "left", bursts, folder, excluded_s=((40.0, 50.0),)),
        clip_of("TA", "right", (), folder, seconds=10.0),
        clip_of("RF", "left", (), folder, excluded_s=((0.0, 60.0),)),
        clip_of("<popliteus>", "left", (5.0, 6.0), folder, scaled=False),
    ]  # fmt: skip
    failed = (Failed(Path("gone.mp4"), "deltoid", "left", "there is no such file"),)
    return make_exam(
        clips,
        failed,
        context,
        subject="S07",
        visit_date=date(2026, 3, 4),
        command="fasciscan exam visit",
        version="0.3.0",
    )


def _biceps(muscles: Sequence[MuscleCount]) -> MuscleCount:
    return next(muscle for muscle in muscles if muscle.label == "biceps brachii, left")


def page_of(folder: Path, context: Context | None = None) -> Elements:
    write_exam(make(folder, context), folder)
    return Elements((folder / "exam.html").read_text(encoding="utf-8"))


@pytest.fixture
def written(tmp_path) -> Path:
    write_exam(make(tmp_path), tmp_path)
    return tmp_path


def test_the_page_needs_nothing_beside_it_and_runs_nothing(tmp_path):
    for tag, attributes in page_of(tmp_path).tags:
        assert tag not in ("script", "link", "iframe", "object", "img")
        assert not [key for key in attributes if key.startswith("on")]
        assert "src" not in attributes
        if tag == "svg":
            assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"


def test_clips_whose_names_are_no_utf_8_are_told_in_every_file(tmp_path):
    exam = make(tmp_path)
    latin, sign = Path(os.fsdecode(b"latin\xe9.mp4")), "\N{REPLACEMENT CHARACTER}"
    clip = clip_of("BB", "left", (7.0,), tmp_path)
    clip = replace(clip, entry=replace(clip.entry, clip=latin))
    failed = replace(exam.failed[0], clip=latin)
    write_exam(make_exam([clip], [failed], None, subject="S07", visit_date=None, command="", version=""), tmp_path)
    for name in ("exam.json", "exam.html", "events.csv"):
        assert f"latin{sign}.mp4" in (tmp_path / name).read_text(encoding="utf-8-sig")


def test_it_says_at_the_top_and_at_the_end_that_it_is_no_diagnosis(tmp_path):
    text = page_of(tmp_path).text
    assert text.count(NO_DIAGNOSIS[0]) == 2
    assert text.index(NO_DIAGNOSIS[0]) < text.index("What was seen")


def test_each_muscle_is_told_with_its_interval_and_what_it_leaves_open(tmp_path):
    text = page_of(tmp_path).text
    assert "30.0 (20.2–42.8)" in text
    assert "None seen in 10 s still allows up to 22.1 per minute." in text
    assert "Twitches come in bursts, so the interval is too narrow" in text
    assert "watched for less than 60 s" in text
    assert "Nothing could be analysed." in text
    assert "gone.mp4 (deltoid, left): there is no such file" in text
    assert "4 of 6 muscles showed 2 fasciculations or more. It is widespread: bulbar and cervical." in text
    assert "<popliteus>" in text  # shown as it was written


def test_an_exam_tells_no_minute_that_lacks_a_frame_as_short(tmp_path):
    clips = [clip_of("BB", "left", (), tmp_path, seconds=59.975), clip_of("TA", "left", (), tmp_path, seconds=30.0)]
    limits = exam_words.say_exam_limits(make_exam(clips))
    assert limits[0].startswith("Watched for less than 60 s: tibialis anterior, left.")


@pytest.mark.parametrize(
    ("twitches", "said"),
    [
        ((2, 0, 0), "It is focal: one muscle alone."),
        ((2, 1, 0), "It is focal: one muscle alone. A single twitch was seen in deltoid, left."),
        ((2, 2, 1), "It stays within one body region (cervical); none in the muscles examined of these: lumbosacral. "
                    "A single twitch was seen in tibialis anterior, left."),
        ((1, 0, 0), "or more. A single twitch was seen in biceps brachii, left."),
    ],
)  # fmt: skip
def test_a_single_twitch_is_told_however_far_the_others_reach(tmp_path, twitches, said):
    clips = [
        clip_of(muscle, "left", range(5, 5 + count), tmp_path)
        for muscle, count in zip(("BB", "deltoid", "TA"), twitches, strict=True)
    ]
    assert exam_words.say_extent(make_exam(clips).summary).endswith(said)


@pytest.mark.parametrize(
    ("twitches", "seconds", "said"),
    [
        ((2, 0, 0), (60, 60, 10), "1 of the others was watched for less than 60 s, too briefly to be called quiet."),
        ((2, 2, 0), (60, 60, 10), "1 of the others was watched for less than 60 s, too briefly to be called quiet."),
        ((0, 0, 1), (60, 30, 10), "2 of them were watched for less than 60 s, too briefly to be called quiet."),
        ((2, 0, 0), (10, 60, 60), "It is focal: one muscle alone."),
        ((2, 0, 2), (60, 10, 60), "It is widespread: cervical and lumbosacral."),
    ],
)
def test_muscles_watched_too_briefly_are_not_passed_off_as_quiet(tmp_path, twitches, seconds, said):
    clips = [
        clip_of(muscle, "left", range(5, 5 + count), tmp_path, seconds=watched_s)
        for muscle, count, watched_s in zip(("BB", "deltoid", "TA"), twitches, seconds, strict=True)
    ]
    assert exam_words.say_extent(make_exam(clips).summary).endswith(said)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((1, 60.0, 0, 3.0), "No more different than chance allows."),
        ((0, 3.0, 1, 600.0), "No more different than chance allows."),
        ((20, 60.0, 0, 60.0), "Seen on the left only; its rate is at least 4.9 times the right's."),
        ((0, 60.0, 20, 60.0), "Seen on the right only; the left's rate is at most 0.20 times as high."),
        ((3, 60.0, 2, 60.0), "No more different than chance allows."),
        ((20, 60.0, 2, 60.0), "More on the left than chance allows."),
        ((2, 60.0, 20, 60.0), "More on the right than chance allows."),
    ],
)
def test_sides_are_told_apart_only_where_chance_does_not_explain_it(counts, words):
    ratio = compare_rates(*counts)
    assert ratio is not None
    assert exam_words.say_side(SideRatio("soleus", ratio)) == words
    assert exam_words.say_side(SideRatio("soleus", ratio, "not seen alike")) == words + " But they were not seen alike."


def test_a_dash_is_laid_to_a_missing_scale_only_where_one_is_missing(tmp_path):
    seen, frozen = (
        clip_of("BB", "left", (5.0,), tmp_path),
        clip_of("RF", "left", (), tmp_path, excluded_s=((0.0, 60.0),)),
    )
    unscaled = clip_of("TA", "left", (), tmp_path, scaled=False)
    said = "A dash stands where a clip has no scale."
    assert said not in Elements(_raw(tmp_path, make_exam([seen, frozen]))).text
    assert said in Elements(_raw(tmp_path, make_exam([seen, unscaled]))).text


@pytest.mark.parametrize(("months", "words"), [(1, "for 1 month;"), (1.5, "for 1.5 months;"), (12, "for 12 months;")])
def test_a_course_of_one_month_is_told_as_one(months, words):
    assert words in exam_words.say_course(Context(months=months, change="steady"))


def test_a_link_leads_to_a_report_of_any_name(tmp_path):
    clip = clip_of("BB", "left", (5.0,), tmp_path)
    clip = replace(clip, report=clip.report.with_name("arm #2 100%.json"))
    clip.report.parent.mkdir()
    clip.report.with_suffix(".html").touch()
    write_exam(make_exam([clip]), tmp_path)
    page = Elements((tmp_path / "exam.html").read_text(encoding="utf-8"))
    assert "clips/arm%20%232%20100%25.html" in [attributes["href"] for tag, attributes in page.tags if tag == "a"]


def test_links_lead_to_the_reports_that_are_there(tmp_path):
    exam = make(tmp_path)
    there = _biceps(exam.muscles).clips[0].report.with_suffix(".html")
    there.parent.mkdir()
    there.touch()
    write_exam(exam, tmp_path)
    page = Elements((tmp_path / "exam.html").read_text(encoding="utf-8"))
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == [f"clips/{there.name}"]
    assert (tmp_path / str(links[0])).is_file()


CONTEXTS = {
    "signs": (Context(signs=Signs(weakness=True)), "speak for being examined further by a neurologist"),
    "both": (Context(signs=Signs(atrophy=True), triggers=Triggers(caffeine=True)), "the signs weigh more"),
    "triggers": (Context(triggers=Triggers(stress=True, thyroid=True)), "goes with benign twitching: stress and a"),
    "neither": (Context(signs=Signs(False, False, False, False)), "Neither signs nor triggers are recorded as there"),
    "empty": (Context(), "Signs were not recorded"),
    "none": (None, "the counts stand alone"),
}


@pytest.mark.parametrize("case", CONTEXTS)
def test_context_says_which_way_the_facts_speak_and_names_no_diagnosis(case, tmp_path):
    context, words = CONTEXTS[case]
    text = page_of(tmp_path, context).text
    assert words in text
    assert exam_words.NOT_TO_BE_MISREAD in text
    assert "Twitches were counted in the tongue" in text
    assert not SAYS_DIAGNOSIS.search(text)
    if case in ("triggers", "neither"):
        assert "Nothing recorded speaks for being examined further" in text
    if case in ("signs", "both"):
        assert "Nothing recorded speaks" not in text


def test_signs_that_nobody_looked_for_are_asked_for_before_benign_is_leaned_on():
    summary = make_exam([]).summary
    partly = Context(signs=Signs(weakness=False), triggers=Triggers(caffeine=True))
    told = " ".join(exam_words.say_leaning(partly, summary))
    assert "Not recorded: visible wasting of muscle, trouble swallowing or speaking and severe and" in told
    assert "Look for them first." in told


def test_weak_muscles_are_named_with_their_grade(tmp_path):
    form = tmp_path / "form.toml"
    form.write_text('[strength]\n"FDI left" = 3.5\n"TA" = 5\n[body]\nbmi_now = 20\nbmi_before = 24\n')
    text = page_of(tmp_path, read_context(form)).text
    assert "muscles graded below full strength: first dorsal interosseous left 3.5/5" in text
    assert "loss of weight: BMI 24 to 20" in text


def test_what_was_looked_for_and_is_not_there_is_shown(tmp_path):
    form = tmp_path / "form.toml"
    form.write_text(
        "[signs]\natrophy = false\n[triggers]\ncaffeine = false\nstress = false\nthyroid = true\n"
        '[strength]\n"BB left" = 5\n"tongue" = 5\n"FDI" = 4\n'
    )
    text = page_of(tmp_path, read_context(form)).text
    assert "not there: visible wasting of muscle and weakness of biceps brachii left and tongue (5/5)." in text
    assert "not there: much caffeine and stress." in text


def test_published_rules_stand_with_their_figures_and_their_limits(tmp_path):
    text = page_of(tmp_path).text
    for rule in PUBLISHED:
        assert f"{100 * rule.sensitivity:.1f} %" in text
        assert f"{100 * rule.specificity:.1f} %" in text
        assert rule.source in text
    assert "no part of the Gold Coast criteria" in text
    # 1000 people, 10 with: 88.2 % of 10, and 5.3 % of 990.
    assert "reached by 9 of these and by 52 of the others" in text


@pytest.mark.parametrize(
    "context", [None, Context(signs=Signs(weakness=True), months=3, change="steady", bmi_now=22.0)]
)
def test_the_json_keeps_its_promise(tmp_path, context):
    exam = make(tmp_path, context)
    write_exam(exam, tmp_path)
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    told = json.loads((tmp_path / "exam.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(told)
    biceps = next(muscle for muscle in told["muscles"] if muscle["muscle"] == "biceps brachii")
    assert (biceps["side"], biceps["count"]) == ("left", 30)
    assert biceps["clips"][0]["sha256"] == _biceps(exam.muscles).clips[0].sha256
    assert told["failed"][0]["clip"] == "gone.mp4"
    assert str(tmp_path) not in json.dumps(told)
    Draft202012Validator(schema).validate(exam_to_dict(make_exam([]), tmp_path))


def test_the_same_exam_gives_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_exam(make(tmp_path / folder), tmp_path / folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_row_a_muscle_and_a_row_an_event(written):
    with (written / "muscles.csv").open(encoding="utf-8-sig", newline="") as file:
        muscles = list(csv.DictReader(file))
    with (written / "events.csv").open(encoding="utf-8-sig", newline="") as file:
        events = list(csv.DictReader(file))
    assert list(muscles[0]) == list(MUSCLE_COLUMNS)
    assert list(events[0]) == list(EVENT_COLUMNS)
    assert len(muscles) == 8
    assert len(events) == sum(int(row["count"]) for row in muscles)
    unscaled = next(row for row in muscles if row["muscle"] == "<popliteus>")
    assert (unscaled["region"], unscaled["amplitude_median_mm"], unscaled["rate_per_min_cm2"]) == ("", "", "")
    assert {row["visit_date"] for row in muscles} == {"2026-03-04"}


def test_a_muscle_of_which_nothing_could_be_analysed_is_not_told_to_be_quiet(written):
    from pyarrow import parquet

    told = json.loads((written / "exam.json").read_text(encoding="utf-8"))["muscles"]
    with (written / "muscles.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(written / "muscles.parquet")
    wanted = {"tongue": True, "tibialis anterior": False, "rectus femoris": None, "deltoid": None}
    for name, fasciculates in wanted.items():
        at = [muscle["muscle"] for muscle in told].index(name)
        assert told[at]["fasciculates"] is fasciculates
        assert rows[at]["fasciculates"] == {True: "yes", False: "no", None: ""}[fasciculates]
        assert table["fasciculates"][at].as_py() is fasciculates


def test_a_muscle_all_of_whose_clips_failed_has_its_row_in_every_table(written):
    told = json.loads((written / "exam.json").read_text(encoding="utf-8"))["muscles"]
    with (written / "muscles.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["muscle"] == "deltoid")
    deltoid = next(muscle for muscle in told if muscle["muscle"] == "deltoid")
    note = "its clip could not be analysed"
    assert (deltoid["exposure_s"], deltoid["count"], deltoid["rate_per_min"], deltoid["clips"]) == (0, 0, None, [])
    assert deltoid["notes"] == [note]
    assert (row["clips"], row["exposure_s"], row["rate_per_min"], row["notes"]) == ("0", "0", "", note)


def test_a_muscle_all_of_whose_clips_failed_stands_on_the_page_and_the_body_with_no_count(tmp_path):
    exam = make(tmp_path)
    page = Elements(_raw(tmp_path, exam))
    (spot,) = [spot for spot in body_map.draw_body(exam.muscles).front if spot.title.startswith("deltoid")]
    assert (spot.shade, spot.title) == ("unknown", "deltoid, left: not analysed")
    assert "deltoid, left its clip could not be analysed 0 s – – – – – –" in page.text
    assert not [told for _, attributes in page.tags if "deltoid" in (told := attributes.get("aria-label") or "")]


def test_an_exam_in_which_all_else_failed_does_not_say_that_nothing_else_was_looked_at(tmp_path):
    biceps = clip_of("BB", "left", (5.0, 9.0), tmp_path)
    other_side = make_exam([biceps], [Failed(Path("b.mp4"), "biceps brachii", "right", "is damaged")])
    assert "No other muscle was looked at" in exam_words.say_extent(other_side.summary)
    other_muscle = make_exam([biceps], [Failed(Path("b.mp4"), "tongue", None, "is damaged")])
    assert "No other muscle could be analysed, so how far" in exam_words.say_extent(other_muscle.summary)
    frozen = clip_of("TA", "left", (), tmp_path, excluded_s=((0.0, 60.0),))
    assert "No other muscle could be analysed" in exam_words.say_extent(make_exam([biceps, frozen]).summary)


def test_a_region_whose_only_muscle_failed_was_looked_at(tmp_path):
    exam = make_exam(
        [clip_of(muscle, "left", (5.0, 9.0), tmp_path) for muscle in ("BB", "FDI")],
        [Failed(Path("t.mp4"), "tongue", None, "is damaged")],
    )
    assert "within one body region (cervical), the only one analysed." in exam_words.say_extent(exam.summary)
    limits = exam_words.say_exam_limits(exam)
    assert "No muscle was examined of these regions: thoracic, lumbosacral." in limits
    assert "No muscle could be analysed of these regions: bulbar." in limits


def test_parquet_holds_the_same_with_types(written):
    import pyarrow as pa
    from pyarrow import parquet

    for name, columns in (("muscles", MUSCLE_COLUMNS), ("events", EVENT_COLUMNS)):
        table = parquet.read_table(written / f"{name}.parquet")
        with (written / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert table.column_names == list(columns)
        assert table.num_rows == len(rows)
        assert table.schema.field("visit_date").type == pa.date32()
    assert parquet.read_table(written / "muscles.parquet")["count"].to_pylist() == [2, 0, 30, 1, 40, 0, 0, 2]


def test_every_muscle_of_the_vocabulary_has_its_place_on_the_body():
    assert set(body_map.PLACES) == set(known_muscles())
    for place in body_map.PLACES.values():
        assert place.across <= body_map.MIDDLE - place.x
        assert place.down <= place.y <= body_map.HEIGHT - place.down


@pytest.mark.parametrize(
    ("broad", "part"),
    [
        ("paraspinals", "thoracic paraspinals"), ("forearm", "forearm flexors"),
        ("quadriceps femoris", "rectus femoris"), ("hamstrings", "biceps femoris"),
    ],
)  # fmt: skip
def test_a_muscle_that_stands_for_several_is_drawn_beneath_and_beyond_them(broad, part):
    order = list(known_muscles())
    assert order.index(broad) < order.index(part)
    beneath, above = body_map.PLACES[broad], body_map.PLACES[part]
    assert (beneath.across > above.across, beneath.down > above.down) == (True, True)


def test_left_is_on_the_pictures_right_from_the_front_and_left_from_the_back(tmp_path):
    clips = [clip_of("BB", "left", (1.0, 2.0), tmp_path), clip_of("FDI", "left", (), tmp_path)]
    drawn = body_map.draw_body(make_exam(clips).muscles)
    assert drawn.front[0].x > body_map.MIDDLE > drawn.back[0].x
    assert (drawn.front[0].shade, drawn.back[0].shade) == ("r1", "none")
    assert drawn.front[0].title.startswith("biceps brachii, left: 2 seen, 2.0 (")


def test_what_has_no_place_on_the_body_is_named(tmp_path):
    exam = make(tmp_path)
    assert body_map.draw_body(exam.muscles).left_out == ("<popliteus>, left",)
    assert "Not on the map: &lt;popliteus&gt;, left." in _raw(tmp_path, exam)


def _raw(folder: Path, exam: Exam) -> str:
    write_exam(exam, folder)
    return (folder / "exam.html").read_text(encoding="utf-8")


def test_strips_share_one_scale_of_time(tmp_path):
    exam = make(tmp_path)
    strips = {m.label: drawn for m, drawn in zip(exam.muscles, draw_strips(exam.muscles), strict=True)}
    (long,), (short,) = strips["biceps brachii, left"], strips["tongue"]
    assert long.width == pytest.approx(WIDTH)
    assert short.width == pytest.approx(WIDTH / 2)
    assert short.twitches[0][0] == pytest.approx(4.0 / 60 * WIDTH)
    assert strips["first dorsal interosseous, left"][0].excluded == (pytest.approx((WIDTH * 40 / 60, WIDTH / 6)),)
    twice = make_exam([clip_of("BB", "left", (1.0,), tmp_path), clip_of("BB", "left", (1.0, 2.0), tmp_path)]).muscles
    first, second = draw_strips(twice)[0]
    assert second.x == pytest.approx(first.width + GAP)
    assert second.x + second.width == pytest.approx(WIDTH)


def test_without_a_browser_a_pdf_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(FasciscanError, match="no Chromium or Chrome") as caught:
        write_exam(make(tmp_path), tmp_path, pdf=True)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "exam.html").is_file()  # all but the PDF is there
    assert not (tmp_path / "exam.pdf").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FasciscanError, match="could not be written"):
        write_exam(make(tmp_path), tmp_path / "file")


@pytest.mark.slow
@pytest.mark.skipif(not HAS_BROWSER, reason="there is no Chromium here; make browser installs it")
def test_it_prints_on_a4(tmp_path):
    files = write_exam(make(tmp_path), tmp_path, pdf=True)
    content = files[-1].read_bytes()
    assert files[-1].name == "exam.pdf"
    assert content.startswith(b"%PDF-")
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", content)}
    assert {(round(width), round(height)) for _, _, width, height in boxes} == {(595, 842)}


@pytest.mark.slow
@pytest.mark.skipif(not HAS_BROWSER, reason="there is no Chromium here; make browser installs it")
@pytest.mark.parametrize("width_px", [PHONE_PX, 820, 1280])
def test_no_width_makes_the_page_scroll_sideways(tmp_path, width_px):
    browser = pdf.find_browser()
    assert browser
    assert laid_out_px(_raw(tmp_path, make(tmp_path)), width_px, str(browser), tmp_path) <= width_px

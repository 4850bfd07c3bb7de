"""The page is one file that says what it must, for every clip, on every width, and asks nothing of the network."""

import re
import shutil
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import laid_out_px
from elements import Elements

from fasciscan.exam import Muscle
from fasciscan.report import page as page_module
from fasciscan.report import write_reports
from fasciscan.report.words import EXPLORATORY, NO_DIAGNOSIS

CASES = ["case", "case_without_scale", "quiet_case", "frozen_case", "located_case"]
PHONE_PX = 390
MOST_BYTES = 10e6


def render(case, tmp_path) -> Path:
    return write_reports(case.clip, case.result, case.raster, tmp_path, ["html"])[0]


def read(case, tmp_path) -> Elements:
    return Elements(render(case, tmp_path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_asked_of_the_network_and_nothing_runs(name, request, tmp_path):
    page = read(request.getfixturevalue(name), tmp_path)
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object")
        assert not [key for key in attributes if key.startswith("on")]
        for key in ("src", "href", "xlink:href", "poster"):
            assert (attributes.get(key) or "#").startswith(("#", "data:image/"))
    policy = [attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "url(" not in page.text.replace("url(#", "")


@pytest.mark.parametrize("name", CASES)
def test_it_says_at_the_top_and_at_the_end_that_it_is_no_diagnosis(name, request, tmp_path):
    text = read(request.getfixturevalue(name), tmp_path).text
    assert text.count(NO_DIAGNOSIS[0]) == 2
    assert text.index(NO_DIAGNOSIS[0]) < text.index("What was analysed")


def test_one_copy_and_two_are_told_as_such(case, tmp_path):
    for copied, words in ((1, "1 of them a copy of the one before"), (2, "2 of them copies of the one before")):
        clip = replace(case.result.clip, copied_frames=copied)
        assert words in read(replace(case, result=replace(case.result, clip=clip)), tmp_path).text


def test_quality_comes_before_the_count(case, tmp_path):
    text = read(case, tmp_path).text
    order = ["What was analysed, and how well", "16.5 s of 20 s", "12 of 800 frames", "the picture is frozen",
             "counted in 16.5 s", "Motion over the clip", "Where in the picture", "Each fasciculation",
             "Found and not counted, and why", "What this cannot tell", "How this was made"]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "comes every 0.86 s at one place" in text[text.index("Found and not counted, and why") :]


def test_the_rate_is_told_with_its_interval_in_plain_words(case, quiet_case, frozen_case, tmp_path):
    assert "3 in 16.5 s is 10.9 per minute" in read(case, tmp_path / "1").text
    assert "0 in 30 s still allows up to 7.4 per minute." in read(quiet_case, tmp_path / "2").text
    frozen = read(frozen_case, tmp_path / "3").text
    assert "no rate can be told" in frozen
    assert "per minute" not in frozen.replace("no rate", "")


def test_every_event_has_five_crops_a_difference_an_m_mode_and_a_trace(case, tmp_path):
    text = render(case, tmp_path).read_text(encoding="utf-8")
    articles = re.findall(r'<article class="event" id="event-(\d+)">(.*?)</article>', text, re.DOTALL)
    assert [number for number, _ in articles] == ["1", "3", "4"]
    for _, article in articles:
        captions = re.findall(r"<figcaption><b>(.*?)</b>", article)
        assert captions == ["before", "onset", "peak", "after", "offset", "peak − before"]
        assert article.count("data:image/jpeg") == 7
        assert len(re.search(r'class="trace" d="M([^"]+)"', article)[1].split("L")) > 25


def test_the_crops_show_the_twitch(case):
    # The difference of the peak to rest must stand out where the twitch is, and not where nothing moves.
    from fasciscan.report import pictures

    event = case.result.events[0]
    shot = pictures._plan_shot(case.clip, pictures.tissue_box(case.clip), event)
    frames = {frame.index: frame.luma for frame in case.clip.frames() if frame.index in shot.moments.values()}
    assert abs(case.clip.times_s[shot.moments["peak"]] - event.peak_s) <= 0.5 / 40 + 1e-9
    assert case.clip.times_s[shot.moments["before"]] < event.onset_s
    change = abs(frames[shot.moments["peak"]].astype(int) - frames[shot.moments["before"]])
    assert change[70:110, 90:130].mean() > 20 * change[:, 250:].mean() + 1


def test_pictures_are_cut_to_the_tissue(case):
    from fasciscan.report.pictures import Box, take_pictures

    mask = case.clip.mask.copy()
    mask[:30] = False  # where a scanner writes the patient's name
    mask[:, 300:] = False
    pictures = take_pictures(replace(case.clip, mask=mask), case.result.events)
    assert pictures.reference is not None
    assert pictures.reference.box == Box(20 if not mask[:, :20].any() else 0, 30, 300, 240)
    for strip in pictures.filmstrips.values():
        assert strip.box.top >= 30
        assert strip.box.right <= 300
        assert strip.box.width == strip.box.height


def test_in_pictures_of_a_sector_what_lies_beside_it_is_black(case):
    from fasciscan.report.pictures import take_pictures

    rows, columns = np.mgrid[: case.clip.height, : case.clip.width]
    mask = case.clip.mask & (abs(columns - 120) < 20 + rows / 2)
    mask[100:104, 110:130] = False  # a marker on the tissue, which is no hole in the picture
    pictures = take_pictures(replace(case.clip, mask=mask), case.result.events)
    assert pictures.reference is not None
    box = pictures.reference.box
    shown = read_picture(pictures.reference.uri)
    beside = box.cut(abs(columns - 120) > 28 + rows / 2)
    assert shown[beside].max() <= 16  # JPEG rings a little
    assert shown[box.cut((abs(rows - 102) < 2) & (abs(columns - 120) < 9))].mean() > 30
    for strip in pictures.filmstrips.values():
        outside = (
            abs(np.arange(strip.box.left, strip.box.right)[None] - 120)
            > 28 + np.arange(strip.box.top, strip.box.bottom)[:, None] / 2
        )
        picture = read_picture(strip.moments[0].uri)
        there = cv2.resize(outside.astype(np.uint8), picture.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        assert not there.any() or np.percentile(picture[there], 95) <= 16


def read_picture(uri: str):
    return cv2.imdecode(np.frombuffer(b64decode(uri.partition(",")[2]), np.uint8), cv2.IMREAD_GRAYSCALE)


def test_marks_stand_where_the_events_are(case):
    from fasciscan.report import raster_chart as chart

    drawn = chart.draw_raster(case.clip, case.result, case.raster)
    assert drawn is not None
    (row,) = drawn.rows
    share = {mark.id: (mark.x - chart.LEFT) / (chart.RIGHT - chart.LEFT) for mark in row.marks}
    assert share == pytest.approx({1: 3.2 / 20, 2: 6.0 / 20, 3: 8.6 / 20, 4: 9.1 / 20, 5: 12.4 / 20})
    depth = {mark.id: (mark.depth_y - chart.DEPTH_TOP) / chart.DEPTH_HEIGHT for mark in row.marks}
    assert depth[1] == pytest.approx(90 / 240)
    (gap,) = row.excluded
    assert (gap.x - chart.LEFT, gap.width) == pytest.approx((14 / 20 * 1050, 3.5 / 20 * 1050))
    assert {mark.id for mark in row.marks if mark.counted} == {1, 3, 4}


def test_a_long_clip_is_cut_in_rows_of_a_minute_and_loses_no_event(crowded_case):
    from fasciscan.report.raster_chart import draw_raster

    drawn = draw_raster(crowded_case.clip, crowded_case.result, crowded_case.raster)
    assert drawn is not None
    assert [(row.start_s, row.end_s) for row in drawn.rows] == [(60.0 * n, 60.0 * n + 60) for n in range(10)]
    told = Counter(mark.id for row in drawn.rows for mark in row.marks)
    assert set(told) == {event.id for event in (*crowded_case.result.events, *crowded_case.result.other_motion)}
    assert set(told.values()) == {1}


def test_an_event_at_the_very_end_is_marked(case):
    from fasciscan.report.raster_chart import RIGHT, draw_raster

    last = replace(case.result.events[0], peak_s=case.clip.duration_s)
    drawn = draw_raster(case.clip, replace(case.result, events=(last,)), case.raster)
    assert drawn is not None
    assert [mark.x for mark in drawn.rows[-1].marks if mark.counted] == [RIGHT]


def test_what_the_user_named_is_shown_and_never_run(case, tmp_path):
    name = "<img src=x onerror=alert(1)>.mp4"
    harmful = replace(
        case,
        clip=replace(case.clip, path=Path(name)),
        result=replace(case.result, muscle=Muscle("</p><script>x</script>", "left"), warnings=("<b>&amp;",)),
    )
    page = read(harmful, tmp_path)
    assert name in page.text
    assert "</p><script>x</script>, left" in page.text
    assert "<b>&amp;" in page.text
    assert "img" not in [tag for tag, _ in page.tags]
    assert "script" not in [tag for tag, _ in page.tags]


def test_every_picture_has_words_for_those_who_cannot_see_it(case, tmp_path):
    page = read(case, tmp_path)
    drawn = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert drawn
    assert all(attributes.get("aria-label") or attributes.get("aria-hidden") == "true" for attributes in drawn)


def test_a_clip_that_breaks_off_still_gets_a_page(case, tmp_path):
    broken = replace(case, clip=replace(case.clip, source=replace(case.clip.source, delivered=200)))
    text = render(broken, tmp_path).read_text(encoding="utf-8")
    assert re.findall(r'<article class="event" id="event-(\d+)"', text) == ["1"]
    assert "Shown one by one: 1 of 3" in text


def test_the_lean_is_shown_marked_apart_and_with_every_caveat(located_case, tmp_path):
    text = render(located_case, tmp_path).read_text(encoding="utf-8")
    (section,) = re.findall(r'<section class="exploratory".*?</section>', text, re.DOTALL)
    shown = Elements(section).text
    assert shown.index("Exploratory") < shown.index(EXPLORATORY[1]) < shown.index("Favours proximal")
    for indicator in located_case.result.origin_lean.indicators:
        finding, caveat = shown.index(indicator.finding), shown.index(indicator.caveat)
        assert finding < caveat < shown.index(indicator.source, caveat)
        assert indicator.finding not in text.replace(section, "")
    assert "proximal" not in Elements(text.replace(section, "")).text
    assert "no weight" in shown  # for the indicator with too little to tell


def test_what_was_not_measured_is_not_shown(case, tmp_path):
    text = render(case, tmp_path).read_text(encoding="utf-8")
    for words in ("Exploratory", "Where in the nerve", "peak contraction", "mm/s</text>", "coherence", "layer", "None"):
        assert words not in text
    assert 'class="point"' not in text


def test_every_event_tells_its_landmarks_durations_and_layer(located_case, tmp_path):
    text = render(located_case, tmp_path).read_text(encoding="utf-8")
    articles = re.findall(r'<article class="event".*?</article>', text, re.DOTALL)
    assert len(articles) == 11
    for article, event in zip(articles, sorted(located_case.result.events, key=lambda e: e.onset_s), strict=True):
        shown, marks = Elements(article).text, event.kinematics.landmarks
        assert f"peak contraction {marks.peak_contraction_s:.3f} s" in shown
        ms = [1000 * span for span in (marks.contraction_s, marks.relaxation_s, marks.total_s)]
        assert "contraction, relaxation, total {:.0f}, {:.0f}, {:.0f} ms".format(*ms) in shown
        assert "mm, muscle" in shown
        assert "larger than the unit's" in shown
        assert article.count('class="point"') == 5


def test_a_landmark_that_was_not_found_is_not_drawn_and_says_why(cut_off_case, tmp_path):
    text = render(cut_off_case, tmp_path).read_text(encoding="utf-8")
    (article,) = re.findall(r'<article class="event".*?</article>', text, re.DOTALL)
    assert article.count('class="point"') == 3
    assert "the next twitch begins first" in article
    assert "end –" in Elements(article).text
    assert "cannot be told at this frame rate" in article


def test_landmarks_stand_on_the_velocity_waveform(located_case):
    from fasciscan.report import event_chart as chart
    from fasciscan.report.pictures import take_pictures

    event = located_case.result.events[0]
    strip = take_pictures(located_case.clip, [event]).filmstrips[event.id]
    moved, speed = chart.draw_event(located_case.clip, event, strip).panels
    assert [point.number for point in speed.points] == [1, 2, 3, 4, 5]
    assert [point.x for point in speed.points] == sorted(point.x for point in speed.points)
    start, out, reversal, back, end = (point.y for point in speed.points)
    assert out < min(start, reversal, end) < speed.zero_y < back  # y counts down
    assert moved.points == []


def test_a_site_is_drawn_as_the_mean_of_its_twitches(located_case):
    from fasciscan.report.site_chart import draw_site_charts

    charts = draw_site_charts(located_case.clip, located_case.result)
    assert [chart.site.id for chart in charts] == [1, 2]  # the third twitched once
    for chart, count in zip(charts, (7, 3), strict=True):
        moved, speed = chart.panels
        assert len(moved.singles) == len(speed.singles) == count
        farthest = min(re.findall(r"([\d.]+) ([\d.]+)", moved.path), key=lambda point: float(point[1]))
        reversal = next(point for point in speed.points if point.name == "reversal")
        assert float(farthest[0]) == pytest.approx(reversal.x, abs=15)  # a sample is 13 wide
    assert [chart.intervals is not None for chart in charts] == [True, False]  # 6 and 2 intervals


def test_the_mean_of_a_site_leaves_out_its_neighbours_in_time(case):
    from fasciscan.report.site_chart import draw_site_charts

    # The second begins while the trace of the first still runs, and moves the site far more.
    first, _, last = case.result.events
    begin_s = first.offset_s + 0.05
    large = 5.0 * (first.trace.times_s > begin_s)
    second = replace(
        last,
        onset_s=begin_s,
        peak_s=begin_s + last.peak_s - last.onset_s,
        offset_s=begin_s + last.offset_s - last.onset_s,
        trace=replace(last.trace, times_s=last.trace.times_s - last.onset_s + begin_s),
    )
    events = (replace(first, trace=replace(first.trace, displacement_mm=first.trace.displacement_mm + large)), second)
    (chart,) = draw_site_charts(case.clip, replace(case.result, events=events))
    assert len(chart.panels[0].singles) == 2
    assert float(chart.panels[0].ticks[-1].label) < 1


def test_an_interval_histogram_holds_every_interval_and_what_chance_gives():
    from fasciscan.origin import Intervals
    from fasciscan.report import interval_chart as chart

    values_s = (0.08, 0.08, 0.09, 0.5, 1.9, 30.0)
    drawn = chart.draw_intervals(Intervals(values_s, 0.3, 2.0, 3))
    assert drawn is not None
    assert {bar.label: bar.count for bar in drawn.bars if bar.count} == {
        "0.05 to 0.1 s": 3, "0.5 to 1 s": 1, "1 to 2 s": 1, "20 to 50 s": 1,
    }  # fmt: skip
    per_interval = (chart.BOTTOM - drawn.bars[1].y) / 3
    expected = sum(chart.BOTTOM - bar.expected_y for bar in drawn.bars) / per_interval
    assert expected == pytest.approx(6, abs=0.01)  # of a mean of 5.4 s, next to none is above 50 s
    assert chart.draw_intervals(Intervals(values_s[:4], 0.1, 1.0, 3)) is None


def test_strokes_stand_in_the_row_of_their_site(located_case):
    from fasciscan.report import site_raster as chart

    drawn = chart.draw_site_raster(located_case.result, 20.0)
    assert drawn is not None
    assert [(row.site, len(row.marks)) for row in drawn.rows] == [(1, 7), (2, 3), (3, 1)]
    lone = next(event for event in located_case.result.events if event.site == 3)
    assert drawn.rows[2].marks[0][0] == pytest.approx(chart.LEFT + lone.peak_s / 20 * (chart.RIGHT - chart.LEFT))


def test_names_of_sites_close_together_do_not_cover_each_other(case):
    from fasciscan.report.pictures import take_pictures
    from fasciscan.report.reference_chart import CHARACTER_SHARE, draw_reference

    close = tuple(replace(site, x_px=110 + 3 * n, y_px=100) for n, site in enumerate(case.result.sites * 2))
    reference = take_pictures(case.clip, ()).reference
    drawn = draw_reference(case.clip, replace(case.result, sites=close), reference)
    for n, one in enumerate(drawn.labels):
        for other in drawn.labels[:n]:
            beside = abs(one.x - other.x) >= CHARACTER_SHARE * drawn.unit * len("site 1")
            assert beside or abs(one.y - other.y) >= drawn.unit


@pytest.mark.slow
def test_three_hundred_events_stay_readable(crowded_case, tmp_path):
    path = render(crowded_case, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < MOST_BYTES
    assert text.count('<article class="event"') == page_module.FILMSTRIPS_MOST == 40
    assert "Shown one by one: 40 of 300" in text
    assert text.count('class="id"') == 340


@pytest.mark.parametrize("name", CASES)
def test_a_phone_never_scrolls_sideways(name, request, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs chromium to lay the page out")
    text = render(request.getfixturevalue(name), tmp_path).read_text(encoding="utf-8")
    assert laid_out_px(text, PHONE_PX, chromium, tmp_path) <= PHONE_PX
    assert [attributes.get("id") for _, attributes in Elements(text).tags].count("no-diagnosis") == 1

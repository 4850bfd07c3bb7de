"""A missed twitch is laid to the first thing that stood in its way, and each twitch is counted once."""

from fasciscan.score import Task, read_findings
from fasciscan.score.clips import ScoredClip
from fasciscan.score.hindrances import ERASED, FREE, count_hindrances


def counted(clip: ScoredClip) -> dict[str, tuple[int, int]]:
    return {row.what: (row.twitches, row.missed) for row in count_hindrances([clip], Task())}


def clip_of(bench, truth, *found, limit_mm=0.05, excluded=()):
    result = bench.result(*found, excluded=excluded)
    if limit_mm is not None:
        result["detection_limit_px"] = limit_mm / truth.mm_per_px
    return ScoredClip("clip", truth, read_findings(result, truth.mm_per_px))


def test_what_nothing_stood_in_the_way_of(bench):
    truth = bench.truth(bench.twitch(2.0, amplitude_mm=0.3), bench.twitch(6.0, amplitude_mm=0.3))
    assert counted(clip_of(bench, truth, bench.event(2.0))) == {FREE: (2, 1)}


def test_the_smaller_of_two_near_ones_is_hindered_by_the_larger_alone(bench):
    truth = bench.truth(bench.twitch(2.0, amplitude_mm=0.5), bench.twitch(2.2, amplitude_mm=0.3))
    rows = counted(clip_of(bench, truth, bench.event(2.0)))
    assert rows == {"within 0.3 s and 12 mm of a larger twitch": (1, 1), FREE: (1, 0)}
    apart = bench.truth(bench.twitch(2.0, amplitude_mm=0.5), bench.twitch(2.2, x_px=230, amplitude_mm=0.3))
    assert counted(clip_of(bench, apart)) == {FREE: (2, 2)}


def test_small_ones_are_laid_to_the_noise_where_the_result_tells_it(bench):
    truth = bench.truth(bench.twitch(2.0, amplitude_mm=0.3), bench.twitch(6.0, amplitude_mm=0.15))
    rows = counted(clip_of(bench, truth, limit_mm=0.1))
    assert rows == {"below 2 times the clip's limit of detection": (1, 1), FREE: (1, 1)}
    assert counted(clip_of(bench, truth)) == {FREE: (2, 2)}
    assert counted(clip_of(bench, truth, limit_mm=None)) == {ERASED: (2, 2)}


def test_motion_at_the_moment_counts_and_slow_motion_apart(bench):
    truth = bench.truth(
        bench.twitch(2.0, amplitude_mm=0.3),
        bench.twitch(6.0, amplitude_mm=0.3),
        bench.look_alike("tremor", 1.0, 3.0, name="tremor"),
        bench.look_alike("contraction", 0.0, 12.0, name="breathing"),
    )
    rows = counted(clip_of(bench, truth, bench.event(6.0)))
    assert rows == {"amid a look-alike": (1, 1), "amid breathing or drift": (1, 0)}


def test_a_stretch_left_out_comes_first(bench):
    truth = bench.truth(bench.twitch(2.0, amplitude_mm=0.11), bench.look_alike("tremor", 1.0, 3.0, name="tremor"))
    rows = counted(clip_of(bench, truth, limit_mm=0.1, excluded=[(1.5, 2.5)]))
    assert rows == {"in a stretch left out": (1, 1)}

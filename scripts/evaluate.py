"""Evaluates fasciscan and the baselines on simulated and real clips, and writes docs/evaluation.md with its pictures.

Usage: python scripts/evaluate.py --validation DIR --test DIR [--also DIR …] [--work DIR] [--jobs 2] [--quick]

The folders hold clips with truth files, as made by `fasciscan simulate`. What has been analysed is kept in the work
folder, so the run can be stopped and started again. Real clips are looked for in ../shared/clips beside the
repository, and the figures of ablations in ablations.json in the models folder.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fasciscan.clip import ClipOptions, open_clip
from fasciscan.pipeline import analyze
from fasciscan.report.result_json import result_to_dict
from fasciscan.score import ScoredClip, Task, find_truths, read_clips
from fasciscan.score.amplitude import FEWEST_ABOVE
from fasciscan.score.baselines import APART_S, BASELINES, MOST_HZ, PIXEL_MM, Baseline
from fasciscan.score.bootstrap import Estimate
from fasciscan.score.clips import RESULT_SUFFIX, stem_of
from fasciscan.score.curve import best_threshold, trace_curve
from fasciscan.score.evaluation import LABELS, SMALLEST, Evaluation, evaluate
from fasciscan.score.hindrances import IN_THE_NOISE, NEAR_A_LARGER_ONE
from fasciscan.score.pictures import draw_all
from fasciscan.score.predict import analyze_clips, trace_path, watch_clips
from fasciscan.score.tables import (
    amplitude_table,
    breakdown_table,
    comparison_table,
    confusion_table,
    figures_table,
    hindrances_table,
    limits_table,
    look_alike_table,
    markdown,
    mistakes_table,
    reliability_table,
    say,
)
from fasciscan.score.traces import Tuned, read_trace, tell_events, tune
from fasciscan.score.write import describe_data, write_evaluation
from fasciscan.simulate import read_truth
from fasciscan.twitch import Classifier, Rule, load_network

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "clips"
PAGE = ROOT / "docs" / "evaluation.md"
TEMPLATE = Path(__file__).with_name("evaluation.md.j2")
IMAGES = ROOT / "docs" / "images"
PICTURES = ("precision-recall", "amplitude", "calibration", "counts")
ABLATIONS = ROOT / "models" / "ablations.json"
ABLATION_FIGURES = {
    "f1": "F1",
    "recall": "recall",
    "precision": "precision",
    "false_per_min": "false/min",
    "average_precision": "average precision",
    "look_alike_accuracy": "look-alikes told right",
    "epicentre_median_mm": "epicentre, median mm",
}
QUICK_CLIPS = 8
WORST_TOLD = 30
OURS = "fasciscan"
TASK = Task()

AIMS: tuple[tuple[str, float, bool], ...] = (
    ("f1", 0.95, True),
    ("false_per_min", 0.3, False),
    ("count_error", 0.05, False),
    ("epicentre_median_mm", 1.0, False),
    ("ece", 0.03, False),
    ("class_accuracy", 0.95, True),
)
"""Figure, aim, and whether more is better."""


@dataclass(frozen=True, slots=True)
class RealClip:
    """A real recording and what is known to be in it."""

    name: str
    mm_per_px: float | None
    shows: str
    twitches_s: tuple[float, ...] = ()
    not_scored: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Detector:
    """One column of the tables: how it did on the test clips, how it does on a real one, and what was tuned."""

    evaluation: Evaluation
    on_real: Callable[[RealClip], dict[str, Any]]
    """Its result of a real clip."""
    threshold: float | None
    """Probability from which on it counts, where its results do not say themselves."""
    tuned: str
    frames_per_s: float
    """Of one clip, on one core."""


def main() -> None:
    args = _arguments()
    validation, test = (_truths(folder, args.quick) for folder in (args.validation, args.test))
    detectors = [_ours(test, args), _rule(validation, test, args)]
    detectors += [_baseline(baseline, validation, test, args) for baseline in BASELINES]
    also = [_ours_on(_truths(folder, args.quick), folder.name, args) for folder in args.also]
    alone = _network_alone(test, args)
    for detector in detectors:
        write_evaluation(detector.evaluation, args.work / "pages" / detector.evaluation.name.replace(" ", "-"))
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, svg in draw_all([detector.evaluation for detector in detectors]).items():
        (IMAGES / f"evaluation-{name}.svg").write_text(svg, encoding="utf-8")
    PAGE.write_text(_page(detectors, also, alone, len(validation)), encoding="utf-8")
    print(PAGE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", type=Path, required=True, help="clips that thresholds are chosen on")
    parser.add_argument("--test", type=Path, required=True, help="clips that figures are told of")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further test clips, of other imaging")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "evaluation", help="where results are kept")
    parser.add_argument("--jobs", type=int, default=None, help="processes; one a core")
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK_CLIPS} clips of each folder only")
    return parser.parse_args()


def _truths(folder: Path, quick: bool) -> list[Path]:
    truths = find_truths(folder)
    return truths[:QUICK_CLIPS] if quick else truths


def _ours(test: Sequence[Path], args: argparse.Namespace) -> Detector:
    return Detector(
        _ours_on(test, OURS, args),
        lambda clip: _analyzed(clip, None),
        None,
        "operating point of the shipped weights, chosen on validation clips at ≤ 0.2 false per minute",
        _speed(test[0], lambda path, truth: analyze(path, ClipOptions(mm_per_px=truth.mm_per_px))),
    )


def _ours_on(truths: Sequence[Path], name: str, args: argparse.Namespace) -> Evaluation:
    results = args.work / OURS / truths[0].parent.name
    analyze_clips(truths, results, jobs=args.jobs, progress=_tell(f"{OURS}, {truths[0].parent.name}"))
    return evaluate(read_clips(truths, results), name, TASK)


def _network_alone(test: Sequence[Path], args: argparse.Namespace) -> Evaluation:
    results = args.work / "network" / test[0].parent.name
    analyze_clips(test, results, load_network, args.jobs, _tell("network alone"))
    return evaluate(read_clips(test, results), "network alone", TASK)


def _rule(validation: Sequence[Path], test: Sequence[Path], args: argparse.Namespace) -> Detector:
    clips: dict[str, list[ScoredClip]] = {}
    for split, truths in (("validation", validation), ("test", test)):
        results = args.work / "rule" / split
        analyze_clips(truths, results, Rule, args.jobs, _tell(f"rule, {split}"))
        clips[split] = read_clips(truths, results)
    threshold = best_threshold(trace_curve(clips["validation"], TASK))
    return Detector(
        evaluate(clips["test"], "rule", TASK, threshold),
        lambda clip: _analyzed(clip, Rule()),
        threshold,
        f"threshold {threshold:.3g}",
        _speed(test[0], lambda path, truth: analyze(path, ClipOptions(mm_per_px=truth.mm_per_px), classifier=Rule())),
    )


def _baseline(
    baseline: Baseline, validation: Sequence[Path], test: Sequence[Path], args: argparse.Namespace
) -> Detector:
    folder = args.work / baseline.name
    for split, truths in (("validation", validation), ("test", test)):
        watch_clips(truths, folder / split, baseline.name, args.jobs, _tell(f"{baseline.title}, {split}"))
    traces = [read_trace(trace_path(path, folder / "validation")) for path in validation]
    tuned = tune(baseline.name, traces, [read_truth(path) for path in validation], TASK)
    results = folder / "results"
    results.mkdir(exist_ok=True)
    for path in test:
        told = tell_events(read_trace(trace_path(path, folder / "test")), tuned)
        (results / f"{stem_of(path)}{RESULT_SUFFIX}").write_text(json.dumps(told), encoding="utf-8")
    return Detector(
        evaluate(read_clips(test, results), baseline.title, TASK, has_classes=False),
        lambda clip: _watched(clip, baseline, tuned),
        None,
        f"{baseline.settings[tuned.setting]}, {tuned.gap_s} s apart, more than {tuned.threshold:.1f} {baseline.unit}",
        _speed(test[0], lambda path, truth: baseline.watch(open_clip(path, ClipOptions(mm_per_px=truth.mm_per_px)))),
    )


def _tell(what: str) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        print(f"\r{what}: {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return tell


def _speed(truth_path: Path, work: Callable[[Path, Any], object]) -> float:
    """Frames of the clip per second of processor time; the first run compiles and is not timed."""
    truth = read_truth(truth_path)
    path = truth_path.with_name(truth.clip)
    work(path, truth)
    begun = time.process_time()
    work(path, truth)
    return truth.timing.frames / (time.process_time() - begun)


def _analyzed(clip: RealClip, classifier: Classifier | None) -> dict[str, Any]:
    options = ClipOptions(mm_per_px=clip.mm_per_px)
    return result_to_dict(analyze(REAL / clip.name, options, classifier=classifier).result)


def _watched(clip: RealClip, baseline: Baseline, tuned: Tuned) -> dict[str, Any]:
    return tell_events(baseline.watch(open_clip(REAL / clip.name, ClipOptions(mm_per_px=clip.mm_per_px))), tuned)


def _told(result: dict[str, Any], threshold: float | None) -> list[tuple[float, float, bool]]:
    """Peaks and probabilities of all that was found, and whether it counts."""
    told = [(e["peak_s"], e.get("p_fasciculation", e["probability"]), True) for e in result["events"]]
    told += [(e["peak_s"], e.get("p_fasciculation", 1 - e["probability"]), False) for e in result["other_motion"]]
    return [(time_s, p, counted if threshold is None else p >= threshold) for time_s, p, counted in told]


def _real_clips() -> list[RealClip]:
    """List the real clips and what is known to be in them; see the index beside them."""
    labels = json.loads((REAL / "mmu_test_video.labels.json").read_text(encoding="utf-8"))
    twitches = tuple(event["peak_s"] for event in labels["events"])
    unclear = tuple((span["start_s"], span["end_s"]) for span in labels["not_scored"])
    return [
        RealClip("mmu_test_video.mp4", 0.08, "two large twitches, then rest", twitches, unclear),
        RealClip("evoked_twitch.gif", None, "one evoked twitch", (0.375,)),
        RealClip("flowave_brachial_pulse.mov", 0.0742, "pulse of an artery"),
        RealClip("gastroc_passive.mp4", 0.0883, "passive stretch"),
        RealClip("gastroc_isometric.mp4", 0.0883, "contraction and release"),
        RealClip("chestwall_probe_motion.mp4", None, "probe motion, breathing"),
        RealClip("copied_frames.mp4", None, "10 true frames a second"),
        RealClip("mpeg2_convex.mpeg", None, "small periodic jumps"),
        RealClip("variable_frame_rate.mp4", None, "probe moved over a phantom"),
        RealClip("frozen.mp4", None, "one image throughout"),
    ]


def _page(detectors: Sequence[Detector], also: Sequence[Evaluation], alone: Evaluation, tuned_on: int) -> str:
    from jinja2 import Environment, StrictUndefined

    evaluations = [detector.evaluation for detector in detectors]
    ours = evaluations[0]
    missed = [mistake for mistake in ours.mistakes if mistake.what == "missed"]
    false = [mistake for mistake in ours.mistakes if mistake.what == "false"]
    chosen = [[d.evaluation.name, d.tuned, f"{d.frames_per_s:.0f}"] for d in detectors]
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    return template.render(
        task=TASK,
        data=describe_data(ours),
        tuned_on=tuned_on,
        aims=_aims_table(evaluations),
        figures=figures_table(evaluations),
        pictures=PICTURES,
        limits=limits_table(ours.limits) if ours.limits else "",
        by_amplitude=amplitude_table(evaluations),
        hindrances=hindrances_table(ours.hindrances),
        unhindered=_unhindered(ours),
        breakdown=breakdown_table(ours.breakdown),
        f1_by_clip=comparison_table(evaluations, "f1"),
        look_alikes=look_alike_table(ours.by_look_alike),
        confusion=confusion_table(ours.scores),
        lenient=_lenient(ours),
        calibration=reliability_table(ours.reliability),
        alone=figures_table([ours, alone]),
        also=figures_table([ours, *also]) if also else "",
        pixel_mm=PIXEL_MM,
        most_hz=f"{MOST_HZ:g}",
        apart_s=APART_S,
        fewest_above=FEWEST_ABOVE,
        detectors=markdown(["detector", "chosen on validation clips", "frames/s on one core"], chosen),
        ablations=_ablations(),
        missed=len(missed),
        false_events=len(false),
        worst_told=WORST_TOLD,
        mistakes=mistakes_table([*missed[:WORST_TOLD], *false[:WORST_TOLD]]),
        real=_real(detectors, alone),
    )


def _unhindered(ours: Evaluation) -> str:
    """Tell what would be, were twitches neither too near each other nor too small for their clip."""
    rows = [row for row in ours.hindrances if row.what not in (NEAR_A_LARGER_ONE, IN_THE_NOISE)]
    twitches, missed, false = sum(row.twitches for row in rows), sum(row.missed for row in rows), ours.total.false
    found = twitches - missed
    return (
        f"Of the {twitches} that neither a larger twitch nor noise stood in the way of {found} are found "
        f"({found / twitches:.3f}); with all false events counted against these alone F1 would be "
        f"{2 * found / (2 * found + missed + false):.3f}."
    )


def _lenient(ours: Evaluation) -> str:
    """Tell what share of look-alikes were told right if any look-alike that was there were."""
    rows = ours.by_look_alike
    right = sum(row.told_right + row.told_as_there for row in rows)
    return f"{right / sum(row.number - row.left_nothing for row in rows):.3f}"


def _aims_table(evaluations: Sequence[Evaluation]) -> str:
    ours, *others = evaluations
    rows = []
    for name, aim, more in AIMS:
        label, decimals = LABELS[name]
        best = _best([e.figures[name] for e in others if name in e.figures], more=more)
        value = ours.figures[name].value
        reached = value >= aim if more else value <= aim
        by = "yes" if reached else f"no, by {abs(value - aim):.2g}"
        wanted = f"{'≥' if more else '≤'} {aim:g}"
        rows.append(
            [label, wanted, say(ours.figures[name], decimals), by, "–" if best is None else say(best, decimals)]
        )
    label, decimals = LABELS[SMALLEST]
    best = _best([e.figures[SMALLEST] for e in others], more=False)
    rows.append([label, "", say(ours.figures[SMALLEST], decimals), "", "–" if best is None else say(best, decimals)])
    return markdown(["", "aim", OURS, "reached", "best of the baselines"], rows)


def _best(estimates: Sequence[Estimate], *, more: bool) -> Estimate | None:
    known = [estimate for estimate in estimates if estimate.value == estimate.value]
    return (max if more else min)(known, key=lambda estimate: estimate.value, default=None)


def _ablations() -> str:
    if not ABLATIONS.exists():
        return ""
    rows = json.loads(ABLATIONS.read_text(encoding="utf-8"))
    told = [
        [row["name"], *("–" if row[figure] is None else f"{row[figure]:.3f}" for figure in ABLATION_FIGURES)]
        for row in rows
    ]
    return markdown(["trained", *ABLATION_FIGURES.values()], told)


def _real(detectors: Sequence[Detector], alone: Evaluation) -> str:
    if not REAL.is_dir():
        return ""
    ways = [(d.evaluation.name, d.on_real, d.threshold, bool(d.evaluation.reliability)) for d in detectors]
    ways.insert(1, (alone.name, lambda clip: _analyzed(clip, load_network()), None, True))
    rows = []
    for clip in _real_clips():
        told = [_tell_real(clip, _told(on_real(clip), threshold), likely) for _, on_real, threshold, likely in ways]
        rows.append([clip.name, clip.shows, str(len(clip.twitches_s)), *told])
    return markdown(["clip", "shows", "twitches", *(name for name, *_ in ways)], rows)


def _tell_real(clip: RealClip, found: list[tuple[float, float, bool]], likely: bool) -> str:
    """Tell hits, with their probabilities, the number of false events and the likeliest of what is none.

    What lies in unclear spans is left out; ``likely`` tells whether there are probabilities and not mere ranks.
    """
    judged = [one for one in found if not any(start <= one[0] < end for start, end in clip.not_scored)]
    near = [[one for one in judged if abs(one[0] - true) <= TASK.tolerance.seconds] for true in clip.twitches_s]
    hits = [next(p for _, p, counted in there if counted) for there in near if any(one[2] for one in there)]
    false = sum(counted for *_, counted in judged) - len(hits)
    said = f"{len(hits)} found{f' (p {_say(hits)})' if likely else ''}, " if hits else ""
    said = said or ("none found, " if clip.twitches_s else "")
    rest = [one[1] for one in judged if not any(one in there for there in near)]
    return f"{said}{false} false" + (f", else {max(rest):.2f} at most" if rest and likely else "")


def _say(probabilities: Sequence[float]) -> str:
    return ", ".join(f"{p:.2f}" for p in probabilities)


if __name__ == "__main__":
    main()

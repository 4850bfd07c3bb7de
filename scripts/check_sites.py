"""How well sites are told apart, and how often the test of time-locked pairs is wrong: the tables of docs/origin.md.

Usage: python scripts/check_sites.py [--seed 1] [--trials 300] [--render] [--clips DIR] [--most 60]

Epicentres get the error measured on simulated clips, maps are the simulator's patterns with noise, and trains of onsets
lose what the detector cannot see. With --render, some clips with locked pairs are made and analysed as well; with
--clips, those of a folder that have a truth.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, cycle, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import Clip, ClipOptions, Scale
from fasciscan.motion import Grid, lay_grid
from fasciscan.origin import Event, Favours, Origin, Territory, Trace, group_sites, lean_of
from fasciscan.origin.pairs import REACH_S, judge_lock
from fasciscan.origin.sites import join_nearest, map_likeness, pair_distances, places_mm
from fasciscan.pipeline import analyze
from fasciscan.score.clips import find_truths
from fasciscan.score.matching import Mark, match_events
from fasciscan.score.plots import Chart, Series, draw
from fasciscan.score.tables import markdown
from fasciscan.simulate import Scene, Twitch, random_scene, read_truth, write_clip
from fasciscan.simulate.broad.twitches import LARGE_MAJOR_MM
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.scene import CODECS
from fasciscan.simulate.truth import TrueEvent
from fasciscan.twitch import Kind
from fasciscan.twitch.distinct import APART_MM, SAME_MOMENT_S

PLOT = Path(__file__).resolve().parents[1] / "docs" / "images" / "sites-apart.svg"
WIDTH_MM, DEPTH_MM = 44.0, 38.0
LAYERS = Layers(skin_mm=2.0, muscle_top_mm=5.0, muscle_bottom_mm=35.0, bottom_mm=38.0)
MM_PER_PX = 0.1

DISTANCES_MM = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 12.0, 16.0)
SITE_COUNTS = (1, 2, 3, 4, 6)
SCENES = 30
"""For each distance and number of sites."""
EVENTS = (8, 40)
CHOICES = ((0.0, 4.5), (0.0, 5.0), (0.0, 6.0), (2.0, 5.0), (2.0, 6.0), (4.0, 5.0), (4.0, 6.0), (4.0, 7.0), (8.0, 6.0))
"""Weights of likeness and limits that were compared, in mm."""
CHOICE_DISTANCES_MM, CHOICE_COUNTS = (4.0, 5.0, 6.0, 8.0, 12.0), (2, 4)
UNIT_SEEDS = range(700000, 700150)
"""Scenes whose units are borrowed; no network was trained on them."""
UNIT_JITTER_MM, UNIT_JITTER_DEG, UNIT_JITTER = 0.4, 4.0, 0.15
"""How much a simulated unit's twitches differ: place, angle, amplitude; see ``fasciscan.simulate.broad``."""
EPICENTRE_SD_MM = (0.45, 1.5)
TAIL_SHARE = 0.15
"""Epicentres of 105 twitches found in development clips were off by 0.52 mm in the median, 1.6 mm at the 90th and 3.5
mm at the 99th percentile. Part of that was the same for all twitches of a site; here all of it differs."""
MAP_NOISE, MAP_NOISE_SPREAD = 0.05, 0.5
"""Noise of a map over the twitch's amplitude, and its spread (logarithmic). Chosen so that maps of one site correlate
about as they did there: by 0.74, 0.90 and 0.97 at the 5th, 50th and 95th percentile; here 0.65, 0.88 and 0.96."""

TRIALS = 300
RECORDINGS = ((10, 15.0), (20, 60.0), (50, 60.0), (100, 60.0))
"""Events and seconds."""
TRAIN_SITES = (2, 3, 4, 6)
SITE_DISTANCE_MM = 9.0
REST_S = 0.25
"""A site is not seen to twitch again sooner."""
BURST, BURST_GAP_S = 4.0, (0.25, 1.0)
"""Mean twitches in a burst, and the time between two of them."""
WAVE_S = 20.0
"""Period with which all sites are active and calm together in "rising and falling together"."""
CALM = 0.25
LOCK_SD_S = 0.028
"""Of the difference between the onsets of a locked pair: 20 ms of the detector's for each."""
LOCKED_SHARES = (0.1, 0.2, 0.4)
"""Of the events that are one of a locked pair."""
LEAN_TRIALS = 60
PAIR_CLIPS, PAIR_GAP_S, PAIR_SD_S, PAIR_MM, PAIR_LEAST_HZ = 36, (0.7, 2.5), 0.01, 0.2, 25.0
"""Rendered clips with pairs, the time between these, how far their onsets differ, their displacement, and the least
frame rate."""
LEAST_MATCHED = 3
"""Twitches of a clip that were found, for its sites to be scored."""

Train = Callable[[np.random.Generator, int, float], NDArray[np.float64]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trials", type=int, default=TRIALS, help="trains a row of the tables of pairs")
    parser.add_argument("--render", action="store_true", help="also make clips with locked pairs and analyse them")
    parser.add_argument("--clips", type=Path, help="folder of clips with truth, to analyse")
    parser.add_argument("--most", type=int, default=60, help="of these, the first so many")
    args = parser.parse_args()
    print(f"## Sites told apart (seed {args.seed})\n")
    tell_sites(np.random.default_rng([args.seed, 1]))
    print("\n## How the limit and the weight of likeness were chosen\n")
    tell_choice(np.random.default_rng([args.seed, 5]))
    print("\n## Time-locked pairs: p < 0.05 on independent trains, % of the clips that could be tested\n")
    tell_false_alarms(np.random.default_rng([args.seed, 2]), args.trials)
    print("\n## Time-locked pairs: power, % found at p < 0.05\n")
    tell_power(np.random.default_rng([args.seed, 3]), args.trials)
    print("\n## Leans on independent Poisson trains of stable units\n")
    tell_leans(np.random.default_rng([args.seed, 4]))
    if args.render:
        print(f"\n## Locked pairs in {PAIR_CLIPS} rendered clips\n")
        tell_rendered()
    if args.clips:
        print(f"\n## Clips of {args.clips}\n")
        tell_clips(find_truths(args.clips)[: args.most])


# Sites


def tell_sites(rng: np.random.Generator) -> None:
    """Print and draw the adjusted Rand index by distance and number of sites."""
    single = [score_scene(rng, 1, SITE_DISTANCE_MM) for _ in range(SCENES)]
    means = {
        count: [float(np.mean([score_scene(rng, count, mm) for _ in range(SCENES)])) for mm in DISTANCES_MM]
        for count in SITE_COUNTS
        if count > 1
    }
    rows = [["1", *[f"{np.mean(single):.2f}"] * len(DISTANCES_MM)]]
    rows += [[str(count), *(f"{value:.2f}" for value in values)] for count, values in means.items()]
    print(markdown(["sites", *(f"{mm:g} mm" for mm in DISTANCES_MM)], rows))
    series = [Series(f"{count} sites", list(zip(DISTANCES_MM, values, strict=True))) for count, values in means.items()]
    aim = Series("aim, from 8 mm on", [(8.0, 0.9), (DISTANCES_MM[-1], 0.9)], dashed=True)
    chart = Chart(
        "Sites told apart",
        "distance to the nearest site, mm",
        "adjusted Rand index",
        (DISTANCES_MM[0], DISTANCES_MM[-1]),
        (0.0, 1.0),
        [*series, aim],
    )
    PLOT.write_text(draw(chart), encoding="utf-8")


def score_scene(rng: np.random.Generator, count: int, apart_mm: float) -> float:
    """Tell the adjusted Rand index of the sites found among the repeats of some units."""
    true, events = draw_scene(rng, count, apart_mm)
    found, _ = group_sites(events, fake_grid())
    return rand_index(true, np.array([event.site for event in found]))


def draw_scene(rng: np.random.Generator, count: int, apart_mm: float) -> tuple[NDArray[np.integer], list[Event]]:
    """Repeats of some units, with the true site of each."""
    places = draw_places(rng, count, apart_mm, exact=True)
    number = int(rng.integers(EVENTS[0], EVENTS[1] + 1))
    true = rng.choice(count, number, p=rng.dirichlet(np.full(count, 2.0)))
    return true, draw_events(rng, places, true, np.arange(number, dtype=np.float64))


def tell_choice(rng: np.random.Generator) -> None:
    """Print the adjusted Rand index for other limits and weights of likeness."""
    scenes = {"1 site": [draw_scene(rng, 1, SITE_DISTANCE_MM) for _ in range(SCENES)]}
    for mm in CHOICE_DISTANCES_MM:
        scenes[f"{mm:g} mm"] = [draw_scene(rng, count, mm) for count in CHOICE_COUNTS for _ in range(SCENES // 2)]
    known = {
        name: [(true, places_mm(events, fake_grid()), map_likeness(events, fake_grid())) for true, events in drawn]
        for name, drawn in scenes.items()
    }
    rows = []
    for likeness_mm, limit_mm in CHOICES:
        means = []
        for drawn in known.values():
            indices = []
            for true, places, likeness in drawn:
                found = np.zeros(len(true), int)
                for n, group in enumerate(join_nearest(pair_distances(places, likeness, likeness_mm), limit_mm)):
                    found[group] = n
                indices.append(rand_index(true, found))
            means.append(f"{np.mean(indices):.2f}")
        rows.append([f"{likeness_mm:g} mm", f"{limit_mm:g} mm", *means])
    print(markdown(["weight of likeness", "limit", *known], rows))


def rand_index(true: NDArray[np.integer], found: NDArray[np.integer]) -> float:
    """Agreement of two groupings, 1 for the same and 0 as by chance (Hubert and Arabie 1985, J Classif 2:193)."""
    _, a = np.unique(true, return_inverse=True)
    _, b = np.unique(found, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    both, one, other = (np.sum(n * (n - 1) / 2) for n in (table, table.sum(axis=1), table.sum(axis=0)))
    chance = one * other / (len(true) * (len(true) - 1) / 2)
    most = (one + other) / 2
    return 1.0 if most == chance else float((both - chance) / (most - chance))


def draw_places(rng: np.random.Generator, count: int, apart_mm: float, *, exact: bool) -> list[NDArray[np.float64]]:
    """Places in the muscle at least so far apart; ``exact`` puts each just so far from another one."""
    low, high = np.array([6.0, 8.0]), np.array([WIDTH_MM - 6, DEPTH_MM - 8])
    while True:
        places = [rng.uniform(low, high)]
        for _ in range(300):
            if len(places) == count:
                return places
            turn = rng.uniform(0, 2 * np.pi)
            beside = places[int(rng.integers(len(places)))] + apart_mm * np.array([np.cos(turn), np.sin(turn)])
            new = beside if exact else rng.uniform(low, high)
            clear = all(np.linalg.norm(new - place) >= apart_mm - 1e-9 for place in places)
            if clear and np.all((new >= low - 2) & (new <= high + 2)):
                places.append(new)


def draw_events(
    rng: np.random.Generator, places: Sequence[NDArray[np.float64]], sites: NDArray[np.integer], onsets_s: NDArray
) -> list[Event]:
    """Events as the detector would find them: a borrowed unit at each place."""
    units = [borrowed_units()[int(rng.integers(len(borrowed_units())))] for _ in places]
    return [
        draw_event(rng, units[site], places[site], float(onset))
        for site, onset in zip(sites.tolist(), onsets_s, strict=True)
    ]


def draw_event(rng: np.random.Generator, unit: Twitch, place: NDArray[np.float64], onset_s: float) -> Event:
    """One twitch of a unit: a little beside, its place and map found with error."""
    x, y = place + rng.normal(0, UNIT_JITTER_MM, 2)
    size = unit.amplitude_mm * float(np.exp(rng.normal(0, UNIT_JITTER)))
    angle = unit.angle_deg + float(rng.normal(0, UNIT_JITTER_DEG))
    twitch = replace(unit, x_mm=float(x), y_mm=float(y), amplitude_mm=size, angle_deg=angle)
    sd = EPICENTRE_SD_MM[int(rng.random() < TAIL_SHARE)]
    x_mm, y_mm = rng.normal((x, y), sd).tolist()
    none = np.zeros(0)
    return Event(
        id=0,
        kind=Kind.FASCICULATION,
        probability=0.9,
        p_fasciculation=0.9,
        reason="",
        onset_s=onset_s,
        peak_s=onset_s + 0.08,
        offset_s=onset_s + 0.25,
        peak_frame=0,
        origin=Origin(x_mm / MM_PER_PX - 0.5, y_mm / MM_PER_PX - 0.5, sd / MM_PER_PX, x_mm, y_mm, sd),
        territory=Territory(100.0, 45.0, 0.0, 3500.0),
        peak_displacement_px=size / MM_PER_PX,
        peak_velocity_px_s=10.0,
        peak_displacement_mm=size,
        peak_velocity_mm_s=1.0,
        trace=Trace(none, none, None),
        moved=draw_map(rng, twitch),
    )


def draw_map(rng: np.random.Generator, twitch: Twitch) -> NDArray[np.float32]:
    """How far each cell moved, with noise that is blended over the cells as the flow is."""
    grid = fake_grid()
    x, y = np.meshgrid(grid.lateral_mm, grid.depth_mm)
    field = twitch.pattern(x, y, LAYERS)[:2]
    sd = twitch.amplitude_mm * MAP_NOISE * float(np.exp(rng.normal(0, MAP_NOISE_SPREAD)))
    noise = [cv2.blur(rng.normal(0, 1, x.shape), (3, 3)) for _ in range(2)]
    moved = np.hypot(*(field + sd * np.array([n / n.std() for n in noise])))
    return np.asarray(cv2.medianBlur(moved.astype(np.float32), 3), np.float32)


@cache
def fake_grid() -> Grid:
    """Cells of a millimetre over the made-up picture."""
    width, height = round(WIDTH_MM / MM_PER_PX), round(DEPTH_MM / MM_PER_PX)
    clip = Clip(
        Path("made up"), "", "", width, height, np.arange(10.0), "", np.zeros(10, bool),
        Scale(MM_PER_PX, MM_PER_PX, "user"), np.ones((height, width), bool), "user",
        source=None,  # pyright: ignore[reportArgumentType] - it is never read
    )  # fmt: skip
    return lay_grid(clip, 1.0)


@cache
def borrowed_units() -> list[Twitch]:
    """One twitch of each unit of some broad scenes, those that move most of the field left out."""
    units = {}
    for seed in UNIT_SEEDS:
        for twitch in random_scene(seed, "broad").twitches:
            if twitch.major_mm < LARGE_MAJOR_MM[0]:
                units[seed, twitch.site] = twitch
    return list(units.values())


# Time-locked pairs


@dataclass(frozen=True)
class Trains:
    """Onsets of some sites, as the detector would see them."""

    onsets_s: NDArray[np.float64]
    sites: NDArray[np.integer]
    places: list[NDArray[np.float64]]
    apart: NDArray[np.bool_]


def poisson(rng: np.random.Generator, count: int, exposure_s: float) -> NDArray[np.float64]:
    """Draw twitches at a constant rate."""
    return rng.uniform(0, exposure_s, count)


def bursts(rng: np.random.Generator, count: int, exposure_s: float) -> NDArray[np.float64]:
    """Draw twitches in bursts."""
    times: list[float] = []
    while len(times) < count:
        gaps = rng.uniform(*BURST_GAP_S, int(rng.geometric(1 / BURST)))
        times += (rng.uniform(0, exposure_s) + np.cumsum(gaps)).tolist()
    return np.array(times[:count]) % exposure_s


def together(rng: np.random.Generator, count: int, exposure_s: float) -> NDArray[np.float64]:
    """Draw twitches at a rate that rises and falls, as that of the other sites does."""
    times = rng.uniform(0, exposure_s, 20 * count + 50)
    keep = (np.sin(2 * np.pi * times / WAVE_S) > 0) | (rng.random(len(times)) < CALM)
    return times[keep][:count]


TRAINS: dict[str, Train] = {
    "at a constant rate": poisson,
    "in bursts": bursts,
    "rising and falling together": together,
}


def draw_trains(
    rng: np.random.Generator, count: int, events: int, exposure_s: float, train: Train, locked: float = 0.0
) -> Trains:
    """Trains of sites at random places, a share of the events in locked pairs at sites far enough apart."""
    places = draw_places(rng, count, SITE_DISTANCE_MM, exact=False)
    far = np.array([[np.linalg.norm(a - b) >= APART_MM for b in places] for a in places])
    pairs = round(locked * events / 2)
    numbers = rng.multinomial(events - pairs, rng.dirichlet(np.full(count, 2.0)))
    onsets = np.concatenate([train(rng, n, exposure_s) for n in numbers])
    sites = np.repeat(np.arange(count), numbers)
    able = np.flatnonzero(far[sites].any(axis=1))
    lead = rng.permutation(able)[:pairs]
    follow = np.array([rng.choice(np.flatnonzero(far[site])) for site in sites[lead]], dtype=np.intp)
    onsets = np.concatenate([onsets, onsets[lead] + rng.normal(0, LOCK_SD_S, len(lead))])
    sites = np.concatenate([sites, follow])
    inside = (onsets >= 0) & (onsets < exposure_s)
    return as_seen(rng, onsets[inside], sites[inside], places)


def as_seen(
    rng: np.random.Generator,
    onsets_s: NDArray[np.float64],
    sites: NDArray[np.integer],
    places: list[NDArray[np.float64]],
) -> Trains:
    """Lose what the detector tells as another view of one motion, and what a site does while it still moves."""
    found = np.array(places)[sites] + rng.normal(0, EPICENTRE_SD_MM[0], (len(sites), 2))
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1) >= APART_MM
    between = np.abs(onsets_s[:, None] - onsets_s[None])
    hidden = (~apart & (between <= SAME_MOMENT_S)) | ((sites[:, None] == sites[None]) & (between < REST_S))
    np.fill_diagonal(hidden, val=False)
    seen = np.ones(len(sites), bool)
    for n in rng.permutation(np.flatnonzero(hidden.any(axis=1))):
        if seen[n]:
            seen[hidden[n]] = False
    return Trains(onsets_s[seen], sites[seen], places, apart[np.ix_(seen, seen)])


def share_found(
    rng: np.random.Generator, trials: int, count: int, events: int, exposure_s: float, train: Train, locked: float = 0.0
) -> tuple[float, float]:
    """Percent of the trains that were tested with p < 0.05, and percent that could be tested."""
    found = []
    for _ in range(trials):
        drawn = draw_trains(rng, count, events, exposure_s, train, locked)
        outcome = judge_lock(drawn.onsets_s, drawn.sites, drawn.apart, exposure_s, rng)
        if outcome:
            found.append(outcome.p < 0.05)
    return (100 * float(np.mean(found)) if found else float("nan")), 100 * len(found) / trials


def tell_false_alarms(rng: np.random.Generator, trials: int) -> None:
    """Print how often independent trains pass for locked ones."""
    rows = []
    for name, train in TRAINS.items():
        every = []
        for events, exposure_s in RECORDINGS:
            told = [share_found(rng, trials, count, events, exposure_s, train) for count in TRAIN_SITES]
            every += told
            rows.append([name, f"{events} in {exposure_s:g} s", *(f"{share:.1f}" for share, _ in told)])
        mean = np.average([share for share, _ in every], weights=[tested for _, tested in every])
        rows.append([name, "all", f"{mean:.1f}", *[""] * (len(TRAIN_SITES) - 1)])
    print(markdown(["trains", "events", *(f"{count} sites" for count in TRAIN_SITES)], rows))


def tell_power(rng: np.random.Generator, trials: int) -> None:
    """Print how often locked pairs are found."""
    rows = []
    for events, exposure_s in RECORDINGS:
        for count in (2, 4):
            told = [share_found(rng, trials, count, events, exposure_s, poisson, locked) for locked in LOCKED_SHARES]
            rows.append([f"{events} in {exposure_s:g} s", str(count), *(f"{share:.0f}" for share, _ in told)])
    print(markdown(["events", "sites", *(f"{100 * share:.0f} % locked" for share in LOCKED_SHARES)], rows))


def tell_leans(rng: np.random.Generator) -> None:
    """Print what the indicators together lean to where there is nothing to lean to."""
    rows = []
    for events, exposure_s in RECORDINGS:
        leans = []
        for _ in range(LEAN_TRIALS):
            drawn = draw_trains(rng, 4, events, exposure_s, poisson)
            order = np.argsort(drawn.onsets_s)
            made = draw_events(rng, drawn.places, drawn.sites[order], drawn.onsets_s[order])
            stretches = ((0.0, exposure_s),)
            found, sites = group_sites(made, fake_grid(), stretches)
            leans.append(lean_of(found, sites, stretches, fake_grid(), rng).favours)
        rows.append([f"{events} in {exposure_s:g} s", *(str(leans.count(side)) for side in Favours)])
    print(markdown([f"events ({LEAN_TRIALS} clips, 4 sites)", *(str(side) for side in Favours)], rows))


# Clips


def tell_rendered() -> None:
    """Print how many locked pairs of equal twitches the detector sees, by how far apart they are."""
    seen = {"12 to 18 mm": np.zeros(3, int), "18 mm and more": np.zeros(3, int)}
    with tempfile.TemporaryDirectory() as folder:
        for scene, apart_mm in islice(paired_scenes(), PAIR_CLIPS):
            path = Path(folder) / f"clip{CODECS[scene.machine.codec]}"
            truth = write_clip(scene, path)
            result = analyze(path, ClipOptions(mm_per_px=truth.mm_per_px)).result
            true, found = as_marks(truth.twitches, truth.mm_per_px), as_marks(result.events, truth.mm_per_px)
            matched = dict(match_events(true, found).pairs)
            seen["12 to 18 mm" if apart_mm < 18 else "18 mm and more"] += count_pairs(true, found, matched)
    rows = [[name, *map(str, counts)] for name, counts in seen.items()]
    print(markdown(["apart", "true pairs", "found as pairs", "found that are none"], rows))


def paired_scenes() -> Iterator[tuple[Scene, float]]:
    """Broad scenes without look-alikes with two equal units that are locked at times, and their distance in mm.

    Every third moment both twitch, else one of them: two that always twitch together are told as the cores of one unit.
    """
    rng = np.random.default_rng(UNIT_SEEDS.start)
    for seed in UNIT_SEEDS:
        scene = random_scene(seed, "broad")
        units = list({twitch.site: twitch for twitch in scene.twitches if twitch.major_mm < LARGE_MAJOR_MM[0]}.values())
        for one, other in combinations(units, 2):
            apart_mm = float(np.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm))
            if apart_mm < APART_MM or scene.frame_rate_hz < PAIR_LEAST_HZ:
                continue
            twitches = []
            onsets = np.cumsum(rng.uniform(*PAIR_GAP_S, 30))  # irregular: a pulse is regular
            for onset, active in zip(onsets[onsets < scene.duration_s - 1], cycle([(0, 1), (0,), (1,)]), strict=False):
                at_s = float(onset), float(onset + rng.normal(0, PAIR_SD_S))
                twitches += [
                    replace(
                        (one, other)[n], onset_s=at_s[n], amplitude_mm=PAIR_MM, contraction_s=0.075, relaxation_s=0.15
                    )
                    for n in active
                ]
            yield replace(scene, twitches=tuple(twitches), look_alikes=()), apart_mm
            break


def tell_clips(truths: Sequence[Path]) -> None:
    """Print how well the sites of analysed clips are told apart, over the twitches that were found."""
    indices, sites, twitches, pairs = [], [], 0, np.zeros(3, int)
    for path in truths:
        truth = read_truth(path)
        if len(truth.twitches) < 2:
            continue
        result = analyze(path.parent / truth.clip, ClipOptions(mm_per_px=truth.mm_per_px)).result
        true, found = as_marks(truth.twitches, truth.mm_per_px), as_marks(result.events, truth.mm_per_px)
        matched = match_events(true, found).pairs
        pairs += count_pairs(true, found, dict(matched))
        sites += [site for site in result.sites if site.jaccard is not None]
        if len(matched) >= LEAST_MATCHED:
            twitches += len(matched)
            a, b = np.array([(truth.twitches[a].site, result.events[b].site) for a, b in matched]).T
            indices.append(rand_index(a, b))
    whole = np.mean(np.array(indices) == 1)
    print(f"{len(indices)} clips with {LEAST_MATCHED} twitches found or more, {twitches} in all: adjusted Rand index")
    print(f"{np.mean(indices):.3f} in the mean, {whole:.0%} of the clips without a mistake.")
    for name in ("jaccard", "shape_correlation"):
        low, middle, high = np.quantile([getattr(site, name) for site in sites], (0.1, 0.5, 0.9))
        print(f"{name} of {len(sites)} sites: {low:.2f}, {middle:.2f}, {high:.2f} (10, 50, 90 %).")
    print(
        f"Pairs within {1000 * REACH_S:.0f} ms, {APART_MM:.0f} mm apart or more: {pairs[0]} true, of these {pairs[1]}"
    )
    print(f"found as pairs; {pairs[2]} found that are none.")


def as_marks(events: Sequence[TrueEvent] | Sequence[Event], mm_per_px: float) -> list[Mark]:
    """Give moments and places of true or found events in mm of the whole frame."""
    places = [(e.x_px, e.y_px) if isinstance(e, TrueEvent) else (e.origin.x_px, e.origin.y_px) for e in events]
    return [
        Mark(e.onset_s, e.peak_s, (x or 0) * mm_per_px, (y or 0) * mm_per_px)
        for e, (x, y) in zip(events, places, strict=True)
    ]


def count_pairs(true: Sequence[Mark], found: Sequence[Mark], matched: dict[int, int]) -> tuple[int, int, int]:
    """Count true pairs, those of them found as pairs, and pairs found that are none."""
    real = [(a, b) for a, b in combinations(range(len(true)), 2) if is_pair(true[a], true[b])]
    seen = {(a, b) for a, b in combinations(range(len(found)), 2) if is_pair(found[a], found[b])}
    kept = {tuple(sorted((matched[a], matched[b]))) for a, b in real if a in matched and b in matched}
    return len(real), len(kept & seen), len(seen - kept)


def is_pair(one: Mark, other: Mark) -> bool:
    """Whether two began together at separate places."""
    apart_mm = np.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm)
    return bool(abs(one.onset_s - other.onset_s) < REACH_S and apart_mm >= APART_MM)


if __name__ == "__main__":
    main()

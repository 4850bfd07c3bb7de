"""Where in the nerve twitches may start: indicators with published support, and what they lean to. Exploratory.

No study validates any of them on ultrasound, or for a single twitch. The rule is therefore plain: each indicator that
could be judged speaks for one side with a weight, or for none. The lean leaves "indeterminate" only if two or more
speak for the same side and their weights exceed those of the other side by 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fasciscan.motion import Grid
from fasciscan.origin.events import Event
from fasciscan.origin.pairs import LEAST_EVENTS, REACH_S, LockedPairs, find_locked_pairs
from fasciscan.origin.sites import Site, judge_dispersion
from fasciscan.origin.stretches import Stretch, analysed_clock, total_s
from fasciscan.twitch.distinct import APART_MM

NEEDED = 0.5
"""By how much the weights of one side must exceed those of the other …"""
AGREEING = 2
"""… and how many indicators must speak for it: none decides alone."""
UNLIKELY_P = 0.05
PAIR_WEIGHTS = ((0.001, 1.0), (0.01, 0.7), (UNLIKELY_P, 0.4))
"""p below which time-locked pairs weigh so much. The only indicator that was compared between diseases with a stated
site of origin, so the only one that may weigh 1."""
POISSON_WEIGHTS = ((50, 0.3), (20, 0.2))
"""Intervals from which on a Poisson train weighs so much: with few, almost any train passes for one."""
STABLE_WEIGHT = 0.2
"""Units are stable early in ALS, but so are large units long after reinnervation (de Carvalho and Swash 1998)."""
VARYING_WEIGHT = 0.3
SITE_INTERVALS = 5
"""A site with fewer intervals does not take part in the interval shape."""
SITE_REPEATS = 5
"""A site with fewer events does not take part in the stability."""
REPEATED_JACCARD = 0.38
"""Rohlén 2023: the maps of all units matched with EMG overlapped by more than this."""
LEAST_COHERENT = 5
"""Twitches with a known direction coherence."""
COHERENCE_CUT = 5
"""Percent of the peak speed: at this cut-off the groups differed (Sugisawa 2026)."""
COHERENCE_ALS, COHERENCE_OTHERS = (0.534, 0.245), (0.627, 0.215)
"""Mean and standard deviation of the groups (Sugisawa 2026, mus.70338)."""
DRAWS = 2000
"""Simulated sets of intervals; p is told to 0.001."""
TONGUE = "tongue"


class Favours(StrEnum):
    """What evidence speaks for."""

    PROXIMAL = "proximal"
    DISTAL = "distal"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: what was found, what it is compared with, and what it may mean."""

    name: str
    """``"time-locked pairs"``, ``"interval shape"``, ``"same-site stability"``, ``"direction coherence"``,
    ``"clustering"``."""
    finding: str
    """In words, with the numbers."""
    value: float | None
    expected: float | None
    """What chance, or the group it is compared with, gives."""
    p: float | None
    favours: Favours
    weight: float
    """How much it counts, 0 to 1; 0 where there was too little to tell, or where no study says what it speaks for."""
    source: str
    caveat: str


@dataclass(frozen=True, slots=True)
class Lean:
    """What the indicators lean to, for one clip. Never shown without its evidence."""

    favours: Favours
    why: str
    """In one sentence."""
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class _Basis:
    """What an indicator rests on, and what it must never be shown without."""

    name: str
    source: str
    caveat: str


_PAIRS = _Basis(
    "time-locked pairs",
    "de Carvalho and Swash 2013 (JAMA Neurol 70:1562)",
    "Most frequent in benign fasciculation (44 % of the potentials; ALS 27 % before and 14 % after reinnervation, by"
    " two needles), so it is no sign of ALS. One large or split unit can look like a pair, a jolt of the limb can set"
    " off two twitches, and pairs less than 12 mm apart cannot be seen.",
)
_INTERVALS = _Basis(
    "interval shape",
    "Kleine 2008 (Neurology 70:353)",
    "A Poisson train does not exclude a neuronal origin: the preferred interval near 80 ms and the 5 ms doublets that"
    " speak for it cannot be seen, as twitches of one site less than some 0.1 s apart are one. Groups of twitches may"
    " be myokymia, and regular ones a slight voluntary contraction.",
)
_STABILITY = _Basis(
    "same-site stability",
    "Rohlén 2023 (J Neural Eng 20(4)); de Carvalho and Swash 1998 (Muscle Nerve 21:336)",
    "Stable units are found early in ALS and in benign fasciculation, but also long after reinnervation. Sites are told"
    " by likeness among other things, which favours stable ones; noise and a probe that moves lower it.",
)
_COHERENCE = _Basis(
    "direction coherence",
    "Sugisawa 2026 (Muscle & Nerve, mus.70338)",
    "Published as a difference between ALS and other diseases, not between places in the nerve, so it counts nothing"
    " here. The groups overlap widely, with a cut-off of 15 % they did not differ (p = .062), and the figure hangs on"
    " how motion is measured, so that of another system is no yardstick.",
)
_CLUSTERING = _Basis(
    "clustering",
    "index of dispersion (Cochran 1954, Biometrics 10:417); no study ties it to a place in the nerve",
    "Bursts occur with a cell body that fires in groups as with a terminal axon that does, and as a muscle calms down"
    " after being used: it counts nothing here, but makes the rate less sure.",
)
_OF_LIMBS = "In the tongue it says nothing of the nerve: the studies are of limb muscles. "


def lean_of(
    events: Sequence[Event],
    sites: Sequence[Site],
    stretches: Sequence[Stretch],
    grid: Grid,
    rng: np.random.Generator,
    muscle: str | None = None,
) -> Lean:
    """Judge all indicators of a clip and what they lean to.

    Parameters
    ----------
    events
        The twitches, with their ``site`` set.
    sites
        Their sites, with intervals.
    stretches
        When the clip could be analysed.
    grid
        The grid the events' maps lie on.
    rng
        Randomness of the tests; seed it by the clip, and the same clip gives the same result.
    muscle
        Name from the vocabulary of muscles. Of the tongue only what holds for it is told, and nothing leans: its
        fibres interlace and it moves as one, so neither separate sites nor a direction of their own are to be had, and
        the studies are of limb muscles.
    """
    clock = analysed_clock(np.array([event.onset_s for event in events]), stretches) if stretches else np.zeros(0)
    stability, clustering = _judge_stability(sites), _judge_clustering(clock, total_s(stretches))
    if muscle == TONGUE:
        return Lean(
            Favours.INDETERMINATE,
            "Indeterminate: the indicators were studied in limb muscles and do not carry over to the tongue.",
            (_without_weight(stability), clustering),
        )
    indicators = (
        _judge_pairs(find_locked_pairs(events, stretches, grid, rng)),
        _judge_intervals(sites, rng),
        stability,
        _judge_coherence(events),
        clustering,
    )
    return Lean(*weigh(indicators), indicators)


def weigh(indicators: Sequence[Indicator]) -> tuple[Favours, str]:
    """Add the indicators up: which side they lean to, and why in one sentence."""
    speaking = [i for i in indicators if i.weight > 0 and i.favours is not Favours.INDETERMINATE]
    if not speaking:
        return Favours.INDETERMINATE, "Indeterminate: no indicator could be judged, or none speaks for either side."
    for side in (Favours.PROXIMAL, Favours.DISTAL):
        agree = [i for i in speaking if i.favours is side]
        against = [i for i in speaking if i.favours is not side]
        margin = round(sum(i.weight for i in agree) - sum(i.weight for i in against), 3)
        if len(agree) >= AGREEING and margin >= NEEDED:
            but = f", against {_names(against)}" if against else ""
            return side, f"Favours {side}: {_names(agree)} agree{but}. Exploratory; no diagnosis follows from it."
    told = "; ".join(f"{i.name} speaks for {i.favours} ({i.weight:g})" for i in speaking)
    return Favours.INDETERMINATE, f"Indeterminate: {told}; two that agree and a margin of {NEEDED:g} are needed."


def _names(indicators: Sequence[Indicator]) -> str:
    return " and ".join(f"{i.name} ({i.weight:g})" for i in indicators)


def _indicator(
    basis: _Basis,
    finding: str,
    value: float | None = None,
    expected: float | None = None,
    p: float | None = None,
    favours: Favours = Favours.INDETERMINATE,
    weight: float = 0.0,
) -> Indicator:
    return Indicator(basis.name, finding, value, expected, p, favours, weight, basis.source, basis.caveat)


def _without_weight(indicator: Indicator) -> Indicator:
    return replace(indicator, favours=Favours.INDETERMINATE, weight=0.0, caveat=_OF_LIMBS + indicator.caveat)


def _judge_pairs(found: LockedPairs | None) -> Indicator:
    if found is None:
        finding = (
            f"Too little to test: it takes {LEAST_EVENTS} twitches at sites far enough apart ({APART_MM:.0f} mm) to be"
            " seen at the same moment."
        )
        return _indicator(_PAIRS, finding)
    finding = (
        f"{found.pairs} pairs of twitches at separate sites began within {1000 * REACH_S:.0f} ms; chance gives"
        f" {found.expected:.1f} (p = {found.p:.3f}, trains shifted against each other)."
        f" {100 * found.share:.0f} % of the {found.events} twitches that could have had a partner had one."
    )
    weight = next((weight for p, weight in PAIR_WEIGHTS if found.p < p), 0.0)
    side = Favours.PROXIMAL if weight else Favours.INDETERMINATE
    return _indicator(_PAIRS, finding, found.pairs, found.expected, found.p, side, weight)


def _judge_intervals(sites: Sequence[Site], rng: np.random.Generator) -> Indicator:
    """Compare the spread of intervals with that of Poisson trains whose site rests for a while after each twitch."""
    told = [site.intervals.values_s for site in sites if site.intervals]
    trains = [np.array(values) for values in told if len(values) >= SITE_INTERVALS]
    count = sum(map(len, trains))
    weight = next((weight for least, weight in POISSON_WEIGHTS if count >= least), 0.0)
    if not weight:
        least = POISSON_WEIGHTS[-1][0]
        finding = f"Too little to test: {count} intervals at sites with {SITE_INTERVALS} or more; {least} are needed."
        return _indicator(_INTERVALS, finding)
    spread = float(pooled_variation(trains))
    drawn = pooled_variation([rng.exponential(1.0, (DRAWS, len(train))) for train in trains])
    higher = float((1 + np.count_nonzero(drawn >= spread)) / (1 + DRAWS))
    lower = float((1 + np.count_nonzero(drawn <= spread)) / (1 + DRAWS))
    p, expected = min(1.0, 2 * min(higher, lower)), float(np.mean(drawn))
    fits = p >= UNLIKELY_P
    shape = "fit a Poisson train" if fits else "come in bursts" if higher < lower else "are regular"
    shortest_s = min(float(train.min()) for train in trains)
    finding = (
        f"{count} intervals at {len(trains)} sites {shape}: variation {spread:.2f}, {expected:.2f} for a Poisson train"
        f" (p = {p:.3f}); the shortest is {1000 * shortest_s:.0f} ms."
    )
    side = Favours.DISTAL if fits else Favours.INDETERMINATE
    return _indicator(_INTERVALS, finding, spread, expected, p, side, weight if fits else 0.0)


def pooled_variation(trains: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Coefficient of variation of intervals beyond the shortest of their site, each site scaled to its own mean.

    Parameters
    ----------
    trains
        Arrays (..., n) of intervals; n may differ.

    Returns
    -------
    (...) ndarray
        About 1 for Poisson trains, whatever their rates and dead times.
    """
    beyond = [train - train.min(axis=-1, keepdims=True) for train in trains]
    scaled = np.concatenate([b / np.maximum(b.mean(axis=-1, keepdims=True), 1e-9) for b in beyond], axis=-1)
    return scaled.std(axis=-1)


def _judge_stability(sites: Sequence[Site]) -> Indicator:
    repeated = [site for site in sites if site.count >= SITE_REPEATS]
    overlaps = [site.jaccard for site in repeated if site.jaccard is not None]
    shapes = [site.shape_correlation for site in repeated if site.shape_correlation is not None]
    if not overlaps:
        return _indicator(_STABILITY, f"Too little to tell: no site has {SITE_REPEATS} twitches.")
    median = float(np.median(overlaps))
    stable = sum(overlap > REPEATED_JACCARD for overlap in overlaps)
    correlate = f"; the maps correlate by {np.median(shapes):.2f}" if shapes else ""
    finding = (
        f"At {stable} of {len(overlaps)} sites with {SITE_REPEATS} or more twitches the areas that moved, cut at half"
        f" height, overlap by more than {REPEATED_JACCARD} (median {median:.2f}){correlate}."
    )
    if stable == len(overlaps):
        return _indicator(_STABILITY, finding, median, REPEATED_JACCARD, None, Favours.PROXIMAL, STABLE_WEIGHT)
    if 2 * stable <= len(overlaps):
        return _indicator(_STABILITY, finding, median, REPEATED_JACCARD, None, Favours.DISTAL, VARYING_WEIGHT)
    return _indicator(_STABILITY, finding, median, REPEATED_JACCARD)


def _judge_coherence(events: Sequence[Event]) -> Indicator:
    known = [e.kinematics.coherence.get(COHERENCE_CUT) for e in events if e.kinematics is not None]
    values = [value for value in known if value is not None]
    if len(values) < LEAST_COHERENT:
        finding = f"Too little to tell: known for {len(values)} twitches; {LEAST_COHERENT} are needed."
        return _indicator(_COHERENCE, finding)
    (als, als_sd), (others, others_sd) = COHERENCE_ALS, COHERENCE_OTHERS
    mean = float(np.mean(values))
    finding = (
        f"{mean:.2f} ± {np.std(values, ddof=1):.2f} over {len(values)} twitches at the {COHERENCE_CUT} % cut-off;"
        f" published: ALS {als} ± {als_sd}, others {others} ± {others_sd}."
    )
    return _indicator(_COHERENCE, finding, mean, others)


def _judge_clustering(onsets_s: NDArray[np.float64], exposure_s: float) -> Indicator:
    spread = judge_dispersion(onsets_s, exposure_s)
    if spread is None:
        return _indicator(_CLUSTERING, f"Too little to test: {len(onsets_s)} twitches; ten are needed.")
    told = "come in bursts" if spread.p < UNLIKELY_P else "are spread as by chance"
    finding = (
        f"Twitches {told}: the counts of {spread.windows} windows vary {spread.index:.2f} times as much as a constant"
        f" rate makes them (p = {spread.p:.3f})."
    )
    return _indicator(_CLUSTERING, finding, spread.index, 1.0, spread.p)

"""Labelled examples: what was measured of clips, with what each candidate truly is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fasciscan.learn.labels import Found, Labels, label_by_review, label_by_truth, label_each
from fasciscan.learn.measure import QUANTUM, SPARE
from fasciscan.learn.prepare import moving_of, open_kept
from fasciscan.learn.reviews import as_truth, read_review
from fasciscan.learn.sources import Source
from fasciscan.score.clips import TRUTH_SUFFIX
from fasciscan.simulate import Truth, read_truth
from fasciscan.twitch.judge.glance import Glance
from fasciscan.twitch.judge.measures import MEASURES
from fasciscan.twitch.judge.patches import CELLS, LONG_STEPS, MOVING, STEPS, STILL, SURROUNDINGS, Patches


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What training and evaluation need to know of a clip beside its examples."""

    duration_s: float
    truth: Truth
    """What is true of it, or what a person said of it in the same form."""
    grid_mm_per_px: tuple[float, float]
    """Size of a pixel (x, y) on the grid it was measured on: another one where the scale was withheld."""
    had_candidate: tuple[bool, ...]
    """Of each true twitch: whether there was anything for the network to judge."""
    reviewed_s: tuple[tuple[float, float], ...] | None = None
    """Stretches, apart, of which it is known all that is true; None for the whole clip."""

    @property
    def exposure_s(self) -> float:
        """Seconds of which it is known all that is true."""
        return self.duration_s if self.reviewed_s is None else sum(end - start for start, end in self.reviewed_s)

    def is_known(self, time_s: float) -> bool:
        """Whether it is known all that is true of a time."""
        return self.reviewed_s is None or any(start <= time_s < end for start, end in self.reviewed_s)


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled candidates of many clips. n examples, in the order of the clips."""

    moving: NDArray[np.int8]
    """(n, channels, STEPS + 2 SPARE, CELLS + 2 SPARE, CELLS + 2 SPARE), in units of :data:`QUANTUM`."""
    still: NDArray[np.float16]
    """(n, channels, CELLS + 2 SPARE, CELLS + 2 SPARE)."""
    surroundings: NDArray[np.float16]
    measures: NDArray[np.float32]
    kind: NDArray[np.int64]
    weight: NDArray[np.float32]
    shift_mm: NDArray[np.float32]
    """(n, 2) from the candidate's cell to the true epicentre in mm of the grid, (x, y); nan where it is no twitch."""
    onset_s: NDArray[np.float64]
    peak_s: NDArray[np.float64]
    place_px: NDArray[np.float64]
    """(n, 2) of the candidate's cell."""
    pitch_mm: NDArray[np.float32]
    """(n, 2) distance between cells, (x, y)."""
    glance: Glance
    """Tells which of them the network looks at."""
    at_a_glance: NDArray[np.float32]
    """(n, 6) probabilities by the glance."""
    clip: NDArray[np.int64]
    """(n,) position in ``clips``."""
    views: NDArray[np.int64]
    """(pairs, 2) the first would be dropped as another view of the second, were that believed first."""
    clips: tuple[ClipFacts, ...]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) whether the network looks at it."""
        return self.glance.leaves_open(self.at_a_glance)

    def patches(self, rows: NDArray[np.integer] | slice) -> Patches:
        """Return some examples as the network sees them, neither shifted nor mirrored."""
        inner = slice(SPARE, -SPARE)
        return Patches(
            self.moving[rows][:, :, inner, inner, inner].astype(np.float32) * np.float32(QUANTUM),
            self.still[rows][:, :, inner, inner].astype(np.float32),
            self.surroundings[rows].astype(np.float32),
            self.measures[rows],
        )


class Measured(NamedTuple):
    """All candidates of some clips by their measures alone."""

    measures: NDArray[np.float32]
    kind: NDArray[np.int64]
    weight: NDArray[np.float32]


def load_measures(prepared: Mapping[Source, Path]) -> Measured:
    """Load the measures of what :func:`prepare` kept of clips, and label them."""
    parts = []
    for source, file in prepared.items():
        with open_kept(file) as kept:
            labels, *_ = _label(source, kept)
            parts.append((kept["measures"], labels.kind, labels.weight))
    return Measured(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def load_facts(prepared: Mapping[Source, Path]) -> list[ClipFacts]:
    """Load what :func:`prepare` found out about clips as a whole."""
    return [_read_facts(source, file)[0] for source, file in prepared.items()]


def load_examples(prepared: Mapping[Source, Path], glance: Glance, most: int | None = None) -> Examples:
    """Load what :func:`prepare` kept of clips, and label it.

    Parameters
    ----------
    prepared
        The clips with their files.
    glance
        Which candidates the network looks at.
    most
        Take only those, and of a clip's that have to do with no twitch at most so many, drawn by a fixed seed: a
        tremor leaves hundreds that tell no more than a few do. ``views`` is then empty. By default all are taken.
    """
    read = [_read_kept(source, file, glance, most, n) for n, (source, file) in enumerate(prepared.items())]
    starts = np.concatenate([[0], np.cumsum([len(labels.rows) for labels in read])])
    n, long, wide = int(starts[-1]), STEPS + 2 * SPARE, CELLS + 2 * SPARE
    # Filled in place: all clips at once, and each of them besides, would take twice the memory.
    examples = Examples(
        moving=np.empty((n, len(MOVING), long, wide, wide), np.int8),
        still=np.empty((n, len(STILL), wide, wide), np.float16),
        surroundings=np.empty((n, len(SURROUNDINGS), LONG_STEPS), np.float16),
        measures=np.empty((n, len(MEASURES)), np.float32),
        kind=np.concatenate([part.labels.kind[part.rows] for part in read]),
        weight=np.concatenate([part.labels.weight[part.rows] for part in read]),
        shift_mm=np.concatenate([part.labels.shift_px[part.rows] * part.facts.grid_mm_per_px for part in read]),
        onset_s=np.empty(n),
        peak_s=np.empty(n),
        place_px=np.empty((n, 2)),
        pitch_mm=np.empty((n, 2), np.float32),
        glance=glance,
        at_a_glance=np.concatenate([part.at_a_glance[part.rows] for part in read]),
        clip=np.repeat(np.arange(len(read)), np.diff(starts)),
        views=np.concatenate([part.views + start for part, start in zip(read, starts[:-1], strict=True)]),
        clips=tuple(part.facts for part in read),
    )
    for part, file, start, end in zip(read, prepared.values(), starts[:-1], starts[1:], strict=True):
        with open_kept(file) as kept:
            for name in ("still", "surroundings", "measures", "onset_s", "peak_s", "place_px"):
                getattr(examples, name)[start:end] = kept[name][part.rows]
            examples.pitch_mm[start:end] = kept["pitch_mm"]
        # Of a clip's patches one in nine is taken, and they are nearly all there is to read.
        examples.moving[start:end] = np.load(moving_of(file), mmap_mode="r")[part.rows]
    return examples


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a clip's candidates before their patches are loaded."""

    facts: ClipFacts
    labels: Labels
    at_a_glance: NDArray[np.float32]
    """(n, 6) probabilities."""
    rows: NDArray[np.int64]
    """Which of them are taken."""
    views: NDArray[np.int64]


def _read_facts(source: Source, file: Path) -> tuple[ClipFacts, Labels]:
    with open_kept(file) as kept:
        labels, truth, reviewed_s = _label(source, kept)
        x, y = (float(mm) for mm in kept["grid_mm_per_px"])
        had = tuple(labels.had_candidate.tolist())
        return ClipFacts(float(kept["duration_s"]), truth, (x, y), had, reviewed_s), labels


def _read_kept(source: Source, file: Path, glance: Glance, most: int | None, number: int) -> _Kept:
    facts, labels = _read_facts(source, file)
    with open_kept(file) as kept:
        at_a_glance = glance.judge(kept["measures"]).astype(np.float32)
        rows, views = np.arange(len(labels.kind)), kept["views"]
    if most is not None:
        seen = glance.leaves_open(at_a_glance)
        others = np.random.default_rng(number).permutation(np.flatnonzero(seen & ~labels.settled))[:most]
        rows, views = np.sort(np.concatenate([np.flatnonzero(seen & labels.settled), others])), views[:0]
    return _Kept(facts, labels, at_a_glance, rows, views)


def _label(source: Source, kept: Mapping[str, NDArray]) -> tuple[Labels, Truth, tuple[tuple[float, float], ...] | None]:
    """Label one clip's candidates, those of each look by themselves, since a twitch may be seen by either.

    Tell its truth too, and the stretches in which that is all there is.
    """
    place = kept["place_px"]
    found = Found(kept["peak_s"], place[:, 0], place[:, 1], kept["height_mm"])
    if source.told_by.name.endswith(TRUTH_SUFFIX):
        truth = read_truth(source.told_by)
        return label_each(partial(label_by_truth, truth=truth), found, kept["steadied"]), truth, None
    review, duration_s = read_review(source.told_by), float(kept["duration_s"])
    within_s = tuple((start, min(end, duration_s)) for start, end in review.reviewed_s if start < duration_s)
    labels = label_each(partial(label_by_review, review=review), found, kept["steadied"])
    return labels, as_truth(review, duration_s), within_s

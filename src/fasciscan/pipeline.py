"""The way from clip to result: open, measure, find, judge, count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from fasciscan import __version__
from fasciscan.clip import (
    Clip,
    ClipOptions,
    Frame,
    FrameSource,
    Unusable,
    is_erased,
    judge_quality,
    mark_at_rest,
    mark_refreshed,
    open_clip,
    printable,
    warn_of_hidden,
    warn_of_lost_frames,
)
from fasciscan.clip.copies import clip_end
from fasciscan.clip.quality import Quality
from fasciscan.errors import naming
from fasciscan.exam import ClipResult, ClipSummary, Muscle, Provenance, poisson_rate
from fasciscan.exam.muscles import name_muscle
from fasciscan.motion import (
    FrameLog,
    Grid,
    MotionConfig,
    MotionMaps,
    Raster,
    draw_raster,
    join_logs,
    join_rasters,
    join_stretches,
    lay_grid,
    measure_motion,
    restless_stretches,
)
from fasciscan.origin import (
    Event,
    Lean,
    MuscleRegion,
    Site,
    Stretch,
    analysed_stretches,
    describe_event,
    find_layers,
    group_sites,
    lean_of,
    part_by_region,
    part_second_cores,
    read_muscle_region,
)
from fasciscan.twitch import (
    CandidateConfig,
    Classifier,
    Kind,
    detection_limit_mm,
    load_classifier,
    look_twice,
)

_TELL_EVERY = 20
"""Frames between two words of progress."""


@dataclass(frozen=True, slots=True)
class Config:
    """All that can be set about an analysis, a section a station."""

    motion: MotionConfig = field(default_factory=MotionConfig)
    candidates: CandidateConfig = field(default_factory=CandidateConfig)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A result with what the reports draw it from."""

    clip: Clip
    result: ClipResult
    raster: Raster


def analyze(
    path: str | Path,
    options: ClipOptions = ClipOptions(),  # noqa: B008 - frozen
    *,
    muscle: Muscle | None = None,
    config: Config = Config(),
    classifier: Classifier | None = None,
    command: str = "",
    progress: Callable[[float], None] | None = None,
) -> Analysis:
    """Analyse a clip: measure its motion, find the twitches, count them.

    Parameters
    ----------
    path
        Clip file, or folder of images.
    options
        What the user says about the clip.
    muscle
        Which muscle it shows.
    config
        Settings.
    classifier
        What tells twitches from look-alikes; by default the network that ships, with the rule beside it.
    command
        The command line, for the provenance.
    progress
        Called with the share of the clip done, 0 to 1.

    Raises
    ------
    ClipError
        If the clip cannot be read or shows too little tissue.
    FasciscanError
        If the network that ships is missing or damaged.
    """
    classifier = classifier or load_classifier()
    clip = open_clip(Path(path), options)
    grid = lay_grid(clip, config.motion.cell_mm)
    with naming(clip.path):
        region = read_muscle_region(clip, options.muscle_region, grid)
    watched = replace(clip, source=_Watched(clip.source, clip.frame_count, progress)) if progress else clip
    in_turn = partial(_analyze_block, config=config, classifier=classifier)
    # By map, which lets go of a block before it asks for the next: two at a time would be 100 MB more.
    blocks = list(map(in_turn, measure_motion(watched, grid, config.motion)))

    log = join_logs([block.log for block in blocks])
    moving = join_stretches([stretch for block in blocks for stretch in block.restless])
    events = [event for block in blocks for event in block.events]
    key_frames = clip.key_frames[log.index]
    erased = is_erased(log.difference[~key_frames], log.unchanged[~key_frames])
    copied = log.copied | mark_refreshed(log.difference, key_frames)
    if events:  # else nothing tells tissue at rest from an image that is frozen
        copied &= ~mark_at_rest(log.times_s, log.difference, log.unchanged, erased)
    quality = judge_quality(log.times_s, copied, log.contrast, moving, clip.times_s)
    found = _number([_unless_excluded(event, quality.unusable) for event in events])
    twitches, elsewhere = part_by_region([event for event in found if event.kind is Kind.FASCICULATION], region)
    others = [event for event in found if event.kind is not Kind.FASCICULATION]
    stretches = _analysed(log, quality)
    twitches, sites, second_cores = _group_units(twitches, grid, stretches)
    exposure_s = quality.exposure_s
    limit_mm = _detection_limit(blocks) if exposure_s > 0 and not erased else None
    known_limit_mm = limit_mm if grid.calibrated else None
    result = ClipResult(
        clip=_summary(clip, grid, region, log, quality),
        muscle=muscle,
        exposure_s=exposure_s,
        excluded=quality.unusable,
        count=len(twitches),
        rate_per_min=poisson_rate(len(twitches), exposure_s) if exposure_s > 0 else None,
        events=tuple(twitches),
        other_motion=tuple(sorted([*others, *elsewhere, *second_cores], key=lambda event: event.id)),
        sites=tuple(sites),
        warnings=(
            *clip.warnings,
            *warn_of_lost_frames(clip, len(log.index)),
            *quality.warnings,
            *warn_of_hidden(known_limit_mm, erased),
        ),
        provenance=Provenance(__version__, command, asdict(config), classifier.sha256, classifier.name),
        origin_lean=_lean(clip, muscle, twitches, sites, stretches, grid),
        detection_limit_px=None if limit_mm is None else limit_mm / grid.px_mm,
        detection_limit_mm=known_limit_mm,
    )
    return Analysis(clip, result, join_rasters([block.raster for block in blocks]))


@dataclass(frozen=True, slots=True)
class _Block:
    """What remains of a block of maps once it is analysed."""

    log: FrameLog
    events: list[Event]
    restless: list[Unusable]
    raster: Raster
    limit_mm: float | None


def _analyze_block(maps: MotionMaps, config: Config, classifier: Classifier) -> _Block:
    seen = look_twice(maps, config.candidates, classifier)
    layers = find_layers(maps.picture, maps.grid)
    events = [describe_event(*motion, layers) for motion in seen.motions]
    restless = restless_stretches(maps, seen.steadied.field)
    return _Block(maps.log, events, restless, draw_raster(maps), detection_limit_mm(maps))


def _detection_limit(blocks: list[_Block]) -> float | None:
    """Mean of the blocks, each weighing as many frames as it has."""
    told = [(block.limit_mm, len(block.log.index)) for block in blocks if block.limit_mm is not None]
    frames = sum(count for _, count in told)
    return sum(limit_mm * count for limit_mm, count in told) / frames if frames else None


class _Watched:
    """A source of frames that tells how far it is."""

    def __init__(self, source: FrameSource, count: int, progress: Callable[[float], None]):
        self._source, self._count, self._progress = source, count, progress

    def frames(self) -> Iterator[Frame]:
        for n, frame in enumerate(self._source.frames()):
            if n % _TELL_EVERY == 0:
                self._progress(n / max(self._count, 1))
            yield frame
        self._progress(1.0)


def _unless_excluded(event: Event, unusable: tuple[Unusable, ...]) -> Event:
    """Make no twitch of what lies in a stretch that does not count as exposure."""
    for stretch in unusable:
        if event.kind is Kind.FASCICULATION and stretch.start_s <= event.peak_s < stretch.end_s:
            reason = f"in a stretch that cannot be analysed: {stretch.why}"
            return replace(
                event, kind=Kind.ARTEFACT, probability=1.0, p_fasciculation=0.0, reason=reason, kinematics=None
            )
    return event


def _group_units(
    twitches: list[Event], grid: Grid, stretches: tuple[Stretch, ...]
) -> tuple[list[Event], list[Site], list[Event]]:
    """Group twitches into sites; give back apart those that are a second core of a unit that counts already."""
    placed, sites = group_sites(twitches, grid, stretches)
    counted, second_cores = part_second_cores(placed)
    if second_cores:
        counted, sites = group_sites(counted, grid, stretches)
    return counted, sites, second_cores


def _analysed(log: FrameLog, quality: Quality) -> tuple[Stretch, ...]:
    if quality.exposure_s <= 0:
        return ()
    return analysed_stretches(float(log.times_s[0]), clip_end(log.times_s), quality.unusable)


def _lean(
    clip: Clip,
    muscle: Muscle | None,
    twitches: list[Event],
    sites: list[Site],
    stretches: tuple[Stretch, ...],
    grid: Grid,
) -> Lean | None:
    """Judge where in the nerve twitches may start; the same clip always draws the same shifts."""
    if not twitches:
        return None
    rng = np.random.default_rng(int(clip.sha256, 16))
    return lean_of(twitches, sites, stretches, grid, rng, name_muscle(muscle.name).name if muscle else None)


def _number(events: list[Event]) -> list[Event]:
    return [replace(event, id=n) for n, event in enumerate(sorted(events, key=lambda e: e.peak_s), 1)]


def _summary(clip: Clip, grid: Grid, region: MuscleRegion, log: FrameLog, quality: Quality) -> ClipSummary:
    x, y = grid.pitch_mm
    return ClipSummary(
        path=printable(clip.path),
        sha256=clip.sha256,
        codec=clip.codec,
        width=clip.width,
        height=clip.height,
        frames=len(log.index),
        copied_frames=quality.copied_frames,
        duration_s=clip.duration_s,
        frame_rate_hz=quality.true_rate_hz,
        nominal_rate_hz=quality.nominal_rate_hz,
        timing_source=clip.timing_source,
        mm_per_px=grid.mm_per_px if clip.scale else None,
        calibration_source=clip.scale.source if clip.scale else None,
        mask_source=clip.mask_source,
        tissue_area_mm2=float(np.count_nonzero(region.cells(grid)) * x * y) if clip.scale else None,
    )

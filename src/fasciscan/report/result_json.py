"""The result as JSON: stable, since others read it. ``clip.schema.json`` beside this file is the promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fasciscan.clip.records import Clip
from fasciscan.exam.counts import Rate
from fasciscan.exam.result import ClipResult, ClipSummary, Site
from fasciscan.motion.raster import Raster
from fasciscan.origin.events import Event, Kinematics, Origin, Setting, Territory
from fasciscan.origin.lean import Indicator, Lean
from fasciscan.origin.sites import Intervals
from fasciscan.report.words import EXPLORATORY

SCHEMA = "fasciscan.clip/1"
SCHEMA_PATH = Path(__file__).with_name("clip.schema.json")

# Decimals that are told. A frame lasts 10 ms or more and flow is good to 0.05 px, so what is cut off is noise.
SECONDS = 4
PIXELS = 2
MILLIMETRES = 3
SHARES = 4
DEGREES = 1
GREY_LEVELS = 1
P_VALUES = 6


def write_json(clip: Clip, result: ClipResult, raster: Raster, path: Path) -> None:  # noqa: ARG001
    """Write the result of a clip to `path` as JSON."""
    text = json.dumps(result_to_dict(result), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def result_to_dict(result: ClipResult) -> dict[str, Any]:
    """Turn a result into what its JSON file holds.

    Every length is there in pixels and, where the clip has a scale, in millimetres; without one ``*_mm`` are null.
    Displacement traces stay out: they are pictures for the page, and would make up most of the file.

    Parameters
    ----------
    result
        The result of one clip.

    Returns
    -------
    dict
        Valid under ``clip.schema.json``.
    """
    return {
        "schema": SCHEMA,
        "clip": _clip(result.clip),
        "muscle": None if result.muscle is None else {"name": result.muscle.name, "side": result.muscle.side},
        "exposure_s": round(result.exposure_s, SECONDS),
        "excluded": [
            {"start_s": round(stretch.start_s, SECONDS), "end_s": round(stretch.end_s, SECONDS), "why": stretch.why}
            for stretch in result.excluded
        ],
        "detection_limit_px": _rounded(result.detection_limit_px, MILLIMETRES),
        "detection_limit_mm": _rounded(result.detection_limit_mm, MILLIMETRES),
        "count": result.count,
        "rate_per_min": rate_to_dict(result.rate_per_min),
        "events": [_event(event) for event in result.events],
        "other_motion": [_other_motion(event) for event in result.other_motion],
        "sites": [_site(site) for site in result.sites],
        "origin_lean": _origin_lean(result.origin_lean),
        "warnings": list(result.warnings),
        "provenance": {
            "version": result.provenance.version,
            "command": result.provenance.command,
            "config": result.provenance.config,
            "model_sha256": result.provenance.model_sha256,
            "classifier": result.provenance.classifier,
        },
    }


def _clip(clip: ClipSummary) -> dict[str, Any]:
    return {
        "path": clip.path,
        "sha256": clip.sha256,
        "codec": clip.codec,
        "width": clip.width,
        "height": clip.height,
        "frames": clip.frames,
        "copied_frames": clip.copied_frames,
        "duration_s": round(clip.duration_s, SECONDS),
        "frame_rate_hz": round(clip.frame_rate_hz, MILLIMETRES),
        "nominal_rate_hz": round(clip.nominal_rate_hz, MILLIMETRES),
        "timing_source": clip.timing_source,
        # Not rounded: every millimetre below is made with it.
        "mm_per_px": None if clip.mm_per_px is None else list(clip.mm_per_px),
        "calibration_source": clip.calibration_source,
        "mask_source": clip.mask_source,
        "tissue_area_mm2": _rounded(clip.tissue_area_mm2, PIXELS),
    }


def rate_to_dict(rate: Rate | None) -> dict[str, Any] | None:
    """Turn a rate into what the JSON of a clip and of an exam tell of it; None where there is none."""
    if rate is None:
        return None
    return {
        "value": round(rate.value, SHARES),
        "low": round(rate.low, SHARES),
        "high": round(rate.high, SHARES),
        "level": rate.level,
        "method": rate.method,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": str(event.kind),
        "probability": round(event.probability, SHARES),
        "p_fasciculation": round(event.p_fasciculation, SHARES),
        "reason": event.reason,
        "onset_s": round(event.onset_s, SECONDS),
        "peak_s": round(event.peak_s, SECONDS),
        "offset_s": round(event.offset_s, SECONDS),
        "peak_frame": int(event.peak_frame),
        "origin": _origin(event.origin),
        "territory": _territory(event.territory),
        "peak_displacement_px": round(event.peak_displacement_px, MILLIMETRES),
        "peak_displacement_mm": _rounded(event.peak_displacement_mm, SHARES),
        "peak_velocity_px_s": round(event.peak_velocity_px_s, PIXELS),
        "peak_velocity_mm_s": _rounded(event.peak_velocity_mm_s, MILLIMETRES),
        "site": event.site,
        "kinematics": _kinematics(event.kinematics),
        "setting": _setting(event.setting),
    }


def _origin(origin: Origin) -> dict[str, float | None]:
    return {
        "x_px": round(origin.x_px, PIXELS),
        "y_px": round(origin.y_px, PIXELS),
        "sd_px": round(origin.sd_px, PIXELS),
        "x_mm": _rounded(origin.x_mm, MILLIMETRES),
        "y_mm": _rounded(origin.y_mm, MILLIMETRES),
        "sd_mm": _rounded(origin.sd_mm, MILLIMETRES),
    }


def _territory(territory: Territory) -> dict[str, float | None]:
    return {
        "major_px": round(territory.major_px, PIXELS),
        "minor_px": round(territory.minor_px, PIXELS),
        "angle_deg": round(territory.angle_deg, PIXELS),
        "area_px": round(territory.area_px, PIXELS),
        "major_mm": _rounded(territory.major_mm, MILLIMETRES),
        "minor_mm": _rounded(territory.minor_mm, MILLIMETRES),
        "area_mm2": _rounded(territory.area_mm2, MILLIMETRES),
    }


def _kinematics(kinematics: Kinematics | None) -> dict[str, Any] | None:
    if kinematics is None:
        return None
    marks = kinematics.landmarks
    return {
        "landmarks": {
            "start_s": _rounded(marks.start_s, SECONDS),
            "peak_contraction_s": _rounded(marks.peak_contraction_s, SECONDS),
            "reversal_s": _rounded(marks.reversal_s, SECONDS),
            "peak_relaxation_s": _rounded(marks.peak_relaxation_s, SECONDS),
            "end_s": _rounded(marks.end_s, SECONDS),
        },
        "missing": marks.missing,
        "durations": {
            "total_s": _rounded(marks.total_s, SECONDS),
            "contraction_s": _rounded(marks.contraction_s, SECONDS),
            "relaxation_s": _rounded(marks.relaxation_s, SECONDS),
        },
        "peak_contraction_frame": kinematics.peak_contraction_frame,
        "contraction_velocity_px_s": _rounded(kinematics.contraction_velocity_px_s, PIXELS),
        "contraction_velocity_mm_s": _rounded(kinematics.contraction_velocity_mm_s, MILLIMETRES),
        "relaxation_velocity_px_s": _rounded(kinematics.relaxation_velocity_px_s, PIXELS),
        "relaxation_velocity_mm_s": _rounded(kinematics.relaxation_velocity_mm_s, MILLIMETRES),
        "direction_deg": round(kinematics.direction_deg, DEGREES),
        "coherence": {str(cut): _rounded(value, SHARES) for cut, value in kinematics.coherence.items()},
        "active_share": round(kinematics.active_share, SHARES),
        "active_px": round(kinematics.active_px, PIXELS),
        "active_mm2": _rounded(kinematics.active_mm2, MILLIMETRES),
        "onset_spread_s": _rounded(kinematics.onset_spread_s, SECONDS),
    }


def _setting(setting: Setting | None) -> dict[str, Any] | None:
    if setting is None:
        return None
    return {
        "depth_px": round(setting.depth_px, PIXELS),
        "depth_mm": _rounded(setting.depth_mm, MILLIMETRES),
        "layer": setting.layer,
        "echogenicity": round(setting.echogenicity, GREY_LEVELS),
        "relative_echogenicity": round(setting.relative_echogenicity, SHARES),
    }


def _other_motion(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": str(event.kind),
        "probability": round(event.probability, SHARES),
        "p_fasciculation": round(event.p_fasciculation, SHARES),
        "reason": event.reason,
        "onset_s": round(event.onset_s, SECONDS),
        "peak_s": round(event.peak_s, SECONDS),
        "offset_s": round(event.offset_s, SECONDS),
        "x_px": round(event.origin.x_px, PIXELS),
        "y_px": round(event.origin.y_px, PIXELS),
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "id": site.id,
        "x_px": round(site.x_px, PIXELS),
        "y_px": round(site.y_px, PIXELS),
        "x_mm": _rounded(site.x_mm, MILLIMETRES),
        "y_mm": _rounded(site.y_mm, MILLIMETRES),
        "count": site.count,
        "intervals": _intervals(site.intervals),
        "dispersion": _rounded(site.dispersion, SHARES),
        "jaccard": _rounded(site.jaccard, SHARES),
        "shape_correlation": _rounded(site.shape_correlation, SHARES),
    }


def _intervals(intervals: Intervals | None) -> dict[str, Any] | None:
    if intervals is None:
        return None
    return {
        "values_s": [round(value, SECONDS) for value in intervals.values_s],
        "median_s": _rounded(intervals.median_s, SECONDS),
        "variation": _rounded(intervals.variation, SHARES),
        "doublets": intervals.doublets,
    }


def _origin_lean(lean: Lean | None) -> dict[str, Any] | None:
    """Tell the lean with its note: it must not leave the program without."""
    if lean is None:
        return None
    return {
        "note": " ".join(EXPLORATORY),
        "favours": str(lean.favours),
        "why": lean.why,
        "indicators": [_indicator(indicator) for indicator in lean.indicators],
    }


def _indicator(indicator: Indicator) -> dict[str, Any]:
    return {
        "name": indicator.name,
        "finding": indicator.finding,
        "value": _rounded(indicator.value, SHARES),
        "expected": _rounded(indicator.expected, SHARES),
        "p": _rounded(indicator.p, P_VALUES),
        "favours": str(indicator.favours),
        "weight": round(indicator.weight, SHARES),
        "source": indicator.source,
        "caveat": indicator.caveat,
    }


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)

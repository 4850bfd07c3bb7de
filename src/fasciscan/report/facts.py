"""What the reader sees in a clip, line by line, for ``fasciscan info``."""

from __future__ import annotations

from fasciscan.clip import Description, Quality
from fasciscan.report.words import say_seconds


def say_facts(clip: Description) -> list[tuple[str, str]]:
    """Tell a clip as pairs of what and how, in the order a reader asks.

    Parameters
    ----------
    clip
        The clip in figures.

    Returns
    -------
    list of (str, str)
        A name and a value each; a name may come more than once.
    """
    quality = clip.quality
    left, top, width, height = clip.tissue_box_px
    share = 100 * clip.tissue_share
    return [
        ("picture", f"{clip.width} × {clip.height} px, {clip.codec}"),
        ("frames", _say_frames(clip)),
        ("length", f"{say_seconds(clip.duration_s)}, times from {clip.timing_source}"),
        *([("key frames", f"{clip.key_frames}")] if clip.key_frames else []),
        ("rate", f"{quality.true_rate_hz:.1f} new images per second; the file says {quality.nominal_rate_hz:.1f}"),
        ("scale", _say_scale(clip)),
        ("tissue", f"{width} × {height} px at ({left}, {top}), {share:.0f} % of the picture, {clip.mask_source}"),
        ("analysable", f"{say_seconds(quality.exposure_s)} of {say_seconds(clip.duration_s)}"),
        *_left_out(quality),
        *(("warning", warning) for warning in clip.warnings),
    ]


def _say_frames(clip: Description) -> str:
    told = f"{clip.frames_read}"
    if clip.frames_read != clip.frames_promised:
        told += f" read of {clip.frames_promised} promised"
    if copied := clip.quality.copied_frames:
        told += f", {copied} of them {'a copy' if copied == 1 else 'copies'}"
    return told


def _say_scale(clip: Description) -> str:
    if clip.scale is None:
        return "unknown"
    return f"{clip.scale.x_mm_per_px:.4f} × {clip.scale.y_mm_per_px:.4f} mm/px, {clip.scale.source}"


def _left_out(quality: Quality) -> list[tuple[str, str]]:
    return [("left out", f"{gap.start_s:.2f} to {gap.end_s:.2f} s: {gap.why}") for gap in quality.unusable]

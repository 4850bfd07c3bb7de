"""The pictures of an evaluation as small SVG files: no plotting library is needed to draw lines and dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite, log10

from fasciscan.report.axes import Axis, Tick

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart by colour-blind readers too (Okabe M, Ito K. Color universal design. 2008)."""
GREY, INK, PAPER = "#c9ced3", "#222b33", "#ffffff"
# Layout in units of the picture.
WIDTH, HEIGHT = 560, 380
LEFT, RIGHT, TOP, BOTTOM = 62, 400, 36, 326
LEGEND_X = 412
TICKS = 6
LOG_TICKS = (0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2)


@dataclass(frozen=True, slots=True)
class Series:
    """One line or cloud of dots."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows: its words, the ends of its axes, and what is drawn in it."""

    title: str
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    series: Sequence[Series]
    x_log: bool = False


def draw(chart: Chart) -> str:
    """Draw a chart as the text of an SVG file, on white, so that it reads on dark pages too."""
    low, high = chart.x_range
    across = Axis(log10(low), log10(high), LEFT, RIGHT) if chart.x_log else Axis(low, high, LEFT, RIGHT)
    up = Axis(*chart.y_range, BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        _text(LEFT, 20, chart.title, "start", 14),
        *_axes(chart, across, up),
    ]
    for i, series in enumerate(chart.series):
        colour = COLOURS[i % len(COLOURS)]
        points = [
            (across.at(log10(x) if chart.x_log else x), up.at(y))
            for x, y in series.points
            if isfinite(x) and isfinite(y)
        ]
        parts += _dots(points, colour) if series.dots else [_line(points, colour, dashed=series.dashed)]
        if series.name:
            y = TOP + 10 + 20 * i
            parts.append(f'<rect x="{LEGEND_X}" y="{y - 9}" width="12" height="10" fill="{colour}"/>')
            parts.append(_text(LEGEND_X + 18, y, series.name, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _axes(chart: Chart, across: Axis, up: Axis) -> list[str]:
    low, high = chart.x_range
    if chart.x_log:
        x_ticks = [Tick(across.at(log10(value)), f"{value:g}") for value in LOG_TICKS if low <= value <= high]
    else:
        x_ticks = across.ticks(TICKS)
    parts = []
    for tick in x_ticks:
        parts.append(_rule(tick.at, TOP, tick.at, BOTTOM))
        parts.append(_text(tick.at, BOTTOM + 17, tick.label, "middle"))
    for tick in up.ticks(TICKS):
        parts.append(_rule(LEFT, tick.at, RIGHT, tick.at))
        parts.append(_text(LEFT - 7, tick.at + 4, tick.label, "end"))
    parts.append(_text((LEFT + RIGHT) / 2, HEIGHT - 14, chart.x_label, "middle"))
    middle = (TOP + BOTTOM) / 2
    parts.append(f'<g transform="rotate(-90 16 {middle})">{_text(16, middle, chart.y_label, "middle")}</g>')
    return parts


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GREY}" stroke-width="0.7"/>'


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dots(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}" fill-opacity="0.55"/>' for x, y in points]


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'

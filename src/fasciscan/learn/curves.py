"""A small SVG of how a training went, to see at a glance whether it has settled or learnt by heart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, MARGIN = 640, 320, 44
_COLOURS = ("#1f6fb4", "#c4541c", "#4b8b3b")
_TICKS = 4
_FONT = 'font-family="sans-serif" font-size="12"'


def draw_curves(curves: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw curves over their epochs, counted from 1.

    Parameters
    ----------
    curves
        Values by name.
    path
        SVG to write.
    """
    values = np.concatenate([np.asarray(curve, float) for curve in curves.values()])
    low, high = float(values.min()), float(max(values.max(), values.min() + 1e-6))
    longest = max(len(curve) for curve in curves.values())

    def x(epoch: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (epoch - 1) / max(longest - 1, 1)

    def y(value: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - low) / (high - low)

    end = WIDTH - MARGIN
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {_FONT}>']
    parts.append(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>')
    for value in np.linspace(low, high, _TICKS):
        parts.append(f'<path d="M{MARGIN} {y(value):.1f}H{end}" stroke="#ddd"/>')
        parts.append(f'<text x="{MARGIN - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    for n, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        points = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in enumerate(curve, 1))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        line = MARGIN - 24 + 14 * n
        parts.append(f'<text x="{end}" y="{line}" text-anchor="end" fill="{colour}">{escape(name)}</text>')
    under = f'y="{HEIGHT - MARGIN + 18}" text-anchor="middle"'
    parts.append(f'<text x="{x(longest):.1f}" {under}>{longest}</text>')
    parts.append(f'<text x="{WIDTH / 2}" {under}>loss by epoch</text></svg>')
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")

"""Batches for training: examples in a new order each time, shifted, mirrored and disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fasciscan.learn.examples import Examples
from fasciscan.learn.measure import QUANTUM, SPARE
from fasciscan.twitch.judge.measures import MEASURES
from fasciscan.twitch.judge.patches import CELLS, MOVING, STEPS, STILL, SURROUNDINGS, Patches, mirror

GAIN_SD = 0.15
"""By which the noise of a place may be misjudged (ln); the vectors scale with it."""
MEASURE_SD = 0.1
"""Disturbance of each measure, in its standard deviations."""
DROPPED_SHARE = 0.05
"""Of the channels of the surroundings and of the measures: none may decide alone."""
BLIND_SHARE = 0.05
"""Of the examples that see nothing of their surroundings, as at the ends of a clip."""

_VECTORS = [n for n, name in enumerate(MOVING) if name.endswith((" x", " y"))]
_TURNED = [SURROUNDINGS.index(name) for name in ("rigid x", "rigid y")]
_LENGTHS = [n for n, name in enumerate(SURROUNDINGS) if not name.endswith(("measured", "change", "confidence"))]


class Batch(NamedTuple):
    """Examples as tensors."""

    inputs: tuple[Tensor, Tensor, Tensor, Tensor]
    """As :class:`fasciscan.learn.network.TwitchNet` takes them."""
    kind: Tensor
    weight: Tensor
    shift_mm: Tensor
    """(n, 2), nan where it is no twitch."""

    def to(self, device: torch.device) -> Batch:
        """Move to a device."""
        return Batch(tuple(part.to(device) for part in self.inputs), *(part.to(device) for part in self[1:]))  # pyright: ignore[reportArgumentType]


def plain_batches(examples: Examples, size: int) -> Iterator[Batch]:
    """Yield the examples that the network looks at as they are, in order."""
    looked_at = np.flatnonzero(examples.seen)
    for start in range(0, len(looked_at), size):
        rows = looked_at[start : start + size]
        yield _to_tensors(
            examples.patches(rows), examples.kind[rows], examples.weight[rows], examples.shift_mm[rows]
        )  # fmt: skip


def drawn_batches(examples: Examples, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Yield all examples that have a weight once, in a new order and disturbed.

    Parameters
    ----------
    examples
        What to learn from.
    size
        Of a batch; the last, if smaller, is left out.
    rng
        Decides the order and the disturbances.

    Yields
    ------
    Batch
    """
    spread = examples.measures.std(axis=0)
    order = rng.permutation(np.flatnonzero(examples.seen & (examples.weight > 0)))
    for start in range(0, max(len(order) - size, 0) + 1, size):
        rows = order[start : start + size]
        steps, down, right = rng.integers(-SPARE, SPARE + 1, (3, len(rows)))
        patches = _disturb(_shifted(examples, rows, steps, down, right), spread, rng)
        shift_mm = examples.shift_mm[rows] - np.stack([right, down], axis=1) * examples.pitch_mm[rows]
        turned = rng.random(len(rows)) < 0.5
        patches = _where(turned, mirror(patches), patches)
        shift_mm[turned, 0] *= -1
        yield _to_tensors(patches, examples.kind[rows], examples.weight[rows], shift_mm)


def _shifted(examples: Examples, rows: NDArray, steps: NDArray, down: NDArray, right: NDArray) -> Patches:
    """Cut each patch with its middle moved by so many steps and cells."""
    moving = np.empty((len(rows), len(MOVING), STEPS, CELLS, CELLS), np.int8)
    still = np.empty((len(rows), len(STILL), CELLS, CELLS), np.float16)
    for n, row in enumerate(rows):
        t, y, x = SPARE + steps[n], SPARE + down[n], SPARE + right[n]
        moving[n] = examples.moving[row, :, t : t + STEPS, y : y + CELLS, x : x + CELLS]
        still[n] = examples.still[row, :, y : y + CELLS, x : x + CELLS]
    return Patches(
        moving.astype(np.float32) * np.float32(QUANTUM),
        still.astype(np.float32),
        examples.surroundings[rows].astype(np.float32),
        examples.measures[rows].copy(),
    )


def _disturb(patches: Patches, spread: NDArray, rng: np.random.Generator) -> Patches:
    """Change in place what differs between recordings of the same motion."""
    n = len(patches)
    gain = np.exp(rng.normal(0, GAIN_SD, n)).astype(np.float32)
    # A unit that pulls the other way is as likely; the path and what lies along it point the way of the motion already.
    way = rng.choice(np.array([-1, 1], np.float32), n)
    patches.moving[:, _VECTORS] *= (way * gain)[:, None, None, None, None]
    patches.surroundings[:, _TURNED] *= way[:, None, None]
    patches.surroundings[:, _LENGTHS] *= gain[:, None, None]
    seen = rng.random((n, len(SURROUNDINGS))) >= DROPPED_SHARE
    seen &= rng.random((n, 1)) >= BLIND_SHARE
    patches.surroundings[:] *= seen[..., None]
    patches.measures[:] += rng.normal(0, MEASURE_SD, (n, len(MEASURES))) * spread
    return patches


def _where(chosen: NDArray[np.bool_], some: Patches, others: Patches) -> Patches:
    return Patches(
        *(
            np.where(chosen.reshape(-1, *(1,) * (a.ndim - 1)), a, b)
            for a, b in (
                (some.moving, others.moving),
                (some.still, others.still),
                (some.surroundings, others.surroundings),
                (some.measures, others.measures),
            )
        )
    )


def _to_tensors(patches: Patches, kind: NDArray, weight: NDArray, shift_mm: NDArray) -> Batch:
    parts = (patches.moving, patches.still, patches.surroundings, patches.measures)
    return Batch(
        tuple(torch.from_numpy(np.ascontiguousarray(part, np.float32)) for part in parts),  # pyright: ignore[reportArgumentType]
        torch.from_numpy(kind),
        torch.from_numpy(weight),
        torch.from_numpy(np.ascontiguousarray(shift_mm, np.float32)),
    )

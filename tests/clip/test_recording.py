"""Pictures that were looked at are not read again, and nobody notices."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscan.clip.recording import Begun


class Counted:
    """Five pictures in one buffer, as decoders lend them, and how many were read."""

    def __init__(self):
        self.read = 0

    def stream(self):
        buffer = np.zeros((2, 2), np.uint8)
        for position in range(5):
            self.read += 1
            buffer[:] = position
            yield position, buffer

    def spread(self, count):
        yield from [np.full((2, 2), 9, np.uint8)] * count


def values(stream) -> list[tuple[int, int]]:
    return [(position, int(luma[0, 0])) for position, luma in stream]


@pytest.mark.parametrize("looked_at", [0, 3, 5, 8])
def test_whoever_reads_first_goes_on_where_the_look_ended(looked_at):
    counted = Counted()
    pictures = Begun(counted)

    assert [int(luma[0, 0]) for luma in pictures.look(looked_at)] == list(range(min(looked_at, 5)))
    assert values(pictures.stream()) == [(n, n) for n in range(5)]
    assert counted.read == 5


def test_later_readers_start_anew_also_where_the_first_gave_up():
    pictures = Begun(Counted())
    pictures.look(2)
    next(pictures.stream())

    for _ in range(2):
        assert values(pictures.stream()) == [(n, n) for n in range(5)]


def test_two_readers_at_once_each_see_all():
    pictures = Begun(Counted())
    pictures.look(2)
    one, other = pictures.stream(), pictures.stream()

    assert [(a[0], b[0]) for a, b in zip(one, other, strict=True)] == [(n, n) for n in range(5)]

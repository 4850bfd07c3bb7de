"""JPEG pictures, decoded by OpenCV on two threads, a few ahead of the reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from fasciscan.clip.recording import Luma

Label = TypeVar("Label")
JPEG_THREADS = 2
"""OpenCV's JPEG decoder lets go of Python's lock, and two of them are 2.3 times as fast as FFmpeg's."""
JPEG_LOOKAHEAD = 6
"""JPEG pictures under way at once: enough to keep the threads busy, few enough to need no memory."""
JPEG_END = b"\xff\xd9"
JPEG_PADDING = 32
"""The end mark lies within so many last bytes that are not zero: some writers add a few of their own."""


def decode_jpegs(pictures: Iterable[tuple[Label, bytes]]) -> Iterator[tuple[Label, Luma]]:
    """Decode labelled JPEG pictures in order; broken ones are passed over."""
    pending: deque[tuple[Label, Future[Luma | None]]] = deque()
    with ThreadPoolExecutor(JPEG_THREADS) as threads:
        for label, data in pictures:
            pending.append((label, threads.submit(decode_jpeg, data)))
            if len(pending) >= JPEG_LOOKAHEAD:
                yield from _finish(pending.popleft())
        while pending:
            yield from _finish(pending.popleft())


def decode_jpeg(data: bytes) -> Luma | None:
    """Grey levels of a JPEG picture, (height, width), or None where it is broken."""
    import cv2

    data = data.rstrip(b"\0")  # AVI and DICOM fill up to even lengths, to sectors, or to one size for all pictures
    if JPEG_END not in data[-JPEG_PADDING:]:
        return None
    luma = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if luma is None else luma.astype(np.uint8, copy=False)


def _finish(item: tuple[Label, Future[Luma | None]]) -> Iterator[tuple[Label, Luma]]:
    label, future = item
    luma = future.result()
    if luma is not None:
        yield label, luma

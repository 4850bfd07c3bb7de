"""Changes clips as another machine, setting or export might have, analyses each change, and tells what counts in it.

Usage: python scripts/check_changed.py CLIP[=MM_PER_PX] … [--model FILE|rule|network] [--jobs 2]

A clip in which the same counts whatever is changed is judged on more than chance. Frames are taken as evenly spaced.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from fasciscan.clip import ClipOptions
from fasciscan.pipeline import analyze
from fasciscan.processes import in_processes
from fasciscan.twitch import load_classifier

Picture = NDArray[np.uint8]
"""(height, width)"""


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a clip."""

    picture: Callable[[Picture], Picture] = lambda picture: picture
    size: float = 1.0
    """By which the pictures become larger."""
    told: float = 1.0
    """By which the size of a pixel is told too large."""
    every: int = 1
    """Only each so manieth frame is kept."""
    crf: int = 18


def gamma(power: float) -> Callable[[Picture], Picture]:
    greys = np.round(255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return lambda picture: greys[picture]


def noise() -> Callable[[Picture], Picture]:
    generator = np.random.default_rng(1)

    def add(picture: Picture) -> Picture:
        return np.clip(picture + generator.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)

    return add


def contrast(picture: Picture) -> Picture:
    return np.clip(1.3 * (picture.astype(np.float32) - 20), 0, 255).astype(np.uint8)


CHANGES = {
    "mirrored": Change(lambda picture: picture[:, ::-1]),
    "brighter": Change(gamma(0.6)),
    "darker": Change(gamma(1.6)),
    "more contrast": Change(contrast),
    "noise of 6 grey levels": Change(noise()),
    "an eighth cut off each side": Change(lambda picture: picture[:, picture.shape[1] // 8 : -(picture.shape[1] // 8)]),
    "3 px cut off": Change(lambda picture: picture[3:, 3:]),
    **{f"pictures × {size}": Change(size=size) for size in (0.7, 0.85, 1.2, 1.4)},
    "scale 10 % too small": Change(told=0.9),
    "scale 10 % too large": Change(told=1.1),
    "half the frames": Change(every=2),
    "H.264 at crf 30": Change(crf=30),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("--model")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    for _, line in in_processes(partial(tell, model=args.model), list(product(args.clips, CHANGES)), args.jobs):
        print(line.result(), flush=True)


def tell(changed_clip: tuple[str, str], model: str | None) -> str:
    """Analyse a changed clip; tell when and how surely something counts, and the likeliest of what does not."""
    clip, change = changed_clip
    name, _, scale = clip.partition("=")
    with TemporaryDirectory() as folder:
        changed = Path(folder) / "changed.mp4"
        write(Path(name), changed, CHANGES[change])
        mm_per_px = float(scale) * CHANGES[change].told / CHANGES[change].size if scale else None
        result = analyze(changed, ClipOptions(mm_per_px=mm_per_px), classifier=load_classifier(model)).result
    counted = ", ".join(f"{event.peak_s:.2f} s ({event.probability:.2f})" for event in result.events) or "none"
    rest = max((event.p_fasciculation for event in result.other_motion), default=0.0)
    return f"{Path(name).name}, {change}: {counted}; else {rest:.2f} at most"


def write(source: Path, changed: Path, change: Change) -> None:
    with av.open(str(source)) as original, av.open(str(changed), "w") as container:
        frames = original.decode(original.streams.video[0])
        rate = original.streams.video[0].average_rate or Fraction(25)
        stream = container.add_stream("libx264", rate=(rate / change.every).limit_denominator(1000))
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(change.crf), "preset": "veryfast"}
        for frame in islice(frames, 0, None, change.every):
            picture = resized(change.picture(frame.to_ndarray(format="gray").astype(np.uint8)), change.size)
            if not stream.codec_context.is_open:
                stream.height, stream.width = picture.shape
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode())


def resized(picture: Picture, size: float) -> Picture:
    """Resize to even sides, as the codec asks for."""
    height, width = (round(side * size) // 2 * 2 for side in picture.shape)
    if size == 1:
        return np.ascontiguousarray(picture[:height, :width])
    how = cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


if __name__ == "__main__":
    main()

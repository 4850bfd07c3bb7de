"""Small speckled clips with known content, written in any format."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

REAL_CLIPS = Path(__file__).resolve().parents[3] / "shared" / "clips"


def make_speckle(
    count: int, height: int = 96, width: int = 128, *, seed: int = 0, noise: float = 4.0
) -> NDArray[np.uint8]:
    """(count, height, width) fixed speckle that breathes up and down by 2 px, with fresh noise in each frame."""
    rng = np.random.default_rng(seed)
    texture = gaussian_filter(rng.normal(size=(height + 8, width)), (1.2, 1.8))
    texture = 90 + 45 * texture / texture.std()
    frames = np.empty((count, height, width), np.uint8)
    for i in range(count):
        shift = 4 + round(2 * np.sin(i / 3))
        picture = texture[shift : shift + height] + noise * rng.normal(size=(height, width))
        frames[i] = np.clip(picture, 0, 255)
    return frames


def write_video(
    path: Path,
    frames: NDArray[np.uint8],
    codec: str,
    *,
    rate: int = 30,
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    container_format: str | None = None,
    stamps: list[int] | None = None,
    title: str | None = None,
    aspect: Fraction = Fraction(1),
) -> Path:
    """Encode grey frames; `stamps` are presentation times in milliseconds."""
    with av.open(str(path), "w", format=container_format) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        if title is not None:
            out.metadata["title"] = title
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        stream.codec_context.sample_aspect_ratio = aspect
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for i, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray").reformat(format=pixels)
            if stamps is not None:
                frame.pts, frame.time_base = stamps[i], Fraction(1, 1000)
            else:
                frame.pts, frame.time_base = i, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def speckle():
    return make_speckle


@pytest.fixture(scope="session")
def encode():
    return write_video


@pytest.fixture(scope="session")
def real_clip():
    """Path of a real clip by name; the test is skipped where the clips are not at hand."""

    def find(name: str) -> Path:
        path = REAL_CLIPS / name
        if not path.exists():
            pytest.skip(f"the real clip {name} is not at ../shared/clips")
        return path

    return find

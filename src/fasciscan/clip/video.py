"""Video files through PyAV: the luma plane of each frame as it was decoded, and the times and key frames of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.stream import Disposition
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from fasciscan.clip.jpeg import decode_jpegs
from fasciscan.clip.recording import Luma, Recording, check_size, spread_positions
from fasciscan.clip.timing import Timing, assumed_timing, timing_from_stamps
from fasciscan.clip.turn import Turn, turn_of
from fasciscan.errors import ClipError

DECODER_THREADS = 2
"""FFmpeg's frame threads. Two keep pace with the flow kernel; more would take cores from other clips."""
LEAST_SHARED_BYTES = 1000
"""Mean size of coded frames from which on a second thread pays: a still 512×512 clip of 370 bytes a frame takes 1.7
times as much processor time with two, since handing a frame on costs as much as decoding it; one of 5,700 bytes 1.1."""
BYTE_BITS = 8
TEXT_FORMAT = "tty"
"""FFmpeg's name for plain text, which it draws letter by letter as the pictures of a terminal."""


def open_video(path: Path) -> Recording:
    """Open a video file and list its frames; only the first is decoded, since it tells how to turn them all.

    Raises
    ------
    ClipError
        If FFmpeg cannot read it, or it has no video or no frames.
    """
    try:
        with _open(path) as container:
            stream = _video_stream(path, container)
            listing = _list_packets(container, stream)
            losses = _warn_of_losses(path, stream.frames, len(listing.keys))
            return _describe(path, stream, listing, losses)
    except (FFmpegError, ValueError) as error:
        raise _unreadable(path, error) from error


@dataclass(frozen=True, slots=True)
class _Listing:
    """The packets that carry a picture, in the order they are stored."""

    stamps: list[int | None]
    decode_stamps: list[int | None]
    keys: list[bool]
    sizes: list[int]


@dataclass(frozen=True)
class VideoPictures:
    """The pictures of a video file."""

    path: Path
    stamps: tuple[int, ...] | None
    """Presentation stamps in order, or None where the file has none that tell frames apart."""
    key_stamps: tuple[int, ...]
    """Stamps to seek to."""
    frame_count: int
    shape: tuple[int, int]
    is_jpeg: bool
    threads: int
    """That FFmpeg decodes with."""
    turn: Turn
    """From stored pictures to those shown, whose size is `shape`."""

    @cached_property
    def _position_of(self) -> dict[int, int]:
        return {stamp: position for position, stamp in enumerate(self.stamps or ())}

    def stream(self) -> Iterator[tuple[int, Luma]]:
        """Read all pictures from the start."""
        decoded = _decode_jpegs(self.path) if self.is_jpeg else _decode_video(self.path, self.threads)
        position = -1
        for stamp, luma in decoded:
            position = self._position_of.get(stamp, position + 1) if stamp is not None else position + 1
            if position >= self.frame_count:
                return
            turned = self.turn.apply(luma)
            if turned.shape == self.shape:
                yield position, turned

    def spread(self, count: int) -> Iterator[Luma]:
        """Read key frames from all over the clip: others would need all frames since the last key frame."""
        chosen = [self.key_stamps[i] for i in spread_positions(len(self.key_stamps), count)] if self.key_stamps else []
        with _open(self.path) as container:
            stream = _video_stream(self.path, container)
            stream.codec_context.thread_count = 1
            for stamp in chosen:
                luma = _decode_at(container, stream, stamp)
                turned = None if luma is None else self.turn.apply(luma)
                if turned is not None and turned.shape == self.shape:
                    yield turned


def luma_of(frame: VideoFrame) -> Luma:
    """Grey levels of a decoded frame, (height, width): a view of its luma plane where it has one of its own.

    Colour palettes, RGB, packed and deeper formats are converted.
    """
    if not _has_luma_plane(frame.format.name):
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


@cache
def _has_luma_plane(pixel_format: str) -> bool:
    """Whether plane 0 holds 8-bit luma and nothing else."""
    pixels = VideoFormat(pixel_format)
    first, *others = pixels.components
    return (
        first.is_luma
        and first.plane == 0
        and first.bits == BYTE_BITS
        and not pixels.has_palette
        and not pixels.is_rgb
        and all(other.plane != 0 for other in others)
    )


def _open(path: Path, options: dict[str, str] | None = None) -> InputContainer:
    """Open for reading; text tags that are not UTF-8 (titles, comments) do no harm, since none is read.

    The path is made absolute since FFmpeg takes what stands before a colon in a bare name for a protocol.
    """
    return av.open(str(path.absolute()), metadata_errors="replace", options=options)


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """Pick the main video stream; a cover picture in a sound file is none, and neither is text."""
    if container.format.name == TEXT_FORMAT:
        raise ClipError(path, "is text and no video", "give the ultrasound clip itself")
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise ClipError(path, "holds no video", "give the ultrasound clip itself")
    streams = [s for s in streams if s.codec_context is not None]
    if not streams:
        raise ClipError(path, "is coded in a way that is not known here", "export it as H.264 or motion JPEG")
    return max(streams, key=lambda s: s.width * s.height)


def _list_packets(container: InputContainer, stream: VideoStream) -> _Listing:
    """Read through the file without decoding; where it breaks off, keep what was there."""
    listing = _Listing([], [], [], [])
    try:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                listing.stamps.append(packet.pts)
                listing.decode_stamps.append(packet.dts)
                listing.keys.append(packet.is_keyframe)
                listing.sizes.append(packet.size)
    except FFmpegError:
        pass
    return listing


def _describe(path: Path, stream: VideoStream, listing: _Listing, losses: tuple[str, ...]) -> Recording:
    """Put the listing in the order of presentation and name what is wrong with it."""
    count = len(listing.keys)
    width, height = stream.width, stream.height
    if not count:
        raise ClipError(path, "holds no frames", "export the clip again")
    check_size(path, width, height)
    timing, stamps, order = _settle_times(stream, listing)
    keys = np.array(listing.keys)[order]
    marks = listing.stamps if stamps else listing.decode_stamps
    key_stamps = [marks[i] for i in np.flatnonzero(listing.keys)]
    codec = stream.codec_context.codec.canonical_name  # its own name is that of the decoder: "libdav1d"
    first = next(_decode_frames(path, 1), None)
    turn = Turn() if first is None else turn_of(first)
    shown = (width, height) if turn.is_swapped else (height, width)
    pictures = VideoPictures(
        path,
        stamps,
        tuple(stamp for stamp in key_stamps if stamp is not None),
        count,
        shown,
        codec == "mjpeg" and _opencv_reads(path, (height, width)),
        DECODER_THREADS if np.mean(listing.sizes) >= LEAST_SHARED_BYTES else 1,
        turn,
    )
    inter_coded = not keys.all()
    return Recording(
        codec=codec,
        width=shown[1],
        height=shown[0],
        timing=timing,
        key_frames=keys if inter_coded else np.zeros(count, np.bool_),
        pictures=pictures,
        pixel_aspect=_pixel_aspect(stream, turn),
        warnings=losses,
    )


def _settle_times(stream: VideoStream, listing: _Listing) -> tuple[Timing, tuple[int, ...] | None, NDArray[np.intp]]:
    """Find the times of the frames, the stamps that tell them apart (if any), and the order of presentation."""
    count = len(listing.keys)
    rate = float(stream.average_rate or stream.guessed_rate or 0) or None
    tick_s = float(stream.time_base) if stream.time_base else None
    stamps = [s for s in listing.stamps if s is not None]
    if tick_s and len(set(stamps)) == count:
        order = np.argsort(stamps)
        ordered = tuple(stamps[i] for i in order)
        timing = timing_from_stamps(np.array(ordered) * tick_s, "file timestamps", rate)
        # Where frames are stored in another order than shown but their stamps rise, as FFmpeg makes them up for
        # AVI, a stamp does not tell which frame it belongs to. The decoder's order does.
        reordered = stream.codec_context.has_b_frames and stamps == sorted(stamps)
        return timing, None if reordered else ordered, order
    order = np.arange(count)
    decode_stamps = [s for s in listing.decode_stamps if s is not None]
    if tick_s and len(stamps) < count and len(decode_stamps) == count:
        # AVI tells only when to decode; with a constant rate the order of showing has the same stamps.
        return timing_from_stamps(np.array(sorted(decode_stamps)) * tick_s, "file frame rate", rate), None, order
    why = "the file has no timestamps" if not stamps else "frames share timestamps or lack them"
    return assumed_timing(count, rate, why), None, order


def _warn_of_losses(path: Path, promised: int, count: int) -> tuple[str, ...]:
    """Tell a file that lost its end from one that was trimmed: that holds all its frames and an order to hide some."""
    if count >= promised - 1:
        return ()
    with _open(path, {"ignore_editlist": "1"}) as container:
        held = len(_list_packets(container, _video_stream(path, container)).keys)
    if held >= promised - 1:
        return (f"the clip was trimmed: {count} of the {promised} frames in the file are shown and were analysed",)
    return (f"the file is cut short: {count} of {promised} frames are there and were analysed",)


def _pixel_aspect(stream: VideoStream, turn: Turn) -> float:
    """Width over height of a pixel of the pictures as they are shown; 1 where the file does not say."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return 1 / aspect if turn.is_swapped else aspect


def _decode_video(path: Path, threads: int) -> Iterator[tuple[int | None, Luma]]:
    for frame in _decode_frames(path, threads):
        yield frame.pts, luma_of(frame)


def _decode_frames(path: Path, threads: int) -> Iterator[VideoFrame]:
    """Decode with so many of FFmpeg's frame threads; packets that cannot be decoded are passed over."""
    with _open(path) as container:
        stream = _video_stream(path, container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        for packet in _packets(container, stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                continue
            yield from frames


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet]:
    """Packets up to the end of the file, or to where it breaks off."""
    try:
        yield from container.demux(stream)
    except FFmpegError:
        return


def _decode_at(container: InputContainer, stream: VideoStream, stamp: int) -> Luma | None:
    """Decode the key frame at a stamp, or the first picture after it; None where the file cannot be sought in."""
    try:
        container.seek(stamp, stream=stream)
        for packet in container.demux(stream):
            # Draining asks for the picture at once: a decoder else waits for those that may be shown before it.
            for frame in packet.decode() or stream.decode(None):
                return luma_of(frame)
            stream.codec_context.flush_buffers()
    except FFmpegError:
        return None
    return None


def _decode_jpegs(path: Path) -> Iterator[tuple[int | None, Luma]]:
    """Decode motion JPEG with OpenCV, which is faster than FFmpeg at it."""
    with _open(path) as container:
        packets = _packets(container, _video_stream(path, container))
        yield from decode_jpegs((packet.pts, bytes(packet)) for packet in packets if packet.size)


def _opencv_reads(path: Path, shape: tuple[int, int]) -> bool:
    """Whether OpenCV can take over: not for pictures stored as two interlaced fields, for one."""
    _, luma = next(_decode_jpegs(path), (None, None))
    return luma is not None and luma.shape == shape


def _unreadable(path: Path, error: Exception) -> ClipError:
    """Say in one line what FFmpeg could not read."""
    with path.open("rb") as file:
        head = file.read(12)
    if isinstance(error, InvalidDataError) and head[4:8] == b"ftyp":
        return ClipError(path, "is cut short: its index of frames is missing", "copy or export it again")
    reason = getattr(error, "strerror", None) or str(error)
    return ClipError(path, f"cannot be read as video ({reason})", "check that it is a clip and plays elsewhere")

"""The clip as a video with its events outlined while they last, over a bar that shows all of them in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from fasciscan.clip.records import Clip
from fasciscan.exam.result import ClipResult
from fasciscan.motion.raster import Raster
from fasciscan.origin.events import Event

NOTICE = "supports a reading, no diagnosis"
CODECS = ("libx264", "mpeg4")
"""The first that FFmpeg was built with."""

TIME_BASE = Fraction(1, 60_000)
"""Exact for 24, 25, 30, 50, 60 and 75 frames/s; MPEG-4 part 2 takes no finer one than 1/65535."""

BIT_RATE_PER_PIXEL = 4
"""Bits a second for each pixel with mpeg4, which has no constant quality here: 1.2 Mbit/s for 640 × 480."""

HOLD_S = 0.5
"""An outline stays at least so long around its event's middle, since 0.2 s pass a viewer by."""

# Okabe & Ito's orange and a grey, blue-green-red as OpenCV has it.
COUNTED_BGR = (0, 159, 230)
OTHER_BGR = (170, 170, 170)
INK_BGR = (235, 235, 235)
BAR_BGR = (38, 32, 28)
EXCLUDED_BGR = (90, 80, 74)

BAR_SHARE = 0.12
"""Height of the bar as a share of the picture's; it stands under the picture and covers nothing of it."""
BAR_LEAST_PX = 44
WIDTH_LEAST_PX = 240
"""Narrower clips get black at the right, so that the bar's text has room."""

LINE_HEIGHT_PX = 22
"""Height of OpenCV's plain font at scale 1."""
FONT = cv2.FONT_HERSHEY_SIMPLEX


def write_video(clip: Clip, result: ClipResult, raster: Raster, path: Path) -> None:  # noqa: ARG001
    """Write the annotated clip to `path` as MP4 with the times of the recording.

    Parameters
    ----------
    clip
        The clip, streamed once more.
    result
        Events to outline and name, stretches left out.
    raster
        Not used; each writer takes the same.
    path
        The file to write.
    """
    canvas = _Canvas.for_clip(clip, result)
    # Absolute, since FFmpeg takes what stands before a colon in a bare name for a protocol.
    with av.open(str(path.absolute()), "w", format="mp4") as container:
        stream = _add_stream(container, clip, canvas)
        last_pts = -1
        for frame in clip.frames():
            picture = av.VideoFrame.from_ndarray(_draw(canvas, result, frame.luma, frame.time_s), format="bgr24")
            picture.pts = last_pts = max(round(frame.time_s / TIME_BASE), last_pts + 1)
            picture.time_base = TIME_BASE
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Measures of the video: the picture on top, the bar under it."""

    width: int
    picture_height: int
    height: int
    duration_s: float
    ground: NDArray[np.uint8]
    """(height - picture_height, width, 3) the bar with all that does not move."""

    @classmethod
    def for_clip(cls, clip: Clip, result: ClipResult) -> _Canvas:
        width = _even(max(clip.width, WIDTH_LEAST_PX))
        height = _even(clip.height + max(BAR_LEAST_PX, round(BAR_SHARE * clip.height)))
        ground = np.full((height - clip.height, width, 3), BAR_BGR, np.uint8)
        canvas = cls(width, clip.height, height, max(clip.duration_s, 1e-3), ground)
        canvas.paint_ground(result)
        return canvas

    @property
    def bar_height(self) -> int:
        return self.height - self.picture_height

    @property
    def unit(self) -> float:
        """Scale of text and lines."""
        return self.bar_height / BAR_LEAST_PX

    def column(self, time_s: float) -> int:
        """Where a time lies on the bar."""
        return round(min(max(time_s / self.duration_s, 0.0), 1.0) * (self.width - 1))

    @property
    def ticks(self) -> tuple[int, int]:
        """First and last row of the bar's event ticks; text stands below."""
        return round(3 * self.unit), round(20 * self.unit)

    def paint_ground(self, result: ClipResult) -> None:
        """Draw excluded stretches, events and the notice, once for all frames."""
        top, bottom = self.ticks
        for gap in result.excluded:
            cv2.rectangle(
                self.ground, (self.column(gap.start_s), top), (self.column(gap.end_s), bottom), EXCLUDED_BGR, cv2.FILLED
            )
        for events, colour, start in (
            (result.other_motion, OTHER_BGR, (top + bottom) // 2),
            (result.events, COUNTED_BGR, top),
        ):
            for event in events:
                left = self.column(event.onset_s)
                right = max(self.column(event.offset_s), left + max(round(self.unit), 1))
                cv2.rectangle(self.ground, (left, start), (right, bottom), colour, cv2.FILLED)
        text_width = _text_width(NOTICE, self.unit)
        _write(self.ground, NOTICE, (self.width - text_width - round(6 * self.unit), self.text_row), self.unit, INK_BGR)

    @property
    def text_row(self) -> int:
        return self.bar_height - round(8 * self.unit)


def _draw(canvas: _Canvas, result: ClipResult, luma: NDArray[np.uint8], time_s: float) -> NDArray[np.uint8]:
    """One frame of the video, (height, width, 3) BGR."""
    picture = np.zeros((canvas.height, canvas.width, 3), np.uint8)
    picture[: luma.shape[0], : luma.shape[1]] = cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR)
    for event in _at(result.other_motion, time_s):
        _outline(picture, canvas, event, str(event.kind), OTHER_BGR)
    for event in _at(result.events, time_s):
        _outline(picture, canvas, event, str(event.id), COUNTED_BGR)
    bar = picture[canvas.picture_height :]
    bar[:] = canvas.ground
    now = canvas.column(time_s)
    cv2.line(bar, (now, 0), (now, canvas.ticks[1] + 2), INK_BGR, max(round(canvas.unit), 1))
    seen = sum(event.peak_s <= time_s for event in result.events)
    _write(
        bar, f"{time_s:.2f} s   {seen}/{result.count}", (round(6 * canvas.unit), canvas.text_row), canvas.unit, INK_BGR
    )
    return picture


def _at(events: Sequence[Event], time_s: float) -> list[Event]:
    """Events to outline at a time."""
    shown = []
    for event in events:
        extra = max(HOLD_S - (event.offset_s - event.onset_s), 0.0) / 2
        if event.onset_s - extra <= time_s < event.offset_s + extra:
            shown.append(event)
    return shown


def _outline(
    picture: NDArray[np.uint8], canvas: _Canvas, event: Event, text: str, colour: tuple[int, int, int]
) -> None:
    centre = (round(event.origin.x_px), round(event.origin.y_px))
    axes = (max(round(event.territory.major_px / 2), 3), max(round(event.territory.minor_px / 2), 3))
    image = picture[: canvas.picture_height]
    thickness = max(round(canvas.unit), 1)
    cv2.ellipse(image, centre, axes, event.territory.angle_deg, 0, 360, colour, thickness, cv2.LINE_AA)
    cv2.drawMarker(image, centre, colour, cv2.MARKER_CROSS, round(8 * canvas.unit), thickness)
    room = canvas.width - _text_width(text, canvas.unit)
    corner = (
        min(centre[0] + round(6 * canvas.unit), max(room, 0)),
        max(centre[1] - round(6 * canvas.unit), round(14 * canvas.unit)),
    )
    _write(image, text, corner, canvas.unit, colour)


def _write(
    image: NDArray[np.uint8], text: str, corner: tuple[int, int], unit: float, colour: tuple[int, int, int]
) -> None:
    """Write text with a dark rim, so that it reads over bright tissue."""
    scale = _font_scale(unit)
    for rim, ink in ((2, BAR_BGR), (0, colour)):
        cv2.putText(image, text, corner, FONT, scale, ink, max(round(unit), 1) + rim, cv2.LINE_AA)


def _font_scale(unit: float) -> float:
    return 10 * unit / LINE_HEIGHT_PX


def _text_width(text: str, unit: float) -> int:
    return cv2.getTextSize(text, FONT, _font_scale(unit), max(round(unit), 1))[0][0]


def _add_stream(container: OutputContainer, clip: Clip, canvas: _Canvas) -> VideoStream:
    codec = next(name for name in CODECS if name in av.codecs_available)
    rate = max(round(clip.frame_count / max(clip.duration_s, 1e-3)), 1)
    stream = cast(VideoStream, container.add_stream(codec, rate=rate))
    stream.width, stream.height, stream.pix_fmt = canvas.width, canvas.height, "yuv420p"
    stream.codec_context.time_base = TIME_BASE
    if codec == "libx264":
        stream.options = {"crf": "20", "preset": "veryfast"}
    else:
        stream.bit_rate = BIT_RATE_PER_PIXEL * canvas.width * canvas.height
    return stream


def _even(length: int) -> int:
    return length + length % 2

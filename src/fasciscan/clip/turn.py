"""How a video asks to be shown: phones store pictures as the sensor lay and write their turn and mirroring beside."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame

from fasciscan.clip.recording import Luma


class Turn(NamedTuple):
    """How to get from a stored picture to the one that is shown: by quarter turns and mirrors, as these three."""

    is_swapped: bool = False
    """Rows become columns, before the mirrors."""
    is_mirrored_x: bool = False
    is_mirrored_y: bool = False

    def apply(self, luma: Luma) -> Luma:
        """Turn a picture, (height, width); one that is shown as stored is handed back as it is."""
        if not any(self):
            return luma
        turned = luma.T if self.is_swapped else luma
        return np.ascontiguousarray(turned[:: -1 if self.is_mirrored_y else 1, :: -1 if self.is_mirrored_x else 1])


def turn_of(frame: VideoFrame) -> Turn:
    """Read how a decoded frame is to be shown, to the nearest quarter turn.

    FFmpeg's display matrix holds nine numbers a b u c d v x y w, and shows pixel (x, y) at (a x + c y, b x + d y).
    """
    data = cast(SideDataContainer, frame.side_data).get(Type.DISPLAYMATRIX)  # PyAV's hints know one kind alone
    if data is None:
        return Turn()
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(b) > abs(a):
        return Turn(is_swapped=True, is_mirrored_x=c < 0, is_mirrored_y=b < 0)
    return Turn(is_mirrored_x=a < 0, is_mirrored_y=d < 0)

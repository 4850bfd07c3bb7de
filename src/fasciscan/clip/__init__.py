"""What was recorded: one door for every format, frames with their times, millimetres, and where the tissue is."""

from fasciscan.clip.copies import frozen_stretches, mark_copies, true_rate
from fasciscan.clip.open import open_clip
from fasciscan.clip.records import Clip, ClipOptions, Frame, FrameSource, Scale

__all__ = [
    "Clip",
    "ClipOptions",
    "Frame",
    "FrameSource",
    "Scale",
    "frozen_stretches",
    "mark_copies",
    "open_clip",
    "true_rate",
]

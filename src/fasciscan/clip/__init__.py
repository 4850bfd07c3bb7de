"""What was recorded: one door for every format, frames with their times, millimetres, and where the tissue is."""

from fasciscan.clip.copies import frozen_stretches, mark_copies, true_rate
from fasciscan.clip.describe import Description, describe, warn_of_lost_frames
from fasciscan.clip.open import hash_clip, open_clip, printable
from fasciscan.clip.quality import Quality, Unusable, judge_quality, warn_of_hidden
from fasciscan.clip.records import Clip, ClipOptions, Frame, FrameSource, Scale
from fasciscan.clip.rests import compare, is_erased, mark_at_rest, mark_held, mark_refreshed

__all__ = [
    "Clip",
    "ClipOptions",
    "Description",
    "Frame",
    "FrameSource",
    "Quality",
    "Scale",
    "Unusable",
    "compare",
    "describe",
    "frozen_stretches",
    "hash_clip",
    "is_erased",
    "judge_quality",
    "mark_at_rest",
    "mark_copies",
    "mark_held",
    "mark_refreshed",
    "open_clip",
    "printable",
    "true_rate",
    "warn_of_hidden",
    "warn_of_lost_frames",
]

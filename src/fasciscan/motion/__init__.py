"""What moved: frame difference and optical flow on a physical grid, streaming, in millimetres."""

from fasciscan.motion.grid import Grid, lay_grid
from fasciscan.motion.maps import FrameLog, FrameSteps, MotionConfig, MotionMaps, measure_motion
from fasciscan.motion.raster import Raster

__all__ = [
    "FrameLog",
    "FrameSteps",
    "Grid",
    "MotionConfig",
    "MotionMaps",
    "Raster",
    "lay_grid",
    "measure_motion",
]

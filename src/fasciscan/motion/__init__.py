"""What moved: frame difference and optical flow on a physical grid, streaming, in millimetres."""

from fasciscan.motion.grid import Grid, lay_grid
from fasciscan.motion.maps import FrameLog, FrameSteps, MotionConfig, MotionMaps, join_logs, measure_motion
from fasciscan.motion.raster import Raster, draw_raster, join_rasters
from fasciscan.motion.restless import join_stretches, restless_stretches
from fasciscan.motion.steady import steady

__all__ = [
    "FrameLog",
    "FrameSteps",
    "Grid",
    "MotionConfig",
    "MotionMaps",
    "Raster",
    "draw_raster",
    "join_logs",
    "join_rasters",
    "join_stretches",
    "lay_grid",
    "measure_motion",
    "restless_stretches",
    "steady",
]

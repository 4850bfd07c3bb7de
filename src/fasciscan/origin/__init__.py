"""Where a twitch starts and how it moves: epicentre, territory, repeating sites."""

from fasciscan.origin.describe import describe_event
from fasciscan.origin.events import Event, Kinematics, Landmarks, Origin, Setting, Territory, Trace
from fasciscan.origin.layers import Layers, find_layers
from fasciscan.origin.lean import Favours, Indicator, Lean, lean_of
from fasciscan.origin.muscle_region import MuscleRegion, part_by_region, read_muscle_region
from fasciscan.origin.sites import Intervals, Site, group_sites
from fasciscan.origin.split_units import part_second_cores
from fasciscan.origin.stretches import Stretch, analysed_stretches

__all__ = [
    "Event",
    "Favours",
    "Indicator",
    "Intervals",
    "Kinematics",
    "Landmarks",
    "Layers",
    "Lean",
    "MuscleRegion",
    "Origin",
    "Setting",
    "Site",
    "Stretch",
    "Territory",
    "Trace",
    "analysed_stretches",
    "describe_event",
    "find_layers",
    "group_sites",
    "lean_of",
    "part_by_region",
    "part_second_cores",
    "read_muscle_region",
]

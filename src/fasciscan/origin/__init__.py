"""Where a twitch starts and how it moves: epicentre, territory, repeating sites."""

from fasciscan.origin.describe import describe_event
from fasciscan.origin.events import Event, Kinematics, Landmarks, Origin, Setting, Territory, Trace
from fasciscan.origin.lean import Favours, Indicator, Lean
from fasciscan.origin.sites import Intervals, Site, group_sites

__all__ = [
    "Event",
    "Favours",
    "Indicator",
    "Intervals",
    "Kinematics",
    "Landmarks",
    "Lean",
    "Origin",
    "Setting",
    "Site",
    "Territory",
    "Trace",
    "describe_event",
    "group_sites",
]

"""Which motion counts: candidates, what each is, where it started, and which sites repeat."""

from fasciscan.twitch.candidates import Candidate, CandidateConfig, find_candidates
from fasciscan.twitch.describe import describe_event
from fasciscan.twitch.distinct import settle
from fasciscan.twitch.events import Event, Kind, Origin, Territory, Trace
from fasciscan.twitch.network import Network, load_network
from fasciscan.twitch.panel import Panel, load_classifier
from fasciscan.twitch.rule import Rule
from fasciscan.twitch.sites import Site, group_sites
from fasciscan.twitch.verdict import Classifier, Verdict

__all__ = [
    "Candidate",
    "CandidateConfig",
    "Classifier",
    "Event",
    "Kind",
    "Network",
    "Origin",
    "Panel",
    "Rule",
    "Site",
    "Territory",
    "Trace",
    "Verdict",
    "describe_event",
    "find_candidates",
    "group_sites",
    "load_classifier",
    "load_network",
    "settle",
]

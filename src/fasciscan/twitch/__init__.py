"""Which motion counts: candidates, and what each of them is."""

from fasciscan.twitch.candidates import Candidate, CandidateConfig, find_candidates
from fasciscan.twitch.distinct import settle
from fasciscan.twitch.judge.network import Network, load_network
from fasciscan.twitch.judge.panel import Panel, load_classifier
from fasciscan.twitch.judge.rule import Rule
from fasciscan.twitch.judge.verdict import Classifier, Verdict
from fasciscan.twitch.kind import Kind
from fasciscan.twitch.limit import detection_limit_mm
from fasciscan.twitch.looks import find_again, look_twice

__all__ = [
    "Candidate",
    "CandidateConfig",
    "Classifier",
    "Kind",
    "Network",
    "Panel",
    "Rule",
    "Verdict",
    "detection_limit_mm",
    "find_again",
    "find_candidates",
    "load_classifier",
    "load_network",
    "look_twice",
    "settle",
]

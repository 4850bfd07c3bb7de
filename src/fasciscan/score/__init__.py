"""Matching found events to true ones, and what that says: scores that add up, figures with intervals, baselines."""

from fasciscan.score.clips import ScoredClip, Task, find_truths, read_clips
from fasciscan.score.findings import Findings, Found, read_findings
from fasciscan.score.matching import Mark, Matches, Tolerance, match_events, match_in_turn
from fasciscan.score.metrics import Score, score_findings, score_result

__all__ = [
    "Findings",
    "Found",
    "Mark",
    "Matches",
    "Score",
    "ScoredClip",
    "Task",
    "Tolerance",
    "find_truths",
    "match_events",
    "match_in_turn",
    "read_clips",
    "read_findings",
    "score_findings",
    "score_result",
]

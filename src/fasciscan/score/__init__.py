"""Matching found events to true ones, and what that says."""

from fasciscan.score.matching import Mark, Matches, match_events
from fasciscan.score.metrics import Score, score_matches, score_result

__all__ = ["Mark", "Matches", "Score", "match_events", "score_matches", "score_result"]

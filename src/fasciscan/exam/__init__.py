"""What it adds up to: counts, exposure and rates of one clip."""

from fasciscan.exam.counts import Rate, poisson_rate
from fasciscan.exam.result import ClipResult, ClipSummary, Muscle, Provenance

__all__ = ["ClipResult", "ClipSummary", "Muscle", "Provenance", "Rate", "poisson_rate"]

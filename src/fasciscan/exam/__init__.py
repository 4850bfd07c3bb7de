"""What it adds up to: counts, exposure and rates of one clip."""

from fasciscan.exam.counts import Rate, poisson_rate
from fasciscan.exam.result import ClipResult, ClipSummary, Excluded, Muscle, Provenance, Site

__all__ = ["ClipResult", "ClipSummary", "Excluded", "Muscle", "Provenance", "Rate", "Site", "poisson_rate"]

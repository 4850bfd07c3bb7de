"""How often an exam's intervals hold the true rate, over simulated exams: twitches at random, and twitches in bursts.

No clip is made and nothing is detected; this is about the statistics alone. Prints the tables of docs/exam.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.exam import compare_rates, poisson_rate
from fasciscan.exam.rates import Watched, bootstrap_rate, judge_dispersion

EXAMS = 500
MUSCLES = 12
RATES_PER_MIN = (4.3, 161.0)
"""From the lowest rate of controls' legs to the highest in ALS (by MRI; see docs/exam.md), evenly in the logarithm."""
EXPOSURES_S = (30.0, 60.0, 60.0, 120.0)
BURST = 4.0
"""Mean twitches in a burst."""
BURST_GAP_S = 0.7
"""Mean time between those of a burst."""

Process = Callable[[np.random.Generator, float, float], NDArray[np.float64]]


@dataclass
class Share:
    """Counts how often something is so."""

    so: int = 0
    of: int = 0

    def add(self, is_so: bool) -> None:
        """Take note of one more case."""
        self.so += is_so
        self.of += 1

    def __str__(self) -> str:
        return f"{100 * self.so / self.of:.1f} % of {self.of}" if self.of else "–"


def at_random(rng: np.random.Generator, rate_per_min: float, exposure_s: float) -> NDArray[np.float64]:
    """Twitches of a Poisson process."""
    return rng.uniform(0, exposure_s, rng.poisson(rate_per_min * exposure_s / 60))


def in_bursts(rng: np.random.Generator, rate_per_min: float, exposure_s: float) -> NDArray[np.float64]:
    """Twitches of bursts that begin at random, some before the clip does, so that the rate is constant."""
    before_s = 10 * BURST * BURST_GAP_S
    bursts = rng.poisson(rate_per_min * (exposure_s + before_s) / 60 / BURST)
    starts_s = rng.uniform(-before_s, exposure_s, bursts)
    sizes = rng.geometric(1 / BURST, bursts)
    gaps_s = [rng.exponential(BURST_GAP_S, size) for size in sizes]
    times_s = [start + np.cumsum(gap) for start, gap in zip(starts_s, gaps_s, strict=True)]
    joined = np.concatenate(times_s) if times_s else np.zeros(0)
    return joined[(joined >= 0) & (joined < exposure_s)]


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    for process in (at_random, in_bursts):
        tell(process, np.random.default_rng(seed))


def tell(process: Process, rng: np.random.Generator) -> None:
    """Simulate the exams and print what their intervals hold."""
    exact, few, some, many = Share(), Share(), Share(), Share()
    found, exact_found, resampled, ratios = Share(), Share(), Share(), Share()
    for _ in range(EXAMS):
        for _ in range(MUSCLES):
            rate = float(np.exp(rng.uniform(*np.log(RATES_PER_MIN))))
            exposure_s = float(rng.choice(EXPOSURES_S))
            times_s = process(rng, rate, exposure_s)
            other = process(rng, rate, exposure_s)
            watched = [Watched(((0.0, exposure_s),), tuple(times_s))]
            interval = poisson_rate(len(times_s), exposure_s)
            holds = interval.low <= rate <= interval.high
            exact.add(holds)
            expected = rate * exposure_s / 60
            (few if expected < 5 else some if expected < 20 else many).add(holds)
            spread = judge_dispersion(watched)
            if spread:
                found.add(spread.is_clustered)
            if spread and spread.is_clustered and (bootstrap := bootstrap_rate(watched)):
                exact_found.add(holds)
                resampled.add(bootstrap.low <= rate <= bootstrap.high)
            if ratio := compare_rates(len(times_s), exposure_s, len(other), exposure_s):
                ratios.add(ratio.low <= 1 and (ratio.high is None or ratio.high >= 1))
    print(f"{process.__doc__}\n  exact interval holds the rate       {exact}")
    print(f"    fewer than 5 expected             {few}\n    5 to 20                           {some}")
    print(f"    20 and more                       {many}\n  bursts found, where tested          {found}")
    print(f"    there, exact interval holds it    {exact_found}\n    there, bootstrap holds it         {resampled}")
    print(f"  interval of the side ratio holds 1  {ratios}")


if __name__ == "__main__":
    main()

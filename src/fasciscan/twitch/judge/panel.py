"""Network and rule judge together: what they agree on counts, and what the network is sure of and physics allows.

The network has seen simulated clips alone. On real ones it is led astray by what the simulator does not make just so
(a jerk of tissue along the picture), which the rule's physical tests refuse; and the rule refuses weak
twitches, and those amid other motion, that the network knows. docs/finding.md has the measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fasciscan.motion import Grid, MotionMaps
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.distinct import SAME_MOMENT_S, is_view_of
from fasciscan.twitch.judge.network import Network, load_network
from fasciscan.twitch.judge.rule import Rule
from fasciscan.twitch.judge.verdict import Classifier, Verdict
from fasciscan.twitch.kind import Kind

_SHARES = (0.2, 0.8)
"""Weights of network and rule where they are pooled. With these the real clips are told apart best: what is a twitch
lies farther above even odds than the likeliest look-alike lies below (docs/finding.md)."""
_SURE = 0.9
"""Probability from which the network may decide alone, if what it sees can be a twitch at all: below it look-alikes of
real clips would count (docs/finding.md)."""
_SECONDED_BY, _SECONDED = 3, 0.3
"""Where it decides alone, the mean of so many of the surest other views of the motion has this weight beside its own,
on the scale of log odds, if that makes it less sure: one view looks like a twitch by chance sooner than several
(docs/finding.md)."""
_CERTAIN = 0.985
"""Probability from which the network decides whatever physics and its other views say. Of what is no twitch in the real
clips, and in 94 changed copies of them, nothing reaches it: the surest look-alike has 0.981 (docs/finding.md)."""
_HEARD = 0.02
"""Views with less are not heard: they show no more than a motion's edge."""
_BOUNDS = Rule(longest_s=0.7, most_undershoot=0.75, most_error=0.5)
"""What no twitch does. Wider than the limits of the rule that judges by itself, since what is measured of a weak
twitch, or of one amid other motion, is not exact (docs/finding.md)."""
_AGAIN = 0.8
"""Probability that becomes even odds where broad motion was taken out: what is left of that looks like twitches at
times (docs/finding.md)."""
ALONE = ("rule", "network")
"""Names of those of the panel who can judge by themselves."""
_THRESHOLD = 0.5
_LEAST = 1e-5
"""No one is surer than this."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Pools the probabilities of network and rule on the scale of their log odds, and lets a sure network decide.

    References
    ----------
    Genest C, Zidek JV. Combining probability distributions: a critique and an annotated bibliography. Stat Sci
    1986;1:114-135 (the logarithmic opinion pool).
    """

    network: Network
    rule: Rule = field(default_factory=Rule)
    bounds: Rule = _BOUNDS
    """Tells what can be a twitch at all, where the network is sure."""

    @property
    def name(self) -> str:
        """What the provenance calls it."""
        return f"{self.network.name} + {self.rule.name}"

    @property
    def sha256(self) -> str:
        """Of the network's weights."""
        return self.network.sha256

    @property
    def looks_again(self) -> bool:
        """It does, and then counts from a higher probability."""
        return True

    def classify(self, maps: MotionMaps, candidates: Sequence[Candidate]) -> list[Verdict]:
        """Judge the candidates found in one block of maps, in their order.

        The rule judges the clearest view of each motion alone; for that view the network is heard on the likeliest.
        """
        by_rule = self.rule.classify(maps, candidates)
        believed = {n: verdict.probabilities[Kind.FASCICULATION] for n, verdict in enumerate(by_rule)}
        views = {n: _views_of(n, candidates, maps.grid) for n, belief in believed.items() if belief > _LEAST}
        # What the rule takes for a twitch the network is to look at from all sides.
        look_at = sorted({view for n in views if believed[n] >= _THRESHOLD for view in views[n]})
        by_network = self.network.classify(maps, candidates, look_at)
        beliefs = [verdict.probabilities[Kind.FASCICULATION] for verdict in by_network]
        for n, seen in views.items():
            by_network[n] = _lifted(by_network[n], max(beliefs[view] for view in seen))
        sure = [self._sure(n, candidates, beliefs, maps.grid) for n in range(len(candidates))]
        return [_pool(*one) for one in zip(candidates, by_network, by_rule, sure, strict=True)]

    def _sure(self, n: int, candidates: Sequence[Candidate], beliefs: Sequence[float], grid: Grid) -> float:
        """Give the log odds of a candidate from the network alone, as far as physics and its other views allow."""
        own = _log_odds(beliefs[n])
        if own >= _log_odds(_CERTAIN):
            return own - _log_odds(_SURE)
        sure = own
        if own > _log_odds(_SURE):  # else it does not count anyhow
            others = [beliefs[m] for m in _views_of(n, candidates, grid) if m != n and beliefs[m] > _HEARD]
            surest = [_log_odds(p) for p in sorted(others, reverse=True)[:_SECONDED_BY]]
            sure = min(own, (1 - _SECONDED) * own + _SECONDED * float(np.mean(surest or own)))
        return min(sure - _log_odds(_SURE), _log_odds(self.bounds.possibility(candidates[n])))


def load_classifier(name: str | None = None) -> Classifier:
    """Load what tells twitches from look-alikes.

    Parameters
    ----------
    name
        ``"rule"`` or ``"network"`` alone, or the path of another network (``.onnx``) to sit beside the rule. By
        default the network that ships does.

    Raises
    ------
    FasciscanError
        If the network is missing or damaged.
    """
    if name == "rule":
        return Rule()
    if name == "network":
        return load_network()
    return Panel(load_network(None if name is None else Path(name)))


def _views_of(n: int, candidates: Sequence[Candidate], grid: Grid) -> list[int]:
    """Tell which candidates, itself one, are views of a motion at its moment."""
    it = candidates[n]
    at_once = [m for m, c in enumerate(candidates) if abs(c.bump.peak_s - it.bump.peak_s) <= SAME_MOMENT_S]
    return [m for m in at_once if m == n or is_view_of(candidates[m], it, grid)]


def _lifted(verdict: Verdict, fasciculation: float) -> Verdict:
    """Give a verdict with another probability of a fasciculation; the others keep their proportions."""
    others = {kind: max(p, _LEAST) for kind, p in verdict.probabilities.items() if kind is not Kind.FASCICULATION}
    share = (1 - fasciculation) / sum(others.values())
    others = {kind: p * share for kind, p in others.items()}
    return verdict._replace(probabilities={Kind.FASCICULATION: fasciculation} | others)


def _pool(candidate: Candidate, by_network: Verdict, by_rule: Verdict, sure: float) -> Verdict:
    """Pool what both say; ``sure`` is the log odds from the network alone, as far as physics allows."""
    odds = [_log_odds(verdict.probabilities[Kind.FASCICULATION]) for verdict in (by_network, by_rule)]
    # The rule makes no twitch of what the network takes for something else.
    both = min(np.dot(_SHARES, odds), odds[0])
    # What else it may be, the network tells better than the rule.
    doubt = _log_odds(_AGAIN) if candidate.steadied else 0.0
    pooled = _lifted(by_network, float(1 / (1 + np.exp(doubt - max(both, sure)))))._replace(threshold=_THRESHOLD)
    if pooled.kind is Kind.FASCICULATION:
        told = ", ".join(
            f"{name} {verdict.probabilities[Kind.FASCICULATION]:.2f}"
            for name, verdict in (("network", by_network), ("rule", by_rule))
        )
        length_s = candidate.bump.offset_s - candidate.bump.onset_s
        taken = "; broad motion taken out" if candidate.steadied else ""
        return pooled._replace(reason=f"out and back in {length_s:.2f} s; {told}{taken}")
    # The one that names this kind; the rule where both do, since its reasons are physical.
    says_so = [verdict for verdict in (by_rule, by_network) if verdict.kind is pooled.kind]
    return pooled._replace(reason=(says_so or [by_rule])[0].reason)


def _log_odds(probability: float) -> float:
    p = float(np.clip(probability, _LEAST, 1 - _LEAST))
    return float(np.log(p / (1 - p)))

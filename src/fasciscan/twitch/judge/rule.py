"""The rule that tells what a candidate is, alone or with the network: a few tests, each physical, each with a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from fasciscan.motion import MotionMaps
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.distinct import WORTH_TELLING, clearest_first, is_view_of, keep_distinct
from fasciscan.twitch.judge.verdict import Verdict
from fasciscan.twitch.kind import Kind

_STAYS_NOISE_MM = 0.03
"""Levels before and after a twitch are known no better."""
_COMPANY_REACH_S = 1.0
_COMPANY_SHARE = 0.2
"""A motion that is weak and much smaller than a twitch says nothing of it: candidates go down into the noise."""
_RESTLESS = {Kind.CONTRACTION, Kind.TREMOR, Kind.PROBE_MOTION}
_LARGE_SHARE = 0.4
_LEAST_MM = 1e-6
"""Nothing is divided by less."""
_USUAL_AREA_MM2, _MOST_BY_AREA = 20.0, 1.2


class _Test(NamedTuple):
    """Speaks for ``kind`` as far as ``value`` lies beyond ``limit``, half-sure at the limit."""

    kind: Kind
    value: float
    limit: float
    softness: float
    """Distance from the limit over which the odds change by e; negative where small values speak for the kind."""
    reason: str

    @property
    def probability(self) -> float:
        return float(1 / (1 + np.exp(-np.clip((self.value - self.limit) / self.softness, -30, 30))))


_ECHO = Verdict({kind: float(kind is Kind.ARTEFACT) for kind in Kind}, "part of a larger motion")


@dataclass(frozen=True, slots=True)
class Rule:
    """Limits of the tests. Chosen on simulated clips (seeds 900-911) and the real look-alikes."""

    shortest_s: float = 0.05
    longest_s: float = 0.62
    """Fasciculations last 0.1-0.5 s (DOMAIN.md); some is added for relaxation in the noise."""
    longest_rise_s: float = 0.16
    """A motor unit contracts in 75 ± 13 ms (MUMRI, PMC7900994); slow units and the blur of frames are allowed for."""
    least_seen_s: float = 0.12
    """Rest to be seen before and after."""
    least_returned: float = 0.6
    most_undershoot: float = 0.5
    """A twitch goes out and back, not to both sides."""
    most_swings: float = 5.0
    """A close pair of twitches swings three times within the time looked at, four cycles of tremor eight times."""
    most_rigid: float = 0.5
    """Whole-frame motion, as a share of the local one."""
    most_skin: float = 0.6
    most_unrest: float = 0.22
    most_commotion: float = 0.18
    most_company: float = 5.0
    """Contractions, oscillations and jolts found within a second: amid them one more is none to be sure of."""
    most_rhythm: float = 0.33
    most_staying: float = 0.5
    """Displacement that stays, as a share of the height: the edge of a lasting contraction or of a slip."""
    least_evidence: float = 5.1
    """Strength over the noise, times the root of the area that moved in units of 20 mm² (at most 1.2): the weak must
    be wide."""
    least_support_mm2: float = 11.0
    """Territories have 26.7 ± 11.2 mm² (Birkbeck 2020) and move more than themselves; a recoded block has 2 to 9."""
    most_strain: float = 0.35
    """Displacement over the width of what moved: tissue does not stretch by more in a tenth of a second."""
    most_error: float = 0.3
    """Standard error of the displacement, as a share of it."""

    @property
    def name(self) -> str:
        """What the provenance calls it."""
        return "rule"

    @property
    def sha256(self) -> str | None:
        """It has no weights."""
        return None

    @property
    def looks_again(self) -> bool:
        """Its limits were set for motion as measured."""
        return False

    def classify(self, maps: MotionMaps, candidates: Sequence[Candidate]) -> list[Verdict]:
        """Judge candidates by their own measures and their company; a view of a clearer one is none."""
        distinct = keep_distinct(clearest_first(candidates), partial(is_view_of, grid=maps.grid))
        verdicts = dict(zip(map(id, distinct), self._judge_all(distinct), strict=True))
        return [verdicts.get(id(candidate), _ECHO) for candidate in candidates]

    def _judge_all(self, candidates: Sequence[Candidate]) -> list[Verdict]:
        tests = [self._tests(candidate) for candidate in candidates]
        restless = np.array([any(t.kind in _RESTLESS and t.probability > 0.5 for t in ts) for ts in tests])
        clear = np.array([candidate.strength >= WORTH_TELLING for candidate in candidates])
        peaks_s = np.array([candidate.bump.peak_s for candidate in candidates])
        heights_mm = np.array([candidate.bump.height_mm for candidate in candidates])
        verdicts = []
        for candidate, own in zip(candidates, tests, strict=True):
            alike = clear | (heights_mm >= _COMPANY_SHARE * candidate.bump.height_mm)
            near = np.abs(peaks_s - candidate.bump.peak_s) <= _COMPANY_REACH_S
            others = int(np.count_nonzero(restless & alike & near))
            company = _Test(
                Kind.CONTRACTION, others, self.most_company, 1.0,
                f"one of {others + 1} motions within a second that are no twitches",
            )  # fmt: skip
            verdicts.append(_judge(candidate, [*own, company]))
        return verdicts

    def possibility(self, candidate: Candidate) -> float:
        """Tell how far a candidate can be a twitch at all, 0 to 1: whether tissue can move like that and come back."""
        return _left_by(self._impossible(candidate))

    def _tests(self, c: Candidate) -> list[_Test]:
        return [*self._impossible(c), *self._unlikely(c)]

    def _impossible(self, c: Candidate) -> list[_Test]:
        """Test the motion itself: no twitch is like that, however it looks."""
        bump, height = c.bump, max(c.bump.height_mm, _LEAST_MM)
        length_s = bump.offset_s - bump.onset_s
        strain = height / np.sqrt(max(c.support_mm2, _LEAST_MM))
        return [
            _Test(Kind.CONTRACTION, length_s, self.longest_s, 0.05, f"lasts {length_s:.2f} s"),
            _Test(
                Kind.TREMOR, bump.undershoot, self.most_undershoot, 0.06,
                f"swings to both sides, {bump.undershoot:.0%} the other way",
            ),
            _Test(
                Kind.CONTRACTION, max(c.trace.stays_mm - _STAYS_NOISE_MM, 0) / height, self.most_staying, 0.08,
                f"{c.trace.stays_mm:.2f} mm of it stay: the edge of something lasting",
            ),
            _Test(
                Kind.ARTEFACT, c.support_mm2, self.least_support_mm2, -1.2,
                f"only {c.support_mm2:.0f} mm² moved, less than any motor unit",
            ),
            _Test(Kind.ARTEFACT, strain, self.most_strain, 0.05, f"{strain:.0%} strain: tissue cannot stretch so far"),
            _Test(
                Kind.ARTEFACT, c.error_mm / height, self.most_error, 0.05,
                "the pictures do not match after the motion",
            ),
        ]  # fmt: skip

    def _unlikely(self, c: Candidate) -> list[_Test]:
        """Test what goes on around it, its strength, and details that noise blurs."""
        bump, height = c.bump, max(c.bump.height_mm, _LEAST_MM)
        length_s = bump.offset_s - bump.onset_s
        seen_s = min(bump.onset_s - c.trace.times_s[0], c.trace.times_s[-1] - bump.offset_s)
        evidence = c.strength * min(np.sqrt(c.support_mm2 / _USUAL_AREA_MM2), _MOST_BY_AREA)
        restless = Kind.TREMOR if bump.swings > self.most_swings else Kind.CONTRACTION
        return [
            _Test(Kind.PULSATION, c.rhythm, self.most_rhythm, 0.05, f"repeats every {c.period_s:.2f} s, like a pulse"),
            _Test(Kind.CONTRACTION, bump.rise_s, self.longest_rise_s, 0.02, f"takes {bump.rise_s:.2f} s to rise"),
            _Test(
                Kind.CONTRACTION, bump.returned, self.least_returned, -0.08,
                f"only {bump.returned:.0%} of the way is taken back",
            ),
            _Test(Kind.TREMOR, bump.swings, self.most_swings, 0.4, f"one of {bump.swings} swings, an oscillation"),
            _Test(
                restless, c.unrest, self.most_unrest, 0.05,
                f"the place hardly rests around it ({c.unrest:.0%} of the peak)",
            ),
            _Test(
                Kind.CONTRACTION, c.commotion, self.most_commotion, 0.05,
                f"the whole field is in motion around it ({c.commotion:.0%} of the peak)",
            ),
            _Test(
                Kind.PROBE_MOTION, c.rigid_mm / height, self.most_rigid, 0.1,
                f"the whole frame jolts by {c.rigid_mm:.2f} mm meanwhile",
            ),
            _Test(Kind.PROBE_MOTION, c.skin_share, self.most_skin, 0.08, "skin and muscle move alike"),
            _Test(
                Kind.ARTEFACT, evidence, self.least_evidence, -0.7,
                f"{c.strength:.1f} times the noise over {c.support_mm2:.0f} mm², no more",
            ),
            _Test(Kind.ARTEFACT, length_s, self.shortest_s, -0.01, f"over in {length_s:.2f} s"),
            _Test(Kind.ARTEFACT, seen_s, self.least_seen_s, -0.02, "the clip begins or ends too near to see it rest"),
        ]  # fmt: skip


def _left_by(tests: list[_Test]) -> float:
    """Tell what a row of tests leaves of a fasciculation."""
    return float(np.prod([1 - test.probability for test in tests]))


def _judge(candidate: Candidate, tests: list[_Test]) -> Verdict:
    """Fasciculation as far as no test speaks against it; the other kinds share the rest by their strongest test."""
    against = dict.fromkeys(Kind, 0.0)
    for test in tests:
        against[test.kind] = max(against[test.kind], test.probability)
    fasciculation = _left_by(tests)
    share = (1 - fasciculation) / sum(against.values())
    probabilities = {kind: p * share for kind, p in against.items()} | {Kind.FASCICULATION: fasciculation}
    kind = Verdict(probabilities, "").kind
    if kind is Kind.FASCICULATION:
        length_s = candidate.bump.offset_s - candidate.bump.onset_s
        where = "local" if candidate.field_share < _LARGE_SHARE else "moves most of the field, not the skin"
        return Verdict(probabilities, f"out and back in {length_s:.2f} s, {where}")
    return Verdict(probabilities, max((t for t in tests if t.kind is kind), key=lambda t: t.probability).reason)

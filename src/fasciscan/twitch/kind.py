"""The kinds of motion that are told apart."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a candidate turned out to be; the classes of the network, in its order."""

    FASCICULATION = "fasciculation"
    PULSATION = "pulsation"
    CONTRACTION = "contraction"
    TREMOR = "tremor"
    PROBE_MOTION = "probe motion"
    ARTEFACT = "artefact"

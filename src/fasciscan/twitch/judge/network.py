"""The network that tells what a candidate is, as it ships: run by ONNX Runtime, its weights checked against a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fasciscan.errors import FasciscanError
from fasciscan.motion import MotionMaps
from fasciscan.twitch.candidates import Candidate
from fasciscan.twitch.judge.glance import Glance
from fasciscan.twitch.judge.measures import MEASURES, measure
from fasciscan.twitch.judge.patches import MOVING, STILL, SURROUNDINGS, Patches, cut_in_batches
from fasciscan.twitch.judge.verdict import Verdict
from fasciscan.twitch.kind import Kind

if TYPE_CHECKING:  # 0.1 s to import
    from onnxruntime import InferenceSession

MODEL_SCHEMA = "fasciscan.model/2"
"""Name and version of the metadata's format; models/README.md tells its fields."""
SHIPPED = "fasciscan-cnn.onnx"
INPUTS = ("moving", "still", "surroundings", "measures")
OUTPUTS = ("probabilities", "shift_mm", "sd_mm")

_THREADS = 1
"""A second one gains little on so small a network, and clips are analysed in a process a core."""
_BATCH = 64
_CHANNELS = {"moving": MOVING, "still": STILL, "surroundings": SURROUNDINGS, "measures": MEASURES}


@dataclass(frozen=True, slots=True)
class Network:
    """A classifier of candidates; made by :func:`load_network`."""

    name: str
    sha256: str
    """Of the weights."""
    threshold: float
    """Probability from which a fasciculation counts; chosen on validation clips."""
    glance: Glance
    session: InferenceSession

    @property
    def looks_again(self) -> bool:
        """It has learnt from both looks."""
        return True

    def classify(self, maps: MotionMaps, candidates: Sequence[Candidate], look_at: Sequence[int] = ()) -> list[Verdict]:
        """Judge the candidates found in one block of maps, in their order; most by a glance at their measures.

        Those whose positions are in ``look_at`` are looked at whatever the glance says.
        """
        measures = measure(maps, candidates)
        at_a_glance = self.glance.judge(measures)
        verdicts = [self._say(*one) for one in zip(candidates, at_a_glance, strict=True)]
        open_still = self.glance.leaves_open(at_a_glance)
        open_still[list(look_at)] = True
        looked_at = np.flatnonzero(open_still).tolist()
        seen = [candidates[n] for n in looked_at]
        batches = cut_in_batches(maps, seen, measures[looked_at], _BATCH)
        said = (one for patches in batches for one in zip(*self.judge(patches), strict=True))
        for n, one in zip(looked_at, said, strict=True):
            verdicts[n] = self._say(candidates[n], *one)
        return verdicts

    def judge(self, patches: Patches) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Tell probabilities (n, 6), the shift to the epicentre in mm (n, 2), and its standard deviation (n,)."""
        inputs = {name: getattr(patches, name) for name in INPUTS}
        probabilities, shift_mm, sd_mm = self.session.run(list(OUTPUTS), inputs)
        return np.asarray(probabilities), np.asarray(shift_mm), np.asarray(sd_mm)

    def _say(
        self,
        candidate: Candidate,
        probabilities: NDArray,
        shift_mm: NDArray | None = None,
        sd_mm: np.floating | None = None,
    ) -> Verdict:
        of_kind = {kind: float(p) for kind, p in zip(Kind, probabilities, strict=True)}
        shift = None if shift_mm is None else (float(shift_mm[0]), float(shift_mm[1]))
        kind = Verdict(of_kind, "", self.threshold).kind
        reason = f"network: {kind} {of_kind[kind]:.2f}; {_why(candidate, kind)}"
        return Verdict(of_kind, reason, self.threshold, shift, None if sd_mm is None else float(sd_mm))


def load_network(path: Path | None = None) -> Network:
    """Load a network.

    Parameters
    ----------
    path
        ``.onnx`` file with its metadata beside it as ``.json``; by default the one that ships.

    Raises
    ------
    FasciscanError
        If a file is missing or damaged, the weights are not the ones the metadata tells of, or the network was made
        for another version of the patches.
    """
    remedy = "give an .onnx file that fasciscan train made" if path else "install fasciscan again"
    path = path or _shipped()
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise FasciscanError(f"{path}: cannot be read ({error.strerror}); {remedy}.") from error
    metadata = _read_metadata(path.with_suffix(".json"))
    sha256 = hashlib.sha256(weights).hexdigest()
    if sha256 != metadata["sha256"]:
        raise FasciscanError(f"{path}: is not the network its .json tells of; restore both files from one source.")
    if any(metadata["inputs"][name] != list(channels) for name, channels in _CHANNELS.items()):
        raise FasciscanError(
            f"{path}: was made for another version of fasciscan; use the one that ships, or train anew."
        )
    glance = _read_glance(metadata)
    return Network(metadata["name"], sha256, float(metadata["threshold"]), glance, _start(weights))


def _shipped() -> Path:
    """In the wheel the models lie inside the package; in a checkout, at the top of the repository."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "models" / SHIPPED
    return inside if inside.exists() else package.parents[1] / "models" / SHIPPED


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FasciscanError(f"{path}: cannot be read as a network's metadata ({error}); restore the file.") from error
    wanted = {"name", "sha256", "threshold", "inputs", "glance"}
    if not isinstance(metadata, dict) or metadata.get("schema") != MODEL_SCHEMA or not wanted <= set(metadata):
        raise FasciscanError(f"{path}: is not of schema {MODEL_SCHEMA}; restore the file.")
    return metadata


def _read_glance(metadata: dict[str, Any]) -> Glance:
    said = metadata["glance"]
    arrays = (np.array(said[name], float) for name in ("mean", "sd", "weights", "bias"))
    return Glance(*arrays, least=float(said["least"]))


def _start(weights: bytes) -> InferenceSession:
    import onnxruntime  # here: 0.1 s to import

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def _why(candidate: Candidate, kind: Kind) -> str:
    """Name a measure of the candidate that goes with its kind."""
    bump = candidate.bump
    length_s = bump.offset_s - bump.onset_s
    match kind:
        case Kind.FASCICULATION:
            return f"out and back in {length_s:.2f} s"
        case Kind.PULSATION:
            return f"likeness to itself {candidate.rhythm:.2f} every {candidate.period_s:.2f} s"
        case Kind.CONTRACTION:
            return f"lasts {length_s:.2f} s, {bump.returned:.0%} of the way taken back"
        case Kind.TREMOR:
            return f"one of {bump.swings} swings"
        case Kind.PROBE_MOTION:
            return f"the skin moves {candidate.skin_share:.0%} as far"
        case Kind.ARTEFACT:
            return f"{candidate.strength:.1f} times the noise over {candidate.support_mm2:.0f} mm²"

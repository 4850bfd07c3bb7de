"""Shows on real clips what docs/batch.md promises of many: makes short ones and analyses them by the command itself.

Usage: python scripts/check_batch.py [--clips 200] [--work DIR] [--parts speed,kill,cluster] [--seed 0]

The clips are pieces of 2 s of a simulated one, data_samples/biceps-twitches.mp4, each beginning 0.05 s after the one
before, so that no two are alike and nothing need be simulated; three more are broken. A run with two jobs that nothing
disturbs is what the others are compared with, report by report:

speed    one job; two are to be 1.7 times as fast. Tells something only where nothing else runs on two cores.
kill     two jobs, killed by SIGKILL at three random moments, and resumed.
cluster  a Dask scheduler with two worker processes, one of them killed by SIGKILL midway.

The exit code is 1 where a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SAMPLE = Path(__file__).resolve().parents[1] / "data_samples" / "biceps-twitches.mp4"
MM_PER_PX = 0.1
"""Scale of the sample."""
PIECE_S = 2.0
STEP_S = 0.05
MOST_CLIPS = 201
"""Pieces that the sample's 12 s hold."""
CRF = 23
"""Quality of H.264: common."""
BROKEN = {"broken-cut.mp4": "cut", "broken-empty.mp4": "empty", "broken-text.mp4": "text"}
"""Cut: the first half of a clip, whose index of frames is at its end."""
PARTS = ("speed", "kill", "cluster")
KILLS = 3
LATEST_KILL = 0.9
"""Share of the work before which a run is killed, as one that is nearly done may end first."""
FASTER = 1.7
"""What two jobs are to be, against one."""
REPORTS = "reports"
POLL_S = 0.02
START_S = 120.0
"""Seconds a Dask scheduler may take to start on a busy machine."""
COMMAND = (sys.executable, "-c", "from fasciscan.cli import main; main()")


@dataclass(frozen=True)
class Ending:
    """What a run came to."""

    code: int
    named: tuple[str, ...]
    """Clips named on stderr as not analysed."""
    reports: dict[str, bytes]
    took_s: float


class Promises:
    """What is to be so; prints whether it is."""

    def __init__(self) -> None:
        self.all_kept = True

    def check(self, what: str, is_so: bool) -> None:
        """Take note of one."""
        print(f"{'yes' if is_so else 'NO ':<4} {what}", flush=True)
        self.all_kept &= is_so


def main() -> None:
    args = _arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    clips = _make_clips(args.work / "clips", args.clips)
    promises = Promises()
    undisturbed = _finish(_start(_new(args.work / "two-jobs"), clips, "--jobs", "2"), args.work / "two-jobs")
    print(f"{len(clips)} clips of {PIECE_S:g} s, two jobs, undisturbed: {undisturbed.took_s:.1f} s")
    promises.check(f"the {len(BROKEN)} broken clips are named, exit code 1", _is_told(undisturbed))
    promises.check("every other clip has its report", len(undisturbed.reports) == args.clips)
    if "speed" in args.parts:
        _check_speed(args.work, clips, undisturbed, promises)
    if "kill" in args.parts:
        _check_kill(args.work, clips, undisturbed, np.random.default_rng(args.seed), promises)
    if "cluster" in args.parts:
        _check_cluster(args.work, clips, undisturbed, promises)
    sys.exit(0 if promises.all_kept else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200, help=f"whole clips, at most {MOST_CLIPS}")
    parser.add_argument("--work", type=Path, default=Path("out/check-batch"), help="folder for clips and reports")
    parser.add_argument("--parts", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=0, help="decides when runs are killed")
    args = parser.parse_args()
    if not KILLS < args.clips <= MOST_CLIPS:
        parser.error(f"--clips: give more than {KILLS} and at most {MOST_CLIPS}")
    return args


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"name some of {', '.join(PARTS)}")
    return parts


def _make_clips(folder: Path, count: int) -> list[str]:
    """Cut the sample into pieces; give the names of the clips, the broken ones among them."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    with av.open(str(SAMPLE)) as container:
        rate = container.streams.video[0].average_rate
        frames = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    assert rate is not None
    length, step = round(PIECE_S * rate), round(STEP_S * rate)
    for number in range(count):
        _encode(folder / f"piece-{number:03}.mp4", frames[number * step : number * step + length], rate)
    _break_clips(folder)
    return sorted(path.name for path in folder.iterdir())


def _encode(path: Path, frames: Sequence[np.ndarray], rate: Fraction) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(CRF), "preset": "veryfast"})
        height, width = frames[0].shape
        stream.width, stream.height, stream.pix_fmt = width, height * 2 // 3, "yuv420p"
        for planes in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode(None))


def _break_clips(folder: Path) -> None:
    whole = (folder / "piece-000.mp4").read_bytes()
    contents = {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"This is no clip.\n"}
    for name, how in BROKEN.items():
        (folder / name).write_bytes(contents[how])


def _new(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    return folder


def _start(folder: Path, clips: Sequence[str], *how: str) -> tuple[subprocess.Popen[str], float]:
    """Start a run from its folder, so that all runs have the same command line and tell the same of it."""
    words = ["analyze", *(f"../clips/{name}" for name in clips), "--out", REPORTS, "--mm-per-px", str(MM_PER_PX)]
    words += ["--format", "json", "--quiet", *how]
    run = subprocess.Popen([*COMMAND, *words], cwd=folder, stderr=subprocess.PIPE, text=True)
    return run, time.monotonic()


def _finish(started: tuple[subprocess.Popen[str], float], folder: Path) -> Ending:
    run, begun = started
    _, said = run.communicate()
    took_s = time.monotonic() - begun
    named = tuple(sorted(Path(line.partition(": ")[0]).name for line in said.splitlines() if line.startswith("../")))
    return Ending(run.returncode, named, _reports(folder), took_s)


def _reports(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / REPORTS).glob("*.json")}


def _is_told(ending: Ending) -> bool:
    return ending.code == 1 and ending.named == tuple(sorted(BROKEN))


def _check_speed(work: Path, clips: Sequence[str], two: Ending, promises: Promises) -> None:
    one = _finish(_start(_new(work / "one-job"), clips, "--jobs", "1"), work / "one-job")
    ratio = one.took_s / two.took_s
    print(f"one job: {one.took_s:.1f} s, {ratio:.2f} times as long as two")
    promises.check("one job gives the same reports", one.reports == two.reports)
    promises.check(f"two jobs are at least {FASTER:g} times as fast as one", ratio >= FASTER)


def _check_kill(
    work: Path, clips: Sequence[str], undisturbed: Ending, rng: np.random.Generator, promises: Promises
) -> None:
    folder = _new(work / "killed")
    latest = max(KILLS + 1, int(LATEST_KILL * len(undisturbed.reports)))
    moments = np.sort(rng.choice(np.arange(1, latest), KILLS, replace=False))
    found = []
    for moment in moments:
        run, _ = _start(folder, clips, "--jobs", "2")
        _wait_for_reports(folder, int(moment), run)
        run.send_signal(signal.SIGKILL)
        run.communicate()
        promises.check(
            f"killed by SIGKILL with {len(_reports(folder))} reports there", run.returncode == -signal.SIGKILL
        )
        found.append(_stamps(folder))
    ending = _finish(_start(folder, clips, "--jobs", "2"), folder)
    promises.check("resumed, it names the broken clips, exit code 1", _is_told(ending))
    promises.check("and gives the same reports as the undisturbed run", ending.reports == undisturbed.reports)
    promises.check("and wrote none of those twice that were there", set().union(*found) <= _stamps(folder))


def _stamps(folder: Path) -> set[tuple[str, int]]:
    """Names and times of the reports that are on record as done; one that is not may be written again."""
    done = (folder / REPORTS / ".fasciscan" / "done").glob("*.json")
    return {(path.name, (folder / REPORTS / path.name).stat().st_mtime_ns) for path in done}


def _wait_for_reports(folder: Path, count: int, run: subprocess.Popen[str]) -> None:
    while len(_reports(folder)) < count and run.poll() is None:
        time.sleep(POLL_S)


def _check_cluster(work: Path, clips: Sequence[str], undisturbed: Ending, promises: Promises) -> None:
    folder = _new(work / "cluster")
    with _cluster() as (address, workers):
        started = _start(folder, clips, "--scheduler", address)
        _wait_for_reports(folder, len(undisturbed.reports) // 3, started[0])
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()
        print(f"one of two workers was killed with {len(_reports(folder))} reports there")
        ending = _finish(started, folder)
    promises.check("the cluster names the broken clips, exit code 1", _is_told(ending))
    promises.check("and gives the same reports as the undisturbed run", ending.reports == undisturbed.reports)


@contextmanager
def _cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a Dask scheduler and two workers, each a process; give its address and them."""
    with tempfile.TemporaryDirectory(prefix="fasciscan-dask-") as scratch:
        told = Path(scratch) / "scheduler.json"
        common = ["--scheduler-file", str(told), "--no-dashboard"]
        scheduler = _dask("scheduler", "--host", "127.0.0.1", "--port", "0", *common)
        alone = ["--no-nanny", "--nthreads", "1"]
        workers = [_dask("worker", *common, *alone, "--local-directory", f"{scratch}/{n}") for n in range(2)]
        try:
            yield _address(told), workers
        finally:
            for process in (*workers, scheduler):
                process.kill()
                process.wait()


def _dask(*words: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "dask", *words], stdout=quiet, stderr=quiet, env=os.environ)


def _address(told: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            return json.loads(told.read_text(encoding="utf-8"))["address"]
        except (OSError, ValueError):  # not there, or not yet whole
            time.sleep(POLL_S)
    sys.exit("The Dask scheduler did not start; is the extra [cluster] installed?")


if __name__ == "__main__":
    main()

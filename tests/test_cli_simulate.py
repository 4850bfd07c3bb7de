"""What ``fasciscan simulate`` promises: clips with truth, a summary, and one line where it cannot."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fasciscan.cli import app
from fasciscan.simulate.presets import LONGEST_S, RATES_HZ, SHORTEST_BROAD_S, SHORTEST_S


def simulate(out: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["simulate", "--out", str(out), *more])


def test_clips_are_made_once_and_the_summary_tells_how_fast(tmp_path):
    short = ("--clips", "1", "--seed", "9", "--jobs", "1", "--duration", "5", "--rate", "5")
    first = simulate(tmp_path, *short)
    assert first.exit_code == 0
    assert "1 clips made" in first.output
    assert "frames/s" in first.output
    assert (tmp_path / "broad-9.truth.json").exists()
    again = simulate(tmp_path, *short)
    assert "0 clips made; 1 were there" in again.output
    (tmp_path / "broad-9.truth.json").write_text("{")
    assert "1 clips made" in simulate(tmp_path, *short).output


def test_a_folder_of_other_clips_of_the_same_names_is_not_taken_for_them(tmp_path):
    short = ("--clips", "1", "--seed", "9", "--jobs", "1", "--rate", "5")
    assert simulate(tmp_path, *short, "--duration", "5").exit_code == 0
    other = simulate(tmp_path, *short, "--duration", "6")
    assert other.exit_code == 1
    assert "of 5 s, not 6 s" in other.output
    assert "Traceback" not in other.output


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "suffix"), [(0, ".avi"), (1, ".mp4")])
def test_where_there_is_no_room_it_is_said_in_a_line_and_nothing_is_left(seed, suffix, tmp_path):
    resource = pytest.importorskip("resource", reason="limits on file sizes are POSIX's")
    short = ("--clips", "1", "--seed", str(seed), "--jobs", "1", "--duration", "5", "--rate", "20")
    done = subprocess.run(
        [sys.executable, "-m", "fasciscan", "simulate", "--out", str(tmp_path), *short],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (40_000, 40_000)),
    )
    assert done.returncode == 1
    assert f"broad-{seed}{suffix} could not be written there" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="a folder that nobody may write to is in Linux alone")
def test_a_folder_that_cannot_be_written_to_is_said_in_a_line():
    done = simulate(Path("/sys/kernel"), "--clips", "1", "--jobs", "1", "--duration", "5", "--rate", "5")
    assert done.exit_code == 1
    assert "/sys/kernel: broad-0.avi could not be written there (Permission denied); name a folder" in done.output


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--preset", "nonsense"), 2, "broad-heldout"),
        (("--clips", "0"), 2, "--clips"),
        (("--preset", "broad-texture"), 1, "stills"),
        (("--preset", "broad-texture", "--stills", "absent.png"), 1, "absent.png"),
        (("--preset", "broad", "--stills", "absent.png"), 2, "broad-texture"),
        (("--preset", "scatterer-mixed", "--stills", str(Path(__file__))), 2, "takes no stills"),
        (("--duration", "1"), 1, "5 to 600 s"),
        (("--rate", "1000"), 1, "pictures/s"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(options, code, words, tmp_path):
    done = simulate(tmp_path / "out", *options)
    assert done.exit_code == code
    assert words in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_help_teaches():
    done = CliRunner().invoke(app, ["simulate", "--help"])
    assert done.exit_code == 0
    told = " ".join(done.output.replace("│", " ").split())
    for word in ("Same seed, same clip", "broad-heldout", "truth", "Examples"):
        assert word in told
    assert f"{SHORTEST_BROAD_S:g} to {LONGEST_S:g} ({SHORTEST_S:g} to {LONGEST_S:g} for the narrower" in told
    assert "{:g} to {:g}, instead".format(*RATES_HZ) in told

"""``fasciscan train`` says what it needs before it works for hours."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fasciscan.cli import app


def run(*args: str | Path):
    return CliRunner().invoke(app, ["train", *map(str, args)])


def test_without_torch_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("fasciscan.cli.train.find_spec", lambda _name: None)
    done = run("--clips", tmp_path, "--validation", tmp_path, "--out", tmp_path)
    assert done.exit_code == 1
    assert "pip install 'fasciscan[train]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_to_learn_from_is_a_wrong_command(tmp_path):
    assert run("--validation", tmp_path).exit_code == 2


@pytest.mark.parametrize("option", ["--clips", "--labels"])
def test_a_folder_without_truth_is_named_in_one_line(tmp_path, option):
    done = run(option, tmp_path, "--validation", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert str(tmp_path) in done.stderr
    assert "fasciscan simulate" in done.stderr


def test_the_help_of_training_does_not_load_torch():
    code = (
        "import sys; from fasciscan.cli import app; app(['train', '--help'], standalone_mode=False); "
        "assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(("problems", "exit_code"), [((), 0), (("clips/broken.mp4: cannot be read; mend it.",), 1)])
def test_where_a_clip_had_to_be_left_out_it_is_named_and_the_exit_code_tells(
    monkeypatch, tmp_path, problems, exit_code
):
    def train(*_args, teller, **_options):
        for problem in problems:
            teller.problem(problem)
        return {"threshold": 0.5, "validation": {"f1": 0.9, "epicentre_median_mm": None}}

    monkeypatch.setattr("fasciscan.learn.command.run_training", train)
    done = run("--clips", tmp_path, "--validation", tmp_path, "--out", tmp_path)
    assert done.exit_code == exit_code
    assert done.stderr.splitlines() == list(problems)
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [["f1", "0.900"], ["epicentre_median_mm", "–"]]


@pytest.mark.parametrize("seed", [-1, 2**63, 2**70])
def test_a_seed_that_no_generator_takes_is_a_wrong_command(tmp_path, seed):
    done = run("--clips", tmp_path, "--validation", tmp_path, "--out", tmp_path, "--seed", str(seed))
    assert done.exit_code == 2
    assert "--seed" in done.stderr


def test_the_help_tells_how_many_epochs_there_are():
    from fasciscan.learn.train import TrainConfig

    assert f"by default {TrainConfig().epochs}." in " ".join(run("--help").stdout.split())

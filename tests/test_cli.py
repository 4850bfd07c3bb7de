"""The command line says what was done and what was not, and its exit code never calls a failure a success."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from fasciscan import __version__
from fasciscan.batch import ClipTask, Failed, Reports
from fasciscan.batch.attempt import attempt
from fasciscan.cli import app
from fasciscan.cli.terminal import share_bars
from fasciscan.clip import printable
from fasciscan.clip.quality import Unusable
from fasciscan.clip.records import Clip, ClipOptions
from fasciscan.errors import ClipError
from fasciscan.exam import ClipResult, ClipSummary, Muscle, Provenance, poisson_rate
from fasciscan.motion.raster import Raster
from fasciscan.report.result_json import SCHEMA_PATH, result_to_dict

HELP_MOST_S = 0.4
CLIPS = Path(__file__).parents[2] / "shared" / "clips"
SAMPLES = Path(__file__).parents[1] / "data_samples"


@dataclass
class Asked:
    """What the command line asked of the pipeline."""

    paths: list[Path]
    options: ClipOptions | None = None
    muscle: Muscle | None = None
    command: str = ""


def analysis_of(path: Path, exposure_s: float) -> SimpleNamespace:
    sha256 = f"{len(str(path.parent)):064x}"
    clip = Clip(
        path, sha256, "h264", 4, 4, np.arange(3) / 30, "file timestamps", np.zeros(3, bool), None,
        np.ones((4, 4), bool), "found", SimpleNamespace(frames=lambda: iter(())),
    )  # fmt: skip
    summary = ClipSummary(
        printable(path), sha256, "h264", 4, 4, 3, 0, 30.0, 30.0, 30.0, "file timestamps", None, None, "found", None
    )
    rate = poisson_rate(0, exposure_s) if exposure_s else None
    provenance = Provenance(__version__, "", {}, None, "rule")
    excluded = () if exposure_s else (Unusable(0.0, 4.0, "frozen: one image throughout"),)
    result = ClipResult(summary, None, exposure_s, excluded, 0, rate, (), (), (), ("no scale",), provenance)
    empty = np.zeros((0, 0), np.float32)
    raster = Raster(np.zeros(0), np.zeros(0), np.zeros(0), empty, empty, np.zeros(0, np.float32), "px")
    return SimpleNamespace(clip=clip, result=result, raster=raster)


@pytest.fixture
def asked(monkeypatch) -> Asked:
    """A pipeline that takes note of what it is asked, and fails on clips named so."""
    record = Asked([])

    def analyze(path, options, *, muscle, classifier, command, progress):  # noqa: ARG001 - as the real one
        record.paths.append(path)
        record.options, record.muscle, record.command = options, muscle, command
        progress(0.5)
        if "missing" in path.name:
            raise ClipError(path, "there is no such file", "check the name")
        if "bug" in path.name:
            raise ZeroDivisionError("division by zero")
        return analysis_of(path, 0.0 if "frozen" in path.name else 30.0)

    pipeline = ModuleType("fasciscan.pipeline")
    pipeline.analyze = analyze  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fasciscan.pipeline", pipeline)
    monkeypatch.setattr("fasciscan.twitch.load_classifier", lambda _model: SimpleNamespace(sha256=None))

    def work(task: ClipTask) -> Reports:
        nobody = lambda _share: None  # noqa: E731
        made = analyze(
            task.path, task.options, muscle=task.muscle, classifier=None, command=task.command, progress=nobody
        )
        result = result_to_dict(made.result)
        return Reports(made.clip.sha256, result, {".json": json.dumps(result).encode()})

    def run_in_this_process(tasks: list[ClipTask], *_how) -> Iterator[tuple[int, Reports | Failed]]:
        yield from ((number, attempt(work, task)) for number, task in enumerate(tasks))

    monkeypatch.setattr("fasciscan.batch.run._do", run_in_this_process)
    return record


def run(*arguments: str | Path):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def fasciscan(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command itself, without what the test process has imported."""
    start = "from fasciscan.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", start, *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd=cwd
    )


def read_to_the_end(terminal: int) -> str:
    """Read what was drawn on a pseudo-terminal whose other side is closed; Linux tells that end by an error."""
    drawn = b""
    with os.fdopen(terminal, "rb", buffering=0) as reader, suppress(OSError):
        while chunk := reader.read(4096):
            drawn += chunk
    return drawn.decode()


@pytest.mark.usefixtures("asked")
def test_a_clip_gets_its_reports_and_a_line_in_the_table(tmp_path):
    done = run("analyze", "a.mp4", "--out", tmp_path, "--format", "json,csv")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.events.csv", "a.json"]
    line = next(line for line in done.stdout.splitlines() if line.startswith("a.mp4"))
    assert line.split()[1:6] == ["30", "s", "0", "0", "(0–7.4)"]
    assert line.rstrip().endswith("a.json")
    assert done.stderr == ""


@pytest.mark.usefixtures("asked")
def test_by_default_reports_go_to_one_folder_under_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("analyze", "archive/a.mp4").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["fasciscan-out"]
    assert sorted(path.name for path in Path("fasciscan-out").iterdir()) == ["a.events.csv", "a.html", "a.json"]


@pytest.mark.usefixtures("asked")
def test_one_bad_clip_is_named_and_the_rest_goes_on(tmp_path):
    done = run("analyze", "missing.mp4", "bug.mp4", "good.mp4", "--out", tmp_path, "--format", "json")
    assert done.exit_code == 1
    assert [path.name for path in tmp_path.glob("*.json")] == ["good.json"]
    assert done.stderr.splitlines() == [
        "missing.mp4: there is no such file; check the name.",
        "bug.mp4: internal error (ZeroDivisionError: division by zero); please report it with the output of "
        "fasciscan analyze --debug.",
    ]
    assert "good.mp4" in done.stdout


@pytest.mark.usefixtures("asked")
def test_a_traceback_is_shown_only_when_asked_for(tmp_path):
    assert "Traceback" not in run("analyze", "bug.mp4", "--out", tmp_path).stderr
    assert "Traceback" in run("analyze", "bug.mp4", "--out", tmp_path, "--debug").stderr


@pytest.mark.usefixtures("asked")
def test_a_clip_in_which_nothing_counts_is_analysed_but_gets_a_warning_and_no_rate(tmp_path):
    done = run("analyze", "frozen.mp4", "--out", tmp_path, "--format", "json")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "frozen.mp4: nothing of it could be analysed (frozen: one image throughout); no rate is given."
    ]
    assert json.loads((tmp_path / "frozen.json").read_text())["rate_per_min"] is None
    line = next(line for line in done.stdout.splitlines() if line.startswith("frozen.mp4"))
    assert line.split()[1:5] == ["0", "s", "–", "–"]


@pytest.mark.usefixtures("asked")
def test_two_clips_of_one_name_keep_their_reports(tmp_path):
    assert run("analyze", "a/x.mp4", "bb/x.mp4", "--out", tmp_path, "--format", "json").exit_code == 0
    told = {json.loads(path.read_text())["clip"]["path"] for path in tmp_path.glob("*.json")}
    assert told == {"a/x.mp4", "bb/x.mp4"}


def test_a_clip_named_twice_is_analysed_once(asked, tmp_path):
    run("analyze", "a.mp4", "a.mp4", "--out", tmp_path, "--format", "json")
    assert asked.paths == [Path("a.mp4")]


def test_what_the_user_says_reaches_the_analysis(asked, tmp_path):
    run(
        "analyze", "a.mp4", "--out", tmp_path, "--format", "json", "--mm-per-px", "0.08", "--roi", "10,20,30,40",
        "--muscle", "biceps", "--side", "left", "--timestamps", "t.csv",
    )  # fmt: skip
    corners = ((10, 20), (39, 20), (39, 59), (10, 59))
    assert asked.options == ClipOptions(mm_per_px=0.08, roi=corners, timestamps=Path("t.csv"))
    assert asked.muscle == Muscle("biceps", "left")


def test_a_region_may_be_a_polygon(asked, tmp_path):
    run("analyze", "a.mp4", "--out", tmp_path, "--format", "json", "--roi", "1,2 30,4 5,60.5")
    assert asked.options is not None
    assert asked.options.roi == ((1, 2), (30, 4), (5, 60.5))


def test_the_muscle_is_outlined_as_the_tissue_is(asked, tmp_path):
    run("analyze", "a.mp4", "--out", tmp_path, "--format", "json", "--muscle-region", "1,2 30,4 5,60.5")
    assert asked.options == ClipOptions(muscle_region=((1, 2), (30, 4), (5, 60.5)))


@pytest.mark.parametrize(
    "wrong",
    [
        ["--muscle-region", "1,2,3"],
        ["--roi", "1,2,3"],
        ["--roi", "1,2,0,4"],
        ["--roi", "1,2 3,4"],
        ["--roi", "a,b c,d e,f"],
        ["--roi", "nan,1,2,3"],
        ["--roi", ""],
        ["--format", "pdf"],
        ["--format", ","],
        ["--mm-per-px", "0"],
        ["--mm-per-px", "nan"],
        ["--depth-mm", "-4"],
        ["--depth-mm", "40", "--mm-per-px", "0.1"],
        ["--side", "left"],
        ["--muscle", "biceps", "--side", "up"],
        ["--no-such-option"],
    ],
)
def test_a_wrong_command_is_refused_before_any_work(asked, tmp_path, wrong):
    done = run("analyze", "a.mp4", "--out", tmp_path / "out", *wrong)
    assert done.exit_code == 2, done.output
    assert any(option in done.stderr for option in wrong if option.startswith("--"))
    assert asked.paths == []
    assert not (tmp_path / "out").exists()


def test_an_error_that_the_user_can_put_right_is_told_in_a_line(tmp_path):
    done = run("analyze", "a.mp4", "--out", tmp_path / "out", "--model", tmp_path / "none.onnx")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert [str(tmp_path / "none") in line for line in done.stderr.splitlines()] == [True]
    assert not (tmp_path / "out").exists()


def test_out_must_not_be_a_file(asked, tmp_path):
    (tmp_path / "file").write_text("")
    assert run("analyze", "a.mp4", "--out", tmp_path / "file").exit_code == 2
    assert asked.paths == []


@pytest.mark.parametrize("how", [[], ["--jobs", "1"]])
def test_a_folder_that_cannot_be_made_is_told_before_any_work(asked, tmp_path, how):
    (tmp_path / "file").write_text("")
    done = run("analyze", "a.mp4", "--out", tmp_path / "file" / "under", *how)
    assert (done.exit_code, done.stdout, asked.paths) == (1, "", [])
    assert [line.startswith(f"{tmp_path}/file/under: ") for line in done.stderr.splitlines()] == [True]


def test_a_folder_that_takes_no_files_is_told_before_any_work(asked):
    done = run("analyze", "a.mp4", "--out", "/proc/self")  # which takes none from root either
    assert (done.exit_code, asked.paths) == (1, [])
    assert [line.startswith("/proc/self: ") for line in done.stderr.splitlines()] == [True]


@pytest.mark.usefixtures("asked")
def test_no_clip_is_a_wrong_command():
    assert run("analyze").exit_code == 2


@pytest.mark.usefixtures("asked")
def test_quiet_says_nothing_when_all_is_well(tmp_path):
    done = run("analyze", "a.mp4", "--out", tmp_path, "--format", "json", "--quiet")
    assert (done.exit_code, done.output) == (0, "")


def test_the_command_that_is_told_does_not_depend_on_how_the_work_is_shared_out(asked, tmp_path, monkeypatch):
    told = []
    for how in ([], ["--jobs", "2"], ["--jobs=7"], ["--scheduler", "tcp://x:1", "--jobs", "3"]):
        words = ["analyze", "a.mp4", "b.mp4", "--format", "json", *how]
        monkeypatch.setattr(sys, "argv", ["fasciscan", *words])
        run(*words, "--out", tmp_path / str(len(told)))
        told.append(asked.command)
    assert told == ["fasciscan analyze a.mp4 b.mp4 --format json"] * 4


def test_a_name_that_is_no_utf_8_is_told_with_a_replacement_sign(asked, tmp_path, monkeypatch):
    words = ["analyze", os.fsdecode(b"latin\xe9.mp4"), "--format", "json,csv,html"]
    monkeypatch.setattr(sys, "argv", ["fasciscan", *words])
    done = run(*words, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert asked.command == "fasciscan analyze 'latin\N{REPLACEMENT CHARACTER}.mp4' --format json,csv,html"
    assert any(line.startswith("latin\N{REPLACEMENT CHARACTER}.mp4 ") for line in done.stdout.splitlines())
    assert len(list(tmp_path.glob("latin\N{REPLACEMENT CHARACTER}.*"))) == 3


def test_info_tells_a_clip_whose_name_is_no_utf_8(tmp_path):
    clip = tmp_path / os.fsdecode(b"latin\xe9.npy")
    with clip.open("wb") as file:
        np.save(file, np.random.default_rng(1).integers(0, 255, (9, 60, 80), np.uint8))
    done = run("info", clip)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path}/latin\N{REPLACEMENT CHARACTER}.npy\n")


@pytest.mark.usefixtures("asked")
def test_a_file_name_cannot_dress_up_the_table(tmp_path):
    done = run("analyze", "[bold]a.mp4", "--out", tmp_path, "--format", "json")
    assert "[bold]a.mp4" in done.stdout


@pytest.mark.usefixtures("asked")
def test_a_bar_is_drawn_on_a_terminal_and_only_there(tmp_path, monkeypatch):
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with share_bars(shown=True) as start_clip:
            start_clip("[b]a.mp4")(0.5)
    drawn = read_to_the_end(reader)
    assert "[b]a.mp4" in drawn
    assert "50%" in drawn
    assert run("analyze", "a.mp4", "--out", tmp_path, "--format", "json").stderr == ""


def test_help_teaches_with_an_example_and_answers_at_once():
    times = []
    for _ in range(3):
        begun = os.times()
        done = fasciscan("--help")
        ended = os.times()  # of the processor, since what else the machine does is not our affair
        times.append(ended.children_user + ended.children_system - begun.children_user - begun.children_system)
    assert "fasciscan analyze CLIP --mm-per-px 0.08" in done.stdout
    assert min(times) < HELP_MOST_S
    assert "fasciscan analyze biceps.mp4 --depth-mm 40" in fasciscan("analyze", "--help").stdout


def test_the_version_is_told():
    assert fasciscan("--version").stdout == f"fasciscan {__version__}\n"


def test_it_runs_as_a_module_too():
    done = subprocess.run([sys.executable, "-m", "fasciscan", "-h"], capture_output=True, text=True, check=True)
    assert "Usage: python -m fasciscan" in done.stdout


@pytest.mark.slow
def test_a_sample_clip_goes_from_file_to_reports(tmp_path):
    sample = SAMPLES / "biceps-twitches.mp4"
    done = fasciscan("analyze", sample, "--mm-per-px", "0.1", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads((tmp_path / "biceps-twitches.json").read_text(encoding="utf-8"))
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))).validate(result)
    assert 5 <= result["count"] <= 7  # the clip holds seven, two of them 0.3 s apart at one site
    assert result["rate_per_min"]["low"] <= 60 * 7 / 12 <= result["rate_per_min"]["high"]
    page = (tmp_path / "biceps-twitches.html").read_text(encoding="utf-8")
    assert result["clip"]["sha256"] in page
    rows = (tmp_path / "biceps-twitches.events.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + result["count"] + len(result["other_motion"])


@pytest.mark.slow
def test_a_frozen_recording_is_no_failure_and_no_rest(tmp_path):
    clip = CLIPS / "frozen.mp4"
    if not clip.exists():
        pytest.skip(f"needs the real clips in {CLIPS}")
    done = fasciscan("analyze", clip, "--out", tmp_path, "--format", "json")
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "frozen.mp4: nothing of it could be analysed (frozen" in done.stderr
    result = json.loads((tmp_path / "frozen.json").read_text(encoding="utf-8"))
    assert (result["exposure_s"], result["rate_per_min"]) == (0, None)


def test_json_alone_loads_nothing_that_pages_need():
    probe = (
        "import sys; from fasciscan.report import write_reports; from fasciscan.report.write import _writer; "
        "_writer('json'); _writer('csv'); "
        "print([name for name in ('matplotlib', 'jinja2', 'jsonschema', 'scipy.stats') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_info_names_what_cannot_be_read_and_fails(tmp_path):
    (tmp_path / "note.mp4").write_text("this is no video")
    done = fasciscan("info", tmp_path / "note.mp4", tmp_path / "gone.mp4")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "note.mp4: " in lines[0]
    assert "gone.mp4: " in lines[1]
    assert "Traceback" not in done.stderr


STDOUTS = {"nobody reads on": [], "no room": ["stdout: could not be written to (No space left on device); "]}


@pytest.mark.parametrize(("what", "lines"), STDOUTS.items())
@pytest.mark.parametrize("command", ["info", "version", "table"])
def test_a_stdout_that_takes_nothing_ends_the_program_without_a_traceback(tmp_path, command, what, lines):
    clips = [str(tmp_path / name) for name in ("a.npy", "b.npy")]
    for clip in clips:
        np.save(clip, np.random.default_rng(1).integers(0, 255, (9, 60, 80), np.uint8))
    commands = {
        "info": ["-c", "from fasciscan.cli import main; main()", "info", *clips],
        "version": ["-c", "from fasciscan.cli import main; main()", "--version"],
        "table": [
            "-c",
            "from fasciscan.cli import app, info; from fasciscan.cli.terminal import print_table\n"
            "info.app.command('table')(lambda: print_table(['clip'], [['a']])); app()",
            "table",
        ],
    }
    if what == "no room":
        stdout = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, stdout = os.pipe()
        os.close(reader)
    done = subprocess.run(
        [sys.executable, *commands[command]], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(stdout)
    told = done.stderr.splitlines()
    assert len(told) == len(lines), done.stderr
    assert all(line.startswith(begin) for line, begin in zip(told, lines, strict=True))
    assert done.returncode == 1


def test_info_tells_what_the_reader_sees():
    clip = CLIPS / "frozen.mp4"
    if not clip.exists():
        pytest.skip(f"needs the real clips in {CLIPS}")
    done = fasciscan("info", clip)
    assert done.returncode == 0
    told = dict(line.split(None, 1) for line in done.stdout.splitlines()[1:])
    assert told["picture"] == "960 × 720 px, h264"
    assert told["frames"].startswith("100, 99 of them copies")
    assert told["rate"] == "0.0 new images per second; the file says 25.0"
    assert told["scale"] == "unknown"
    assert told["analysable"] == "0 s of 4 s"

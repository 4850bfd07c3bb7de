"""Many clips on one machine: each costs only itself, and what is done is done."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from batch_fakes import fake_work

from fasciscan.batch import ClipTask, run_clips
from fasciscan.clip import ClipOptions
from fasciscan.report.names import is_free, remember

HERE = Path(__file__).parent


def test_what_goes_wrong_with_a_clip_costs_only_that_clip_and_is_named(make_tasks, tmp_path):
    texts = {"a.mp4": "fine", "b.mp4": "broken", "c.mp4": "bug", "d.mp4": "die", "e.mp4": "huge", "f.mp4": "fine too"}
    outcome = run_clips(make_tasks(texts), tmp_path / "out", jobs=2, memory_mb=1024, work=fake_work)
    assert [done.task.path.name for done in outcome.done] == ["a.mp4", "f.mp4"]
    why = {failed.task.path.name: failed.why for failed in outcome.failed}
    assert list(why) == ["b.mp4", "c.mp4", "d.mp4", "e.mp4"]
    assert "is broken; export it again." in why["b.mp4"]
    assert "internal error (ZeroDivisionError: division by zero)" in why["c.mp4"]
    assert "died (SIGKILL)" in why["d.mp4"]
    assert "more memory than it may have" in why["e.mp4"]
    assert "ZeroDivisionError" in next(f.traceback for f in outcome.failed if f.task.path.name == "c.mp4")
    assert all(str(failed.task.path) in failed.why and "\n" not in failed.why for failed in outcome.failed)


def test_a_clip_that_hangs_is_given_up_and_its_process_ended(make_tasks, tmp_path):
    begun = time.monotonic()
    tasks = make_tasks({"a.mp4": "hang", "b.mp4": "fine"})
    outcome = run_clips(tasks, tmp_path / "out", jobs=1, timeout_s=4.0, work=fake_work)
    assert [failed.why for failed in outcome.failed] == [
        f"{tasks[0].path}: was given up after 4 s; check whether it plays, or cut it shorter."
    ]
    assert [done.task.path.name for done in outcome.done] == ["b.mp4"]
    assert time.monotonic() - begun < 30


def test_results_are_the_same_however_the_work_is_shared_out(make_tasks, tmp_path, contents):
    tasks = make_tasks({f"{n}.mp4": f"slow {0.02 * (n % 3)} {n}" for n in range(12)})
    for jobs in (1, 3):
        run_clips(tasks, tmp_path / f"out-{jobs}", jobs=jobs, work=fake_work)
    assert contents(tmp_path / "out-1") == contents(tmp_path / "out-3")


def test_nothing_is_done_twice(make_tasks, tmp_path):
    tasks = make_tasks({"a.mp4": "one", "b.mp4": "broken", "c.mp4": "three"})
    first = run_clips(tasks, tmp_path / "out", jobs=2, work=fake_work)
    assert [done.kept for done in first.done] == [False, False]
    tasks[1].path.write_text("mended")
    second = run_clips(tasks, tmp_path / "out", jobs=2, work=fake_work)
    assert [done.kept for done in second.done] == [True, False, True]
    assert [done.result for done in second.done] == [{"text": "one"}, {"text": "mended"}, {"text": "three"}]


def test_a_clip_is_done_again_when_its_content_its_options_its_model_or_its_reports_changed(make_tasks, tmp_path):
    (task,) = make_tasks({"a.mp4": "one"})

    def kept(task: ClipTask) -> bool:
        (done,) = run_clips([task], tmp_path / "out", work=fake_work).done
        return done.kept

    assert [kept(task), kept(task), kept(replace(task, command="fasciscan analyze --jobs 9"))] == [False, True, True]
    task.path.write_text("two")
    assert [kept(task), kept(task)] == [False, True]
    (tmp_path / "out" / "a.html").write_text("of another analysis")
    assert [kept(task), kept(task)] == [False, True]
    assert not kept(replace(task, options=ClipOptions(mm_per_px=0.1)))
    assert not kept(replace(task, model_sha256="5" * 64))
    assert not kept(replace(task, model="network", model_sha256="5" * 64))
    assert not kept(task)


def test_clips_of_one_relative_path_in_two_folders_are_two(tmp_path, monkeypatch):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "clip.mp4").write_text(folder)
        monkeypatch.chdir(tmp_path / folder)
        run_clips([ClipTask(Path("clip.mp4"), ("json",), model="rule")], tmp_path / "out", work=fake_work)
    a, b = (hashlib.sha256(text).hexdigest() for text in (b"a", b"b"))
    made = {path.name: path.read_text().strip() for path in (tmp_path / "out").glob("*.json")}
    assert made == {"clip.json": a, f"clip-{b[:8]}.json": b}


def test_clips_of_one_name_get_the_same_report_names_whichever_is_done_first(make_tasks, tmp_path, contents):
    tasks = make_tasks({"a/x.mp4": "slow 0.4", "b/x.mp4": "quick", "c/x.mp4": "quick"})
    run_clips(tasks, tmp_path / "one", jobs=1, work=fake_work)
    run_clips(tasks, tmp_path / "three", jobs=3, work=fake_work)
    assert contents(tmp_path / "one") == contents(tmp_path / "three")
    pages = {path.name: path.read_text() for path in (tmp_path / "one").glob("*.html")}
    assert len(pages) == 3
    assert pages["x.html"] == "<p>slow 0.4"


def test_reports_of_another_clip_that_were_there_are_not_written_over(make_tasks, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x.json").write_text("another clip's")
    (done,) = run_clips(make_tasks({"x.mp4": "new"}), tmp_path / "out", work=fake_work).done
    assert (tmp_path / "out" / "x.json").read_text() == "another clip's"
    assert all(path.name.startswith("x-") for path in done.files)


def test_no_report_takes_the_place_of_any_clip_of_the_batch(make_tasks, tmp_path):
    looks_like_a_report = hashlib.sha256(b"one").hexdigest()
    tasks = make_tasks({"x.mp4": "one", "x.json": looks_like_a_report})
    for _ in range(2):  # the second time the names have owners
        outcome = run_clips(tasks, tmp_path / "clips", jobs=1, work=fake_work)
        assert [done.result["text"] for done in outcome.done] == ["one", looks_like_a_report]
        assert all(path.name.startswith("x-") for done in outcome.done for path in done.files)
    assert tasks[1].path.read_text() == looks_like_a_report


def test_a_name_that_is_no_utf_8_costs_no_other_clip_anything(tmp_path):
    clips = [tmp_path / "a.mp4", tmp_path / os.fsdecode(b"latin\xe9.mp4"), tmp_path / os.fsdecode(b"latin\xe8.mp4")]
    for number, clip in enumerate(clips):
        clip.write_text(str(number))
    tasks = [ClipTask(clip, ("json", "html"), model="rule") for clip in clips]
    for kept in (False, True):
        outcome = run_clips(tasks, tmp_path / "out", jobs=1, work=fake_work)
        assert [done.kept for done in outcome.done] == [kept] * 3
    with_sha = f"-{hashlib.sha256(b'2').hexdigest()[:8]}"
    names = {path.stem.removesuffix(with_sha) for done in outcome.done for path in done.files}
    assert names == {"a", "latin\N{REPLACEMENT CHARACTER}"}


def test_a_batch_and_a_clip_alone_know_each_others_reports(make_tasks, tmp_path):
    (task,) = make_tasks({"x.mp4": "one"})
    sha256, out = hashlib.sha256(b"one").hexdigest(), tmp_path / "out"
    out.mkdir()
    (out / "x.events.csv").touch()
    remember(out, "x", sha256)  # as the clip alone
    (done,) = run_clips([task], out, work=fake_work).done
    assert [path.name for path in done.files] == ["x.json", "x.html"]
    for path in done.files:
        path.unlink()
    assert is_free(out, "x", lambda: sha256)
    assert not is_free(out, "x", lambda: "0" * 64)


def test_progress_counts_what_is_there_and_what_comes(make_tasks, tmp_path):
    tasks = make_tasks({f"{n}.mp4": str(n) for n in range(4)})
    run_clips(tasks[:2], tmp_path / "out", jobs=1, work=fake_work)
    told = []
    run_clips(tasks, tmp_path / "out", jobs=1, work=fake_work, progress=lambda *counts: told.append(counts))
    assert told == [(2, 4), (3, 4), (4, 4)]


RUN = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs behind it without
sys.path.append(sys.argv[1])
import one_program
from batch_fakes import fake_work
from fasciscan.batch import ClipTask, run_clips
tasks = [ClipTask(path, ("json", "html"), model="rule") for path in sorted(Path(sys.argv[2]).rglob("*.mp4"))]
outcome = run_clips(tasks, Path(sys.argv[3]), jobs=2, work=fake_work)
print(sum(done.kept for done in outcome.done), len(outcome.done), len(outcome.failed))
"""


def start_run(clips: Path, out: Path, **settings) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, HERE, clips, out], stdout=subprocess.PIPE, text=True, **settings
    )


def children(run: subprocess.Popen[str], count: int) -> list[psutil.Process]:
    """Wait until a run has so many processes under it."""
    deadline = time.monotonic() + 60
    family: list[psutil.Process] = []
    while len(family) < count and time.monotonic() < deadline:
        family = psutil.Process(run.pid).children(recursive=True)
        time.sleep(0.01)
    assert len(family) == count
    return family


@pytest.mark.slow
def test_200_clips_killed_three_times_at_random_end_as_if_undisturbed(batch_of_200, tmp_path, contents):
    rng = np.random.default_rng(5)
    out = tmp_path / "out"
    done_before = 0
    for _ in range(3):
        run = start_run(batch_of_200.clips, out)
        enough = done_before + int(rng.integers(10, 50))
        while len(list(out.glob("*.html"))) < enough and run.poll() is None:
            time.sleep(float(rng.uniform(0.02, 0.05)))
        os.kill(run.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        run.stdout.close()
        done_before = len(list(out.glob("*.html")))
        assert done_before < 197
    last = start_run(batch_of_200.clips, out)
    told, _ = last.communicate(timeout=300)
    kept, done, failed = map(int, told.split())
    assert (done, failed) == (197, 3)
    assert done_before - 1 <= kept <= done_before  # the kill may hit between a clip's reports and its entry
    assert contents(out) == batch_of_200.undisturbed


def test_no_process_outlives_a_killed_run(make_tasks, tmp_path):
    make_tasks({"a.mp4": "hang", "b.mp4": "hang"})
    run = start_run(tmp_path / "clips", tmp_path / "out")
    family = children(run, 4)  # the tracker, the server, and two workers under it
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []


@pytest.mark.parametrize("processes", [2, 4])
def test_ctrl_c_ends_the_run_and_no_other_process_complains(make_tasks, tmp_path, processes):
    make_tasks({"a.mp4": "hang", "b.mp4": "hang"})
    run = start_run(tmp_path / "clips", tmp_path / "out", stderr=subprocess.PIPE, start_new_session=True)
    family = children(run, processes)  # the tracker and the server, which then loads; and two workers under it
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    _, said = run.communicate(timeout=60)
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == 1  # its own, which the command line catches
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []

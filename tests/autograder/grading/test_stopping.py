"""A run that is ended early: what is graded stays, and the same command grades the rest."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from autograder.grading import one_run, run
from autograder.grading.executors import Processes
from autograder.grading.grade import not_graded
from autograder.grading.stopping import EXIT_STATUS, Stop
from autograder.reports import report as reporting

from .hand_ins import MILESTONE, SETTINGS, hand_in


def jobs(folder, students):
    return [
        run.Job(s, folder / "submitted" / s, folder / "reports" / s / f"{MILESTONE}.json") for s in students
    ]


@pytest.fixture
def graded_at_once(monkeypatch):
    """Grading takes no time; return who was graded."""
    seen = []

    def grade_folder(folder, student, settings, known_digest=""):
        seen.append(student)
        return not_graded(student, settings, "for a test")

    monkeypatch.setattr(run.grade, "grade_folder", grade_folder)
    return seen


def one_thread(workers):
    return ThreadPoolExecutor(1)


def test_a_stopped_run_writes_what_is_graded_and_leaves_the_rest(tmp_path, graded_at_once):
    stop = Stop()
    class_ = jobs(tmp_path, [f"s{i}" for i in range(20)])
    done = []
    for job, _, _ in run.run(class_, SETTINGS, executor=one_thread, stop=stop):
        done.append(job)
        if len(done) == 3:
            stop.request()
    assert 3 <= len(done) < 10
    assert [job for job in class_ if job.report.exists()] == sorted(done, key=class_.index)


def test_memory_does_not_grow_with_the_class(tmp_path, graded_at_once):
    class_ = jobs(tmp_path, [f"s{i}" for i in range(30)])
    for number, _ in enumerate(run.run(class_, SETTINGS, workers=2, executor=one_thread), start=1):
        assert len(graded_at_once) <= number + 2 * 2
    assert number == 30


def test_an_interrupt_asks_a_run_to_stop_and_is_handed_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.events.get(timeout=5) is None
        assert stop.requested
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_run_is_refused_and_told_of_the_first(tmp_path):
    refused = pytest.raises(one_run.AnotherRun, match=f"autograder grade dropout, process {os.getpid()} of")
    with one_run.only_run(tmp_path, "autograder grade dropout"), refused, one_run.only_run(tmp_path, "other"):
        pass
    with one_run.only_run(tmp_path, "another"):
        pass


def test_a_run_goes_on_with_the_seed_of_the_one_that_was_ended(tmp_path):
    assert one_run.earlier(tmp_path, SETTINGS) is None
    one_run.begin(tmp_path, SETTINGS)
    found = one_run.earlier(tmp_path, SETTINGS)
    assert found is not None
    assert found.seed == SETTINGS.seed
    (tmp_path / one_run.STATE).write_text('{"run": ')
    assert one_run.earlier(tmp_path, SETTINGS) is None
    one_run.begin(tmp_path, SETTINGS)
    one_run.done(tmp_path)
    assert one_run.earlier(tmp_path, SETTINGS) is None


def test_processes_end_at_once_and_leave_no_folder():
    pool = Processes(1)
    folder = Path(pool.submit(_temporary_folder).result())
    assert folder.is_dir()
    future = pool.submit(time.sleep, 60)
    began = time.monotonic()
    pool.kill()
    assert time.monotonic() - began < 5
    assert future.done()
    assert not folder.exists()


def _temporary_folder():
    import tempfile

    return tempfile.mkdtemp()


def tree(process):
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def command(course):
    return [
        *(sys.executable, "-m", "autograder", "grade", MILESTONE, "--data", "offline"),
        *("--jobs", "2", "--seed", "7", "--output", "reports", "--submitted", str(course / "submitted")),
    ]


def start(course, folder):
    environment = {**os.environ, "TMPDIR": str(course / "tmp"), "TERM": "dumb"}
    return subprocess.Popen(
        command(course), cwd=folder, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def without_times(folder):
    found = {}
    for path in sorted(folder.glob(f"reports/*/{MILESTONE}.json")):
        report = json.loads(path.read_text())
        report |= {"seconds": {}, "created": ""}
        for check in report["checks"]:
            check["seconds"] = 0
        found[path.parent.name] = report
    return found


def left_over(course):
    """Return the processes and folders that grading has left behind, after a moment to end."""
    deadline = time.monotonic() + 10
    while True:
        processes = [
            p.info for p in psutil.process_iter(["pid", "cmdline"])
            if any(str(course) in part for part in p.info["cmdline"] or ())
        ]  # fmt: skip
        folders = list((course / "tmp").glob("autograder*"))
        if (not processes and not folders) or time.monotonic() > deadline:
            return processes, folders
        time.sleep(0.2)


@pytest.fixture
def course(tmp_path):
    (tmp_path / "tmp").mkdir()
    for student, *mistakes in (("ada",), ("alan", "loss_sign"), ("cy", "gradient_not_averaged"), ("dan",)):
        hand_in(tmp_path / "submitted", student, *mistakes)
    return tmp_path


@pytest.mark.slow
@pytest.mark.sandbox
def test_ctrl_c_ends_within_five_seconds_and_the_same_command_grades_the_rest(course):
    folder = course / "a"
    folder.mkdir()
    process = start(course, folder)
    while not list(folder.glob("reports/*/*.json")):
        time.sleep(0.05)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    said, _ = process.communicate()
    assert time.monotonic() - began < 5
    assert process.returncode == EXIT_STATUS
    assert "The same command grades the rest" in said
    times = {p: p.stat().st_mtime_ns for p in folder.glob("reports/*/*.json")}
    assert left_over(course) == ([], [])
    process = start(course, folder)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert len(without_times(folder)) == 4
    assert times == {p: p.stat().st_mtime_ns for p in times}


@pytest.mark.slow
@pytest.mark.sandbox
def test_fifty_random_kills_lose_nothing_and_change_no_report(course):
    whole = course / "whole"
    whole.mkdir()
    start(course, whole).communicate()
    right = without_times(whole)
    assert len(right) == 4
    source = random.Random(5)
    kills = rounds = 0
    while kills < 50:
        rounds += 1
        folder = course / f"round{rounds}"
        folder.mkdir()
        while True:
            process = start(course, folder)
            time.sleep(source.uniform(0, 12))
            victims = tree(psutil.Process(process.pid))
            if process.poll() is None and victims and kills < 50:
                with_children = source.choice(victims)
                with_children.kill()
                kills += 1
            said, _ = process.communicate()
            assert left_over(course) == ([], [])
            if process.returncode == 0:
                break
            assert process.returncode in (-signal.SIGKILL, 3), said
            # what is there is whole, and right
            for path in folder.glob(f"reports/*/{MILESTONE}.json"):
                reporting.load(path)
        assert without_times(folder) == right

"""Many submissions: nothing is graded twice, and no process takes others with it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from autograder.grading import executors, run
from autograder.grading.grade import not_graded

from .hand_ins import MILESTONE, SETTINGS, hand_in, threads

pytestmark = pytest.mark.sandbox


def test_run_writes_reports_and_does_not_grade_the_same_files_twice(submitted, tmp_path):
    hand_in(submitted, "ada")
    hand_in(submitted, "alan", "loss_sign")
    jobs = run.find_jobs(submitted, tmp_path / "out", SETTINGS.milestone)
    done = {
        job.student: (report, fresh)
        for job, report, fresh in run.run(jobs, SETTINGS, workers=2, executor=threads)
    }
    assert {name: fresh for name, (_, fresh) in done.items()} == {"ada": True, "alan": True}
    for job in jobs:
        assert json.loads(job.report.read_text()) == done[job.student][0]
    (submitted / "alan" / MILESTONE / "nndl" / "neural_net.py").write_text("def broken(:\n")
    again = {job.student: fresh for job, _, fresh in run.run(jobs, SETTINGS, executor=threads)}
    assert again == {"ada": False, "alan": True}
    forced = {
        job.student: fresh for job, _, fresh in run.run(jobs[:1], SETTINGS, force=True, executor=threads)
    }
    assert forced == {"ada": True}


def test_processes_that_grade_share_the_cores(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(set_num_threads=asked.append))
    monkeypatch.setenv("OMP_NUM_THREADS", "9")
    for workers, each in ((3, 2), (20, 1)):
        executors.share_cores(workers)
        assert (asked.pop(), os.environ["OMP_NUM_THREADS"]) == (each, str(each))


class _Dies(Executor):
    """An executor whose process dies on one student's submission."""

    def submit(self, function, /, folder, student, *arguments):  # type: ignore[override]
        future: Future = Future()
        if student == "killer":
            future.set_exception(BrokenProcessPool("died"))
        else:
            future.set_result(function(folder, student, *arguments))
        return future

    def shutdown(self, *arguments, **options):
        pass


def test_a_dying_grading_process_leaves_one_submission_ungraded_and_the_run_goes_on(submitted, tmp_path):
    for name in ("ada", "killer", "zoe"):
        hand_in(submitted, name)
    jobs = run.find_jobs(submitted, tmp_path / "out", SETTINGS.milestone)
    reports = {
        job.student: report for job, report, _ in run.run(jobs, SETTINGS, executor=lambda workers: _Dies())
    }
    assert {name: report["verdict"] for name, report in reports.items()} == {
        "ada": "graded",
        "killer": "not graded",
        "zoe": "graded",
    }


def test_jobs_leave_out_links(submitted, tmp_path):
    hand_in(submitted, "ada")
    os.symlink(submitted / "ada", submitted / "copycat")
    (submitted / "other").mkdir()
    os.symlink(submitted / "ada" / MILESTONE, submitted / "other" / MILESTONE)
    assert [job.student for job in run.find_jobs(submitted, tmp_path, SETTINGS.milestone)] == ["ada"]


def test_a_report_that_cannot_be_written_is_told_and_the_run_goes_on(submitted, tmp_path, monkeypatch):
    for name in ("ada", "zoe"):
        hand_in(submitted, name)
    jobs = run.find_jobs(submitted, tmp_path / "out", SETTINGS.milestone)
    before = graded_before(jobs[0].report)

    def full(path, report):
        if path == jobs[0].report:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, report)

    write = run.reporting.write
    monkeypatch.setattr(run.reporting, "write", full)
    reports = {job.student: report for job, report, _ in run.run(jobs, SETTINGS, executor=threads)}
    assert (reports["ada"]["verdict"], reports["ada"]["score"]) == ("not graded", None)
    assert "No space left on device" in reports["ada"]["reason"]
    assert reports["zoe"]["verdict"] == "graded"
    assert jobs[0].report.read_text() == before


def graded_before(path):
    """Write a report of other files, and return its text."""
    run.reporting.write(path, not_graded(path.parent.name, SETTINGS, "for a test"))
    return path.read_text()


def test_a_folder_that_cannot_be_entered_is_a_job_like_any_other(submitted, tmp_path, monkeypatch):
    hand_in(submitted, "ada")
    hand_in(submitted, "closed")
    lstat = Path.lstat

    def refuse(path):
        if "closed" in path.parts and path.name == MILESTONE:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", refuse)
    assert [job.student for job in run.find_jobs(submitted, tmp_path, SETTINGS.milestone)] == [
        "ada",
        "closed",
    ]


_PARENT = """
import os, signal, time
from autograder.grading.run import processes

if __name__ == "__main__":
    pool = processes(2)
    print(*{pool.submit(os.getpid).result(), *pool._processes}, flush=True)
    pool.submit(time.sleep, 60)
    pool.submit(time.sleep, 60)
    time.sleep(60)
"""


def test_worker_processes_end_with_their_parent_also_if_it_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert workers
        parent.kill()
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_what_lies_beside_its_place_is_not_overlooked(submitted):
    for name in ("ada/Two_Layer_Net", "bob/dropout", "cy/two_layer_net", "dan/two_layer_net_old", "eve"):
        (submitted / name).mkdir(parents=True)
    for name in ("eve/two_layer_net (1).ipynb", "fay.zip", "notes.txt", "cy/two_layer_net.zip"):
        (submitted / name).touch()
    found = run.overlooked(submitted, SETTINGS.milestone)
    assert [path.relative_to(submitted).as_posix() for path in found] == [
        "ada/Two_Layer_Net",
        "eve/two_layer_net (1).ipynb",
        "fay.zip",
    ]


def test_a_link_or_a_file_in_the_place_of_a_folder_is_not_overlooked(submitted):
    for name in ("ada/two_layer_net", "bob", "cy", "zoe"):
        (submitted / name).mkdir(parents=True)
    (submitted / "bob" / "two_layer_net").symlink_to(submitted / "ada" / "two_layer_net")
    (submitted / "zoe" / "two_layer_net").touch()
    (submitted / "eve").symlink_to(submitted / "ada")
    (submitted / "fay").symlink_to(submitted / "nowhere")
    found = run.overlooked(submitted, SETTINGS.milestone)
    assert [path.relative_to(submitted).as_posix() for path in found] == [
        "bob/two_layer_net",
        "eve",
        "fay",
        "zoe/two_layer_net",
    ]


def test_a_groups_work_is_graded_once_and_each_member_has_the_report(submitted, tmp_path):
    for name in ("ada", "alan", "eve", "zoe"):
        hand_in(submitted, name, "loss_sign")
        if name != "zoe":
            (submitted / name / MILESTONE / "handed_in_by.txt").write_text("zoe\n")
    (submitted / "eve" / MILESTONE / "nndl" / "neural_net.py").write_text(
        "def broken(:\n"
    )  # says it, is no copy
    jobs = run.find_jobs(submitted, tmp_path / "out", SETTINGS.milestone)
    asked = []

    class Counting(Executor):
        def submit(self, function, /, folder, student, settings, known=""):  # type: ignore[override]
            future: Future = Future()
            future.set_result(function(folder, student, settings, known))
            asked.append((student, future.result() is not None))
            return future

    def graded(**options):
        asked.clear()
        return {
            job.student: (report, fresh)
            for job, report, fresh in run.run(jobs, SETTINGS, executor=lambda _: Counting(), **options)
        }

    done = graded()
    assert asked == [("zoe", True), ("ada", False), ("alan", False), ("eve", True)]
    for name in ("ada", "alan"):
        assert done[name] == (done["zoe"][0] | {"student": name}, True)
    assert done["eve"][0]["score"] < done["zoe"][0]["score"]
    for job in jobs:
        assert json.loads(job.report.read_text()) == done[job.student][0]
    assert {name: fresh for name, (_, fresh) in graded().items()} == dict.fromkeys(done, False)
    graded(force=True)
    assert dict(asked) == {"zoe": True, "ada": False, "alan": False, "eve": True}

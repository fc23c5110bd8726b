"""Many submissions: nothing is graded twice, and no process takes others with it."""

from __future__ import annotations

import json
import os
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from autograder.grading import run

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

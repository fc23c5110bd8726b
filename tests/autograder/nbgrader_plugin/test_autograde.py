"""`nbgrader autograde` reads a submission safely, and grades what can be graded."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3

import pytest
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.nbgrader_plugin import autograde
from autograder.nbgrader_plugin.autograde import AutogradeCommand, SandboxedAutograde, read_timestamp
from autograder.nbgrader_plugin.earlier_copy import EarlierCopy

from .small_course import everything_under, export


def test_a_submission_that_could_not_be_judged_fails_loudly_and_keeps_no_old_score(released, course):
    released.submit("alice")
    assert released.autograde("alice")["success"]
    released.verdicts = dict.fromkeys(released.verdicts)
    result = released.autograde("alice")
    assert not result["success"]
    assert "the sandbox is broken" in result["log"]
    assert released.scores("alice")["scores"] == (None, True)
    assert not (course.root / "autograded" / "alice" / "two_layer_net").exists()
    (row,) = export(released)
    assert (row["student_id"], row["state"], row["scores"]) == ("alice", "needs a human", "")


def test_a_folder_that_cannot_be_read_is_not_graded(released, course, tmp_path):
    (course.root / "submitted" / "bob").mkdir(parents=True)
    (course.root / "submitted" / "bob" / "two_layer_net").symlink_to(released.submit("alice"))
    result = released.autograde("bob")
    assert not result["success"]
    assert "cannot be read" in result["log"]
    assert released.graded == []


@pytest.mark.timeout(120)
def test_links_pipes_and_giants_neither_hang_nor_leak(released, course, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("other people's grades")
    folder = released.submit("alice")
    (folder / "two_layer_net.ipynb").unlink()
    os.mkfifo(folder / "two_layer_net.ipynb")
    os.mkfifo(folder / "timestamp.txt")
    (folder / ".hidden").symlink_to("/dev/zero")
    (folder / "a[b]").mkdir()
    (folder / "a[b]" / "notes.txt").symlink_to(secret)
    (folder / "best_net.npz").symlink_to(secret)
    with open(folder / "giant", "wb") as file:
        file.truncate(1 << 42)
    assert released.autograde("alice")["success"]
    assert released.autograde("alice")["success"]
    assert released.scores("alice")["scores"] == (None, True)
    html = released.feedback("alice")
    assert "it is a link" in html
    for step in ("autograded", "feedback"):
        step_folder = course.root / step / "alice" / "two_layer_net"
        names = {p.relative_to(step_folder).as_posix() for p in step_folder.rglob("*") if not p.is_dir()}
        assert names <= {"two_layer_net.ipynb", "two_layer_net.html", "nndl/neural_net.py"}
        assert "other people" not in everything_under(step_folder)


def test_the_formgrader_page_reads_no_timestamp_from_a_pipe(released):
    folder = released.submit("alice")
    os.mkfifo(folder / "timestamp.txt")
    assert released.api.get_submission("two_layer_net", "alice")["timestamp"] is None


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-03-01 14:05:00 UTC", 14), ("nonsense", None), ("", None), ("9" * 5000, None)]
)
def test_timestamps(tmp_path, text, hour):
    (tmp_path / "timestamp.txt").write_text(text)
    found = read_timestamp(CourseDirectory(), str(tmp_path))
    assert (found.hour if found else None) == hour


def test_a_newer_submission_is_graded_again_and_feedback_can_be_released(released, course):
    folder = released.submit("alice")
    (folder / "submission_secret.txt").write_text("0123")
    for stamp in ("2026-03-01 10:00:00 UTC", "2026-03-01 10:00:00 UTC", "2026-03-02 10:00:00 UTC"):
        (folder / "timestamp.txt").write_text(stamp)
        coursedir = CourseDirectory(config=released.config, assignment_id="two_layer_net")
        SandboxedAutograde(coursedir=coursedir, config=released.config).start()
    assert len(released.graded) == 2
    released.feedback("alice")
    feedback = course.root / "feedback" / "alice" / "two_layer_net"
    assert (feedback / "timestamp.txt").read_text() == "2026-03-02 10:00:00 UTC"
    assert (feedback / "submission_secret.txt").read_text() == "0123"


def test_a_notebook_of_another_name_is_taken_for_the_one_that_it_is(released):
    folder = released.submit("alice")
    (folder / "two_layer_net.ipynb").rename(folder / "my_work.ipynb")
    result = released.autograde("alice")
    assert result["success"], result
    assert "two_layer_net.ipynb was read from my_work.ipynb" in result["log"]
    assert "No submitted file" not in result["log"]
    assert released.scores("alice")["why"] == (0.0, False)  # nobody wrote an answer


@pytest.mark.parametrize("content", [None, '{"cells": [{"cell_type": "mark'])
def test_without_a_readable_notebook_the_code_is_graded_and_a_human_looks_for_answers(released, content):
    path = released.submit("alice") / "two_layer_net.ipynb"
    path.unlink()
    if content is not None:
        path.write_text(content)
    result = released.autograde("alice")
    assert result["success"], result
    assert released.scores("alice") == {"scores": (3.0, False), "predict": (2.0, False), "why": (None, True)}
    assert "two_layer_net.ipynb was not read" in result["log"]


def test_without_its_code_a_submission_is_left_to_a_human_with_its_notebook(released):
    folder = released.submit("alice")
    (folder / "nndl" / "neural_net.py").rename(folder / "solution.py")
    result = released.autograde("alice")
    assert result["success"], result
    assert released.graded == []
    assert {released.scores("alice")[name] for name in ("scores", "predict")} == {(None, True)}
    text = released.autograded("alice")["test-scores"].outputs[0].text
    assert "files not found: nndl/neural_net.py" in text
    assert "solution.py" in text


@pytest.mark.parametrize("complete", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_command_says_by_its_status_that_something_is_for_a_human(released, complete):
    folder = released.submit("alice")
    if not complete:
        (folder / "two_layer_net.ipynb").write_text("")
    api = released.api
    api.coursedir.assignment_id, api.coursedir.student_id = "two_layer_net", "alice"
    command = AutogradeCommand(coursedir=api.coursedir, parent=api)
    command.create_student = True
    if complete:
        command.start()
    else:
        with pytest.raises(SystemExit) as ended:
            command.start()
        assert ended.value.code == 3
    assert released.scores("alice")["scores"] == (3.0, False)


def test_what_was_handed_in_later_is_graded_without_a_time(released):
    folder = released.submit("alice")
    coursedir = CourseDirectory(config=released.config, assignment_id="two_layer_net")
    for code in ("first", "first", "second"):
        (folder / "nndl" / "neural_net.py").write_text(f"TEXT = {code!r}")
        SandboxedAutograde(coursedir=coursedir, config=released.config).start()
    assert len(released.graded) == 2


def test_the_kernel_gets_a_tree_without_links_and_solutions(released):
    released.submit("alice")
    released.autograde("alice")
    (submission,) = released.graded
    assert submission.student == "alice"
    assert [file.path for file in submission.files] == ["two_layer_net.ipynb", "nndl/neural_net.py"]


def test_a_second_run_on_the_same_course_is_refused(released, course):
    released.submit("alice")
    holder = os.open(course.root, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        result = released.autograde("alice")
    finally:
        os.close(holder)
    assert not result["success"]
    assert "another autograde run is working" in result["error"]


def test_an_assignment_that_is_no_milestone_is_named(released, course):
    (course.root / "submitted" / "alice" / "extra").mkdir(parents=True)
    result = released.api.autograde("extra", "alice")
    assert not result["success"]
    assert "there is no milestone 'extra'" in result["log"]


def everything_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def regrade(released):
    coursedir = CourseDirectory(config=released.config, assignment_id="two_layer_net")
    SandboxedAutograde(coursedir=coursedir, config=released.config, force=True).start()


def test_a_locked_gradebook_is_noticed_before_anything_is_changed(released, course, monkeypatch):
    released.submit("alice")
    assert released.autograde("alice")["success"]
    before = everything_in(course.root / "autograded")
    monkeypatch.setattr("autograder.nbgrader_plugin.autograde._PATIENCE", 0.1)
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        result = released.autograde("alice")
    assert not result["success"]
    assert result["log"].count("\n") == 1
    assert "cannot be written to: database is locked" in result["log"]
    assert everything_in(course.root / "autograded") == before
    assert released.scores("alice")["scores"] == (3.0, False)


@pytest.mark.parametrize("step", ["forget_scores", "submission.load"])
def test_the_earlier_copy_outlives_a_run_that_fails(released, course, monkeypatch, step):
    released.submit("alice")
    released.submit("bob")
    assert released.autograde("alice")["success"]
    folder = course.root / "autograded" / "alice"
    before = everything_in(folder / "two_layer_net")

    def full(*arguments, **options):
        if "alice" in map(str, arguments) or options.get("student") == "alice":
            raise OSError(errno.ENOSPC, "No space left on device")
        return right(*arguments, **options)

    module = autograde.submission if step == "submission.load" else autograde
    right = getattr(module, step.rpartition(".")[2])
    with monkeypatch.context() as patch:
        patch.setattr(module, step.rpartition(".")[2], full)
        with pytest.raises(NbGraderException):
            regrade(released)
    assert released.scores("bob")["scores"] == (3.0, False)
    if step == "forget_scores":
        assert everything_in(folder / "two_layer_net") == before
    else:
        assert not (folder / "two_layer_net").exists()
        assert everything_in(folder / ".two_layer_net.before") == before
    assert released.autograde("alice")["success"]
    assert os.listdir(folder) == ["two_layer_net"]
    assert released.scores("alice")["scores"] == (3.0, False)


def test_what_a_killed_run_left_is_graded_again(released, course):
    released.submit("alice")
    EarlierCopy(course.root / "autograded" / "alice" / "two_layer_net").set_aside()
    (course.root / "autograded" / "alice" / "two_layer_net").mkdir()
    assert released.autograde("alice")["success"]
    assert os.listdir(course.root / "autograded" / "alice") == ["two_layer_net"]
    assert released.scores("alice")["scores"] == (3.0, False)


def test_a_folder_that_cannot_be_entered_is_told_and_the_others_are_graded(released, course, monkeypatch):
    released.submit("alice")
    released.submit("closed")
    path = str(course.root / "submitted" / "closed" / "two_layer_net")
    lexists, load = os.path.lexists, autograde.submission.load

    def refuse(folder, *arguments, **options):
        if str(folder) == path:
            raise autograde.submission.SubmissionError("reading it is not permitted")
        return load(folder, *arguments, **options)

    monkeypatch.setattr(os.path, "lexists", lambda name: str(name) != path and lexists(name))
    monkeypatch.setattr(autograde, "may_hold_folder", lambda folder: str(folder) == path)
    monkeypatch.setattr(autograde.submission, "load", refuse)
    result = released.autograde("*")
    assert not result["success"]
    assert released.scores("alice")["scores"] == (3.0, False)
    assert "[ERROR] SubmissionError: reading it is not permitted\n" in result["log"]
    assert "Traceback" not in result["log"]


def test_one_run_draws_the_same_cases_for_everybody_and_another_run_others(released):
    for student in ("alice", "bob"):
        released.submit(student)
    for _ in range(2):
        assert released.autograde("*")["success"]
    first, second, third, fourth = released.seeds
    assert first == second != third == fourth
    assert min(released.seeds) > 0

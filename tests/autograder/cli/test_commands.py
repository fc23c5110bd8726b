"""The command line, from submitted folders to reports, pages and exit status."""

from __future__ import annotations

import errno
import os

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.grading import run
from autograder.reports import report as reporting
from autograder.sandbox.availability import SandboxAvailability
from autograder.sources import Sources
from autograder.submission.load import SubmissionError

from ..grading.hand_ins import MILESTONE, hand_in, threads

pytestmark = pytest.mark.sandbox


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_grade_feedback_and_report_commands(submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    hand_in(submitted, "ada")
    hand_in(submitted, "<b>bold", "gradient_ignores_relu")
    out = tmp_path / "reports"
    outcome = call(
        "grade", MILESTONE, "--submitted", submitted, "--output", out, "--data", "offline", "--seed", "9"
    )
    assert outcome.exit_code == 0, outcome.output
    assert "40 / 40" in outcome.output
    assert "Run seed: 9" in outcome.output
    again = call("grade", MILESTONE, "--submitted", submitted, "--output", out, "--data", "offline").output
    assert "Nothing to grade: 2 reports are up to date; --force grades again." in again
    assert "40 / 40" in again
    assert "seed" not in again
    assert f"grading {MILESTONE}" not in again
    assert "earlier checks" not in again
    older = reporting.load(out / "ada" / f"{MILESTONE}.json")
    older["versions"] |= {reporting.CONTENT: "0" * 64, "student_numpy": "1.26.4"}
    reporting.write(out / "ada" / f"{MILESTONE}.json", older)
    again = call("grade", MILESTONE, "--submitted", submitted, "--output", out, "--data", "offline").output
    assert "1 of 2 reports come from earlier checks, mistakes or reference (ada)" in again
    assert "ada worked with NumPy 1.26.4, and the grader has" in again
    assert call("report", MILESTONE, "--reports", out).exit_code == 0
    page = (out / f"{MILESTONE}.html").read_text()
    assert "gradient_ignores_relu" in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page
    assert "What to teach again" in page
    assert (out / f"{MILESTONE}.csv").read_text().startswith("check,points,graded,passed")
    assert call("feedback", MILESTONE, "--reports", out).exit_code == 0
    assert "ReLU as if it were not there" in (out / "<b>bold" / f"{MILESTONE}.html").read_text()


def test_exit_status_3_lists_what_could_not_be_graded(submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    hand_in(submitted, "ada")
    outcome = call(
        "grade", MILESTONE, "--submitted", submitted, "--output", tmp_path / "o", "--data", tmp_path
    )
    assert outcome.exit_code == 3
    assert "not graded: ada" in outcome.output


@pytest.mark.parametrize(
    "name", ["[bold] [x]", "\x1b]0;title\x07\x1b[31m", os.fsdecode(b"caf\xe9"), "<b>&\n"]
)
def test_no_folder_name_ends_the_run_or_steers_the_terminal(name, submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    monkeypatch.setattr("autograder.grading.grade.load", refuse)
    (submitted / name / MILESTONE).mkdir(parents=True)
    output = tmp_path / "o"
    outcome = call("grade", MILESTONE, "--submitted", submitted, "--output", output, "--data", tmp_path)
    assert outcome.exit_code == 3, outcome.exception
    assert "refused" in outcome.output
    assert "\x1b" not in outcome.output
    assert "\x07" not in outcome.output
    assert reporting.read(output / name / f"{MILESTONE}.json")["student"] == name
    assert call("feedback", MILESTONE, "--reports", output).exit_code == 0
    page = (output / name / f"{MILESTONE}.html").read_text()
    assert "<b>&" not in page


def refuse(*arguments, **options):
    raise SubmissionError("refused [/]")


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "no_such_milestone"),
        ("grade", MILESTONE, "--submitted", "nowhere"),
        ("grade", MILESTONE, "--jobs", "0"),
        ("grade", MILESTONE, "--seed", "-1"),
        ("report", MILESTONE, "--reports", "nowhere"),
        ("grade",),
    ],
)
def test_wrong_usage_is_exit_status_2(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(*arguments).exit_code == 2


def test_a_missing_student_is_named(submitted, tmp_path):
    hand_in(submitted, "ada")
    outcome = call("grade", MILESTONE, "--submitted", submitted, "--student", "bob")
    assert outcome.exit_code == 2
    assert "bob" in outcome.output


def test_without_a_sandbox_nothing_is_graded_and_the_advice_is_given(submitted, monkeypatch):
    missing = SandboxAvailability(False, "", "bwrap is not installed; run: apt-get install bubblewrap")
    monkeypatch.setattr("autograder.cli.options.sandbox_availability", lambda: missing)
    hand_in(submitted, "ada")
    outcome = call("grade", MILESTONE, "--submitted", submitted)
    assert outcome.exit_code == 3
    assert (
        "cannot be sandboxed here: bwrap is not installed; run: apt-get install bubblewrap" in outcome.output
    )


def test_an_output_folder_that_cannot_be_written_to_is_said_before_anything_is_graded(
    submitted, tmp_path, monkeypatch
):
    hand_in(submitted, "ada")
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(run, "run", None)
    outcome = call("grade", MILESTONE, "--submitted", submitted, "--output", tmp_path / "file" / "out")
    assert outcome.exit_code == 1
    assert outcome.output.startswith("Error: cannot write to")
    assert outcome.output.count("\n") == 1


def test_a_full_disk_is_told_in_one_line(tmp_path, monkeypatch):
    reporting.write(tmp_path / "ada" / f"{MILESTONE}.json", new_report())

    def full(path, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(reporting, "write_text", full)
    for command in ("report", "feedback"):
        outcome = call(command, MILESTONE, "--reports", tmp_path)
        assert outcome.exit_code == 1
        assert outcome.output.startswith("Error: ")
        assert outcome.output.endswith("No space left on device\n")
        assert outcome.output.count("\n") == 1


def new_report():
    return reporting.new_report(Sources().milestone(MILESTONE), "ada", seed=0)


def test_a_simulated_class_without_its_images_is_refused_in_one_sentence(tmp_path, monkeypatch):
    def not_there(data):
        raise ConnectionError("the images could not be downloaded.")

    monkeypatch.setattr("autograder.judging.milestone_content.simulated_nets", lambda milestone: not_there)
    outcome = call("simulate", MILESTONE, tmp_path / "class")
    begun, error = outcome.output.splitlines()
    assert (outcome.exit_code, "Training the nets" in begun) == (1, True)
    assert "could not be downloaded" in error
    assert "--data offline" in outcome.output


def test_a_simulated_class_overwrites_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.judging.milestone_content.simulated_nets", lambda milestone: None)
    assert call("simulate", MILESTONE, tmp_path / "class").exit_code == 0
    again = call("simulate", MILESTONE, tmp_path / "class")
    assert again.exit_code == 2
    assert "is there already" in again.output


def test_a_misspelt_mistake_is_answered_by_the_nearest_names_and_where_names_stand():
    told = call("question", "linear_classifier", "gradient_not_averaged").output
    assert "The nearest name is: " in told or "The nearest names are: " in told
    assert "bugs.txt" in told
    assert "nearest" not in call("question", "linear_classifier", "xyzzy").output


def test_a_misspelt_milestone_is_answered_by_those_of_the_course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("new-course", "c", "--milestones", "linear_classifier").exit_code == 0
    monkeypatch.chdir(tmp_path / "c")
    told = " ".join(call("grade", "linear_clasifier").output.split())
    assert "this course has: linear_classifier. Did you mean linear_classifier?" in told


def test_outside_of_a_course_it_is_said_that_this_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = " ".join(call("grade", "linear_classifier").output.split())
    assert "there is no folder submitted" in told
    assert "this is no course's folder: there is no nbgrader_config.py" in told

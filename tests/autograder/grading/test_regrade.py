"""Regrading: who gains and who loses, before anything is written."""

from __future__ import annotations

import copy

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.grading import grade, regrade, run
from autograder.reports import report as reporting
from autograder.sandbox.availability import SandboxAvailability

from ..reports.sample import CHECK, MILESTONE, failed, graded, passed
from .hand_ins import threads


def old_report(student, *results):
    report = graded(student, *results)
    report["versions"][reporting.CONTENT] = "earlier"
    report["submission"]["digest"] = f"files of {student}"
    return report


@pytest.fixture
def class_of_three(tmp_path, monkeypatch):
    """Store three reports of earlier checks; grading again gives ada more, bob less, eve the same."""
    reports = tmp_path / "reports"
    for student in ("ada", "bob", "eve"):
        result = failed("W1 is wrong") if student == "ada" else passed()
        reporting.write(reports / student / f"{MILESTONE.name}.json", old_report(student, result))
        (tmp_path / "submitted" / student / MILESTONE.name).mkdir(parents=True)
    calls = []

    def graded_again(folder, student, settings, known_digest=""):
        calls.append((student, settings.seed))
        result = failed("b1 is wrong") if student == "bob" else passed()
        report = graded(student, result)
        report["submission"]["digest"] = f"files of {student}"
        if student == "ada":
            report["checks"][0] |= {"name": CHECK.name}
            report["checks"][0] |= {"points": CHECK.points, "score": CHECK.points}
            report["score"] = CHECK.points
        return report

    monkeypatch.setattr(grade, "grade_folder", graded_again)
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    available = SandboxAvailability(True, "root")
    monkeypatch.setattr("autograder.cli.options.sandbox_availability", lambda: available)
    return tmp_path, calls


def call(tmp_path, *arguments):
    folders = ["--reports", str(tmp_path / "reports"), "--submitted", str(tmp_path / "submitted")]
    return CliRunner().invoke(main, ["regrade", MILESTONE.name, *folders, *arguments])


def stored(tmp_path, student):
    return reporting.load(tmp_path / "reports" / student / f"{MILESTONE.name}.json")


def test_changes_are_shown_before_anything_is_replaced(class_of_three):
    tmp_path, calls = class_of_three
    before = {student: stored(tmp_path, student) for student in ("ada", "bob", "eve")}
    outcome = call(tmp_path)
    assert outcome.exit_code == 0, outcome.output
    assert "3 graded again: 1 gain, 1 lose, 1 have the same points." in outcome.output
    half, whole = CHECK.points / 2, CHECK.points
    assert f"ada: {half:g} → {whole:g} (+{half:g})" in outcome.output
    assert f"    {CHECK.name}: {half:g} → {whole:g}: " in outcome.output
    assert "no longer: W1 is wrong" in outcome.output
    assert outcome.output.index("ada:") < outcome.output.index("bob:")
    assert {student: stored(tmp_path, student) for student in before} == before
    assert sorted(calls) == [("ada", 5), ("bob", 5), ("eve", 5)]  # the seed of the old reports


def test_apply_uses_what_was_shown_and_keeps_the_old_reports(class_of_three):
    tmp_path, calls = class_of_three
    before = stored(tmp_path, "ada")
    call(tmp_path)
    outcome = call(tmp_path, "--apply")
    assert outcome.exit_code == 0, outcome.output
    assert len(calls) == 3
    assert stored(tmp_path, "ada")["score"] == CHECK.points
    (kept,) = (tmp_path / "reports" / ".earlier" / "ada").iterdir()
    assert reporting.load(kept) == before
    assert "Nothing to do" in call(tmp_path).output
    assert len(calls) == 3


def test_what_cannot_be_graded_keeps_its_report(class_of_three, monkeypatch):
    tmp_path, _ = class_of_three

    def broken(folder, student, settings, known_digest=""):
        return grade.not_graded(student, settings, "the machine is tired")

    monkeypatch.setattr(grade, "grade_folder", broken)
    before = stored(tmp_path, "ada")
    outcome = call(tmp_path, "--apply", "--student", "ada")
    assert outcome.exit_code == 3
    assert "not graded: ada: the machine is tired" in outcome.output
    assert stored(tmp_path, "ada") == before


def test_a_class_of_two_kinds_of_checks_is_told():
    new, old = graded("ada", passed()), old_report("bob", passed())
    assert regrade.mixture([new], MILESTONE) == ""
    said = regrade.mixture([new, old], MILESTONE)
    assert said.startswith("1 of 2 reports come from earlier checks, mistakes or reference (bob)")
    assert regrade.mixture([old], MILESTONE)
    assert set(regrade.by_content([new, old])) == {"earlier", new["versions"][reporting.CONTENT]}


def test_why_points_change():
    old, new = graded("ada", passed()), graded("ada", failed("wrong"))
    change = regrade.compare(old, new)
    assert {check.why for check in change.checks} == {"this check is new", "there is no such check any more"}
    same = copy.deepcopy(old)
    assert regrade.compare(old, same) is None
    dearer = copy.deepcopy(old)
    dearer["checks"][0]["points"] += 1
    dearer["checks"][0]["score"] += 1
    assert "points and was worth" in regrade.compare(old, dearer).checks[0].why

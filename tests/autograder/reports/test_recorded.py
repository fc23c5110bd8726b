"""Pages show the points of the gradebook: overrides, answers, comments, extra points and penalties."""

from __future__ import annotations

import datetime
import platform
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder import nbgrader_plugin
from autograder.cli.main import main
from autograder.gradebook.scores import CellResult, Person, Result
from autograder.judging import milestone_content
from autograder.platforms import classroom, gradescope
from autograder.platforms.bundle import BundleSettings
from autograder.reports import class_report, feedback
from autograder.reports import report as reporting
from autograder.reports.recorded import class_of_the_gradebook, recorded
from autograder.reports.score_table import versions_in_words

from .sample import CHECK, MILESTONE, OTHER, failed, graded, passed

CHECKS = milestone_content.checks(MILESTONE)


def code(check, auto, **more):
    more.setdefault("needs_human", auto is None)
    return CellResult("two_layer_net", check.name, "code", check.points, auto, **more)


def answer(name, manual=None, **more):
    return CellResult("two_layer_net", name, "markdown", 3.0, None, manual, **more)


def result(student, *cells, **more):
    return Result("two_layer_net", Person(student), 50.0, True, cells, **more)


def page(tmp_path, report):
    feedback.write(tmp_path / "page.html", report, MILESTONE)
    text = re.sub(r"<style>.*?</style>", "", (tmp_path / "page.html").read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_what_a_human_gave_counts_and_says_so(tmp_path):
    report = graded("ada", failed(), passed())
    override = code(CHECK, CHECK.points / 2, manual_score=CHECK.points - 0.25, comment="as agreed on Monday")
    cells = (override, code(OTHER, OTHER.points, extra_credit=1.5), answer("why", 2.5, comment="<b>good</b>"))
    found = recorded(report, result("ada", *cells, penalty=1.25), MILESTONE)
    assert found["score"] == CHECK.points - 0.25 + OTHER.points + 1.5 + 2.5 - 1.25
    said = page(tmp_path, found)
    assert f"{reporting_number(found['score'])} of 50 points" in said
    assert "less 1.25 for handing in late" in said
    assert f"Points given by hand; the automatic check gave {reporting_number(CHECK.points / 2)}." in said
    assert "Comment: as agreed on Monday" in said
    assert "With 1.5 extra points." in said
    assert "why: 2.5 of 3" in said
    assert "&lt;b&gt;good" in said
    assert "wrong" in said  # what the grader found stays


def reporting_number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def test_what_waits_for_a_human_is_no_zero(tmp_path):
    found = recorded(graded("ada", failed()), result("ada", code(CHECK, 1.0), answer("why")), MILESTONE)
    assert found["recorded"]["open"] == ["why"]
    said = page(tmp_path, found)
    assert "Not graded yet, and not counted as zero: why." in said
    assert "why: – of 3" in said


def test_a_run_that_was_not_recorded_is_said(tmp_path):
    found = recorded(graded("ada", failed()), result("ada", code(CHECK, 0.25)), MILESTONE)
    assert found["checks"][0]["score"] == 0.25
    assert f"what it says of {CHECK.name} belongs to that later run" in page(tmp_path, found)
    same = recorded(graded("ada", failed()), result("ada", code(CHECK, CHECK.points / 2)), MILESTONE)
    assert same["recorded"]["older"] == []


def test_without_a_gradebook_nothing_changes(tmp_path):
    report = graded("ada", passed())
    missing = Result("two_layer_net", Person("ada"), 50.0, False)
    assert recorded(report, None, MILESTONE) is report
    assert recorded(report, missing, MILESTONE) is report
    assert "These points are not in the gradebook yet." in page(tmp_path, report)


def test_a_human_settles_what_could_not_be_graded():
    report = reporting.new_report(MILESTONE, "ada", seed=1, reason="the notebook cannot be read")
    open_ = recorded(report, result("ada", code(CHECK, None), answer("why")), MILESTONE)
    assert (open_["verdict"], open_["score"]) == ("not graded", None)
    settled = recorded(report, result("ada", code(CHECK, None, manual_score=2.0)), MILESTONE)
    assert (settled["verdict"], settled["score"]) == ("graded", 2.0)
    assert reporting.needs_human(settled) == ()


def test_the_class_report_has_the_figures_of_the_gradebook(tmp_path):
    results = {
        "ada": result("ada", code(CHECK, 1.0, manual_score=CHECK.points), answer("why", 3.0), penalty=2.0),
        "bob": result("bob", code(CHECK, 1.0), answer("why")),
        "eve": Result("two_layer_net", Person("eve"), 50.0, False),
    }
    reports = [graded("ada", failed()), graded("zoe", passed())]
    found = class_of_the_gradebook(reports, results, MILESTONE)
    assert [report["student"] for report in found] == ["ada", "bob", "zoe"]
    summary = class_report.summarize(found)
    assert summary["scores"] == [CHECK.points + 1.0, 1.0, OTHER.points]
    assert (summary["recorded"], summary["open_answers"]) == (2, 1)
    class_report.write(tmp_path / "class.html", found, MILESTONE)
    text = (tmp_path / "class.html").read_text()
    assert f"✓ ✎ {reporting_number(CHECK.points)}" in text
    assert "2 of 3 submissions are in the gradebook" in text


@pytest.fixture
def gradebook(tmp_path, monkeypatch):
    """A course around the working folder, with one submission in its gradebook."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.source_directory = "assignments"\n'
        'c.CourseDirectory.db_url = "sqlite:///book.db"\n'
    )
    (tmp_path / "assignments" / MILESTONE.name).mkdir(parents=True)
    nbgrader_plugin.install()
    with Gradebook("sqlite:///book.db") as book:
        book.add_assignment(MILESTONE.name)
        book.add_notebook(MILESTONE.name, MILESTONE.name)
        for name, points, kind in ((CHECK.name, CHECK.points, "code"), ("why", 3.0, "markdown")):
            book.add_grade_cell(name, MILESTONE.name, MILESTONE.name, max_score=points, cell_type=kind)
        book.add_solution_cell("why", MILESTONE.name, MILESTONE.name)
        book.add_student("ada")
        book.add_submission(MILESTONE.name, "ada", timestamp=datetime.datetime(2026, 1, 1))
        for name, auto, manual in ((CHECK.name, 1.0, 2.5), ("why", None, 1.25)):
            grade = book.find_grade(name, MILESTONE.name, MILESTONE.name, "ada")
            grade.auto_score, grade.manual_score, grade.needs_manual_grade = auto, manual, False
        book.db.commit()
        (row,) = book.assignment_submissions(MILESTONE.name)
        yield row


def test_the_commands_show_the_gradebook_of_the_course(gradebook, tmp_path):
    reporting.write(tmp_path / "reports" / "ada" / f"{MILESTONE.name}.json", graded("ada", failed()))
    assert gradebook.score == 3.75
    for command in ("feedback", "report"):
        outcome = CliRunner().invoke(main, [command, MILESTONE.name])
        assert outcome.exit_code == 0, outcome.output
    assert "3.75 of" in (tmp_path / "reports" / "ada" / f"{MILESTONE.name}.html").read_text()
    assert ">3.75</b> median" in (tmp_path / "reports" / f"{MILESTONE.name}.html").read_text()
    outcome = CliRunner().invoke(main, ["export"])
    assert outcome.exit_code == 0, outcome.output
    assert "earlier checks" not in outcome.output
    older = graded("ada", failed())
    older["versions"][reporting.CONTENT] = "0" * 64
    reporting.write(tmp_path / "reports" / "ada" / f"{MILESTONE.name}.json", older)
    said = CliRunner().invoke(main, ["export"]).output
    assert f"{MILESTONE.name}: 1 of 1 reports come from earlier checks" in said


def test_other_versions_at_home_are_said_and_plainly_where_points_were_lost(tmp_path):
    mine, worse = graded("ada", passed()), graded("bob", failed())
    assert "yours:" not in page(tmp_path, mine)
    assert "You worked with" not in page(tmp_path, worse)
    for report in (mine, worse):
        report["versions"] |= {"student_python": "3.99.1", "student_numpy": "1.26.4"}
    text = page(tmp_path, mine)
    assert "(your work was made with 3.99.1)" in text
    assert "(yours: 1.26.4)" in text
    assert "You worked with" not in text
    numpy = mine["versions"]["numpy"]
    python = platform.python_version()
    said = "You worked with Python 3.99.1 and NumPy 1.26.4; you were graded with"
    assert f"{said} Python {python} and NumPy {numpy}." in page(tmp_path, worse)
    reports = [mine, worse, graded("eve", passed())]
    class_report.write(tmp_path / "class.html", reports, MILESTONE)
    text = (tmp_path / "class.html").read_text().replace("&#39;", "'")
    assert "Made with NumPy 1.26.4, which is not the grader's: ada, bob." in text
    assert f"ada, bob worked with NumPy 1.26.4, and the grader has {numpy}" in versions_in_words(reports)


def test_the_last_number_of_a_version_does_not_matter(tmp_path):
    mine = graded("ada", failed())
    mine["versions"]["student_numpy"] = ".".join(mine["versions"]["numpy"].split(".")[:2]) + ".99"
    assert "yours" not in page(tmp_path, mine)
    assert versions_in_words([mine]) == []


def test_extra_credit_is_named_on_every_page(tmp_path):
    milestone = replace(MILESTONE, extra_credit={CHECK.name: 3.0, "why": 1.0})
    entries = [reporting.check_entry(failed(), 3.0), reporting.check_entry(passed())]
    assert (entries[0]["points"], entries[0]["score"], entries[0]["extra_credit"]) == (3.0, 1.5, True)
    assert sum(part["points"] for part in entries[0]["parts"]) == pytest.approx(3.0)
    rest = sum(check.points for check in CHECKS if check is not CHECK)
    report = reporting.new_report(milestone, "ada", seed=5)
    assert report["max_score"] == rest
    report |= {"checks": entries, "verdict": "graded", "score": OTHER.points + 1.5}
    reporting.validate(report)
    on_top = CellResult("two_layer_net", CHECK.name, "code", 0.0, 0.0, extra_credit=1.5, needs_human=False)
    why = CellResult("two_layer_net", "why", "markdown", 0.0, 0.0, extra_credit=0.5, needs_human=False)
    found = recorded(report, result("ada", on_top, code(OTHER, OTHER.points), why), milestone)
    assert found["score"] == OTHER.points + 2
    said = page(tmp_path, found)
    assert f"{CHECK.name.replace('_', ' ')}: 1.5 of 3 (extra credit)" in said
    assert "why: 0.5 of 1 (extra credit)" in said
    assert "2 of these are extra credit, on top of the 50." in said
    assert "points to win" not in said, "what nobody has to do is not where to begin"
    assert "With 1.5 extra points" not in said
    summary = class_report.summarize([found])
    assert class_report.to_teach([found], summary) == []
    class_report.write(tmp_path / "class.html", [found], milestone)
    text = (tmp_path / "class.html").read_text()
    assert "3 extra</td>" in text
    assert "1 extra</td>" in text
    assert gradescope.results(report, BundleSettings("two_layer_net"))["tests"][0]["name"].endswith(
        "(extra credit)"
    )
    assert classroom.outcome(report)[1] == classroom.SOME_LOST
    most = report | {"max_score": OTHER.points, "score": OTHER.points + 1.5}
    assert classroom.outcome(most)[1] == classroom.ALL_POINTS, "extra credit is not asked for"
    bare = report | {"max_score": OTHER.points + 1.0, "score": OTHER.points + 1.5}
    assert classroom.outcome(bare)[1] == classroom.SOME_LOST, "nor does it stand in for what is asked"
    assert f"| {CHECK.name} (extra credit) | 1.5 | 3 |" in classroom.summary(report)


def test_unanswered_questions_do_not_make_unjudged_code_a_zero():
    report = reporting.new_report(MILESTONE, "fay", seed=1, reason="files not found: nndl/neural_net.py")
    unanswered = CellResult("two_layer_net", "why", "markdown", 3.0, 0.0)
    found = recorded(report, result("fay", code(CHECK, None), unanswered), MILESTONE)
    assert (found["verdict"], found["score"]) == ("not graded", None)
    ada = recorded(graded("ada", failed()), result("ada", code(CHECK, 1.0), unanswered), MILESTONE)
    summary = class_report.summarize([found, ada])
    assert (summary["graded"], summary["scores"]) == (1, [1.0])
    assert summary["checks"][CHECK.name]["of"] == 1

"""What a teacher takes from a class report: groups of wrong answers, the course so far, a question for the lecture."""

from __future__ import annotations

import datetime
import re
import shlex

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.gradebook.scores import CellResult, Person, Result
from autograder.judging import milestone_content
from autograder.reports import class_report, feedback, lecture_question
from autograder.reports.answer_groups import groups
from autograder.reports.course_view import course_view

from .sample import CHECK, MILESTONE, OTHER, failed, graded, passed

DUE = datetime.datetime(2026, 11, 2, 12)


def test_answers_that_are_wrong_in_the_same_way_are_one_group():
    reports = [
        graded(s, failed(f"0.{i}3 times too large\nmore {i}")) for i, s in enumerate(("ada", "bob", "eve"))
    ]
    reports += [graded("zoe", failed("not a number")), graded("tom", passed())]
    found = groups(reports, CHECK.name)
    assert [group.students for group in found] == [("ada", "bob", "eve"), ("zoe",)]
    assert found[0].lost == 3 * CHECK.points / 2
    bug = {"name": "gradient_ignores_relu", "parts": [], "explanation": "e", "hint": "h"}
    for report in reports[:1] + reports[3:4]:
        report["checks"][0]["bugs"] = [bug]
    assert groups(reports, CHECK.name)[0].students in (("ada", "zoe"), ("bob", "eve"))
    assert ("ada", "zoe") in {group.students for group in groups(reports, CHECK.name)}
    assert groups(reports, OTHER.name) == []


def test_with_or_without_borrowed_functions_one_answer_is_one_group():
    lent = "This was judged with the course's own f and g, because your f fails its own check (see f)."
    reports = [graded("ada", failed("all 3 wrong")), graded("bob", failed(f"{lent} all 4 wrong"))]
    reports.append(graded("eve", failed(f"{lent} another thing")))
    assert [group.students for group in groups(reports, CHECK.name)] == [("ada", "bob"), ("eve",)]


def test_the_comment_for_a_group_is_a_command_that_can_be_pasted():
    found = groups([graded("ada; rm -rf /", failed("x")), graded("bob", failed("x"))], CHECK.name)
    words = shlex.split(class_report.comment_command(found[0], MILESTONE))
    assert words[:4] == ["autograder", "comment", MILESTONE.name, CHECK.name]
    assert words[5:] == ["--student", "ada; rm -rf /", "--student", "bob"]


def test_the_page_says_what_to_teach_again_and_shows_reasons_without_hovering(tmp_path):
    reports = [graded("ada", failed("the sign is wrong"), passed()), graded("bob", passed())]
    class_report.write(tmp_path / "class.html", reports, MILESTONE)
    page = (tmp_path / "class.html").read_text()
    told = page[page.index("What to teach again") :]
    assert f"#c-{CHECK.name}" in told[: told.index("Scores")]
    assert "title=" not in page
    assert re.search(r'<details id="s-1"><summary>ada.*?the sign is wrong', page, re.S)
    table = class_report.rows(reports)
    assert table[1][:6] == [CHECK.name, f"{CHECK.points:g}", "1", "0", "1", f"{CHECK.points / 2:g}"]
    assert table[2][6:] == ["told alike", "1", "ada", "the sign is wrong"]


def one(student, assignment="two_layer_net", score=5.0, hours=-1.0, submitted=True):
    cell = CellResult(assignment, "loss", "code", 10.0, score, needs_human=False)
    stamp = DUE + datetime.timedelta(hours=hours)
    return Result(assignment, Person(student), 10.0, submitted, (cell,), 0.5, stamp, DUE)


def test_the_course_so_far():
    results = [one("ada", "linear", 2.0), one("bob", "linear", 4.0), one("eve", "linear", 6.0)]
    results += [one("ada", score=8.0), one("bob", hours=5.0), one("eve", submitted=False)]
    view = course_view(results, "two_layer_net")
    assert view.missing == ["eve"]
    assert view.late == [("bob", 5.0, 0.5)]
    assert [(before.assignment, before.handed_in, before.median) for before in view.trend] == [
        ("linear", 3, 35.0),
        ("two_layer_net", 2, 60.0),
    ]
    assert course_view([one("ada")], "two_layer_net").trend[0].low == 45.0


def test_bins_hold_everybody():
    summary = {"max_score": 40.0, "scores": [-1.0, 0.0, 3.9, 4.0, 40.0, 41.5]}
    assert [entry["count"] for entry in class_report.histogram(summary)] == [3, 1, 0, 0, 0, 0, 0, 0, 0, 2]


# a mistake as a question


@pytest.mark.parametrize("number", range(0, len(milestone_content.bugs(MILESTONE)), 9))
def test_a_known_mistake_has_two_versions_that_differ(number):
    bug = milestone_content.bugs(MILESTONE)[number]
    found = lecture_question.versions(bug)
    assert found
    for version in found:
        assert version.right != version.wrong
        assert "BEGIN SOLUTION" not in version.right
        assert '"""' not in version.right
        assert "#" not in version.right


def test_the_question_folds_the_answer_away(tmp_path):
    outcome = CliRunner().invoke(
        main, ["question", MILESTONE.name, "gradient_ignores_relu", "--output", str(tmp_path / "q.html")]
    )
    assert outcome.exit_code == 0, outcome.output
    page = (tmp_path / "q.html").read_text()
    shown, answer = page.split("<details>")
    assert "is right" not in shown.split("<main>")[1].split("</h1>")[1]
    bug = next(bug for bug in milestone_content.bugs(MILESTONE) if bug.name == "gradient_ignores_relu")
    right = "A" if lecture_question.right_is_first(bug, MILESTONE) else "B"
    assert f"{right} is right" in answer
    outcome = CliRunner().invoke(main, ["question", MILESTONE.name, "gradient_ignores_rely"])
    assert outcome.exit_code == 2
    assert "gradient_ignores_relu" in outcome.output


# feedback


def test_how_far_off_is_drawn_by_part_at_its_worst():
    report = graded("ada", failed(findings=3))
    errors = [1e-9, 0.35, 40.0]
    for finding, error in zip(report["checks"][0]["findings"], errors, strict=True):
        finding["error"] = error
    (far,) = feedback.how_far(report["checks"][0])
    assert far["words"] == "40 times the largest right number"
    assert 0 < far["length"] <= 100
    report["checks"][0]["findings"][2]["error"] = None
    assert feedback.how_far(report["checks"][0])[0]["words"] == "35 % of the largest right number"


@pytest.mark.parametrize(
    ("to", "begins"),
    [
        ("staff@uni.example", "mailto:staff@uni.example?subject=two_layer_net%2C%20scores"),
        (
            "https://forms.example/x?a=1",
            "https://forms.example/x?a=1&assignment=two_layer_net&student=%3Cada%3E",
        ),
        ("", ""),
    ],
)
def test_a_request_to_look_again_is_addressed(tmp_path, to, begins):
    report = graded("<ada>", failed())
    assert feedback.regrade_address(to, report, MILESTONE, "scores").startswith(begins)
    report["seed"] = "271828182845"
    assert "2718281828" not in feedback.regrade_address(to, report, MILESTONE, "scores")
    feedback.write(tmp_path / "f.html", report, MILESTONE, regrade_to=to)
    assert ("Ask for another look" in (tmp_path / "f.html").read_text()) == bool(to)

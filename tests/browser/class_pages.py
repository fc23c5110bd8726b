"""Every page that the grader writes, made of a class that nobody had to grade."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

from markupsafe import Markup

from autograder.gradebook.scores import CellResult, Person, Result
from autograder.judging import milestone_content
from autograder.reports import class_report, feedback, lecture_question
from autograder.reports import report as reporting
from autograder.reports.course_view import course_view
from autograder.reports.lesson import read_lesson
from autograder.reports.recorded import class_of_the_gradebook
from autograder.reports.typeset import markdown
from autograder.similarity import page as similarity_page
from autograder.similarity import rare_values
from autograder.similarity.compared_code import Compared
from autograder.similarity.passages import CodePair, Passage
from autograder.sources import Sources

SOURCES = Sources()
MILESTONE = SOURCES.milestone("two_layer_net")
DUE = datetime.datetime(2026, 11, 2, 12)
QUESTIONS = {"q1_baseline": 3.0, "q2_fix": 3.0, "q3_weights": 3.0}


def made_report(student, chance):
    """Return a report in which some checks failed, with what a real one says of them."""
    report = reporting.new_report(MILESTONE, student, seed=11, data="offline")
    bugs = milestone_content.bugs(MILESTONE)
    for check in milestone_content.checks(MILESTONE):
        wrong = chance.random() < 0.35
        mine = [bug for bug in bugs if check.name in bug.concerns]
        bug = chance.choice(mine) if wrong and mine and chance.random() < 0.6 else None
        said = (
            f"{bug.explanation}"
            if bug
            else f"Wrong in {chance.randint(1, 4)} of 4 cases: the values are too large."
        )
        credit = chance.choice([0.0, 0.5]) if wrong else 1.0
        report["checks"].append(
            {
                "name": check.name,
                "title": check.title,
                "points": check.points,
                "score": credit * check.points,
                "verdict": "failed" if wrong else "passed",
                "message": said if wrong else "",
                "borrowed": [],
                "bugs": [{"name": bug.name, "parts": [], "explanation": bug.explanation, "hint": bug.hint}]
                if bug
                else [],
                "parts": [{"name": part, "credit": credit} for part in check.parts],
                "findings": [
                    {
                        "case": 0,
                        "arguments": {"n": 5, "d": 4, "h": 10, "c": 3},
                        "part": part,
                        "label": part,
                        "credit": 0.0,
                        "message": "",
                        "expected": "an array of shape (4, 10): 0.12345, −0.54321, 0.00123, …",
                        "actual": f"an array of shape (4, 10): {chance.random():.5f}, {chance.random():.5f}, …",
                        "error": 10 ** chance.uniform(-6, 1),
                        "picture": {
                            "right": ["0123", "4567", "8901", "2345"],
                            "yours": ["0482", "1593", "2604", "3715"],
                            "difference": ["0369", "3036", "630x", "9630"],
                        },
                    }
                    for part in check.parts
                ]
                if wrong
                else [],
                "seconds": 0.1,
            }
        )
    score = sum(check["score"] for check in report["checks"])
    report["submission"]["warnings"] = ["notes.txt was left out: it is not asked for"]
    return report | {"verdict": "graded", "score": score}


def made_result(report, chance, number):
    """Return what a gradebook says of it: with answers, comments, an override and lateness."""
    cells = [
        CellResult("two_layer_net", check["name"], "code", check["points"], check["score"], needs_human=False)
        for check in report["checks"]
    ]
    if number % 7 == 0:
        cells[0] = CellResult(
            "two_layer_net", cells[0].name, "code", cells[0].max_score, cells[0].auto_score, 3.5, None, False,
            "As agreed after the lab.",
        )  # fmt: skip
    for name, points in QUESTIONS.items():
        open_ = number % 9 == 0
        given = None if open_ else chance.choice([1.0, 2.0, 3.0])
        cells.append(
            CellResult("two_layer_net", name, "markdown", points, None, given, None, open_, "Good, but why?")
        )
    late = number % 10 == 3
    stamp = DUE + datetime.timedelta(hours=20 if late else -3)
    person = Person(report["student"], "Ada", "Lovelace")
    return Result(
        "two_layer_net",
        person,
        49.0,
        True,
        tuple(cells),
        1.5 if late else 0.0,
        stamp,
        DUE,
        ("search: nice plot",),
    )


def write_all(folder: Path, size: int = 40) -> dict[str, Path]:
    """Write every page, and return them by name."""
    chance = random.Random(5)
    reports = [made_report(f"student{number:02d}", chance) for number in range(size)]
    found = [made_result(report, chance, number) for number, report in enumerate(reports)]
    missing = Result("two_layer_net", Person("nobody"), 49.0, False, due=DUE)
    earlier = [
        Result(
            "linear_classifier",
            result.student,
            20.0,
            True,
            (CellResult("linear_classifier", "loss", "code", 20.0, 4.0 + i % 17, needs_human=False),),
        )
        for i, result in enumerate(found)
    ]
    recorded = class_of_the_gradebook(reports, {r.student.id: r for r in found}, MILESTONE)
    view = course_view([*earlier, *found, missing], MILESTONE.name)
    pages = {
        name: folder / f"{name}.html"
        for name in ("feedback", "not_graded", "class_report", "question", "similarity")
    }
    lesson = read_lesson(SOURCES.assignment_folder(MILESTONE))
    table = "\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    answer = markdown(r"Because $\frac{\partial L}{\partial W_1}$ is small. See **my** table:" + table)
    feedback.write(
        pages["feedback"], recorded[3], MILESTONE, lesson=lesson, answers=dict.fromkeys(QUESTIONS, Markup(answer)),
        regrade_to="staff@uni.example",
    )  # fmt: skip
    ungraded = reporting.new_report(MILESTONE, "eve", seed=11, reason="the code was not found in the upload")
    feedback.write(pages["not_graded"], ungraded, MILESTONE)
    class_report.write(pages["class_report"], [*recorded, ungraded], MILESTONE, view)
    bug = next(bug for bug in milestone_content.bugs(MILESTONE) if bug.name == "gradient_ignores_relu")
    lecture_question.write(pages["question"], bug, MILESTONE)
    _write_similarity(folder, pages["similarity"], reports)
    return pages


def _write_similarity(folder: Path, page: Path, reports):
    code = Compared()
    for name in ("student01", "student02"):
        code.submissions[name] = folder / name
        code.submissions[name].mkdir(parents=True)
        (code.submissions[name] / "net.py").write_text(
            "def forward(x):\n    hidden = x @ W1\n    return hidden\n" * 4
        )
    place = (Passage("net.py", 20, 60),)
    pair = CodePair("student01", "student02", 4.2, ((place, place),), False)
    shared = rare_values.SharedValue("gradients", "W1", "case 0: n=5", "0.12345, 0.54321", "0.1, 0.5", 2)
    values = [rare_values.ValuePair("student01", "student02", 4.0, (shared,))]
    similarity_page.write(page, MILESTONE, code, [pair], values, {"7": ["student09"]})

"""A term: from the wheels and an empty folder to recorded grades, and every figure is the gradebook's.

A class hands in two milestones of ours and one of its own, in every shape. ``TERM_STUDENTS`` is how many they are.
"""

from __future__ import annotations

import csv
import getpass
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from .formgrader import browser, formgrader, give, shown_total
from .hand_ins import DUE, LATE_ONES, SHAPES, hand_in, simulated
from .installed import Installed

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

STUDENTS = int(os.environ.get("TERM_STUDENTS", "60"))
OURS, OWN = ("linear_classifier", "dropout"), "scaling"
MILESTONES = (*OURS, OWN)
PENALTY = 1.25
EXTRA = {"seeds": 4, "q2_curves": 1}
"""Of dropout: a check and a question whose points come on top."""
LATE_PY = f"""
from nbgrader.plugins import BasePlugin


class Penalty(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {PENALTY} if total_seconds_late > 0 else None
"""
SETTINGS = f"""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
c.AssignLatePenalties.plugin_class = "late.Penalty"
c.Exchange.root = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "exchange")
c.SandboxedExecute.enabled = False
c.ExtraCredit.points = {{"dropout": {EXTRA}}}
"""
BY_HAND = """
import sys
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db") as book:
    for milestone in sys.argv[1:]:
        for number, work in enumerate(sorted(book.assignment_submissions(milestone), key=lambda s: s.student.id)):
            for notebook in work.notebooks:
                for place, row in enumerate(sorted(notebook.grades, key=lambda row: row.name)):
                    given = round((number * 37 + place * 11) % 29 / 28 * row.max_score * 4) / 4
                    if row.cell.cell_type == "markdown" and number % 10 != 9:  # some answers wait
                        row.manual_score, row.needs_manual_grade = given, False
                        if not row.max_score:  # extra credit, which stands beside the points
                            row.manual_score, row.extra_credit = None, number % 3 / 2
                        comment = book.find_comment(row.name, notebook.name, milestone, work.student.id)
                        comment.manual_comment = f"comment {number} on {row.name}"
                    elif row.cell.cell_type == "code" and number % 7 == 3 and place % 3 == 0:
                        row.manual_score, row.needs_manual_grade = given, False
                    elif row.cell.cell_type == "code" and number % 9 == 4 and place == 1:
                        row.extra_credit = 0.5
    book.db.commit()
"""
TRUTH = """
import json
from nbgrader.api import Gradebook

found = {}
with Gradebook("sqlite:///gradebook.db") as book:
    for assignment in book.assignments:
        for work in book.assignment_submissions(assignment.name):
            penalty = sum(part.late_submission_penalty or 0 for part in work.notebooks)
            found[f"{assignment.name}/{work.student.id}"] = {
                "score": work.score, "max": work.max_score, "penalty": penalty,
                "waiting": sorted(row.name for part in work.notebooks for row in part.grades
                                  if row.needs_manual_grade or row.score is None),
                "notebook": work.notebooks[0].id,
            }
print(json.dumps(found))
"""
NBGRADERS_HEADING = r"<h4>\w+ \(Score: ([\d.]+)(?: so far, (\d+) parts? not graded yet)? / [\d.]+\)"
CLASS_REPORTS_ROW = r'<tr><th scope="row"><a [^>]*>(s\d+)</a></th><td class="number">([\d.–°]+)'
CENT = 0.005
SOME_NEED_A_HUMAN = 3
"""Exit status: a notebook was cut off."""


def student(number: int) -> str:
    return f"s{number:03}"


@dataclass
class Term:
    """A course after its term."""

    installed: Installed
    course: Path
    handed_in: dict[str, list[str]]

    def run(self, *command: str | Path, status: int = 0) -> str:
        return self.installed.run(self.course, *command, status=status)

    def truth(self) -> dict[str, dict]:
        """Return what nbgrader itself says of each submission."""
        return json.loads(self.installed.ask(self.course, TRUTH))

    def publish(self) -> None:
        """Make everything that people read."""
        for milestone in MILESTONES:
            self.run("autograder", "feedback", milestone)
            self.run("autograder", "report", milestone)
            self.run("nbgrader", "generate_feedback", milestone, "--force")
        self.run("nbgrader", "export", "--to", "nbgrader.csv")
        self.run("autograder", "export", "--to", "ours.csv")


@pytest.fixture(scope="module")
def term(installed, tmp_path_factory) -> Term:
    """Take a class through the term."""
    folder = tmp_path_factory.mktemp("term")
    course = folder / "mycourse"
    installed.run(folder, "autograder", "new-course", course, "--milestones", ",".join(OURS))
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    term = Term(installed, course, {})
    term.run("autograder", "new-milestone", OWN, "--package", "tables")
    (course / "late.py").write_text(LATE_PY)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(SETTINGS)
    people = [f"{student(n)},First{n},Last{n},{student(n)}@example.org,{1000 + n}" for n in range(STUDENTS)]
    header = "id,first_name,last_name,email,lms_user_id"
    (course / "roster.csv").write_text("\n".join([header, *people]) + "\n")
    term.run("nbgrader", "db", "student", "import", "roster.csv")
    for milestone in MILESTONES:
        term.run("nbgrader", "db", "assignment", "add", milestone, "--duedate", DUE)
        term.run("nbgrader", "generate_assignment", milestone)
        term.handed_in[milestone] = [
            student(place)
            for place, (work, _) in enumerate(simulated(installed, course, milestone, STUDENTS))
            if hand_in(work, course, milestone, student(place), place)
        ]
        term.run("autograder", "grade", milestone, "--jobs", "2", status=SOME_NEED_A_HUMAN)
        term.run("nbgrader", "autograde", milestone, status=SOME_NEED_A_HUMAN)
    script = folder / "by_hand.py"
    script.write_text(BY_HAND)
    term.run("python", script, *MILESTONES)
    term.publish()
    return term


def number(text: str) -> float | None:
    return None if text.strip() in ("–", "") else float(text.rstrip("°"))


def shown(total: float) -> float:
    return round(total, 2)


def expected(entry: dict) -> float:
    return max(0.0, entry["score"] - entry["penalty"])


def of(truth: dict[str, dict], milestone: str) -> dict[str, dict]:
    return {key.split("/")[1]: entry for key, entry in truth.items() if key.startswith(f"{milestone}/")}


def test_everybody_who_handed_in_is_in_the_gradebook(term):
    truth = term.truth()
    assert {m: sorted(of(truth, m)) for m in MILESTONES} == {m: sorted(term.handed_in[m]) for m in MILESTONES}
    late = [key for key, entry in truth.items() if entry["penalty"]]
    assert late == [key for key in truth if int(key.split("/s")[1]) % len(SHAPES) in LATE_ONES]
    assert len({round(entry["score"], 3) for entry in truth.values()}) > 10
    assert all(entry["score"] <= entry["max"] + 1 + sum(EXTRA.values()) for entry in truth.values())


def test_extra_credit_is_no_part_of_the_maximum_and_is_named(term):
    found = of(term.truth(), "dropout")
    (most,) = {entry["max"] for entry in found.values()}
    notebook = json.loads((term.course / "assignments/dropout/dropout.ipynb").read_text(encoding="utf-8"))
    cells = {s["grade_id"]: s["points"] for s in map(settings_of, notebook["cells"]) if s.get("grade")}
    assert most == sum(points for name, points in cells.items() if name not in EXTRA)
    assert max(entry["score"] for entry in found.values()) > most - 5
    pages = [(term.course / "reports" / name / "dropout.html").read_text(encoding="utf-8") for name in found]
    assert any("seeds: 4 of 4 (extra credit)" in page for page in pages)
    assert any("q2 curves: 1 of 1 (extra credit)" in page for page in pages)
    assert any("of these are extra credit, on top of the" in page for page in pages)
    assert "4 extra</td>" in (term.course / "reports" / "dropout.html").read_text(encoding="utf-8")


def settings_of(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader") or {}


@pytest.mark.parametrize("milestone", MILESTONES)
def test_feedback_pages_show_the_gradebook(term, milestone):
    for name, entry in of(term.truth(), milestone).items():
        page = (term.course / "reports" / name / f"{milestone}.html").read_text(encoding="utf-8")
        found = re.search(r"<b>([\d.–]+) of ([\d.]+)</b>", page)
        if found is None:
            assert "Not graded yet" in page, name
            continue
        assert abs(float(found[1]) - expected(entry)) <= CENT, (name, found[0], entry)
        assert float(found[2]) == entry["max"]
        assert ("handing in late" in page) == bool(entry["penalty"])
        for waiting in entry["waiting"]:
            assert (
                waiting in page.partition("Not graded yet, and not counted as zero: ")[2].partition("</p>")[0]
            )


@pytest.mark.parametrize("milestone", MILESTONES)
def test_nbgraders_own_feedback_has_the_same_points(term, milestone):
    for name, entry in of(term.truth(), milestone).items():
        path = term.course / "feedback" / name / milestone / f"{milestone}.html"
        found = re.search(NBGRADERS_HEADING, path.read_text(encoding="utf-8"))
        assert found, name
        assert abs(float(found[1]) - expected(entry)) <= CENT, (name, found[0], entry)
        assert int(found[2] or 0) == len(entry["waiting"]), (name, found[0], entry)


@pytest.mark.parametrize("milestone", MILESTONES)
def test_the_class_report_shows_the_gradebook(term, milestone):
    page = (term.course / "reports" / f"{milestone}.html").read_text(encoding="utf-8")
    rows = dict(re.findall(CLASS_REPORTS_ROW, page))
    truth = of(term.truth(), milestone)
    assert sorted(rows) == sorted(truth)
    for name, entry in truth.items():
        value = number(rows[name])
        assert value is None or abs(value - expected(entry)) <= CENT, (name, rows[name], entry)
        assert value is not None or entry["waiting"], name
    assert "All points are those of the gradebook" in page


@pytest.mark.parametrize("file", ["nbgrader.csv", "ours.csv"])
def test_exports_are_the_gradebook(term, file):
    with (term.course / file).open(newline="", encoding="utf-8") as lines:
        rows = {f"{row['assignment']}/{row['student_id']}": row for row in csv.DictReader(lines)}
    truth = term.truth()
    assert len(rows) == STUDENTS * len(MILESTONES)
    assert {key for key, row in rows.items() if row["state"] != "not submitted"} == set(truth)
    for key, entry in truth.items():
        assert abs(float(rows[key]["score"]) - entry["score"]) <= CENT, key
        assert abs(float(rows[key]["late_penalty"]) - entry["penalty"]) <= CENT, key
        assert abs(float(rows[key]["total"]) - expected(entry)) <= CENT, key
        assert (rows[key]["state"] == "graded") == (not entry["waiting"]), key


def test_overrides_and_comments_are_said(term):
    pages = [path.read_text(encoding="utf-8") for path in term.course.glob("reports/*/*.html")]
    assert any("Points given by hand; the automatic check gave" in page for page in pages)
    assert any("With 0.5 extra points." in page for page in pages)
    assert any("Comment: comment 0 on" in page for page in pages)


def test_points_given_in_a_browser_are_seen_everywhere(term):
    milestone, name = OWN, student(0)
    before = term.truth()[f"{milestone}/{name}"]
    with formgrader(term.installed, term.course) as url, browser() as chromium:
        page = chromium.new_page()
        give(page, url, before["notebook"], "q1_constant", 1.75, "seen in the browser")
        shown_there = shown_total(page, url, name, milestone)
    after = term.truth()[f"{milestone}/{name}"]
    assert abs(shown_there - after["score"]) <= CENT
    assert "q1_constant" not in after["waiting"]
    term.publish()
    page = (term.course / "reports" / name / f"{milestone}.html").read_text(encoding="utf-8")
    assert f"<b>{expected(after):.2f}".rstrip("0").rstrip(".") in page
    assert "q1 constant: 1.75 of 2" in page
    assert "Comment: seen in the browser" in page
    theirs = term.course / "feedback" / name / milestone / f"{milestone}.html"
    assert "seen in the browser" in theirs.read_text(encoding="utf-8")


def test_grading_again_changes_nothing_and_asks_nobody_once_more(term):
    before = term.truth()
    term.run("nbgrader", "autograde", OWN, "--force", status=SOME_NEED_A_HUMAN)
    assert term.truth() == before


def test_the_exchange_brings_a_submission_to_its_feedback(term):
    """A student fetches and submits with nbgrader alone; the course collects, grades and gives feedback back."""
    me, milestone = getpass.getuser(), OWN
    home = term.course.with_name("at_home")
    home.mkdir()
    course = ["--course", "mycourse", f"--Exchange.root={term.course.with_name('exchange')}"]
    term.run("nbgrader", "db", "student", "add", me)
    term.run("nbgrader", "release_assignment", milestone)
    term.installed.run(home, "nbgrader", "fetch_assignment", milestone, *course)
    assert (home / milestone / "tables" / f"{milestone}.py").is_file()
    term.installed.run(home, "nbgrader", "submit", milestone, *course)
    term.run("nbgrader", "collect", milestone, "--update")
    term.run("autograder", "grade", milestone, "--student", me)
    term.run("nbgrader", "autograde", milestone, "--student", me)
    term.run("autograder", "feedback", milestone)
    assert "0 of 6" in (term.course / "reports" / me / f"{milestone}.html").read_text(encoding="utf-8")
    term.run("nbgrader", "generate_feedback", milestone, "--student", me)
    term.run("nbgrader", "release_feedback", milestone, "--student", me)
    term.installed.run(home, "nbgrader", "fetch_feedback", milestone, *course)
    assert list((home / milestone / "feedback").rglob("*.html"))
    said = term.run("autograder", "explain", f"reports/{me}/{milestone}.json", "--seconds", "1")
    assert "standardized" in said

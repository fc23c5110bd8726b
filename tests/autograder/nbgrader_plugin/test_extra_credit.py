"""Points on top of the maximum: nbgrader's extra credit of a cell without points, given by a check or by a human."""

from __future__ import annotations

import json
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory

from autograder.gradebook.scores import results
from autograder.grading import grade
from autograder.nbgrader_plugin.course import Course, config_of, sources_of
from autograder.nbgrader_plugin.release import require_cells
from autograder.release.fences import ReleaseError
from autograder.reports.recorded import recorded
from autograder.sources import CourseError

from .small_course import export

MILESTONE = "two_layer_net"
EXTRA = {"predict": 3.0, "why": 1.0}


@pytest.fixture
def course_with_extra(nbgrader, monkeypatch):
    """The check "predict" of 2 points gives 3 on top, and the question "why" up to 1."""
    nbgrader.config.ExtraCredit.points = {MILESTONE: EXTRA}
    plain = nbgrader._grade

    def scaled(submission, settings):
        report = plain(submission, settings)
        for entry in report["checks"]:
            if entry["name"] in submission.milestone.extra_credit and entry["score"] is not None:
                entry |= {"score": 1.5 * entry["score"], "points": 3.0, "extra_credit": True}
        return report

    monkeypatch.setattr(grade, "grade", scaled)
    made = nbgrader.generate()
    assert made["success"], made
    return nbgrader


def rows(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        work = gradebook.find_submission_notebook(MILESTONE, MILESTONE, "alice")
        cells = {r.name: (r.auto_score, r.extra_credit, bool(r.needs_manual_grade)) for r in work.grades}
        return cells, work.score, work.max_score


def give(course, name, extra):
    """Do what the formgrader does when somebody enters extra credit."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        row = gradebook.find_grade(name, MILESTONE, MILESTONE, "alice")
        row.extra_credit = extra
        row.needs_manual_grade = row.manual_score is None and row.auto_score is None
        gradebook.db.commit()


def submit(nbgrader):
    folder = nbgrader.submit("alice")
    path = folder / f"{MILESTONE}.ipynb"
    notebook = json.loads(path.read_text())
    next(cell for cell in notebook["cells"] if cell["id"] == "why")["source"] = "Because."
    path.write_text(json.dumps(notebook))
    return folder


def result(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        (found,) = results(gradebook, [MILESTONE], ["alice"])
    return found


def shown_as_extra_credit(nbgrader, course):
    report = json.loads((course.root / "reports" / "alice" / f"{MILESTONE}.json").read_text())
    milestone = sources_of(CourseDirectory(config=nbgrader.config)).milestone(MILESTONE)
    entries = {entry["name"]: entry for entry in recorded(report, result(course), milestone)["checks"]}
    assert "extra_credit" not in entries["scores"]
    predict = entries["predict"]
    assert (predict["points"], predict["score"], predict["extra_credit"]) == (3.0, 3.0, True)
    assert not predict["by_hand"]
    give(course, "predict", 1.0)
    found = recorded(report, result(course), milestone)
    predict = next(entry for entry in found["checks"] if entry["name"] == "predict")
    assert (predict["score"], predict["by_hand"], predict["automatic"]) == (1.0, True, 3.0)
    (answer,) = found["recorded"]["answers"]
    assert (answer["name"], answer["points"], answer["extra_credit"]) == ("why", 1.0, True)
    assert found["max_score"] == 4.0


def test_extra_credit_is_no_part_of_the_maximum(course_with_extra, course):
    released = json.loads((course.root / "release" / MILESTONE / f"{MILESTONE}.ipynb").read_text())
    settings = [cell["metadata"].get("nbgrader", {}) for cell in released["cells"]]
    assert {s["grade_id"]: s["points"] for s in settings if s.get("grade")} == {
        **{"scores": 4, "predict": 0, "why": 0}
    }
    submit(course_with_extra)
    course_with_extra.verdicts["scores"] = 4.0
    assert course_with_extra.autograde("alice")["success"]
    cells, score, most = rows(course)
    assert cells == {"scores": (4.0, None, False), "predict": (0.0, 3.0, False), "why": (0.0, None, True)}
    assert (score, most) == (7.0, 4.0)
    give(course, "why", 0.5)
    assert rows(course)[0]["why"] == (0.0, 0.5, False)
    (row,) = export(course_with_extra)
    assert (row["score"], row["max_score"], row["total"], row["state"]) == ("7.5", "4", "7.5", "graded")
    assert (row["predict"], row["why"]) == ("3", "0.5")
    assert "Score: 7.5 / 4.0" in course_with_extra.feedback("alice")
    said = course_with_extra.autograded("alice")["test-predict"]["outputs"][0]["text"]
    assert "3 of 3 points" in "".join(said)
    shown_as_extra_credit(course_with_extra, course)


def test_what_a_human_made_of_it_stays_while_the_hand_in_does(course_with_extra, course):
    folder = submit(course_with_extra)
    course_with_extra.autograde("alice")
    give(course, "why", 0.5)
    give(course, "predict", 1.25)
    course_with_extra.autograde("alice")
    assert rows(course)[0] == {
        **{"scores": (3.0, None, False), "predict": (0.0, 1.25, False), "why": (0.0, 0.5, False)}
    }
    (folder / "nndl" / "neural_net.py").write_text("# other code\n")
    course_with_extra.verdicts["predict"] = 1.0
    for _ in range(2):  # whoever gave the points looks again, however often it is graded until then
        course_with_extra.autograde("alice")
        assert rows(course)[0]["predict"] == (0.0, 1.25, True)
    assert rows(course)[0]["why"] == (0.0, 0.5, False)
    give(course, "predict", 1.5)  # what the grader found: it may change it again
    (folder / "nndl" / "neural_net.py").write_text("# other code again\n")
    course_with_extra.verdicts["predict"] = 2.0
    course_with_extra.autograde("alice")
    assert rows(course)[0]["predict"] == (0.0, 3.0, False)


def test_an_answer_that_could_not_be_read_can_be_given_extra_credit_alone(course_with_extra, course):
    folder = submit(course_with_extra)
    path = folder / f"{MILESTONE}.ipynb"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    course_with_extra.autograde("alice")
    assert rows(course)[0]["why"][2], "somebody has to look"
    give(course, "why", 0.5)
    cells, _, _ = rows(course)
    assert cells["why"] == (0.0, 0.5, False)
    (why,) = (cell for cell in result(course).cells if cell.name == "why")
    assert (why.state, why.score) == ("graded", 0.5)


def test_a_promise_for_no_cell_is_refused(course):
    notebook = nbformat.read(course.notebook, as_version=4)
    require_cells(notebook, replace(course.milestone, extra_credit={"predict": 3.0}))
    with pytest.raises(ReleaseError, match="promised for prdict, which is no cell"):
        require_cells(notebook, replace(course.milestone, extra_credit={"prdict": 3.0}))


@pytest.mark.parametrize("points", ["{'m': {'a': -1}}", "{'m': 3}", "['m']", "{'m': {'a': 'two'}}"])
def test_settings_that_make_no_sense_are_said(tmp_path, points):
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.ExtraCredit.points = {points}\n")
    with pytest.raises(CourseError, match=r"c\.ExtraCredit\.points must be as"):
        _ = Course(tmp_path).sources


def test_the_course_reads_its_settings(tmp_path):
    text = "c = get_config()\nc.ExtraCredit.points = {'dropout': {'seeds': 4}}\n"
    (tmp_path / "nbgrader_config.py").write_text(text)
    milestone = Course(tmp_path).sources.milestone("dropout")
    assert milestone.extra_credit == {"seeds": 4.0}


def test_nbgraders_own_commands_read_the_same_settings(tmp_path, monkeypatch):
    """They make their course directory before they have read the file."""
    text = "c = get_config()\nc.ExtraCredit.points = {'dropout': {'seeds': 4}}\nc.GradingService.url = 'https://a.b'\n"
    (tmp_path / "nbgrader_config.py").write_text(
        text + "c.AssignLatePenalties.plugin_class = 'late.Penalty'\n"
    )
    monkeypatch.chdir(tmp_path)
    app = NbGrader()
    app.initialize([])
    sources = sources_of(app.coursedir)
    assert (sources.extra_credit, sources.service) == ({"dropout": {"seeds": 4.0}}, "https://a.b")
    assert config_of(app.coursedir).AssignLatePenalties.plugin_class == "late.Penalty"

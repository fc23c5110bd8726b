"""Scores and messages in the gradebook come from the checks."""

from __future__ import annotations

import datetime
import json

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder.gradebook.comments import add_comment
from autograder.gradebook.extensions import Extension, write_extensions
from autograder.nbgrader_plugin.autograde import SandboxedAutograde
from autograder.nbgrader_plugin.late_penalty import settle
from autograder.nbgrader_plugin.own_outputs import MARK
from autograder.reports import report as reporting

from .small_course import SECRETS, everything_under


def test_scores_come_from_the_checks_and_never_from_the_notebook(released):
    folder = released.submit("alice")
    path = folder / "two_layer_net.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "4.0"},
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
    path.write_text(json.dumps(notebook))
    result = released.autograde("alice")
    assert result["success"], result
    assert released.scores("alice") == {"scores": (3.0, False), "predict": (2.0, False), "why": (0.0, False)}
    cells = released.autograded("alice")
    assert (
        cells["test-scores"].outputs[0].text == "Title of scores\n3 of 4 points, failed.\nmessage of scores\n"
    )
    assert len(cells["test-scores"].outputs) == 1


def test_an_answered_question_waits_for_a_human(released):
    path = released.submit("alice") / "two_layer_net.ipynb"
    path.write_text(path.read_text().replace("YOUR ANSWER HERE", "Because."))
    assert released.autograde("alice")["success"]
    assert released.scores("alice")["why"] == (None, True)
    assert released.scores("alice")["scores"] == (3.0, False)


def test_outputs_stay_where_nothing_is_run_and_are_marked_as_the_students(released):
    path = released.submit("alice") / "two_layer_net.ipynb"
    notebook = json.loads(path.read_text())
    shown = {"output_type": "display_data", "data": {"image/png": "AAAA", "text/html": "<b>"}, "metadata": {}}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [shown]
    path.write_text(json.dumps(notebook))
    assert released.autograde("alice")["success"]
    mark, picture = released.autograded("alice")["search"].outputs
    assert mark.text == MARK
    assert dict(picture.data) == {"image/png": "AAAA"}
    assert len(released.autograded("alice")["test-scores"].outputs) == 1


def test_a_check_that_could_not_be_judged_is_not_a_zero(released, course):
    released.submit("alice")
    assert released.autograde("alice")["success"]
    released.verdicts["scores"] = None
    assert released.autograde("alice")["success"]
    assert released.scores("alice")["scores"] == (None, True)
    assert released.scores("alice")["predict"] == (2.0, False)
    assert "Not graded, which costs nothing" in released.autograded("alice")["test-scores"].outputs[0].text


def test_what_waits_for_a_human_is_no_zero_on_nbgraders_page(released, course):
    edit(released.submit("alice"), "why", "Because.")
    released.verdicts["scores"] = None
    assert released.autograde("alice")["success"]
    assert waiting(released) == {"scores", "why"}
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        assert gradebook.find_submission("two_layer_net", "alice").needs_manual_grade
    html = released.feedback("alice")
    assert "(Score: 2 so far, 2 parts not graded yet / 9.0)" in html
    assert html.count("Score: not graded yet / ") == 4, "above and below"
    assert "Score: 2.0 / 2.0" in html
    assert "Score: 0.0" not in html
    give_by_hand(course, scores=1.0, why=0.0)
    html = released.feedback("alice")
    assert "(Score: 3.0 / 9.0)" in html
    assert "Score: 0.0 / 3.0" in html


def give_by_hand(course, **points):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        for name, value in points.items():
            row = gradebook.find_grade(name, "two_layer_net", "two_layer_net", "alice")
            row.manual_score, row.needs_manual_grade = value, False
        gradebook.db.commit()


def edit(folder, cell_id, text):
    path = folder / "two_layer_net.ipynb"
    notebook = json.loads(path.read_text())
    next(cell for cell in notebook["cells"] if cell["id"] == cell_id)["source"] = text
    path.write_text(json.dumps(notebook))


def waiting(released):
    return {name for name, (_, needs_a_human) in released.scores("alice").items() if needs_a_human}


def test_what_a_human_gave_stays_settled_until_what_it_is_about_changes(released, course):
    folder = released.submit("alice")
    edit(folder, "why", "because the step was small")
    released.autograde("alice")
    assert waiting(released) == {"why"}
    give_by_hand(course, scores=3.5, why=2.0)
    released.autograde("alice")
    assert waiting(released) == set()
    assert released.scores("alice")["scores"] == (3.0, False)
    (folder / "nndl" / "neural_net.py").write_text("# other code\n")  # the answer still says the same
    released.autograde("alice")
    assert waiting(released) == {"scores"}
    give_by_hand(course, scores=3.5)
    edit(folder, "why", "because I say so")
    released.autograde("alice")
    assert waiting(released) == {"scores", "why"}


def test_feedback_shows_messages_and_no_hidden_test_or_solution(released, course):
    folder = released.submit("alice")
    notebook = json.loads((folder / "two_layer_net.ipynb").read_text())
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "test-scores"]
    notebook["cells"].append(
        {
            "cell_type": "markdown",
            "id": "mine",
            "metadata": {},
            "source": "<script>alert(1)</script> ![x](attachment:missing.png) <b>bold</b>",
        }
    )
    notebook["cells"].append(
        {"cell_type": "raw", "id": "raw", "metadata": {}, "source": "<script>alert(2)</script>"}
    )
    (folder / "two_layer_net.ipynb").write_text(json.dumps(notebook))
    assert released.autograde("alice")["success"]
    html = released.feedback("alice")
    assert "message of scores" in html
    assert "was missing and was put back" in html
    assert "<b>bold</b>" in html
    assert "<script>alert" not in html
    everything = everything_under(course.root / "feedback") + everything_under(course.root / "autograded")
    assert [secret for secret in SECRETS if secret in everything] == []


def test_the_reports_are_written_for_the_class_report(released, course):
    released.submit("alice")
    released.autograde("alice")
    assert (course.root / "reports" / "alice" / "two_layer_net.json").is_file()


def test_reports_of_the_same_files_are_recorded_without_grading_again_when_asked_for(released, caplog):
    folder = released.submit("alice")
    for reuse, graded in ((False, 1), (False, 2), (True, 2)):
        released.config.RecordScores.reuse_reports = reuse
        assert released.autograde("alice")["success"]
        assert len(released.graded) == graded
        assert released.scores("alice")["scores"] == (3.0, False)
    path = released.course.root / "reports" / "alice" / "two_layer_net.json"
    regraded = json.loads(path.read_text()) | {"created": "after a check was mended"}
    regraded["checks"][0]["score"] = 3.75
    regraded |= {"seed": "7", "versions": {reporting.CONTENT: "of another check"}}
    path.write_text(json.dumps(regraded))
    assert "earlier checks" not in caplog.text
    for _ in range(2):
        assert released.api.autograde("two_layer_net", "alice", force=False)["success"]
        assert released.scores("alice")["scores"] == (3.75, False)
    assert "1 of 1 reports come from earlier checks, mistakes or reference (alice)" in caplog.text
    assert len(released.graded) == 2
    (folder / "nndl" / "neural_net.py").write_text("changed = 1")
    released.autograde("alice")
    assert len(released.graded) == 3


def test_a_comment_on_a_check_stands_in_nbgraders_feedback(released, course):
    released.submit("alice")
    assert released.autograde("alice")["success"]
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        assert add_comment(gradebook, "two_layer_net", ["alice"], "scores", "See **slide 12**.") == []
    html = released.feedback("alice")
    assert "See <strong>slide 12</strong>." in html
    assert html.count('name="comment-scores"') == html.count('href="#comment-scores"') == 1
    assert "slide 12" not in everything_under(course.root / "autograded")


def test_a_group_is_graded_once_whoever_comes_first(released):
    for student in ("alice", "bob", "carl"):
        folder = released.submit(student)
        if student != "bob":
            (folder / "handed_in_by.txt").write_text("bob\n")
    edit(folder, "why", "Because.")  # it is no longer the group's
    coursedir = CourseDirectory(config=released.config, assignment_id="two_layer_net")
    SandboxedAutograde(coursedir=coursedir, config=released.config).start()
    assert [one.student for one in released.graded] == ["alice", "carl"]
    assert released.scores("alice") == released.scores("bob")


def test_a_share_for_lateness_follows_what_a_human_gives(released, course):
    """Points given by hand after grading cost their share, too, and nothing has to be graded again for it."""
    released.config.AssignLatePenalties.plugin_class = "autograder.nbgrader_plugin.late_penalty.LateDays"
    released.config.LateDays.share_a_day = 0.1
    folder = released.submit("alice")
    edit(folder, "why", "Because.")
    (folder / "timestamp.txt").write_text("2026-03-02 09:00:00 UTC")
    url = f"sqlite:///{course.root}/gradebook.db"
    with Gradebook(url) as gradebook:
        gradebook.find_assignment("two_layer_net").duedate = datetime.datetime(2026, 3, 1)
        gradebook.db.commit()
    directory = CourseDirectory(config=released.config)
    api = NbGraderAPI(directory, config=released.config)
    assert api.autograde("two_layer_net", "alice")["success"]

    def penalty():
        with Gradebook(url) as gradebook:
            work = gradebook.find_submission_notebook("two_layer_net", "two_layer_net", "alice")
            return work.late_submission_penalty

    assert penalty() == pytest.approx(0.2 * 5)
    give_by_hand(course, why=3.0)
    graded = len(released.graded)
    done = api.autograde("two_layer_net", "alice", force=False)
    assert done["success"], done
    assert len(released.graded) == graded, "an unchanged hand-in is not graded again"
    assert penalty() == pytest.approx(0.2 * 8)
    assert "alice, two_layer_net: 1.6 points off for lateness, no longer 1" in done["log"]
    give_by_hand(course, why=1.0)
    assert settle(directory) == ["alice, two_layer_net: 1.2 points off for lateness, no longer 1.6"]
    assert settle(directory) == []
    write_extensions(course.root / "extensions.csv", [Extension("alice", "two_layer_net", 1.0, "ill")])
    assert "(Score: 5.4 / 9.0)" in released.feedback("alice")
    assert penalty() == pytest.approx(0.1 * 6)

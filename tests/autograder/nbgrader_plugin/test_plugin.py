"""nbgrader's own commands on the small course, in this process, with the checks replaced by fixed results."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import shutil
import types
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder import nbgrader_plugin
from autograder.grading import grade
from autograder.nbgrader_plugin.autograde import SandboxedAutograde, read_timestamp
from autograder.nbgrader_plugin.export import CheckScoresExporter

SECRETS = ("np.maximum(0", "range(1, 40)", "0.125", "far too small")


class Nbgrader:
    """The small course as nbgrader sees it."""

    def __init__(self, course: Any, monkeypatch: Any) -> None:
        self.course = course
        self.verdicts: dict[str, Any] = {"scores": 3.0, "predict": 2.0}
        self.graded: list[Any] = []
        config = Config()
        nbgrader_plugin.configure(config)
        config.CourseDirectory.root = str(course.root)
        config.SandboxedExecute.enabled = False
        self.config = config
        points = {"scores": 4.0, "predict": 2.0}
        known = [types.SimpleNamespace(name=name, points=value) for name, value in points.items()]
        monkeypatch.setattr("autograder.judging.room.checks", lambda name: known)
        monkeypatch.setattr("autograder.reports.report.validate", lambda report: None)
        monkeypatch.setattr(grade, "grade", self._grade)

    def _grade(self, submission: Any, settings: Any) -> dict[str, Any]:
        self.graded.append(submission)
        entries = []
        for name, points in (("scores", 4.0), ("predict", 2.0)):
            score = self.verdicts[name]
            verdict = "not graded" if score is None else "passed" if score == points else "failed"
            entries.append(
                {
                    "name": name,
                    "title": f"Title of {name}",
                    "points": points,
                    "score": score,
                    "verdict": verdict,
                    "message": f"message of {name}",
                    "bugs": [],
                }
            )
        return {
            "checks": entries,
            "milestone": submission.milestone.name,
            "verdict": "graded",
            "submission": {"digest": submission.digest},
            "reason": "the sandbox is broken",
        }

    @property
    def api(self) -> NbGraderAPI:
        return NbGraderAPI(CourseDirectory(config=self.config), config=self.config)

    def generate(self) -> dict[str, Any]:
        return self.api.generate_assignment("two_layer_net")

    def autograde(self, student: str) -> dict[str, Any]:
        return self.api.autograde("two_layer_net", student)

    def feedback(self, student: str) -> str:
        result = self.api.generate_feedback("two_layer_net", student)
        assert result["success"], result
        return (self.course.root / "feedback" / student / "two_layer_net" / "two_layer_net.html").read_text()

    def scores(self, student: str) -> dict[str, tuple[float | None, bool]]:
        with Gradebook(f"sqlite:///{self.course.root}/gradebook.db") as gradebook:
            notebook = gradebook.find_submission_notebook("two_layer_net", "two_layer_net", student)
            return {row.name: (row.auto_score, bool(row.needs_manual_grade)) for row in notebook.grades}

    def submit(self, student: str) -> Path:
        folder = self.course.root / "submitted" / student / "two_layer_net"
        shutil.copytree(self.course.root / "release" / "two_layer_net", folder)
        return folder

    def autograded(self, student: str) -> dict[str, Any]:
        path = self.course.root / "autograded" / student / "two_layer_net" / "two_layer_net.ipynb"
        return {cell["id"]: cell for cell in nbformat.read(path, as_version=4).cells}


@pytest.fixture
def nbgrader(course, monkeypatch):
    return Nbgrader(course, monkeypatch)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Where the released course of the first test that wants one is kept for the others."""
    return tmp_path_factory.mktemp("generated") / "course"


@pytest.fixture
def released(nbgrader, generated):
    root = nbgrader.course.root
    if generated.exists():
        for name in ("release", "gradebook.db"):
            copy = shutil.copytree if (generated / name).is_dir() else shutil.copy
            copy(generated / name, root / name)
    else:
        result = nbgrader.generate()
        assert result["success"], result
        shutil.copytree(root, generated)
    return nbgrader


def everything_under(folder: Path) -> str:
    return "\n".join(p.read_text(errors="replace") for p in sorted(folder.rglob("*")) if p.is_file())


def test_generate_makes_the_same_release_as_the_release_step(released, course):
    folder = course.root / "release" / "two_layer_net"
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    expected = course.release.checked
    assert found.keys() == expected.keys()
    for name, data in expected.items():
        if name.endswith(".ipynb"):
            assert json.loads(found[name]) == json.loads(data)
        else:
            assert found[name] == data
    text = everything_under(folder)
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("place", ["library", "notebook", "file"])
def test_generate_leaves_no_release_behind_when_something_leaks(nbgrader, course, place):
    if place == "library":
        path = course.library / "neural_net.py"
        path.write_text(path.read_text().replace("### BEGIN", "## BEGIN", 1))
    elif place == "notebook":
        notebook = json.loads(course.notebook.read_text())
        notebook["cells"][0]["source"] += '\n\n    hidden = np.maximum(0, X @ self.params["W1"].T)'
        course.notebook.write_text(json.dumps(notebook))
    else:
        (course.assignment / "notes.txt").write_text("steps = [step * 10 for step in range(1, 40)]\n")
    result = nbgrader.generate()
    assert not result["success"]
    assert not (course.root / "release" / "two_layer_net").exists()
    expected = {
        "library": "nndl/neural_net.py:14: ",
        "notebook": "two_layer_net.ipynb, cells[1].source:5: ",
        "file": "notes.txt:1: ",
    }
    assert expected[place] in result["log"]


def test_generate_refuses_cells_that_no_check_grades(nbgrader, course):
    notebook = json.loads(course.notebook.read_text())
    notebook["cells"][4]["metadata"]["nbgrader"]["points"] = 5
    notebook["cells"][5]["metadata"]["nbgrader"]["grade_id"] = "prediction"
    course.notebook.write_text(json.dumps(notebook))
    log = nbgrader.generate()["log"]
    assert "the cell scores gives 5 points, its check 4" in log
    assert "the cell prediction has no check" in log
    assert "predict has no cell" in log


def test_generate_refuses_settings_that_make_another_notebook(nbgrader):
    nbgrader.config.ClearSolutions.code_stub = {"python": "..."}
    assert "strip this notebook in another way" in nbgrader.generate()["log"]


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


def test_a_check_that_could_not_be_judged_is_not_a_zero(released, course):
    released.submit("alice")
    assert released.autograde("alice")["success"]
    released.verdicts["scores"] = None
    assert released.autograde("alice")["success"]
    assert released.scores("alice")["scores"] == (None, True)
    assert released.scores("alice")["predict"] == (2.0, False)
    assert "Not graded, which costs nothing" in released.autograded("alice")["test-scores"].outputs[0].text


def test_a_submission_that_could_not_be_judged_fails_loudly_and_keeps_no_old_score(released, course):
    released.submit("alice")
    assert released.autograde("alice")["success"]
    released.verdicts = dict.fromkeys(released.verdicts)
    result = released.autograde("alice")
    assert not result["success"]
    assert "the sandbox is broken" in result["log"]
    assert released.scores("alice")["scores"] == (None, True)
    assert not (course.root / "autograded" / "alice" / "two_layer_net").exists()
    assert ("alice", "needs a human", "") in {
        (row["student_id"], row["state"], row["score"])
        for row in export(released)
        if row["check"] == "scores"
    }


def test_a_score_changed_by_hand_stays_and_is_shown_for_review(released, course):
    released.submit("alice")
    released.autograde("alice")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.find_grade("scores", "two_layer_net", "two_layer_net", "alice").manual_score = 3.5
        gradebook.db.commit()
    released.autograde("alice")
    assert released.scores("alice")["scores"] == (3.0, True)


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
    assert released.scores("alice")["scores"] == (3.0, False)
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


def test_a_submission_without_its_notebook_is_graded_for_its_code(released):
    folder = released.submit("alice")
    (folder / "two_layer_net.ipynb").rename(folder / "my_work.ipynb")
    result = released.autograde("alice")
    assert result["success"], result
    assert released.scores("alice")["scores"] == (3.0, False)
    assert "two_layer_net.ipynb was not read: it is missing" in result["log"]


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


def test_reports_of_the_same_files_are_recorded_without_grading_again_when_asked_for(released):
    folder = released.submit("alice")
    for reuse, graded in ((False, 1), (False, 2), (True, 2)):
        released.config.RecordScores.reuse_reports = reuse
        assert released.autograde("alice")["success"]
        assert len(released.graded) == graded
        assert released.scores("alice")["scores"] == (3.0, False)
    (folder / "nndl" / "neural_net.py").write_text("changed = 1")
    released.autograde("alice")
    assert len(released.graded) == 3


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


def export(nbgrader: Nbgrader) -> list[dict[str, str]]:
    path = nbgrader.course.root / "scores.csv"
    exporter = CheckScoresExporter(to=str(path))
    with Gradebook(f"sqlite:///{nbgrader.course.root}/gradebook.db") as gradebook:
        exporter.export(gradebook)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_export_has_a_row_for_every_check_and_tells_zero_from_not_graded(released, course):
    for student in ("alice", "=bob"):
        folder = released.submit(student)
        notebook = (folder / "two_layer_net.ipynb").read_text()
        (folder / "two_layer_net.ipynb").write_text(notebook.replace("YOUR ANSWER HERE", "Because."))
    released.verdicts["scores"] = 0.0
    released.autograde("alice")
    released.verdicts["scores"] = None
    released.autograde("=bob")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.update_or_create_student("carol", last_name="C, D")
    rows = {(row["student_id"], row["check"]): (row["state"], row["score"]) for row in export(released)}
    assert rows == {
        ("alice", "scores"): ("graded", "0"),
        ("alice", "predict"): ("graded", "2"),
        ("alice", "why"): ("needs a human", ""),
        ("'=bob", "scores"): ("needs a human", ""),
        ("'=bob", "predict"): ("graded", "2"),
        ("'=bob", "why"): ("needs a human", ""),
        ("carol", "scores"): ("not submitted", ""),
        ("carol", "predict"): ("not submitted", ""),
        ("carol", "why"): ("not submitted", ""),
    }


def test_without_the_plugin_nothing_of_it_is_used_by_accident():
    """The preprocessors that matter are named in full, so a typing error stops nbgrader instead of grading."""
    config = Config()
    nbgrader_plugin.configure(config)
    from traitlets.utils.importstring import import_item

    names = [
        *config.GenerateAssignment.preprocessors,
        *config.Autograde.sanitize_preprocessors,
        *config.Autograde.autograde_preprocessors,
        config.ExportApp.plugin_class,
    ]
    for name in names:
        assert import_item(name)
    assert (
        config.Autograde.autograde_preprocessors.index("autograder.nbgrader_plugin.record.RecordScores") > 0
    )

"""Each version of a release that students were given is kept, and found again."""

from __future__ import annotations

import dataclasses
import json

import pytest

from autograder.cli.feedback import _lesson
from autograder.release.build import Release
from autograder.release.fences import ReleaseError
from autograder.release.kept import keep, kept, kept_versions

from .course_files import rewrite, source_cells


def released(course) -> Release:
    return Release(course.milestone, course.sources)


def edit_a_question(course) -> None:
    notebook = source_cells(course)
    cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "scores")
    cell["source"] = [*cell["source"], "\n# please"]
    rewrite(course, notebook)


def test_the_version_changes_with_what_students_get_and_not_with_a_solution(course):
    before = released(course).version
    code = course.library / "neural_net.py"
    code.write_text(code.read_text().replace("np.maximum(0, ", "np.maximum(0.0, "))
    assert released(course).version == before
    edit_a_question(course)
    assert released(course).version != before


def test_a_kept_version_is_found_after_the_course_went_on(course):
    old = released(course)
    path = keep(old)
    stored = path.read_bytes()
    edit_a_question(course)
    new = released(course)
    assert kept(new, new.version) is new
    found = kept(new, old.version)
    assert found is not None
    assert (found.files, found.version, found.editable) == (old.files, old.version, old.editable)
    assert found.editable_code == old.editable_code
    keep(new)
    assert set(kept_versions(new)) == {old.version, new.version}
    path.unlink()
    assert keep(old).read_bytes() == stored, "the same release gives the same bytes"


@pytest.mark.parametrize("version", ["", "0" * 12, "../../../etc/passwd", "x" * 12])
def test_no_other_version_is_found(course, version):
    assert kept(released(course), version) is None


def test_an_archive_that_cannot_be_used_is_named(course):
    path = keep(released(course))
    path.write_bytes(b"PK")
    edit_a_question(course)
    with pytest.raises(ReleaseError, match=r"\.zip: this kept release cannot be used .* delete it"):
        kept(released(course), path.stem)


def test_a_release_says_what_to_hand_in_and_what_its_cells_were(course):
    release = released(course)
    said = json.loads(release.files["assignment.json"])
    assert [entry["name"] for entry in said["files"]] == list(release.editable)
    assert said["version"] == release.version
    assert said["libraries"] == ["numpy"]
    assert {"numpy", "nndl"}.isdisjoint(said["quiet_imports"])
    assert {"jupyterlab", "ipykernel", "scipy"} <= set(said["quiet_imports"])
    cells = {cell["name"]: cell for cell in said["cells"]["two_layer_net.ipynb"]}
    assert cells["scores"]["points"] == 4
    assert cells["why"]["answer"]
    notebook = json.loads(release.files["two_layer_net.ipynb"])
    assert notebook["metadata"]["assignment"] == {"milestone": "two_layer_net", "version": release.version}


def test_a_release_names_the_grading_service_of_its_course_and_keeps_its_version(course):
    without = released(course)
    address = "https://grader.example/course"
    named = Release(course.milestone, dataclasses.replace(course.sources, service=address))
    assert "service" not in without.assignment
    assert named.assignment["service"] == address
    assert named.version == without.version


def test_feedback_shows_a_question_as_it_was_asked(course):
    def asked(notebook):
        cells = notebook["cells"]
        answers = [
            i
            for i, cell in enumerate(cells)
            if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("solution")
        ]
        return next(cell for cell in reversed(cells[: answers[0]]) if cell["cell_type"] == "markdown")

    old = released(course)
    notebook = source_cells(course)
    asked(notebook)["source"] = "## Question 1\nWhat was asked at first?"
    rewrite(course, notebook)
    old = released(course)
    keep(old)
    notebook = source_cells(course)
    asked(notebook)["source"] = "## Question 1\nWhat is asked today?"
    rewrite(course, notebook)
    keep(released(course))
    for version, words in ((old.version, "at first"), (released(course).version, "today"), ("", "today")):
        lesson = _lesson(course.sources, course.milestone, version)
        assert words in next(iter(lesson.questions.values()))

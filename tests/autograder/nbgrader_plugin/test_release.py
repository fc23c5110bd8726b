"""`nbgrader generate_assignment` makes the same release as everything else, or none."""

from __future__ import annotations

import json

import pytest

from .small_course import SECRETS, everything_under


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
    assert "above traceback" not in log


def test_an_earlier_release_stays_as_it_was_where_no_new_one_can_be_made(nbgrader, course):
    assert nbgrader.generate()["success"]
    folder = course.root / "release" / "two_layer_net"

    def files():
        return {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}

    before = files()
    right = course.notebook.read_text()
    notebook = json.loads(right)
    notebook["cells"][5]["metadata"]["nbgrader"]["grade_id"] = "prediction"
    course.notebook.write_text(json.dumps(notebook))
    result = nbgrader.generate()
    assert not result["success"]
    assert "the earlier release is there as it was" in result["log"]
    assert files() == before
    course.notebook.write_text(right.replace("# ", "#  ", 1))
    assert nbgrader.generate()["success"]
    assert [path.name for path in folder.parent.iterdir()] == ["two_layer_net"]


def test_generate_refuses_settings_that_make_another_notebook(nbgrader):
    nbgrader.config.ClearSolutions.code_stub = {"python": "..."}
    assert "strip this notebook in another way" in nbgrader.generate()["log"]

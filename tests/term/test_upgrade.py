"""A new version in the middle of a term, really installed: what is handed out stays, the rest follows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from .conftest import install, tracked_wheels

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

OPEN, LATER = "linear_classifier", "dropout"
SENTENCE = "This sentence is new in version 9."


def newer(source):
    """Make version 9 of the sources: other texts in both milestones, and other checks in one."""
    for project in (source / "pyproject.toml", source / "source_lib" / "pyproject.toml"):
        text = re.sub(r'^version = "[^"]+"', 'version = "9.0.0"', project.read_text(), count=1, flags=re.M)
        project.write_text(re.sub(r"nndl==[\d.]+", "nndl==9.0.0", text))
    for milestone in (OPEN, LATER):
        path = source / "assignments" / milestone / f"{milestone}.ipynb"
        notebook = json.loads(path.read_text())
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        cell["source"] = ["".join(cell["source"]) + f"\n\n{SENTENCE}\n"]
        path.write_text(json.dumps(notebook))
    checks = source / "autograder" / "course" / OPEN / "checks.py"
    checks.write_text(checks.read_text() + "\n# another version\n")


def test_a_course_goes_on_with_a_new_version(wheels, tmp_path, tmp_path_factory):
    mine = install(wheels, tmp_path_factory.mktemp("mine"), tmp_path_factory.mktemp("home"))
    course = tmp_path / "mycourse"
    mine.run(tmp_path, "autograder", "new-course", course, "--milestones", f"{OPEN},{LATER}")
    mine.run(course, "nbgrader", "generate_assignment", OPEN)
    given = json.loads((course / "release" / OPEN / "assignment.json").read_text())["version"]
    mine.run(course, "autograder", "simulate", OPEN, "class", "--data", "offline")
    students = sorted(path.name for path in (course / "class").iterdir())[:4]
    for student in students[:3]:
        shutil.copytree(course / "class" / student, course / "submitted" / student)
    mine.run(course, "autograder", "grade", OPEN, "--data", "offline")
    mine.run(course, "nbgrader", "autograde", OPEN, "--create")
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("# the instructor's own line\n")
    settings = (course / "nbgrader_config.py").read_text()

    newer_wheels = tracked_wheels(tmp_path_factory, newer)
    mine = install(newer_wheels, mine.folder, mine.home)
    assert "9.0.0" in mine.run(course, "autograder", "--version")
    before = {path: path.read_bytes() for path in sorted(course.glob("assignments/*/*")) if path.is_file()}
    asked = subprocess.run(
        [mine.folder / "bin" / "autograder", "upgrade-course", "--diff"],
        cwd=course, env=mine.environment, input="n\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 1, asked.stderr
    assert SENTENCE in asked.stdout
    assert {path: path.read_bytes() for path in before} == before
    said = mine.run(course, "autograder", "upgrade-course", "--yes")
    assert f"{OPEN}: its checks or its solution have changed; new runs may give other scores" in said
    assert SENTENCE in (course / "assignments" / LATER / f"{LATER}.ipynb").read_text()
    assert SENTENCE not in (course / "assignments" / OPEN / f"{OPEN}.ipynb").read_text()
    assert (course / "nbgrader_config.py").read_text() == settings

    shutil.copytree(course / "class" / students[3], course / "submitted" / students[3])
    mine.run(course, "autograder", "grade", OPEN, "--data", "offline")
    late = json.loads((course / "reports" / students[3] / f"{OPEN}.json").read_text())
    assert late["submission"]["release"] == given
    assert late["submission"]["repairs"] == []
    assert late["versions"]["nndl-autograder"] == "9.0.0"
    said = mine.run(course, "autograder", "report", OPEN)
    assert "3 of 4 reports come from earlier checks" in said
    said = mine.run(course, "autograder", "regrade", OPEN, "--apply", "--data", "offline")
    assert "3 graded again: 0 gain, 0 lose, 3 have the same points" in said
    mine.run(course, "nbgrader", "autograde", OPEN, "--create")
    assert "come from earlier checks" not in mine.run(course, "autograder", "report", OPEN)
    mine.run(course, "nbgrader", "generate_assignment", LATER)
    assert SENTENCE in (course / "release" / LATER / f"{LATER}.ipynb").read_text()
    assert "up to date" in mine.run(course, "autograder", "upgrade-course", "--yes")

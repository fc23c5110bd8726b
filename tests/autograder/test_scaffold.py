"""Folders that commands make: what is in them, and what is refused."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.judging import milestone_content
from autograder.proofs import strength
from autograder.release.build import Release
from autograder.scaffold.new_course import read_state, version, write_course
from autograder.sources import CourseError, Sources


def call(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_a_new_course_has_what_nbgrader_needs_and_no_text_pairs(tmp_path):
    folder = tmp_path / "my-course"
    assert call("new-course", folder, "--milestones", "dropout,linear_classifier").exit_code == 0
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"nbgrader_config.py", "roster.csv", "README.md"} < names
    assert {
        name for name in names if name.startswith("assignments/") and name.endswith((".py", ".ipynb"))
    } == {
        "assignments/dropout/dropout.ipynb",
        "assignments/linear_classifier/linear_classifier.ipynb",
    }
    assert 'course_id = "my-course"' in (folder / "nbgrader_config.py").read_text()
    assert "$" not in (folder / "README.md").read_text()
    state = read_state(folder)
    assert state["version"] == version()
    assert set(state["files"]) == names - {".autograder-course.json"}
    sources = Sources.of_course(folder)
    assert (
        Release(sources.milestone("dropout"), sources).version
        == Release(sources.milestone("dropout")).version
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("course", "--milestones", "no_such"), "there is no milestone 'no_such'"),
        (("file/course",), "file"),
        (('quo"te',), "cannot be the name of a course"),
    ],
)
def test_a_course_that_cannot_be_made_is_refused_in_a_line(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    outcome = call("new-course", *arguments)
    assert outcome.exit_code in (1, 2)
    assert said in outcome.output


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(CourseError, match="is not empty"):
        write_course(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    write_course(tmp_path / "course", [])
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


def test_a_new_milestone_works_as_it_is(own):
    outcome = call("new-milestone", "scaling", "--package", "tables", "--title", "Tables in order")
    assert outcome.exit_code == 0, outcome.output
    sources = Sources.of_course(own)
    milestone = sources.milestone("scaling")
    files = Release(milestone, sources).checked
    assert "YOUR CODE HERE" in files["tables/scaling.py"].decode()
    assert "Model answer" not in files["scaling.ipynb"].decode()
    results = strength.grade_in_process(strength.reference(milestone), milestone)
    assert {name: result.score for name, result in results.items()} == {"standardized": 4}
    (bug,) = milestone_content.bugs(milestone)
    assert strength.shortcomings(bug, milestone) == []


def test_a_second_milestone_shares_the_package_of_the_first(own):
    assert call("new-milestone", "one", "--package", "tables").exit_code == 0
    project = (own / "source_lib" / "pyproject.toml").read_text()
    assert call("new-milestone", "two", "--package", "tables").exit_code == 0
    assert (own / "source_lib" / "pyproject.toml").read_text() == project
    assert Sources.of_course(own).own_names == ("one", "two")
    released = Release(Sources.of_course(own).milestone("one"), Sources.of_course(own)).files
    assert "milestone two" in released["tables/two.py"].decode()
    notebook = json.loads((own / "assignments" / "two" / "two.ipynb").read_text())
    assert [cell["id"] for cell in notebook["cells"]][:2] == ["cell-1", "cell-2"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Two-Layer",), "cannot be the name of a milestone"),
        (("dropout",), "there is a milestone 'dropout' already"),
        (("scaling", "--package", "numpy"), "a package 'numpy' is installed already"),
        (("scaling", "--package", "json"), "a package 'json' is installed already"),
        (("scaling", "--package", "my tables"), "cannot be the name of a package"),
    ],
)
def test_names_that_cannot_be_used_are_refused(own, arguments, said):
    outcome = call("new-milestone", *arguments)
    assert outcome.exit_code == 2
    assert said in " ".join(outcome.output.split())
    assert not (own / "grading").exists()


def test_a_milestone_needs_a_course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "is not a course's folder" in " ".join(call("new-milestone", "scaling").output.split())

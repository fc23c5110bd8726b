"""Folders that commands make: what is in them, and what is refused."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import importlib
import json
import tomllib
from importlib.util import find_spec
from string import Template

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.judging import milestone_content
from autograder.nbgrader_plugin.release import not_ready
from autograder.proofs import strength
from autograder.release.build import Release
from autograder.scaffold import new_course
from autograder.scaffold.new_course import STATE, read_state, version, write_course
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


MISTAKES = {
    "a word that is no Python": (
        "checks.py",
        "CHECKS = (",
        "CHECKS = ((",
        "checks.py cannot be imported: SyntaxError",
    ),
    "a name that is not there": ("checks.py", "CHECKS = (", "CHECKS = (clos, ", "NameError: name 'clos'"),
    "no list of checks": (
        "checks.py",
        "CHECKS = ",
        "CHECK = ",
        "must end with CHECKS = (one_check, another, …)",
    ),
    "a line that stands nowhere": ("bugs.txt", "\n- ", "\n- 1 + ", "must stand there exactly once"),
    "a mistake without a place": ("bugs.txt", "\n# ", "\n", "scaling/bugs.txt, line"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_a_room_is_said_in_a_line(own, what):
    file, old, new, said = MISTAKES[what]
    assert call("new-milestone", "scaling", "--package", "tables").exit_code == 0
    path = own / "grading" / "scaling" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    command = ("simulate", "scaling", "class") if file == "bugs.txt" else ("grade", "scaling")
    outcome = call(*command)
    assert outcome.exit_code == 2, outcome.exception
    assert said in " ".join(outcome.output.split())


def test_a_call_that_the_milestone_does_not_know_is_said_by_the_proof(own):
    assert call("new-milestone", "scaling", "--package", "tables").exit_code == 0
    path = own / "grading" / "scaling" / "checks.py"
    path.write_text(path.read_text().replace("trial.student.standardized", "trial.student.standardised"))
    milestone = Sources.of_course(own).milestone("scaling")
    (line,) = strength.not_passed(strength.reference(milestone), milestone, range(3))
    assert line.startswith("standardized, not graded with seed 0: ")
    assert "'standardised' is not a public name of this milestone; its api has: standardized" in line


def test_what_is_not_ready_is_said_when_a_release_is_made(own):
    assert call("new-milestone", "scaling").exit_code == 0
    assert call("new-milestone", "ready").exit_code == 0
    assert list(not_ready(Sources.of_course(own).milestone("ready"))) == []
    milestone = Sources.of_course(own).milestone("scaling")
    path = own / "grading" / "scaling" / "bugs.txt"
    path.write_text(path.read_text().replace("- centred =", "- centered ="))
    missing = dataclasses.replace(milestone, libraries=("no_such_library",))
    library, mistake = not_ready(missing)
    assert "no_such_library is not installed here" in library
    assert "does not fit the solution any more: standardized_by_rows" in mistake


def test_a_borrowed_function_that_the_milestone_does_not_know_is_said(own):
    assert call("new-milestone", "scaling").exit_code == 0
    path = own / "grading" / "scaling" / "checks.py"
    path.write_text(path.read_text().replace("points=4,", 'points=4, borrows=("standardised",), tests=(),'))
    with pytest.raises(CourseError, match=r"borrows 'standardised', which .* not have; it has: standardized"):
        milestone_content.checks(Sources.of_course(own).milestone("scaling"))


def test_a_second_package_is_named_beside_the_first(own):
    assert call("new-milestone", "one").exit_code == 0
    assert call("new-milestone", "two").exit_code == 0
    assert call("new-milestone", "three", "--package", "two").exit_code == 0
    project = tomllib.loads((own / "source_lib" / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["packages"]["find"]["include"] == ["one*", "two*"]


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


# upgrading


@pytest.fixture
def term(tmp_path, monkeypatch):
    """A course of an earlier version, of which one milestone was handed out and one page was edited."""
    folder = tmp_path / "term"
    write_course(folder, ["linear_classifier", "dropout"])
    state = json.loads((folder / STATE).read_text())
    for name in ("assignments/dropout/README.md", "assignments/linear_classifier/README.md", "README.md"):
        old = f"What version 0.1 had in {name}."
        (folder / name).write_text(old)
        state["files"][name] = hashlib.sha256(old.encode()).hexdigest()
    state |= {"version": "0.1.0", "milestones": {"linear_classifier": "other", "dropout": "other"}}
    del state["files"]["assignments/dropout/images/goal.png"]
    (folder / "assignments/dropout/images/goal.png").unlink()
    (folder / STATE).write_text(json.dumps(state))
    (folder / "nbgrader_config.py").write_text("from autograder import nbgrader_plugin\nc = get_config()\n"
        "nbgrader_plugin.configure(c)\n# mine\n")  # fmt: skip
    (folder / "release" / "linear_classifier").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_upgrade_shows_what_would_change_and_writes_nothing_without_a_yes(term):
    before = contents(term)
    outcome = CliRunner().invoke(main, ["upgrade-course", "--diff"], input="n\n")
    assert outcome.exit_code == 1
    said = outcome.output
    assert "made by version 0.1.0" in said
    assert "update  assignments/dropout/README.md" in said
    assert "update  README.md" in said
    assert "add     assignments/dropout/images/goal.png" in said
    assert "keep    nbgrader_config.py: you have edited it" in said
    assert "keep    assignments/linear_classifier: it was handed out; 1 files have a new version" in said
    assert (
        "linear_classifier: its checks or its solution have changed; new runs may give other scores" in said
    )
    assert "-What version 0.1 had in README.md." in said
    assert contents(term) == before


def test_an_upgrade_writes_what_it_showed(term):
    mine = (term / "nbgrader_config.py").read_text()
    assert call("upgrade-course", "--yes").exit_code == 0
    assert "What version 0.1" not in (term / "assignments/dropout/README.md").read_text()
    assert "What version 0.1" in (term / "assignments/linear_classifier/README.md").read_text()
    assert (term / "assignments/dropout/images/goal.png").is_file()
    assert (term / "nbgrader_config.py").read_text() == mine
    assert read_state(term)["version"] == version()
    again = call("upgrade-course")
    assert again.exit_code == 0
    assert "Nothing to write: the course is up to date." in again.output
    assert "have changed" not in again.output


def test_a_folder_that_was_not_made_here_is_not_upgraded(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    monkeypatch.chdir(tmp_path)
    outcome = call("upgrade-course")
    assert outcome.exit_code == 2
    assert "was not made by `autograder new-course`" in " ".join(outcome.output.split())


def test_what_templates_import_is_there():
    for path in sorted(new_course._FILES.rglob("*.py.template")):
        text = Template(path.read_text(encoding="utf-8")).safe_substitute(
            name="one", title="One", package="one"
        )
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder"):
                module = importlib.import_module(node.module)
                for alias in node.names:
                    found = (
                        hasattr(module, alias.name) or find_spec(f"{node.module}.{alias.name}") is not None
                    )
                    assert found, f"{path.name}, line {node.lineno}: {node.module} has no {alias.name}"


def test_commands_that_grade_take_the_images_of_the_course(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text(
        "from autograder import nbgrader_plugin\nc = get_config()\nnbgrader_plugin.configure(c)\n"
        "c.RecordScores.data = 'offline'\n"
    )
    (tmp_path / "submitted" / "ada" / "dropout").mkdir(parents=True)
    (tmp_path / "assignments" / "dropout").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr("autograder.cli.grade.prepare", lambda settings, here: asked.append(settings.data))
    monkeypatch.setattr("autograder.cli.grade.run.run", lambda *_, **__: iter(()))
    for more in ((), ("--data", "other")):
        outcome = call("grade", "dropout", *more)
        assert asked, outcome.output
    assert asked == ["offline", "other"]

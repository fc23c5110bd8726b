"""Milestones of one's own, from the wheels alone: the page that builds one, and one that is not about nets."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import pip
from .document import steps

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own-milestone.md"
GRAPHS = Path(__file__).with_name("graph_course")
VISIBLE = "import json\n{setup}\nfor cell in json.load(open('{name}.ipynb'))['cells']:\n" + (
    "    if cell['cell_type'] == 'code':\n        exec(''.join(cell['source']))\n"
)
NO_NNDL = "import importlib.util\nassert importlib.util.find_spec('nndl') is None"
PROOF = """
from autograder.judging import milestone_content
from autograder.proofs import strength
from autograder.slips import mutation
from autograder.sources import Sources

milestone = Sources().milestone("dijkstra")
libraries = [strength.reference(milestone)]
libraries += [right.library(milestone) for right in milestone_content.alternatives(milestone).values()]
print([strength.first_failed(lambda: library, milestone, range(5)) for library in libraries])
print([strength.shortcomings(bug, milestone) for bug in milestone_content.bugs(milestone)])
"""


def points(course: Path, milestone: str) -> dict[str, float]:
    """Return the points that the reports give each student."""
    paths = course.glob(f"reports/*/{milestone}.json")
    return {path.parent.name: json.loads(path.read_text())["score"] for path in paths}


def solved(course: Path, package: str, release: Path) -> None:
    """Lay the solution over a release, as a student would write it."""
    for path in (course / package).glob("*.py"):
        shutil.copy(path, release / package / path.name)


def run_visible_checks(student, release: Path, name: str) -> str:
    """Run the code cells of a released notebook where nothing of ours is installed."""
    code = VISIBLE.format(setup=NO_NNDL, name=name)
    done = subprocess.run(
        [student, "-c", code], cwd=release, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_page_builds_a_milestone(installed, student, tmp_path):
    course = tmp_path / "mycourse"
    for step in steps(PAGE.read_text(encoding="utf-8")):
        if step.file:
            (course / step.file).write_text(step.text, encoding="utf-8")
            continue
        for line in step.text.splitlines():
            where = course if course.is_dir() else tmp_path
            words = shlex.split(line)
            if words[0] != "cd":
                installed.run(where, *words)
    earned = points(course, "logistic")
    assert len(earned) >= 10
    assert max(earned.values()) == 8
    assert min(earned.values()) == 0
    assert 0 < sorted(earned.values())[len(earned) // 2] < 8
    assert "Mean" not in (course / "release" / "logistic" / "logistic.ipynb").read_text()
    release = course / "release" / "logistic"
    assert "YOUR CODE HERE" in (release / "logistic" / "logistic.py").read_text()
    assert "NotImplementedError" in run_visible_checks(student, release, "logistic")
    solved(course / "source_lib", "logistic", release)
    said = run_visible_checks(student, release, "logistic")
    assert said.splitlines()[-1].startswith("loss_and_gradient passes here"), said
    names = {path.relative_to(release).as_posix() for path in release.rglob("*")}
    assert not [name for name in names if "nndl" in name]
    kinds = (".py", ".ipynb", ".md", ".txt", ".toml")
    texts = [path.read_text() for path in release.rglob("*") if path.suffix in kinds]
    assert not [text for text in texts if "nndl" in text]


def test_a_milestone_about_graphs_comes_with_an_installed_package(installed, student, tmp_path):
    wheels = tmp_path / "wheels"
    shutil.copytree(GRAPHS, tmp_path / "graph_course")
    pip(
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "-w",
        wheels,
        tmp_path / "graph_course",
        HOME=str(tmp_path),
    )
    pip("--python", installed.python, "install", "--no-deps", "--no-index", *wheels.glob("*.whl"))
    course = tmp_path / "roads"
    assert installed.ask(tmp_path, PROOF).split("\n")[:2] == ["['', '']", "[[], []]"]
    installed.run(tmp_path, "autograder", "new-course", "roads", "--milestones", "dijkstra")
    installed.run(course, "nbgrader", "generate_assignment", "dijkstra")
    told = installed.run(course, "autograder", "simulate", "dijkstra", "submitted")
    installed.run(course, "autograder", "grade", "dijkstra")
    earned = points(course, "dijkstra")
    kinds = {line[13:].strip(): line.split()[0] for line in told.splitlines()[:-1]}
    assert earned[kinds["everything right"]] == 8
    assert earned[kinds["right, written another way: rounds_over_all_edges"]] == 8
    assert earned[kinds["mistake: number_of_edges"]] == 4  # the way is judged with the course's distances
    assert earned[kinds["mistake: way_from_the_goal"]] == 4
    assert earned[kinds["the release, untouched"]] == 0
    release = course / "release" / "dijkstra"
    assert "milestone dijkstra" in run_visible_checks(student, release, "dijkstra")


def test_a_milestone_names_its_libraries_and_may_use_this_course_as_one(installed, tmp_path):
    """A library is in the sandbox because the milestone names it, and nndl because the package imports it."""
    course = tmp_path / "tables_course"
    installed.run(tmp_path, "autograder", "new-course", course, "--milestones", "none")
    installed.run(course, "autograder", "new-milestone", "scaling", "--package", "tables")
    solution, room = course / "source_lib/tables/scaling.py", course / "grading/scaling/__init__.py"
    uses = "import packaging.version\n\nfrom nndl.gradient_check import rel_error\n\nrel_error(1.0, 1.0)\n"
    text = solution.read_text().replace("import numpy as np\n", f"import numpy as np\n{uses}", 1)
    solution.write_text(
        text.replace("centred = x -", "assert packaging.version.Version('1')\n    centred = x -")
    )
    for path in course.glob("grading/scaling/*.txt"):
        path.write_text("Nothing is known yet.\n")
    named = room.read_text().replace("libraries=()", 'libraries=("packaging",)')
    for text, score in ((named, 4.0), (room.read_text(), 0.0)):
        room.write_text(text)
        installed.run(course, "nbgrader", "generate_assignment", "scaling", "--force")
        release = course / "release" / "scaling"
        shutil.rmtree(course / "submitted", ignore_errors=True)
        shutil.copytree(release, course / "submitted" / "ada" / "scaling")
        shutil.copy(solution, course / "submitted" / "ada" / "scaling" / "tables")
        installed.run(course, "autograder", "grade", "scaling", "--force")
        assert points(course, "scaling") == {"ada": score}, text

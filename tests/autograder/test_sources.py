"""Where a course's sources are looked for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from autograder.library.local import reference_library
from autograder.nbgrader_plugin.course import CONFIG, Course
from autograder.release.build import Release
from autograder.release.fences import ReleaseError
from autograder.sources import CourseError, Sources


def test_a_course_folder_brings_what_it_has_and_the_repository_the_rest(tmp_path):
    default, assignments = Sources(), tmp_path / "source" / ".." / "assignments"
    found = Sources.of_course(tmp_path, assignments)
    assert (found.library, found.constraints) == (default.library, default.constraints)
    assert found.assignments == tmp_path / "assignments"
    (tmp_path / "source_lib" / "nndl").mkdir(parents=True)
    (tmp_path / "constraints.txt").touch()
    found = Sources.of_course(tmp_path, assignments)
    assert (found.library, found.constraints) == (tmp_path / "source_lib", tmp_path / "constraints.txt")


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    """A course of two milestones about a package that is not called nndl."""
    room = "from autograder.milestone import Milestone\n\nMILESTONE = Milestone({0!r}, {0!r}.title())\n"
    files = {"__init__.py": 'MILESTONES = ("second", "first")\n'}
    files |= {f"{name}/__init__.py": room.format(name) for name in ("first", "second")}
    for name, text in files.items():
        path = tmp_path / "rooms_of_a_course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "rooms_of_a_course"
    for name in [name for name in sys.modules if name.partition(".")[0] == "rooms_of_a_course"]:
        del sys.modules[name]


def test_milestones_come_in_teaching_order_and_know_their_room_and_package(rooms, tmp_path):
    sources = Sources(library=tmp_path, rooms=rooms)
    assert sources.milestone_names == ("second", "first")
    first = sources.milestone("first")
    assert (first.room, first.package, first.title) == (f"{rooms}.first", "nndl", "First")
    with pytest.raises(KeyError, match="the milestones are: second, first"):
        sources.milestone("third")


ROOM = """
from autograder.milestone import Milestone, values

MILESTONE = Milestone("paths", "Paths", api=values("graphs.search", "shortest"), package="graphs")
"""
SEARCH = """
from .costs import PRICE


def shortest(n):
    \"\"\"Return a length.\"\"\"
    ### BEGIN SOLUTION paths
    return n * PRICE
    ### END SOLUTION
"""


def own_course(root: Path, price: int) -> Sources:
    """Write a course with a milestone of its own, in a package of its own."""
    files = {
        CONFIG: "from autograder import nbgrader_plugin\nc = get_config()\nnbgrader_plugin.configure(c)\n",
        "grading/paths/__init__.py": ROOM,
        "source_lib/pyproject.toml": '[project]\nname = "graphs"\nversion = "1"\ndependencies = ["numpy"]\n',
        "source_lib/graphs/__init__.py": "",
        "source_lib/graphs/costs.py": f"PRICE = {price}\n",
        "source_lib/graphs/search.py": SEARCH,
        "assignments/paths/README.md": "# Paths\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Sources.of_course(root)


def test_a_course_has_milestones_of_its_own_in_a_package_of_its_own(tmp_path):
    sources = own_course(tmp_path, 3)
    assert sources.milestone_names[-1] == "paths"
    assert sources.own_names == ("paths",)
    paths = sources.milestone("paths")
    assert reference_library(paths).shortest(2) == 6
    files = Release(paths, sources).checked
    assert "YOUR CODE HERE" in files["graphs/search.py"].decode()
    assert not [name for name in files if name.startswith("nndl/")]
    required = re.findall(r"^(\w+)", files["requirements.txt"].decode(), re.MULTILINE)
    assert required == ["ipykernel", "jupyterlab", "numpy"]


def test_a_package_that_imports_ours_brings_it_along_without_its_solutions(tmp_path):
    sources = own_course(tmp_path, 3)
    helper = tmp_path / "source_lib" / "graphs" / "visible.py"
    helper.write_text("from nndl.gradient_check import eval_numerical_gradient\n")
    files = Release(sources.milestone("paths"), sources).checked
    assert "nndl/gradient_check.py" in files
    assert "### BEGIN SOLUTION" not in "".join(files[n].decode() for n in files if n.endswith(".py"))
    assert "milestone two_layer_net" in files["nndl/neural_net.py"].decode()
    assert "matplotlib" in files["requirements.txt"].decode()
    assert files["pyproject.toml"].decode().startswith('[project]\nname = "graphs"')


def test_a_library_that_students_would_not_have_is_named(tmp_path):
    sources = own_course(tmp_path, 3)
    helper = tmp_path / "source_lib" / "graphs" / "visible.py"
    helper.write_text("import numpy\nimport sympy\n")
    with pytest.raises(ReleaseError, match=r"graphs/visible.py:2: students would not have the library sympy"):
        assert Release(sources.milestone("paths"), sources).files
    project = tmp_path / "source_lib" / "pyproject.toml"
    project.write_text(project.read_text().replace('["numpy"]', '["numpy", "sympy"]'))
    assert "sympy" in Release(sources.milestone("paths"), sources).files["requirements.txt"].decode()


def test_two_courses_with_packages_of_one_name_live_side_by_side(tmp_path):
    prices = [
        reference_library(own_course(tmp_path / str(n), n).milestone("paths")).shortest(1) for n in (3, 4)
    ]
    assert prices == [3, 4]


def test_a_course_may_say_in_which_order_its_milestones_are_taught(tmp_path):
    sources = own_course(tmp_path, 1)
    (tmp_path / "grading" / "__init__.py").write_text('MILESTONES = ("paths", "two_layer_net")\n')
    assert sources.milestone_names[:3] == ("paths", "two_layer_net", "linear_classifier")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MILESTONE = 1\n", "defines no MILESTONE"),
        (ROOM.replace('"paths"', '"path"'), "MILESTONE is called 'path', its room 'paths'"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("MILESTONE = (\n", "SyntaxError: '(' was never closed"),
    ],
)
def test_a_room_that_is_wrong_is_named(tmp_path, text, said):
    sources = own_course(tmp_path, 1)
    (tmp_path / "grading" / "paths" / "__init__.py").write_text(text)
    with pytest.raises(CourseError, match=re.escape(said)):
        sources.milestone("paths")
    assert sources.milestone("two_layer_net").name == "two_layer_net"


def test_commands_find_the_course_around_them_with_the_folders_that_its_settings_name(tmp_path):
    own_course(tmp_path, 1)
    with (tmp_path / CONFIG).open("a") as file:
        file.write('c.CourseDirectory.source_directory = "tasks"\n')
    (tmp_path / "submitted" / "ada").mkdir(parents=True)
    course = Course.around(tmp_path / "submitted" / "ada")
    assert course.root == tmp_path
    assert course.sources == Sources.of_course(tmp_path, tmp_path / "tasks")
    assert course.gradebook is None
    (tmp_path / "gradebook.db").touch()
    assert Course(tmp_path).gradebook == f"sqlite:///{tmp_path}/gradebook.db"
    (tmp_path / CONFIG).write_text("c = 1 / 0\n")
    with pytest.raises(CourseError, match="ZeroDivisionError"):
        _ = Course(tmp_path).sources


def test_a_course_names_its_grading_service_in_its_configuration(tmp_path):
    (tmp_path / CONFIG).write_text('c = get_config()\nc.GradingService.url = "https://grader.example"\n')
    assert Course(tmp_path).sources.service == "https://grader.example"
    (tmp_path / CONFIG).write_text("c = get_config()\n")
    assert Course(tmp_path).sources.service == ""

"""What a release consists of."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.release import fences
from autograder.release.build import Release
from autograder.release.fences import ReleaseError
from autograder.sources import Sources

from .course_files import TWO_LAYER_NET, checked, run_python


def test_a_release_holds_stubs_documents_and_the_notebook_and_no_build_products(course):
    files = course.release.checked
    assert list(files) == [
        "README.md",
        "assignment.json",
        "docs/official-result.md",
        "docs/student-guide.md",
        "nndl/__init__.py",
        "nndl/fast/kernels.pyx",
        "nndl/layers.py",
        "nndl/linear.py",
        "nndl/neural_net.py",
        "pyproject.toml",
        "requirements-loose.txt",
        "requirements.txt",
        "setup.py",
        "two_layer_net.ipynb",
    ]


def test_earlier_parts_are_solved_and_later_ones_are_stubs(course):
    files = {name: data.decode() for name, data in course.release.checked.items()}
    assert "shifted = x - x.max" in files["nndl/linear.py"]
    assert "milestone two_layer_net" in files["nndl/neural_net.py"]
    assert "milestone fc_net" in files["nndl/layers.py"]


def test_earlier_parts_can_be_blanked(course):
    files = Release(course.milestone, course.sources, blank_earlier=True).checked
    assert b"shifted" not in files["nndl/linear.py"]


def test_changed_sources_are_seen_by_a_process_that_lives_on(course):
    before = Release.current(course.milestone, course.sources)
    assert Release.current(course.milestone, course.sources) is before
    assert "nndl/new.py" not in before.files
    (course.library / "new.py").write_text("x = 1\n")
    assert "nndl/new.py" in Release.current(course.milestone, course.sources).files
    assert "nndl/new.py" not in before.files, "a release is of one moment"


def test_an_assignment_file_must_not_take_a_name_of_the_library(course):
    (course.assignment / "setup.py").write_text("")
    with pytest.raises(ReleaseError, match="belongs to the solution library"):
        checked(course)


def test_an_unknown_milestone_is_named(course):
    with pytest.raises(KeyError, match="no milestone 'three_layer_net'"):
        course.sources.milestone("three_layer_net")


def test_what_a_student_may_edit_follows_from_the_fences(course):
    assert course.release.editable == (
        "two_layer_net.ipynb",
        "nndl/neural_net.py",
        "best_net.npz",
    )


def test_the_documents_say_what_to_write_and_pin_what_is_known(course):
    files = course.release.checked
    requirements = files["requirements.txt"].decode().split("\n")
    assert "numpy==2.4.6" in requirements
    assert "ipykernel" in requirements
    readme = files["README.md"].decode()
    assert "nndl/neural_net.py" in readme
    assert "nndl/layers.py" not in readme
    assert "$" not in readme


def test_an_assignment_brings_its_own_readme_and_extra_files_but_not_its_text_pair(course):
    (course.assignment / "README.md").write_text("Mine.\n")
    (course.assignment / "kitten.bin").write_bytes(bytes(range(256)))
    files = course.release.checked
    assert files["README.md"].startswith(b"Mine.\n\n## Set up\n")
    assert files["kitten.bin"] == bytes(range(256))
    assert "two_layer_net.py" not in files


def test_the_readme_says_how_to_set_up_before_it_says_how_to_start(course):
    (course.assignment / "README.md").write_text("Mine.\n\n## Start\n\nOpen it.\n\n## Points\n\nForty.\n")
    readme = course.release.checked["README.md"].decode()
    headings = [line for line in readme.splitlines() if line.startswith("## ")]
    assert headings == ["## Set up", "## Start", "## Points", "## Hand in"]
    assert readme.startswith("Mine.\n\n## Set up\n")
    assert "\n\n## Start\n\nOpen it.\n\n## Points\n\nForty.\n\n## Hand in\n" in readme


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_every_milestone_of_the_course_can_be_released(milestone, tmp_path):
    release = Release(milestone)
    release.write(tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(release.checked)
    assert {"nndl/__init__.py", "README.md", "requirements.txt", "pyproject.toml"} <= written
    for name in written:
        if name.endswith(".py"):
            fences.parse((tmp_path / name).read_text(), name, Sources().milestone_names)


IMPORTS = """
import nndl, os
from nndl.neural_net import TwoLayerNet
net = TwoLayerNet(2, 3, 2)
try:
    net.loss(__import__("numpy").ones((1, 2)))
except NotImplementedError as error:
    print(error)
print(os.path.dirname(nndl.__file__))
"""


def test_the_release_imports_from_its_own_folder(tmp_path):
    TWO_LAYER_NET.write(tmp_path / "student")
    message, place = run_python(tmp_path / "student", IMPORTS).split("\n")
    assert "write this part (nndl/neural_net.py, milestone two_layer_net)" in message
    assert Path(place) == tmp_path / "student" / "nndl"


def test_the_release_installs_without_a_compiler(tmp_path):
    TWO_LAYER_NET.write(tmp_path / "student")
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = subprocess.run(
        [*pip, "--target", str(target), "."],
        cwd=tmp_path / "student",
        env=os.environ | {"CC": "false", "CXX": "false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    message, place = run_python(elsewhere, IMPORTS, PYTHONPATH=str(target)).split("\n")
    assert "milestone two_layer_net" in message
    assert Path(place) == target / "nndl"


def test_a_missing_library_is_named(tmp_path):
    elsewhere = replace(TWO_LAYER_NET.milestone, package="no_such_package")
    with pytest.raises(ReleaseError, match="expected a folder no_such_package"):
        assert Release(elsewhere, Sources(library=tmp_path)).checked


@pytest.mark.parametrize(("milestone", "listed"), [("pytorch", True), ("two_layer_net", False)])
def test_pytorch_is_required_where_a_milestone_needs_it(milestone, listed):
    files = Release(Sources().milestone(milestone)).files
    required = [
        line
        for line in files["requirements.txt"].decode().splitlines()
        if line.split("=")[0].strip("<> ") == "torch"
    ]
    assert bool(required) == listed
    small = f"`python -m pip install {required[0] if required else 'torch'} --index-url https://download.pytorch.org/whl/cpu`"
    readme = files["README.md"].decode()
    assert (small in readme) == listed
    assert not listed or readme.index(small) < readme.index("pip install -r requirements.txt")

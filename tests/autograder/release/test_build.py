"""What a release holds, and that nothing of a solution is left in it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.release import fences, leaks
from autograder.release import notebook as release_notebook
from autograder.release.build import Release
from autograder.release.fences import ReleaseError
from autograder.sources import Sources

TWO_LAYER_NET = Release(Sources().milestone("two_layer_net"))
TRAINED = "steps = [step * 10 for step in range(1, 40)]"
HIDDEN = 'hidden = np.maximum(0, X @ self.params["W1"].T)'
TEST_LINE = "assert np.allclose(net.scores(np.ones((5, 2))), 0.125)"


def source_cells(course) -> dict:
    return json.loads(course.notebook.read_text())


def checked(course) -> dict[str, bytes]:
    return course.release.checked


def rewrite(course, notebook: dict) -> None:
    course.notebook.write_text(json.dumps(notebook))


def test_a_release_holds_stubs_documents_and_the_notebook_and_no_build_products(course):
    files = course.release.checked
    assert list(files) == [
        "README.md",
        "nndl/__init__.py",
        "nndl/fast/kernels.pyx",
        "nndl/layers.py",
        "nndl/linear.py",
        "nndl/neural_net.py",
        "pyproject.toml",
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


def test_nothing_of_any_solution_is_in_sources_outputs_or_metadata(course):
    notebook = source_cells(course)
    answer = "hidden = np.maximum(0, X @ W1.T)"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": answer + "\n" + TRAINED}]
            cell["execution_count"] = 3
            cell["metadata"]["execution"] = {"shell.execute_reply": TRAINED}
    notebook["metadata"]["widgets"] = {"state": {"value": TRAINED}}
    rewrite(course, notebook)
    everything = b"\n".join(course.release.checked.values()).decode()
    for secret in (
        "np.maximum",
        "np.argmax(self",
        "w + b\n",
        "range(1, 40)",
        "0.125",
        "far too small",
        "SOLUTION",
    ):
        assert secret not in everything


def test_the_notebook_is_the_one_that_nbgrader_would_release(course):
    released = json.loads(course.release.checked["two_layer_net.ipynb"])
    cells = {cell["id"]: cell for cell in released["cells"]}
    assert "YOUR CODE HERE" in "".join(cells["search"]["source"])
    assert "".join(cells["why"]["source"]) == "YOUR ANSWER HERE"
    assert cells["test-scores"]["metadata"]["editable"] is False
    assert cells["test-scores"]["metadata"]["nbgrader"]["checksum"]
    assert cells["training"]["metadata"]["tags"] == ["skip-at-grading"]


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("source", "source"),
        ("metadata", "metadata.note"),
        ("attachment", "attachments.a.text/plain"),
    ],
)
def test_a_library_solution_in_the_notebook_is_a_leak(course, cell, place):
    notebook = source_cells(course)
    intro = notebook["cells"][0]
    if cell == "source":
        intro["source"] += "\n\nThink of\n\n    " + HIDDEN
    elif cell == "metadata":
        intro["metadata"]["note"] = HIDDEN
    else:
        intro["attachments"] = {"a": {"text/plain": HIDDEN}}
    rewrite(course, notebook)
    with pytest.raises(ReleaseError, match=r"part of the solution in nndl/neural_net\.py:16") as caught:
        checked(course)
    assert caught.value.path == f"two_layer_net.ipynb, cells[1].{place}"


@pytest.mark.parametrize("name", ["notes.txt", "figures/plot.bin", "helper.py"])
@pytest.mark.parametrize("secret", [HIDDEN + "  # so", TRAINED, TEST_LINE, "# " + HIDDEN.replace(" ", "  ")])
def test_a_solution_in_any_other_file_is_a_leak_with_file_and_line(course, name, secret):
    path = course.assignment / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"first = 1\n" + b"\xff\n" * (not name.endswith(".py")) + secret.encode() + b"\n")
    with pytest.raises(ReleaseError, match="part of the solution") as caught:
        checked(course)
    assert caught.value.path == name
    assert caught.value.line == (2 if name.endswith(".py") else 3)


def test_a_stub_that_does_not_strip_is_noticed(course, monkeypatch):
    def only_markers(source, path, found, hidden):
        return "\n".join(line for line in source.split("\n") if "SOLUTION" not in line)

    monkeypatch.setattr(fences, "stub", only_markers)
    with pytest.raises(ReleaseError, match="shows a solution"):
        checked(course)


def test_a_left_over_marker_is_noticed(course, monkeypatch):
    monkeypatch.setattr(fences, "stub", lambda source, path, found, hidden: source)
    with pytest.raises(ReleaseError, match="a fence marker is left"):
        checked(course)


def test_a_whole_solution_repeated_outside_its_fence_is_noticed(course):
    lines = [
        "first = one(x, y, z)",
        "second = two(first, y, z)",
        "third = three(second, y, z)",
        "d = four(third, y, z)",
    ]
    body = "".join(f"    {line}\n" for line in lines)
    fenced = (
        f"def f(x, y, z):\n    ### BEGIN SOLUTION two_layer_net\n{body}    ### END SOLUTION\n    return d\n"
    )
    (course.library / "twice.py").write_text(fenced + f"\n\ndef g(x, y, z):\n{body}    return d\n")
    with pytest.raises(ReleaseError, match=r"here begins the solution of nndl/twice\.py:3") as caught:
        checked(course)
    assert caught.value.path == "nndl/twice.py"


def test_a_single_line_that_the_course_shows_elsewhere_is_no_leak(course):
    (course.library / "other.py").write_text("import numpy as np\n\n\ndef f(X, self):\n    " + HIDDEN + "\n")
    assert "nndl/other.py" in course.release.checked


class TestAFileThatAnswersTasksAsAWhole:
    LINE = "hidden = np.where(rows @ weights > 0, rows @ weights, 0)"

    def write(self, course, milestone):
        head = f'"""Another net."""\n\n### ANSWERS {milestone}\n\n\n'
        text = f"{head}def f(rows, weights):\n    {self.LINE}\n    return hidden\n"
        (course.library / "other_net.py").write_text(text)

    @pytest.mark.parametrize("milestone", ["two_layer_net", "fc_net", "cnn"])
    def test_is_in_no_release_of_that_milestone_or_an_earlier_one(self, course, milestone):
        self.write(course, milestone)
        files = checked(course)
        assert "nndl/other_net.py" not in files
        assert self.LINE not in b"\n".join(files.values()).decode()

    def test_is_there_later_without_its_marker(self, course):
        self.write(course, "linear_classifier")
        files = checked(course)
        text = files["nndl/other_net.py"].decode()
        assert self.LINE in text
        assert "ANSWERS" not in text
        blanked = Release(course.release.milestone, course.sources, blank_earlier=True)
        assert "nndl/other_net.py" not in blanked.checked

    def test_is_nothing_that_a_student_hands_in(self, course):
        self.write(course, "two_layer_net")
        assert "nndl/other_net.py" not in course.release.editable

    def test_its_lines_elsewhere_are_a_leak(self, course):
        self.write(course, "two_layer_net")
        (course.assignment / "notes.txt").write_text(f"try\n{self.LINE}\n")
        with pytest.raises(ReleaseError, match=r"part of the solution in nndl/other_net\.py:7") as caught:
            checked(course)
        assert (caught.value.path, caught.value.line) == ("notes.txt", 2)


# The modules of `nndl.compat` that answer tasks of this course in another course's words, each with the last
# milestone of which it does.
ANSWERS = {
    "assignment1/linear_classifier.py": "fc_net",
    "assignment1/linear_svm.py": "linear_classifier",
    "assignment1/neural_net.py": "fc_net",
    "assignment1/softmax.py": "fc_net",
    "c147/cnn.py": "cnn",
    "c147/linear.py": "fc_net",
    "c147/softmax.py": "fc_net",
    "c147/svm.py": "fc_net",
}


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_what_existing_courses_answer_is_in_no_release_that_asks_for_it(milestone):
    files = Release.current(milestone).files
    order = Sources().milestone_names
    for name, last in ANSWERS.items():
        assert (f"nndl/compat/{name}" in files) == (order.index(last) < order.index(milestone.name)), name


ANOTHER_COURSES_SOFTMAX = """
import nndl.compat
nndl.compat.install("cs231n")
try:
    from cs231n.classifiers import Softmax
    print(Softmax.__name__)
except ModuleNotFoundError as error:
    print(error)
from cs231n.classifiers import KNearestNeighbor
from cs231n.classifiers.fc_net import *
from cs231n.solver import Solver
"""


@pytest.mark.parametrize(
    ("milestone", "said"),
    [
        ("two_layer_net", "cs231n.classifiers.linear_classifier is not in this release of nndl"),
        ("batchnorm", "Softmax"),
    ],
)
def test_another_courses_names_in_a_release(tmp_path, milestone, said):
    Release.current(Sources().milestone(milestone)).write(tmp_path / "student")
    assert run_python(tmp_path / "student", ANOTHER_COURSES_SOFTMAX).startswith(said)


def test_a_notebook_that_nbgrader_refuses_is_named(course):
    notebook = source_cells(course)
    notebook["cells"][2]["source"] = "### BEGIN SOLUTION\nx = 1"
    rewrite(course, notebook)
    with pytest.raises(ReleaseError, match=r"two_layer_net/two_layer_net\.ipynb: .*no end solution"):
        checked(course)


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
    assert files["README.md"] == b"Mine.\n"
    assert files["kitten.bin"] == bytes(range(256))
    assert "two_layer_net.py" not in files


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


def test_the_real_release_shows_no_line_of_its_solutions(tmp_path):
    """The same claim as the release step's own check, made without any of its code."""
    TWO_LAYER_NET.write(tmp_path)
    source = (Sources().library / "nndl" / "neural_net.py").read_text().split("\n")
    secret, inside = [], False
    for line in source:
        if "BEGIN SOLUTION two_layer_net" in line:
            inside = True
        elif "END SOLUTION" in line:
            inside = False
        elif inside and len(line.strip()) > 30:
            secret.append(line.strip())
    assert len(secret) > 10
    released = (tmp_path / "nndl" / "neural_net.py").read_text()
    everything = "\n".join(p.read_text(errors="replace") for p in tmp_path.rglob("*") if p.is_file())
    assert [line for line in secret if line in released] == []
    assert [line for line in secret if everything.count(line) > 2] == []


def run_python(folder: Path, code: str, **environment: str) -> str:
    """Run code in a fresh interpreter that sees the site packages but not this repository."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "MPLCONFIGDIR": str(folder / ".mpl")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


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


def test_secrets_in_base64_images_are_out_of_reach_and_say_so():
    """A picture of a solution cannot be found; the check is about text."""
    data = base64.b64encode(HIDDEN.encode())
    leaks.check({"a.txt": data}, [leaks.Secret(leaks.squeeze(HIDDEN), "x:1")])


def test_stripping_names_the_notebook():
    with pytest.raises(ReleaseError, match=r"^m/broken\.ipynb: "):
        release_notebook.strip_notebook("{", "m/broken.ipynb")


def test_a_missing_library_is_named(tmp_path):
    with pytest.raises(ReleaseError, match="expected a folder nndl"):
        assert Release(TWO_LAYER_NET.milestone, Sources(library=tmp_path)).checked


@pytest.mark.parametrize(("milestone", "listed"), [("pytorch", True), ("two_layer_net", False)])
def test_pytorch_is_required_where_a_milestone_needs_it(milestone, listed):
    requirements = Release(Sources().milestone(milestone)).files["requirements.txt"].decode().splitlines()
    assert any(line.split("=")[0].strip("<> ") == "torch" for line in requirements) == listed

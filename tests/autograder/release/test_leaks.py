"""The last look at a release: a line of a solution is found wherever it is left."""

from __future__ import annotations

import base64

import pytest

from autograder.release import fences, leaks
from autograder.release.fences import ReleaseError
from autograder.sources import Sources

from .course_files import TWO_LAYER_NET, checked, rewrite, source_cells

TRAINED = "steps = [step * 10 for step in range(1, 40)]"
HIDDEN = 'hidden = np.maximum(0, X @ self.params["W1"].T)'
TEST_LINE = "assert np.allclose(net.scores(np.ones((5, 2))), 0.125)"


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
        intro["source"] += " ![a](attachment:a)"  # one that no text shows is not released
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


def test_secrets_in_base64_images_are_out_of_reach_and_say_so():
    """A picture of a solution cannot be found; the check is about text."""
    data = base64.b64encode(HIDDEN.encode())
    leaks.check({"a.txt": data}, [leaks.Secret(leaks.squeeze(HIDDEN), "x:1")])

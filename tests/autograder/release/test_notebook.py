"""The release of a notebook."""

from __future__ import annotations

import json

import pytest

from autograder.release import notebook as release_notebook
from autograder.release.fences import ReleaseError

from .course_files import checked, rewrite, source_cells


def test_the_notebook_is_the_one_that_nbgrader_would_release(course):
    released = json.loads(course.release.checked["two_layer_net.ipynb"])
    cells = {cell["id"]: cell for cell in released["cells"]}
    assert "YOUR CODE HERE" in "".join(cells["search"]["source"])
    assert "".join(cells["why"]["source"]) == "YOUR ANSWER HERE"
    assert cells["test-scores"]["metadata"]["editable"] is False
    assert cells["test-scores"]["metadata"]["nbgrader"]["checksum"]
    assert cells["training"]["metadata"]["tags"] == ["skip-at-grading"]


def test_a_notebook_that_nbgrader_refuses_is_named(course):
    notebook = source_cells(course)
    notebook["cells"][2]["source"] = "### BEGIN SOLUTION\nx = 1"
    rewrite(course, notebook)
    with pytest.raises(ReleaseError, match=r"two_layer_net/two_layer_net\.ipynb: .*no end solution"):
        checked(course)


def test_stripping_names_the_notebook():
    with pytest.raises(ReleaseError, match=r"^m/broken\.ipynb: "):
        release_notebook.strip_notebook("{", "m/broken.ipynb")

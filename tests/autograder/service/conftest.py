"""A gradebook to copy: nbgrader takes seconds to make one."""

from __future__ import annotations

import shutil

import pytest
from nbgrader.api import Gradebook

from autograder import nbgrader_plugin


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory):
    nbgrader_plugin.install()
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def gradebook_url(empty_gradebook, tmp_path):
    shutil.copy(empty_gradebook, tmp_path / "gradebook.db")
    return f"sqlite:///{tmp_path / 'gradebook.db'}"

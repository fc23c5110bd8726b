"""The small course for nbgrader, and released by it."""

from __future__ import annotations

import shutil

import pytest

from .small_course import Nbgrader


@pytest.fixture
def nbgrader(course, monkeypatch):
    return Nbgrader(course, monkeypatch)


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """Where the released course of the first test that wants one is kept for the others."""
    return tmp_path_factory.mktemp("generated") / "course"


@pytest.fixture
def released(nbgrader, generated):
    root = nbgrader.course.root
    if generated.exists():
        for name in ("release", "gradebook.db"):
            copy = shutil.copytree if (generated / name).is_dir() else shutil.copy
            copy(generated / name, root / name)
    else:
        result = nbgrader.generate()
        assert result["success"], result
        shutil.copytree(root, generated)
    return nbgrader

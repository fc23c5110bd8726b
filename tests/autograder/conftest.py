"""A course small enough to read at a glance: one notebook and a library of three modules."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import nndl
from autograder.milestone import Milestone
from autograder.release.build import Release
from autograder.sandbox.availability import sandbox_availability
from autograder.sources import Sources

from .borrowing import source

NEURAL_NET = '''"""A net."""

import numpy as np


class TwoLayerNet:
    """Two layers."""

    def __init__(self, d, h, c):
        self.params = {"W1": np.zeros((h, d)), "W2": np.zeros((c, h))}

    def scores(self, X):
        """Return the scores."""
        ### BEGIN SOLUTION two_layer_net
        # The hidden layer keeps only what is positive, row by row.
        hidden = np.maximum(0, X @ self.params["W1"].T)
        scores = hidden @ self.params["W2"].T
        ### END SOLUTION
        return scores

    def predict(self, X):
        """Return the classes."""
        ### BEGIN SOLUTION two_layer_net
        return np.argmax(self.scores(X), axis=1)
        ### END SOLUTION
'''

LAYERS = '''"""Layers of a later milestone."""


def affine_forward(x, w, b):
    """Return x w + b."""
    ### BEGIN SOLUTION fc_net
    out = x.reshape(x.shape[0], -1) @ w + b
    ### END SOLUTION
    return out, (x, w, b)
'''

LINEAR = '''"""An earlier milestone."""

import numpy as np


def softmax(x):
    """Return probabilities."""
    ### BEGIN SOLUTION linear_classifier
    shifted = x - x.max(axis=1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    ### END SOLUTION
'''

SETUP = "from setuptools import setup\n\nsetup()\n"
PYPROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "nndl"
version = "0"
requires-python = ">=3.11"
dependencies = ["numpy>=2.0"]

[tool.setuptools.packages.find]
include = ["nndl*"]
"""


def code(cell_id: str, source: str, **nbgrader: Any) -> dict[str, Any]:
    """Return a code cell."""
    return _cell("code", cell_id, source, nbgrader) | {"outputs": [], "execution_count": None}


def markdown(cell_id: str, source: str, **nbgrader: Any) -> dict[str, Any]:
    """Return a Markdown cell."""
    return _cell("markdown", cell_id, source, nbgrader)


def _cell(kind: str, cell_id: str, source: str, nbgrader: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if tags := nbgrader.pop("tags", None):
        metadata["tags"] = tags
    if nbgrader:
        defaults = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        metadata["nbgrader"] = defaults | nbgrader
    return {"cell_type": kind, "id": cell_id, "metadata": metadata, "source": source}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook."""
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def source_notebook() -> dict[str, Any]:
    """Return the notebook of the small course, with solutions and hidden tests."""
    return notebook(
        markdown("intro", "# Two-layer net\n\nRead `nndl/neural_net.py` first."),
        code("setup", "import numpy as np\nfrom nndl.neural_net import TwoLayerNet"),
        code(
            "search",
            "steps = [1e-4]\n### BEGIN SOLUTION\nsteps = [step * 10 for step in range(1, 40)]\n### END SOLUTION",
            solution=True,
            grade_id="search",
        ),
        code("training", "print('a long training run', steps)", tags=["skip-at-grading"]),
        code(
            "test-scores",
            "net = TwoLayerNet(2, 3, 2)\nassert net.scores(np.ones((1, 2))).shape == (1, 2)\n"
            "### BEGIN HIDDEN TESTS\nassert np.allclose(net.scores(np.ones((5, 2))), 0.125)\n### END HIDDEN TESTS",
            grade=True,
            locked=True,
            points=4,
            grade_id="scores",
        ),
        code(
            "test-predict",
            "net.predict(np.ones((1, 2)))",
            grade=True,
            locked=True,
            points=2,
            grade_id="predict",
        ),
        markdown(
            "why",
            "The step was far too small, so that training had hardly begun.",
            grade=True,
            solution=True,
            points=3,
            grade_id="why",
        ),
    )


@dataclass(frozen=True)
class Course:
    """Folders of the small course."""

    root: Path

    @property
    def sources(self) -> Sources:
        return Sources(
            self.root / "source_lib",
            self.root / "assignments",
            self.root / "constraints.txt",
            kept_releases=self.root / "kept_releases",
        )

    @property
    def milestone(self) -> Milestone:
        return self.sources.milestone("two_layer_net")

    @property
    def release(self) -> Release:
        """The release of the sources as they are when it is first asked for something."""
        return Release(self.milestone, self.sources)

    @property
    def assignment(self) -> Path:
        return self.root / "assignments" / "two_layer_net"

    @property
    def library(self) -> Path:
        return self.root / "source_lib" / "nndl"

    @property
    def notebook(self) -> Path:
        return self.assignment / "two_layer_net.ipynb"

    def submit(self, student: str) -> Path:
        """Make an untouched submission and return its folder."""
        folder = self.root / "submitted" / student / "two_layer_net"
        self.release.write(folder)
        return folder


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A fresh copy of the small course."""
    made = Course(tmp_path / "course")
    files = {
        "source_lib/pyproject.toml": PYPROJECT,
        "source_lib/setup.py": SETUP,
        "source_lib/nndl/__init__.py": "",
        "source_lib/nndl/neural_net.py": NEURAL_NET,
        "source_lib/nndl/layers.py": LAYERS,
        "source_lib/nndl/linear.py": LINEAR,
        "source_lib/nndl/fast/kernels.pyx": "# cython kernels\n",
        "source_lib/nndl/fast/kernels.c": "/* generated */\n",
        "source_lib/nndl/__pycache__/neural_net.cpython-311.pyc": "cache",
        "source_lib/nndl/fast/kernels.cpython-311-x86_64-linux-gnu.so": "library",
        "assignments/two_layer_net/two_layer_net.ipynb": json.dumps(source_notebook()),
        "assignments/two_layer_net/two_layer_net.py": "# %%\nsteps = [step * 10 for step in range(1, 40)]\n",
        "constraints.txt": "numpy==2.4.6\njupyterlab==4.5.0\n",
    }
    for name, text in files.items():
        path = made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return made


@pytest.fixture
def submission(tmp_path: Path) -> Callable[..., Path]:
    """Write a submission: the reference with mistakes in any number of its files."""
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)

    def write(*mistakes: tuple) -> Path:
        root = tmp_path / "submission"
        base = root / "nndl"
        shutil.copytree(
            Path(nndl.__file__).parent,
            base,
            ignore=shutil.ignore_patterns("__pycache__", ".*", "*.so", "data"),
        )
        shutil.copytree(Path(nndl.__file__).parent / "data", base / "data", ignore=lambda *_: {"__pycache__"})
        for file, *edits in mistakes:
            (base / file).write_text(source(file, *edits, base=base))
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return root

    return write

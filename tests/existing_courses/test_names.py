"""Under the import lines of every notebook, every name is found and every keyword accepted."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from nndl import compat

from .notebooks import NOT_CALLED, STYLES, Notebook, load_notebooks

NOTEBOOKS = list(load_notebooks())
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "spec" / "course_names.json"


class Model:
    """The smallest network that a Solver trains."""

    def __init__(self):
        self.params = {"W": np.zeros((4, 3))}

    def loss(self, X, y=None):
        scores = X @ self.params["W"]
        return scores if y is None else (1.0, {"W": np.ones((4, 3))})


def names_of_the_cell():
    X, y = np.ones((4, 4)), np.array([0, 1, 2, 0])
    return {"MODEL": Model(), "DATA": {"X_train": X, "y_train": y, "X_val": X, "y_val": y}}


def run_cell(notebook: Notebook) -> dict:
    namespace = names_of_the_cell()
    exec(notebook.cell, namespace)
    for function in NOT_CALLED & notebook.keywords.keys():
        signature = inspect.signature(namespace[function])
        signature.bind_partial(**dict.fromkeys(notebook.keywords[function]))
    return namespace


@pytest.fixture(autouse=True)
def clean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # checkpoints go here
    yield
    compat.uninstall()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_the_imports_bring_every_name_and_take_every_keyword(notebook):
    if notebook.needs_torch:
        pytest.importorskip("torch")
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stderr(said):
        warnings.simplefilter("ignore", UserWarning)  # another module called `utils` may be hidden meanwhile
        exec(notebook.install, {})
    namespace = run_cell(notebook)
    assert set(notebook.names) <= namespace.keys()


def test_the_file_has_every_notebook_that_the_readme_speaks_of():
    years: dict = {}
    for notebook in NOTEBOOKS:
        years.setdefault(notebook.course, set()).add(notebook.year)
    assert years["CS231n"] == set(range(2016, 2027))
    assert years["C147"] == {2018, 2020, 2021, 2023, 2024, 2025}
    assert len(NOTEBOOKS) == len(set(map(str, NOTEBOOKS))) == 173


@pytest.mark.skipif(not SHARED.is_file(), reason=f"{SHARED} is not there")
def test_the_file_has_all_that_the_specification_lists():
    ours = {(n.course, n.year, n.name): n for n in NOTEBOOKS}
    listed = json.loads(SHARED.read_text())
    for key, row in listed.get("notebooks", listed).items():
        course, _, name = key.partition(": ")
        course, _, year = course.partition(" ")
        notebook = ours[course, int(year or 2023), name]
        assert row["imports"].items() <= notebook.imports.items(), key
        assert set(row["through_star_imports"]) <= set(notebook.through_star_imports), key
        assert row["keywords"].items() <= notebook.keywords.items(), key


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_in_a_fresh_process(notebook, tmp_path):
    if notebook.needs_torch:
        pytest.importorskip("torch")
    setup = inspect.getsource(Model) + inspect.getsource(names_of_the_cell)
    setup = f"import numpy as np\n{setup}\nglobals().update(names_of_the_cell())\ndel np\n"
    code = f"{notebook.install}\n{setup}{notebook.cell}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_course_is_in_the_file():
    assert {STYLES[notebook.course] for notebook in NOTEBOOKS} == set(compat.COURSES)

"""What the tests of the notebooks share: finding cells, running in a fresh kernel, an unwritten package."""

from __future__ import annotations

import copy
import html
import os
import re
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

import nndl

Edits = tuple[tuple[str, str], ...]
"""Pairs of a text and what takes its place."""

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
NAMES = tuple(sorted(path.stem for path in ASSIGNMENTS.glob("*/*.ipynb") if path.stem == path.parent.name))
SCREEN = 24
"""Lines: a message must fit a screen."""
SOME_TEXT = 40
"""Characters of an alternative text that says something."""

_FENCE = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION\n", re.DOTALL | re.MULTILINE)
_ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def load(milestone: str) -> NotebookNode:
    """Read the source notebook of a milestone."""
    return nbformat.read(ASSIGNMENTS / milestone / f"{milestone}.ipynb", as_version=4)


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with this id."""
    return next(c for c in notebook.cells if c.id == name)


def replace(notebook: NotebookNode, name: str, *edits: tuple[str, str], missing_ok: bool = False) -> None:
    """Replace texts in a cell; each must be there, unless it may be a part that students write."""
    found = cell(notebook, name)
    for old, new in edits:
        assert missing_ok or old in found.source, f"{old!r} is not in cell {name}"
        found.source = found.source.replace(old, new)


def text_of(outputs: Iterable[Any]) -> str:
    """Return what outputs say as text."""
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


def released(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook as students get it."""
    result, _ = ClearSolutions().preprocess(copy.deepcopy(notebook), {})
    return result


def run(
    notebook: NotebookNode, folder: Path, *, allow_errors: bool = False, timeout: int = 600, **env: str
) -> NotebookNode:
    """Execute in a fresh kernel whose working directory is ``folder``, on one core."""
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **_ONE_CORE, "IPYTHONDIR": str(folder / "ipython"), **env})
    return notebook


def copied_package(folder: Path) -> Path:
    """Copy the package with its solutions into a folder; return the copy."""
    package = folder / "nndl"
    shutil.copytree(Path(nndl.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


def unwritten_package(folder: Path, milestone: str | None = None) -> Path:
    """Copy the package with a stub in place of every solution (of one milestone) into a folder; return the copy."""
    package = copied_package(folder)
    fence = re.compile(_FENCE.pattern.replace("SOLUTION.*?", f"SOLUTION {milestone}\n.*?", 1), _FENCE.flags)
    for path in package.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        stubs = (fence if milestone else _FENCE).sub(r'\1raise NotImplementedError("not yet")\n', source)
        path.write_text(stubs, encoding="utf-8")
    return package


def assert_every_check_passes(
    notebook: NotebookNode, names: Iterable[str], in_part: Collection[str] = ()
) -> None:
    """Require that each of these check cells says that it passes; some of them perhaps in part."""
    for name in names:
        said = text_of(cell(notebook, name).outputs)
        partly = name in in_part and said.startswith(f"◐ {name} passes in part")
        assert partly or said.startswith(f"✓ {name} passes"), said


def assert_failures_name_the_task(notebook: NotebookNode, where: dict[str, str]) -> None:
    """Require that each check's cell ended in a short message with its own name and the function to write."""
    for name, function in where.items():
        output = cell(notebook, name).outputs[-1]
        assert (output.output_type, output.get("ename")) == ("error", "CheckFailed"), name
        assert len(output.traceback) <= SCREEN, name
        assert name in output.traceback[0]
        assert function in output.traceback[0]


def assert_pictures_have_texts(notebook: NotebookNode) -> None:
    """Require an alternative text with every picture that a run has drawn, and an output that says it, too."""
    for c in notebook.cells:
        outputs = c.get("outputs", [])
        said = "".join(o.get("data", {}).get("text/html", "") + str(o.get("data", {})) for o in outputs)
        for output in outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt) > SOME_TEXT, c.id
                assert "explorer" in c.id or html.escape(alt) in said, c.id

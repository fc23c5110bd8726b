"""What cases are made of: right, untouched and answered hand-ins, taken from the project itself."""

from __future__ import annotations

import copy
import functools
import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nndl

from .project import release

Notebook = dict[str, Any]
Cell = dict[str, Any]
Files = dict[str, str | bytes]

PACKAGE = Path(nndl.__file__).parent
ANSWER = "My own answer {}: the expectation stays the same."

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel."""


@functools.cache
def sources(milestone: str) -> dict[str, str]:
    """Return the files of the library with a fence of a milestone: name in a hand-in → text with fences."""
    texts = {
        f"nndl/{p.relative_to(PACKAGE).as_posix()}": p.read_text() for p in sorted(PACKAGE.rglob("*.py"))
    }
    return {
        name: text for name, text in texts.items() if re.search(rf"### BEGIN SOLUTION {milestone}\b", text)
    }


def fill(source: str, codes: Mapping[int, str]) -> str:
    """Put other code into fences of a file, numbered from 0, and take all marks away.

    Raises
    ------
    ValueError
        If there is no fence of such a number.
    """
    lines: list[str] = []
    number, skipping = -1, False
    for line in source.split("\n"):
        mark = line.strip()
        if mark.startswith("### BEGIN SOLUTION"):
            number += 1
            if number in codes:
                indent = line[: len(line) - len(line.lstrip())]
                lines += textwrap.indent(textwrap.dedent(codes[number]).strip("\n"), indent).split("\n")
                skipping = True
        elif mark.startswith("### END SOLUTION"):
            skipping = False
        elif not skipping:
            lines.append(line)
    if max(codes, default=-1) > number:
        raise ValueError(f"the file has {number + 1} fences, and no number {max(codes)}")
    return "\n".join(lines)


def right(milestone: str) -> Files:
    """Return the code that a student hands in, all of it right."""
    return {name: fill(text, {}) for name, text in sources(milestone).items()}


def untouched(milestone: str) -> Files:
    """Return the code that a student hands in, as it was released."""
    return {name: release(milestone)[name].decode() for name in sources(milestone)}


def notebook(milestone: str) -> Notebook:
    """Return the released notebook."""
    found: Notebook = json.loads(release(milestone)[f"{milestone}.ipynb"])
    return found


def settings(cell: Cell) -> dict[str, Any]:
    """Return nbgrader's settings of a cell."""
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def cell_named(nb: Notebook, grade_id: str) -> Cell:
    """Return the cell with a grade id."""
    return next(cell for cell in nb["cells"] if settings(cell).get("grade_id") == grade_id)


def answered(nb: Notebook, answer: str = ANSWER) -> Notebook:
    """Return the notebook with every question answered; the answers are numbered from 1."""
    nb, number = copy.deepcopy(nb), 0
    for cell in nb["cells"]:
        if settings(cell).get("grade") and settings(cell).get("solution"):
            number += 1
            cell["source"] = answer.format(number)
    return nb


def markdown_cell(source: str) -> Cell:
    """Return a cell that a student added."""
    return {"cell_type": "markdown", "id": "added01", "metadata": {}, "source": source}


def code_cell(cell_id: str, source: str) -> Cell:
    """Return a code cell that a student added."""
    empty: Cell = {"outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": cell_id, "metadata": {}, "source": source, **empty}


def dump(nb: Notebook) -> bytes:
    """Return a notebook as a file."""
    return json.dumps(nb, indent=1).encode()


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, and the folders they need, under a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())

"""Ways to store a notebook.  Each must be read in full."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import nbformat

from ..cases.material import Notebook

Stored = Callable[[Notebook], bytes]


def _text(nb: Notebook, **settings: Any) -> str:
    return json.dumps(nb, ensure_ascii=False, indent=1, **settings)


def _as(encoding: str, mark: bytes = b"") -> Stored:
    return lambda nb: mark + _text(nb).encode(encoding, "ignore")


def _line_ends(end: str) -> Stored:
    """Everywhere: between the lines of the file and inside of its texts."""

    def stored(nb: Notebook) -> bytes:
        nb = copy.deepcopy(nb)
        for cell in nb["cells"]:
            cell["source"] = "".join(cell["source"]).replace("\n", end)
        return _text(nb).replace("\n", end).encode()

    return stored


def _lines(nb: Notebook) -> bytes:
    nb = copy.deepcopy(nb)
    for cell in nb["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    return _text(nb).encode()


def _mixed(nb: Notebook) -> bytes:
    """Some of it in UTF-8, and one paste in Latin-1."""
    return _text(nb).encode().replace("é".encode(), b"\xe9")


def _format_4(minor: int) -> Stored:
    def stored(nb: Notebook) -> bytes:
        nb = copy.deepcopy(nb) | {"nbformat_minor": minor}
        for cell in nb["cells"] if minor < 5 else ():
            cell.pop("id", None)
        return _text(nb).encode()

    return stored


def _format_3(nb: Notebook) -> bytes:
    old = nbformat.convert(nbformat.reads(json.dumps(nb), as_version=4), 3)
    return str(nbformat.v3.writes_json(old)).encode()


def _large_outputs(nb: Notebook) -> bytes:
    nb = copy.deepcopy(nb)
    code = [cell for cell in nb["cells"] if cell["cell_type"] == "code"]
    for cell in code[:3]:
        data = {"image/png": "A" * 9_000_000, "text/plain": ['] "outputs": [ {', "\\"]}
        cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    return _text(nb).encode()


ENCODINGS: dict[str, Stored] = {
    "utf-8-sig": _as("utf-8-sig"),
    "utf-16": _as("utf-16"),
    "utf-16-be": _as("utf-16-be", b"\xfe\xff"),
    "utf-16 without a mark": _as("utf-16-le"),
    "utf-32": _as("utf-32"),
    "cp1252": _as("cp1252"),
    "latin-1": _as("latin-1"),
    "mixed": _mixed,
    "ascii": lambda nb: json.dumps(nb).encode(),
    "crlf": _line_ends("\r\n"),
    "cr": _line_ends("\r"),
    "lists of lines": _lines,
    **{f"format 4.{minor}": _format_4(minor) for minor in range(6)},
    "format 3": _format_3,
    "large outputs": _large_outputs,
}

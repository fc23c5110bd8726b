"""Where a file defines a function or class: not at all, under another name, indented too far, or twice."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def why_missing(file: Path, name: str, owner: str = "") -> str:
    """Return what has become of a function or class that the file should have; nothing if there is no trace of it.

    Parameters
    ----------
    file : Path
    name : str
    owner : str, optional
        The class whose method it should be.
    """
    found = list(_definitions(file))
    prefix = f"{owner}." if owner else ""
    elsewhere = [
        (place, line) for place, line in found if place.rpartition(".")[2] == name and place != prefix + name
    ]
    if elsewhere:
        place, line = elsewhere[0]
        around = place.rpartition(".")[0]
        return f"it stands in line {line}, " + (
            f"indented into `{around}`: take the indentation away" if around else "outside of every class"
        )
    beside = [place.removeprefix(prefix) for place, _ in found if place.startswith(prefix)]
    near = difflib.get_close_matches(name, [one for one in beside if "." not in one], 1, 0.8)
    return f"is it `{near[0]}` now?" if near else ""


def lines_of(file: Path, name: str) -> list[int]:
    """Return the lines in which a file defines ``name`` or ``Class.name``; the last one is what counts."""
    return [line for place, line in _definitions(file) if place == name]


def _definitions(file: Path) -> Iterator[tuple[str, int]]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    yield from _inside(tree.body, "")


def _inside(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, _Definition):
            yield prefix + node.name, node.lineno
            yield from _inside(node.body, f"{prefix}{node.name}.")
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from _inside(getattr(node, block, []), prefix)

"""Where a file defines a function or class: not at all, under another name, indented too far, or twice."""

from __future__ import annotations

import ast
import difflib
import re
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
    for place, line, function in found:
        around, _, own = place.rpartition(".")
        if own == name and function:
            return f"it stands in line {line}, indented into `{around}`: take the indentation away"
        if place == name and owner:
            return f"it stands in line {line}, outside of every class"
    beside = [place.removeprefix(prefix) for place, *_ in found if place.startswith(prefix)]
    near = difflib.get_close_matches(name, [one for one in beside if "." not in one], 3, 0.8)
    new = [one for one in near if _is_mentioned_once(file, one)]  # what others use had its name before
    return f"is it `{new[0]}` now?" if new else ""


def _is_mentioned_once(file: Path, name: str) -> bool:
    """Return whether a name stands nowhere in the package but where the file defines it."""
    root = file.parent
    while (root.parent / "__init__.py").is_file():
        root = root.parent
    word = re.compile(rf"\b{re.escape(name)}\b")
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in root.rglob("*.py"))
    return sum(len(word.findall(text)) for text in texts) == 1


def lines_of(file: Path, name: str) -> list[int]:
    """Return the lines in which a file defines ``name`` or ``Class.name``; the last one is what counts."""
    return [line for place, line, _ in _definitions(file) if place == name]


def _definitions(file: Path) -> Iterator[tuple[str, int, bool]]:
    """Give the place of each function and class, its line, and whether it stands inside of a function."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    yield from _inside(tree.body, "", False)


def _inside(body: list[ast.stmt], prefix: str, function: bool) -> Iterator[tuple[str, int, bool]]:
    for node in body:
        if isinstance(node, _Definition):
            yield prefix + node.name, node.lineno, function
            yield from _inside(node.body, f"{prefix}{node.name}.", not isinstance(node, ast.ClassDef))
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from _inside(getattr(node, block, []), prefix, function)

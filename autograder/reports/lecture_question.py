"""A known mistake as a question for a lecture: two versions of a function, of which one is right."""

from __future__ import annotations

import ast
import hashlib
import textwrap
from dataclasses import dataclass
from pathlib import Path

from ..judging.edited_reference import NamedBug
from ..library.local import reference_folder
from ..milestone import Milestone
from . import report as reporting
from .html import render

_AROUND = 4
"""Lines shown around a change outside of any function."""


@dataclass(frozen=True)
class Versions:
    """One place of the code, right and wrong."""

    name: str
    right: str
    wrong: str


def versions(bug: NamedBug) -> list[Versions]:
    """Return the functions that a mistake changes, without their docstrings."""
    found = []
    root = reference_folder(bug.edited.package)
    for file, wrong in bug.edited.sources().items():
        right = (root / file).read_text(encoding="utf-8")
        ours, theirs = _functions(right), _functions(wrong)
        changed = [name for name in ours if name in theirs and ours[name] != theirs[name]]
        found += [Versions(name, ours[name], theirs[name]) for name in changed]
        if not changed:
            found.append(Versions(file, *_around(right, wrong)))
    return found


def _functions(source: str) -> dict[str, str]:
    """Return the text of each function and method, by its name; classes are not shown whole."""
    lines, found = source.split("\n"), {}

    def visit(node: ast.AST, above: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                visit(child, f"{above}{child.name}.")
            elif isinstance(child, ast.FunctionDef):
                found[above + child.name] = _text(child, lines)

    visit(ast.parse(source), "")
    return found


def _text(node: ast.FunctionDef, lines: list[str]) -> str:
    """Return a function without docstring, fences and comments."""
    body = node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body
    head = lines[node.lineno - 1 : node.body[0].lineno - 1] or [lines[node.lineno - 1]]
    rest = lines[
        (node.body[0].end_lineno or 0) if body is not node.body else node.body[0].lineno - 1 : node.end_lineno
    ]
    # a comment that fits the right version only would give the answer away
    kept = [text for text in (*head, *rest) if not text.strip().startswith("#")]
    return textwrap.dedent("\n".join(kept)).strip("\n")


def _around(right: str, wrong: str) -> tuple[str, str]:
    """Return the lines around the first difference of two texts."""
    ours, theirs = right.split("\n"), wrong.split("\n")
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), 0)
    part = slice(max(0, at - _AROUND), at + _AROUND + 1)
    return textwrap.dedent("\n".join(ours[part])), textwrap.dedent("\n".join(theirs[part]))


def right_is_first(bug: NamedBug, milestone: Milestone) -> bool:
    """Return whether version A is the right one: by chance, and the same every time."""
    return hashlib.sha256(f"{milestone.name}/{bug.name}".encode()).digest()[0] % 2 == 0


def write(path: Path, bug: NamedBug, milestone: Milestone) -> None:
    """Write the question as a page, with the answer folded away."""
    first = right_is_first(bug, milestone)
    shown = [(v.name, *((v.right, v.wrong) if first else (v.wrong, v.right))) for v in versions(bug)]
    page = render("question.html", milestone=milestone, bug=bug, versions=shown, right="A" if first else "B")
    reporting.write_text(path, page)

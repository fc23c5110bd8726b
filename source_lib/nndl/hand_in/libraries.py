"""What a file uses that is not there when it is graded: other libraries, and newer Python."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .newer_syntax import too_new


def problems(
    name: str, source: str, assignment: Mapping[str, Any], own: Collection[str] = ()
) -> Iterator[str]:
    """Yield, in a sentence each, what would go wrong with a file when it is graded.

    Parameters
    ----------
    name : str
        The file, for the sentences.
    source : str
        Its text.
    assignment : mapping
        The content of ``assignment.json``.
    own : collection of str
        Modules of the student's own that are handed in, too.
    """
    if why := not_python(source, assignment):
        yield f"{name}, {why}"
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    released: Mapping[str, Any] = next((entry for entry in assignment["files"] if entry["name"] == name), {})
    here = {*assignment["libraries"], assignment["package"], *released.get("imports", ())}
    here |= {file.partition("/")[0].removesuffix(".py") for file in own}
    for line, library in imported(tree):
        if library in here or library in sys.stdlib_module_names:
            continue
        if library in assignment["quiet_imports"]:
            yield (
                f"{name}, line {line} imports {library}, which is not there when your code is graded. The line does no "
                "harm, but code that uses it fails"
            )
        else:
            yield f"{name}, line {line} imports {library}, which is not there when your code is graded: remove it"


def not_python(source: str, assignment: Mapping[str, Any]) -> str:
    """Return in which line, and why, the grader's Python cannot read a file; empty if it can."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error) or type(error).__name__
        return f"line {getattr(error, 'lineno', None) or 1}: this is not valid Python ({reason})"
    grader = tuple(map(int, assignment["python"].split(".")))
    if newer := too_new(source, (grader[0], grader[1])):
        return f"line {newer[0]}: {newer[1]}; the grader runs {assignment['python']}"
    return ""


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and library of each import from outside, once for each library."""
    seen = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        else:
            continue
        for name in names:
            library = name.partition(".")[0]
            if library not in seen:
                seen.add(library)
                yield node.lineno, library

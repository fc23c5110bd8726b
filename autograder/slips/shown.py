"""Whether a student's function holds what a slip is made in: a comparison, a condition, a loop.

Who left out a guard for a rare case gives the same numbers as a solution whose guard asks the wrong thing. That is no
slip in a guard, and is not told as one.
"""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Collection

LARGEST = 100_000
"""Characters of a student's file that is looked at; a tree takes some hundred times as many bytes."""

CONDITION = frozenset({"If", "IfExp", "While", "comprehension", "Compare", "BoolOp"})
"""What may stand for a condition: nodes of a syntax tree by their names."""
LOOP = frozenset({"For", "While", "comprehension"})
_MIRRORED = {"Gt": "Lt", "Lt": "Gt", "GtE": "LtE", "LtE": "GtE"}
"""What a comparison asks for whose sides are exchanged."""


def surroundings(tree: ast.AST) -> dict[int, frozenset[str]]:
    """Return, by the id of each node in a comparison or condition, what a student's code has if it has the like."""
    found: dict[int, frozenset[str]] = {}
    for node in ast.walk(tree):  # what is outside comes first
        tests = [node.test] if isinstance(node, (ast.If, ast.While, ast.IfExp)) else []
        if isinstance(node, ast.comprehension):
            tests = node.ifs
        found |= {id(part): CONDITION for test in tests for part in ast.walk(test)}
        if isinstance(node, ast.Compare):
            found |= dict.fromkeys(map(id, ast.walk(node)), comparisons(node))
    return found


def comparisons(node: ast.Compare) -> frozenset[str]:
    """Return what a comparison asks for, in the names of the syntax tree, whichever side comes first."""
    names = {type(op).__name__ for op in node.ops}
    return frozenset(names | {_MIRRORED.get(name, name) for name in names})


def holds(source: str, function: str, needs: Collection[str]) -> bool:
    """Return whether a function, or one of the same file that it calls, holds one of these nodes.

    Parameters
    ----------
    source : str
        The student's file. In one that is longer than `LARGEST`, or cannot be parsed, nothing is found.
    function : str
        ``"f"`` or ``"Class.method"``; the whole file is looked at where it is empty.
    needs : collection of str
        Names of nodes; there is nothing to ask where there are none.
    """
    return not needs or not _kinds(source, function).isdisjoint(needs)


@functools.lru_cache(maxsize=16)  # each of many slips asks the same of one student's file
def _kinds(source: str, function: str) -> frozenset[str]:
    """Return the names of the nodes in a function and in what it calls; each node is looked at once."""
    tree, named = _parsed(source)
    waiting: list[ast.AST] = list(named.get(function.rpartition(".")[2], ())) if function else [tree]
    found: set[str] = set()
    seen: set[int] = set()
    called: set[str] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        found.add(type(node).__name__)
        waiting += ast.iter_child_nodes(node)
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name not in called:
            called.add(name)
            waiting += named.get(name, ())
    return frozenset(found)


@functools.lru_cache(maxsize=1)
def _parsed(source: str) -> tuple[ast.AST, dict[str, list[ast.AST]]]:
    """Return the tree of a student's file, an empty one if there is none, and its functions by their names."""
    tree = ast.Module([], [])
    if len(source) <= LARGEST:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.parse(source)
    named: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            named.setdefault(node.name, []).append(node)
    return tree, named

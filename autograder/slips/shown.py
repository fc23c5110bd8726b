"""Whether a student's function holds what a slip is made in: a comparison, a condition, a loop.

Who left out a guard for a rare case gives the same numbers as a solution whose guard asks the wrong thing. That is no
slip in a guard, and is not told as one.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

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
        The student's file.
    function : str
        ``"f"`` or ``"Class.method"``; the whole file is looked at where it is empty.
    needs : collection of str
        Names of nodes; there is nothing to ask where there are none.
    """
    if not needs:
        return True
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    named: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            named.setdefault(node.name, []).append(node)
    waiting: list[ast.AST] = [*named.get(function.rpartition(".")[2], ())] if function else [tree]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for part in ast.walk(one):
            if type(part).__name__ in needs:
                return True
            if isinstance(part, (ast.Name, ast.Attribute)):
                waiting += named.get(part.id if isinstance(part, ast.Name) else part.attr, ())
    return False

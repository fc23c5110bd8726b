"""Read the functions that a check is about, and say what can be seen in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from . import arrays, loops, names, results
from .fact import Fact, Function

PARENT = Path(__file__).resolve().parents[4]
"""The folder that the package lies in."""
_MOST = 2
_RULES = (results.not_added, *loops.RULES, *results.RULES, *names.RULES)
"""The rules, those that tell most first."""


def seen_in_the_code(where: str, changed: bool = False, none: bool = False, root: Path = PARENT) -> list[str]:
    """Return what can be seen in the functions that a check names, a sentence each.

    Parameters
    ----------
    where : str
        What the check says of where its work is done: ```loss` of `TwoLayerNet` in nndl/fc_net.py``.
    changed : bool, default False
        Whether an array is not the same after a call, so that changes in place are looked for.
    none : bool, default False
        Whether something is None, so that ways without a return are looked for.
    root : Path
        The folder that the files' names begin in.
    """
    found = [
        (function, fact)
        for _, function in functions_of(where, root)
        for fact in facts(function, changed, none)
    ]
    found.sort(key=lambda pair: pair[1].rank)
    found = list(
        {(function.name, fact.says): (function, fact) for function, fact in reversed(found)}.values()
    )[::-1]
    return [f"seen in `{function.name}`, line {fact.line}: {fact.says}" for function, fact in found[:_MOST]]


def lost_in_the_code(where: str, root: Path = PARENT) -> list[str]:
    """Return which lines of the functions that a check names do nothing: this is so, whatever else is known."""
    return [
        f"seen in `{function.name}`, line {fact.line}: {fact.says}"
        for _, function in functions_of(where, root)
        for rule in results.LOST
        for fact in rule(function)
    ][:_MOST]


def functions_of(where: str, root: Path = PARENT) -> Iterator[tuple[Path, Function]]:
    """Yield the functions that a check names, each with its file; those of a file that cannot be read are left out."""
    whole = re.search(r"\b(?:helpers|parts|functions)\b", where)
    names = set() if whole else set(re.findall(r"`([\w.]+)`", where))
    for file in dict.fromkeys(re.findall(r"\w+(?:/\w+)+\.py", where)):
        try:
            text = (root / file).read_text(encoding="utf-8")
            found = list(_functions(text, names))
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for function in found:
            yield root / file, function


def facts(function: Function, changed: bool = False, none: bool = False) -> list[Fact]:
    """Return what the rules see in a function; of two facts about one line the first."""
    found: dict[int, Fact] = {}
    rules = (*(arrays.RULES if changed else ()), *(results.WHERE_NONE_CAME if none else ()), *_RULES)
    for rank, rule in enumerate(rules):
        for fact in rule(function):
            found.setdefault(fact.line, Fact(fact.line, fact.says, rank))
    return list(found.values())


def _functions(text: str, wanted: set[str]) -> Iterator[Function]:
    """Yield the functions of a file that have one of these names or are in such a class; all, if none has."""
    every = list(functions(text))
    parts = {part for name in wanted for part in name.split(".")}
    classes = {function.owner.name for function in every if function.owner is not None} & parts
    named = [
        f
        for f in every
        if f.node.name in parts and (not classes or f.owner is None or f.owner.name in classes)
    ]
    yield from named or [f for f in every if f.owner is not None and f.owner.name in classes] or every


def functions(text: str) -> Iterator[Function]:
    """Yield the functions and methods of a file."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield Function(node, None, text)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield Function(method, node, text)

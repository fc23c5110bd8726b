"""The course's own finished code in the place of what a student was to write.

A release can hold finished functions that do what a task asks for, such as the fast layers beside the naive ones.
Checks name these files (`Check.forbidden`). Where what a check judges, or what it calls in the student's files,
contains the syntax tree of such a function, the report says so and a human looks at the check.
"""

from __future__ import annotations

import ast
import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..judging.check import Check
from ..sandbox.tree import Tree

LEAST_NODES = 40
"""A function with fewer nodes in its tree is too short to be known again."""
LARGEST_FILE = 500_000
"""Bytes; a longer file is not parsed."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Prints = tuple[str, ...]
Bound = dict[str, list[tuple[str, ast.AST]]]
"""Name → the files and statements that bind it."""


@dataclass(frozen=True)
class Finished:
    """A function of a given file: its name, and its statements in order and as a set."""

    name: str
    statements: Prints
    different: frozenset[str]


def copied(tree: Tree, written: Iterable[str], checks: Sequence[Check]) -> dict[str, str]:
    """Return the checks whose functions contain finished code of the release, each with a sentence that says so.

    Parameters
    ----------
    tree : Tree
        The submission's clean tree.
    written : iterable of str
        The student's own files, relative to it.
    checks : sequence of Check
    """
    try:
        return _copied(tree, written, checks)
    except RecursionError:  # expressions nested as nobody writes them
        return {}


def _copied(tree: Tree, written: Iterable[str], checks: Sequence[Check]) -> dict[str, str]:
    files = sorted({file for check in checks for file in check.forbidden})
    given = {file: _finished(_source(tree, file)) for file in files if tree.read(file) is not None}
    if not given:
        return {}
    trees = {
        file: _parse(_source(tree, file)) for file in written if file.endswith(".py") and file not in given
    }
    written_there = {
        _header(statement)
        for parsed in trees.values()
        if parsed is not None
        for statement in _all_statements(parsed)
    }
    if not any(function.different <= written_there for functions in given.values() for function in functions):
        return {}
    bound: Bound = {}
    for file, parsed in trees.items():
        for name, node in _bound(parsed) if parsed is not None else ():
            bound.setdefault(name, []).append((file, node))
    # Several checks reach the same statements: each is looked at once.
    named, statements = functools.cache(_named), functools.cache(_statements)
    found: dict[str, str] = {}
    for check in checks:
        finished = [(file, function) for file in check.forbidden for function in given.get(file, ())]
        for where, node in _reached(check.tests, bound, named) if finished else ():
            mine, different = statements(node)
            match = next(
                (
                    (file, function.name)
                    for file, function in finished
                    if function.different <= different and _contains(mine, function.statements)
                ),
                None,
            )
            if match is not None:
                file, name = match
                found[check.name] = (
                    f"{where} holds the course's own code: {name} of {file}. A human will look at it."
                )
                break
    return found


def _source(tree: Tree, name: str) -> str:
    """Return the text of a file; an empty one if it is too long or cannot be read."""
    content = tree.read(name) or b""
    try:
        return "" if len(content) > LARGEST_FILE else content.decode("utf-8")
    except ValueError:  # its checks say what is wrong
        return ""


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (ValueError, SyntaxError, RecursionError, MemoryError):  # its checks say what is wrong
        return None


@functools.lru_cache(maxsize=256)  # the given files are the same for a whole class
def _finished(source: str) -> tuple[Finished, ...]:
    """Return every function of a given file that is long enough, with its normalized statements."""
    tree = _parse(source)
    return tuple(
        Finished(node.name, *_statements(node))
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, Function) and sum(1 for _ in ast.walk(node)) >= LEAST_NODES
    )


def _bound(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that a file's statements bind, each with its statement; methods under their own names, too."""
    for node in _all_statements(tree):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _assigned(target, node.value)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, ast.Name(alias.name, ast.Load())


def _all_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield every statement of a file, outer ones first."""
    waiting: deque[ast.AST] = deque(tree.body)
    while waiting:
        node = waiting.popleft()
        if isinstance(node, ast.stmt):
            yield node
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            waiting.extend(getattr(node, field, ()))


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List):
        several = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        for i, part in enumerate(target.elts):
            yield from _assigned(part, value.elts[i] if several else value)  # type: ignore[attr-defined]


def _reached(
    names: Iterable[str], bound: Bound, named: Callable[[ast.AST], Sequence[str]]
) -> Iterator[tuple[str, ast.AST]]:
    """Yield file and statement of all that these names stand for, and of all that is named in it."""
    waiting, seen = list(names), set(names)
    while waiting:
        name = waiting.pop()
        for file, node in bound.get(name, ()):
            yield file, node
            for inner in named(node):
                if inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)


def _named(node: ast.AST) -> tuple[str, ...]:
    """Return the names and attributes in a statement, each once."""
    parts = (
        part.id if isinstance(part, ast.Name) else getattr(part, "attr", None) for part in ast.walk(node)
    )
    return tuple(dict.fromkeys(part for part in parts if isinstance(part, str)))


def _statements(node: ast.AST) -> tuple[Prints, frozenset[str]]:
    """Return the statements inside, without the names that whoever copies them may change: in order, and as a set."""
    body = getattr(node, "body", [])  # that of a lambda or a choice is an expression
    prints = tuple(_walked(body)) if isinstance(body, list) else ()
    return prints, frozenset(prints)


def _walked(body: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a docstring
        inner = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
        yield _header(statement)
        for block in inner:
            yield from _walked(block)


def _header(statement: ast.stmt) -> str:
    """Return one statement's own syntax tree: names and annotations are left out, and so are the blocks inside."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        statement = ast.Assign([statement.target], statement.value)
    words = [type(statement).__name__]
    for field in statement._fields:
        if field not in _NOT_ITS_OWN:
            value = getattr(statement, field, None)
            words += map(_words, value) if isinstance(value, list) else [_words(value)]
    return " ".join(words)


_NOT_ITS_OWN = frozenset(
    {"body", "orelse", "finalbody", "annotation", "returns", "decorator_list", "name", "type_comment"}
)
_NOT_SAID = frozenset({"ctx", "annotation", "type_comment"})


def _words(value: object) -> str:
    if not isinstance(value, ast.AST):
        return repr(value)
    kind = type(value)
    if kind is ast.Name or kind is ast.arg:
        return "_"
    inner: list[str] = []
    for field in kind._fields:
        if field not in _NOT_SAID:
            content = getattr(value, field, None)
            inner += map(_words, content) if isinstance(content, list) else [_words(content)]
    return f"{kind.__name__}({' '.join(inner)})"


def _contains(prints: Prints, whole: Prints) -> bool:
    """Return whether all statements of ``whole`` stand in ``prints`` in their order; others may stand between."""
    remaining = iter(prints)
    return bool(whole) and all(any(mine == statement for mine in remaining) for statement in whole)

"""A small change of a function's syntax tree, made for the time of a trial and taken back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Put:
    """What is put into one place of a tree.

    Attributes
    ----------
    owner : ast.AST
        The node that has the place.
    field : str
        The name of its field.
    index : int or None
        Which entry of the field, if that is a list; None for the whole field.
    new : node, list or value
        What is put there.
    """

    owner: ast.AST
    field: str
    index: int | None
    new: Any

    def swap(self) -> Put:
        """Put it there, and return what puts back what was there."""
        if self.index is None:
            old = getattr(self.owner, self.field)
            setattr(self.owner, self.field, self.new)
        else:
            entries = getattr(self.owner, self.field)
            old, entries[self.index] = entries[self.index], self.new
        return Put(self.owner, self.field, self.index, old)


@dataclass(frozen=True)
class Edit:
    """A change that may take a mistake back.

    Attributes
    ----------
    line : int
        Where it is made.
    says : str
        How the code would be then: ``without `/ N```.
    puts : tuple of Put
    """

    line: int
    says: str
    puts: tuple[Put, ...]

    @contextmanager
    def made(self) -> Iterator[None]:
        """Make it inside the block."""
        back = [put.swap() for put in self.puts]
        try:
            yield
        finally:
            for put in reversed(back):
                put.swap()


@dataclass(frozen=True)
class Place:
    """Where an expression stands in a tree."""

    node: ast.expr
    owner: ast.AST
    field: str
    index: int | None
    line: int

    def edit(self, new: ast.expr, says: str) -> Edit:
        """Return the change that puts another expression there."""
        return Edit(self.line, says, (Put(self.owner, self.field, self.index, new),))


def places(tree: ast.AST) -> Iterator[Place]:
    """Yield all expressions below a node but annotations and docstrings, each with its place."""
    for owner in ast.walk(tree):
        for field, value in ast.iter_fields(owner):
            if field in ("annotation", "returns", "decorator_list", "ctx"):
                continue
            entries = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, entry in entries:
                if isinstance(entry, ast.expr) and not is_text(owner):
                    yield Place(entry, owner, field, index, getattr(entry, "lineno", 0))


def blocks(tree: ast.AST) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
    """Yield all lists of statements that stand below each other, each with its place."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield node, field, block


def advancing(function: ast.AST) -> set[int]:
    """Return the ids of the statements in ``while`` loops without which these might have no end."""
    found: set[int] = set()
    for loop in ast.walk(function):
        if isinstance(loop, ast.While):
            named = {n.id for n in ast.walk(loop.test) if isinstance(n, ast.Name)}
            inner = [n for statement in loop.body for n in ast.walk(statement) if isinstance(n, ast.stmt)]
            found |= {id(n) for n in inner if named & _changed(n) or any(map(_ends_a_loop, ast.walk(n)))}
    return found


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names that a statement, or one inside it, changes or calls methods of."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(getattr(node, "ctx", None), ast.Store) or isinstance(node, ast.Attribute):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found


def _ends_a_loop(node: ast.AST) -> bool:
    return isinstance(node, ast.Break)


def is_text(statement: ast.AST) -> bool:
    """Return whether a statement is a text alone, as a docstring is."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def first_line(statement: ast.stmt) -> str:
    """Return the first line of a statement, cut off where it is long."""
    text = ast.unparse(statement).partition("\n")[0]
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


def short(node: ast.AST) -> str:
    """Return the text of a node, cut off where it is long."""
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST, _LONGEST_LINE = 40, 60

"""Mutants by moving a statement: in front of the one before it, or out of a loop or a condition."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A statement that was moved.

    Attributes
    ----------
    first, last : ast.stmt
        Where the change begins and ends.
    change : str
        What was done, in words.
    text : str
        The whole file with the change.
    words : str
        What was done, without the solution's own text.
    """

    first: ast.stmt
    last: ast.stmt
    change: str
    text: str
    words: str


def moves(source: str, tree: ast.AST) -> Iterator[Move]:
    """Yield the moves in a file after which every name still has a value where it is used."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            known = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
            yield from _in_block(source, function.body, known)


def _in_block(source: str, body: list[ast.stmt], known: set[str]) -> Iterator[Move]:
    known = set(known)
    for this, after in itertools.zip_longest(body, body[1:]):
        if after is not None and _depends(this, after) and _loads(after) & _stores(this) <= known:
            change = f"{_line(after)} before {_line(this)}"
            words = "a line stands in front of one that it depends on, or changes what the next one uses"
            yield Move(this, after, change, _swapped(source, this, after), words)
        blocks = [getattr(this, name, []) for name in ("body", "orelse")]
        if isinstance(this, (ast.For, ast.While, ast.If, ast.With)):
            if len(this.body) > 1 and not getattr(this, "orelse", []):
                yield from _out_of(source, this, known)
            inside = known | _stores_of_target(this)
            for block in blocks:
                yield from _in_block(source, block, inside)
        known |= _stores(this)


def _out_of(source: str, block: ast.For | ast.While | ast.If | ast.With, known: set[str]) -> Iterator[Move]:
    """Yield the block without its last statement, which follows it, and without its first, which precedes it."""
    first, last = block.body[0], block.body[-1]
    where = "loop" if isinstance(block, (ast.For, ast.While)) else "condition"
    if isinstance(block, ast.With):
        where = "with"
    lines = source.split("\n")
    shift = last.col_offset - block.col_offset
    begin, end = last.lineno - 1, _end(last)
    if not _leaves(last):
        moved = [line[shift:] if line.strip() else line for line in lines[begin:end]]
        text = "\n".join(lines[:begin] + moved + lines[end:])
        words = f"a line stands after the {where} instead of in it" if where != "with" else ""
        yield Move(block, block, f"{_line(last)} after the {where}", text, words)
    begin, end = first.lineno - 1, _end(first)
    if (
        not _leaves(first)
        and _loads(first) <= known | _globals(first, known)
        and not _loads(first) & _stores_of_target(block)
    ):
        moved = [line[shift:] if line.strip() else line for line in lines[begin:end]]
        top = block.lineno - 1
        text = "\n".join(lines[:top] + moved + lines[top:begin] + lines[end:])
        words = f"a line stands before the {where} instead of in it" if where != "with" else ""
        yield Move(block, block, f"{_line(first)} before the {where}", text, words)


def _swapped(source: str, this: ast.stmt, after: ast.stmt) -> str:
    lines = source.split("\n")
    a, b = (this.lineno - 1, _end(this)), (after.lineno - 1, _end(after))
    return "\n".join(
        lines[: a[0]] + lines[b[0] : b[1]] + lines[a[1] : b[0]] + lines[a[0] : a[1]] + lines[b[1] :]
    )


def _depends(this: ast.stmt, after: ast.stmt) -> bool:
    """Whether the order of two statements may matter."""
    if _leaves(this) or _leaves(after) or this.lineno == after.lineno:
        return False
    (stored, loaded), (stored_after, loaded_after) = _places(this), _places(after)
    return _meet(stored, loaded_after | stored_after) or _meet(loaded, stored_after)


def _places(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Return what a statement stores and what it loads, as it is written: ``self.params['W1']``."""
    chains = (ast.Name, ast.Attribute, ast.Subscript)
    inner = {id(n.value) for n in ast.walk(statement) if isinstance(n, (ast.Attribute, ast.Subscript))}
    whole = [n for n in ast.walk(statement) if isinstance(n, chains) and id(n) not in inner]
    stored = {ast.unparse(n) for n in whole if isinstance(n.ctx, ast.Store)}
    added = {ast.unparse(n.target) for n in ast.walk(statement) if isinstance(n, ast.AugAssign)}
    return stored, {ast.unparse(n) for n in whole if isinstance(n.ctx, ast.Load)} | added


def _meet(some: set[str], others: set[str]) -> bool:
    """Whether a place is among the others, or in one of them, or holds one."""
    return any(
        one == other or one.startswith((f"{other}.", f"{other}[")) or other.startswith((f"{one}.", f"{one}["))
        for one in some
        for other in others
    )


def _leaves(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)) for node in ast.walk(statement)
    )


def _stores(statement: ast.AST) -> set[str]:
    """Return the names that a statement changes; an entry or attribute of an object changes the object."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            inner: ast.expr = node
            while isinstance(inner, (ast.Subscript, ast.Attribute, ast.Starred)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                found.add(inner.id)
    return found


def _loads(statement: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} | {
        node.target.id
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }


def _stores_of_target(block: ast.stmt) -> set[str]:
    return _stores(block.target) if isinstance(block, ast.For) else set()


def _globals(statement: ast.stmt, known: set[str]) -> set[str]:
    """Return the names that a statement only calls or takes attributes of: modules and functions."""
    used = {
        n.value.id
        for n in ast.walk(statement)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
    }
    called = {
        n.func.id for n in ast.walk(statement) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    return (used & {"np", "torch", "F", "nn"}) | called


def _end(statement: ast.stmt) -> int:
    assert statement.end_lineno is not None
    return statement.end_lineno


def _line(statement: ast.stmt, most: int = 50) -> str:
    text = ast.unparse(statement).split("\n")[0]
    return text if len(text) <= most else f"{text[: most - 1]}…"

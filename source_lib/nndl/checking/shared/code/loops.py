"""Loops that end too early, or of which only the last round is left."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from .fact import Fact, Function, assignments, is_start, loads

_NAMES = {ast.Return: "return", ast.Break: "break", ast.Raise: "raise"}


def ends_in_its_first_round(function: Function) -> Iterator[Fact]:
    """See a return, break or raise that every round comes to."""
    for loop in _loops(function.node):
        if any(isinstance(n, ast.Continue) for n in ast.walk(loop)):
            continue
        for statement in loop.body:
            if type(statement) in _NAMES and not _unwritten(statement):
                word = _NAMES[type(statement)]
                yield Fact(
                    statement.lineno, f"this {word} stands inside the loop, which so ends in its first round"
                )


def counts_the_wrong_way(function: Function) -> Iterator[Fact]:
    """See a range from a name down to 0 or 1 that lacks its step."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range" and len(node.args) == 2:
            first, last = node.args
            down = isinstance(last, ast.Constant) and last.value in (0, 1)
            down = down or (isinstance(last, ast.UnaryOp) and isinstance(last.op, ast.USub))
            if down and not isinstance(first, ast.Constant):
                yield Fact(
                    node.lineno,
                    f"`{ast.unparse(node)}` counts upwards, and so has no rounds; a third number, -1, counts down",
                )


def only_the_last_round(function: Function) -> Iterator[Fact]:
    """See a name that each round gives a new value, which nothing reads before the loop is over."""
    for loop in _loops(function.node):
        if any(isinstance(n, ast.Break | ast.Return) for n in ast.walk(loop)) or not isinstance(
            loop, ast.For
        ):
            continue
        changing = {
            n.id
            for inner in ast.walk(loop)
            if isinstance(inner, ast.For)
            for n in ast.walk(inner.target)
            if isinstance(n, ast.Name)
        }
        changed = {_name(n.target) for n in ast.walk(loop) if isinstance(n, ast.AugAssign)}
        for node, name in assignments(loop):
            if (
                name in changed
                or name in changing
                or loads(loop, name)
                or not _read_after(function.node, loop, name)
            ):
                continue
            if any(isinstance(n, ast.Name) and n.id in changing for n in ast.walk(node.value)):
                yield Fact(
                    node.lineno, f"each round gives `{name}` a new value; only that of the last one is left"
                )


def begins_anew_in_each_round(function: Function) -> Iterator[Fact]:
    """See a sum that each round begins with 0 again."""
    for loop in _loops(function.node):
        added = {_name(n.target) for n in ast.walk(loop) if isinstance(n, ast.AugAssign)}
        for node in ast.walk(loop):
            if (
                not isinstance(node, ast.Assign)
                or not isinstance(node.targets[0], ast.Name)
                or not is_start(node.value)
            ):
                continue
            name = node.targets[0].id
            if name in added and not loads(loop, name) and _read_after(function.node, loop, name):
                yield Fact(
                    node.lineno,
                    f"each round of the loop begins again with this value of `{name}`; the rounds before are lost",
                )


def gives_the_loops_name_a_value(function: Function) -> Iterator[Fact]:
    """See a new value for the name that a loop goes through its entries with, which nothing reads."""
    for loop in _loops(function.node):
        if not isinstance(loop, ast.For):
            continue
        targets = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
        for place, statement in enumerate(loop.body):
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                later = any(loads(other, name) for other in loop.body[place + 1 :])
                if name in targets and not later and not _read_after(function.node, loop, name):
                    yield Fact(
                        statement.lineno,
                        f"this makes `{name}` another thing, and leaves what the loop goes through as it was",
                    )


RULES: tuple[Callable[[Function], Iterator[Fact]], ...] = (
    ends_in_its_first_round,
    counts_the_wrong_way,
    only_the_last_round,
    begins_anew_in_each_round,
    gives_the_loops_name_a_value,
)


def _loops(node: ast.AST) -> Iterator[ast.For | ast.While]:
    return (n for n in ast.walk(node) if isinstance(n, ast.For | ast.While))


def _unwritten(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplementedError" in ast.dump(statement)


def _name(target: ast.expr) -> str:
    """Return the name of what is changed: ``dw`` for ``dw[f]``."""
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return getattr(target, "id", "")


def _read_after(function: ast.FunctionDef, loop: ast.For | ast.While, name: str) -> bool:
    """Return whether a name is read behind a loop."""
    end = loop.end_lineno or loop.lineno
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) and n.lineno > end
        for n in ast.walk(function)
    )

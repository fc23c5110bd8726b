"""Loops that end too early, or of which only the last round is left."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from .fact import Fact, Function, arguments, assignments, is_start, loads

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
            if isinstance(last, ast.UnaryOp) and isinstance(last.op, ast.USub):
                down = isinstance(last.operand, ast.Constant)
            if down and _is_a_size(first):
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
        sometimes = _under_a_condition(loop)
        for node, name in assignments(loop):
            if (
                node in sometimes
                or name in changed
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
        sometimes = _under_a_condition(loop)
        for node in ast.walk(loop):
            if (
                node in sometimes
                or not isinstance(node, ast.Assign)
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


def inner_loop_of_the_same_name(function: Function) -> Iterator[Fact]:
    """See a loop inside another one that goes through its entries with the same name."""
    for loop in _loops(function.node):
        for inner in ast.walk(loop):
            if inner is loop or not isinstance(inner, ast.For) or not isinstance(loop, ast.For):
                continue
            for name in sorted(_names_of(loop.target) & _names_of(inner.target)):
                lines = [n.lineno for n in ast.walk(loop) if loads(n, name) and isinstance(n, ast.Name)]
                before = any(loop.lineno < line < inner.lineno for line in lines)
                behind = any(line > (inner.end_lineno or inner.lineno) for line in lines)
                if behind or (lines and not before):
                    yield Fact(
                        inner.lineno,
                        f"this loop and the one around it, line {loop.lineno}, both use `{name}`",
                    )


def counts_with_the_name_of_an_array(function: Function) -> Iterator[Fact]:
    """See a loop that counts with the name of an array, which is read as an array in the loop or below it."""
    arrays = set(arguments(function.node)) | {name for _, name in assignments(function.node)}
    for loop in _loops(function.node):
        if not isinstance(loop, ast.For):
            continue
        for name in sorted(_counted_with(loop) & arrays):
            if line := _read_as_an_array(function.node, loop, name):
                yield Fact(
                    loop.lineno,
                    f"this loop makes `{name}` a number, but line {line} takes it for an array",
                )


RULES: tuple[Callable[[Function], Iterator[Fact]], ...] = (
    ends_in_its_first_round,
    counts_the_wrong_way,
    only_the_last_round,
    begins_anew_in_each_round,
    gives_the_loops_name_a_value,
    inner_loop_of_the_same_name,
    counts_with_the_name_of_an_array,
)


def _under_a_condition(loop: ast.For | ast.While) -> set[ast.AST]:
    """Return what some rounds of a loop may not come to."""
    branches = [n for n in ast.walk(loop) if isinstance(n, ast.If | ast.Try | ast.While) and n is not loop]
    return {inner for branch in branches for inner in ast.walk(branch)}


def _is_a_size(node: ast.expr) -> bool:
    """Return whether an expression looks like a number of things: a name, a length, one more or less than that."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return _is_a_size(node.left) and isinstance(node.right, ast.Constant)
    called = getattr(getattr(node, "func", None), "id", "")
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or called == "len"


def _names_of(target: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}


def _counted_with(loop: ast.For) -> set[str]:
    """Return the names that a loop makes numbers: those of range, and the first one of enumerate."""
    called = getattr(getattr(loop.iter, "func", None), "id", "")
    target = (
        loop.target.elts[0] if called == "enumerate" and isinstance(loop.target, ast.Tuple) else loop.target
    )
    return _names_of(target) if called in ("range", "enumerate") else set()


def _read_as_an_array(function: ast.FunctionDef, loop: ast.For, name: str) -> int:
    """Return a line in or below a loop that looks into a name, or asks for its axes; 0 if there is none."""
    lines = [
        node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and node.lineno > loop.lineno
    ]
    again = [
        node.lineno for node, other in assignments(function) if other == name and node.lineno > loop.lineno
    ]
    first = min(lines, default=0)
    return first if not any(line <= first for line in again) else 0


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

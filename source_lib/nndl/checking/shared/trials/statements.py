"""Lines that are left out, done in other cases, or that keep their result otherwise."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from ..code.fact import arguments
from .edit import Edit, Put, advancing, blocks, first_line, is_text, short

_FRESH = "kept_beside"
_OTHER_SIGNS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


def left_out(function: ast.FunctionDef) -> Iterator[Edit]:
    """Leave out a line."""
    kept = advancing(function)
    for owner, field, block in blocks(function):
        for index, statement in enumerate(block):
            leaves = isinstance(
                statement, ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.For | ast.Raise
            )
            if leaves and not is_text(statement) and id(statement) not in kept:
                rest = [*block[:index], *block[index + 1 :]] or [ast.Pass()]
                yield Edit(
                    statement.lineno, f"without `{first_line(statement)}`", (Put(owner, field, None, rest),)
                )


def other_assignments(function: ast.FunctionDef) -> Iterator[Edit]:
    """Change what is there in place of giving a new value, or the other way round."""
    kept = advancing(function)
    for owner, field, block in blocks(function):
        for index, statement in enumerate(block):
            for new, says in _assigned_otherwise(statement) if id(statement) not in kept else ():
                ast.copy_location(new, statement)
                yield Edit(statement.lineno, says, (Put(owner, field, index, new),))


def _assigned_otherwise(statement: ast.stmt) -> Iterator[tuple[ast.stmt, str]]:
    if isinstance(statement, ast.AugAssign):
        target, shown = statement.target, short(statement)
        read: ast.expr = copy.copy(target)
        read.ctx = ast.Load()  # type: ignore[attr-defined]
        yield (
            ast.Assign([target], ast.BinOp(read, statement.op, statement.value)),
            f"if `{shown}` gave a new array and changed none in place",
        )
        yield ast.Assign([target], statement.value), f"with = in `{shown}`"
        if type(statement.op) in _OTHER_SIGNS:
            other = _OTHER_SIGNS[type(statement.op)]()
            yield ast.AugAssign(target, other, statement.value), f"with another sign in `{shown}`"
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        kept_in = statement.targets[0]
        if isinstance(kept_in, ast.Name | ast.Subscript | ast.Attribute):
            yield (
                ast.AugAssign(kept_in, ast.Add(), statement.value),
                f"if `{short(statement)}` added to what is there",
            )
            if isinstance(kept_in, ast.Name):
                everywhere = ast.Subscript(ast.Name(kept_in.id, ast.Load()), ast.Constant(...), ast.Store())
                yield (
                    ast.Assign([everywhere], statement.value),
                    f"if `{short(statement)}` changed the array itself",
                )
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        for kept in [*call.args[:1], getattr(call.func, "value", None)]:
            if isinstance(kept, ast.Name):
                yield (
                    ast.Assign([ast.Name(kept.id, ast.Store())], call),
                    f"if `{kept.id}` got the result of `{short(call)}`, which is not kept",
                )


def conditions(function: ast.FunctionDef) -> Iterator[Edit]:
    """Turn a condition round, or do without it."""
    for owner, field, block in blocks(function):
        for index, statement in enumerate(block):
            if isinstance(statement, ast.If):
                shown = first_line(statement)
                yield Edit(
                    statement.lineno,
                    f"with the opposite of the condition in `{shown}`",
                    (Put(statement, "test", None, ast.UnaryOp(ast.Not(), statement.test)),),
                )
                yield Edit(
                    statement.lineno,
                    f"with what stands below `{shown}` done in all cases",
                    (Put(owner, field, None, [*block[:index], *statement.body, *block[index + 1 :]]),),
                )


def overwritten(function: ast.FunctionDef) -> Iterator[Edit]:
    """Give a value that a line makes of an argument a name of its own, up to one of the lines below it."""
    given = set(arguments(function))
    for _, _, block in blocks(function):
        for index, statement in enumerate(block):
            stores = [n for n in _stored(statement) if n.id in given]
            names = {n.id for n in stores}
            shown = " and ".join(f"`{name}`" for name in sorted(names))
            says = f"if {shown} were not overwritten here, and the new value had a name of its own"
            for end in range(len(block), index + 1, -1) if names else ():
                later = [
                    n
                    for following in block[index + 1 : end]
                    for n in ast.walk(following)
                    if isinstance(n, ast.Name) and n.id in names
                ]
                puts = tuple(Put(n, "id", None, f"{_FRESH}_{n.id}") for n in (*stores, *later))
                yield Edit(statement.lineno, says, puts)


def _stored(statement: ast.stmt) -> list[ast.Name]:
    """Return the names that a statement gives values."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    nodes = [n for target in targets for n in ast.walk(target)]
    return [n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def on_a_copy(function: ast.FunctionDef) -> Iterator[Edit]:
    """Let the function work on a copy of one of its arrays."""
    first = 1 if is_text(function.body[0]) else 0
    dicts = {
        a.arg for a in function.args.args if a.annotation and ast.unparse(a.annotation).startswith("dict")
    }
    for name in arguments(function):
        if name in dicts:
            continue
        copied = ast.Assign([ast.Name(name, ast.Store())], ast.parse(f"{name}.copy()", mode="eval").body)
        ast.copy_location(copied, function.body[-1])
        body = [*function.body[:first], copied, *function.body[first:]]
        says = f"if the function worked on a copy of `{name}`"
        yield Edit(function.lineno, says, (Put(function, "body", None, body),))


RULES = (left_out, other_assignments, conditions, overwritten, on_a_copy)

"""Lines that stand elsewhere: outside of a loop, inside of one, behind their neighbour."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from .edit import Edit, Put, advancing, blocks, first_line, is_text, short


def out_of_a_block(function: ast.FunctionDef) -> Iterator[Edit]:
    """Move the last line of a loop or condition behind it, or the first one before it."""
    kept = advancing(function)
    for owner, field, block in blocks(function):
        for index, statement in enumerate(block):
            if not isinstance(statement, ast.For | ast.While | ast.If | ast.With) or len(statement.body) < 2:
                continue
            first, last, kind = statement.body[0], statement.body[-1], _kind(statement)
            if id(last) not in kept:
                yield Edit(
                    last.lineno,
                    f"with `{first_line(last)}` behind {kind}, not in it",
                    (
                        Put(owner, field, None, [*block[: index + 1], last, *block[index + 1 :]]),
                        Put(statement, "body", None, statement.body[:-1]),
                    ),
                )
            if id(first) not in kept:
                yield Edit(
                    first.lineno,
                    f"with `{first_line(first)}` before {kind}, not in it",
                    (
                        Put(owner, field, None, [*block[:index], first, *block[index:]]),
                        Put(statement, "body", None, statement.body[1:]),
                    ),
                )


def into_a_block(function: ast.FunctionDef) -> Iterator[Edit]:
    """Move a line to the end of the loop or condition above it."""
    for owner, field, block in blocks(function):
        for index, (above, line) in enumerate(itertools.pairwise(block)):
            if isinstance(above, ast.For | ast.While | ast.If | ast.With):
                yield Edit(
                    line.lineno,
                    f"with `{first_line(line)}` in {_kind(above)} above it",
                    (
                        Put(above, "body", None, [*above.body, line]),
                        Put(owner, field, None, [*block[: index + 1], *block[index + 2 :]]),
                    ),
                )


def along_its_block(function: ast.FunctionDef) -> Iterator[Edit]:
    """Move a line further up or down among those that it stands with."""
    for owner, field, block in blocks(function):
        lines = [line for line in block if not is_text(line)]
        first = len(block) - len(lines)
        for index in range(first, len(block) if len(lines) <= _MOST_LINES else first):
            for to in range(first, len(block)):
                rest = [*block[:index], *block[index + 1 :]]
                new = [*rest[:to], block[index], *rest[to:]]
                if to in (index, index - 1) or isinstance(rest[-1], ast.Return) != isinstance(
                    new[-1], ast.Return
                ):
                    continue  # the step to the neighbour above is that of the neighbour down
                beside = (
                    f"above `{first_line(new[to + 1])}`"
                    if to < index
                    else f"below `{first_line(new[to - 1])}`"
                )
                yield Edit(
                    block[index].lineno,
                    f"with `{first_line(block[index])}` {beside}",
                    (Put(owner, field, None, new),),
                )


_MOST_LINES = 14


def _kind(statement: ast.stmt) -> str:
    return "the loop" if isinstance(statement, ast.For | ast.While) else "the block"


def once_behind(function: ast.FunctionDef) -> Iterator[Edit]:
    """Add one part of a sum behind a loop, once, and not in each of its rounds."""
    for owner, field, block in blocks(function):
        for index, loop in enumerate(block):
            for inner in loop.body if isinstance(loop, ast.For) else ():
                if not isinstance(inner, ast.AugAssign) or not isinstance(inner.value, ast.BinOp):
                    continue
                if not isinstance(inner.value.op, ast.Add):
                    continue
                left, right = inner.value.left, inner.value.right
                for kept, once in ((left, right), (right, left)):
                    behind = ast.AugAssign(inner.target, inner.op, once)
                    ast.copy_location(behind, loop)
                    yield Edit(
                        inner.lineno,
                        f"with `{short(once)}` added behind the loop, once, and not in each of its rounds",
                        (
                            Put(inner, "value", None, kept),
                            Put(owner, field, None, [*block[: index + 1], behind, *block[index + 1 :]]),
                        ),
                    )


RULES = (along_its_block, out_of_a_block, once_behind, into_a_block)

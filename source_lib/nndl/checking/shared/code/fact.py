"""The words of the rules: a function as they read it, and what they see."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """What is seen in a line of code.

    Attributes
    ----------
    line : int
        Its number in the file.
    says : str
        A sentence that is true of the code as it stands.
    rank : int
        The smaller, the more it tells.
    """

    line: int
    says: str
    rank: int = 0


@dataclass(frozen=True)
class Function:
    """A function of a student's.

    Attributes
    ----------
    node : ast.FunctionDef
    owner : ast.ClassDef or None
        The class that it is a method of.
    text : str
        The whole file that it stands in.
    """

    node: ast.FunctionDef
    owner: ast.ClassDef | None
    text: str

    @property
    def name(self) -> str:
        """Its name, with that of its class."""
        return f"{self.owner.name}.{self.node.name}" if self.owner is not None else self.node.name


def loads(node: ast.AST, name: str) -> bool:
    """Return whether a name is read anywhere in a piece of code."""
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in ast.walk(node)
    )


def assignments(node: ast.AST) -> Iterator[tuple[ast.Assign, str]]:
    """Yield what gives one name a value, with that name."""
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Assign)
            and len(inner.targets) == 1
            and isinstance(inner.targets[0], ast.Name)
        ):
            yield inner, inner.targets[0].id


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield all lists of statements that stand below each other."""
    for inner in ast.walk(node):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(inner, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def arguments(node: ast.FunctionDef) -> list[str]:
    """Return the names of a function's arguments, without ``self``."""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [argument.arg for argument in every if argument.arg not in ("self", "cls")]


def is_start(node: ast.expr) -> bool:
    """Return whether an expression is what a sum or a list begins with, or a place for a result: 0, None, zeros, []."""
    if isinstance(node, ast.Tuple):
        return all(map(is_start, node.elts))
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return called in (
            "zeros",
            "zeros_like",
            "empty",
            "empty_like",
            "ones",
            "ones_like",
            "dict",
            "list",
            "full",
        )
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.List | ast.Dict) and not ast.dump(node).count("Name")
    )

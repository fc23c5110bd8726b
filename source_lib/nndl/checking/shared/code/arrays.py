"""Arrays of the caller's that are changed in place, by their own name or by another one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from .fact import Fact, Function, arguments

_SHARED = ("detach", "view", "requires_grad_")
"""Methods that give an array of the same numbers."""
_IS_ARRAY = ("ndarray", "Tensor")


def changed_in_place(function: Function) -> Iterator[Fact]:
    """See a change in place of an argument, or of another name for it."""
    # a name of an argument's array → how it came to be one
    why = {name: "" for name in arguments(function.node) if _may_be_an_array(function, name)}
    for node in _in_order(function.node):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(node, ast.Assign) and isinstance(target, ast.Name):
            why.pop(target.id, None)
            why |= _another_name(target.id, node.value, why)
        elif isinstance(target, ast.Tuple) or isinstance(node, ast.For):
            for part in ast.walk(target):
                why.pop(getattr(part, "id", ""), None)
        else:
            entry = isinstance(target, ast.Subscript) and not _by_name(target.slice)
            root = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(root, ast.Attribute) and root.attr == "data":
                root = root.value
            name = root.id if isinstance(root, ast.Name) else ""
            in_place = isinstance(node, ast.AugAssign) and not isinstance(target, ast.Subscript)
            if name in why and (entry or (in_place and (why[name] or _is_array(function, name)))):
                yield Fact(node.lineno, f"{why[name]}this changes the array that the caller has handed over")


def _another_name(name: str, value: ast.expr, why: dict[str, str]) -> dict[str, str]:
    """Return the name with how it came to be that of an argument's array, if it is one."""
    if isinstance(value, ast.Name) and value.id in why:
        return {name: why[value.id] or f"`{name} = {value.id}` in line {value.lineno} is no copy, so "}
    owner = value
    while (
        isinstance(owner, ast.Call) and isinstance(owner.func, ast.Attribute) and owner.func.attr in _SHARED
    ):
        owner = owner.func.value
    if owner is not value and isinstance(owner, ast.Name) and owner.id in why:
        return {name: f"{name} shares its numbers with {owner.id} (line {value.lineno}), so "}
    return {}


def _by_name(index: ast.expr) -> bool:
    """Return whether an entry is reached by a name, as in a dict."""
    return isinstance(index, ast.JoinedStr) or (
        isinstance(index, ast.Constant) and isinstance(index.value, str)
    )


def _is_array(function: Function, name: str) -> bool:
    """Return whether an argument is described as an array or a tensor."""
    for argument in (*function.node.args.args, *function.node.args.kwonlyargs):
        if argument.arg == name and argument.annotation is not None:
            return any(word in ast.unparse(argument.annotation) for word in _IS_ARRAY)
    return False


def _may_be_an_array(function: Function, name: str) -> bool:
    """Return whether nothing speaks against it: an argument may have no description."""
    annotations = {a.arg: a.annotation for a in (*function.node.args.args, *function.node.args.kwonlyargs)}
    return annotations.get(name) is None or _is_array(function, name)


def _in_order(node: ast.AST) -> list[ast.Assign | ast.AugAssign | ast.For]:
    inner = [n for n in ast.walk(node) if isinstance(n, ast.Assign | ast.AugAssign | ast.For)]
    return sorted(inner, key=lambda n: (n.lineno, n.col_offset))


RULES: tuple[Callable[[Function], Iterator[Fact]], ...] = (changed_in_place,)

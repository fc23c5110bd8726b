"""Let a function run as its edited tree says, without a change of any file."""

from __future__ import annotations
import __future__

import ast
import copy
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from ..code.fact import Function


def function_object(file: Path, function: Function) -> FunctionType | None:
    """Return the function that was loaded from a place in a file; None if it is not there."""
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and getattr(module, "__file__", None) == str(file):
            owner: Any = module if function.owner is None else vars(module).get(function.owner.name)
            found: Any = getattr(owner, "__dict__", {}).get(function.node.name)
            found = inspect.unwrap(getattr(found, "__func__", found))
            return found if isinstance(found, FunctionType) else None
    return None


def compiled(file: Path, function: Function) -> CodeType | None:
    """Return the code of a function as its tree is now; None if it is not valid."""
    node: ast.FunctionDef | ast.ClassDef = function.node
    if function.owner is not None:
        node = copy.copy(function.owner)
        node.body, node.decorator_list = [function.node], []
    module = ast.Module([node], [])
    ast.fix_missing_locations(module)
    try:
        code = compile(
            module, str(file), "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True
        )
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return None
    for name in function.name.split("."):
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    return code


@contextmanager
def running_as(function: FunctionType, code: CodeType) -> Iterator[None]:
    """Let a function run another code inside the block."""
    before = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = before

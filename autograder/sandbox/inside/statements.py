"""A file taken apart: its statements one by one, the names each defines, and each of them compiled.

What the grader has compiled, the files of the release, is kept by `digest`: they are the same for everybody.

This file is shown in the sandbox: it imports the standard library, and must hold no secret.
"""

from __future__ import annotations
import __future__

import ast
import hashlib
import marshal
from collections.abc import Iterator
from types import CodeType

_EXPECTED = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

compiled: dict[str, bytes | list[tuple[CodeType, bool]]] = {}
"""Files that the grader has compiled already, by `digest`: those of the release are the same for everybody."""


def of_module(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements of a module; an import of several names is one statement for each."""
    for number, node in enumerate(tree.body):
        if number and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # compiled on its own, a text would become the docstring
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield ast.copy_location(ast.Import([alias]), node)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            for alias in node.names:
                yield ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node)
        else:
            yield node


def bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement at the top of a module defines."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (
                alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*"
            )
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            waiting += ast.iter_child_nodes(node)


def future_flags(tree: ast.Module) -> int:
    """Return the compiler flags of the module's imports from ``__future__``."""
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                feature = getattr(__future__, alias.name, None)
                flags |= getattr(feature, "compiler_flag", 0)
    return flags


def digest(source: bytes, file: str) -> str:
    """Return what identifies the compiled form of a file: its path goes into error messages."""
    return hashlib.sha256(file.encode() + b"\0" + source).hexdigest()


def compile_file(source: bytes, file: str) -> bytes:
    """Return the statements of a file, compiled, for `compiled`.

    Raises
    ------
    SyntaxError
        If it cannot be read.
    """
    tree = ast.parse(source, file)
    flags = future_flags(tree)
    return marshal.dumps(
        [(compile_one(node, file, flags), expects_failure(node)) for node in of_module(tree)]
    )


def unpack_compiled() -> None:
    """Unpack all files in `compiled` now, for the processes that will be forked from this one."""
    compiled.update({name: unpacked(known) for name, known in compiled.items()})


def unpacked(known: bytes | list[tuple[CodeType, bool]]) -> list[tuple[CodeType, bool]]:
    """Return a compiled file ready to be executed: each statement, and whether it expects an import to fail."""
    return marshal.loads(known) if isinstance(known, bytes) else known


def compile_one(node: ast.stmt, file: str, flags: int) -> CodeType:
    """Compile one statement, so that its lines stay true in error messages."""
    return compile(ast.Module([node], []), file, "exec", flags, dont_inherit=True)


def expects_failure(node: ast.stmt) -> bool:
    """Whether a statement has an answer to an import that fails: then a module inside of it fails as Python has it.

    That is how a module takes what is there: ``try: from . import compiled``, and something slower otherwise.
    """
    if isinstance(node, ast.Try):
        caught = [handler.type for handler in node.handlers]
    elif isinstance(node, ast.With):
        caught = [item.context_expr for item in node.items]
    else:
        return False
    return any(type_ is None or _names(type_) & _EXPECTED for type_ in caught)


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}

"""Importing a student's package piece by piece, so that one mistake costs only what depends on it.

Python gives a module up at its first error, and with it every module that imports it. Here a module is executed
statement by statement. Where a statement fails, *placeholders* take the names that it would have defined, and the next
statement follows. A placeholder can be imported, stored, passed on and subclassed; whoever uses it meets the error that
kept the name from being defined, in its own place. A file that cannot be read, or is not there, becomes a module of
placeholders.

This file is shown in the sandbox: it imports the standard library and its neighbours, and must hold no secret.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
import traceback
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

from autograder.sandbox.inside import statements
from autograder.sandbox.inside.placeholders import Placeholder

_DEFINITION = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)
_REPAIRS = 8

_guards = 0
"""How many statements that expect an import to fail are being executed: see `statements.expects_failure`."""


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of one package where Python would, and has them executed piece by piece.

    Parameters
    ----------
    package : str
        Its name.
    """

    def __init__(self, package: str):
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a module of the package lies."""
        if not _belongs(fullname, self.package):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = _Loader(fullname, str(spec.origin))
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        execute(module, self.get_data(self.path), self.path)


def load(name: str) -> ModuleType:
    """Import a module; one that is not there becomes a module of placeholders."""
    for _ in range(_REPAIRS):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not _belongs(error.name or "", name.partition(".")[0]):
                raise
            _add_missing_module(str(error.name))
    return importlib.import_module(name)


def public(module: ModuleType, name: str) -> Any:
    """Return what a module calls ``name``; a placeholder if it is missing, which the module then has, too."""
    try:
        return getattr(module, name)
    except AttributeError:
        return vars(module).setdefault(name, missing(module, name))


def missing(module: ModuleType, name: str) -> Placeholder:
    """Return a placeholder for something that should be in a module, and is not."""
    return Placeholder(
        ImportError(f"{name} is missing in {_shown(module)}: define it there, under this name")
    )


def execute(module: ModuleType, source: bytes, file: str) -> None:
    """Execute the source of a new module, statement by statement.

    Parameters
    ----------
    module : module
        Where its names go.
    source : bytes
        Contents of its file.
    file : str
        Path of the file, for error messages.
    """
    names = vars(module)
    known = statements.compiled.get(statements.digest(source, file))
    if known is not None:
        _execute_compiled(module, known, source, file)
    else:
        try:
            tree = ast.parse(source, file)
        except Exception as error:  # whatever the parser makes of such bytes
            fill_with_placeholders(module, source, error.with_traceback(None))
            return
        flags = statements.future_flags(tree)
        for node in statements.of_module(tree):
            _execute_one(module, node, file, flags)
    exported = names.get("__all__")
    if isinstance(exported, list | tuple) and not {"__path__", "__getattr__"} & names.keys():
        for name in exported:
            if isinstance(name, str) and name not in names:
                names[name] = missing(module, name)


def _execute_compiled(
    module: ModuleType, known: bytes | list[tuple[CodeType, bool]], source: bytes, file: str
) -> None:
    """Execute a file that the grader has compiled; only where a statement fails, its tree is needed."""
    nodes: list[ast.stmt] = []
    for number, (code, expected) in enumerate(statements.unpacked(known)):
        try:
            _run(code, module, expected)
        except BaseException as error:
            tree = ast.parse(source, file)
            nodes = nodes or list(statements.of_module(tree))
            _execute_one(module, nodes[number], file, statements.future_flags(tree), error)


def _execute_one(
    module: ModuleType, node: ast.stmt, file: str, flags: int, error: BaseException | None = None
) -> None:
    """Execute one statement; where it fails, placeholders take its names. ``error`` is what a first try raised."""
    reason = _failed(module, node, file, flags, error)
    if reason is not None:
        if _guards and isinstance(reason, ImportError):
            raise reason
        # what lives on in the error's frames would take memory for good
        traceback.clear_frames(reason.__traceback__)
        for name in statements.bound(node):
            vars(module).setdefault(name, Placeholder(reason))


def _run(code: CodeType, module: ModuleType, expects_failure: bool) -> None:
    global _guards
    _guards += expects_failure
    try:
        exec(code, vars(module))
    finally:
        _guards -= expects_failure


def fill_with_placeholders(module: ModuleType, source: bytes, error: BaseException) -> None:
    """Let a module define all names, each as a placeholder; ``from … import *`` takes those that its text defines."""

    def placeholder(name: str) -> Placeholder:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return vars(module).setdefault(name, Placeholder(error))

    found = _DEFINITION.finditer(source.decode("utf-8", "replace"))
    defined = dict.fromkeys(match[1] or match[2] for match in found)
    vars(module).update({name: Placeholder(error) for name in defined if not name.startswith("_")})
    vars(module).update(
        __all__=[name for name in defined if not name.startswith("_")], __getattr__=placeholder
    )


def _failed(
    module: ModuleType, node: ast.stmt, file: str, flags: int, first: BaseException | None = None
) -> BaseException | None:
    """Execute one statement; return what it raises. An import of something missing is repaired and tried again."""
    expected = statements.expects_failure(node)
    for attempt in range(_REPAIRS + 1):
        try:
            if first is not None:
                raised, first = first, None
                raise raised
            _run(statements.compile_one(node, file, flags), module, expected)
        except BaseException as error:  # also SystemExit: nothing at the top of a file ends the program
            if attempt == _REPAIRS or not _repaired(module, node, error):
                return error
        else:
            break
    return None


def _repaired(module: ModuleType, node: ast.stmt, error: BaseException) -> bool:
    """Put a placeholder where an import statement found nothing, if that is in the module's own package."""
    if _guards or not isinstance(node, ast.Import | ast.ImportFrom) or not isinstance(error, ImportError):
        return False
    package = module.__name__.partition(".")[0]
    if not error.name or not _belongs(error.name, package):
        return False
    if isinstance(error, ModuleNotFoundError):
        if error.name in sys.modules:
            return False
        _add_missing_module(error.name)
        return True
    source = sys.modules.get(error.name)
    if source is None or not isinstance(node, ast.ImportFrom) or node.names[0].name == "*":
        return False
    if getattr(
        source.__spec__, "_initializing", False
    ):  # modules that import each other: Python says it best
        return False
    public(source, node.names[0].name)
    return True


def _add_missing_module(name: str) -> None:
    """Let there be a module of placeholders for a file that is not there."""
    module = ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    module.__path__ = []
    file = f"{name.replace('.', '/')}.py"
    reason = f"{file} is missing: it is not there, or none of the files that are to be handed in"
    fill_with_placeholders(module, b"", ModuleNotFoundError(reason))
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def _shown(module: ModuleType) -> str:
    """Return a module's file as a student knows it, e.g. ``nndl/layers/dropout.py``."""
    top = sys.modules.get(module.__name__.partition(".")[0])
    file, root = getattr(module, "__file__", None), getattr(top, "__file__", None)
    if file and root:
        return os.path.relpath(file, os.path.dirname(os.path.dirname(root)))
    return module.__name__.replace(".", "/") + ("/__init__.py" if hasattr(module, "__path__") else ".py")


def _belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")

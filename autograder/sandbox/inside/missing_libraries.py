"""Libraries that are not in the sandbox, when a student's file imports one.

A library that students have at home and that is left in a file, such as matplotlib, is imported quietly: in its place
stands an object that raises as soon as it is used. Any other missing library is an error at once. Both errors name the
rule. Only imports in the submission's own files are touched; a library that looks for another one finds nothing.

This file is shown in the sandbox: it imports the standard library only, and must hold no secret.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any, NoReturn

_DESCRIPTION = "assignment.json"
_NAMES = {"numpy": "NumPy", "torch": "PyTorch"}
_OPERATIONS = (
    *(
        "call",
        "iter",
        "next",
        "len",
        "getitem",
        "setitem",
        "delitem",
        "contains",
        "enter",
        "exit",
        "mro_entries",
    ),
    *("add", "radd", "iadd", "sub", "rsub", "isub", "mul", "rmul", "imul", "truediv", "rtruediv", "floordiv"),
    *(
        "rfloordiv",
        "mod",
        "rmod",
        "pow",
        "rpow",
        "matmul",
        "rmatmul",
        "neg",
        "pos",
        "abs",
        "invert",
        "and",
        "or",
    ),
    *("rand", "ror", "lt", "le", "gt", "ge", "float", "int", "index", "complex", "array", "array_ufunc"),
)


class LibraryNotHere(AttributeError):
    """A library was used that is not there when code is graded.

    An AttributeError, so that Python looks for a submodule where one is imported by ``from``.
    """


class MissingLibrary(ModuleType):
    """Stands in for a module of a library that is not here; whatever uses it raises `LibraryNotHere`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python itself asks for such names
            raise AttributeError(name)
        _refuse(f"{self.__name__}.{name}", self.__name__)

    def __repr__(self) -> str:
        return f"<{self.__name__}, which is not here>"


def _refuse(what: str, module: str) -> NoReturn:
    library = module.partition(".")[0]
    raise LibraryNotHere(f"{what} was used, but graded code has no {library}: {_Rule.text}")


def _refusing(self: MissingLibrary, *arguments: Any, **named: Any) -> NoReturn:
    _refuse(self.__name__, self.__name__)


for _operation in _OPERATIONS:
    setattr(MissingLibrary, f"__{_operation}__", _refusing)


class _Rule:
    """The sentence that every message ends with."""

    text = ""


class _Finder(MetaPathFinder, Loader):
    """Asked last, for what nobody else has found."""

    def __init__(self, root: str, hand_in: Collection[str], quiet: Collection[str]) -> None:
        self._root = os.path.realpath(root) + os.sep
        self._hand_in = {self._root + name.replace("/", os.sep) for name in hand_in}
        self._quiet = frozenset(quiet)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a stand-in, or None where Python's own error is right."""
        library, _, submodule = fullname.partition(".")
        importer = _importer()
        if importer is None or not self._is_submissions(importer):
            return None
        if library in self._quiet:
            return ModuleSpec(fullname, self, is_package=True)
        if submodule:
            return None
        raise ModuleNotFoundError(f"graded code has no {library}: {_Rule.text}", name=fullname)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return MissingLibrary(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing."""

    def _is_submissions(self, importer: FrameType) -> bool:
        """Return whether a student wrote the import, or it is run because a student imports the module it is in.

        The course's own functions deal with missing libraries themselves.
        """
        file = importer.f_code.co_filename
        if not file.startswith(self._root):
            return False
        return file in self._hand_in or not self._hand_in or importer.f_code.co_name == "<module>"


def _importer() -> FrameType | None:
    """Return the frame of the import statement that is being carried out."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file != __file__ and not file.startswith("<frozen importlib"):
            return frame
        frame = frame.f_back
    return None


def install(root: str) -> None:
    """Let imports in the files under ``root`` behave as described above, from now on.

    Parameters
    ----------
    root : str
        The folder of the submission. Its ``assignment.json``, if there is one, names the libraries that graded code may
        use, those that are imported quietly, and the files that students hand in.
    """
    try:
        with open(os.path.join(root, _DESCRIPTION), encoding="utf-8") as file:
            description = json.load(file)
    except FileNotFoundError:
        description = {}
    allowed = [_NAMES.get(name, name) for name in description.get("libraries", ("numpy",))]
    python = ".".join(map(str, sys.version_info[:2]))
    _Rule.text = f"it may use {', '.join(allowed)} and what comes with Python {python}, and nothing else"
    hand_in = [entry["name"] for entry in description.get("files", ())]
    sys.meta_path.append(_Finder(root, hand_in, description.get("quiet_imports", ())))

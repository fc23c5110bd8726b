"""A library in this process: the reference, or an edited copy of it."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..failures import Failure, ReferenceFailure
from ..milestone import Milestone, Public
from ..sandbox.inside import piecewise
from ..sandbox.inside.protocol import DTYPES, Handle, decode, encode
from ..sandbox.inside.worker import Server
from .interface import Library
from .loans import Borrower, Loan
from .own_random_state import OwnRandomState
from .replies import check_reply


class LocalLibrary(Borrower):
    """A package in this process behind the interface that checks use.

    Arguments and results pass through the wire format, so a call cannot modify the check's arrays and gives
    exactly what a worker would send. The package has a global random state of its own: calls continue it as
    they would in a worker, and the grader's own state is not touched.

    Parameters
    ----------
    package : module
        The reference, or a copy loaded under another name; ``nndl.layers`` in ``api`` then means its submodule
        ``layers``.
    api : mapping of str to Public
        As in `Library`.
    root : path, optional
        Where `load_arrays` looks; the folder that holds the package unless given.
    is_reference : bool, default False
        Raise `ReferenceFailure` where another library raises a `Failure`.
    random : int, optional
        Seed of its random state; by default nobody knows that.
    loan : Loan, optional
        What the package borrows. The stand-ins are in place only while it answers a request, because other libraries
        may run the same package.
    """

    def __init__(
        self,
        package: ModuleType,
        api: Mapping[str, Public],
        *,
        root: str | os.PathLike | None = None,
        is_reference: bool = False,
        random: int | None = None,
        loan: Loan | None = None,
    ):
        super().__init__(_LocalTransport(package, root, is_reference, random, loan), api)
        self._arguments = package, api, root

    @contextlib.contextmanager
    def borrowing(self, loan: Loan) -> Iterator[Library]:
        """Give a library of the same package that uses borrowed functions."""
        package, api, root = self._arguments
        yield LocalLibrary(package, api, root=root, loan=loan)


def reference_library(
    milestone: Milestone, *, is_reference: bool = True, random: int | None = None
) -> LocalLibrary:
    """Return the reference of a milestone: the solution library, imported in this process.

    With ``is_reference=False`` it takes a submission's part, and fails as one.
    """
    package = importlib.import_module(milestone.reference)
    return LocalLibrary(package, milestone.api, is_reference=is_reference, random=random)


def reference_folder(package: str) -> Path:
    """Return the folder of a reference: of the solution library's package with this name."""
    return Path(str(importlib.import_module(package).__file__)).resolve().parent


def files_of_modules(milestone: Milestone) -> set[str]:
    """Return the files of the package that are imported for the public names of a milestone, as a release has them."""
    ours, theirs = milestone.reference, milestone.package
    for module in {public.module for public in milestone.api.values()}:
        with contextlib.suppress(ImportError):
            importlib.import_module(ours + module.removeprefix(theirs))
    stems = {
        (theirs + name.removeprefix(ours)).replace(".", "/")
        for name in sys.modules
        if name == ours or name.startswith(f"{ours}.")
    }
    return {f"{stem}{end}" for stem in stems for end in (".py", "/__init__.py")}


def execute_piecewise(module: ModuleType, source: bytes, file: str) -> None:
    """Execute the source of a module as a submission's is in its sandbox: an error costs only what depends on it."""
    piecewise.execute(module, source, file)


_DRAWS_NOTHING = frozenset({"put", "fetch", "fetch_all", "get", "set", "set_item"})
"""Requests that only move values; setting and restoring the random state would take most of their time."""
_RUNS_NOTHING = frozenset({"put", "fetch", "fetch_all"})
"""Those of them that run nothing of the package, whatever a class says about its attributes."""


_LARGE, _SENT = 1 << 20, 32 << 20
_SENT_AS = {dtype: dtype for dtype in DTYPES.values()}
"""Arrays of these many bytes need not be encoded to be given to a library in this process."""


class _LocalTransport:
    generation = 1

    def __init__(
        self,
        package: ModuleType,
        root: str | os.PathLike | None,
        is_reference: bool,
        random: int | None,
        loan: Loan | None,
    ):
        self._is_reference = is_reference
        self._loan = loan
        self._loan_ended: Failure | None = None
        name = package.__name__
        if root is None:
            root = os.path.dirname(os.path.dirname(os.path.abspath(getattr(package, "__file__", None) or "")))

        def load(module: str) -> ModuleType:
            return importlib.import_module(name + module[module.index(".") :] if "." in module else name)

        self._server = Server(load, os.fspath(root), package=name, borrow=self._borrow)
        self._number = 0
        self._dropped: list[int] = []
        self._random = OwnRandomState(random)

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        if self._loan is not None and self._number == 0 and op != "borrow":
            self.request("borrow", {"names": self._loan.modules, "methods": self._loan.methods})
        self._number += 1
        number = self._number
        dropped, self._dropped = self._dropped, []
        large: list[int] = []
        message = encode({"id": number, "op": op, "drop": dropped, **self._kept_there(fields, large)})
        self._dropped += large
        with contextlib.nullcontext() if op in _DRAWS_NOTHING else self._random.in_place():
            runs = op not in _RUNS_NOTHING
            if runs:
                self._server.stand_ins.swap()
            try:
                with np.errstate(all="ignore"):
                    reply = self._server.answer(message)
            finally:
                if runs:
                    self._server.stand_ins.swap(back=True)
        if self._loan_ended is not None:
            raise self._loan_ended
        try:
            return check_reply(decode(reply, handles=False), number, op, fields)
        except Failure as failure:
            if self._is_reference:
                raise ReferenceFailure(str(failure)) from failure
            raise

    def _kept_there(self, value: Any, handles: list[int]) -> Any:
        """Return what to send of a value: large arrays stay here as a copy, and stand as handles in it."""
        if type(value) is dict:
            return {key: self._kept_there(item, handles) for key, item in value.items()}
        if type(value) is list or type(value) is tuple:
            return type(value)(self._kept_there(item, handles) for item in value)
        if (
            type(value) is not np.ndarray
            or not _LARGE <= value.nbytes <= _SENT
            or value.dtype not in _SENT_AS
        ):
            return value
        # What nobody can write to, as the hidden images, need not be copied.
        copy = np.array(value, dtype=_SENT_AS[value.dtype], order="C", copy=value.flags.writeable or None)
        handle = Handle(self._server.keep(copy))
        handles.append(handle.id)
        return handle

    def _borrow(self, message: bytes) -> bytes:
        if self._loan is None:
            raise RuntimeError("nothing is borrowed")
        try:
            return self._loan.answer(decode(message), len(message), self._number, float("inf"))
        except Failure as failure:
            self._loan_ended = failure
            raise

    def drop(self, generation: int, number: int) -> None:
        self._dropped.append(number)

    def settle(self) -> None:
        """Nothing is put off: there is no way between."""

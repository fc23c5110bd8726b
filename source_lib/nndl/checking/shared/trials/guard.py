"""Let the code that runs in a trial write, remove and start nothing: a change may have made another call of it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_READS = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr"})
_DOES = ("os.", "shutil.", "subprocess.", "socket.", "tempfile.", "sqlite3.", "winreg.", "pty.")
_STARTS = frozenset({"_thread.start_new_thread", "_thread.start_joinable_thread", "webbrowser.open"})


class Forbidden(PermissionError):
    """Something would have been written, removed or started in a trial."""


class _Guard:
    """What looks at each call that reaches out of the program, in one thread and for a while.

    Python keeps such a function for as long as it runs, so there is one, and only from the first trial on.
    """

    def __init__(self) -> None:
        self.thread: int | None = None
        self.met = False
        self.looks = False

    def look(self, event: str, args: tuple[Any, ...]) -> None:
        if self.thread is not None and self.thread == threading.get_ident() and _reaches_out(event, args):
            self.forbid(event)

    def forbid(self, *args: Any) -> None:
        self.met = True
        raise Forbidden(f"{args[0]} in a trial")


def _reaches_out(event: str, args: tuple[Any, ...]) -> bool:
    if event == "open":
        _, mode, flags = args
        written = isinstance(mode, str) and any(letter in mode for letter in "wax+")
        return written or (isinstance(flags, int) and bool(flags & _WRITES))
    return (event.startswith(_DOES) and event not in _READS) or event in _STARTS


_guard = _Guard()


@contextmanager
def nothing_reaches_out() -> Iterator[None]:
    """Let nothing be written, removed or started inside the block.

    Raises
    ------
    Forbidden
        There, and once more at the end of the block if the code inside has kept it to itself.
    """
    if not _guard.looks:
        sys.addaudithook(_guard.look)
        _guard.looks = True
    compiles, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _guard.met = False
    _guard.thread = threading.get_ident()
    try:
        with _torch_writes_nothing():
            yield
    finally:
        _guard.thread = None
        sys.dont_write_bytecode = compiles
    if _guard.met:
        raise Forbidden("in a trial")


@contextmanager
def _torch_writes_nothing() -> Iterator[None]:
    """PyTorch writes its files in C++, where Python does not look."""
    internals = getattr(sys.modules.get("torch"), "_C", None)
    writer = getattr(internals, "PyTorchFileWriter", None)
    if writer is None:
        yield
        return
    internals.PyTorchFileWriter = _guard.forbid  # type: ignore[union-attr]
    try:
        yield
    finally:
        internals.PyTorchFileWriter = writer  # type: ignore[union-attr]

"""Reading an upload in a process of its own, which may be killed: no file of a student's holds the grader up.

The code that reads is ours and takes time in proportion to what it reads, as far as we know. This is the wall behind
it: a regular expression or a parser that runs wild ends with the process, and the submission is reported.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import select
import signal
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from .load import SubmissionError

SECONDS = 120.0
"""Wall time for one upload; the largest ones that are read take a few seconds."""

MEMORY = 3 << 30
"""Bytes of address space besides what this process has already."""

Result = TypeVar("Result")


def apart(
    function: Callable[..., Result], *args: Any, seconds: float = SECONDS, memory: int = MEMORY, **kwargs: Any
) -> Result:
    """Call a function in a forked process, and return what it returns or raise what it raises.

    Parameters
    ----------
    function : callable
        Works on files, and neither starts threads nor uses any of this process.
    seconds, memory : float, int
        What it may use.
    *args, **kwargs
        The function's arguments.

    Raises
    ------
    SubmissionError
        If it takes too long or needs too much memory.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # of forking beside threads: the function touches nothing that they use
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _work(reading, writing, memory, seconds, lambda: function(*args, **kwargs))
    os.close(writing)
    try:
        answer = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if answer is None:
        raise SubmissionError(f"reading it took more than {seconds:g} s; it needs to be looked at by hand")
    if not answer:
        raise SubmissionError("reading it ended the process that read; it needs to be looked at by hand")
    done, value = pickle.loads(answer)
    if not done:
        raise value
    result: Result = value
    return result


def _work(reading: int, writing: int, memory: int, seconds: float, call: Callable[[], Any]) -> None:
    """Do the work of the forked process, and end it."""
    status = 1
    try:
        os.close(reading)
        # whatever happens to the parent, nothing is left behind
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + memory,) * 2)
        answer = _answer(call)
        with os.fdopen(writing, "wb") as file_to_parent:
            file_to_parent.write(answer)
        status = 0
    finally:
        os._exit(status)


def _answer(call: Callable[[], Any]) -> bytes:
    try:
        return pickle.dumps((True, call()))
    except MemoryError:
        return pickle.dumps((False, SubmissionError("reading it needs too much memory; look at it by hand")))
    except BaseException as error:
        return pickle.dumps((False, _portable(error)))


def _portable(error: BaseException) -> BaseException:
    """Return an exception as it is if it can be sent, and one that says the same otherwise."""
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error if str(copy) == str(error) else RuntimeError(f"{type(error).__name__}: {error}")


def _read(descriptor: int, deadline: float) -> bytes | None:
    """Read to the end; None if that is not reached in time."""
    pieces: list[bytes] = []
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            return None
        piece = os.read(descriptor, 1 << 20)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)

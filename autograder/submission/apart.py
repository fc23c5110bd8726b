"""Reading an upload in a process of its own, which may be killed: no file of a student's holds the grader up.

The code that reads is ours and takes time in proportion to what it reads, as far as we know. This is the wall behind
it: a regular expression or a parser that runs wild ends with the process, and the submission is reported.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import resource
import select
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack

from ..failures import InfrastructureError
from ..release.build import Release
from ..sandbox.tree import Tree
from .load import Submission, SubmissionError, SubmittedFile

SECONDS = 120.0
"""Wall time for one upload; the largest ones that are read take a few seconds."""

MEMORY = 3 << 30
"""Bytes of address space besides what this process has already."""

Load = Callable[..., Submission]
"""`load.load`, or what stands for it in a test."""


def apart(
    load: Load,
    folder: Path,
    release: Release,
    workdir: Path,
    *,
    student: str,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Submission:
    """Read a submitted folder in a forked process; the arguments are those of `load.load`, and what it may use.

    Raises
    ------
    SubmissionError
        If the folder cannot be read, or reading it takes too long or too much memory.
    InfrastructureError
        If anything else goes wrong.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # of forking beside threads: the function touches nothing that they use
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _work(reading, writing, memory, seconds, lambda: load(folder, release, workdir, student=student))
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
    read = msgpack.unpackb(answer, unicode_errors="surrogatepass", strict_map_key=False)
    if "refused" in read:
        raise SubmissionError(read["refused"])
    if "failed" in read:
        raise InfrastructureError(read["failed"])
    return _submission(read, release, workdir)


def _submission(read: dict[str, Any], release: Release, workdir: Path) -> Submission:
    """Return a submission made of its fields; lists in them stand for tuples."""
    read |= {name: tuple(value) for name, value in read.items() if isinstance(value, list)}
    read["files"] = tuple(SubmittedFile(**file) for file in read["files"])
    read["asked"] = {name: tuple(ids) for name, ids in read["asked"].items()}
    tree = Tree(read["tree"], release.base, workdir / "root")
    return Submission(**read | {"tree": tree, "milestone": release.milestone})


def _work(reading: int, writing: int, memory: int, seconds: float, call: Callable[[], Submission]) -> None:
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


def _answer(call: Callable[[], Submission]) -> bytes:
    answer: dict[str, Any]
    try:
        found = call()
        fields = {f.name: getattr(found, f.name) for f in dataclasses.fields(found) if f.name != "milestone"}
        files = [dataclasses.asdict(file) for file in found.files]
        answer = fields | {
            "tree": dict(found.tree.own),
            "files": files,
            "asked": dict(found.asked),
            "elsewhere": dict(found.elsewhere),
            "made_with": dict(found.made_with),
        }
    except SubmissionError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "reading it needs too much memory; it needs to be looked at by hand"}
    except BaseException as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    return msgpack.packb(answer, unicode_errors="surrogatepass")


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

"""Reading an upload in a process of its own, which may be killed: no file of a student's holds the grader up.

The code that reads is ours and takes time in proportion to what it reads, as far as we know. This is the wall behind
it: a regular expression or a parser that runs wild ends with the process, and the submission is reported.

These processes are forked from one that does nothing else. After a fork, whatever a process writes to costs it a fault
for each page: a grader that forked for every submission itself would spend a tenth of its time on them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import resource
import select
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgpack

from ..failures import InfrastructureError
from ..release.build import Release
from ..sandbox.tree import Tree
from .load import Submission, SubmissionError, SubmittedFile
from .load import load as load_folder

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
    asked = {  # who forks may have another current folder
        "folder": os.fsencode(Path(folder).absolute()), "workdir": os.fsencode(Path(workdir).absolute()),
        "student": student, "seconds": seconds, "memory": memory,
    }  # fmt: skip
    reading, writing = os.pipe()
    try:
        try:
            process = _fork_reader(load, release, asked, writing)
        finally:
            os.close(writing)
        try:
            answer = _read(reading, time.monotonic() + seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signal.SIGKILL)
            os.close(process)
    finally:
        os.close(reading)
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


class _Forker:
    """A process that forks one for each submission, with a function that reads and the release that it needs."""

    def __init__(self, load: Load, release: Release):
        self.release = release
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with (
            warnings.catch_warnings()
        ):  # of forking beside threads: the function touches nothing that they use
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            _serve(theirs, load, release)
        theirs.close()

    def fork(self, asked: Mapping[str, Any], writing: int) -> int:
        """Have a submission read; return a descriptor of the process that reads, EOFError if none can be forked."""
        with self._lock:
            socket.send_fds(self._channel, [msgpack.packb(asked, unicode_errors="surrogatepass")], [writing])
            _, handles, _, _ = socket.recv_fds(self._channel, 1, 1)
        if not handles:
            raise EOFError("it has ended")
        return handles[0]

    def close(self) -> None:
        """End it, and nothing that it has forked."""
        self._channel.close()
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


_MOST = 3
"""Such processes at once: of one for each release, those asked last."""

_REQUEST = 1 << 16

_forkers: tuple[int, OrderedDict[Any, _Forker]] = (0, OrderedDict())
_forkers_lock = threading.Lock()


def _fork_reader(load: Load, release: Release, asked: Mapping[str, Any], writing: int) -> int:
    """Return a descriptor of a process that reads a submission; where the one that forks has ended, start another."""
    try:
        try:
            return _forker(load, release).fork(asked, writing)
        except (EOFError, OSError):
            return _forker(load, release, afresh=True).fork(asked, writing)
    except (EOFError, OSError) as error:
        raise InfrastructureError(f"no process can be forked to read a submission: {error}") from error


def _forker(load: Load, release: Release, *, afresh: bool = False) -> _Forker:
    global _forkers
    with _forkers_lock:
        owner, found = _forkers
        if owner != os.getpid():  # they are another process's
            found = OrderedDict()
            _forkers = os.getpid(), found
        key = load, id(release)  # a release's own hash looks at all that it is made of
        if afresh and key in found:
            found.pop(key).close()
        if key not in found:
            found[key] = _Forker(load, release)
            while len(found) > _MOST:
                found.popitem(last=False)[1].close()
        found.move_to_end(key)
        return found[key]


def _serve(channel: socket.socket, load: Load, release: Release) -> NoReturn:
    """Fork a process for each request, until the other side is gone."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader decides what an interrupt means
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _let_go_of_all_but(channel.fileno())
        if load is load_folder:
            with contextlib.suppress(Exception):
                _read_release(release)
        gc.freeze()
        while True:
            message, descriptors, _, _ = socket.recv_fds(channel, _REQUEST, 1)
            if not message:
                break
            asked = msgpack.unpackb(message, unicode_errors="surrogatepass")
            pid = os.fork()
            if pid == 0:
                channel.close()
                _work(descriptors[0], asked, load, release)
            os.close(descriptors[0])
            handle = os.pidfd_open(pid)
            socket.send_fds(channel, [b"."], [handle])
            os.close(handle)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    finally:
        os._exit(0)


def _read_release(release: Release) -> None:
    """Read what was given out as if it had been handed in: what is remembered of it then, all that read have."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "given")
        for file in release.editable:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(release.files[file])
        load_folder(folder, release, Path(name, "work"), student="nobody")


def _let_go_of_all_but(kept: int) -> None:
    """Let go of what the grader has open, such as its locks; the numbers stay taken, for the objects that have them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in (kept, nothing):
            with contextlib.suppress(OSError):
                os.fstat(int(name))  # that of the listing itself is gone
                os.dup2(nothing, int(name), inheritable=False)


def _work(writing: int, asked: Mapping[str, Any], load: Load, release: Release) -> NoReturn:
    """Do the work of the process that reads, and end it."""
    folder, workdir = (Path(os.fsdecode(asked[name])) for name in ("folder", "workdir"))
    seconds = asked["seconds"]
    status = 1
    try:
        # whatever happens to the parent, nothing is left behind
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + asked["memory"],) * 2)
        answer = _answer(lambda: load(folder, release, workdir, student=asked["student"]))
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

"""A process that forks workers, each into a sandbox of its own, so that Python and NumPy are started only once.

bubblewrap starts it, with everything of a sandbox in its sight but a submission. It never sees anything of one: what it
is told of a worker is a user id, limits and descriptors. Its child takes namespaces of its own, lays out the submission
there, and forks the worker, which gives up all rights and lives under the same limits and the same filter as one that
bubblewrap has started. So a worker is as clean as a new interpreter, and knows nothing of another one.

This file is shown in the sandbox: it imports its neighbours in this folder, msgpack and the standard library, and must
hold no secret.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from selectors import EVENT_READ, DefaultSelector
from typing import Any, NoReturn

import msgpack
import numpy as np

from autograder.sandbox.inside import kernel_calls as kernel
from autograder.sandbox.inside import statements
from autograder.sandbox.inside.protocol import decode, read_frame

SUBMISSION = "/submission"
"""Where a worker sees its submission."""

SCRATCH = "/scratch"
"""The only folder in which a worker can write."""

BASE = f"{SCRATCH}/base"
"""Where this process keeps the files that lie under those of every submission; no worker sees it."""

LARGEST_TREE = 48 << 20
"""Bytes of the files of one submission, besides the base."""

REQUEST = 1 << 16
"""Bytes of a request for a worker, and of the answer."""

_NAMESPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup", "user")
_COVERED = ("sys", "sysrq-trigger", "irq", "bus")
"""What bubblewrap, too, makes read-only in ``/proc``."""

_USED_LATER = ("numpy.random", "numpy.ma", "numpy.typing", "zipfile", "encodings.cp437", "difflib")
"""Modules that NumPy, or what students are given, imports only once it needs them: together 40 ms in each worker."""

Work = Callable[[Sequence[str]], None]
"""`worker.main`."""


def serve(arguments: Sequence[str], work: Work) -> None:
    """Fork a worker for each request, until the other side closes the channel.

    Parameters
    ----------
    arguments : sequence of str
        Descriptors: of the channel, where a request comes with three of its own, and of a file with the beginning.
    work : callable
        What a worker does.
    """
    channel = socket.socket(fileno=int(arguments[0]))
    with os.fdopen(int(arguments[1]), "rb") as file:
        begin = msgpack.unpackb(file.read())
    _prepare(begin)
    ours = {name: _namespace(name) for name in _NAMESPACES}
    processes = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    reports: dict[int, tuple[int, int]] = {}
    channel.send(b"ready")
    with DefaultSelector() as selector:
        selector.register(channel, EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is channel:
                    message, descriptors, _, _ = socket.recv_fds(channel, REQUEST, 3)
                    if not message:
                        return
                    child = _forked(message, descriptors, begin, ours, processes, work)
                    handle = os.pidfd_open(child)
                    socket.send_fds(channel, [b"started"], [handle])
                    for descriptor in descriptors[:2]:
                        os.close(descriptor)
                    reports[handle] = child, descriptors[2]
                    selector.register(handle, EVENT_READ)
                else:
                    handle = int(key.fd)
                    selector.unregister(handle)
                    _report(*reports.pop(handle))
                    os.close(handle)


def _report(child: int, report: int) -> None:
    """Say how a sandbox ended: its exit status, or the signal that ended it, as a negative number."""
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):  # nobody wants to know
        os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(report)


def _prepare(begin: dict[str, Any]) -> None:
    """Import, compile and lay out what all workers have in common."""
    os.umask(0o022)
    for name in (*_USED_LATER, *begin["libraries"]):
        importlib.import_module(name)
    if begin["compiled"]:
        statements.compiled.update(decode(begin["compiled"])["files"])
        statements.unpack_compiled()
    if begin["base"]:
        os.mkdir(BASE, 0o755)
        _write(BASE, begin.pop("base"))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    gc.collect()
    gc.freeze()  # a collection in a worker would touch, and so copy, all that they share


def _write(folder: str, files: Mapping[str, bytes]) -> None:
    made = {""}
    for name, data in files.items():
        parent = os.path.dirname(name)
        if not {"", ".", ".."}.isdisjoint(name.split("/")):
            raise ValueError(f"no name for a file here: {name!r}")
        if parent not in made:
            os.makedirs(f"{folder}/{parent}", exist_ok=True)
            made.add(parent)
        with open(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(data)


def _forked(
    message: bytes,
    descriptors: list[int],
    begin: dict[str, Any],
    ours: dict[str, int],
    processes: int,
    work: Work,
) -> int:
    """Fork the first process of a new sandbox; return its id."""
    kernel.unshare(kernel.NEW_PROCESSES)  # for the next child
    try:
        child = os.fork()
        if child == 0:
            _end_with(
                lambda: _first_process(msgpack.unpackb(message), descriptors, begin, ours, work),
                descriptors[1],
            )
    finally:
        kernel.enter(processes, kernel.NEW_PROCESSES)
    return child


def _first_process(
    asked: dict[str, Any], descriptors: list[int], begin: dict[str, Any], ours: dict[str, int], work: Work
) -> int:
    """Build a sandbox around this process, start the worker in it, and wait for its end."""
    kernel.end_with_parent(signal.SIGKILL)
    channel, output, _ = descriptors
    with socket.socket(fileno=os.dup(channel)) as stream:
        files = msgpack.unpackb(read_frame(stream, LARGEST_TREE + (1 << 20)))
    own = kernel.NEW_MOUNTS | kernel.NEW_NETWORK | kernel.NEW_IPC | kernel.NEW_HOST_NAME | kernel.NEW_CGROUP
    kernel.unshare(own)
    _mount(files, begin["has_base"], asked["scratch_bytes"])
    if asked["uid"] is None:
        _own_users(*asked["shown"])
    _cover()
    os.setsid()
    os.chdir(SCRATCH)
    os.environ["PWD"] = SCRATCH  # bubblewrap sets it, too
    worker = os.fork()
    if worker == 0:
        _end_with(lambda: _worker(asked, channel, output, begin["filter"], ours, work), output)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which a first process does not receive
    kernel.bound_capabilities()
    kernel.drop_capabilities()
    os.closerange(0, 3)
    _close_all_but(())
    while True:
        child, status = os.wait()
        if child == worker:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _mount(files: Mapping[str, bytes], has_base: bool, scratch_bytes: int) -> None:
    """Put this submission's files in place, and what every sandbox has of its own."""
    plain = kernel.NO_SET_ID | kernel.NO_DEVICES
    kernel.mount(None, "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    size = sum(len(data) + 8192 for data in files.values()) + (1 << 20)
    kernel.mount("tmpfs", SUBMISSION, "tmpfs", plain, f"mode=0755,size={size}")
    _write(SUBMISSION, files)
    if has_base:
        layers = f"lowerdir={SUBMISSION}:{BASE}"
        kernel.mount("overlay", SUBMISSION, "overlay", plain | kernel.READ_ONLY, layers)
    else:
        kernel.mount(None, SUBMISSION, None, plain | kernel.READ_ONLY | kernel.REMOUNT | kernel.BIND)
    kernel.unmount(SCRATCH)  # with the base in it, which the submission's files lie on, and nobody else sees
    kernel.mount("tmpfs", SCRATCH, "tmpfs", plain, f"mode=1777,size={scratch_bytes}")
    terminals = kernel.NO_SET_ID | kernel.NO_PROGRAMS
    kernel.mount("devpts", "/dev/pts", "devpts", terminals, "newinstance,ptmxmode=0666,mode=620")
    kernel.mount("proc", "/proc", "proc", plain | kernel.NO_PROGRAMS)


def _own_users(user: int, group: int) -> None:
    """Take a user namespace, in which this process is who the grader is, and no further one can be made."""
    maps = {"setgroups": "deny", "uid_map": f"{user} {os.getuid()} 1", "gid_map": f"{group} {os.getgid()} 1"}
    kernel.unshare(kernel.NEW_USERS | kernel.NEW_MOUNTS)
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")


def _cover() -> None:
    """Make read-only what of ``/proc`` could change the machine."""
    for path in (f"/proc/{name}" for name in _COVERED):
        if os.path.exists(path):
            flags = kernel.NO_SET_ID | kernel.NO_DEVICES | kernel.NO_PROGRAMS
            kernel.mount(path, path, None, kernel.BIND | kernel.RECURSIVE)
            kernel.mount(None, path, None, flags | kernel.BIND | kernel.REMOUNT | kernel.READ_ONLY)


def _worker(
    asked: dict[str, Any], channel: int, output: int, filter_: bytes, ours: dict[str, int], work: Work
) -> int:
    """Give up all rights, and work."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    _close_all_but((channel,))
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out on this machine, a sandbox's process is the one to end
    for name, limit in asked["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (limit, limit))
    kernel.bound_capabilities()
    if asked["uid"] is not None:
        os.setgroups([])
        os.setresgid(*[asked["uid"]] * 3)
        os.setresuid(*[asked["uid"]] * 3)
    kernel.drop_capabilities()
    kernel.be_like_a_started_program()
    kernel.filter_calls(filter_)
    _verify(ours, asked["uid"])
    # Whoever forks shares what it would draw next.
    random.seed()
    np.random.seed()
    work([str(channel), *asked["arguments"]])
    return 0


def _verify(ours: dict[str, int], user: int | None) -> None:
    """Raise an exception unless this process is confined as it should be: nothing may depend on a kernel's mood."""
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    rights = {status[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    shared = {name for name, number in ours.items() if _namespace(name) == number}
    shared -= {"user"} if user is not None else set()
    if rights != {""} or status["NoNewPrivs"] != "1" or status["Seccomp"] != "2" or shared:
        raise RuntimeError(f"the sandbox is not closed: {rights}, {status['Seccomp']}, {shared}")
    if user is not None and {*os.getresuid(), *os.getresgid()} != {user}:
        raise RuntimeError("the sandbox has another user's rights")


def _namespace(name: str) -> int:
    return os.stat(f"/proc/self/ns/{name}").st_ino


def _close_all_but(kept: Sequence[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def _end_with(run: Callable[[], int], output: int) -> NoReturn:
    """Run what is all that this forked process does, and end it with what that returns."""
    code = 1
    try:
        code = run()
    except BaseException:
        with contextlib.suppress(BaseException):
            os.write(output, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):
                stream.flush()
        os._exit(code)

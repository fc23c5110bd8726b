"""Sandboxes that are forked from a process which has Python and NumPy started: see `inside.fork_server`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgpack

from ..failures import SandboxUnavailable
from . import seccomp, unprotected
from .bubblewrap import build_server, of_each_process, slot_uid
from .inside import fork_server, protocol
from .launch import Launched, spawn
from .limits import SandboxLimits
from .mounts import PYTHON_PATH, Bind, python_executable
from .tree import Base, Tree
from .watchdog import Watchdog, readable

FRESH = "AUTOGRADER_FRESH_SANDBOXES"
"""Environment variable: if set to anything, every sandbox starts an interpreter of its own."""

_START_SECONDS = 60.0
_MOST = 3
"""Servers of one process; of those without a living sandbox, the one asked longest ago is ended for another."""


class CannotFork(Exception):
    """No sandbox can be forked here; one with an interpreter of its own may still start."""


class Forked:
    """The first process of a forked sandbox, with what of `subprocess.Popen` is needed to watch it.

    Attributes
    ----------
    pid : int
        Seen from here.
    handle : int
        A descriptor that stands for it.
    returncode : int or None
        As `subprocess.Popen` has it.
    """

    def __init__(self, handle: int, report: int):
        self.handle = handle
        self.returncode: int | None = None
        self._report = report
        self._lock = threading.Lock()
        with open(f"/proc/self/fdinfo/{handle}") as file:
            self.pid = int(next(line for line in file if line.startswith("Pid:")).split()[1])

    def poll(self) -> int | None:
        """Return the exit status if it has ended."""
        with self._lock:
            if self.returncode is None and readable(self._report, 0):
                said = os.read(self._report, 64)
                self.returncode = int(said) if said else -signal.SIGKILL
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        patience = _START_SECONDS if timeout is None else timeout
        deadline = time.monotonic() + patience
        while (code := self.poll()) is None:
            if not readable(self._report, deadline - time.monotonic()):
                raise subprocess.TimeoutExpired("a forked sandbox", patience)
        return code

    def kill(self) -> None:
        """End it, and with it everything in the sandbox."""
        with contextlib.suppress(ProcessLookupError), self._lock:
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def close(self) -> None:
        """Free what it holds; may be called again."""
        self.poll()
        with self._lock:
            for descriptor in (self.handle, self._report) if self.handle >= 0 else ():
                os.close(descriptor)
            self.handle = -1
            if self.returncode is None:
                self.returncode = -signal.SIGKILL


class _Server:
    """One process that forks sandboxes, for one base, one package and one set of libraries."""

    def __init__(self, base: Base, libraries: tuple[str, ...], binds: Sequence[Bind], hidden: Sequence[str]):
        begin = {
            "base": base.files,
            "has_base": bool(base.files),
            "compiled": base.compiled,
            "libraries": libraries,
            "filter": seccomp.program("worker"),
        }
        self._lock = threading.Lock()
        self._children: list[Forked] = []
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        beginning = os.memfd_create("beginning")
        self._said = os.memfd_create("said")
        try:
            with os.fdopen(os.dup(beginning), "wb") as file:
                file.write(msgpack.packb(begin))
            os.lseek(beginning, 0, os.SEEK_SET)
            argv = [python_executable(), "-I", "-S", "-B", PYTHON_PATH]
            argv += ["fork", str(theirs.fileno()), str(beginning)]
            folders = (fork_server.SUBMISSION,)
            passed = (theirs.fileno(), beginning)
            with build_server(argv, binds=binds, folders=folders, pass_fds=passed, hidden=hidden) as spec:
                self._process = spawn(spec, stdout=self._said, stderr=self._said)
            theirs.close()
            self._channel.settimeout(_START_SECONDS)
            if self._channel.recv(100) != b"ready":
                raise self._ended()
        except BaseException:
            self.close()
            raise
        finally:
            theirs.close()
            os.close(beginning)

    def fork(self, asked: Mapping[str, Any], channel: int, output: int) -> Forked:
        report, report_end = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._channel, [msgpack.packb(asked)], [channel, output, report_end])
                _, handles, _, _ = socket.recv_fds(self._channel, fork_server.REQUEST, 1)
            if not handles:
                raise self._ended()
            child = Forked(handles[0], report)
            self._children = [*self._living(), child]
            return child
        except BaseException as error:
            os.close(report)
            if isinstance(error, OSError):
                raise CannotFork(str(error)) from error
            raise
        finally:
            os.close(report_end)

    def _living(self) -> list[Forked]:
        return [child for child in self._children if child.poll() is None]

    def is_busy(self) -> bool:
        """Whether a sandbox of it is alive, and would end with it."""
        return bool(self._living())

    def _ended(self) -> CannotFork:
        said = os.pread(self._said, 1 << 16, 0).decode("utf-8", "replace").strip()
        return CannotFork(f"the process that forks sandboxes has ended: {said[-2000:]}")

    def close(self) -> None:
        self._channel.close()
        os.close(self._said)
        process: subprocess.Popen[bytes] | None = getattr(self, "_process", None)
        if process is not None:
            process.kill()
            process.wait()


class _Servers:
    """The servers of this process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.lock = threading.RLock()
        self.refused = ""
        self.running: OrderedDict[Any, _Server] = OrderedDict()

    def get(
        self, base: Base, libraries: tuple[str, ...], binds: Sequence[Bind], hidden: Sequence[str]
    ) -> _Server:
        key = base, libraries, tuple(binds), tuple(hidden)
        with self.lock:
            if self.refused:
                raise CannotFork(self.refused)
            server = self.running.get(key)
            if server is None:
                server = self.running[key] = self._tried(_Server(base, libraries, binds, hidden))
                idle = [other for other, one in self.running.items() if other != key and not one.is_busy()]
                for other in idle[: max(0, len(self.running) - _MOST)]:
                    self.running.pop(other).close()
            self.running.move_to_end(key)
            return server

    def drop(self, server: _Server) -> None:
        """Forget a server that has ended; the next sandbox starts another one."""
        with self.lock:
            for key in [key for key, running in self.running.items() if running is server]:
                del self.running[key]
        server.close()

    def _tried(self, server: _Server) -> _Server:
        """Return a server that has forked one empty sandbox."""
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        try:
            asked = _asked(SandboxLimits(), [fork_server.SUBMISSION, "nothing", "1000,9,99"])
            child = server.fork(asked, theirs.fileno(), output_end)
            theirs.close()
            os.close(output_end)
            output_end = -1
            try:
                deadline = time.monotonic() + _START_SECONDS
                protocol.write_frame(ours, msgpack.packb({}), deadline)
                protocol.read_frame(ours, 4096, deadline)
            except (EOFError, OSError) as error:
                said = os.read(output, 4000) if readable(output, 1.0) else b""
                raise CannotFork(said.decode("utf-8", "replace").strip() or str(error)) from error
            finally:
                child.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_START_SECONDS)
                child.close()
        except BaseException:
            server.close()
            raise
        finally:
            ours.close()
            theirs.close()
            os.close(output)
            if output_end >= 0:
                os.close(output_end)
        return server


_servers = _Servers()
_never = 0


@contextlib.contextmanager
def never() -> Iterator[None]:
    """Start an interpreter for every sandbox in this block."""
    global _never
    _never += 1
    try:
        yield
    finally:
        _never -= 1


def launch_forked(
    arguments: Sequence[str],
    tree: Tree,
    *,
    libraries: tuple[str, ...],
    binds: Sequence[Bind],
    hidden: Sequence[str],
    limits: SandboxLimits,
    channel: tuple[socket.socket, int],
    on_end: Callable[[], None],
) -> Launched:
    """Fork a sandbox with a watchdog.

    Parameters
    ----------
    arguments : sequence of str
        Of `worker.main`, but for its channel.
    tree : Tree
        What it shows as the submission.
    libraries, binds, hidden, limits, on_end
        As for `worker_sandbox.Sandbox` and `launch.launch`.
    channel : tuple of socket and int
        Our end of the channel, and the descriptor of the worker's.

    Raises
    ------
    CannotFork
        If that does not work here. Nothing has been started then.
    """
    global _servers
    if _never or unprotected.is_allowed() or os.environ.get(FRESH):
        raise CannotFork("an interpreter for each sandbox is wanted")
    if sum(map(len, tree.own.values())) > fork_server.LARGEST_TREE:
        raise CannotFork("the submission is too large to be passed on")
    if _servers.owner != os.getpid():  # they are another process's
        _servers = _Servers()
    output, output_end = os.pipe()
    process: Forked | None = None
    try:
        try:
            server = _servers.get(tree.base, libraries, binds, hidden)
        except SandboxUnavailable as error:
            raise CannotFork(str(error)) from error  # without bubblewrap there is no other one, either
        except (CannotFork, OSError) as error:
            _servers.refused = str(error) or type(error).__name__
            raise CannotFork(_servers.refused) from error
        try:
            process = server.fork(_asked(limits, arguments), channel[1], output_end)
        except CannotFork:
            _servers.drop(server)
            raise
        watchdog = Watchdog(process, process.pid, output, limits, on_end, process.handle)
        deadline = time.monotonic() + _START_SECONDS
        with contextlib.suppress(OSError):  # it has ended, which is found out by whoever asks it first
            protocol.write_frame(channel[0], msgpack.packb(dict(tree.own)), deadline)
    except BaseException:
        os.close(output)
        if process is not None:
            process.kill()
            process.close()
        raise
    finally:
        os.close(output_end)
    watchdog.start()
    return Launched(process, process.pid, watchdog, process)


def _asked(limits: SandboxLimits, arguments: Sequence[str]) -> dict[str, Any]:
    return {
        "uid": slot_uid(),
        "shown": (os.getuid(), os.getgid()),
        "limits": of_each_process(limits),
        "scratch_bytes": limits.scratch_bytes,
        "arguments": list(arguments),
    }

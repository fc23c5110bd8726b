"""Watches a sandbox from outside: limits on its whole tree of processes, what it prints, and its end."""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import psutil

from ..failures import InfrastructureError, LimitExceeded
from .bubblewrap import SCRATCH
from .limits import SandboxLimits

_INTERVAL = 0.05
_TAIL = 4096
_PATIENCE = 5.0


class Process(Protocol):
    """What has to be waited for: a part of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Its id, seen from here."""

    @property
    def returncode(self) -> Any:
        """Its exit status, or the signal that ended it as a negative number; None before its end is known."""

    def poll(self) -> int | None:
        """Return `returncode` as it is now."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def kill(self) -> None:
        """End it."""


class Watchdog(threading.Thread):
    """Watches one sandbox until it ends, and ends it when it exceeds a limit.

    Parameters
    ----------
    process : Popen or Forked
        bubblewrap, or the sandbox's first process where that was forked.
    init : int
        Process id, seen from here, of the sandbox's first process.
    output : int
        Descriptor of what the sandbox prints; closed at the end.
    limits : SandboxLimits
        What is watched: ``lifetime``, ``cpu``, ``memory``, ``processes``, ``scratch_files``, ``output_bytes``.
    on_end : callable
        Called once everything in the sandbox is dead.
    handle : int, optional
        A descriptor that stands for the first process, which is then ``process``, too.

    Attributes
    ----------
    verdict : LimitExceeded or None
        The limit that was exceeded, if there was one.
    """

    def __init__(
        self,
        process: Process,
        init: int,
        output: int,
        limits: SandboxLimits,
        on_end: Callable[[], None],
        handle: int | None = None,
    ):
        super().__init__(name=f"watchdog of sandbox {init}", daemon=True)
        self.verdict: LimitExceeded | None = None
        self._process = process
        self._init = init
        self._init_fd = os.pidfd_open(init) if handle is None else os.dup(handle)
        self._ended = os.pidfd_open(process.pid) if handle is None else os.dup(handle)
        self._output = output
        self._limits = limits
        self._on_end = on_end
        self._born = time.monotonic()
        self._printed = 0
        self._tail = b""
        self._lock = threading.Lock()

    @property
    def tail(self) -> str:
        """The end of what was printed."""
        return self._tail.decode("utf-8", "replace")

    def run(self) -> None:
        """Watch until the sandbox has ended."""
        ended = self._ended
        os.set_blocking(self._output, False)
        with selectors.DefaultSelector() as selector:
            selector.register(ended, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            due = time.monotonic()
            while True:
                ready = {key.fd for key, _ in selector.select(max(0.0, due - time.monotonic()))}
                if self._output in ready and not self._drain():
                    selector.unregister(self._output)
                if ended in ready:
                    break
                if time.monotonic() >= due:
                    self._check()
                    due = time.monotonic() + _INTERVAL
                if self.verdict is not None:
                    break
        with contextlib.suppress(InfrastructureError):
            self.kill()
        self._drain()
        os.close(ended)
        os.close(self._output)
        self._on_end()

    def kill(self) -> None:
        """End every process of the sandbox, and verify that they have ended.

        Raises
        ------
        InfrastructureError
            If one is still alive afterwards.
        """
        with self._lock:
            if self._init_fd < 0:
                return
            # the first process of a process namespace takes all others with it
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init_fd, signal.SIGKILL)
            gone = readable(self._init_fd, _PATIENCE)
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if not gone:
                raise InfrastructureError(f"the sandbox of process {self._init} could not be ended")
            os.close(self._init_fd)
            self._init_fd = -1

    def _drain(self) -> bool:
        """Take what was printed, at most a few pieces at a time; return False at its end."""
        for _ in range(16):
            try:
                piece = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return True
            if not piece:
                return False
            self._printed += len(piece)
            self._tail = (self._tail + piece)[-_TAIL:]
            if self._printed > self._limits.output_bytes:
                self._judge("output", self._limits.output_bytes)
                return False
        return True

    def _judge(self, kind: str, limit: float) -> None:
        if self.verdict is None:
            self.verdict = LimitExceeded(kind, limit)

    def _check(self) -> None:
        limits = self._limits
        if time.monotonic() - self._born > limits.lifetime:
            self._judge("lifetime", limits.lifetime)
        members = process_tree(self._init)
        # two of them are ours: bubblewrap's first process and, at the start, its helper
        if len(members) > limits.processes + 2:
            self._judge("processes", limits.processes)
        if resident_bytes(members) > limits.memory and proportional_bytes(members) > limits.memory:
            # the cheap measure counts shared pages once for each process, so it is never too low
            self._judge("memory", limits.memory)
        if cpu_seconds(members) > limits.cpu:
            self._judge("cpu", limits.cpu)
        with contextlib.suppress(OSError):
            scratch = os.statvfs(f"/proc/{self._init}/root{SCRATCH}")
            if scratch.f_files - scratch.f_ffree > limits.scratch_files:
                self._judge("files", limits.scratch_files)


def readable(descriptor: int, seconds: float) -> bool:
    """Wait until something can be read; unlike `select.select`, for any number of open files."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(max(0.0, seconds) * 1000))


def process_tree(root: int) -> list[int]:
    """Return the ids of a process and of all its descendants that are alive."""
    members: list[int] = []
    pending = [root]
    while pending:
        pid = pending.pop()
        members.append(pid)
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    pending += map(int, file.read().split())
        except FileNotFoundError:
            if pid == root and os.path.isdir(f"/proc/{pid}/task"):  # a kernel without that file
                return [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]
        except OSError:
            continue
    return members


def kept_waiting(root: int, pid: int) -> float:
    """Return for how many seconds in all a process was ready to run while others had the processor.

    That is the time of its first thread, less the time that the rest of the tree had meanwhile: code that keeps itself
    waiting gains nothing by it. It is 0 where the kernel does not say.

    Parameters
    ----------
    root : int
        The first process of the sandbox.
    pid : int
        The process in it.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/schedstat") as file:
            own, waited = (int(field) / 1e9 for field in file.read().split()[:2])
        return waited - max(0.0, cpu_seconds(process_tree(root)) - own)
    return 0.0


def ready_to_run(pid: int) -> tuple[bool, float]:
    """Return whether a process runs or is ready to, and the seconds for which its first thread has run so far."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/stat") as file:
            ready = file.read().rpartition(")")[2].split()[0] == "R"
        with open(f"/proc/{pid}/schedstat") as file:
            return ready, int(file.read().split()[0]) / 1e9
    return False, 0.0


def resident_bytes(members: Iterable[int]) -> int:
    """Return the sum of the processes' resident sets; pages that they share count several times."""
    total = 0
    for pid in members:
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm") as file:
            total += int(file.read().split()[1]) * mmap.PAGESIZE
    return total


def proportional_bytes(members: Iterable[int]) -> int:
    """Return the memory of the processes with shared pages divided among those that share them."""
    total = 0
    for pid in members:
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
                    break
    return total


def cpu_seconds(members: Iterable[int]) -> float:
    """Return the processor time of the processes and of those children that they have waited for."""
    ticks = 0
    for pid in members:
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat") as file:
            # the name in parentheses may contain anything; fields are counted after it
            fields = file.read().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")

"""Starting a sandbox so that it can be watched from its first moment and ends with this process."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Protocol

from ..failures import SandboxUnavailable
from . import unprotected
from .availability import sandbox_availability
from .bubblewrap import LaunchSpec, build_command
from .limits import SandboxLimits
from .watchdog import Process, Watchdog, readable

_START_SECONDS = 60.0


class Closable(Protocol):
    """What is freed when a sandbox has ended."""

    def close(self) -> None:
        """Free it; may be called again."""


class Launched:
    """A sandbox that has been started and is being watched.

    Attributes
    ----------
    process : Popen or Forked
        bubblewrap, or the first process of a forked sandbox; its exit status is the program's.
    init : int
        Process id, seen from here, of the sandbox's first process.
    watchdog : Watchdog
        Knows which limit was exceeded and what was printed last.
    """

    def __init__(self, process: Process, init: int, watchdog: Watchdog, status: Closable):
        self.process = process
        self.init = init
        self.watchdog = watchdog
        # kept open to the end: bubblewrap writes the exit status there, and a closed pipe would kill it
        self._status = status

    def close(self) -> None:
        """End every process of the sandbox and free what it held; may be called again.

        Raises
        ------
        InfrastructureError
            If a process could not be ended.
        """
        try:
            self.watchdog.kill()
            self.watchdog.join(_START_SECONDS)
        finally:
            self._status.close()


def launch(
    argv: Sequence[str], *, limits: SandboxLimits, on_end: Callable[[], None] = lambda: None, **options: Any
) -> Launched:
    """Start ``argv`` in a sandbox with a watchdog, which reads what it prints and keeps the end of it.

    Parameters
    ----------
    argv : sequence of str
        As for `bubblewrap.build_command`, which also takes the further ``options``.
    limits : SandboxLimits
    on_end : callable
        Called by the watchdog once everything in the sandbox is dead.

    Raises
    ------
    SandboxUnavailable
        If it does not start; the message repeats what bubblewrap said.
    """
    output, output_end = os.pipe()
    status, status_end = os.pipe()
    try:
        build = unprotected.build_command if unprotected.is_allowed() else build_command
        with build(argv, limits=limits, status_fd=status_end, **options) as spec:
            process = spawn(spec, stdout=output_end, stderr=subprocess.STDOUT)
    except BaseException:
        os.close(output)
        os.close(status)
        raise
    finally:
        os.close(output_end)
        os.close(status_end)
    reports = os.fdopen(status, "rb", buffering=0)
    try:
        init = _first_process(reports)
        watchdog = Watchdog(process, init, output, limits, on_end)
    except BaseException as error:
        process.kill()
        process.wait()
        reports.close()
        with os.fdopen(output, "rb") as said:
            reason = said.read(2000).decode("utf-8", "replace").strip()
        if not isinstance(error, EOFError | ProcessLookupError):
            raise
        advice = f"bubblewrap could not start: {reason}. {sandbox_availability().advice}".strip()
        raise SandboxUnavailable(advice) from error
    watchdog.start()
    return Launched(process, init, watchdog, reports)


def _first_process(status: IO[bytes]) -> int:
    """Read from bubblewrap which process is the sandbox's first; EOFError if it ends without saying."""
    line = b""
    deadline = time.monotonic() + _START_SECONDS
    while not line.endswith(b"\n"):
        if not readable(status.fileno(), deadline - time.monotonic()):
            raise SandboxUnavailable("bubblewrap did not start in time")
        piece = status.read(1)
        if not piece:
            raise EOFError
        line += piece
    return int(json.loads(line)["child-pid"])


_launcher: tuple[int, ThreadPoolExecutor] | None = None
_launcher_lock = threading.Lock()


def spawn(spec: LaunchSpec, **options: Any) -> subprocess.Popen[bytes]:
    """Start a sandbox from a thread that lives as long as this process does.

    bubblewrap ends with the thread that started it, so a sandbox started by a short-lived thread would too.
    """
    global _launcher
    with _launcher_lock:
        if _launcher is None or _launcher[0] != os.getpid():  # the threads do not exist in a forked process
            _launcher = os.getpid(), ThreadPoolExecutor(1, thread_name_prefix="sandbox launcher")
        thread = _launcher[1]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            spec.argv, pass_fds=spec.pass_fds, env=spec.env, stdin=subprocess.DEVNULL, **options
        )

    try:
        return thread.submit(start).result()
    except OSError as error:
        raise SandboxUnavailable(f"the sandbox could not be started: {error}") from error

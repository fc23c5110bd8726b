"""One sandboxed worker: started, spoken to over a socket, watched, and ended with certainty."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import protocol, worker
from .bubblewrap import (
    MINIMUM_VERSION,
    SCRATCH,
    InfrastructureError,
    LaunchSpec,
    SandboxLimits,
    SandboxUnavailable,
    build_command,
)
from .library import Failure, ProtocolViolation, WorkerDied
from .mounts import PYTHON_PATH, Bind, library_binds, python_executable
from .watchdog import Watchdog

__all__ = [
    "SCRATCH",
    "Bind",
    "InfrastructureError",
    "LaunchSpec",
    "Probe",
    "Sandbox",
    "SandboxLimits",
    "SandboxUnavailable",
    "build_command",
    "library_binds",
    "probe",
    "spawn",
]

SUBMISSION = "/submission"
"""Where a sandbox shows the submission."""

_NEEDED = ("numpy", "msgpack")
_START_SECONDS = 60.0


class Sandbox:
    """A worker beside one submission's code.

    Nothing in it is shared with another sandbox. It starts on construction; the first request waits until it
    is ready.

    Parameters
    ----------
    root : path
        Folder with the submission's files, shown read-only as ``/submission``. When this process is root's,
        all of it must be readable by everybody, for the worker runs under another user id.
    libraries : tuple of str
        Importable packages besides NumPy.
    limits : SandboxLimits
        What it may use.

    Attributes
    ----------
    channel : socket
        Our end of the channel.
    init : int
        Process id, seen from here, of the sandbox's first process.

    Raises
    ------
    SandboxUnavailable
        If it cannot be started.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        libraries: tuple[str, ...] = (),
        limits: SandboxLimits | None = None,
    ):
        self.limits = limits or SandboxLimits()
        root = Path(root).resolve()
        if not root.is_dir():
            raise InfrastructureError(f"there is no folder {root}")
        if os.geteuid() == 0:
            _require_readable(root)
        try:
            binds = [*library_binds((*_NEEDED, *libraries)), *_own_files(), Bind(str(root), SUBMISSION)]
        except ModuleNotFoundError as error:
            raise SandboxUnavailable(f"{error}; install it where the autograder is installed") from error
        self._ready = False
        self._closed = False
        self._start(binds)

    def _start(self, binds: list[Bind]) -> None:
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        status, status_end = os.pipe()
        message = self.limits.message
        limits = f"{message.message_bytes},{message.depth},{message.items}"
        argv = [python_executable(), "-I", "-S", "-B", PYTHON_PATH, str(theirs.fileno()), SUBMISSION, limits]
        try:
            with build_command(
                argv, binds=binds, limits=self.limits, pass_fds=(theirs.fileno(),), status_fd=status_end
            ) as spec:
                self._process = spawn(spec, stdout=output_end, stderr=subprocess.STDOUT)
        except BaseException:
            ours.close()
            os.close(output)
            os.close(status)
            raise
        finally:
            theirs.close()
            os.close(output_end)
            os.close(status_end)
        self.channel = ours
        # kept open to the end: bubblewrap writes the exit status there and would not survive a closed pipe
        self._status = os.fdopen(status, "rb", buffering=0)
        try:
            init = _first_process(self._status)
        except BaseException as error:
            self._process.kill()
            self._process.wait()
            with os.fdopen(output, "rb") as said:
                reason = said.read(2000).decode("utf-8", "replace").strip()
            ours.close()
            self._status.close()
            if not isinstance(error, EOFError):
                raise
            advice = f"bubblewrap could not start: {reason}. {probe().advice}".strip()
            raise SandboxUnavailable(advice) from error
        self.init = init
        self._watchdog = Watchdog(self._process, init, output, self.limits, self._hang_up)
        self._watchdog.start()

    def wait_until_ready(self) -> None:
        """Wait for the worker's first message, sent before it touches the submission.

        Raises
        ------
        SandboxUnavailable
            If it does not come: whatever is wrong, the submission has had no part in it.
        """
        if self._ready:
            return
        try:
            data = protocol.read_frame(self.channel, 4096, time.monotonic() + _START_SECONDS)
            hello = protocol.decode(data, handles=False)
        except (EOFError, OSError, protocol.ProtocolError) as error:
            self.close()
            said = self._watchdog.tail.strip() or str(error)
            raise SandboxUnavailable(f"the worker did not start: {said}") from error
        if not isinstance(hello, dict) or hello.get("hello") != worker.VERSION:
            self.close()
            raise SandboxUnavailable(f"the worker speaks another version of the protocol: {hello!r}")
        self._ready = True

    def exchange(self, message: bytes, deadline: float) -> bytes:
        """Send one request and return the one reply to it.

        Raises
        ------
        TimeoutError
            If the deadline passes.
        Failure
            If the worker ended, passed a limit, or sent something out of turn.
        """
        try:
            if select.select([self.channel], [], [], 0)[0]:
                if self.channel.recv(1, socket.MSG_PEEK):
                    raise ProtocolViolation("the worker sent something without being asked")
                raise EOFError
            protocol.write_frame(self.channel, message, deadline)
            return protocol.read_frame(self.channel, self.limits.message.message_bytes, deadline)
        except TimeoutError:
            raise
        except (EOFError, OSError):
            raise self._cause_of_death() from None

    def _cause_of_death(self) -> Failure:
        """End what is left of the sandbox and say why the channel was closed."""
        # a process that closes its channel and lives on is ended here
        deadline = time.monotonic() + 1.0
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        died_by_itself = self._process.poll() is not None
        self.close()
        if self._watchdog.verdict is not None:
            return self._watchdog.verdict
        if not died_by_itself:
            return WorkerDied("the process closed its channel to the grader")
        code = self._process.returncode
        if code > 128:  # bubblewrap's way to say that a signal ended the program
            with contextlib.suppress(ValueError):
                return WorkerDied(f"the process was ended by {signal.Signals(code - 128).name}")
        return WorkerDied(f"the process ended with exit status {code} before it answered")

    @property
    def output_tail(self) -> str:
        """The last 4 KiB of what the worker printed; untrusted text."""
        return self._watchdog.tail

    @property
    def alive(self) -> bool:
        """Whether the sandbox has been neither closed nor ended."""
        return not self._closed and self._process.poll() is None

    def close(self) -> None:
        """End every process of the sandbox and free what it held.

        Raises
        ------
        InfrastructureError
            If a process could not be ended.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._watchdog.kill()
            self._watchdog.join(_START_SECONDS)
        finally:
            self.channel.close()
            self._status.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _hang_up(self) -> None:
        """Wake whoever waits for a reply."""
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Probe:
    """Whether sandboxes work on this machine.

    Attributes
    ----------
    ok : bool
    how : str
        ``"root"``, ``"user namespace"`` or ``""``.
    advice : str
        What to do when they do not.
    """

    ok: bool
    how: str
    advice: str = ""


@functools.cache
def probe() -> Probe:
    """Start an empty sandbox and say whether that works; there is no fallback when it does not."""
    container = "use the container described in the instructor guide"
    if sys.platform != "linux":
        return Probe(False, "", f"the sandbox needs Linux; {container}")
    try:
        spec = build_command(["/usr/bin/true"])
    except SandboxUnavailable as error:
        return Probe(False, "", str(error))
    with spec:
        version = subprocess.run(
            [spec.argv[0], "--version"], capture_output=True, text=True, check=False
        ).stdout
        numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
        if numbers < MINIMUM_VERSION:
            wanted = ".".join(map(str, MINIMUM_VERSION))
            return Probe(False, "", f"bubblewrap {wanted} or newer is needed, but this is {version.strip()}")
        try:
            done = subprocess.run(
                spec.argv,
                pass_fds=spec.pass_fds,
                env=spec.env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_START_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Probe(False, "", f"bubblewrap could not be run: {error}")
    if done.returncode == 0:
        return Probe(True, "root" if os.geteuid() == 0 else "user namespace")
    said = done.stderr.decode("utf-8", "replace").strip()
    return Probe(
        False, "", f"bubblewrap failed here ({said or done.returncode}). {_remedy()}; or {container}"
    )


def _remedy() -> str:
    """Return the likely reason and the one thing to do about it."""
    apparmor = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    namespaces = Path("/proc/sys/user/max_user_namespaces")
    if os.geteuid() == 0:
        return "Root in a container needs the capability SYS_ADMIN and an unmasked /proc"
    with contextlib.suppress(OSError):
        if apparmor.read_text().strip() == "1":
            return (
                "AppArmor forbids user namespaces to ordinary users; run: "
                "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
            )
    with contextlib.suppress(OSError):
        if namespaces.read_text().strip() == "0":
            return "User namespaces are switched off; run: sudo sysctl user.max_user_namespaces=10000"
    return "User namespaces seem to be forbidden; run: sudo sysctl kernel.unprivileged_userns_clone=1"


def _own_files() -> list[Bind]:
    """Return the two files of ours that a sandbox shows; running their folder runs the worker."""
    return [
        Bind(os.path.realpath(worker.__file__), f"{PYTHON_PATH}/__main__.py"),
        Bind(os.path.realpath(protocol.__file__), f"{PYTHON_PATH}/autograder/protocol.py"),
    ]


def _require_readable(root: Path) -> None:
    for folder, _, files in os.walk(root):
        if os.stat(folder).st_mode & 0o005 != 0o005:
            raise InfrastructureError(f"the folder {folder} must be readable by everybody (mode 755)")
        for name in files:
            path = os.path.join(folder, name)
            if not os.stat(path, follow_symlinks=False).st_mode & 0o004:
                raise InfrastructureError(f"the file {path} must be readable by everybody (mode 644)")


def _first_process(status: IO[bytes]) -> int:
    """Read from bubblewrap which process is the sandbox's first; EOFError if it ends without saying."""
    line = b""
    deadline = time.monotonic() + _START_SECONDS
    while not line.endswith(b"\n"):
        if not select.select([status], [], [], max(0.0, deadline - time.monotonic()))[0]:
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
        if _launcher is None or _launcher[0] != os.getpid():  # a forked process has none of our threads
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

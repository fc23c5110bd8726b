"""One sandboxed worker: it is started, answers over a socket, and is reliably ended."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

from ..failures import Failure, InfrastructureError, ProtocolViolation, SandboxUnavailable, WorkerDied
from ..milestone import PACKAGE
from . import forked
from .bubblewrap import slot_uid
from .inside import (
    fork_server,
    kernel_calls,
    looked_up,
    missing_libraries,
    newer_syntax,
    piecewise,
    placeholders,
    protocol,
    stand_ins,
    statements,
    watched,
    whereabouts,
    worker,
)
from .inside.fork_server import LARGEST_TREE, SUBMISSION
from .launch import Launched, launch
from .limits import SandboxLimits
from .mounts import PYTHON_PATH, Bind, library_binds, python_executable
from .tree import Tree, read_tree
from .watchdog import kept_waiting, process_tree, readable, ready_to_run

_NEEDED = ("numpy", "msgpack")
_START_SECONDS = 60.0
_MOST_TIMES = 10
"""At most so many times its own time a request may take while others have the processor."""
_WORTH_IT, _A_WHILE = 0.01, 0.05
"""Seconds by which a deadline is moved at least, and those for which it is while nobody can know for how long."""
_TO_SAY_WHERE, _SAID = 0.5, 0.02
"""Seconds until a worker says where it is, and without another word after which it has said it."""


class Sandbox:
    """A worker beside one submission's code.

    Nothing in it is shared with another sandbox. It starts on construction; the first request waits until it
    is ready.

    Parameters
    ----------
    root : path or Tree
        The submission's files, or their folder, shown read-only as ``/submission``. When this process is root's,
        all of a folder must be readable by everybody, because the worker runs under another user id.
    package : str
        Name of the package that it serves.
    libraries : tuple of str
        Importable packages besides NumPy, and modules of them. The worker imports them before it is ready and before
        anything of the submission runs, so neither the time nor the address space that this takes counts.
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
        root: str | os.PathLike[str] | Tree,
        *,
        package: str = PACKAGE,
        libraries: tuple[str, ...] = (),
        limits: SandboxLimits | None = None,
    ):
        self._first = root.base.compiled if isinstance(root, Tree) else b""
        self._tree = root  # its folder goes when it does
        self.limits = limits or SandboxLimits()
        if not isinstance(root, Tree):
            root = _usable(root)
        try:
            packages = dict.fromkeys(name.partition(".")[0] for name in (*_NEEDED, *libraries))
            binds = [*library_binds(tuple(packages)), *_own_files()]
        except ModuleNotFoundError as error:
            raise SandboxUnavailable(f"{error}; install it where the autograder is installed") from error
        self._ready = False
        self._closed = False
        self._worker, self._worker_handle = 0, -1
        self.channel, theirs = socket.socketpair()
        try:
            self._launched = self._launch(root, theirs.fileno(), package, libraries, binds)
        except BaseException:
            self.channel.close()
            raise
        finally:
            theirs.close()
        self.init = self._launched.init
        self._waiting = select.poll()
        self._waiting.register(self.channel.fileno(), select.POLLIN)
        self._process = self._launched.process
        self._watchdog = self._launched.watchdog

    def _launch(
        self, root: Path | Tree, channel: int, package: str, libraries: tuple[str, ...], binds: list[Bind]
    ) -> Launched:
        """Fork a sandbox, or start one with an interpreter of its own where that cannot be done."""
        arguments = self._arguments(package, libraries)
        # with libraries the worker limits its address space itself, once it knows how much they take
        limits = replace(self.limits, address_space=None) if libraries else self.limits
        with contextlib.suppress(forked.CannotFork):
            tree = root if isinstance(root, Tree) else read_tree(root, LARGEST_TREE)
            if tree is not None:
                launched = forked.launch_forked(
                    arguments,
                    tree,
                    libraries=libraries,
                    binds=binds,
                    hidden=(package,),
                    limits=limits,
                    channel=(self.channel, channel),
                    on_end=self._hang_up,
                )
                if tree.base.compiled:
                    self._first = b""  # what is forked has it
                return launched
        return launch(
            [python_executable(), "-I", "-S", "-B", PYTHON_PATH, str(channel), *arguments],
            binds=[*binds, Bind(str(root.folder if isinstance(root, Tree) else root), SUBMISSION)],
            limits=limits,
            pass_fds=(channel,),
            hidden=(package,),
            on_end=self._hang_up,
        )

    def _arguments(self, package: str, libraries: tuple[str, ...]) -> list[str]:
        """Return the arguments of `worker.main`, but for its channel."""
        message = self.limits.message
        found = [SUBMISSION, package, f"{message.message_bytes},{message.depth},{message.items}"]
        if libraries:
            found.append(",".join(libraries))
            if self.limits.address_space is not None:
                found.append(str(self.limits.address_space))
        return found

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
            deadline = time.monotonic() + _START_SECONDS
            data = protocol.read_frame(self.channel, 4096, deadline)
            hello = protocol.decode(data, handles=False)
        except (EOFError, OSError, protocol.ProtocolError) as error:
            self.close()
            said = self._watchdog.tail.strip() or str(error)
            raise SandboxUnavailable(f"the worker did not start: {said}") from error
        if not isinstance(hello, dict) or hello.get("hello") != worker.VERSION:
            self.close()
            raise SandboxUnavailable(f"the worker speaks another version of the protocol: {hello!r}")
        # the worker is the only child of the first process, as nothing of the submission has run yet
        self._worker = process_tree(self.init)[-1]
        with contextlib.suppress(OSError):
            self._worker_handle = os.pidfd_open(self._worker)
        if self._first:
            try:
                self.exchange(self._first, deadline)
            except (Failure, TimeoutError) as error:
                self.close()
                raise SandboxUnavailable(f"the worker did not start: {error}") from error
        self._ready = True

    def waited(self) -> float:
        """Return for how many seconds in all the worker was ready to run, and others had the processor."""
        return kept_waiting(self.init, self._worker)

    def exchange(self, message: bytes, deadline: float, waited: float | None = None) -> bytes:
        """Send one request and return the one reply to it.

        Parameters
        ----------
        message : bytes
        deadline : float
            Time of `time.monotonic` at which the reply must be there.
        waited : float, optional
            What `waited` said when the time began to count: for what the worker waits from then on the deadline is
            moved, so that a busy machine takes no time from anybody.

        Raises
        ------
        TimeoutError
            If the deadline passes.
        Failure
            If the worker ended, passed a limit, or sent something out of turn.
        """
        try:
            if self._readable(0):
                if self.channel.recv(1, socket.MSG_PEEK):
                    raise ProtocolViolation(
                        "the code sent the grader something that it had not been asked for"
                    )
                raise EOFError
            protocol.write_frame(self.channel, message, deadline)
            if waited is not None:
                deadline = self._await_reply(deadline, waited)
            return protocol.read_frame(self.channel, self.limits.message.message_bytes, deadline)
        except TimeoutError:
            raise
        except (EOFError, OSError):
            raise self._cause_of_death() from None

    def whereabouts(self) -> list[tuple[str, int, str]]:
        """Return where a worker is whose time is over: file, line and text, outermost first; empty if nobody knows.

        That these lines are in the submission's files is all that is certain. The worker is to be ended afterwards.
        """
        written, until = b"", time.monotonic() + _TO_SAY_WHERE
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._worker_handle, whereabouts.SIGNAL)
            while len(written) < whereabouts.MOST_BYTES and self._readable(
                min(until - time.monotonic(), _SAID if written else _TO_SAY_WHERE)
            ):
                piece = self.channel.recv(whereabouts.MOST_BYTES, socket.MSG_DONTWAIT)
                if not piece:
                    break
                written += piece
        tree = self._tree
        if written and not isinstance(tree, Tree):
            tree = read_tree(Path(tree), LARGEST_TREE) or Tree({})
        return whereabouts.frames(written, SUBMISSION, tree.read) if isinstance(tree, Tree) else []

    def _readable(self, seconds: float) -> bool:
        """Wait until something has come on the channel, or it has ended."""
        return bool(self._waiting.poll(max(0.0, seconds) * 1000))

    def _await_reply(self, deadline: float, waited: float) -> float:
        """Wait until a reply comes, or the worker has had its time; return the deadline as it is then."""
        latest = deadline + (_MOST_TIMES - 1) * max(0.0, deadline - time.monotonic())
        until = deadline
        while not self._readable(until - time.monotonic()):
            later = min(deadline + self.waited() - waited, latest)
            if later - until < _WORTH_IT:
                if until >= latest or not self._waits_now():
                    break
                later = until + _A_WHILE
            until = later
        return until

    def _waits_now(self) -> bool:
        """Whether the worker waits for others at this moment, which the kernel counts only when that is over."""
        _, before = ready_to_run(self._worker)
        readable(self.channel.fileno(), _WORTH_IT)
        ready, ran = ready_to_run(self._worker)
        return ready and ran - before < _WORTH_IT / 4

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
                ended_by = signal.Signals(code - 128)
                return WorkerDied(f"the process was ended by {ended_by.name}", ended_by == signal.SIGKILL)
        return WorkerDied(
            f"the process ended with exit status {code} before it answered", code == -signal.SIGKILL
        )

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
            self._launched.close()
        finally:
            self.channel.close()
            if self._worker_handle >= 0:
                os.close(self._worker_handle)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _hang_up(self) -> None:
        """Wake whoever waits for a reply."""
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)


def _own_files() -> list[Bind]:
    """Return the files of ours that a sandbox shows; running their folder runs the worker."""
    shown = [(worker, "__main__")]
    shown += [
        (module, module.__name__.replace(".", "/"))
        for module in (
            protocol,
            stand_ins,
            piecewise,
            placeholders,
            statements,
            looked_up,
            missing_libraries,
            newer_syntax,
            fork_server,
            kernel_calls,
            watched,
            whereabouts,
        )
    ]
    binds = []
    for module, name in shown:
        source = os.path.realpath(str(module.__file__))
        binds.append(Bind(source, f"{PYTHON_PATH}/{name}.py"))
        compiled = importlib.util.cache_from_source(source)
        if os.path.isfile(
            compiled
        ):  # compiling takes a fifth of the start; Python uses it only if it is the source's
            folder, base = os.path.split(f"{PYTHON_PATH}/{name}")
            tag = os.path.basename(compiled).split(".", 1)[1]
            binds.append(Bind(os.path.realpath(compiled), f"{folder}/__pycache__/{base}.{tag}"))
    return binds


def _usable(root: str | os.PathLike[str]) -> Path:
    """Return a submission's folder; an error if it is missing or the worker's user could not read it."""
    root = Path(root).resolve()
    if not root.is_dir():
        raise InfrastructureError(f"there is no folder {root}")
    if slot_uid() is not None:
        _require_readable(root)
    return root


def _require_readable(root: Path) -> None:
    for folder, _, files in os.walk(root):
        if os.stat(folder).st_mode & 0o005 != 0o005:
            raise InfrastructureError(f"the folder {folder} must be readable by everybody (mode 755)")
        for name in files:
            path = os.path.join(folder, name)
            if not os.stat(path, follow_symlinks=False).st_mode & 0o004:
                raise InfrastructureError(f"the file {path} must be readable by everybody (mode 644)")

"""The processes of the service: one that answers, one that grades, and this one, which starts them again when they end.

The web process and the graders share a folder and nothing else, so that either may be killed at any moment.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.routing import Mount, Route

from ..grading.executors import processes
from ..grading.run import ExecutorFactory
from ..nbgrader_plugin.course import Course
from ..sources import CourseError
from .grader import Grader
from .policy import DONE, NOT_GRADED, QUEUED
from .queue import Queue
from .settings import LOOPBACK, Service
from .web import Door, app

_log = logging.getLogger("autograder.service")
Pages = Sequence[Route | Mount]
_PAUSE = 1.0
"""Seconds before a process that ended is started again."""


def queue_of(service: Service) -> Path:
    """Return where the queue lies."""
    return service.folder / "queue.db"


@dataclass(frozen=True)
class Address:
    """Where the web process listens.

    Attributes
    ----------
    host : str
    port : int
    certificate, key : Path or None
        For TLS; without them only this machine is listened to, as a reverse proxy on it does.

    Raises
    ------
    CourseError
        If tokens would travel for everybody to read.
    """

    host: str = "127.0.0.1"
    port: int = 8017
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise CourseError("TLS needs both: --certificate and --key")
        if self.certificate is None and self.host not in LOOPBACK:
            raise CourseError(
                f"without TLS the service listens on this machine only, not on {self.host}: "
                "give --certificate and --key, or put a reverse proxy before it"
            )


def web(service: Service, address: Address, pages: Pages = ()) -> None:
    """Answer requests until the process is told to end; ``pages`` are those for browsers."""
    _ = service.policies, service.base  # a mistake in the configuration is said before anybody hands in
    uvicorn.run(
        app(Door(service, Queue(queue_of(service))), list(pages)),
        host=address.host,
        port=address.port,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        access_log=False,  # the audit log says who handed in what; addresses are nobody's business
        server_header=False,
        timeout_keep_alive=35,
        limit_concurrency=2000,
        log_level="warning",
    )


def grade(service: Service, workers: int, executor: ExecutorFactory = processes) -> None:
    """Grade what is in the queue until the process is told to end."""
    grader = Grader(service, executor)
    recording = threading.Lock()

    def record() -> None:
        if recording.acquire(blocking=False):
            try:
                record_apart(service)
            finally:
                recording.release()

    queue = Queue(queue_of(service), grader.grade, lambda: look_after(), record)

    def look_after() -> None:
        # also those whose message was never sent, because the web process was killed between the two: there may be
        # more messages than hand-ins that wait, for one too many does nothing, and never fewer
        waiting = len(service.store.hand_ins(state=QUEUED))
        grader.look_after(queue.send, everything=len(queue) <= waiting)

    grader.start(workers)
    try:
        grader.look_after(queue.send, everything=True)
        queue.consume(workers)
    finally:
        grader.stop()


def record_apart(service: Service) -> None:
    """Write to the gradebook what follows from what was graded, in a process of its own."""
    if not service.store.hand_ins(state=[DONE, NOT_GRADED], recorded=False):
        return
    command = [sys.executable, "-m", "autograder.service.record", str(service.root)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        _log.warning("not everything could be written to the gradebook: %s", done.stderr[-2000:])


@dataclass
class Supervisor:
    """Keeps programs running: each that ends is started again, until this process is told to end.

    Parameters
    ----------
    commands : sequence of sequence of str
        The programs.
    folder : Path
        Where they run.
    """

    commands: Sequence[Sequence[str]]
    folder: Path
    _running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _end: bool = False

    def run(self) -> None:
        """Run the programs until ``SIGINT`` or ``SIGTERM``."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        while not self._end:
            self.step()
            time.sleep(_PAUSE)
        self.end()

    def step(self) -> None:
        """Start what does not run."""
        for number, command in enumerate(self.commands):
            process = self._running.get(number)
            if process is None or process.poll() is not None:
                if process is not None:
                    _log.warning("a process ended with %s and is started again", process.returncode)
                self._running[number] = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL)

    def end(self, seconds: float = 10.0) -> None:
        """End the programs: what is graded in that moment is graded again after the next start."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + seconds
        for process in self._running.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._end = True


def main(arguments: Sequence[str], pages: Pages = ()) -> None:
    """Be one of the two processes: ``web HOST PORT [CERTIFICATE KEY]`` or ``grade WORKERS``."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    end_with_parent()
    service = Service(Course.around(Path.cwd()))
    if arguments[0] == "web":
        files = [Path(path) for path in arguments[3:]]
        web(service, Address(arguments[1], int(arguments[2]), *files), pages)
    else:
        grade(service, int(arguments[1]))


def end_with_parent() -> None:
    """Have this process ended when the one that started it is killed: it would hold its port."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == 1:
        _log.debug("started by process 1, or the parent is gone already")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The two programs of the service: one that answers, one that grades."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.routing import Mount, Route

from ...grading.executors import processes
from ...grading.run import ExecutorFactory
from ...nbgrader_plugin.course import Course
from ...sources import CourseError
from ..grader import Grader
from ..policy import DONE, NOT_GRADED, QUEUED
from ..queue import Queue
from ..settings import LOOPBACK, Service
from ..web.application import app
from ..web.door import Door
from .supervisor import end_with_parent

_log = logging.getLogger("autograder.service")
Pages = Sequence[Route | Mount]


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


if __name__ == "__main__":
    main(sys.argv[1:])

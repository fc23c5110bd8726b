"""The two programs of the service: one that answers, one that grades."""

from __future__ import annotations

import logging
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.routing import Mount, Route

from ...cluster.dask_executor import DaskExecutor, scheduler_address
from ...grading.executors import processes
from ...grading.run import ExecutorFactory
from ...nbgrader_plugin.course import Course
from ...sources import CourseError
from ..grader import Grader
from ..queue import Places, Queue
from ..record import correct_lateness
from ..settings import LOOPBACK, Service
from ..store import QUEUED
from ..uploads import sweep
from ..web.application import app
from ..web.door import Door
from ..web.impatient import Impatient
from .supervisor import end_with_parent

_log = logging.getLogger("autograder.service")
Pages = Sequence[Route | Mount]
_RECORD_EVERY = 2.0
"""Seconds between two looks at what the gradebook does not know yet."""
_AFTER_A_FAILURE = 15.0
"""Seconds after which what could not be recorded is tried again."""
_LAST_STUDENT = 8.0
"""Seconds in which what is being recorded may come to its end when the service ends."""
_LOOK_EVERY = 0.5
_OPEN_FILES = 8192
_TIMES = 2
"""For each hand-in that takes far longer than usual another one is graded beside it, up to so many times as many.

More would take too much of the time from those whose time is measured.
"""


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
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # each student who waits holds a connection, each upload a file, too
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _OPEN_FILES)), hard))
    uvicorn.run(
        app(Door(service, Queue(service.queue)), list(pages)),
        http=Impatient,
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


def grade(service: Service, workers: int, executor: ExecutorFactory | None = None) -> None:
    """Grade what is in the queue until the process is told to end; ``executor`` is for another machine than this."""
    local = executor is None
    grader = Grader(service, executor or processes, local, Places(workers) if local else None)
    queue = Queue(service.queue, grader.grade, lambda: look_after())
    end = threading.Event()

    def look_after() -> None:
        # also those whose message was never sent, because the web process was killed between the two: there may be
        # more messages than hand-ins that wait, for one too many does nothing, and never fewer
        waiting = len(service.store.hand_ins(state=QUEUED))
        grader.look_after(queue.send, everything=len(queue) <= waiting)
        sweep(service.folder, service.settings.upload_seconds)

    def record() -> None:
        # beside the queue: a full one would hold it up for its whole length, and it would take a grader's place
        pause = _RECORD_EVERY
        while not end.wait(pause):
            pause = _RECORD_EVERY if record_apart(service, end) else _AFTER_A_FAILURE

    service.workers = workers
    grader.start(workers)
    recorder = threading.Thread(target=record, name="recorder", daemon=True)
    try:
        recorder.start()
        grader.look_after(queue.send, everything=True)
        queue.consume(_TIMES * workers if local else workers)
    finally:
        end.set()
        grader.stop()
        recorder.join(_LAST_STUDENT)


def record_apart(service: Service, end: threading.Event) -> bool:
    """Write to the gradebook what follows from what was graded, in a process of its own that others go before.

    It goes on while more comes. When ``end`` is set, it stops after the student whose turn it is. Returns whether
    nothing went wrong.
    """
    correct_lateness(service)
    if not service.store.not_recorded():
        return True
    command = [sys.executable, "-m", "autograder.service.record", str(service.root)]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        while process.poll() is None:
            if end.wait(_LOOK_EVERY):
                process.terminate()
                process.wait()
        said.seek(0)
        if process.returncode and not end.is_set():
            _log.warning("not everything could be written to the gradebook: %s", said.read()[-2000:])
    return process.returncode == 0


def main(arguments: Sequence[str], pages: Pages = ()) -> None:
    """Be one of the two processes.

    ``web HOST PORT [CERTIFICATE KEY]``, or ``grade WORKERS [SCHEDULER [CERTIFICATES]]``.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    end_with_parent()
    service = Service(Course.around(Path.cwd()))
    if arguments[0] == "web":
        files = [Path(path) for path in arguments[3:]]
        web(service, Address(arguments[1], int(arguments[2]), *files), pages)
    else:
        grade(service, int(arguments[1]), _cluster(*arguments[2:]) if arguments[2:] else None)


def _cluster(url: str, certificates: str = "") -> ExecutorFactory:
    folder = Path(certificates) if certificates else None
    address = scheduler_address(url, folder)
    return lambda workers: DaskExecutor(address, folder)


if __name__ == "__main__":
    main(sys.argv[1:])

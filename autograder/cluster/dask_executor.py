"""Grading on many machines with Dask distributed, behind the same `concurrent.futures` interface as on one.

Scheduler and workers unpickle what reaches them, so whoever can connect can run code there: connections need
certificates that `certificates.make` has made, on any network but a machine's own loopback.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..grading import grade
from .parcel import TooLargeToTravel, grade_parcel, pack
from .same_versions import WrongVersion, differences, versions, versions_here

SCHEME = "dask"
PORT = 8786
_CONNECT_SECONDS = 120


class ClusterUnusable(Exception):
    """The cluster cannot be used; the message says what to do."""


def scheduler_address(url: str, certificates: Path | None) -> str:
    """Return Dask's address of a scheduler: encrypted, or plain on this machine's own loopback.

    Raises
    ------
    ClusterUnusable
        If the URL is of another form, or there are no certificates for another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in (SCHEME, "tls", "tcp") or not parts.hostname:
        raise ClusterUnusable(f"--executor takes {SCHEME}://HOST:PORT, but got {url}")
    place = f"{parts.hostname}:{parts.port or PORT}"
    if certificates is not None and parts.scheme != "tcp":
        return f"tls://{place}"
    if parts.scheme == "tls" or not _is_loopback(parts.hostname):
        raise ClusterUnusable(
            f"{url} is another machine: its scheduler is only spoken to with certificates. Make them with "
            "`autograder cluster certificates FOLDER`, copy that folder to all machines, and give --certificates FOLDER"
        )
    return f"tcp://{place}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def security(certificates: Path | None) -> Any:
    """Return Dask's description of certificates; None without any."""
    if certificates is None:
        return None
    from distributed.security import Security

    authority, certificate, key = (str(certificates / name) for name in FILES)
    roles = {
        f"tls_{role}_{what}": path
        for role in ("client", "scheduler", "worker")
        for what, path in (("cert", certificate), ("key", key))
    }
    return Security(tls_ca_file=authority, require_encryption=True, **roles)


FILES = ("authority.pem", "certificate.pem", "key.pem")
"""The authority that all sides trust, and what they prove that they belong to the cluster with."""


class DaskExecutor(Executor):
    """Has the workers of a Dask cluster grade; submissions and reports travel as bytes.

    Parameters
    ----------
    address : str
        As `scheduler_address` gives it.
    certificates : Path or None
        Folder with `FILES`.

    Raises
    ------
    ClusterUnusable
        If the scheduler does not answer, or has no workers.
    """

    def __init__(self, address: str, certificates: Path | None):
        from distributed import Client

        try:
            self._client = Client(address, security=security(certificates), timeout=_CONNECT_SECONDS)
            self._client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            raise ClusterUnusable(f"no scheduler with workers answers at {address}: {error}") from error

    @property
    def threads(self) -> int:
        """How many submissions the workers grade at once."""
        return sum(self._client.nthreads().values())

    def refuse_other_versions(self, settings: grade.Settings) -> None:
        """Ask all workers for their versions.

        Raises
        ------
        ClusterUnusable
            If one would judge otherwise than this machine.
        """
        mine = versions(settings)
        for worker, there in self._client.run(versions_here, settings.milestone.name).items():
            if differ := differences(mine, there):
                raise ClusterUnusable(
                    f"the worker {worker} has another version of {differ}; install the same everywhere"
                )

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        """Have ``grade.grade_folder`` called on a worker; its arguments are the only ones that can travel."""
        folder, student, settings, known_digest = arguments
        result: Future[Any] = Future()
        result.set_running_or_notify_cancel()
        try:
            parcel = pack(folder, student, settings, known_digest)
        except (TooLargeToTravel, OSError):
            result.set_result(function(*arguments))
            return result
        sent = self._client.submit(grade_parcel, parcel, pure=False, retries=0)
        sent.add_done_callback(lambda done: _hand_on(done, result, student, settings))
        return result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster."""
        self._client.close()


def _hand_on(done: Any, result: Future[Any], student: str, settings: grade.Settings) -> None:
    """Hand the outcome of Dask's future on; a worker or scheduler that is gone is a broken executor."""
    if done.status == "finished":
        result.set_result(json.loads(done.result()))
        return
    if done.status == "error":
        error = done.exception()
        if isinstance(error, WrongVersion):
            result.set_result(grade.not_graded(student, settings, str(error)))
            return
        if type(error).__name__ not in ("KilledWorker", "CommClosedError", "FutureCancelledError"):
            result.set_exception(error)
            return
    result.set_exception(BrokenExecutor(f"the cluster lost the work on {student}"))

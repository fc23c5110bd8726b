"""One run at a time for a folder of reports, and how to go on with one that was ended early."""

from __future__ import annotations

import contextlib
import datetime
import getpass
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..reports import report as reporting
from .grade import Settings

LOCK, STATE = ".autograder.lock", ".autograder.run.json"


class AnotherRun(Exception):
    """A run of this course is under way; the message names it."""


@dataclass(frozen=True)
class Earlier:
    """A run that was ended before it was done.

    Attributes
    ----------
    seed : int
    started : str
    """

    seed: int
    started: str


@contextlib.contextmanager
def only_run(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder's lock for as long as a run lasts; the lock of a process that is killed is free again.

    Raises
    ------
    AnotherRun
        If another process holds it.
    """
    lock = FileLock(folder / LOCK)
    holder = folder / f"{LOCK}.json"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AnotherRun(_told(_read(holder), folder)) from None
    try:
        began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        who = {
            "what": what,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "user": _user(),
            "started": began,
        }
        reporting.write_text(holder, json.dumps(who) + "\n")
        yield
        holder.unlink(missing_ok=True)
    finally:
        lock.release()


def _told(who: dict[str, Any], folder: Path) -> str:
    if not who:
        return f"another run is writing to {folder}; wait until it is done"
    return (
        f"another run is writing to {folder}: {who.get('what')}, process {who.get('pid')} of {who.get('user')} on "
        f"{who.get('host')}, since {who.get('started')}; wait until it is done, or interrupt it"
    )


def earlier(folder: Path, settings: Settings) -> Earlier | None:
    """Return the run of the same milestone, checks and images that was ended early here; None if there is none."""
    found = _read(folder / STATE)
    try:
        if found.pop("run") == _identity(settings):
            return Earlier(int(found["seed"]), str(found["started"]))
    except (KeyError, TypeError, ValueError):
        pass
    return None


def begin(folder: Path, settings: Settings) -> None:
    """Note that a run begins, so that it can be gone on with."""
    began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    state = {"run": _identity(settings), "seed": str(settings.seed), "started": began}
    reporting.write_text(folder / STATE, json.dumps(state) + "\n")


def done(folder: Path) -> None:
    """Note that a run is complete."""
    (folder / STATE).unlink(missing_ok=True)


def _identity(settings: Settings) -> dict[str, str]:
    versions = reporting.versions(settings.milestone)
    return {
        "milestone": settings.milestone.name,
        "data": settings.data or "",
        reporting.CONTENT: versions[reporting.CONTENT],
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an id without a name, as in containers
        return str(os.getuid())

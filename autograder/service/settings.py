"""The service of one course: its settings in ``nbgrader_config.py``, its folder, its database and its rules."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from traitlets import Bool, Dict, Float, Integer, List, Unicode
from traitlets.config import Configurable

from ..gradebook.by_hand import ByHand, HandChanges
from ..gradebook.deadlines import Deadlines
from ..milestone import Milestone
from ..nbgrader_plugin.course import CONFIG, Course
from ..sources import CourseError
from .policy import Policy, PolicyError, policies
from .queue import queue_of
from .store import HandIn, Store

_WORKERS = "graded-at-once"
_ROOM = 3
"""Room for so many of the largest archives is kept for what results, queue and gradebook need."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class GradingService(Configurable):
    """Settings of the service, as ``c.GradingService.<name>`` in ``nbgrader_config.py``."""

    url = Unicode("http://127.0.0.1:8017", help="Where students reach the service.").tag(config=True)
    folder = Unicode("service", help="Where it keeps hand-ins and its database.").tag(config=True)
    store_url = Unicode(
        "",
        help="A PostgreSQL database in place of SQLite in that folder, for hand-ins and queue: postgresql+psycopg://…",
    ).tag(config=True)
    workers = Integer(0, help="How many hand-ins are graded at once; 0 for one per core.").tag(config=True)
    policies = Dict(help="The rules of each milestone; 'default' for all. See `policy.Policy`.").tag(
        config=True
    )
    groups = Unicode(
        "group.txt",
        help="Who hands in together: 'group.txt' for hand-ins that say it; a table with the columns group, student "
        "and, if it is not for all, milestone; empty if nobody does.",
    ).tag(config=True)
    jupyterhub = Bool(
        False, help="Whether this is a service of a JupyterHub, whose users come with its tokens."
    ).tag(config=True)
    hub_instructors = List(
        Unicode(),
        help="Who of the hub's users is an instructor here: names, and 'group:NAME' for groups of the hub.",
    ).tag(config=True)
    hub_assistants = List(Unicode(), help="The same for assistants.").tag(config=True)
    most_bytes = Integer(30_000_000, help="The largest archive that is taken.").tag(config=True)
    most_bytes_of_one = Integer(
        1_000_000_000, help="How much of one person is kept; who sends more is told to ask."
    ).tag(config=True)
    upload_seconds = Float(120.0, help="How long one upload may take.").tag(config=True)
    uploads_at_once = Integer(200, help="How many uploads may be under way.").tag(config=True)
    uploads = Unicode("60/hour", help="How many hand-ins of one person are looked at.").tag(config=True)
    requests = Unicode("240/minute", help="How many requests of one person are answered.").tag(config=True)
    strangers = Unicode("30/minute", help="How many without a token that holds, of one address.").tag(
        config=True
    )


@dataclass
class Service:
    """Everything that the web process and the graders share.

    Parameters
    ----------
    course : Course
        The course's folder and its configuration.
    """

    course: Course

    def __post_init__(self) -> None:
        if self.course.root is None:
            raise CourseError(
                f"this is no course's folder: there is no {CONFIG}; `autograder new-course` makes one"
            )

    @property
    def root(self) -> Path:
        """The course's folder."""
        assert self.course.root is not None
        return self.course.root

    @cached_property
    def config(self) -> Any:
        """What ``nbgrader_config.py`` says."""
        return self.course.directory.config

    @cached_property
    def settings(self) -> GradingService:
        """The service's own settings."""
        return GradingService(config=self.config)

    @cached_property
    def base(self) -> str:
        """The URL under which students reach the service, without a slash at its end.

        Raises
        ------
        CourseError
            If it is neither TLS nor on this machine: tokens would travel for everybody to read.
        """
        url = urlsplit(self.settings.url)
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
            raise CourseError(f"c.GradingService.url is {self.settings.url!r}; it has to begin with https://")
        return self.settings.url.rstrip("/")

    @cached_property
    def folder(self) -> Path:
        """The service's folder, which only its own user can read."""
        folder = self.root / self.settings.folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "hand-ins").mkdir(mode=0o700, exist_ok=True)
        return folder

    def has_room_for(self, size: int) -> bool:
        """Return whether the disk has room for so many bytes more, and for what comes of what is there."""
        return shutil.disk_usage(self.folder).free > size + _ROOM * self.settings.most_bytes

    @cached_property
    def store(self) -> Store:
        """The service's database."""
        return Store(self.settings.store_url or f"sqlite:///{self.folder / 'service.db'}")

    @cached_property
    def milestones(self) -> dict[str, Milestone]:
        """The milestones of the course, by name."""
        sources = self.course.sources
        return {one.name: one for one in sources.milestones if sources.assignment_folder(one).is_dir()}

    @cached_property
    def policies(self) -> dict[str, Policy]:
        """The rules of each milestone."""
        try:
            return policies(self.settings.policies, list(self.milestones))
        except PolicyError as error:
            raise CourseError(f"c.GradingService.policies: {error}") from None

    @cached_property
    def deadlines(self) -> Deadlines:
        """Deadlines, extensions and the roster."""
        return Deadlines(str(self.course.directory.db_url), self.root)

    @cached_property
    def _hand_changes(self) -> HandChanges:
        return HandChanges(str(self.course.directory.db_url))

    def by_hand(self, milestone: str, graded: Iterable[HandIn], student: str = "") -> dict[str, ByHand]:
        """Return for each student, or for one, what people changed in the gradebook.

        Parameters
        ----------
        milestone : str
        graded : iterable of HandIn
            Their results say what checks there are.
        student : str, optional
        """
        checks = {check["name"] for one in graded if one.result for check in one.result["checks"]}
        return self._hand_changes.of(milestone, checks, student) if checks else {}

    @property
    def open_milestones(self) -> dict[str, Milestone]:
        """The milestones that take hand-ins: those that were released with ``nbgrader generate_assignment``."""
        released = self.deadlines.released()
        return {name: one for name, one in self.milestones.items() if name in released}

    @property
    def workers(self) -> int:
        """How many hand-ins are graded at once: as the graders said when they started, else as the course says."""
        with contextlib.suppress(OSError, ValueError):
            return max(1, int((self.folder / _WORKERS).read_text()))
        return self.settings.workers or os.cpu_count() or 1

    @workers.setter
    def workers(self, count: int) -> None:
        (self.folder / _WORKERS).write_text(f"{count}\n")

    @property
    def queue(self) -> Path | str:
        """Where the queue lies."""
        return queue_of(self.folder, self.settings.store_url)

    def folder_of(self, student: str, digest: str) -> Path:
        """Return where a student's archive with this SHA-256 lies: in a folder of its own."""
        return self.folder / "hand-ins" / hashlib.sha256(f"{student}/{digest}".encode()).hexdigest()

    def report_of(self, hand_in: HandIn) -> Path:
        """Return where the report on a hand-in lies; it holds what no student may see."""
        return self.folder / "reports" / f"{hand_in.id}.json"

    def progress_of(self, hand_in_id: str) -> Path:
        """Return where the grader says at which check it is."""
        return self.folder / "progress" / hand_in_id

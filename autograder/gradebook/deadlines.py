"""Deadlines, as the gradebook says, with each student's extension; and who is in the roster."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, Notebook, Student
from sqlalchemy.exc import OperationalError

from .extensions import FILE, read_extensions

_log = logging.getLogger("autograder.service")
_DAY = 86400.0


@dataclass
class Deadlines:
    """Deadlines of a course, read again after some seconds.

    Parameters
    ----------
    url : str
        Of the gradebook.
    root : Path
        The course's folder, with the table of extensions.
    keep : float
        For how many seconds what was read is used.
    """

    url: str
    root: Path
    keep: float = 10.0
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _read_at: float = field(default=float("-inf"), repr=False)
    _due: dict[str, float] = field(default_factory=dict, repr=False)
    _more: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)
    _released: frozenset[str] = field(default=frozenset(), repr=False)
    _roster: frozenset[str] = field(default=frozenset(), repr=False)

    def of(self, student: str, milestone: str) -> float | None:
        """Return when a student's hand-ins of a milestone begin to be late; None for never."""
        self._read()
        due = self._due.get(milestone)
        return None if due is None else due + self._more.get((student, milestone), 0.0)

    def is_late(self, student: str, milestone: str, received: float) -> bool:
        """Return whether what came at a time is late, as the gradebook and the extensions stand now."""
        deadline = self.of(student, milestone)
        return deadline is not None and received > deadline

    def roster(self) -> frozenset[str]:
        """Return the ids of the students in the gradebook."""
        self._read()
        return self._roster

    def released(self) -> frozenset[str]:
        """Return the names of the assignments that were generated: those whose notebooks the gradebook knows."""
        self._read()
        return self._released

    def _read(self) -> None:
        if self.clock() - self._read_at < self.keep:
            return
        with self._lock:
            if self.clock() - self._read_at < self.keep:
                return
            try:
                self._read_now()
            except OperationalError as error:  # somebody is writing: what was read last holds a little longer
                if self._read_at == float("-inf"):
                    raise
                _log.warning("the gradebook could not be read: %s", error)
                self._read_at = self.clock()

    def _read_now(self) -> None:
        extensions = read_extensions(self.root / FILE)
        with Gradebook(self.url) as gradebook:
            dues = gradebook.db.query(Assignment.name, Assignment.duedate).all()
            self._roster = frozenset(id for (id,) in gradebook.db.query(Student.id).all())
            generated = gradebook.db.query(Assignment.name).join(Notebook).distinct().all()
        self._released = frozenset(name for (name,) in generated)
        self._due = {
            name: due.replace(tzinfo=datetime.UTC).timestamp() for name, due in dues if due is not None
        }
        self._more = {(one.student, one.assignment): _DAY * one.days for one in extensions}
        self._read_at = self.clock()

"""Who hands in together: as the course's table says, or as the hand-in itself says in ``group.txt``.

A group's hand-in is graded once and recorded for each member. Where the course's table says so, its hand-ins and
attempts are those of all members. A name in ``group.txt`` is one student's word: it never takes anything from the one
who is named, so theirs counts on unless the group's is better, and their attempts stay their own.
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from ..gradebook.scores import people
from ..lms import groups as sharing
from ..lms import table
from ..lms.roster import Roster
from ..sources import CourseError
from .policy import Policy, counting
from .settings import Service
from .store import HandIn

_LARGEST = 10_000


@dataclass(frozen=True)
class Group:
    """The other members of a group, and whether the course says so."""

    members: tuple[str, ...] = ()
    agreed: bool = False


ALONE = Group()


def group_of(service: Service, student: str, milestone: str, archive: Path | None = None) -> Group:
    """Return with whom a student hands in.

    Parameters
    ----------
    service : Service
    student, milestone : str
    archive : Path, optional
        What was handed in.

    Raises
    ------
    CourseError
        If the course's table cannot be read.
    """
    said = service.settings.groups
    if not said:
        return ALONE
    if said != sharing.MEMBERS:
        return Group(_in_table(service, service.root / said, student, milestone), True)
    text = _text(archive) if archive is not None else ""
    if not text:
        return ALONE
    named, _ = sharing.named_in(text, _roster(service))
    return Group(tuple(sorted(named - {student})))


def _in_table(service: Service, path: Path, student: str, milestone: str) -> tuple[str, ...]:
    try:
        found = table.read(path)
        if found.column("milestone") is not None:
            found.rows = [row for row in found.rows if found.get(row, "milestone") in ("", milestone)]
        groups = sharing.groups_of(found, _people(service))
    except (OSError, table.TableError) as error:
        raise CourseError(f"c.GradingService.groups: {path}: {error}") from error
    together = {one for members in groups.values() if student in members for one in members}
    return tuple(sorted(together - {student}))


def _roster(service: Service) -> Roster:
    return Roster(_people(service))


def _people(service: Service) -> list[sharing.Person]:
    with Gradebook(str(service.course.directory.db_url)) as gradebook:
        return list(people(gradebook))


def _text(archive: Path) -> str:
    """Return what ``group.txt`` of an archive says, in its top folder; nothing if there is none."""
    unreadable = zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error
    with contextlib.suppress(*unreadable), zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            parts = member.filename.split("/")
            if parts[-1] == sharing.MEMBERS and len(parts) <= 2 and member.file_size <= _LARGEST:
                with opened.open(member) as file:
                    return table.text_of(file.read(_LARGEST))
    return ""


def counting_for(policy: Policy, student: str, tries: Sequence[HandIn]) -> HandIn | None:
    """Return the hand-in that counts for a student, of their own and those of their group."""
    own = [one for one in tries if one.student == student or one.agreed]
    named = [one for one in tries if one.student != student and not one.agreed]
    counts = counting(policy, own)
    for one in filter(None, [counting(policy, named)]):
        if counts is None:
            return one
        if (one.score or 0.0) > (counts.score or 0.0) and (counts.late or not one.late):
            return one
    return counts

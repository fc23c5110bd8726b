"""Whether the databases of a course can be used, before anything is started that would only fail again and again."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from sqlalchemy.engine import make_url

from ...sources import CourseError
from ..settings import Service

_BACKUP = "Put a backup of it in its place, see docs/service.md."


def require_sound(service: Service) -> list[str]:
    """Look at the databases that are files, and return what was done about one that cannot be read.

    The queue alone can be spared: what waits is known without it.

    Raises
    ------
    CourseError
        If the service's database or the gradebook cannot be read.
    """
    gradebook = make_url(str(service.course.directory.db_url))
    if (
        gradebook.drivername == "sqlite"
        and gradebook.database
        and (why := _what_is_wrong(Path(gradebook.database)))
    ):
        raise CourseError(f"the gradebook {gradebook.database} cannot be read: {why}. {_BACKUP}")
    if service.settings.store_url:
        return []
    own = service.folder / "service.db"
    if why := _what_is_wrong(own):
        raise CourseError(f"{own} cannot be read: {why}. {_BACKUP}")
    if not own.exists() and any((service.folder / "hand-ins").iterdir()):
        raise CourseError(f"{own} is missing, but not the hand-ins that it is about. {_BACKUP}")
    queue = service.folder / "queue.db"
    if not (why := _what_is_wrong(queue)):
        return []
    for path in (queue, *(queue.with_name(f"{queue.name}{end}") for end in ("-wal", "-shm"))):
        with contextlib.suppress(FileNotFoundError):
            path.replace(path.with_name(f"{path.name}.broken"))
    return [f"{queue} could not be read ({why}) and is made anew; nothing that waits is lost."]


def _what_is_wrong(path: Path) -> str:
    """Return why a file is no database that can be used; nothing if it is one, or there is none."""
    if not path.exists():
        return ""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if said == "ok" else " ".join(str(said).split())

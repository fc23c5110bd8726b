"""What the service keeps of a student: given to them, or erased; and a backup of all of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from sqlalchemy.engine import make_url

from ..sources import CourseError
from .settings import Service
from .shown import visible
from .uploads import NAME

GRADEBOOK = "gradebook.db"


def export(service: Service, student: str, path: Path) -> int:
    """Write an archive with everything that the service keeps of a student; return how many hand-ins are in it."""
    found = service.store.hand_ins(of=student)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in found:
            kept = asdict(one) | {"worker": None}
            if one.result is not None:
                kept["result"] = visible(one.result, service.policies[one.milestone])
            archive.writestr(f"{one.id}/hand-in.json", json.dumps(kept, indent=1))
            upload = service.folder_of(one.student, one.digest) / NAME
            if upload.is_file():
                archive.write(upload, f"{one.id}/{NAME}")
        archive.writestr("audit-log.json", json.dumps(service.store.audit.notes(student), indent=1))
        archive.writestr("role.json", json.dumps(service.store.accounts.people().get(student)))
    return len(found)


def erase(service: Service, student: str) -> int:
    """Delete what the service keeps of a student; return how many hand-ins that were.

    What nbgrader has of them, in ``submitted``, ``autograded``, ``feedback``, ``reports`` and the gradebook, stays.
    """
    found = service.store.hand_ins(student=student)
    service.store.erase(student)
    for one in found:
        service.report_of(one).unlink(missing_ok=True)
        service.progress_of(one.id).unlink(missing_ok=True)
        shutil.rmtree(service.folder_of(student, one.digest), ignore_errors=True)
    return len(found)


def back_up(service: Service, into: Path) -> bool:
    """Copy the database, as it is in one moment, and then all that it names, to a new folder; the service goes on.

    To restore it, end the service, put the folder in the place of its own, and start it. Returns whether the gradebook
    was copied, too; it is if it is a file.
    """
    if service.settings.store_url:
        raise CourseError(
            "the service's database is on a server: copy it with pg_dump, and then the folder "
            f"{service.folder} with any program"
        )
    into.mkdir(parents=True, mode=0o700)
    _copy(service.folder / "service.db", into / "service.db")
    # hand-ins are never changed once they are there, and each is there before the database names it
    for name in ("hand-ins", "reports", "handed-in-elsewhere"):
        if (service.folder / name).is_dir():
            _copy_folder(service.folder / name, into / name)
    # after the database, so that it has what is noted there as recorded
    gradebook = make_url(str(service.course.directory.db_url))
    if gradebook.drivername != "sqlite" or not gradebook.database:
        return False
    _copy(Path(gradebook.database), into / GRADEBOOK)
    return True


def _copy(path: Path, into: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(into)) as copy:
        source.backup(copy)
    into.chmod(0o600)


def _copy_folder(folder: Path, into: Path) -> None:
    """Copy a folder in which files come and go: a hand-in that is refused, say, which no database names."""
    try:
        shutil.copytree(folder, into)
    except shutil.Error as error:
        if any(Path(source).exists() for source, _, _ in error.args[0]):
            raise

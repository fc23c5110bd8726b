"""Extensions: who may hand in an assignment later, and by how many days; a small table in the course's folder.

nbgrader keeps an extension with a submission, so it can have one only after something was handed in. The table is there
before, and says why.
"""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Student, SubmittedAssignment

FILE = "extensions.csv"


class ExtensionError(ValueError):
    """The table cannot be used as it is; the message says where and why."""


@dataclass(frozen=True)
class Extension:
    """More time for one student in one assignment."""

    student: str
    assignment: str
    days: float
    reason: str = ""


_COLUMNS = [field.name for field in fields(Extension)]


def read_extensions(path: Path) -> list[Extension]:
    """Return the extensions of a course; none if there is no table.

    Raises
    ------
    ExtensionError
        If a line cannot be read.
    """
    if not path.is_file():
        return []
    found: dict[tuple[str, str], Extension] = {}
    reader = _rows(path)
    if missing := {"student", "assignment", "days"} - set(reader.fieldnames or ()):
        raise ExtensionError(f"{path}: there is no column {', '.join(sorted(missing))}")
    for number, row in enumerate(reader, 2):
        said = {name: (text or "").strip() for name, text in row.items() if name in _COLUMNS}
        if not any(said.values()):
            continue
        try:
            days = float(said["days"].replace(",", "."))
        except ValueError:
            raise ExtensionError(f"{path}, line {number}: {said['days']!r} is no number of days") from None
        if not 0 < days < 1000:
            raise ExtensionError(f"{path}, line {number}: {days:g} days are no extension")
        one = Extension(said["student"], said["assignment"], days, said.get("reason", ""))
        found[one.student, one.assignment] = one  # the last line counts
    return list(found.values())


def _rows(path: Path) -> csv.DictReader[str]:
    """Return the rows of the table, which somebody may have edited in a spreadsheet."""
    data = path.read_bytes()
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")
    text = re.sub(r'\A"?sep=[^\n]*\n', "", text)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


def write_extensions(path: Path, extensions: Iterable[Extension]) -> None:
    """Replace the table by these extensions, in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(
                (text if isinstance(text, str) else f"{text:g}" for text in astuple(one))
                for one in extensions
            )
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def apply(
    gradebook: Any, extensions: Iterable[Extension], assignment: str, student: str
) -> datetime.timedelta:
    """Give a submission in the gradebook its extension, and return it; nothing is done if there is no submission."""
    days = next((e.days for e in extensions if (e.student, e.assignment) == (student, assignment)), 0.0)
    more = datetime.timedelta(days=days)
    query = gradebook.db.query(SubmittedAssignment)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    query = query.join(Student, SubmittedAssignment.student_id == Student.id)
    for submission in query.filter(Assignment.name == assignment, Student.id == student):
        submission.extension = more or None
    gradebook.db.commit()
    return more


def still_open(
    gradebook: Any, extensions: Iterable[Extension], now: datetime.datetime | None = None
) -> list[tuple[Extension, datetime.datetime]]:
    """Return the extensions that have not run out, each with its end in UTC; those without a due date never do."""
    now = now or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    dues = dict(gradebook.db.query(Assignment.name, Assignment.duedate).all())
    found = []
    for one in extensions:
        due = dues.get(one.assignment)
        end = datetime.datetime.max if due is None else due + datetime.timedelta(days=one.days)
        if end > now:
            found.append((one, end))
    return found

"""What a grading worksheet of Moodle says of the participants of an assignment."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from .table import Table, TableError

_FORMS = (
    "%A, %d %B %Y, %I:%M %p",
    "%A, %d %B %Y, %H:%M",
    "%A, %B %d, %Y, %I:%M %p",
    "%d %B %Y, %I:%M %p",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d/%m/%y, %H:%M",
)


@dataclass(frozen=True)
class Participant:
    """Who a number stands for, and when they handed in, in the time of the Moodle server's users."""

    ids: tuple[str, ...]
    name: str
    handed_in: datetime.datetime | None = None


def participants(worksheet: Table) -> dict[str, Participant]:
    """Return the participants of a worksheet by their numbers.

    Raises
    ------
    TableError
        If it is not a grading worksheet.
    """
    if worksheet.column("Identifier") is None:
        raise TableError("this is not a grading worksheet of Moodle: it has no column Identifier")
    found = {}
    for row in worksheet.rows:
        number = re.search(r"\d+$", worksheet.get(row, "Identifier"))
        if number:
            ids = tuple(worksheet.get(row, name) for name in ("ID number", "Username", "Email address"))
            moment = _moment(worksheet.get(row, "Last modified (submission)"))
            found[number[0]] = Participant(ids, worksheet.get(row, "Full name"), moment)
    return found


def _moment(text: str) -> datetime.datetime | None:
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    return None

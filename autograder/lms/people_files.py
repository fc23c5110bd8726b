"""Rosters that others write: Canvas, Moodle, nbgrader, and any table with ids and names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..gradebook.scores import Person
from .table import Table, TableError
from .unpack import is_folder_name

_ID = ("id", "login", "username", "user name", "SIS Login ID", "student_id")
_OF_CLASSROOM = ("roster_identifier", "identifier")
"""In GitHub Classroom's roster; a column of this name is something else in Moodle's files."""
_FIRST = ("first_name", "first name", "FirstName", "given name", "forename")
_LAST = ("last_name", "last name", "LastName", "surname", "family name")
_NAME = ("Student", "full name", "name", "student name")
_EMAIL = ("email", "email address", "e-mail", "mail")
_LMS = ("lms_user_id", "lms user id", "lms id")
_NUMBER = ("ID number", "SIS User ID", "SIS ID", "student number", "OrgDefinedId")
_GRADESCOPE = "SID"
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+")
"""A long number as a spreadsheet writes it, with its last digits gone."""
_STATUS = ("status", "enrollment status", "enrolment status", "enrollment state", "state", "availability")
_GONE = {"dropped", "withdrawn", "inactive", "deleted", "rejected", "suspended", "concluded", "no"}
_GROUP = ("groups", "group", "group name", "team", "section")


@dataclass
class Read:
    """What a roster file says.

    Attributes
    ----------
    people : list of Person
    groups : dict of str to str
        Student → what the file has for their group or section.
    notes : list of str
        Rows that were left out, with the reason.
    """

    people: list[Person] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_roster(table: Table, ids: str = "") -> Read:
    """Return the people in a roster.

    Parameters
    ----------
    table : Table
    ids : str, optional
        The column that has the ids, which become names of folders. By default a login, else an id number, else what
        stands before the ``@`` of the e-mail address.

    Raises
    ------
    TableError
        If no column says who somebody is, or two rows have one id.
    """
    canvas = table.column("Student", "LastName") is not None and table.column("Section") is not None
    if ids and table.column(ids) is None:
        raise TableError(f"there is no column {ids!r}; the columns are: {', '.join(table.header)}")
    classroom = table.column("github_username") is not None
    if not ids and classroom:
        ids = next((name for name in _OF_CLASSROOM if table.column(name) is not None), "")
    if not ids and all(table.column(*names) is None for names in (_ID, _NUMBER, _EMAIL)):
        raise TableError(
            f"no column has an id or an e-mail address; the columns are: {', '.join(table.header)}"
        )
    found = Read()
    rows: dict[str, int] = {}
    for number, row in enumerate(table.rows, 2):
        first, last = _name(table, row)
        if classroom and last == table.get(row, *_OF_CLASSROOM):  # who gave a list of ids has no names
            first = last = ""
        shown = f"row {number} ({(first + ' ' + last).strip() or 'no name'})"
        if canvas and _is_not_a_student(row):
            continue
        if canvas and (last, first) == ("Student", "Test"):
            found.notes.append(f"{shown}: Canvas's test student; left out")
            continue
        if (status := table.get(row, *_STATUS)).casefold() in _GONE:
            found.notes.append(f"{shown}: {status!r} in the column of the state; left out")
            continue
        person = _person(table, row, ids, canvas, first, last)
        if not is_folder_name(person.id) or person.id.startswith("."):
            found.notes.append(f"{shown}: no id that can be the name of a folder ({person.id!r}); left out")
            continue
        if _ROUNDED.fullmatch(person.id):
            found.notes.append(f"{shown}: {person.id} is a number that a spreadsheet has rounded; left out")
            continue
        if person in found.people:
            found.notes.append(f"{shown}: as row {rows[person.id]}; taken once")  # a row for each section
            continue
        if person.id in rows:
            raise TableError(
                f"rows {rows[person.id]} and {number} have one id, {person.id!r}: name the column that tells them apart"
            )
        rows[person.id] = number
        found.people.append(person)
        if group := table.get(row, *_GROUP):
            found.groups[person.id] = group
    return found


def _is_not_a_student(row: list[str]) -> bool:
    """Return whether this is one of Canvas's rows between its heading and the first student."""
    return "Points Possible" in row[0] or not any(row[:3])


def _name(table: Table, row: list[str]) -> tuple[str, str]:
    """Return first and last name, from columns of their own or from one that has both."""
    first, last = table.get(row, *_FIRST), table.get(row, *_LAST)
    if first or last:
        return first, last
    whole = table.get(row, *_NAME)
    last, comma, first = whole.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = whole.rpartition(" ")
    return first.strip(), last.strip()


def _person(table: Table, row: list[str], ids: str, canvas: bool, first: str, last: str) -> Person:
    email = table.get(row, *_EMAIL)
    numbers = ("ID",) if canvas else ("ID number", "OrgDefinedId")
    lms_id = table.get(row, *_LMS) or table.get(row, *numbers, _GRADESCOPE).removeprefix("#")  # Brightspace's
    if ids:
        own = table.get(row, ids)
    elif canvas:  # its column ID is a number of Canvas's own
        own = table.get(row, "SIS Login ID") or table.get(row, "SIS User ID") or lms_id
    else:
        own = table.get(row, *_ID) or table.get(row, *_NUMBER) or email.partition("@")[0]
    if not email and "@" in own:
        email = own
    return Person(own.removeprefix("#"), first, last, email, lms_id)

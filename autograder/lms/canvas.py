"""Grades for Canvas: the CSV file that its gradebook imports.

Its first row names the student's columns, up to ``Section``, and then each assignment as ``title (id)``; a row
``Points Possible`` follows. Canvas finds a student by ``ID``, else by ``SIS User ID`` or ``SIS Login ID``, and an
assignment by the id in its heading, else by the title; where it finds none it offers to make a new assignment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..gradebook.scores import Person, Result
from .grades import Filled, not_final, to_tell
from .roster import Roster, plain_name
from .table import Table, TableError, harmless, points

_STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POINTS = "    Points Possible"
_HEADING = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)")


def new_file(
    results: Sequence[Result], columns: Mapping[str, str] | None = None, *, missing_as_zero: bool = False
) -> Filled:
    """Return a file made from the gradebook alone.

    Parameters
    ----------
    results : sequence of Result
    columns : mapping of str to str, optional
        Assignment → its heading in Canvas, ``title (id)``. By default the assignment's name: Canvas then looks for an
        assignment of this title.
    missing_as_zero : bool, default False
        Whether who handed in nothing gets 0.
    """
    assignments = list(dict.fromkeys(result.assignment for result in results))
    headings = [(columns or {}).get(name, name) for name in assignments]
    most = {result.assignment: points(result.max_score, 2) for result in results}
    table = Table([*_STUDENT, *map(harmless, headings)])
    table.rows.append([_POINTS, *[""] * 4, *(most[name] for name in assignments)])
    notes = not_final(results)
    told = {(r.student.id, r.assignment): to_tell(r, missing_as_zero=missing_as_zero) for r in results}
    for person in dict.fromkeys(result.student for result in results):
        given = [told.get((person.id, name)) or "" for name in assignments]
        canvas_id = person.lms_id if person.lms_id.isdecimal() else ""
        sis = "" if canvas_id else person.lms_id
        name = ", ".join(part for part in (person.last_name, person.first_name) if part)
        table.rows.append([*map(harmless, (name, canvas_id, sis, person.id, "")), *given])
        if not person.lms_id:
            notes.append(f"{person.id}: the roster has no LMS id; Canvas looks for the login {person.id!r}")
    return Filled(table, notes)


def fill(
    exported: Table,
    results: Sequence[Result],
    columns: Mapping[str, str] | None = None,
    *,
    missing_as_zero: bool = False,
) -> Filled:
    """Return the columns of a gradebook that was exported from Canvas, with our scores in them.

    What has no final score keeps what Canvas has. Only the student's columns and those of the assignments are returned,
    so that nothing else can change.

    Raises
    ------
    TableError
        If the file is not an export of Canvas's gradebook, or an assignment has no column of its own in it.
    """
    section = exported.column("Section")
    if section is None or exported.column("ID") is None:
        raise TableError(
            "this is not a gradebook exported from Canvas: its columns ID and Section are missing"
        )
    assignments = list(dict.fromkeys(result.assignment for result in results))
    where = {name: _column(exported, section, name, (columns or {}).get(name)) for name in assignments}
    roster = Roster(dict.fromkeys(result.student for result in results))
    told = {(r.student.id, r.assignment): to_tell(r, missing_as_zero=missing_as_zero) for r in results}
    most = {result.assignment: result.max_score for result in results}
    kept = [*range(section + 1), *where.values()]
    comma = any(
        re.fullmatch(r"\s*\d+,\d+\s*", row[i])
        for row in exported.rows
        if "Points Possible" in row[0]
        for i in where.values()
    )
    table = Table([exported.header[i] for i in kept], [], exported.delimiter, exported.mark)
    notes, found = not_final(results), set()
    for row in exported.rows:
        person = None
        if "Points Possible" in row[0]:
            notes += _other_points(row, where, most)
        elif any(row[: section + 1]):
            person = _who(exported, row, roster)
            if person is None:
                notes.append(
                    f"{row[0].strip()}: in Canvas, and nobody or not one alone in the gradebook; left out"
                )
                continue
            found.add(person.id)
        given = [told.get((person.id, name)) if person else None for name in assignments]
        if comma:  # as this Canvas writes numbers, or a spreadsheet would take one for a date
            given = [value and value.replace(".", ",") for value in given]
        shown = [row[i] if value is None else value for i, value in zip(where.values(), given, strict=True)]
        student = row[: section + 1]
        table.rows.append([student[0] if person is None else harmless(student[0]), *student[1:], *shown])
    notes += [
        f"{p.id}: is in the gradebook and not in Canvas's file" for p in roster.people if p.id not in found
    ]
    return Filled(table, notes)


def _who(exported: Table, row: list[str], roster: Roster) -> Person | None:
    ids = [exported.get(row, name) for name in ("SIS User ID", "SIS Login ID", "Integration ID")]
    if exported.column("Student") is not None:
        name = exported.get(row, "Student")
    else:
        name = f"{exported.get(row, 'LastName')} {exported.get(row, 'FirstName')}"
    return roster.find(*ids, lms_id=exported.get(row, "ID"), name=name)


def _column(exported: Table, section: int, assignment: str, heading: str | None) -> int:
    """Return the number of an assignment's column: the one of this heading, id or title."""
    found = []
    for number, text in enumerate(exported.header[section + 1 :], section + 1):
        parts = _HEADING.fullmatch(text)
        title, id_ = (parts["title"], parts["id"]) if parts else (text, None)
        if heading is not None:
            if heading.strip() in (text, id_, title):
                found.append(number)
        elif plain_name(title) == plain_name(assignment):
            found.append(number)
    if len(found) != 1:
        wanted = heading or assignment
        how_many = "several columns" if found else "no column"
        there = "; ".join(text for text in exported.header[section + 1 :] if _HEADING.fullmatch(text))
        raise TableError(
            f"Canvas's file has {how_many} for {wanted!r}: say which with {assignment}=ID. It has: {there}"
        )
    return found[0]


def _other_points(row: list[str], where: Mapping[str, int], most: Mapping[str, float]) -> list[str]:
    notes = []
    for assignment, number in where.items():
        text = row[number].strip().replace(",", ".")
        if "read only" in text.casefold():
            notes.append(f"{assignment}: its column in Canvas is read only")
        elif text and text.replace(".", "", 1).isdecimal() and abs(float(text) - most[assignment]) > 0.005:
            notes.append(
                f"{assignment}: Canvas has {text} points possible, the gradebook {points(most[assignment], 2)}"
            )
    return notes

"""Grades for Moodle: what its gradebook imports, and the grading worksheet of one assignment.

The gradebook finds a student by e-mail address or ID number, as chosen when the file is imported. A worksheet is
downloaded from the assignment and uploaded again: Moodle finds a student by ``Identifier`` and needs the columns
``Grade`` and ``Last modified (grade)`` as they were.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..gradebook.scores import GRADED, Result
from .grades import Filled, not_final, to_tell
from .roster import Roster
from .table import Table, TableError, harmless, points

_STUDENT = ("First name", "Last name", "ID number", "Email address")


def new_file(results: Sequence[Result], *, missing_as_zero: bool = False) -> Filled:
    """Return a file for *Grades, Import, CSV file*: a row for each student and a column for each assignment."""
    assignments = list(dict.fromkeys(result.assignment for result in results))
    told = {(r.student.id, r.assignment): to_tell(r, missing_as_zero=missing_as_zero) for r in results}
    table = Table([*_STUDENT, *map(harmless, assignments)])
    notes = [*not_final(results), *_above_the_maximum(results)]
    for person in dict.fromkeys(result.student for result in results):
        texts = (person.first_name, person.last_name, person.lms_id or person.id, person.email)
        given = [told.get((person.id, name)) or "" for name in assignments]
        table.rows.append([*map(harmless, texts), *given])
        if not person.email:
            notes.append(f"{person.id}: the roster has no e-mail address; import by ID number")
    return Filled(table, notes)


def fill(worksheet: Table, results: Sequence[Result], *, missing_as_zero: bool = False) -> Filled:
    """Return a grading worksheet with our scores in its column ``Grade``; all else stays as it is.

    Raises
    ------
    TableError
        If it is not a worksheet, or the results are of several assignments.
    """
    assignments = {result.assignment for result in results}
    grade = worksheet.column("Grade")
    if grade is None or None in (worksheet.column("Identifier"), worksheet.column("Last modified (grade)")):
        raise TableError(
            "this is not a grading worksheet of Moodle: it needs the columns Identifier, Grade and "
            "Last modified (grade)"
        )
    if len(assignments) != 1:
        raise TableError("a worksheet is of one assignment: name one")
    by_student = {result.student.id: result for result in results}
    roster = Roster(result.student for result in results)
    table = Table(worksheet.header, [], worksheet.delimiter, worksheet.mark)
    notes, found = [*not_final(results), *_above_the_maximum(results)], set()
    for old in worksheet.rows:
        row = list(old)
        ids = [worksheet.get(row, name) for name in ("ID number", "Username", "Email address")]
        name = worksheet.get(row, "Full name") or worksheet.get(row, "Identifier")
        person = roster.find(*ids, name=worksheet.get(row, "Full name"))
        if person is None:
            notes.append(f"{name}: in Moodle, and nobody or not one alone in the gradebook; left as it is")
        else:
            found.add(person.id)
            given = to_tell(by_student[person.id], missing_as_zero=missing_as_zero)
            if given is not None:
                notes += _enter(worksheet, row, grade, given, by_student[person.id])
        table.rows.append([text if i == grade else harmless(text) for i, text in enumerate(row)])
    notes += [
        f"{p.id}: is in the gradebook and not in Moodle's worksheet"
        for p in roster.people
        if p.id not in found
    ]
    return Filled(table, notes)


def _above_the_maximum(results: Sequence[Result]) -> list[str]:
    """Return what to do in Moodle, which cuts a grade to the maximum, where extra credit leads above it."""
    above = [r for r in results if r.state == GRADED and r.total > r.max_score + 0.005]
    if not above:
        return []
    who = ", ".join(dict.fromkeys(result.student.id for result in above))
    return [
        f"{who}: above the maximum with extra credit, which Moodle cuts off unless an administrator sets "
        "'Unlimited grades' (Grades, General settings)"
    ]


def _enter(worksheet: Table, row: list[str], grade: int, given: str, result: Result) -> list[str]:
    """Enter a score into a row, written as this Moodle writes numbers; return what is to be said of it."""
    if worksheet.get(row, "Grade can be changed").casefold() in ("no", "nein", "non"):
        return [f"{result.student.id}: Moodle does not let this grade be changed; left as it is"]
    most = worksheet.get(row, "Maximum grade")
    row[grade] = given.replace(".", ",") if "," in most else given
    there = most.replace(",", ".")
    if there.replace(".", "", 1).isdecimal() and abs(float(there) - result.max_score) > 0.005:
        return [
            f"{result.student.id}: the maximum grade in Moodle is {most}, in the gradebook "
            f"{points(result.max_score, 2)}"
        ]
    return []

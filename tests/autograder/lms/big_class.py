"""A class of 400 in nbgrader's gradebook, and the files that Canvas and Moodle would give its instructor.

The files have the form that these systems write: their headings, quoting, rows between the heading and the first
student, read-only columns, a test student, decimal commas.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    Base,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import create_engine, insert

SIZE = 400
DUE = datetime.datetime(2026, 11, 2, 12)
CELLS: dict[str, list[tuple[str, float]]] = {
    "two_layer_net": [("scores", 4), ("gradients", 10), ("why", 3)],
    "dropout": [("forward", 6.5)],
}
FIRST = [
    "Zoë",
    "Łukasz",
    "=SUM(A1:A9)",
    "Ana María",
    "Jürgen",
    "O'Brien",
    'Mei "May"',
    "-Tom",
    "Li, Jr.",
    "@home",
]


def student(number: int) -> Student:
    """Return one student; some have a name that a spreadsheet would compute."""
    return Student(
        id=f"s{number:03d}",
        first_name=FIRST[number % len(FIRST)],
        last_name=f"Müller-{number:03d}",
        email=f"S{number:03d}@uni.example",
        lms_user_id=str(90000 + 7 * number),
    )


def points(number: int, most: float) -> float:
    return round(most * ((number * 37) % 101) / 100, 6)


def make(path: Path, size: int = SIZE) -> str:
    """Fill a gradebook of SQLite and return its URL."""
    return fill(f"sqlite:///{path}", size)


def fill(url: str, size: int = SIZE) -> str:
    """Fill a gradebook and return its URL.

    Of every twenty students one handed nothing in, one has an answer that nobody has graded yet, one was late and has a
    penalty, one has a score that a human changed, and one has extra credit.
    """
    Base.metadata.create_all(create_engine(url))  # nbgrader itself would start another program to do it
    with Gradebook(url) as gradebook:
        db = gradebook.db
        db.add_all(student(number) for number in range(size))
        rows: dict[Any, list[Any]] = {SubmittedAssignment: [], SubmittedNotebook: [], Grade: [], Comment: []}
        for name, asked in CELLS.items():
            assignment = Assignment(name=name, duedate=DUE)
            db.add(assignment)
            db.flush()
            db.add(Notebook(id=name, name=name, assignment_id=assignment.id))
            db.flush()
            for cell, most in asked:
                kind = "markdown" if cell == "why" else "code"
                db.add(
                    GradeCell(
                        id=f"{name} {cell}", name=cell, max_score=most, cell_type=kind, notebook_id=name
                    )
                )
            db.add(SolutionCell(id=f"{name} answer", name="why", notebook_id=name))
            for number in range(size):
                if number % 20 != 19:
                    _hand_in(rows, number, name, assignment.id)
        db.flush()
        for table, values in rows.items():
            db.execute(insert(table), values)
        db.commit()
    return url


def _hand_in(rows: dict[Any, list[Any]], number: int, name: str, assignment: str) -> None:
    id_, late = f"{name} {number}", number % 20 == 17
    stamp = DUE + datetime.timedelta(hours=30 if late else -2)
    rows[SubmittedAssignment].append(
        {"id": id_, "assignment_id": assignment, "student_id": f"s{number:03d}", "timestamp": stamp}
    )
    rows[SubmittedNotebook].append(
        {
            "id": id_,
            "assignment_id": id_,
            "notebook_id": name,
            "late_submission_penalty": 1.25 if late else None,
        }
    )
    for cell, most in CELLS[name]:
        of_cell = {
            "id": f"{id_} {cell}",
            "cell_id": f"{name} {cell}",
            "notebook_id": id_,
            "auto_score": points(number, most),
            "manual_score": None,
            "extra_credit": None,
            "needs_manual_grade": False,
        }
        if cell == "why":
            ungraded = number % 20 == 18
            of_cell |= {
                "auto_score": None,
                "manual_score": None if ungraded else 2.0,
                "needs_manual_grade": ungraded,
            }
            said = {"id": id_, "cell_id": f"{name} answer", "notebook_id": id_}
            rows[Comment].append(said | {"manual_comment": f"Seen, {number}."})
        elif number % 20 == 16:
            of_cell["manual_score"] = most
        elif number % 20 == 15:
            of_cell["extra_credit"] = 0.75
        rows[Grade].append(of_cell)


def canvas_export(
    size: int = SIZE, titles: tuple[str, ...] = ("Two-layer net (5511)", "Dropout (5512)")
) -> str:
    """Return a gradebook as Canvas exports it, in another order than ours, with a test student at its end."""
    lines = [
        "Student,ID,SIS User ID,SIS Login ID,Section,"
        + ",".join(titles)
        + ",Assignments Current Score,Final Score,Final Grade",
        ",,,,," + ",".join("Manual Posting" for _ in titles) + ",,,",
        "    Points Possible,,,,,17.0,6.5,(read only),(read only),(read only)",
    ]
    for number in reversed(range(size)):
        first = FIRST[number % len(FIRST)].replace('"', '""')
        name = f'"Müller-{number:03d}, {first}"'
        lines.append(
            f"{name},{90000 + 7 * number},U{number:05d},s{number:03d},MATH 101 and LAB,3.0,,12.5,12.5,F"
        )
    lines.append('"Student, Test",99,,1b2c3,MATH 101,,,0.0,0.0,F')
    return "\n".join(lines) + "\n"


def moodle_worksheet(size: int = SIZE, comma: bool = False) -> str:
    """Return a grading worksheet as Moodle writes it."""
    most = '"17,00"' if comma else "17.00"
    lines = [
        'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
        '"Last modified (submission)","Last modified (grade)","Feedback comments"'
    ]
    for number in range(size):
        first = FIRST[number % len(FIRST)].replace('"', '""')
        status = "No submission" if number % 20 == 19 else "Submitted for grading - "
        lines.append(
            f'"Participant {4000 + number}","{first} Müller-{number:03d}",,s{number:03d}@uni.example,"{status}",,'
            f'{most},{"No" if number == 5 else "Yes"},"Monday, 2 November 2026, 10:00 AM",-,'
        )
    lines.append(f'"Participant 9999","Guest Teacher",,guest@uni.example,"No submission",,{most},Yes,-,-,')
    return "\n".join(lines) + "\n"

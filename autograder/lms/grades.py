"""What of the gradebook is ready to be told to a learning management system, and the plain table of everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..gradebook.scores import FOR_A_HUMAN, NOT_SUBMITTED, CellResult, Result
from .table import Table, harmless, points

COLUMNS = (
    *("assignment", "due", "handed_in", "student_id", "last_name", "first_name", "email", "lms_user_id"),
    *("state", "score", "max_score", "late_penalty", "total"),
)


@dataclass
class Filled:
    """A table for a learning management system, and what whoever uploads it should know.

    Attributes
    ----------
    table : Table
    notes : list of str
        Who and what was left out, and why: a line each.
    """

    table: Table
    notes: list[str] = field(default_factory=list)


def to_tell(result: Result, *, missing_as_zero: bool = False) -> str | None:
    """Return the points to enter, or None where there are none that are final.

    Parameters
    ----------
    result : Result
    missing_as_zero : bool, default False
        Whether who handed in nothing gets 0.
    """
    if result.state == NOT_SUBMITTED:
        return "0" if missing_as_zero else None
    return None if result.state == FOR_A_HUMAN else points(result.total, 2)


def not_final(results: Iterable[Result]) -> list[str]:
    """Return a line for each result that a human has to finish first."""
    return [
        f"{result.student.id}, {result.assignment}: left out, a human has to grade "
        + (", ".join(cell.name for cell in result.for_a_human) or "it")
        for result in results
        if result.state == FOR_A_HUMAN
    ]


def every_result(results: Sequence[Result], *, checks: bool = False) -> Table:
    """Return a row for each student and assignment: what a gradebook needs.

    Parameters
    ----------
    results : sequence of Result
    checks : bool, default False
        Whether there is a column for each cell with points, too. A cell without a score is empty, which is not a zero.
    """
    cells = _columns(results) if checks else {}
    table = Table([*COLUMNS, *(harmless(name) for name in cells.values())])
    for result in results:
        by_cell = {(result.assignment, cell.notebook, cell.name): cell for cell in result.cells}
        person = result.student
        texts = [
            *(result.assignment, _time(result.due), _time(result.handed_in), person.id),
            *(person.last_name, person.first_name, person.email, person.lms_id, result.state),
        ]
        given = (
            [points(value) for value in (result.score, result.max_score, result.penalty, result.total)]
            if result.submitted
            else ["", points(result.max_score), "", ""]
        )
        table.rows.append(
            [*(harmless(text) for text in texts), *given]
            + [_score(result, by_cell.get(key)) for key in cells]
        )
    return table


def _columns(results: Sequence[Result]) -> dict[tuple[str, str, str], str]:
    """Return the heading of each cell's column; it names the assignment where there are several."""
    keys = dict.fromkeys((r.assignment, cell.notebook, cell.name) for r in results for cell in r.cells)
    several = len({assignment for assignment, _, _ in keys}) > 1
    notebooks = {(assignment, notebook) for assignment, notebook, _ in keys}
    headings = {}
    for assignment, notebook, cell in keys:
        parts = [assignment] if several else []
        if sum(other == assignment for other, _ in notebooks) > 1:
            parts.append(notebook)
        headings[assignment, notebook, cell] = ": ".join([*parts, cell])
    return headings


def _score(result: Result, cell: CellResult | None) -> str:
    if cell is None or not result.submitted or cell.state == FOR_A_HUMAN:
        return ""
    return points(cell.score)


def _time(moment: object) -> str:
    return "" if moment is None else f"{moment} UTC"

"""``autograder export``."""

from __future__ import annotations

from pathlib import Path

import click

from ...gradebook.scores import results
from ...lms import canvas, grades, moodle
from ...lms import table as tables
from ...lms.grades import Filled
from ...lms.table import TableError
from ..options import database_option, mixtures, opened_gradebook, settle_lateness


@click.command()
@click.argument("assignments", nargs=-1)
@click.option(
    "--for",
    "system",
    type=click.Choice(["table", "canvas", "moodle"]),
    default="table",
    show_default=True,
    help="A table of everything, or a file that Canvas or Moodle imports.",
)
@click.option(
    "--fill",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file that was exported from Canvas, or a grading worksheet of Moodle: its scores are filled in.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="ASSIGNMENT=ID",
    help="Canvas: which column is which assignment, by its id or its heading; may be given several times.",
)
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option("--checks", is_flag=True, help="Table: a column for each check and question, too.")
@click.option("--missing-as-zero", is_flag=True, help="Canvas, Moodle: who handed in nothing gets 0.")
@click.option(
    "--to",
    "destination",
    type=click.Path(path_type=Path),
    default=None,
    show_default="scores.csv, canvas.csv or moodle.csv",
    help="The file to write.",
)
@database_option
def export(
    assignments: tuple[str, ...],
    system: str,
    fill: Path | None,
    columns: tuple[str, ...],
    students: tuple[str, ...],
    checks: bool,
    missing_as_zero: bool,
    destination: Path | None,
    database: str,
) -> None:
    """Write the scores in nbgrader's gradebook as a CSV file; all ASSIGNMENTS by default.

    A score that a human has to finish first is left out of a file for Canvas or Moodle, and named. Exit status: 0, or 2
    for wrong usage.
    """
    try:
        settle_lateness(database, assignments, students)
        with opened_gradebook(database) as gradebook:
            found = list(results(gradebook, assignments, students))
        headings = _columns(columns)
        filled = Filled(tables.Table([]))
        if system == "table":
            filled = Filled(grades.every_result(found, checks=checks))
        elif system == "canvas" and fill is not None:
            filled = canvas.fill(tables.read(fill), found, headings, missing_as_zero=missing_as_zero)
        elif system == "canvas":
            filled = canvas.new_file(found, headings, missing_as_zero=missing_as_zero)
        elif fill is not None:
            filled = moodle.fill(tables.read(fill), found, missing_as_zero=missing_as_zero)
        else:
            filled = moodle.new_file(found, missing_as_zero=missing_as_zero)
    except (LookupError, TableError) as error:
        raise click.UsageError(str(error.args[0])) from None
    path = destination or Path("scores.csv" if system == "table" else f"{system}.csv")
    tables.write(path, filled.table)
    for note in (*mixtures(database, dict.fromkeys(result.assignment for result in found)), *filled.notes):
        click.echo(note)
    click.echo(f"{len(filled.table.rows)} rows are in {path}")


def _columns(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return assignment → column of what ``--column`` says."""
    if bad := [pair for pair in pairs if "=" not in pair]:
        raise click.UsageError(f"--column {bad[0]}: write ASSIGNMENT=ID")
    return {name.strip(): heading.strip() for name, _, heading in (pair.partition("=") for pair in pairs)}

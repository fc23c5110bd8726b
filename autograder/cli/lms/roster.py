"""``autograder roster``."""

from __future__ import annotations

from pathlib import Path

import click

from ...gradebook import roster as rosters
from ...gradebook.scores import Person
from ...lms import table
from ...lms.people_files import read_roster
from ..options import database_option, opened_gradebook


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--id",
    "ids",
    default="",
    show_default="login, else id number, else e-mail",
    help="The column with the ids, which become names of folders.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@database_option
def roster(file: Path, ids: str, dry_run: bool, database: str) -> None:
    """Enter the students in FILE into nbgrader's gradebook: a CSV file of Canvas, Moodle, nbgrader or a spreadsheet.

    Who is in the gradebook already gets what is new; nobody is removed. Exit status: 0, or 2 for wrong usage.
    """
    try:
        read = read_roster(table.read(file), ids)
    except table.TableError as error:
        raise click.UsageError(str(error)) from None
    with opened_gradebook(database, new=True) as gradebook:
        change = rosters.change_of(gradebook, read.people)
        if not dry_run:
            rosters.apply(gradebook, change)
    for note in read.notes:
        click.echo(note)
    for person in change.added:
        click.echo(f"new: {_line(person)}")
    for old, new in change.changed:
        click.echo(f"changed: {_line(old)} → {_line(new)}")
    for person in change.not_named:
        click.echo(f"not in {file.name}: {_line(person)}")
    would = "would be " if dry_run else ""
    click.echo(
        f"{len(change.added)} {would}new, {len(change.changed)} {would}changed, {change.unchanged} as before, "
        f"{len(change.not_named)} not in the file"
    )


def _line(person: Person) -> str:
    parts = (f"{person.id}: {person.first_name} {person.last_name}".strip(), person.email, person.lms_id)
    return ", ".join(table.printable(part) for part in parts if part)

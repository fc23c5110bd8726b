"""``autograder groups``."""

from __future__ import annotations

from pathlib import Path

import click

from ...gradebook.scores import people
from ...lms import groups as sharing
from ...lms import table
from ...milestone import Milestone
from ..options import database_option, milestone_argument, opened_gradebook


@click.command()
@milestone_argument
@click.option(
    "--submitted",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("submitted"),
    show_default=True,
    help="Folder with <student>/<milestone>.",
)
@click.option(
    "--table",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A table with the columns group and student. Default: group.txt in the hand-ins.",
)
@database_option
def groups(milestone: Milestone, submitted: Path, file: Path | None, database: str) -> None:
    """Give every member of a group its hand-in of MILESTONE, so that each gets its points.

    Run it after collecting and before grading; the hand-in that was made last counts. Exit status: 0, or 2 for wrong
    usage.
    """
    with opened_gradebook(database) as gradebook:
        roster = people(gradebook)
    try:
        known, unknown = (None, []) if file is None else sharing.read_groups(table.read(file), roster)
    except table.TableError as error:
        raise click.UsageError(str(error)) from None
    done = sharing.share(submitted, milestone.name, roster, known)
    for note in (*unknown, *done.notes):
        click.echo(note)
    for leader, others in done.groups.items():
        click.echo(f"{leader}'s hand-in counts for {', '.join(others) or 'nobody else'}")
    click.echo(f"{len(done.groups)} groups")

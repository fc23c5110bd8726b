"""``autograder comment``."""

from __future__ import annotations

import sys

import click

from ...gradebook.comments import add_comment
from ...milestone import Milestone
from ..options import NOT_ALL_GRADED, database_option, milestone_argument, opened_gradebook


@click.command()
@milestone_argument
@click.argument("cell")
@click.argument("text")
@click.option("--student", "students", multiple=True, required=True, help="May be given several times.")
@database_option
def comment(milestone: Milestone, cell: str, text: str, students: tuple[str, ...], database: str) -> None:
    """Add a comment to CELL, a check or a question of MILESTONE, for one student or many.

    It goes into nbgrader's gradebook and stands in the feedback. It answers a regrade request, or tells a group of the
    class report what they have in common. Exit status: 0, 3 if somebody has no submission in the gradebook, 2 for wrong
    usage.
    """
    with opened_gradebook(database) as gradebook:
        try:
            missing = add_comment(gradebook, milestone.name, students, cell, text)
        except LookupError as error:
            raise click.UsageError(error.args[0]) from None
    for student in missing:
        click.echo(f"no submission in the gradebook: {student}")
    click.echo(f"{len(students) - len(missing)} comments on {cell}")
    if missing:
        sys.exit(NOT_ALL_GRADED)

"""``autograder report``."""

from __future__ import annotations

from pathlib import Path

import click

from ..grading.regrade import mixture
from ..lms import table
from ..milestone import Milestone
from ..reports import class_report
from .options import (
    collected,
    course_of_gradebook,
    database_option,
    exit_if_unreadable,
    milestone_argument,
    reports_option,
    with_gradebook,
)


@click.command()
@milestone_argument
@reports_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    show_default="<reports>/<milestone>.html",
    help="The page to write.",
)
@database_option
def report(milestone: Milestone, folder: Path, output: Path | None, database: str) -> None:
    """Write the class report of MILESTONE: a page with score histogram, pass rates and common mistakes.

    The points are those of the gradebook, for the submissions that are in it.

    Exit status: 0, 3 if some reports could not be read (they are listed), 2 for wrong usage.
    """
    found = collected(folder, milestone)
    path = output or folder / f"{milestone.name}.html"
    reports = with_gradebook(found.reports, milestone, database)
    class_report.write(path, reports, milestone, course_of_gradebook(milestone, database))
    header, *rows = class_report.rows(reports)
    table.write(path.with_suffix(".csv"), table.Table(header, [[*map(table.harmless, row)] for row in rows]))
    if mixed := mixture(reports, milestone):
        click.echo(mixed)
    click.echo(
        f"Class report of {len(reports)} submissions: {path}, and as a table {path.with_suffix('.csv').name}"
    )
    exit_if_unreadable(found)

"""``autograder feedback``."""

from __future__ import annotations

from pathlib import Path

import click

from ..grading.regrade import mixture
from ..milestone import Milestone
from ..reports import feedback as pages
from .options import (
    collected,
    database_option,
    exit_if_unreadable,
    milestone_argument,
    reports_option,
    with_gradebook,
)


@click.command()
@milestone_argument
@reports_option
@database_option
def feedback(milestone: Milestone, folder: Path, database: str) -> None:
    """Write a feedback page for every student beside the report: <student>/<milestone>.html.

    The points are those of the gradebook, if the submission is in it.

    Exit status: 0, 3 if some reports could not be read (they are listed, and get no page), 2 for wrong usage.
    """
    found, written = collected(folder, milestone), 0
    if mixed := mixture(found.reports, milestone):
        click.echo(mixed)
    for report in with_gradebook(found.readable, milestone, database):
        pages.write(folder / report["student"] / f"{milestone.name}.html", report, milestone)
        written += 1
    click.echo(f"Feedback for {written} students is in {folder}/<student>/{milestone.name}.html")
    exit_if_unreadable(found)

"""``autograder feedback``."""

from __future__ import annotations

from pathlib import Path

import click

from ..milestone import Milestone
from ..reports import feedback as pages
from .options import collected, exit_if_unreadable, milestone_argument, reports_option


@click.command()
@milestone_argument
@reports_option
def feedback(milestone: Milestone, folder: Path) -> None:
    """Write a feedback page for every student beside the report: <student>/<milestone>.html.

    Exit status: 0, 3 if some reports could not be read (they are listed, and get no page), 2 for wrong usage.
    """
    found = collected(folder, milestone)
    for report in found.readable:
        pages.write(folder / report["student"] / f"{milestone.name}.html", report, milestone)
    written = len(found.readable)
    click.echo(f"Feedback for {written} students is in {folder}/<student>/{milestone.name}.html")
    exit_if_unreadable(found)

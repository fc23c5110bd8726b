"""``autograder feedback``."""

from __future__ import annotations

from pathlib import Path

import click

from ..milestone import Milestone
from ..reports import class_report
from ..reports import feedback as pages
from .options import milestone_argument, reports_option


@click.command()
@milestone_argument
@reports_option
def feedback(milestone: Milestone, folder: Path) -> None:
    """Write a feedback page for every student beside the report: <student>/<milestone>.html."""
    try:
        reports = class_report.collect(folder, milestone)
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None
    for report in reports:
        pages.write(folder / report["student"] / f"{milestone.name}.html", report, milestone)
    click.echo(f"Feedback for {len(reports)} students is in {folder}/<student>/{milestone.name}.html")

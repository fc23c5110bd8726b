"""``autograder explain``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..explain import explain as explaining
from ..explain.shrink import SearchBudget
from ..explain.text import text
from ..failures import InfrastructureError
from ..nbgrader_plugin.course import Course
from .options import NoSandbox, require_sandbox


@click.command()
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--check", "name", default=None, show_default="the first that failed", help="The check to look at."
)
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    default=None,
    show_default="submitted/<student>/<milestone>",
    help="The folder that was graded.",
)
@click.option("--data", default=None, help="Hidden images, where the check needs them: as for `grade`.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=20.0,
    show_default=True,
    help="How long to look for a smaller input that fails in the same way.",
)
@click.pass_obj
def explain(
    course: Course,
    report: Path,
    name: str | None,
    submission: Path | None,
    data: str | None,
    seconds: float,
) -> None:
    """Replay a failed case of REPORT in the sandbox, and show the smallest input on which it still fails.

    Exit status: 0 if a case failed again, 1 if none did, 2 for wrong usage, 3 if nothing can be sandboxed here.
    """
    require_sandbox()
    budget = SearchBudget(seconds=seconds)
    try:
        read = explaining.read_report(report)
        folder = submission or explaining.default_folder(read)
        found = explaining.explain(
            read, folder, name=name, data=data or course.images, budget=budget, sources=course.sources
        )
    except explaining.ExplainError as error:
        raise click.UsageError(str(error)) from None
    except InfrastructureError as error:
        raise NoSandbox(str(error)) from None
    click.echo(text(found), nl=False)
    if found.original is None:
        sys.exit(1)

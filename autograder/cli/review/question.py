"""``autograder question``."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from ...judging import milestone_content
from ...milestone import Milestone
from ...reports import lecture_question
from ..options import milestone_argument


@click.command()
@milestone_argument
@click.argument("mistake")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    show_default="<mistake>.html",
    help="The page to write.",
)
def question(milestone: Milestone, mistake: str, output: Path | None) -> None:
    """Make a question for the next lecture of a MISTAKE in the class report: two versions, of which one is right.

    Exit status: 0, or 2 for wrong usage.
    """
    known = {bug.name: bug for bug in milestone_content.bugs(milestone)}
    if mistake not in known:
        near = difflib.get_close_matches(mistake, known, n=3)
        nearest = (
            f" The nearest name{'s are' if len(near) > 1 else ' is'}: {', '.join(near)}." if near else ""
        )
        raise click.UsageError(
            f"{milestone.name} has no known mistake {mistake!r}.{nearest} The class report names the mistakes that "
            f"were found; all of them stand in {', '.join(map(str, milestone_content.bug_files(milestone)))}"
        )
    path = output or Path(f"{mistake}.html")
    lecture_question.write(path, known[mistake], milestone)
    click.echo(f"Two versions of {milestone.title}, with the answer folded away: {path}")

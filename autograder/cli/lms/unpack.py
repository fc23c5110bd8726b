"""``autograder unpack``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...gradebook.scores import people
from ...lms import table
from ...lms import unpack as unpacking
from ...lms.bulk_download import DownloadError
from ...lms.worksheet import participants
from ...milestone import Milestone
from ..options import NOT_ALL_GRADED, database_option, milestone_argument, opened_gradebook


@click.command()
@milestone_argument
@click.argument("downloads", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--submitted",
    type=click.Path(path_type=Path),
    default=Path("submitted"),
    show_default=True,
    help="Where <student>/<milestone> goes, as nbgrader collects it.",
)
@click.option(
    "--worksheet",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Moodle's grading worksheet, or GitHub Classroom's roster: says who a number or a login is.",
)
@database_option
def unpack(
    milestone: Milestone,
    downloads: tuple[Path, ...],
    submitted: Path,
    worksheet: Path | None,
    database: str,
) -> None:
    """Put the hand-ins of a bulk DOWNLOAD of Canvas, Moodle, Gradescope or another system where they are graded from.

    A download is a zip archive or the folder it was unpacked into. The roster in the gradebook says whose a file is.
    What was submitted before is kept beside the folder. Exit status: 0, 3 if something is nobody's, 2 for wrong usage.
    """
    with opened_gradebook(database) as gradebook:
        roster = people(gradebook)
        dues = [a.duedate for a in gradebook.assignments if a.name == milestone.name]
    try:
        known = participants(table.read(worksheet)) if worksheet is not None else {}
        done = unpacking.unpack(
            downloads, roster, milestone.name, submitted, due=dues[0] if dues else None, participants=known
        )
    except (DownloadError, table.TableError) as error:
        raise click.UsageError(str(error)) from None
    for note in done.notes:
        click.echo(note)
    for line in done.unmatched:
        click.echo(f"not matched: {line}")
    nothing = len(roster) - len(done.placed) - len(done.unchanged)
    click.echo(
        f"{len(done.placed)} hand-ins are in {submitted}/<student>/{milestone.name}, {len(done.unchanged)} were there "
        f"before; {nothing} students of the roster handed nothing in"
    )
    if done.unmatched:
        sys.exit(NOT_ALL_GRADED)

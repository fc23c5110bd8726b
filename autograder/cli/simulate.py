"""``autograder simulate``."""

from __future__ import annotations

from pathlib import Path

import click

from ..milestone import Milestone
from ..nbgrader_plugin.course import Course
from ..proofs import simulated_class
from .options import milestone_argument


@click.command()
@milestone_argument
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data", default=None, help="Where the simulated students train: as for `grade`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which class is drawn.")
@click.pass_obj
def simulate(course: Course, milestone: Milestone, folder: Path, data: str | None, seed: int) -> None:
    """Write the submissions of a simulated class into FOLDER, to try things out on."""
    try:
        students = simulated_class.write_class(
            folder,
            milestone,
            data=data or course.images,
            seed=seed,
            sources=course.sources,
            say=lambda words: click.echo(words, err=True),
        )
    except (FileExistsError, LookupError) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error} With this command: --data offline.") from None
    for name, what in students:
        click.echo(f"{name:12} {what}")
    click.echo(f"{len(students)} submissions are in {folder}.")

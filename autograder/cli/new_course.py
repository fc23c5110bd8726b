"""``autograder new-course``."""

from __future__ import annotations

from pathlib import Path

import click

from ..scaffold.new_course import write_course


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--milestones",
    default="",
    show_default="all",
    metavar="NAME,NAME,…",
    help="The milestones whose notebooks the course gets, separated by commas; 'none' for a course of your own.",
)
def new_course(folder: Path, milestones: str) -> None:
    """Make a FOLDER that nbgrader can work in: settings, notebooks, an example roster, a README with the commands.

    Exit status: 0, or 2 if the folder is not empty or there is no such milestone.
    """
    words = milestones.replace(",", " ").split()
    names = None if not words else [] if words == ["none"] else words
    try:
        made = write_course(folder, names)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror}") from error
    listed = "".join(f"\n  assignments/{milestone.name}: {milestone.title}" for milestone in made)
    none = " none yet (autograder new-milestone NAME writes one)"
    click.echo(
        f"The course is in {folder.resolve()}. Its milestones:{listed or none}\nRead {folder}/README.md next."
    )

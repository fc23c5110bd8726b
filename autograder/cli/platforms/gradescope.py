"""``autograder gradescope``."""

from __future__ import annotations

from pathlib import Path

import click

from ...milestone import Milestone
from ...nbgrader_plugin.course import Course
from ...platforms.bundle import VISIBILITIES, BundleSettings, write_bundle
from ..options import milestone_argument

_UNSAFE = (
    "Grade without a sandbox where none can be started. Submissions can then read this archive's solutions and use the "
    "network; every result says so."
)


@click.command()
@milestone_argument
@click.option(
    "--to",
    "destination",
    type=click.Path(path_type=Path),
    default=None,
    show_default="<milestone>-gradescope.zip",
    help="The archive to write.",
)
@click.option(
    "--visibility",
    type=click.Choice(VISIBILITIES),
    default="visible",
    show_default=True,
    help="When a student sees the checks.",
)
@click.option(
    "--data",
    default="offline",
    show_default=True,
    help="Hidden images for accuracy checks: 'offline' for drawn ones, or a folder of that machine with CIFAR-10.",
)
@click.option("--unsafe-without-sandbox", "unsafe", is_flag=True, help=_UNSAFE)
@click.pass_obj
def gradescope(
    course: Course, milestone: Milestone, destination: Path | None, visibility: str, data: str, unsafe: bool
) -> None:
    """Write the autograder of MILESTONE for Gradescope, and for GitHub Classroom.

    The archive holds the solutions and the checks: give it to the platform and to nobody else. Exit status: 0, or 2 for
    wrong usage.
    """
    path = destination or Path(f"{milestone.name}-gradescope.zip")
    settings = BundleSettings(milestone.name, visibility, data, unsafe)
    names = write_bundle(path, milestone, course.sources, settings)
    click.echo(f"{path}: {len(names)} files, {path.stat().st_size / 1e6:.1f} MB. It holds the solutions.")
    if unsafe:
        click.echo(f"Without a sandbox where none can be started: {_UNSAFE}")
    click.echo("On Gradescope choose an image with Ubuntu 24.04 or newer.")

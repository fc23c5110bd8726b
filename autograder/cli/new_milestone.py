"""``autograder new-milestone``."""

from __future__ import annotations

import click

from ..nbgrader_plugin.course import CONFIG, Course
from ..scaffold.new_milestone import write_milestone


@click.command()
@click.argument("name")
@click.option("--title", default="", show_default="made from the name", help="What people read.")
@click.option(
    "--package", default="", show_default="the name", help="The Python package that students complete."
)
@click.pass_obj
def new_milestone(course: Course, name: str, title: str, package: str) -> None:
    """Write a milestone of your own, called NAME: a skeleton that works, in the course's folder.

    Exit status: 0, or 2 if this is no course's folder or a name cannot be used.
    """
    if course.root is None:
        raise click.UsageError(f"this is not a course's folder: there is no {CONFIG} (autograder new-course)")
    try:
        files = write_milestone(course.root, course.sources, name, title=title, package=package)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    click.echo("Written:\n" + "".join(f"  {file}\n" for file in files) + "It works as it is: try")
    click.echo(f"  nbgrader generate_assignment {name}\n  python -m pytest tests/test_{name}.py")

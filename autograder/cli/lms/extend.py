"""``autograder extend``."""

from __future__ import annotations

from pathlib import Path

import click

from ...gradebook import extensions as more_time
from ...gradebook.extensions import Extension, ExtensionError
from ...milestone import Milestone
from ...nbgrader_plugin.course import Course
from ..options import database_option, milestone_argument, opened_gradebook


@click.command()
@milestone_argument
@click.argument("students", nargs=-1, required=True)
@click.option(
    "--days", type=click.FloatRange(min=0, max=999), required=True, help="How many; 0 takes it back."
)
@click.option("--reason", default="", help="For whoever looks at the table later.")
@database_option
@click.pass_obj
def extend(
    course: Course, milestone: Milestone, students: tuple[str, ...], days: float, reason: str, database: str
) -> None:
    """Give STUDENTS more time for MILESTONE: an entry in extensions.csv, and in the gradebook if they handed in.

    A late penalty that was given before is worked out again by `nbgrader autograde`. Exit status: 0, or 2 for wrong
    usage.
    """
    path = (course.root or Path()) / more_time.FILE
    try:
        with opened_gradebook(database) as gradebook:
            known = {student.id for student in gradebook.students}
            if unknown := [student for student in students if student not in known]:
                raise click.UsageError(f"not in the roster: {', '.join(unknown)}")
            found = [
                one
                for one in more_time.read_extensions(path)
                if (one.assignment, one.student) not in {(milestone.name, student) for student in students}
            ]
            if days:
                found += [Extension(student, milestone.name, days, reason) for student in students]
            more_time.write_extensions(path, found)
            for student in students:
                more_time.apply(gradebook, found, milestone.name, student)
    except ExtensionError as error:
        raise click.UsageError(str(error)) from None
    for student in students:
        click.echo(
            f"{student}: {days:g} day{'' if days == 1 else 's'} more for {milestone.name}"
            if days
            else f"{student}: taken back"
        )

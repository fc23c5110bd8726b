"""``autograder upgrade-course``."""

from __future__ import annotations

import click

from ..nbgrader_plugin.course import CONFIG, Course
from ..scaffold import upgrade


@click.command()
@click.option("--diff", is_flag=True, help="Show every line that differs.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.pass_obj
def upgrade_course(course: Course, diff: bool, yes: bool) -> None:
    """Bring the course in this folder to the installed version, after a new one of nndl-autograder was installed.

    What would change is shown first, and nothing is written without a yes. Files that you have edited stay as they
    are, and so does a milestone that students have been given.

    Exit status: 0, 1 if you said no, 2 if this is no course's folder.
    """
    if course.root is None:
        raise click.UsageError(f"this is not a course's folder: there is no {CONFIG}")
    plan = upgrade.plan(course.root, course.sources)
    click.echo(f"The course was made by version {plan.before}; installed is {plan.now}.")
    for name in plan.updated:
        click.echo(f"  update  {name}")
    for name in plan.added:
        click.echo(f"  add     {name}")
    for name in plan.edited:
        which = "the new version" if plan.before != plan.now else "what the installed version would make"
        click.echo(f"  keep    {name}: you have edited it; {which} differs (--diff shows how)")
    for name, count in plan.handed_out.items():
        click.echo(f"  keep    assignments/{name}: it was handed out; {count} files have a new version")
    for note in plan.notes:
        click.echo(f"  note    {note}")
    if diff:
        for line in upgrade.differences(course.root, plan):
            click.echo(line)
    if not plan.writes and plan.before == plan.now:
        click.echo("Nothing to write: the course is up to date.")
        return
    if not yes:
        click.confirm("Write this?", abort=True)
    upgrade.carry_out(course.root, plan)
    click.echo(f"{len(plan.writes)} files were written; the course is of version {plan.now} now.")

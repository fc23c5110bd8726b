"""``autograder requeue``."""

from __future__ import annotations

import click

from ...nbgrader_plugin.course import Course


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that could not be graded.")
@click.pass_obj
def requeue(course: Course, ids: tuple[str, ...], everything: bool) -> None:
    """Grade hand-ins of the service again that could not be graded; without IDS, list them and why.

    Run it in the course's folder, whether the service runs or not. What is graded then counts as an attempt.

    Exit status: 0, or 1 if one of IDS is in the queue already, has its result, or was sent again by its student.
    """
    try:
        from ...service.not_graded import again, not_graded
        from ...service.queue import Queue
        from ...service.settings import Service
    except ImportError as error:
        raise click.ClickException(f"{error}; run: pip install nndl-autograder[service]") from None
    service = Service(course)
    found = not_graded(service)
    if not ids and not everything:
        for one in found:
            click.echo(f"{one.hand_in.id}  {one.hand_in.student}  {one.hand_in.milestone}  {one.received}")
            click.echo(f"    {one.reason}")
        click.echo(f"{len(found)} could not be graded")
        return
    queue = Queue(service.queue)
    refused = [
        id for id in ids or [one.hand_in.id for one in found] if not again(service, queue, id, "operator")
    ]
    for id in refused:
        click.echo(f"{id}: not in the list of those that could not be graded", err=True)
    click.echo(f"{len(ids or found) - len(refused)} are in the queue again")
    if refused:
        raise SystemExit(1)

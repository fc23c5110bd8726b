"""``autograder invite``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from ...nbgrader_plugin.course import Course
from ...sources import CourseError


@click.command()
@click.argument("people", nargs=-1)
@click.option(
    "--all", "everybody", is_flag=True, help="Every student of the roster who has no invitation yet."
)
@click.option(
    "--role", type=click.Choice(["student", "assistant", "instructor"]), default="student", show_default=True
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the links to a new file that only you can read, instead of printing them.",
)
@click.option("--revoke", is_flag=True, help="Take their invitations back instead.")
@click.option(
    "--export", "export_to", type=click.Path(path_type=Path), help="Write what is kept of one student."
)
@click.option("--erase", is_flag=True, help="Delete what the service keeps of PEOPLE.")
@click.pass_obj
def invite(
    course: Course,
    people: tuple[str, ...],
    everybody: bool,
    role: str,
    output: Path | None,
    revoke: bool,
    export_to: Path | None,
    erase: bool,
) -> None:
    """Print an invitation link for each of PEOPLE, as `person,link`; a new link ends the earlier one.

    Students have to be in the gradebook's roster. A link is shown once: only its hash is kept.
    """
    try:
        from ...service import identity, personal_data
        from ...service.settings import Service
    except ImportError as error:
        raise click.ClickException(f"{error}; run: pip install nndl-autograder[service]") from None
    service = Service(course)
    left_out: list[str] = []
    if everybody:
        roster, invited = service.deadlines.roster(), service.store.accounts.people().keys()
        left_out = sorted(roster & invited - set(people))
        people = (*people, *sorted(roster - invited - set(people)))
    if left_out:  # on stderr: what is printed may be a table for a mailing
        click.echo(
            f"Left out, because they have a link already: {', '.join(left_out)}. Named one by one they get a new one.",
            err=True,
        )
    if not people:
        why = "everybody of the roster has a link" if left_out else "name somebody, or say --all"
        raise click.UsageError(f"nobody to invite: {why}")
    if export_to is not None:
        if len(people) != 1:
            raise click.UsageError("--export is for one student")
        count = personal_data.export(service, people[0], export_to)
        click.echo(f"{count} hand-ins of {people[0]} are in {export_to}")
        return
    if erase:
        known = service.deadlines.roster() | service.store.accounts.people().keys()
        for person in people:
            count = personal_data.erase(service, person)
            if not count and person not in known:
                raise CourseError(f"nothing is kept of {person}, who is not in the roster and has no link")
            click.echo(f"{person}: {count} hand-ins are erased")
        return
    if revoke:
        for person in people:
            click.echo(f"{person}: {service.store.accounts.revoke(person)} revoked")
        return
    if role == identity.STUDENT and (unknown := sorted(set(people) - service.deadlines.roster())):
        raise CourseError(f"not in the roster: {', '.join(unknown)}; see `autograder roster`")
    with _for_links(output) as file:
        for person in people:
            link = identity.link(service.base, identity.invite(service.store, person, role))
            print(f"{person},{link}", file=file)
    if output is not None:
        click.echo(
            f"{len(people)} links are in {output}, which only you can read; delete it when they are sent"
        )


@contextlib.contextmanager
def _for_links(path: Path | None) -> Iterator[TextIO]:
    """Yield what links are written to: a new file of its owner's alone, whatever the umask is, or what is printed."""
    if path is None:
        yield sys.stdout
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"{path} is there already; name a new file") from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        yield file

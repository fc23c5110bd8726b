"""What several commands share: the milestone's name, the folder of reports, and the need for a sandbox."""

from __future__ import annotations

import contextlib
import difflib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from .. import nbgrader_plugin
from ..milestone import Milestone
from ..nbgrader_plugin.course import Course
from ..reports.collect import Collected, collect
from ..reports.course_view import CourseView, course_view
from ..reports.score_table import printable
from ..sandbox.availability import sandbox_availability

NOT_ALL_GRADED = 3
"""Exit status if something could not be graded; usage errors give 2."""


_NEEDED = 1 << 16
"""Bytes that a report may take, and more."""


class MilestoneName(click.ParamType):
    """The name of a milestone of the course that the commands work on."""

    name = "milestone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Milestone:
        """Return the milestone of that name."""
        assert ctx is not None
        course = ctx.find_object(Course)
        assert course is not None  # set by the group of commands
        try:
            found = course.sources.milestone(value)
        except LookupError as error:
            here = [
                name
                for name in course.sources.milestone_names
                if (course.sources.assignments / name).is_dir()
            ]
            if value in course.sources.milestone_names or not here:
                self.fail(error.args[0], param, ctx)
            near = difflib.get_close_matches(value, here, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            self.fail(
                f"there is no milestone {value!r}; this course has: {', '.join(here)}.{meant}", param, ctx
            )
        if not course.sources.assignment_folder(found).is_dir():
            folder = course.sources.assignment_folder(found)
            self.fail(f"this course has no assignment {value!r}: there is no folder {folder}", param, ctx)
        return found


milestone_argument = click.argument("milestone", type=MilestoneName())

reports_option = click.option(
    "--reports",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder with <student>/<milestone>.json.",
)


database_option = click.option(
    "--db",
    "database",
    default="",
    show_default="that of nbgrader_config.py",
    help="nbgrader's gradebook: a file, or a URL as in CourseDirectory.db_url.",
)


def _url_of(database: str) -> str:
    """Return the URL of a gradebook: what was given, or the one of the course around this command."""
    if database:
        return database if "://" in database else f"sqlite:///{database}"
    course = click.get_current_context().find_object(Course)
    return "sqlite:///gradebook.db" if course is None or course.root is None else str(course.directory.db_url)


def settle_lateness(database: str, assignments: Sequence[str], students: Sequence[str] = ()) -> None:
    """Bring the late penalties in a course's own gradebook up to date, and say which are other ones now."""
    course = click.get_current_context().find_object(Course)
    if database or course is None or course.gradebook is None:
        return  # another gradebook than the one that the course's settings are about
    from ..nbgrader_plugin.late_penalty import settle

    for line in settle(course.directory, assignments, students):
        click.echo(line)


def with_gradebook(
    reports: Sequence[dict[str, Any]], milestone: Milestone, database: str
) -> list[dict[str, Any]]:
    """Return the reports of a class with the points of the gradebook, where there is one that knows the milestone."""
    # nbgrader takes a second to import, and most commands need no gradebook
    from ..gradebook.scores import assignment_names, results
    from ..reports.recorded import class_of_the_gradebook

    url = _url_of(database)
    path = url.removeprefix("sqlite:///")
    if not database and path != url and not Path(path).is_file():
        return list(reports)
    settle_lateness(database, [milestone.name])
    with opened_gradebook(database) as gradebook:
        if milestone.name not in assignment_names(gradebook):
            return list(reports)
        found = {result.student.id: result for result in results(gradebook, [milestone.name])}
    return class_of_the_gradebook(reports, found, milestone)


def course_of_gradebook(milestone: Milestone, database: str) -> CourseView:
    """Return what the gradebook knows beyond the reports of one milestone; nothing if there is no gradebook."""
    from ..gradebook.scores import assignment_names, results

    path = _url_of(database).removeprefix("sqlite:///")
    if not database and "://" not in path and not Path(path).is_file():
        return CourseView()
    with opened_gradebook(database) as gradebook:
        if milestone.name not in assignment_names(gradebook):
            return CourseView()
        return course_view(results(gradebook), milestone.name)


@contextlib.contextmanager
def opened_gradebook(database: str, *, new: bool = False) -> Iterator[Any]:
    """Open nbgrader's gradebook; wrong usage if there is none, unless a ``new`` one may be made."""
    from nbgrader.api import Gradebook

    url = _url_of(database)
    path = url.removeprefix("sqlite:///")
    if new:
        nbgrader_plugin.install()  # so that nbgrader finds alembic
    elif path != url and not Path(path).is_file():
        raise click.UsageError(f"there is no gradebook {path}: give it with --db")
    with Gradebook(url) as gradebook:
        yield gradebook


def collected(folder: Path, milestone: Milestone) -> Collected:
    """Return the reports of a class; wrong usage if there are none."""
    try:
        return collect(folder, milestone)
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None


def mixtures(database: str, assignments: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each milestone of the course around this command whose reports come from other checks."""
    from ..grading.regrade import mixture

    course = click.get_current_context().find_object(Course)
    if database or course is None or course.root is None:
        return
    for name in assignments:
        if name in course.sources.milestone_names:
            milestone = course.sources.milestone(name)
            with contextlib.suppress(FileNotFoundError):  # graded by nbgrader alone, without reports
                if mixed := mixture(collect(course.root / "reports", milestone).reports, milestone):
                    yield f"{name}: {mixed}"


def exit_if_unreadable(found: Collected) -> None:
    """Name the students whose reports cannot be read, one a line, and exit if there are any."""
    for student, why in found.unreadable.items():
        click.echo(f"not readable: {printable(student)}: {printable(why)}; grade it again")
    if found.unreadable:
        raise click.exceptions.Exit(NOT_ALL_GRADED)


class NoSandbox(click.ClickException):
    """Nothing can be sandboxed here; the message says what to do."""

    exit_code = NOT_ALL_GRADED


def require_writable(folder: Path) -> None:
    """Make a folder, and raise an error if nothing can be written there: to be known before hours of work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_NEEDED))
    except OSError as error:
        raise click.ClickException(f"cannot write to {folder}: {error.strerror or error}") from error


def require_sandbox() -> None:
    """Raise `NoSandbox` where submissions cannot be sandboxed."""
    state = sandbox_availability()
    if not state.ok:
        raise NoSandbox(f"Submissions cannot be sandboxed here: {state.advice}")

"""``autograder feedback``."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import click

from ..grading.regrade import mixture
from ..milestone import Milestone
from ..nbgrader_plugin.course import Course
from ..release.build import Release, write_files
from ..release.kept import kept
from ..reports import feedback as pages
from ..reports.lesson import Lesson, read_answers, read_lesson
from ..sources import Sources
from .options import (
    collected,
    database_option,
    exit_if_unreadable,
    milestone_argument,
    reports_option,
    with_gradebook,
)


@click.command()
@milestone_argument
@reports_option
@database_option
@click.option(
    "--regrade-to", default="", help="Where a student asks for another look: an e-mail address or a form."
)
@click.pass_obj
def feedback(course: Course, milestone: Milestone, folder: Path, database: str, regrade_to: str) -> None:
    """Write a feedback page for every student beside the report: <student>/<milestone>.html.

    The points are those of the gradebook, if the submission is in it.

    Exit status: 0, 3 if some reports could not be read (they are listed, and get no page), 2 for wrong usage.
    """
    found, written = collected(folder, milestone), 0
    lesson = functools.cache(functools.partial(_lesson, course.sources, milestone))
    if mixed := mixture(found.reports, milestone):
        click.echo(mixed)
    for report in with_gradebook(found.readable, milestone, database):
        student = report["student"]
        autograded = (course.root or Path()) / "autograded" / student / milestone.name
        pages.write(
            folder / student / f"{milestone.name}.html",
            report,
            milestone,
            lesson=lesson(report["submission"].get("release", "")),
            answers=read_answers(autograded),
            regrade_to=regrade_to,
        )
        written += 1
    click.echo(f"Feedback for {written} students is in {folder}/<student>/{milestone.name}.html")
    exit_if_unreadable(found)


def _lesson(sources: Sources, milestone: Milestone, version: str) -> Lesson:
    """Return what the notebook of this version says: a question as it was asked."""
    now = sources.assignment_folder(milestone)
    if not version or not (sources.kept_releases / milestone.name / f"{version}.zip").is_file():
        return read_lesson(now)
    release = Release.current(milestone, sources)
    given = kept(release, version)
    if given is None or given.version == release.version:
        return read_lesson(now)
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        write_files(Path(folder), given.files)
        return read_lesson(Path(folder))

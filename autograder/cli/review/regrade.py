"""``autograder regrade``."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from ...grading import regrade as regrading
from ...grading import run
from ...grading.grade import Settings
from ...milestone import Milestone
from ...nbgrader_plugin.course import Course
from ...reports.score_table import number, printable
from ..options import NOT_ALL_GRADED, collected, milestone_argument, reports_option, require_sandbox


@click.command()
@milestone_argument
@reports_option
@click.option(
    "--submitted",
    type=click.Path(path_type=Path),
    default=Path("submitted"),
    show_default=True,
    help="Folder with <student>/<milestone>.",
)
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option("--all", "everybody", is_flag=True, help="Also whose report was made with today's checks.")
@click.option(
    "--diff/--apply", "only_show", default=True, show_default=True, help="Show, or replace reports."
)
@click.option("--jobs", "workers", type=click.IntRange(min=1), default=os.cpu_count() or 1)
@click.option("--data", default=None, show_default="those of the report", help="Hidden images, as for grade.")
@click.pass_obj
def regrade(
    course: Course,
    milestone: Milestone,
    folder: Path,
    submitted: Path,
    students: tuple[str, ...],
    everybody: bool,
    only_show: bool,
    workers: int,
    data: str | None,
) -> None:
    """Grade again what was graded with earlier checks of MILESTONE, and show who gains or loses what, and why.

    Each submission is graded with the seed of its old report, so that what differs comes from the checks. Nothing is
    replaced before you say --apply; then the old reports are kept, and `nbgrader autograde` records the new ones. Exit
    status: 0, 3 if something could not be graded, 2 for wrong usage.
    """
    old = collected(folder, milestone).readable
    old = old if everybody else regrading.outdated(old, milestone)
    old = [report for report in old if not students or report["student"] in students]
    if not old:
        click.echo("Nothing to do: every report was made with the checks of today.")
        return
    new = {
        report["student"]: found
        for report in old
        if (found := regrading.stored_new(folder, report, milestone)) is not None
    }
    left = [report for report in old if report["student"] not in new]
    if left:
        require_sandbox()
        new |= _graded(course, milestone, left, folder, submitted, workers, data)
    failed = _show(old, new)
    if only_show:
        click.echo(f"Nothing is replaced yet: autograder regrade {milestone.name} --apply does that.")
    else:
        for report in new.values():
            if report["verdict"] == "graded":
                regrading.apply(folder, report, milestone)
        click.echo(f"The old reports are kept in {folder / regrading.EARLIER}.")
    if failed:
        sys.exit(NOT_ALL_GRADED)


def _graded(
    course: Course,
    milestone: Milestone,
    old: list[dict[str, Any]],
    folder: Path,
    submitted: Path,
    workers: int,
    data: str | None,
) -> dict[str, dict[str, Any]]:
    """Return student → new report; each is stored aside, so that it need not be made twice."""
    of_seed = defaultdict(list)
    for report in old:
        of_seed[int(report["seed"])].append(report)
    found = {}
    for seed, reports in of_seed.items():
        images = data or reports[0]["data"] or course.images
        settings = Settings(milestone, seed, images, sources=course.sources)
        jobs = [
            run.Job(
                report["student"],
                submitted / report["student"] / milestone.name,
                regrading.path_of_new(folder, report["student"], milestone),
            )
            for report in reports
        ]
        for job, made, _ in run.run(jobs, settings, workers=workers, force=True):
            found[job.student] = made
    return found


def _show(old: list[dict[str, Any]], new: dict[str, dict[str, Any]]) -> bool:
    """Print what changes for whom; return whether something could not be graded."""
    changes, failed = [], False
    for report in old:
        made = new[report["student"]]
        if made["verdict"] != "graded":
            failed = True
            click.echo(f"not graded: {printable(report['student'])}: {printable(made['reason'])}")
        elif (change := regrading.compare(report, made)) is not None:
            changes.append(change)
    for change in sorted(changes, key=lambda one: (-one.gain, one.student)):
        gain = f"{'+' if change.gain >= 0 else '−'}{number(abs(change.gain))}"
        was, now = number(change.before), number(change.after)
        click.echo(f"{printable(change.student)}: {was} → {now} ({gain})")
        for check in change.checks:
            click.echo(
                f"    {check.name}: {number(check.before)} → {number(check.after)}: {printable(check.why)}"
            )
    won = sum(change.gain > 0 for change in changes)
    lost = sum(change.gain < 0 for change in changes)
    same = len(old) - len(changes)
    click.echo(f"{len(old)} graded again: {won} gain, {lost} lose, {same} have the same points.")
    return failed

"""``autograder grade``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..grading import run
from ..grading.grade import Settings, new_seed
from ..judging import milestone_content
from ..milestone import Milestone
from ..nbgrader_plugin.course import Course
from ..reports import score_table
from ..reports.report import needs_human
from .options import NOT_ALL_GRADED, milestone_argument, require_sandbox, require_writable


@click.command()
@milestone_argument
@click.option(
    "--submitted",
    type=click.Path(path_type=Path),
    default=Path("submitted"),
    show_default=True,
    help="Folder with <student>/<milestone>, as nbgrader collects it.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder for <student>/<milestone>.json.",
)
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option(
    "--jobs",
    "workers",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one per core",
    help="How many submissions are graded at once.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=None,
    help="Draw the same cases as an earlier run; its reports name the seed. Default: a fresh one.",
)
@click.option(
    "--data",
    default=None,
    show_default="$NNDL_DATA",
    help="Hidden images for accuracy checks: a CIFAR-10 folder, or 'offline' for the drawn image set.",
)
@click.option("--force", is_flag=True, help="Grade again even if there is a report on the same files.")
@click.pass_obj
def grade(
    course: Course,
    milestone: Milestone,
    submitted: Path,
    output: Path,
    students: tuple[str, ...],
    workers: int,
    seed: int | None,
    data: str | None,
    force: bool,
) -> None:
    """Grade the submissions of MILESTONE and write a JSON report for each.

    Exit status: 0 if every submission was graded, 2 for wrong usage, 3 if some could not be graded or something in them
    could not be read; these are listed.
    """
    # Without a terminal the width is unknown, and a table that is cut off is useless.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    require_sandbox()
    settings = Settings(milestone, new_seed() if seed is None else seed, data, sources=course.sources)
    try:
        milestone_content.checks(milestone)
        jobs = run.find_jobs(submitted, output, milestone, students)
    except (FileNotFoundError, LookupError) as error:
        raise click.UsageError(str(error)) from None
    require_writable(output)
    reports, up_to_date = [], 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"grading {milestone.name}", total=len(jobs))
        for _, report, fresh in run.run(jobs, settings, workers=workers, force=force):
            reports.append(report)
            up_to_date += not fresh
            progress.advance(bar)
        progress.update(bar, visible=up_to_date < len(jobs))
    reports.sort(key=lambda report: report["student"])
    console.print(score_table.scores(reports))
    # Only a report that was written in this run has its seed.
    done = f"Run seed: {settings.seed}" if up_to_date < len(jobs) else _nothing_to_grade(up_to_date)
    console.print(f"Reports are in {output}. {done}", highlight=False, soft_wrap=True)
    for_a_human = [report for report in reports if needs_human(report)]
    for report in for_a_human:
        what = "needs a human" if report["verdict"] == "graded" else "not graded"
        for line in needs_human(report):
            student, reason = score_table.plain(report["student"]), score_table.plain(line)
            console.print(f"[bold]{what}[/]: {student}: {reason}", soft_wrap=True)
    beside = [] if students else run.overlooked(submitted, milestone)
    for path in beside:
        shown = score_table.plain(str(path))
        console.print(f"[bold]not looked at[/]: {shown}: not in <student>/{milestone.name}", soft_wrap=True)
    if for_a_human or beside:
        sys.exit(NOT_ALL_GRADED)


def _nothing_to_grade(reports: int) -> str:
    said = f"{reports} reports are" if reports > 1 else "the report is"
    return f"Nothing to grade: {said} up to date; --force grades again."

"""``autograder grade``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from ..cluster.dask_executor import ClusterUnusable, DaskExecutor, scheduler_address
from ..grading import one_run, run
from ..grading.grade import Settings, new_seed, prepare
from ..grading.regrade import mixture
from ..grading.stopping import EXIT_STATUS, Stop
from ..judging import milestone_content
from ..milestone import Milestone
from ..nbgrader_plugin.course import CONFIG, Course
from ..reports import score_table
from ..reports.report import needs_human
from .cluster import certificates_option
from .options import NOT_ALL_GRADED, milestone_argument, require_sandbox, require_writable
from .progress import RunProgress


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
    show_default="c.RecordScores.data of nbgrader_config.py, or $NNDL_DATA",
    help="Hidden images for accuracy checks: a CIFAR-10 folder, or 'offline' for the drawn image set.",
)
@click.option("--force", is_flag=True, help="Grade again even if there is a report on the same files.")
@click.option(
    "--executor",
    "cluster",
    default=None,
    metavar="dask://HOST:PORT",
    help="Grade on the workers of this scheduler, see `autograder cluster`; --jobs then has no meaning.",
)
@certificates_option
@click.option(
    "--json-progress", is_flag=True, help="Write a line of JSON for each submission to standard error."
)
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
    cluster: str | None,
    certificates: Path | None,
    json_progress: bool,
) -> None:
    """Grade the submissions of MILESTONE and write a JSON report for each.

    Ctrl-C ends the run; what is graded by then is kept, and the same command grades the rest with the same seed. A
    second Ctrl-C ends it at once.

    Exit status: 0 if every submission was graded, 2 for wrong usage, 3 if some could not be graded or something in them
    could not be read; these are listed. 130 if it was interrupted.
    """
    # Without a terminal the width is unknown, and a table that is cut off is useless.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    require_sandbox()
    images = data or course.images
    settings = Settings(milestone, new_seed() if seed is None else seed, images, sources=course.sources)
    try:
        milestone_content.checks(milestone)
        jobs = run.find_jobs(submitted, output, milestone, students)
    except (FileNotFoundError, LookupError) as error:
        nowhere = isinstance(error, FileNotFoundError) and course.root is None and not submitted.is_dir()
        hint = f". And this is no course's folder: there is no {CONFIG} here" if nowhere else ""
        raise click.UsageError(f"{error}{hint}") from None
    require_writable(output)
    where: dict[str, run.ExecutorFactory] = {}
    if cluster is not None:
        workers, where["executor"] = _on_cluster(cluster, certificates, settings)
    reports, up_to_date = [], 0
    try:
        with one_run.only_run(output, f"autograder grade {milestone.name}"), Stop() as stop:
            earlier = one_run.earlier(output, settings)
            if earlier is not None and seed in (None, earlier.seed):
                settings = replace(settings, seed=earlier.seed)
                console.print(
                    f"Going on with the run of {earlier.started}, which was ended early.", highlight=False
                )
            else:
                earlier = None
            one_run.begin(output, settings)
            prepare(settings, here=cluster is None)
            with RunProgress(f"grading {milestone.name}", len(jobs), console, json_progress) as progress:
                for _, report, fresh in run.run(
                    jobs,
                    settings,
                    workers=workers,
                    force=force,
                    resumed=earlier is not None,
                    stop=stop,
                    **where,
                ):
                    reports.append(score_table.slim(report))
                    up_to_date += not fresh
                    progress.advance(report, fresh)
            if len(reports) < len(jobs):
                console.print(
                    f"Interrupted: {len(reports)} of {len(jobs)} are graded, and their reports are in {output}. "
                    "The same command grades the rest, with the same seed.",
                    highlight=False,
                    soft_wrap=True,
                )
                sys.exit(EXIT_STATUS)
            one_run.done(output)
    except one_run.AnotherRun as error:
        raise click.ClickException(str(error)) from None
    reports.sort(key=lambda report: report["student"])
    console.print(score_table.scores(reports, console.width))
    # Only a report that was written in this run has its seed.
    done = f"Run seed: {settings.seed}" if up_to_date < len(jobs) else _nothing_to_grade(up_to_date)
    console.print(f"Reports are in {output}. {done}", highlight=False, soft_wrap=True)
    if mixed := mixture(reports, milestone):
        console.print(score_table.plain(mixed), highlight=False, soft_wrap=True)
    for line in score_table.versions_in_words(reports):
        console.print(f"[bold]other versions[/]: {score_table.plain(line)}", highlight=False, soft_wrap=True)
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


def _on_cluster(url: str, certificates: Path | None, settings: Settings) -> tuple[int, run.ExecutorFactory]:
    """Return how many submissions a cluster grades at once, and what makes its executors."""
    try:
        address = scheduler_address(url, certificates)
        with DaskExecutor(address, certificates) as first:
            first.refuse_other_versions(settings)
            return first.threads, lambda workers: DaskExecutor(address, certificates)
    except ImportError as error:
        raise click.ClickException(f"{error}; run: pip install nndl-autograder[cluster]") from None
    except ClusterUnusable as error:
        raise click.UsageError(str(error)) from None


def _nothing_to_grade(reports: int) -> str:
    said = f"{reports} reports are" if reports > 1 else "the report is"
    return f"Nothing to grade: {said} up to date; --force grades again."

"""The command line of the autograder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..failures import InfrastructureError
from ..grading import grade as grading
from ..grading import run
from ..judging import room
from ..milestone import Milestone
from ..reports import class_report, table
from ..sources import Sources

NOT_ALL_GRADED = 3


class _MilestoneName(click.ParamType):
    name = "milestone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Milestone:
        try:
            return Sources().milestone(value)
        except KeyError as error:
            self.fail(error.args[0], param, ctx)


MILESTONE = _MilestoneName()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nndl-autograder")
def main() -> None:
    """Grade submissions of the course in a sandbox."""


@main.command()
@click.argument("milestone", type=MILESTONE)
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
@click.option("--force", is_flag=True, help="Grade again what has a report of the same files already.")
def grade(
    milestone: Milestone,
    submitted: Path,
    output: Path,
    students: tuple[str, ...],
    jobs: int,
    seed: int | None,
    data: str | None,
    force: bool,
) -> None:
    """Grade the submissions of MILESTONE and write a JSON report for each.

    Exit status: 0 if every submission was graded, 3 if some could not be (they are listed), 2 for wrong usage.
    """
    # Without a terminal the width is unknown; a table that is cut off helps nobody.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    _require_sandbox()
    try:
        todo = run.find_jobs(submitted, output, milestone, students)
        settings = grading.Settings(milestone, grading.new_seed() if seed is None else seed, data)
        room.checks(milestone)  # whether there are any
    except (FileNotFoundError, LookupError) as error:
        raise click.UsageError(str(error)) from None
    reports = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"grading {milestone.name}", total=len(todo))
        for _, report, _ in run.run(todo, settings, jobs=jobs, force=force):
            reports.append(report)
            progress.advance(bar)
    reports.sort(key=lambda report: report["student"])
    console.print(table.scores(reports))
    console.print(f"Reports are in {output}. Run seed: {settings.seed}", highlight=False, soft_wrap=True)
    open_ones = [report for report in reports if report["verdict"] != "graded"]
    for report in open_ones:
        student, reason = (table.plain(report[key]) for key in ("student", "reason"))
        console.print(f"[bold]not graded[/]: {student}: {reason}", soft_wrap=True)
    if open_ones:
        sys.exit(NOT_ALL_GRADED)


@main.command()
@click.argument("milestone", type=MILESTONE)
@click.option(
    "--reports",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder with <student>/<milestone>.json.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    show_default="<reports>/<milestone>.html",
    help="The page to write.",
)
def report(milestone: Milestone, folder: Path, output: Path | None) -> None:
    """Write the class report of MILESTONE: a page with score histogram, pass rates and common mistakes."""
    try:
        reports = class_report.collect(folder, milestone)
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None
    path = output or folder / f"{milestone.name}.html"
    class_report.write(path, reports, milestone)
    click.echo(f"Class report of {len(reports)} submissions: {path}")


@main.command()
@click.argument("milestone", type=MILESTONE)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data", default=None, help="Where the simulated students train: as for `grade`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which class is drawn.")
def simulate(milestone: Milestone, folder: Path, data: str | None, seed: int) -> None:
    """Write the submissions of a simulated class into FOLDER, to try things out on."""
    from ..proofs import simulated_class as simulation

    try:
        students = simulation.write_class(folder, milestone, data=data, seed=seed)
    except (FileExistsError, LookupError) as error:
        raise click.UsageError(str(error)) from None
    for name, what in students:
        click.echo(f"{name:12} {what}")
    click.echo(f"{len(students)} submissions are in {folder}.")


@main.command()
@click.argument("milestone", type=MILESTONE)
@click.option(
    "--reports",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder with <student>/<milestone>.json.",
)
def feedback(milestone: Milestone, folder: Path) -> None:
    """Write a feedback page for every student beside the report: <student>/<milestone>.html."""
    from ..reports import feedback as pages

    try:
        reports = class_report.collect(folder, milestone)
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None
    for report in reports:
        pages.write(folder / report["student"] / f"{milestone.name}.html", report, milestone)
    click.echo(f"Feedback for {len(reports)} students is in {folder}/<student>/{milestone.name}.html")


@main.command()
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--check", "name", default=None, show_default="the first that failed", help="The check to look at."
)
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    default=None,
    show_default="submitted/<student>/<milestone>",
    help="The folder that was graded.",
)
@click.option("--data", default=None, help="Hidden images, where the check needs them: as for `grade`.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=20.0,
    show_default=True,
    help="How long to look for a smaller input that fails in the same way.",
)
def explain(
    report: Path, name: str | None, submission: Path | None, data: str | None, seconds: float
) -> None:
    """Replay a failed case of REPORT in the sandbox, and show the smallest input on which it still fails.

    Exit status: 0 if a case failed again, 1 if none did, 2 for wrong usage, 3 if nothing can be sandboxed here.
    """
    from ..explain import explain as explaining
    from ..explain.text import text

    _require_sandbox()
    try:
        read = explaining.read_report(report)
        folder = submission or explaining.default_folder(read)
        found = explaining.explain(
            read, folder, name=name, data=data, effort=explaining.Effort(seconds=seconds)
        )
    except explaining.ExplainError as error:
        raise click.UsageError(str(error)) from None
    except InfrastructureError as error:
        raise _NoSandbox(str(error)) from None
    click.echo(text(found), nl=False)
    if found.original is None:
        sys.exit(1)


@main.command()
def doctor() -> None:
    """Say whether submissions can be sandboxed here, and what to do if not."""
    _require_sandbox()
    from ..sandbox.worker_sandbox import probe

    click.echo(f"Submissions can be sandboxed here: {probe().how}.")


class _NoSandbox(click.ClickException):
    exit_code = NOT_ALL_GRADED


def _require_sandbox() -> None:
    from ..sandbox.worker_sandbox import probe

    state = probe()
    if not state.ok:
        raise _NoSandbox(f"Submissions cannot be sandboxed here: {state.how}.\n{state.advice}")

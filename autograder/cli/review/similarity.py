"""``autograder similarity``."""

from __future__ import annotations

from pathlib import Path

import click

from ...grading import run
from ...milestone import Milestone
from ...nbgrader_plugin.course import Course
from ...reports.collect import collect
from ...similarity import page, rare_values
from ...similarity.compared_code import laid_out
from ...similarity.passages import MUCH, PASSES, Compare50Missing, compare, compare50_python
from ..options import milestone_argument, reports_option


@click.command()
@milestone_argument
@click.option(
    "--submitted",
    type=click.Path(path_type=Path),
    default=Path("submitted"),
    show_default=True,
    help="Folder with <student>/<milestone>.",
)
@reports_option
@click.option(
    "--archive",
    "archives",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with code to compare with, such as last year's; may be given several times.",
)
@click.option("--pass", "kind", type=click.Choice(PASSES), default=PASSES[0], show_default=True)
@click.option("--most", type=click.IntRange(1, 500), default=50, show_default=True, help="How many pairs.")
@click.option("--python", default="", help="Python of an environment with compare50.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    show_default="<reports>/<milestone>-similarity.html",
    help="The page to write.",
)
@click.pass_obj
def similarity(
    course: Course,
    milestone: Milestone,
    submitted: Path,
    folder: Path,
    archives: tuple[Path, ...],
    kind: str,
    most: int,
    python: str,
    output: Path | None,
) -> None:
    """Write a page with what looks alike among the submissions of MILESTONE, side by side.

    Code is compared by compare50, without what students were given, and with an archive of public answers. Reports of
    one run show who gave the same rare wrong values. The page shows evidence and accuses nobody. Exit status: 0, or 2
    for wrong usage.
    """
    path = output or folder / f"{milestone.name}-similarity.html"
    try:
        interpreter = compare50_python(python)
        jobs = run.find_jobs(submitted, folder, milestone)
        others = {f"archive: {archive.name}": archive for archive in archives}
        students = {job.student: job.folder for job in jobs}
        with laid_out(milestone, course.sources, students, others) as code:
            pairs = compare(code, interpreter, kind=kind, most=most)
            values, left = rare_values.pairs(_reports(folder, milestone))
            page.write(path, milestone, code, pairs, values, left)
    except (Compare50Missing, FileNotFoundError) as error:
        raise click.UsageError(str(error)) from None
    much = sum(pair.share >= MUCH for pair in pairs)
    click.echo(
        f"{len(pairs)} pairs share code, {much} of them {MUCH:.0%} or more of what they wrote; "
        f"{len(values)} share rare wrong values: {path}"
    )
    click.echo("Alike is not copied: read the passages, and talk with people before you conclude anything.")


def _reports(folder: Path, milestone: Milestone) -> list[dict[str, object]]:
    try:
        return collect(folder, milestone).readable
    except FileNotFoundError:
        return []

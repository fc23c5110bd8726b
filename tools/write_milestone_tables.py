"""Write the table of milestones to README.md, and the questions with their rubrics to docs/rubrics.md.

    python tools/write_milestone_tables.py            # write both
    python tools/write_milestone_tables.py --check    # write nothing; exit status 1 if one of them is not up to date

Points come from the hidden checks and the notebooks' grade cells, times from each assignment's README.
"""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import nbformat

from autograder.judging import milestone_content
from autograder.milestone import Milestone
from autograder.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
README, RUBRICS = ROOT / "README.md", ROOT / "docs" / "rubrics.md"
BEGIN, END = "<!-- milestones: written by tools/write_milestone_tables.py -->", "<!-- end of milestones -->"


@dataclass(frozen=True)
class Question:
    """A question graded by hand: its grade id, its points, and what the instructor reads about it."""

    name: str
    points: float
    text: str
    answer: str
    rubric: str


def assignment(milestone: Milestone, name: str) -> Path:
    return ROOT / "assignments" / milestone.name / name


def questions(milestone: Milestone) -> list[Question]:
    """Return the questions of a notebook in its order."""
    notebook = nbformat.read(assignment(milestone, f"{milestone.name}.ipynb"), as_version=4)
    found, asked = [], ""
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "markdown":
            continue  # a cell to run may stand between a question and its answer
        if settings.get("grade"):
            answer, _, rubric = cell.source.partition("**Rubric.**")
            answer = answer.replace("**Model answer.**", "").strip()
            text = re.sub(r"^#+ ", "", asked, flags=re.MULTILINE).strip()
            found.append(Question(cell.id, settings.points, text, answer, rubric.strip()))
        asked = cell.source
    return found


def time_needed(milestone: Milestone) -> str:
    """Return what the assignment's README says about the time."""
    readme = assignment(milestone, "README.md").read_text(encoding="utf-8")
    match = re.search(r"\| \*\*Time\*\* \| (.*?)(?:,.*)? \|", readme)
    if match is None:
        raise SystemExit(f"{assignment(milestone, 'README.md')} has no row **Time**")
    return match[1]


def table(written: list[Milestone]) -> str:
    """Return the README's table."""
    lines = [
        "| milestone | time a student needs | points: checks | questions | named mistakes |",
        "|---|---|---|---|---|",
    ]
    for milestone in Sources().milestones:
        number = Sources().milestones.index(milestone) + 1
        if milestone not in written:
            lines.append(f"| {number} {milestone.title} | not written yet | | | |")
            continue
        automatic = sum(check.points for check in milestone_content.checks(milestone))
        manual = sum(question.points for question in questions(milestone))
        link = f"[{milestone.title}](assignments/{milestone.name}/README.md)"
        rubric = f"[{manual:g}](docs/rubrics.md#{anchor(milestone)})"
        mistakes = len(milestone_content.bugs(milestone))
        lines.append(
            f"| {number} {link} | {time_needed(milestone)} | {automatic:g} | {rubric} | {mistakes} |"
        )
    return "\n".join(lines)


def anchor(milestone: Milestone) -> str:
    return milestone.title.lower().replace(" ", "-")


def rubrics(written: list[Milestone]) -> str:
    """Return the text of docs/rubrics.md."""
    parts = [
        "# Questions and rubrics",
        "",
        "For instructors. Written by `tools/write_milestone_tables.py` from the source notebooks; do not edit.",
        "",
    ]
    for milestone in written:
        parts += [f"## {milestone.title}", ""]
        for question in questions(milestone):
            parts += [
                f"**`{question.name}`, {question.points:g} points.** {question.text}",
                "",
                f"*Model answer.* {question.answer}",
                "",
                f"*Rubric.* {question.rubric}",
                "",
            ]
    return "\n".join(parts)


def with_table(readme: str, text: str) -> str:
    """Return the README with another table between the two marks."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise SystemExit(f"README.md must hold {BEGIN!r} and {END!r} once each")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def is_written(milestone: Milestone) -> bool:
    try:
        importlib.import_module(f"autograder.course.{milestone.name}.checks")
    except ModuleNotFoundError:
        return False
    return assignment(milestone, f"{milestone.name}.ipynb").is_file()


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; say whether both are up to date.")
def main(check: bool) -> None:
    written = [milestone for milestone in Sources().milestones if is_written(milestone)]
    wanted = {
        README: with_table(README.read_text(encoding="utf-8"), table(written)),
        RUBRICS: rubrics(written),
    }
    for path, text in wanted.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            sys.exit(
                f"{path.relative_to(ROOT)} is not up to date: run `python tools/write_milestone_tables.py`"
            )
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

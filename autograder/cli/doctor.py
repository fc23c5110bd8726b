"""``autograder doctor``."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import click

from ..milestone import Milestone
from ..nbgrader_plugin.course import Course
from ..reports import report as reporting
from ..reports.score_table import differ, other_versions
from ..sandbox.availability import sandbox_availability
from ..submission import made_with
from .options import require_sandbox


@click.command()
@click.pass_obj
def doctor(course: Course) -> None:
    """Say whether submissions can be sandboxed here, and what to do if not.

    In a course's folder, the grader's Python and NumPy are compared with those that students were told to install, and
    with those that they used, as far as their hand-ins say it.
    """
    require_sandbox()
    click.echo(f"Submissions can be sandboxed here: {sandbox_availability().how}.")
    here = made_with.here()
    click.echo(f"The grader has Python {here['Python']} and NumPy {here['NumPy']}.")
    if course.root is not None:
        for line in (*_told(course.root, here), *_handed_in(course, here)):
            click.echo(line)


def _told(root: Path, here: dict[str, str]) -> list[str]:
    """Return a line for each release that tells students to install another NumPy, or was made by another Python."""
    lines = []
    for folder in sorted(path for path in (root / "release").glob("*") if path.is_dir()):
        pinned = re.search(r"^numpy==(\S+)", _text(folder / "requirements.txt"), re.MULTILINE)
        made = re.search(r'"python": "([\d.]+)"', _text(folder / "assignment.json"))
        for what, there in (("NumPy", pinned), ("Python", made)):
            if there is not None and differ(there[1], here[what]):
                lines.append(
                    f"release/{folder.name} was made for {what} {there[1]}, and the grader has {here[what]}: "
                    "make the release again, or install that version here"
                )
    return lines


def _handed_in(course: Course, here: dict[str, str]) -> list[str]:
    """Return a line for each version that hand-ins of a milestone were made with and the grader does not have."""
    assert course.root is not None
    found: dict[str, Counter[tuple[str, str]]] = {}
    for folder in sorted((course.root / "submitted").glob("*/*")):
        if folder.name in course.sources.milestone_names:
            versions = _versions(course.root, folder, course.sources.milestone(folder.name))
            ours = {"python": here["Python"], "numpy": here["NumPy"]}
            there = other_versions({"versions": versions | ours})
            found.setdefault(folder.name, Counter()).update(there.items())
    return [
        f"{milestone}: {count} {'hand-in was' if count == 1 else 'hand-ins were'} made with {what} {version}, "
        f"and the grader has {here[what]}"
        for milestone, versions in found.items()
        for (what, version), count in sorted(versions.items())
    ]


def _versions(root: Path, folder: Path, milestone: Milestone) -> dict[str, str]:
    """Return a student's versions: from the report, which knows what is in archives, else from the folder."""
    path = root / "reports" / folder.parent.name / f"{milestone.name}.json"
    report = reporting.read(path)
    found = (report or {}).get("versions", {})
    return {name: found[name] for name in (made_with.PYTHON, made_with.NUMPY) if name in found} or (
        made_with.of_folder(folder, milestone)
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

"""``autograder doctor``."""

from __future__ import annotations

import platform
import re
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from ..grading.students_versions import add_students_python, differs
from ..nbgrader_plugin.course import Course
from ..sandbox.availability import sandbox_availability
from .options import require_sandbox


@click.command()
@click.pass_obj
def doctor(course: Course) -> None:
    """Say whether submissions can be sandboxed here, and what to do if not.

    In a course's folder, the grader's Python and NumPy are compared with those that students were told to install, and
    with what their notebooks were run with.
    """
    require_sandbox()
    click.echo(f"Submissions can be sandboxed here: {sandbox_availability().how}.")
    here = {"Python": platform.python_version(), "NumPy": metadata.version("numpy")}
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
            if there is not None and differs(there[1], here[what]):
                lines.append(
                    f"release/{folder.name} was made for {what} {there[1]}, and the grader has {here[what]}: "
                    "make the release again, or install that version here"
                )
    return lines


def _handed_in(course: Course, here: dict[str, str]) -> list[str]:
    """Return a line for each milestone whose notebooks were run with another Python than the grader's."""
    assert course.root is not None
    found: dict[str, Counter[str]] = {}
    for folder in sorted((course.root / "submitted").glob("*/*")):
        if folder.name in course.sources.milestone_names:
            report: dict[str, Any] = {"versions": {}}
            add_students_python(report, folder, course.sources.milestone(folder.name))
            found.setdefault(folder.name, Counter()).update(report["versions"].values())
    return [
        f"{milestone}: {count} {'notebook was' if count == 1 else 'notebooks were'} run with Python {version}, "
        f"and the grader has {here['Python']}"
        for milestone, versions in found.items()
        for version, count in sorted(versions.items())
        if differs(version, here["Python"])
    ]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

"""What a class hands in: simulated students' work in the shapes that people send it in."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from .installed import Installed

DUE = "2026-03-01 12:00:00 UTC"
IN_TIME, LATE = "2026-02-28 18:00:00 UTC", "2026-03-02 09:00:00 UTC"
ANSWER = "The answer of {student} in their own words."


def simulated(installed: Installed, course: Path, milestone: str, count: int) -> list[tuple[Path, str]]:
    """Return so many folders of simulated students, and what each of them did."""
    found: list[tuple[Path, str]] = []
    seed = 0
    while len(found) < count:
        folder = course.parent / "class" / milestone / str(seed)
        said = installed.run(course, "autograder", "simulate", milestone, folder, "--seed", str(seed))
        for line in said.splitlines()[:-1]:
            name, what = line.split(maxsplit=1)
            found.append((folder / name / milestone, what))
        seed += 1
    return found[:count]


def answered(folder: Path, milestone: str, student: str) -> None:
    """Write something into every answer of a notebook."""
    path = folder / f"{milestone}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        settings = cell["metadata"].get("nbgrader") or {}
        if cell["cell_type"] == "markdown" and settings.get("grade"):
            cell["source"] = ANSWER.format(student=student)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def as_folder(work: Path, target: Path, milestone: str) -> None:
    """Hand in the folder as it is."""
    shutil.copytree(work, target)


def as_zip(work: Path, target: Path, milestone: str) -> None:
    """Hand in one archive, with the folder in it."""
    target.mkdir(parents=True)
    with zipfile.ZipFile(target / "upload.zip", "w") as archive:
        for path in sorted(work.rglob("*")):
            archive.write(path, f"{milestone}/{path.relative_to(work)}")


def deep(work: Path, target: Path, milestone: str) -> None:
    """Hand in a folder in a folder."""
    shutil.copytree(work, target / "homework" / "my work")


def renamed(work: Path, target: Path, milestone: str) -> None:
    """Hand in a notebook that a browser has renamed."""
    shutil.copytree(work, target)
    (target / f"{milestone}.ipynb").rename(target / f"{milestone} (1).ipynb")


def cut_off(work: Path, target: Path, milestone: str) -> None:
    """Hand in a notebook that was not uploaded to its end."""
    shutil.copytree(work, target)
    path = target / f"{milestone}.ipynb"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


SHAPES: tuple[Callable[[Path, Path, str], None] | None, ...] = (
    *(as_folder, as_zip, as_folder, deep, as_folder, renamed),
    *(as_folder, as_folder, as_folder, cut_off, as_folder, None),
)
"""One after another for the students of a class; None hands in nothing."""
LATE_ONES = (7,)
"""Which places in `SHAPES` hand in late."""


def hand_in(work: Path, course: Path, milestone: str, student: str, place: int) -> bool:
    """Hand in one student's work in the shape of their place; return whether anything was handed in."""
    shape = SHAPES[place % len(SHAPES)]
    if shape is None:
        return False
    answered(work, milestone, student)
    target = course / "submitted" / student / milestone
    target.parent.mkdir(parents=True, exist_ok=True)
    shape(work, target, milestone)
    late = place % len(SHAPES) in LATE_ONES
    (target / "timestamp.txt").write_text(LATE if late else IN_TIME)
    return True

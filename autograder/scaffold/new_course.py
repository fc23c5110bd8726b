"""A course's folder: what nbgrader needs to work in it, and the notebooks of this course's milestones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from string import Template
from typing import Any

from ..judging import milestone_content
from ..milestone import Milestone
from ..release.build import write_files
from ..sources import CourseError, Sources

DISTRIBUTION = "nndl-autograder"
STATE = ".autograder-course.json"
"""The file in a course's folder that says which version made its files, and what these were then."""

_FILES = Path(__file__).with_name("files")
_LEFT_OUT = {".py", ".pyc"}
"""Of an assignment's folder: text pairs of notebooks, which only developers of this course use."""


def version() -> str:
    """Return the installed version of the autograder."""
    return metadata.version(DISTRIBUTION)


def course_files(course_id: str, milestones: Sequence[Milestone], sources: Sources) -> dict[str, bytes]:
    """Return the files of a new course: name → content.

    Parameters
    ----------
    course_id : str
        nbgrader's name of the course.
    milestones : sequence of Milestone
        Those whose notebooks it gets.
    sources : Sources
        Where the notebooks come from.

    Raises
    ------
    CourseError
        If a milestone has no assignment there.
    """
    values = {
        "course_id": course_id,
        "version": version(),
        "milestones": ", ".join(milestone.name for milestone in milestones) or "none yet",
        "first": milestones[0].name if milestones else "MILESTONE",
    }
    files = filled("course", values)
    for milestone in milestones:
        files |= assignment_files(milestone, sources)
    return files


def assignment_files(milestone: Milestone, sources: Sources) -> dict[str, bytes]:
    """Return the files of one milestone's assignment, by their names in a course's folder."""
    folder = sources.assignment_folder(milestone)
    found = {
        f"assignments/{milestone.name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in _LEFT_OUT and not _hidden(path.relative_to(folder))
    }
    if not any(name.endswith(".ipynb") for name in found):
        raise CourseError(f"the milestone {milestone.name!r} has no notebook in {folder}")
    return found


def write_course(
    folder: Path, names: Iterable[str] | None = None, sources: Sources | None = None
) -> tuple[Milestone, ...]:
    """Make a course's folder, and return its milestones.

    Parameters
    ----------
    folder : Path
        It must not exist, or be empty. Its name becomes that of the course.
    names : iterable of str, optional
        The milestones; all that are installed unless given.
    sources : Sources, optional
        By default what is installed.

    Raises
    ------
    CourseError
        If the folder holds anything, or its name cannot be that of a course.
    KeyError
        If there is no such milestone.
    """
    sources = sources or Sources()
    names = sources.milestone_names if names is None else dict.fromkeys(names)
    chosen = tuple(map(sources.milestone, names))
    course_id = folder.resolve().name
    if not course_id or any(c in course_id for c in "+/\\\"'\n$"):
        raise CourseError(f"{course_id!r} cannot be the name of a course: use letters, digits, - and _")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is not empty: choose a new folder")
    files = course_files(course_id, chosen, sources)
    folder.mkdir(parents=True, exist_ok=True)
    write_files(folder, files)
    write_state(folder, files, chosen)
    return chosen


def filled(kind: str, values: Mapping[str, str]) -> dict[str, bytes]:
    """Return the templates of one kind with values in their places, names included: name → content."""
    folder = _FILES / kind
    return {
        Template(path.relative_to(folder).as_posix().removesuffix(".template")).substitute(values): Template(
            path.read_text(encoding="utf-8")
        )
        .substitute(values)
        .encode()
        for path in sorted(folder.rglob("*.template"))
    }


def write_state(
    folder: Path,
    files: Mapping[str, bytes],
    milestones: Iterable[Milestone],
    known: Mapping[str, str] | None = None,
) -> None:
    """Write down what a course was made of, for `upgrade.plan`; ``known`` are the digests of its other files."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    state = {
        "version": version(),
        "files": dict(sorted({**(known or {}), **digests}.items())),
        "milestones": {m.name: milestone_content.digest(m) for m in milestones},
    }
    (folder / STATE).write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")


def read_state(folder: Path) -> dict[str, Any]:
    """Return what a course was made of.

    Raises
    ------
    CourseError
        If the folder was not made by ``autograder new-course``.
    """
    try:
        state: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
        if not all(isinstance(state[key], dict) for key in ("files", "milestones")):
            raise ValueError("it is incomplete")
    except FileNotFoundError:
        raise CourseError(
            f"{folder} was not made by `autograder new-course`: there is no {STATE} in it"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{folder / STATE} cannot be read: {error}") from error
    return state


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)

"""A milestone of a course's own: a skeleton that works, to be filled with what the course teaches."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from pathlib import Path

from ..release.build import write_files
from ..sources import CourseError, Sources
from .new_course import filled

_ONCE = ("pyproject.toml", "__init__.py")
"""Files that the first milestone of a package makes, and that serve the others, too."""


def write_milestone(
    root: Path, sources: Sources, name: str, *, title: str = "", package: str = ""
) -> list[str]:
    """Write a new milestone into a course's folder, and return the names of its files.

    It is a function with a fence, a notebook with a visible check and a question, a hidden check, a known mistake, a
    right solution that differs, and a test that proves the hidden check.

    Parameters
    ----------
    root : Path
        The course's folder.
    sources : Sources
        What the course has so far.
    name : str
        The milestone: that of its folders and fences.
    title : str, optional
        What people read; made from the name unless given.
    package : str, optional
        The package that students complete; called as the milestone unless given.

    Raises
    ------
    CourseError
        If a name cannot be used, or there is such a milestone or one of the files.
    """
    package = package or name
    if not _is_name(name):
        raise CourseError(
            f"{name!r} cannot be the name of a milestone: use small letters, digits and _ (no keyword)"
        )
    if name in sources.milestone_names:
        raise CourseError(f"there is a milestone {name!r} already")
    _require_usable(package, root)
    title = title or name.replace("_", " ").capitalize()
    files = {_placed(path, sources, root): data for path, data in _files(name, title, package).items()}
    files = {path: data for path, data in files.items() if not (path.name in _ONCE and path.exists())}
    taken = [str(path) for path in files if path.exists()]
    if taken:
        raise CourseError(f"{taken[0]} is there already: choose another name, or remove it")
    write_files(root, {str(path): data for path, data in files.items()})
    _name_package(root / "source_lib" / "pyproject.toml", package)
    return [str(path.relative_to(root)) if path.is_relative_to(root) else str(path) for path in files]


def _files(name: str, title: str, package: str) -> dict[str, bytes]:
    # jupytext takes a second to import
    import jupytext

    files = filled("milestone", {"name": name, "title": title, "package": package})
    script = f"assignments/{name}/{name}.py"
    notebook = jupytext.reads(files.pop(script).decode(), fmt="py:percent")
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{number}"  # else they are random, and two runs differ
    text = jupytext.writes(notebook, fmt="ipynb")
    return files | {f"assignments/{name}/{name}.ipynb": text.encode()}


def _placed(path: str, sources: Sources, root: Path) -> Path:
    """Return where a file goes: nbgrader may be told to look for assignments elsewhere."""
    top, _, rest = path.partition("/")
    return sources.assignments / rest if top == "assignments" else root / path


def _name_package(project: Path, package: str) -> None:
    """Have the distribution of a course's packages find one more, where it lists them as we have written them."""
    text = project.read_text(encoding="utf-8")
    listed = re.search(r"^include = \[(.*)\]$", text, re.MULTILINE)
    if listed is not None and f'"{package}*"' not in listed[1]:
        project.write_text(f'{text[: listed.end(1)]}, "{package}*"{text[listed.end(1) :]}', encoding="utf-8")


def _require_usable(package: str, root: Path) -> None:
    if not _is_name(package):
        raise CourseError(f"{package!r} cannot be the name of a package: use small letters, digits and _")
    own = root / "source_lib" / package
    installed = package in sys.stdlib_module_names or importlib.util.find_spec(package) is not None
    if installed and not own.is_dir():
        raise CourseError(f"a package {package!r} is installed already: choose another name with --package")


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and text.islower() and not keyword.iskeyword(text)

"""Reading the solution library for a release: its code with the fences in it, and its other files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..sources import Sources
from . import fences
from .fences import ReleaseError

_SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules"}
_SKIPPED_SUFFIXES = {".pyc", ".pyo", ".so", ".pyd", ".o", ".orig", ".rej", ".swp", ".html"}
_LARGEST_FILE = 20_000_000


@dataclass(frozen=True)
class SolutionLibrary:
    """The files of a solution library, by their names in a release.

    Attributes
    ----------
    code : dict of str to str
        Texts of the Python files.
    fences : dict of str to list of Fence
        The fences in each of these.
    others : dict of str to bytes
        All other files to release.
    answers : dict of str to str
        The files that answer tasks as a whole, each with the last milestone whose tasks it answers.
    """

    code: dict[str, str]
    fences: dict[str, list[fences.Fence]]
    others: dict[str, bytes]
    answers: dict[str, str]

    def with_package(self, other: SolutionLibrary) -> SolutionLibrary:
        """Return the library with the package of another one beside its own."""
        brought = {name: data for name, data in other.others.items() if "/" in name}
        return SolutionLibrary(
            other.code | self.code,
            other.fences | self.fences,
            brought | self.others,
            other.answers | self.answers,
        )


def read_library(sources: Sources, package: str) -> SolutionLibrary:
    """Read a package of a course's solution library.

    Raises
    ------
    ReleaseError
        If it is missing, a fence in it is wrong or a file is too large.
    """
    folder = sources.package_folder(package)
    if not folder.is_dir():
        message = f"there is no solution library here: expected a folder {package}"
        raise ReleaseError(message, str(sources.library))
    library = SolutionLibrary({}, {}, {}, {})
    for path in sources.project_files(package):
        library.others[path.name] = read(path)
    milestones = sources.milestone_names
    for path in regular_files(folder):
        name = f"{package}/{path.relative_to(folder).as_posix()}"
        if path.suffix == ".c" and path.with_suffix(".pyx").exists():
            continue  # made by Cython
        if path.suffix == ".py":
            text = read(path).decode("utf-8").replace("\r\n", "\n")
            library.code[name] = text
            library.fences[name] = fences.parse(text, name, milestones)
            if milestone := fences.answered(text, name, milestones):
                library.answers[name] = milestone
        else:
            library.others[name] = read(path)
    return library


def regular_files(folder: Path) -> Iterator[Path]:
    """Yield what belongs to a release: no caches, build products, links or hidden files."""
    yield from sorted(Path(entry.path) for entry in entries(folder))


def entries(folder: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
    """Yield the same as the system lists it, in no order: where order does not matter, this is much faster."""
    with os.scandir(folder) as listed:
        for entry in listed:
            name = entry.name
            if name.startswith(".") or name in _SKIPPED_FOLDERS or name.endswith(".egg-info"):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from entries(entry.path)
            elif entry.is_file(follow_symlinks=False) and os.path.splitext(name)[1] not in _SKIPPED_SUFFIXES:
                yield entry


def read(path: Path) -> bytes:
    """Return the content of a file of the course, which must not be too large to release."""
    if path.stat().st_size > _LARGEST_FILE:
        raise ReleaseError(f"larger than {_LARGEST_FILE} bytes: not something to release", str(path))
    return path.read_bytes()

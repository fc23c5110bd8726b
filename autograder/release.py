"""Releases: what a student of one milestone gets, made from the solution library and the assignments.

A release is a mapping from file names to bytes, made in memory. Writing it to disk, handing it to
``nbgrader generate_assignment`` and laying a submission over it start from the same mapping, so students are
graded on what they were given.
"""

from __future__ import annotations

import json
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import fences, leaks, milestones
from .fences import ReleaseError
from .release_notebook import moved_links, strip_notebook

__all__ = ["ReleaseError", "Sources", "editable_files", "release_files", "release_tree"]

_REPOSITORY = Path(__file__).resolve().parents[1]
_TEMPLATE = Path(__file__).parent / "templates" / "release" / "README.md"
_SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules"}
_SKIPPED_SUFFIXES = {".pyc", ".pyo", ".so", ".pyd", ".o", ".orig", ".rej", ".swp", ".html"}
_LARGEST_FILE = 20_000_000
_EXTRA_REQUIREMENTS = ("ipykernel", "jupyterlab")


@dataclass(frozen=True)
class Sources:
    """Where a course's sources lie.

    Attributes
    ----------
    library : Path
        The folder of the solution library: ``pyproject.toml``, ``setup.py`` and the package ``nndl``.
    assignments : Path
        The folder with one folder a milestone.
    constraints : Path
        Exact versions for students' ``requirements.txt``; need not exist.
    """

    library: Path = _REPOSITORY / "source_lib"
    assignments: Path = _REPOSITORY / "assignments"
    constraints: Path = _REPOSITORY / "constraints.txt"


@dataclass(frozen=True)
class _Library:
    """The Python files of the solution library and their fences, and all other files to release.

    ``answers`` has the files that answer tasks as a whole, each with the last milestone of which it does.
    """

    sources: dict[str, str]
    fences: dict[str, list[fences.Fence]]
    answers: dict[str, str]
    others: dict[str, bytes]


def release_files(
    milestone: str, sources: Sources | None = None, *, blank_earlier: bool = False, check: bool = True
) -> dict[str, bytes]:
    """Make the release of one milestone in memory.

    Parameters
    ----------
    milestone : str
        Its name.
    sources : Sources, optional
        Where to take it from; by default this repository.
    blank_earlier : bool, default False
        Whether students also get stubs for what earlier milestones asked for.
    check : bool, default True
        Whether to look for left-over solutions. Off only where the release goes to no student.

    Returns
    -------
    dict of str to bytes
        File name, relative and with ``/``, → content, in alphabetical order.

    Raises
    ------
    ReleaseError
        If a fence is wrong (see :func:`autograder.fences.parse`), a notebook cannot be stripped, or any line
        of a solution is left anywhere.
    KeyError
        If there is no such milestone.
    """
    milestones.get(milestone)
    sources = sources or Sources()
    fingerprint = _fingerprint(sources, milestone)
    files = _release(milestone, sources, blank_earlier, fingerprint)
    if check:
        _check(milestone, sources, blank_earlier, fingerprint)
    return dict(files)


def release_tree(
    dest: Path, milestone: str, sources: Sources | None = None, *, blank_earlier: bool = False
) -> list[str]:
    """Write the release of one milestone into a folder and return the names of its files.

    Parameters and errors are those of :func:`release_files`.
    """
    files = release_files(milestone, sources, blank_earlier=blank_earlier)
    write_files(dest, files)
    return list(files)


def write_files(dest: Path, files: dict[str, bytes]) -> None:
    """Write files, and the folders they need, under ``dest``."""
    for name, data in files.items():
        path = dest / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def editable_files(milestone: str, sources: Sources | None = None) -> tuple[str, ...]:
    """Return what a student hands in: notebooks, files with a fence of this milestone, artifacts."""
    sources = sources or Sources()
    notebooks = [path.name for path in _notebooks(sources, milestone)]
    return (*notebooks, *editable_code(milestone, sources), *milestones.get(milestone).artifacts)


def editable_code(milestone: str, sources: Sources | None = None) -> tuple[str, ...]:
    """Return the files of the library with a fence of this milestone, in the order of their names."""
    sources = sources or Sources()
    library = _library(sources, _fingerprint(sources, milestone))
    return tuple(p for p, found in library.fences.items() if any(f.milestone == milestone for f in found))


def _fingerprint(sources: Sources, milestone: str) -> int:
    """Return a number that changes with the sources: the key of the caches, for processes that live long."""
    paths = [sources.library / "pyproject.toml", sources.library / "setup.py", sources.constraints]
    paths += _documents(sources, milestone).values()
    for folder in (sources.library / "nndl", sources.assignments / milestone):
        paths += _regular_files(folder) if folder.is_dir() else ()
    stats = [(str(path), path.stat()) for path in paths if path.is_file()]
    return hash(tuple((name, s.st_mtime_ns, s.st_size, s.st_ino) for name, s in stats))


@lru_cache(maxsize=16)
def _release(milestone: str, sources: Sources, blank_earlier: bool, fingerprint: int) -> dict[str, bytes]:
    library = _library(sources, fingerprint)
    hidden = _hidden_milestones(milestone, blank_earlier)
    files = dict(library.others)
    for name, solved in library.sources.items():
        if library.answers.get(name) in hidden:
            continue
        text = fences.stub(solved, milestone, name, blank_earlier=blank_earlier, fences=library.fences[name])
        files[name] = (fences.without_markers(text) if name in library.answers else text).encode()
    for path in _notebooks(sources, milestone):
        text = path.read_text(encoding="utf-8")
        files[path.name] = strip_notebook(text, f"{milestone}/{path.name}").encode()
    files |= _assignment_files(sources, milestone, set(files))
    files |= {name: _read(path) for name, path in _documents(sources, milestone).items() if path.is_file()}
    for name in files:
        if name.endswith(".md"):
            files[name] = moved_links(files[name].decode("utf-8")).encode()
    files["requirements.txt"] = _requirements(milestone, sources).encode()
    if "README.md" not in files:
        files["README.md"] = _readme(milestone, sources).encode()
    return dict(sorted(files.items()))


@lru_cache(maxsize=16)
def _check(milestone: str, sources: Sources, blank_earlier: bool, fingerprint: int) -> None:
    """Look for solutions in a release; a release that has none is not looked at again."""
    library = _library(sources, fingerprint)
    files = _release(milestone, sources, blank_earlier, fingerprint)
    hidden = _hidden_milestones(milestone, blank_earlier)
    whole = {name: [fences.whole_file(library.sources[name], m)] for name, m in library.answers.items()}
    secrets, runs = leaks.library_secrets(library.sources, library.fences | whole, hidden)
    code = [files[name].decode() for name in library.sources if name in files]
    shown = "\n".join(leaks.squeeze(line) for text in code for line in text.split("\n"))
    for path in _notebooks(sources, milestone):
        source = json.loads(path.read_text(encoding="utf-8"))
        secrets += leaks.notebook_secrets(source, json.loads(files[path.name]), path.name, shown)
    leaks.check(files, secrets, runs)


def _hidden_milestones(milestone: str, blank_earlier: bool) -> set[str]:
    """Return the milestones whose solutions must not be readable in a release."""
    current = fences.rank(milestone)
    return {m.name for m in milestones.MILESTONES if blank_earlier or fences.rank(m.name) >= current}


@lru_cache(maxsize=16)
def _library(sources: Sources, fingerprint: int) -> _Library:
    if not (sources.library / "nndl").is_dir():
        raise ReleaseError("there is no solution library here: expected a folder nndl", str(sources.library))
    texts: dict[str, str] = {}
    found: dict[str, list[fences.Fence]] = {}
    answers: dict[str, str] = {}
    others: dict[str, bytes] = {}
    for path in (sources.library / "pyproject.toml", sources.library / "setup.py"):
        if path.is_file():
            others[path.name] = _read(path)
    if (sources.library.parent / "LICENSE").is_file():
        others["LICENSE"] = _read(sources.library.parent / "LICENSE")
    for path in _regular_files(sources.library / "nndl"):
        name = path.relative_to(sources.library).as_posix()
        if path.suffix == ".c" and path.with_suffix(".pyx").exists():
            continue
        if path.suffix == ".py":
            texts[name] = _read(path).decode("utf-8").replace("\r\n", "\n")
            found[name] = fences.parse(texts[name], name)
            if answered := fences.answered(texts[name], name):
                answers[name] = answered
        else:
            others[name] = _read(path)
    return _Library(texts, found, answers, others)


def _regular_files(folder: Path) -> Iterator[Path]:
    """Yield what belongs to a release: no caches, build products, links or hidden files."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(p.startswith(".") or p in _SKIPPED_FOLDERS or p.endswith(".egg-info") for p in parts):
            continue
        if path.is_file() and not path.is_symlink() and path.suffix not in _SKIPPED_SUFFIXES:
            yield path


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_FILE:
        raise ReleaseError(f"larger than {_LARGEST_FILE} bytes: not something to release", str(path))
    return path.read_bytes()


def _notebooks(sources: Sources, milestone: str) -> list[Path]:
    return sorted((sources.assignments / milestone).glob("*.ipynb"))


def _assignment_files(sources: Sources, milestone: str, taken: set[str]) -> dict[str, bytes]:
    """Return the other files of an assignment: all but its notebooks and their text pairs."""
    folder = sources.assignments / milestone
    stems = {path.stem for path in _notebooks(sources, milestone)}
    files = {}
    for path in _regular_files(folder) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        pair = path.parent == folder and path.stem in stems and path.suffix in (".py", ".md", ".ipynb")
        if pair or path.suffix == ".ipynb":
            continue
        if name in taken or name.startswith("nndl/"):
            raise ReleaseError("this name belongs to the solution library", f"{milestone}/{name}")
        files[name] = _read(path)
    return files


def _documents(sources: Sources, milestone: str) -> dict[str, Path]:
    """Return where the documents of a milestone lie, by their names in repository and release alike."""
    return {name: sources.library.parent / name for name in milestones.get(milestone).documents}


def _requirements(milestone: str, sources: Sources) -> str:
    """Return what students install: the requirements of library and milestone, in versions known to work."""
    project = tomllib.loads((sources.library / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    exact = {}
    if sources.constraints.is_file():
        for line in sources.constraints.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;#]+)", line):
                exact[_canonical(match[1])] = match[2]
    lines = ["# The versions this course was tried with. Newer ones will usually do."] if exact else []
    torch = ("torch",) if "torch" in milestones.get(milestone).libraries else ()
    for requirement in sorted((*project.get("dependencies", ()), *_EXTRA_REQUIREMENTS, *torch)):
        name = re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]
        version = exact.get(_canonical(name))
        lines.append(f"{name}=={version}" if version else requirement)
    return "\n".join(lines) + "\n"


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _readme(milestone: str, sources: Sources) -> str:
    entry = milestones.get(milestone)
    project = tomllib.loads((sources.library / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    notebooks = [path.name for path in _notebooks(sources, milestone)]
    names = editable_files(milestone, sources)
    code = [name for name in names if name.endswith(".py")]
    return string.Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=entry.title,
        notebooks=" " + ", ".join(f"`{name}`" for name in notebooks) if notebooks else "",
        python=str(project.get("requires-python", ">=3.11")).lstrip(">="),
        editable=_bullets(code or notebooks),
        later=_LATER
        if any(fences.rank(m.name) > fences.rank(milestone) for m in milestones.MILESTONES)
        else "",
        hand_in=_bullets(names),
    )


_LATER = """
Some functions raise an error that names a *later* milestone. Leave them: their turn comes, and nothing in
this assignment needs them.
"""


def _bullets(names: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- `{name}`" for name in names)

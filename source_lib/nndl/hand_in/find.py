"""Which files of a folder are to be handed in, as ``assignment.json`` says.

A file counts in its own place and under its own name. If it is not there, one that can only be this file is taken: a
copy with a number in its name, a file one folder too deep, other capitals. A file in which something was written goes
before one that is as it was released.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .contents import cells_of, digest, grade_id
from .copies import of_the_same_module, without_copy_marks
from .made_with import MADE_WITH

SKIPPED = {
    *("__pycache__", ".ipynb_checkpoints", "__MACOSX", ".git", "node_modules", "site-packages", "build"),
    *(".virtual_documents", ".jupyter", ".cache", ".trash", ".venv", "venv"),
}
"""Folders of tools, in which nobody looks for an answer."""

_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
_UNKNOWN = "not asked for"
_MOST = 5000
_SHARE = 0.3


@dataclass
class Found:
    """What a folder has for one file that is to be handed in.

    Attributes
    ----------
    name : str
        Its name in the assignment.
    file : str
        What was found, relative to the folder; empty if nothing was.
    written : bool
        Whether it differs from what was released.
    others : list of str
        Files that could be it, too, differ from what was released, and were not taken.
    """

    name: str
    file: str = ""
    written: bool = False
    others: list[str] = field(default_factory=list)


@dataclass
class Contents:
    """What lies in a folder.

    Attributes
    ----------
    found : dict of str to Found
        For each file that is asked for.
    left_out : list of (str, str)
        Names of files and folders that are not handed in, and why.
    unknown : list of str
        Names of the files that the assignment does not have.
    """

    found: dict[str, Found] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def look_into(folder: Path, assignment: Mapping[str, Any]) -> Contents:
    """Find the files of an assignment in a folder.

    Parameters
    ----------
    folder : Path
    assignment : mapping
        The content of ``assignment.json``.
    """
    contents = Contents()
    files = list(_files(folder, contents.left_out))
    asked = {entry["name"]: entry for entry in assignment["files"]}
    candidates: dict[str, list[str]] = {name: [] for name in asked}
    known = _by_last_name([*asked, *assignment["course_files"]])
    for file in files:
        name = _meant(file, known, asked) or _notebook_of_another_name(folder / file, asked, assignment)
        if name in candidates:
            candidates[name].append(file)
    for name, entry in asked.items():
        contents.found[name] = _choose(folder, name, candidates[name], entry.get("released", ""))
    taken = {found.file for found in contents.found.values()}
    for file in files:
        if file not in taken and (reason := _reason(folder / file, file, asked, assignment)):
            contents.left_out.append((file, reason))
            contents.unknown += [file] if reason == _UNKNOWN else []
    return contents


def _files(folder: Path, left_out: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the names of regular files, with ``/``; folders of tools and environments are not entered."""
    seen = 0
    for place, folders, files in os.walk(folder):
        below = Path(place)
        for name in sorted(folders):
            tools = name.casefold() in SKIPPED or name.endswith(".egg-info")
            reason = "a folder of tools" if tools else ""
            if any((below / name / mark).exists() for mark in _ENVIRONMENT):
                reason = "an environment for Python"
            if (below / name).is_symlink():
                reason = "a link"
            if reason:
                folders.remove(name)
                if name not in ("__pycache__", ".ipynb_checkpoints"):
                    left_out.append(((below / name).relative_to(folder).as_posix() + "/", reason))
        folders.sort()
        for name in sorted(files):
            seen += 1
            if seen > _MOST:
                left_out.append(("and more", f"only the first {_MOST} files were looked at"))
                return
            path = below / name
            if path.is_symlink() or not path.is_file():
                left_out.append((path.relative_to(folder).as_posix(), "a link, or no ordinary file"))
            else:
                yield path.relative_to(folder).as_posix()


def _by_last_name(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    return found


def _meant(file: str, known: Mapping[str, list[str]], asked: Mapping[str, Any]) -> str | None:
    """Return the file of the assignment whose name has most in common with that of a file."""
    parts = file.casefold().split("/")
    for last in (parts[-1], without_copy_marks(parts[-1])):
        if last in known:
            shared = {name: _shared_end([*parts[:-1], last], name) for name in known[last]}
            best = [name for name in known[last] if shared[name] == max(shared.values())]
            mine = [name for name in best if name in asked]
            return mine[0] if len(mine) == 1 else None
    return None


def _shared_end(parts: list[str], name: str) -> int:
    pairs = zip(reversed(parts), reversed(name.casefold().split("/")), strict=False)
    return next(
        (count for count, (mine, its) in enumerate(pairs) if mine != its),
        min(len(parts), name.count("/") + 1),
    )


def _notebook_of_another_name(
    path: Path, asked: Mapping[str, Any], assignment: Mapping[str, Any]
) -> str | None:
    """Return the notebook of the assignment whose cells a file has."""
    notebooks = [name for name in asked if name.endswith(".ipynb")]
    if path.suffix.casefold() != ".ipynb" or not notebooks:
        return None
    names = {grade_id(cell) for cell in cells_of(path.read_bytes()) or ()} - {""}
    for notebook in notebooks:
        released = {cell["name"] for cell in assignment["cells"][notebook]}
        if released and len(names & released) >= _SHARE * len(released):
            return notebook
    return None


def _choose(folder: Path, name: str, files: list[str], released: str) -> Found:
    """Choose between the files that one file of the assignment can be."""
    found = Found(name)
    # the one in its place first, then the one nearest to the top
    order = sorted(files, key=lambda file: (file != name, file.count("/"), file))
    texts = [(file, (folder / file).read_bytes()) for file in order]
    alike = of_the_same_module(name, texts)
    digests = {file: digest(name, text) for (file, text), is_it in zip(texts, alike, strict=True) if is_it}
    order = list(digests)
    written = [file for file in order if digests[file] != released]
    chosen = next(iter(written or order), None)
    if chosen is not None:
        found.file, found.written = chosen, bool(written)
        found.others = [file for file in written if digests[file] != digests[chosen]]
    return found


def _reason(path: Path, file: str, asked: Mapping[str, Any], assignment: Mapping[str, Any]) -> str:
    """Return why a file is left out; empty where nobody expects it to be handed in."""
    if file in ("assignment.json", MADE_WITH) or path.suffix in (".pyc", ".so", ".pyd"):
        return ""
    if file in assignment["course_files"]:
        same = digest(file, path.read_bytes()) == assignment["course_files"][file]
        return "" if same else "it belongs to the course; your changes in it do not count"
    if file in asked:
        return "another file was taken in its place"
    return _UNKNOWN

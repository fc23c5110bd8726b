"""Say what of a folder would be read, what is missing and what is left out, and pack what is to be handed in."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .contents import cells_of, digest, grade_id, text_of, without_outputs
from .find import Contents, Found, look_into
from .helpers import Helpers, helpers, lying
from .libraries import not_python, problems
from .made_with import MADE_WITH, as_file, in_words
from .pictures import shown_files
from .written import Task, bound_otherwise, functions, is_stub, is_written, means, named

DESCRIPTION = "assignment.json"
LARGEST_FILE = 30_000_000
"""Bytes of one file, at most, as it is unpacked; the grading service has the same bounds."""
LARGEST_TOGETHER = 60_000_000
"""Bytes of all files together."""
_LARGE_NOTEBOOK = 10_000_000
_LARGEST_HELPER = 1_000_000
_SHOWN = 10
_GROUP = "group.txt"
_DATE = (2020, 1, 1, 0, 0, 0)
"""Of all files in a zip file, so that it has the same bytes whenever the same is packed."""


class NoAssignment(Exception):
    """There is no assignment in a folder; the message says what to do."""


@dataclass
class Packed:
    """What a folder has to hand in.

    Attributes
    ----------
    files : dict of str to bytes
        Name → content, as the zip file has it.
    asked : int
        How many of them are asked for by name; the others are the student's own that these use.
    missing : list of str
        What is asked for and not there.
    unreadable : list of str
        Where, and why, Python cannot read a file: its functions would all fail.
    untouched : bool
        Whether everything that is there is as it was released.
    """

    files: dict[str, bytes]
    asked: int
    missing: list[str]
    unreadable: list[str] = field(default_factory=list)
    untouched: bool = False

    @property
    def too_large(self) -> str:
        """What there is to say if all files together are more than are taken; empty if they are not."""
        together = sum(map(len, self.files.values()))
        if together <= LARGEST_TOGETHER:
            return ""
        name = max(self.files, key=lambda name: len(self.files[name]))
        return (
            f"the files have {_size(together)} together, and at most {_size(LARGEST_TOGETHER)} are read; the largest "
            f"is {name} ({_size(len(self.files[name]))})"
        )


def pack(folder: str | os.PathLike[str] = ".", *, write: bool = True) -> bool:
    """Print what of a folder would be read, and pack exactly that into a small zip file beside the folder.

    Parameters
    ----------
    folder : path
        The folder of the assignment, with its ``assignment.json``.
    write : bool
        Whether to write the zip file, and not only say what would be in it.

    Returns
    -------
    bool
        Whether everything that is asked for was found.
    """
    root = Path(folder).resolve()
    try:
        assignment = read_assignment(root)
    except NoAssignment as error:
        print(error)
        return False
    packed = look(root, assignment)
    if not packed.files:
        print("\nThere is nothing to pack.")
    elif packed.too_large:
        print(f"\nNothing was packed: {packed.too_large}.")
        return False
    elif write:
        path = write_zip(root, assignment["milestone"], packed.files)
        more = len(packed.files) - packed.asked
        of_yours = f" and {more} more of yours" if more else ""
        of = len(assignment["files"])
        print(f"\nPacked {packed.asked} of {of} files{of_yours} into {path} ({_size(path.stat().st_size)}).")
    return not packed.missing


def look(root: Path, assignment: Mapping[str, Any]) -> Packed:
    """Print what of a folder would be read, and return it.

    Parameters
    ----------
    root : Path
    assignment : mapping
        The content of its ``assignment.json``.
    """
    contents = look_into(root, assignment)
    packed: dict[str, bytes] = {}
    look_at: list[str] = []
    print(f"{assignment['title']}, version {assignment['version']}, in {root}")
    print(f"{in_words()}\n\nTo hand in:")
    for entry in assignment["files"]:
        found = contents.found[entry["name"]]
        data, remarks = _read(root, found, entry, assignment)
        if data is not None:
            packed[found.name] = data
        print(f"  {'✓' if data is not None else '✗'} {found.name}: {'; '.join(remarks)}")
    missing = [entry["name"] for entry in assignment["files"] if entry["name"] not in packed]
    helping = _helpers(root, contents, packed, assignment)
    for place, lies in helping.files.items():
        packed[place] = (root / lies).read_bytes()
        where = "" if place == lies else f"; taken from {lies}"
        print(f"  ✓ {place}: {_size(len(packed[place]))}; {helping.importers[place]} imports it{where}")
    for lies, notebook in _pictures(contents, packed):
        packed[lies] = (root / lies).read_bytes()
        helping.files[lies] = lies
        print(f"  ✓ {lies}: {_size(len(packed[lies]))}; {notebook} shows it")
    if _GROUP in contents.unknown:
        packed[_GROUP] = (root / _GROUP).read_bytes()[:_LARGEST_HELPER]
        helping.files[_GROUP] = _GROUP
        print(f"  ✓ {_GROUP}: says who hands in together")
    unreadable = []
    for name in [name for name in packed if name.endswith(".py")]:
        source = packed[name].decode("utf-8-sig", errors="replace")
        look_at += problems(name, source, assignment, helping.files)
        if b"\0" not in packed[name][:4]:  # in UTF-16 or UTF-32 it is converted, and read all the same
            why = not_python(source.rstrip("\0"), assignment)
            unreadable += [f"{name}, {why}"] if why else []
    look_at += _written_elsewhere(root, contents, packed, assignment)
    look_at += [f"{importer} imports {module}, which is not here" for importer, module in helping.missing]
    _print_list("Look at:", list(dict.fromkeys(look_at)))
    used = {*helping.files.values()}
    _print_list("Left out:", [f"{name}: {why}" for name, why in contents.left_out if name not in used])
    untouched = not any(contents.found[name].written for name in packed if name in contents.found)
    return Packed(packed, len(packed) - len(helping.files), missing, unreadable, untouched)


def _helpers(
    root: Path, contents: Contents, packed: Mapping[str, bytes], assignment: Mapping[str, Any]
) -> Helpers:
    """Find the student's own modules that the packed files import."""

    def read(name: str) -> str | None:
        data = (root / name).read_bytes()
        return data.decode("utf-8", errors="replace") if len(data) <= _LARGEST_HELPER else None

    return helpers(
        {
            name: data.decode("utf-8", errors="replace")
            for name, data in packed.items()
            if name.endswith(".py")
        },
        {},  # what the released files import is among the files of the course
        (*assignment["course_files"], *(entry["name"] for entry in assignment["files"])),
        (*assignment["libraries"], *assignment["quiet_imports"]),
        contents.unknown,
        read,
    )


def _written_elsewhere(
    root: Path, contents: Contents, packed: Mapping[str, bytes], assignment: Mapping[str, Any]
) -> Iterator[str]:
    """Yield which functions are written in another file than theirs, or in a notebook's cell, and which are gone."""
    mark = f"milestone {assignment['milestone']})"
    open_tasks = {
        task: name
        for name, data in packed.items()
        if name.endswith(".py")
        for task, body in functions(data.decode("utf-8", errors="replace"))
        if is_stub(body, mark)
    }
    gone = _gone(packed, assignment)
    open_tasks |= gone
    if not open_tasks:
        return
    texts: list[tuple[str, str]] = []
    for name in [
        name for name in contents.unknown if name not in packed and name.endswith((".py", ".txt", ".md"))
    ]:
        if (root / name).stat().st_size <= _LARGEST_HELPER:
            texts.append((name, (root / name).read_text(encoding="utf-8", errors="replace")))
    for name in [name for name in packed if name.endswith(".ipynb")]:
        cells = enumerate(cells_of(packed[name]) or (), 1)
        texts += [(f"cell {number} of {name}", text_of(cell)) for number, cell in cells]
    for place, text in texts:
        for found, body in functions(text):
            for task, file in open_tasks.items():
                if means(found, task, body) and is_written(body):
                    gone.pop(task, None)
                    yield f"{task} is written in {place}, where it is not graded: put it into {file}"
    for task, file in gone.items():
        yield f"{task} is not in {file} any more: put it back as it was given to you, and write it there"


def _gone(packed: Mapping[str, bytes], assignment: Mapping[str, Any]) -> dict[Task, str]:
    """Return the functions to write that a file had when it was given, and has no more; each with the file."""
    gone: dict[Task, str] = {}
    for entry in assignment["files"]:
        if entry["name"] in packed:
            text = packed[entry["name"]].decode("utf-8", errors="replace")
            there = {task for task, _ in functions(text)}
            asked = map(named, entry.get("tasks", ()))
            gone |= {
                task: entry["name"] for task in asked if task not in there and not bound_otherwise(task, text)
            }
    return gone


def _pictures(contents: Contents, packed: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return the student's own files that the packed notebooks show as pictures, each with its notebook."""
    found: dict[str, str] = {}
    for notebook in [name for name in packed if name.endswith(".ipynb")]:
        texts = [
            text_of(cell) for cell in cells_of(packed[notebook]) or () if cell.get("cell_type") != "code"
        ]
        names = [lying(name, contents.unknown) for text in texts for name in shown_files(text)]
        found |= {lies: notebook for lies in names if lies and lies not in packed}
    return list(found.items())


def read_assignment(root: Path) -> dict[str, Any]:
    """Return what the release in a folder says of itself.

    Raises
    ------
    NoAssignment
        If it says nothing that can be read.
    """
    path = root / DESCRIPTION
    try:
        assignment: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = "there is none" if isinstance(error, FileNotFoundError) else f"it cannot be read ({error})"
        raise NoAssignment(
            f"An assignment's folder has a file {DESCRIPTION}, but in {root} {why}. Go to the folder that you were "
            "given, or put the file back as it was there."
        ) from error
    return assignment


def _read(
    root: Path, found: Found, entry: Mapping[str, Any], assignment: Mapping[str, Any]
) -> tuple[bytes | None, list[str]]:
    """Return what is packed of a file, if anything, and what there is to say."""
    if not found.file:
        return None, ["missing"]
    data = (root / found.file).read_bytes()
    remarks = [_size(len(data))]
    if found.file != found.name:
        remarks.append(f"taken from {found.file}")
    if found.others:
        remarks.append(f"there is also {', '.join(found.others)}, which differs: keep only the right one")
    if not found.written and "released" in entry:
        remarks.append("as it was released: nothing of yours is in it")
    if found.name.endswith(".ipynb"):
        remarks += _on_notebook(data, assignment["cells"][found.name])
        if len(data) > min(_LARGE_NOTEBOOK, entry["limit"]) and cells_of(data) is not None:
            data = without_outputs(data)
            remarks.append(
                f"packed without its outputs, because they make it large ({_size(len(data))} without)"
            )
    elif found.name.endswith(".py"):
        remarks += _on_code(data.decode("utf-8", errors="replace"), assignment)
    limit = min(entry["limit"], LARGEST_FILE)
    if len(data) > limit:
        return None, [*remarks, f"too large: at most {_size(limit)} are read"]
    return data, remarks


def _on_notebook(data: bytes, released: list[dict[str, Any]]) -> Iterator[str]:
    cells = cells_of(data)
    if cells is None:
        yield "this is not a notebook that can be read: open it and save it again"
        return
    texts = {grade_id(cell): hashlib.sha256(text_of(cell).encode()).hexdigest() for cell in cells}
    questions = [cell for cell in released if cell["answer"] and cell["points"]]
    answered = sum(texts.get(cell["name"], cell["digest"]) != cell["digest"] for cell in questions)
    if questions:
        yield f"{answered} of {len(questions)} questions answered"
    if gone := [cell["name"] for cell in released if cell["name"] not in texts]:
        yield f"these cells are gone: {', '.join(gone[:_SHOWN])}"


def _on_code(source: str, assignment: Mapping[str, Any]) -> Iterator[str]:
    stub = f"milestone {assignment['milestone']})"
    open_places = sum("NotImplementedError" in line and stub in line for line in source.splitlines())
    if open_places:
        yield f"{open_places} place{'s' * (open_places > 1)} still to write"


def _print_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        print("\n  – ".join([f"\n{title}", *lines[:_SHOWN], *more]))


def write_zip(root: Path, name: str, packed: Mapping[str, bytes]) -> Path:
    """Write a zip file: beside the folder, so that it is no part of what is looked at the next time.

    It is written whole or not at all.
    """
    path = (root.parent if os.access(root.parent, os.W_OK) else root) / f"{name}.zip"
    half = path.with_name(f"{path.name}.part")
    files = {DESCRIPTION: (root / DESCRIPTION).read_bytes(), MADE_WITH: as_file(), **packed}
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            entry = zipfile.ZipInfo(member, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    half.replace(path)
    return path


def says_the_same(path: Path, root: Path, packed: Mapping[str, bytes]) -> bool:
    """Return whether a zip file that was written before says what would be packed now.

    A notebook says the same while its cells do: each run of one changes outputs in its file. What it was made with does
    not matter.
    """
    files = {DESCRIPTION: (root / DESCRIPTION).read_bytes(), **packed}
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name != MADE_WITH]
            before = {name: digest(name, archive.read(name)) for name in names}
    except (OSError, zipfile.BadZipFile):
        return False
    return before == {name: digest(name, data) for name, data in files.items()}


def _size(count: int) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1000 or unit == "MB":
            return f"{count:.3g} {unit}" if unit != "bytes" else f"{count} bytes"
        count = round(count / 1000)
    raise AssertionError("the loop returns")

"""Finished code that does not lie where it is graded: in a notebook's cell, in a file of another name or folder.

Nobody guesses that such a piece is what the student meant to hand in; but nobody is given "not written yet" for it
either. Where a function is unwritten in its own file and written somewhere else, a human is told where.

Texts are read line by line and not parsed: a cell may have magics, and half a file is a find, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .find import as_python
from .notebook.cells import essence, parse_notebook
from .rest import shown
from .safe_files import RefusedFile
from .upload import UploadedFile

_DEFINITION = re.compile(r"[ \t]*(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_STRINGS = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"""[\s\S]*|\'\'\'[\s\S]*')
_TEXTS = (".py", ".pyw", ".pyi", ".txt", ".md", ".json", ".ipynb", ".m", ".r", ".rtf")
_LARGEST = 1_000_000
_LARGEST_NOTEBOOK = 20_000_000
_MOST = 60
"""Files that are looked through; there are rarely more than a handful that are no part of the assignment."""


class Task(NamedTuple):
    """A function that a student writes: the class that it is a method of, if it is one, and its name."""

    cls: str
    name: str

    def __str__(self) -> str:
        return f"{self.cls}.{self.name}" if self.cls else self.name


def unwritten(
    released: Mapping[str, bytes], taken: Mapping[str, bytes], code: Sequence[str], milestone: str
) -> tuple[dict[Task, str], int]:
    """Return the tasks of a milestone that are not written, each with its file, and how many there are in all.

    Parameters
    ----------
    released, taken : mapping of str to bytes
        The files that the student was given, and what was taken of the upload.
    code : sequence of str
        The names of those with tasks.
    milestone : str
    """
    mark = f"milestone {milestone})"
    left: dict[Task, str] = {}
    all_tasks: set[Task] = set()
    for name in code:
        asked = {task for task, body in _functions(_text(released.get(name, b""))) if _is_stub(body, mark)}
        now = dict(_functions(_text(taken[name]))) if name in taken else {}
        all_tasks |= asked
        left |= {task: name for task in asked if task not in now or _is_stub(now[task], mark)}
    return left, len(all_tasks)


def places(
    tasks: Collection[Task],
    files: Iterable[UploadedFile],
    notebook_texts: Mapping[str, bytes],
    given: Collection[str],
) -> dict[Task, list[str]]:
    """Return where tasks are written, beside the files that they belong in; those found nowhere are left out.

    Parameters
    ----------
    tasks : collection of Task
    files : iterable of UploadedFile
        What was not taken.
    notebook_texts : mapping of str to bytes
        The notebooks that were taken, by the names that people know.
    given : collection of str
        The texts of the cells that were released, as `notebook.cells.essence` gives them.
    """
    found: dict[Task, list[str]] = {}
    for place, text in _texts(files, notebook_texts, given):
        for task, body in _functions(text):
            for asked in tasks:
                if _means(task, asked, body) and _is_written(body):
                    found.setdefault(asked, []).append(place)
    return {task: list(dict.fromkeys(where)) for task, where in found.items()}


def _texts(
    files: Iterable[UploadedFile], notebooks: Mapping[str, bytes], given: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the texts that may have code in them, each with its place."""
    for name, data in notebooks.items():
        yield from _cells(shown(name), data, given)
    for file in [file for file in files if file.kind == "file" and _may_have_code(file)][:_MOST]:
        try:
            data = file.read(_LARGEST_NOTEBOOK if ".ipynb" in file.parts[-1] else _LARGEST)
        except (RefusedFile, FileNotFoundError):
            continue
        if data.lstrip()[:1] == b"{":
            yield from _cells(shown(file.name), data, given)
        else:
            yield shown(file.name), _text(data)


def _may_have_code(file: UploadedFile) -> bool:
    last = file.parts[-1]
    return last.endswith(_TEXTS) or ".py" in last or ".ipynb" in last or "." not in last


def _cells(name: str, data: bytes, given: Collection[str]) -> Iterator[tuple[str, str]]:
    try:
        cells = parse_notebook(data).cells
    except ValueError:
        return
    for number, cell in enumerate(cells, 1):
        text = essence(cell.get("source")) if isinstance(cell, dict) else ""
        if text and text not in given:
            yield f"cell {number} of {name}", text


def _text(data: bytes) -> str:
    return as_python(data).decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _functions(text: str) -> Iterator[tuple[Task, str]]:
    """Yield each function that is defined in a text, with the lines below its first one."""
    lines = text.split("\n")
    above: list[tuple[int, str, str]] = []  # the definitions that a line is in: indentation, kind, name
    open_functions: list[tuple[int, Task, int]] = []  # indentation, function, the line below its first one
    for number, line in enumerate([*lines, "end"]):
        bare = line.lstrip(" \t")
        if not bare or bare.startswith("#") or (bare[0] in ")]}" and number < len(lines)):
            continue
        indent = len(line.expandtabs(8)) - len(bare.expandtabs(8))
        while above and above[-1][0] >= indent:
            above.pop()
        while open_functions and open_functions[-1][0] >= indent:
            _, task, first = open_functions.pop()
            yield task, "\n".join(lines[first - 1 : number])
        if found := _DEFINITION.match(line):
            cls = next((name for _, kind, name in reversed(above) if kind == "class"), "")
            inside = bool(above) and above[-1][1] == "def"
            above.append((indent, found[1], found[2]))
            if found[1] == "def" and not inside:
                open_functions.append((indent, Task(cls, found[2]), number + 1))


def _means(found: Task, asked: Task, body: str) -> bool:
    """Return whether a function can be the one that is asked for; a method may also stand alone, with ``self``."""
    if found.name != asked.name:
        return False
    alone = not found.cls and not found.name.startswith("__") and "self" in body.split("\n", 1)[0]
    return found.cls == asked.cls or (bool(asked.cls) and alone)


def _is_stub(body: str, mark: str) -> bool:
    return any("NotImplementedError" in line and mark in line for line in body.split("\n"))


def _is_written(body: str) -> bool:
    """Return whether a function has more in it than a docstring, comments and what says that it is not written."""
    if "raise NotImplementedError" in body:
        return False
    header, _, rest = _STRINGS.sub("", body).partition("\n")
    one_line = header.rpartition(":")[2].strip()
    statements = [one_line, *(line.strip() for line in rest.split("\n"))]
    return any(s and not s.startswith("#") and s not in ("pass", "...") for s in statements)


def described(found: Mapping[Task, Sequence[str]]) -> str:
    """Return, in words, what was found where: ``dropout_forward in cell 7 of dropout.ipynb``."""
    by_place: dict[str, list[str]] = {}
    for task, where in found.items():
        for place in where[:3]:
            by_place.setdefault(place, []).append(str(task))
    said = [f"{', '.join(sorted(tasks)[:5])} in {place}" for place, tasks in list(by_place.items())[:6]]
    return "; ".join(said)


def names(found: Mapping[Task, Any]) -> set[str]:
    """Return the public names that checks know these tasks by: functions, and the classes of methods."""
    return {task.cls or task.name for task in found}

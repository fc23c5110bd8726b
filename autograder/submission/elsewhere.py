"""Finished code that does not lie where it is graded: in a notebook's cell, in a file of another name or folder.

Nobody guesses that such a piece is what the student meant to hand in; but nobody is given "not written yet" for it
either. Where a function is unwritten in its own file and written somewhere else, a human is told where.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nndl.hand_in.written import Task, functions, is_stub, is_written, means

from .find import as_python
from .notebook.cells import essence, parse_notebook
from .rest import shown
from .safe_files import RefusedFile
from .upload import UploadedFile

_TEXTS = (".py", ".pyw", ".pyi", ".txt", ".md", ".json", ".ipynb", ".m", ".r", ".rtf")
_LARGEST = 1_000_000
_LARGEST_NOTEBOOK = 20_000_000
_MOST = 300
_MOST_BYTES = 60_000_000
"""Files that are looked through; there are rarely more than a handful that are no part of the assignment."""


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
        asked = {task for task, body in functions(_text(released.get(name, b""))) if is_stub(body, mark)}
        now = dict(functions(_text(taken[name]))) if name in taken else {}
        all_tasks |= asked
        left |= {task: name for task in asked if task not in now or is_stub(now[task], mark)}
    return left, len(all_tasks)


def places(
    tasks: Collection[Task],
    files: Iterable[UploadedFile],
    notebook_texts: Mapping[str, bytes],
    given: Collection[str],
) -> tuple[dict[Task, list[str]], bool]:
    """Return where tasks are written, beside their files, and whether everything was looked at.

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
    skipped: list[UploadedFile] = []
    for place, text in _texts(files, notebook_texts, given, skipped):
        for task, body in functions(text):
            for asked in tasks:
                if means(task, asked, body) and is_written(body):
                    found.setdefault(asked, []).append(place)
    return {task: list(dict.fromkeys(where)) for task, where in found.items()}, not skipped


def _texts(
    files: Iterable[UploadedFile],
    notebooks: Mapping[str, bytes],
    given: Collection[str],
    skipped: list[UploadedFile],
) -> Iterator[tuple[str, str]]:
    """Yield the texts that may have code in them, each with its place; what is too much is added to ``skipped``."""
    for name, data in notebooks.items():
        yield from _cells(shown(name), data, given)
    left = _MOST_BYTES
    for number, file in enumerate(file for file in files if file.kind == "file" and may_have_code(file)):
        largest = _LARGEST_NOTEBOOK if ".ipynb" in file.parts[-1] else _LARGEST
        try:
            content = file.read(min(largest, left)) if number < _MOST else None
        except (RefusedFile, FileNotFoundError):
            content = None
        if content is None:
            skipped.append(file)
            continue
        left -= len(content)
        if content.lstrip()[:1] == b"{":
            yield from _cells(shown(file.name), content, given)
        else:
            yield shown(file.name), _text(content)


def may_have_code(file: UploadedFile) -> bool:
    """Return whether a file is looked through: one of text, by its name."""
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

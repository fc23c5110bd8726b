"""Repairing a submitted notebook against the released one.

What students were given to read stays as it was released, and what they wrote stays as they wrote it. Cells with
points and read-only cells come from the release, with their settings; answers, code and extra cells come from the
submission. Text that was typed into a read-only cell stands in a cell of its own below. Every repair is reported with
its reason, and every answer that somebody may have written elsewhere is left to a human.
"""

from __future__ import annotations

import copy
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .cells import Cell, essence, parse_notebook, read_cell, read_settings
from .match import choose, has_own, is_answer, is_locked, is_protected, match, match_answers_by_place
from .outputs import inert_markdown, plain
from .pictures import Files, PictureBudget, illustrated, no_files

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SETTINGS = ("grade", "solution", "locked", "task", "points", "grade_id")
_MOST_MISSING = 3
"""Cells that are told one by one."""
_MAX_CELLS = 3000
_UNREADABLE = "the notebook could not be read ({}); the released one is used instead, without any answers"


@dataclass
class RepairedNotebook:
    """A notebook that can be graded, and what was done to get it.

    Attributes
    ----------
    notebook : dict
        In the notebook format of the release.
    repairs : list of str
        Each cell that was repaired, and why.
    warnings : list of str
        What could not be kept or read.
    asked : list of str
        Grade ids of answers that look unwritten, although somebody may have answered elsewhere: for a human.
    unread : bool
        Whether nothing of the submitted file could be read.
    damage : str
        Why only a part of it may have been read; empty if the file is whole.
    """

    notebook: dict[str, Any]
    repairs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    unread: bool = False
    damage: str = ""


class _Pictures(NamedTuple):
    """How many pictures may still be kept of a notebook, and where those are that lie beside it."""

    budget: PictureBudget
    files: Files


def questions(notebook: dict[str, Any]) -> list[str]:
    """Return the grade ids of a released notebook's cells whose points a human gives."""
    return [
        read_settings(c)["grade_id"]
        for c in notebook["cells"]
        if is_answer(c) and read_settings(c).get("grade")
    ]


def repair_notebook(
    data: bytes, released: dict[str, Any], rivals: Sequence[bytes] = (), files: Files = no_files
) -> RepairedNotebook:
    """Repair one submitted notebook.

    Parameters
    ----------
    data : bytes
        The submitted file.
    released : dict
        The released notebook as JSON.
    rivals : sequence of bytes
        Other files that could be the notebook: what only they say is kept as extra cells at the end.
    files : callable
        Where the pictures are that an answer shows as files.

    Returns
    -------
    RepairedNotebook
        Cells with points and read-only cells as released, each exactly once. If the submitted file is not a
        notebook, this is the released notebook, with a warning.
    """
    result = RepairedNotebook({k: copy.deepcopy(v) for k, v in released.items() if k != "cells"})
    try:
        raw_cells, notes, result.damage = parse_notebook(data)
    except ValueError as error:
        result.warnings.append(_UNREADABLE.format(str(error)[:200] or type(error).__name__))
        result.notebook["cells"] = copy.deepcopy(released["cells"])
        result.asked, result.unread = questions(released), True
        return result
    result.repairs += [f"the notebook: {note}" for note in notes]
    if result.damage:
        result.asked = questions(released)
    if len(raw_cells) > _MAX_CELLS:
        result.warnings.append(
            f"the notebook has {len(raw_cells)} cells; only the first {_MAX_CELLS} were read"
        )
        result.asked = questions(released)
    given = [_normal(cell) for cell in released["cells"]]
    cells = [read_cell(raw) for raw in raw_cells[:_MAX_CELLS]]
    match(cells, given)
    chosen = choose(cells, given)
    cells = [cell for cell in cells if not _dropped(cell, chosen, given, result)]
    cells = [part for cell in cells for part in _parts(cell, given)]
    for index in match_answers_by_place(cells, given):
        result.repairs.append(f"{_label(given[index])}: what stands in its place was taken for it")
    for rival in rivals:
        cells += _only_in(rival, cells, given)
    asked = {*result.asked, *_asked(cells, given)}
    pictures = _Pictures(PictureBudget(), files)
    kept = [_settle(cell, given, result, pictures) for cell in cells]
    _put_back(kept, given, result)
    _number(kept, given, int(released.get("nbformat_minor", 0)) >= 5)
    result.notebook["cells"] = [cell.body for cell in kept]
    result.asked = [name for name in questions(released) if name in asked]
    return result


def _normal(cell: dict[str, Any]) -> dict[str, Any]:
    return cell | {"source": plain(cell.get("source"))}


def _parts(cell: Cell, given: list[dict[str, Any]]) -> Iterator[Cell]:
    """Yield a cell and, if somebody typed into a read-only one, what was typed as a cell of its own."""
    yield cell
    if (
        cell.released is None
        or not is_locked(given[cell.released])
        or not has_own(cell, given[cell.released])
    ):
        return
    released = given[cell.released]
    typed = _typed(essence(cell.body["source"]), essence(released["source"]))
    pasted = cell.attachments if cell.attachments != released.get("attachments") else None
    if typed or pasted:
        kind = "raw" if "code" in (released["cell_type"], cell.body["cell_type"]) else "markdown"
        body = {"cell_type": kind, "metadata": {}, "source": typed}
        yield Cell(body, (), {}, attachments=pasted, typed_into=_label(released))


def _typed(text: str, released: str) -> str:
    """Return what was typed into a released text: what stands around it, or its lines that are new."""
    if released and released in text:
        before, _, after = text.partition(released)
        return "\n\n".join(part for part in (before.strip("\n"), after.strip("\n")) if part.strip())
    known = set(released.split("\n"))
    return "\n".join(line for line in text.split("\n") if line not in known).strip("\n")


def _only_in(rival: bytes, cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> Iterator[Cell]:
    """Yield the cells of another notebook whose text is neither in the first one nor released."""
    known = (
        {essence(cell.body["source"]) for cell in cells} | {essence(cell["source"]) for cell in given} | {""}
    )
    try:
        raw_cells = parse_notebook(rival).cells
    except ValueError:
        return
    for raw in raw_cells[:_MAX_CELLS]:
        cell = read_cell(raw)
        if essence(cell.body["source"]) not in known:
            yield Cell(
                {k: v for k, v in cell.body.items() if k != "id"}, (), {}, attachments=cell.attachments
            )


def _asked(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the grade ids of answers that look unwritten, where somebody may have written the answer elsewhere."""
    written = {
        cell.released for cell in cells if cell.released is not None and has_own(cell, given[cell.released])
    }
    elsewhere = any(_is_text(cell) and _is_own(cell, given) for cell in cells)
    beside = _touched(cells)
    for index, released in enumerate(given):
        if is_answer(released) and index not in written and (elsewhere or {index, index - 1} & beside):
            yield read_settings(released)["grade_id"]


def _touched(cells: Sequence[Cell]) -> set[int]:
    """Return the released cells that extra cells with something in them follow without any other between them."""
    touched, last = set(), -1
    for cell in cells:
        if cell.released is not None:
            last = cell.released
        elif essence(cell.body["source"]):
            touched.add(last)
    return touched


def _is_own(cell: Cell, given: Sequence[dict[str, Any]]) -> bool:
    """Return whether a cell that is no answer has something of the student's."""
    if cell.released is None:
        return bool(essence(cell.body["source"]) or cell.attachments)
    released = given[cell.released]
    return not is_protected(released) and has_own(cell, released)


def _is_text(cell: Cell) -> bool:
    """Return whether a cell is for people to read: any but code, and code with sentences outside its strings."""
    is_code = cell.body["cell_type"] == "code" or (cell.typed_into and cell.body["cell_type"] == "raw")
    return not is_code or any(map(_is_sentence, cell.body["source"].split("\n")))


def _is_sentence(line: str) -> bool:
    line = line.strip()
    if not line.startswith(("#", '"', "'")) and ('"' in line or "'" in line):
        return False
    in_a_row = 0
    for word in line.strip("#\"' ").split():
        word = word.strip(".,;:!?()")
        in_a_row = in_a_row + 1 if word.isalpha() and not keyword.iskeyword(word) else 0
        if in_a_row >= 3 or (not word.isascii() and len(word) >= 4):
            return True
    return False


def _dropped(
    cell: Cell, chosen: dict[int, Cell], given: list[dict[str, Any]], result: RepairedNotebook
) -> bool:
    """Decide on an extra copy: if its text is the same it is dropped, otherwise it becomes an ordinary cell."""
    index = cell.released
    if index is None or chosen[index] is cell:
        return False
    cell.released = None
    cell.settings = {}
    cell.body.pop("id", None)
    known = (given[index]["source"], chosen[index].body["source"])
    same = essence(cell.body["source"]) in map(essence, known)
    same = same and cell.attachments in (None, {}, chosen[index].attachments)
    if is_protected(given[index]):
        fate = "was removed" if same else "became an ordinary cell"
        result.repairs.append(f"{_label(given[index])}: it was there more than once; a copy {fate}")
    return same and is_protected(given[index])


def _settle(cell: Cell, given: list[dict[str, Any]], result: RepairedNotebook, pictures: _Pictures) -> Cell:
    """Give a cell the settings of the released one, and also its text where that is read-only."""
    if cell.released is None:
        _settle_extra(cell, result, pictures)
    else:
        released = given[cell.released]
        result.repairs += [f"{_label(released)}: {what}" for what in _changes(cell, released)]
        cell.body = _restored(cell, released, result, pictures)
    return cell


def _settle_extra(cell: Cell, result: RepairedNotebook, pictures: _Pictures) -> None:
    """Make an ordinary cell of one that the release does not have."""
    if cell.settings.get("grade_id"):
        name = plain(str(cell.settings["grade_id"]))[:60]
        result.repairs.append(f"an extra cell claimed the name {name!r}, which the assignment does not have")
    if cell.tags:
        result.repairs.append(f"an extra cell had tags that were removed: {_short(cell.tags)}")
    _make_safe(cell.body, cell.attachments, result, pictures)
    if cell.typed_into:
        cell.body["source"] = f"*Typed by the student into {cell.typed_into}:*\n\n{cell.body['source']}"


def _changes(cell: Cell, released: dict[str, Any]) -> Iterator[str]:
    """Say what was changed in a released cell that must stay as it was."""
    expected, got = read_settings(released), cell.settings
    changed = [key for key in _SETTINGS if expected.get(key) != got.get(key) and (expected or got)]
    if changed:
        yield f"its settings were changed and were restored: {', '.join(changed)}"
    if cell.tags != tuple(sorted(released["metadata"].get("tags", ()))):
        yield f"its tags were changed and were restored: {_short(cell.tags)}"
    if cell.body["cell_type"] != released["cell_type"] and is_protected(released):
        kinds = f"{cell.body['cell_type']} instead of {released['cell_type']}"
        yield f"its type was changed and was restored: {kinds}"
    if is_locked(released) and essence(cell.body["source"]) != essence(released["source"]):
        yield "it is read-only; its text was changed and was restored"


def _restored(
    cell: Cell, released: dict[str, Any], result: RepairedNotebook, pictures: _Pictures
) -> dict[str, Any]:
    """Return the released cell with what the student may change of it: text, outputs, pictures."""
    body = copy.deepcopy(released)
    if not is_locked(released) and has_own(cell, released):
        body["source"] = cell.body["source"]
        if not is_protected(released):
            body["cell_type"] = cell.body["cell_type"]
        body.pop("attachments", None)
        _make_safe(body, cell.attachments, result, pictures)
    for key in ("outputs", "execution_count"):
        body.pop(key, None)
    if body["cell_type"] == "code":
        body |= {"execution_count": None, "outputs": cell.body.get("outputs", [])}
    return body


def _make_safe(body: dict[str, Any], attachments: Any, result: RepairedNotebook, pictures: _Pictures) -> None:
    """Make a student's text inert, so that it cannot act in a reader's page, and keep its pictures."""
    if body["cell_type"] == "code" and not attachments:
        return
    if body["cell_type"] == "code":
        result.warnings.append("pictures that were pasted into a cell with code were left out")
        return
    if body["cell_type"] == "raw":  # pages that are made of a notebook leave raw cells out
        body |= {"cell_type": "markdown", "source": _fenced(body["source"])}
    text = illustrated(body["source"], attachments, pictures.budget, pictures.files)
    body["source"] = inert_markdown(text.source, tuple(text.attachments))
    if text.attachments:
        body["attachments"] = text.attachments
    if text.lost:
        result.warnings.append(f"pictures that could not be kept: {', '.join(map(repr, text.lost[:5]))}")


def _fenced(text: str) -> str:
    """Return a text that Markdown shows letter by letter."""
    if not text.strip():
        return ""
    fence = "`" * (2 + max((len(run) for run in re.findall("`+", text)), default=1))
    return f"{fence}\n{text}\n{fence}"


def _put_back(kept: list[Cell], given: list[dict[str, Any]], result: RepairedNotebook) -> None:
    """Insert released cells that are missing, each after the nearest one that stood before it."""
    places = {cell.released for cell in kept}
    missing: list[str] = []
    for index, source in enumerate(given):
        if index in places or not is_protected(source):
            continue
        before = max((i for i in places if i is not None and i < index), default=None)
        at = (
            next((n for n, cell in enumerate(kept) if cell.released == before), -1)
            if before is not None
            else -1
        )
        kept.insert(at + 1, Cell(copy.deepcopy(source), (), {}, index))
        places.add(index)
        missing.append(_label(source))
    if len(missing) > _MOST_MISSING:  # a notebook that was cut off lacks most of its cells for one reason
        shown = ", ".join(missing[:_MOST_MISSING])
        result.repairs.append(
            f"{len(missing)} cells were missing and were put back: {shown} and {len(missing) - _MOST_MISSING} more"
        )
    else:
        result.repairs += [f"{label}: it was missing and was put back" for label in missing]


def _number(kept: list[Cell], given: list[dict[str, Any]], with_ids: bool) -> None:
    """Make cell ids unique: released ones keep theirs."""
    used = {cell["id"] for cell in given if "id" in cell}
    for number, cell in enumerate(kept):
        if cell.released is not None:
            continue
        name = cell.body.pop("id", "")
        if not _ID.fullmatch(name) or name in used:
            name = next(
                f"extra-{n}" for n in range(number, number + 10 * _MAX_CELLS) if f"extra-{n}" not in used
            )
        if with_ids:
            cell.body["id"] = name
            used.add(name)


def _label(cell: dict[str, Any]) -> str:
    if grade_id := read_settings(cell).get("grade_id"):
        return f"cell {grade_id!r}"
    first = cell["source"].strip().split("\n")[0][:40]
    return f"the cell that begins {first!r}"


def _short(tags: tuple[str, ...]) -> str:
    return ", ".join(repr(plain(tag)[:40]) for tag in tags[:5]) or "none were left"

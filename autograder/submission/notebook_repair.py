"""Repairing a submitted notebook against the released one.

What students were given to read stays as it was released, and what they wrote stays as they wrote it. Cells with
points and read-only cells come from the release, with their settings; answers, code and extra cells come from the
submission. Every repair is reported with its reason.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .notebook_cells import Cell, parse_notebook, read_cell
from .notebook_outputs import inert_markdown, plain

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SETTINGS = ("grade", "solution", "locked", "task", "points", "grade_id")
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
    """

    notebook: dict[str, Any]
    repairs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def repair_notebook(data: bytes, released: dict[str, Any]) -> RepairedNotebook:
    """Repair one submitted notebook.

    Parameters
    ----------
    data : bytes
        The submitted file.
    released : dict
        The released notebook as JSON.

    Returns
    -------
    RepairedNotebook
        Cells with points and read-only cells as released, each exactly once. If the submitted file is not a
        notebook, this is the released notebook, with a warning.
    """
    result = RepairedNotebook({k: copy.deepcopy(v) for k, v in released.items() if k != "cells"})
    try:
        raw_cells = parse_notebook(data)
    except (ValueError, RecursionError) as error:
        result.warnings.append(_UNREADABLE.format(str(error)[:200] or type(error).__name__))
        raw_cells = []
        result.notebook["cells"] = copy.deepcopy(released["cells"])
        return result
    if len(raw_cells) > _MAX_CELLS:
        result.warnings.append(
            f"the notebook has {len(raw_cells)} cells; only the first {_MAX_CELLS} were read"
        )
    given = [_normal(cell) for cell in released["cells"]]
    cells = [read_cell(raw) for raw in raw_cells[:_MAX_CELLS]]
    _match(cells, given)
    chosen = _choose(cells, given)
    kept = [_settle(cell, given, result) for cell in cells if not _dropped(cell, chosen, given, result)]
    _put_back(kept, given, result)
    _number(kept, given, int(released.get("nbformat_minor", 0)) >= 5)
    result.notebook["cells"] = [cell.body for cell in kept]
    return result


def _normal(cell: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(cell) | {"source": plain(cell.get("source"))}


def _settings(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader") or {}


def _protected(cell: dict[str, Any]) -> bool:
    return bool(_settings(cell).get("grade_id"))


def _writable(cell: dict[str, Any]) -> bool:
    return bool(_settings(cell).get("solution"))


def _match(cells: list[Cell], given: list[dict[str, Any]]) -> None:
    """Find the released cell that each submitted cell is: by grade id, then cell id, then text."""
    by_grade_id = {_settings(c)["grade_id"]: i for i, c in enumerate(given) if _protected(c)}
    by_id = {c["id"]: i for i, c in enumerate(given) if "id" in c}
    for cell in cells:
        grade_id = cell.settings.get("grade_id")
        if isinstance(grade_id, str) and grade_id in by_grade_id:
            cell.released = by_grade_id[grade_id]
        elif cell.body.get("id") in by_id:
            cell.released = by_id[cell.body["id"]]
    taken = {cell.released for cell in cells}
    by_text = {
        (c["cell_type"], c["source"]): i for i, c in enumerate(given) if i not in taken and c["source"]
    }
    for cell in cells:
        if cell.released is None:
            cell.released = by_text.pop((cell.body["cell_type"], cell.body["source"]), None)


def _choose(cells: list[Cell], given: list[dict[str, Any]]) -> dict[int, Cell]:
    """Choose which of several copies of a released cell stays: for answers, the first one with an answer."""
    copies: dict[int, list[Cell]] = {}
    for cell in cells:
        if cell.released is not None:
            copies.setdefault(cell.released, []).append(cell)
    chosen = {}
    for index, candidates in copies.items():
        answered = [c for c in candidates if c.body["source"] != given[index]["source"]]
        chosen[index] = answered[0] if answered and not _locked(given[index]) else candidates[0]
    return chosen


def _locked(cell: dict[str, Any]) -> bool:
    return _protected(cell) and not _writable(cell)


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
    same = cell.body["source"] in (given[index]["source"], chosen[index].body["source"])
    if _protected(given[index]):
        fate = "was removed" if same else "became an ordinary cell"
        result.repairs.append(f"{_label(given[index])}: it was there more than once; a copy {fate}")
    return same and _protected(given[index])


def _settle(cell: Cell, given: list[dict[str, Any]], result: RepairedNotebook) -> Cell:
    """Give a cell the settings of the released one, and also its text where that is read-only."""
    if cell.released is None:
        _settle_extra(cell, result)
    else:
        released = given[cell.released]
        result.repairs += [f"{_label(released)}: {what}" for what in _changes(cell, released)]
        cell.body = _restored(cell, released)
    return cell


def _settle_extra(cell: Cell, result: RepairedNotebook) -> None:
    """Make an ordinary cell of one that the release does not have."""
    if cell.settings.get("grade_id"):
        name = plain(str(cell.settings["grade_id"]))[:60]
        result.repairs.append(f"an extra cell claimed the name {name!r}, which the assignment does not have")
    if cell.tags:
        result.repairs.append(f"an extra cell had tags that were removed: {_short(cell.tags)}")
    _disarm(cell.body)


def _changes(cell: Cell, released: dict[str, Any]) -> Iterator[str]:
    """Say what was changed in a released cell that must stay as it was."""
    expected, got = _settings(released), cell.settings
    changed = [key for key in _SETTINGS if expected.get(key) != got.get(key) and (expected or got)]
    if changed:
        yield f"its settings were changed and were restored: {', '.join(changed)}"
    if cell.tags != tuple(sorted(released["metadata"].get("tags", ()))):
        yield f"its tags were changed and were restored: {_short(cell.tags)}"
    if cell.body["cell_type"] != released["cell_type"] and _protected(released):
        kinds = f"{cell.body['cell_type']} instead of {released['cell_type']}"
        yield f"its type was changed and was restored: {kinds}"
    if _locked(released) and cell.body["source"].rstrip() != released["source"].rstrip():
        yield "it is read-only; its text was changed and was restored"


def _restored(cell: Cell, released: dict[str, Any]) -> dict[str, Any]:
    """Return the released cell with what the student may change of it: text, outputs, attachments."""
    body = copy.deepcopy(released)
    if not _locked(released):
        body["source"] = cell.body["source"]
        if not _protected(released):
            body["cell_type"] = cell.body["cell_type"]
        if cell.body["source"] != released["source"]:
            _disarm(body)
    for key in ("outputs", "execution_count", "attachments"):
        body.pop(key, None)
    if body["cell_type"] == "code":
        body |= {"execution_count": None, "outputs": cell.body.get("outputs", [])}
    elif cell.body.get("attachments"):
        body["attachments"] = cell.body["attachments"]
    return body


def _disarm(body: dict[str, Any]) -> None:
    """Make a student's text inert, so that it cannot act in a reader's page."""
    if body["cell_type"] == "markdown":
        body["source"] = inert_markdown(body["source"], tuple(body.get("attachments", ())))
    elif body["cell_type"] == "raw":
        body["metadata"]["raw_mimetype"] = "text/plain"  # without a type it would go into the page as it is


def _put_back(kept: list[Cell], given: list[dict[str, Any]], result: RepairedNotebook) -> None:
    """Insert released cells that are missing, each after the nearest one that stood before it."""
    places = {cell.released for cell in kept}
    for index, source in enumerate(given):
        if index in places or not _protected(source):
            continue
        before = max((i for i in places if i is not None and i < index), default=None)
        at = (
            next((n for n, cell in enumerate(kept) if cell.released == before), -1)
            if before is not None
            else -1
        )
        kept.insert(at + 1, Cell(copy.deepcopy(source), (), {}, index))
        places.add(index)
        result.repairs.append(f"{_label(source)}: it was missing and was put back")


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
    if grade_id := _settings(cell).get("grade_id"):
        return f"cell {grade_id!r}"
    first = cell["source"].strip().split("\n")[0][:40]
    return f"the cell that begins {first!r}"


def _short(tags: tuple[str, ...]) -> str:
    return ", ".join(repr(plain(tag)[:40]) for tag in tags[:5]) or "none were left"

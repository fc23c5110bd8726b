"""From a repaired notebook of an earlier version of a release to the same notebook in the current version.

The course may have corrected a text or the points of a cell since. nbgrader knows the current cells only, so those
that the course wrote are taken from there, and what the student wrote stays.
"""

from __future__ import annotations

import copy
from typing import Any

from .cells import essence, read_settings

Notebook = dict[str, Any]


def brought_up_to_date(notebook: Notebook, given: Notebook, current: Notebook) -> tuple[Notebook, list[str]]:
    """Return a repaired notebook with the cells of the current release, and the grade ids of cells that are new.

    Parameters
    ----------
    notebook : dict
        Repaired against ``given``.
    given : dict
        The notebook of the version that the student was given.
    current : dict
        That of the current version.
    """
    now = {name: cell for cell in current["cells"] if (name := _name(cell))}
    then = {name: cell for cell in given["cells"] if (name := _name(cell))}
    cells = [_current_form(cell, then, now) for cell in notebook["cells"]]
    new = [name for name in now if name not in {_name(cell) for cell in cells}]
    order = [_name(cell) for cell in current["cells"]]
    for name in new:
        before = order[: order.index(name)]
        places = [place for place, cell in enumerate(cells) if _name(cell) and _name(cell) in before]
        cells.insert(max(places, default=-1) + 1, copy.deepcopy(now[name]))
    head = {key: copy.deepcopy(value) for key, value in current.items() if key != "cells"}
    return {**head, "cells": _with_own_ids(cells)}, new


def _name(cell: dict[str, Any]) -> str:
    return str(read_settings(cell).get("grade_id") or "")


def _current_form(cell: dict[str, Any], then: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    name = _name(cell)
    if not name:
        return cell
    if name not in now:  # the course has taken it out: an ordinary cell is left
        rest = {key: value for key, value in cell.items() if key != "id"}
        return {**rest, "metadata": {k: v for k, v in cell["metadata"].items() if k != "nbgrader"}}
    form = copy.deepcopy(now[name])
    settings = read_settings(form)
    written = name in then and essence(cell["source"]) != essence(then[name]["source"])
    if settings.get("solution") and written:
        form["source"], form["cell_type"] = cell["source"], cell["cell_type"]
        form.pop("attachments", None)
        if "attachments" in cell:
            form["attachments"] = cell["attachments"]
    for key in ("outputs", "execution_count"):
        form.pop(key, None)
        if form["cell_type"] == "code":
            form[key] = cell.get(key, [] if key == "outputs" else None)
    return form


def _with_own_ids(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the cells of the course their ids, and others another one where it is taken."""
    used = {cell["id"] for cell in cells if _name(cell) and "id" in cell}
    for number, cell in enumerate(cells):
        if _name(cell):
            continue
        if "id" not in cell or cell["id"] in used:
            cell["id"] = f"cell-{number}"
        used.add(cell["id"])
    return cells

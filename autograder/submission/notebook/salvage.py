"""What can still be read of a notebook that is no valid JSON: cut off, in a merge conflict, with something around it.

Nobody knows what is missing then, so whatever is found here is shown to a human and never taken for the whole.
"""

from __future__ import annotations

import json
import re
from typing import Any

_CELLS = re.compile(r'"cells"\s*+:\s*+\[')
_CELL = re.compile(r'\{\s*+"(?:cell_type|id|metadata|attachments|execution_count|source)"')
_MOST_GAPS = 20
_BETWEEN = re.compile(r"[\s,]*+")
_MOST_CELLS = 5000
_REST = 20_000
_OURS, _BASE, _THEIRS, _END = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


def salvaged_cells(text: str) -> list[Any]:
    """Return the cells that can be read of a damaged notebook, those of both sides of a merge conflict.

    What follows the last whole cell is a cell of its own, as it stands in the file.
    """
    sides = _sides(text)
    if sides is None:
        return _whole_cells(text)
    ours, theirs = (_whole_cells(side) for side in sides)
    known = [cell.get("source") for cell in ours if isinstance(cell, dict)]
    return ours + [cell for cell in theirs if not isinstance(cell, dict) or cell.get("source") not in known]


def _sides(text: str) -> tuple[str, str] | None:
    """Return the two versions of a file in a merge conflict; None if it is in none."""
    ours: list[str] = []
    theirs: list[str] = []
    where, found = "", False
    for line in text.split("\n"):
        mark = line[:7]
        if mark == _OURS or (where and mark in (_BASE, _THEIRS, _END)):
            where = {_END: ""}.get(mark, mark)
            found = True
            continue
        ours += [line] if where in ("", _OURS) else []
        theirs += [line] if where in ("", _THEIRS) else []
    return ("\n".join(ours), "\n".join(theirs)) if found else None


def _whole_cells(text: str) -> list[Any]:
    start = _CELLS.search(text)
    if start is None:
        return []
    decoder = json.JSONDecoder(strict=False, parse_int=whole_number)
    cells: list[Any] = []
    position, gaps = start.end(), 0
    while len(cells) < _MOST_CELLS:
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
        if text[position : position + 1] != "{":
            break
        try:
            cell, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            after = _CELL.search(text, position + 1)
            end = after.start() if after else len(text)
            rest = text[position : min(end, position + _REST)].replace('\\"', '"').replace("\\n", "\n")
            cells.append({"cell_type": "raw", "metadata": {}, "source": rest})
            position, gaps = end, gaps + 1
            if gaps > _MOST_GAPS:
                break
            continue
        if isinstance(cell, dict) and "source" not in cell and "input" in cell:  # format 3
            cell["source"] = cell["input"]
        cells.append(cell)
    whole = any(isinstance(cell, dict) and cell.get("cell_type") != "raw" for cell in cells)
    return cells if whole else []  # a beginning without a single whole cell tells nothing


def whole_number(digits: str) -> int:
    """Return a number of a notebook's JSON; one so long that Python refuses to read it means nothing there."""
    return int(digits) if len(digits) < 400 else 0

"""Which released cell each submitted cell is: by name, by text, and, for answers, by the place where it stands.

Editors lose metadata and cell ids, and people delete, merge and copy cells. What somebody wrote in the place of an
answer is that answer, whatever cell it is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .cells import Cell, essence, read_settings

_LONG_ENOUGH = 20
"""Characters of a released text that is looked for inside a longer one."""


def is_protected(cell: dict[str, Any]) -> bool:
    """Return whether nbgrader knows a released cell."""
    return bool(read_settings(cell).get("grade_id"))


def is_answer(cell: dict[str, Any]) -> bool:
    """Return whether a released cell is for students to write in."""
    return is_protected(cell) and bool(read_settings(cell).get("solution"))


def is_locked(cell: dict[str, Any]) -> bool:
    """Return whether a released cell is read-only."""
    return is_protected(cell) and not read_settings(cell).get("solution")


def match(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> None:
    """Find the released cell that each submitted cell is, by grade id, cell id, and text; copies are found, too."""
    by_grade_id = {read_settings(c)["grade_id"]: i for i, c in enumerate(given) if is_protected(c)}
    by_id = {c["id"]: i for i, c in enumerate(given) if "id" in c}
    for cell in cells:
        grade_id = cell.settings.get("grade_id")
        if isinstance(grade_id, str) and grade_id in by_grade_id:
            cell.released = by_grade_id[grade_id]
        elif cell.body.get("id") in by_id:
            cell.released = by_id[cell.body["id"]]
    _match_texts(cells, given)
    _match_longer_texts(cells, given)


def has_own(cell: Cell, released: dict[str, Any]) -> bool:
    """Return whether somebody wrote into a released cell, or pasted a picture into it."""
    pasted = cell.attachments and cell.attachments != released.get("attachments")
    return bool(pasted) or essence(cell.body["source"]) != essence(released["source"])


def _missing(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> list[int]:
    taken = {cell.released for cell in cells}
    return [index for index in range(len(given)) if index not in taken]


def _match_texts(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> None:
    """Match cells with the text of one released cell; two released cells with one text are told apart by place."""
    texts = [essence(cell["source"]) for cell in given]
    by_text = {texts[i]: i for i in _missing(cells, given) if texts[i] and texts.count(texts[i]) == 1}
    for cell in cells:
        if cell.released is None and by_text:
            cell.released = by_text.pop(essence(cell.body["source"]), None)


def _match_longer_texts(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> None:
    """Match cells that have the whole text of a released one in them: somebody wrote below it, or merged two cells."""
    missing = {i: essence(given[i]["source"]) for i in _missing(cells, given)}
    for cell in cells:
        if cell.released is not None or not missing:
            continue
        text = essence(cell.body["source"])
        inside = [i for i, part in missing.items() if len(part) >= _LONG_ENOUGH and part in text]
        if inside:
            cell.released = max(inside, key=lambda i: len(missing[i]))
            del missing[cell.released]


def choose(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> dict[int, Cell]:
    """Choose which copy of a released cell stays: for answers, one with an answer, nearest to its place."""
    copies: dict[int, list[Cell]] = {}
    for cell in cells:
        if cell.released is not None:
            copies.setdefault(cell.released, []).append(cell)
    places = _places(cells, copies)
    chosen = {}
    for index, candidates in copies.items():
        answered = [c for c in candidates if has_own(c, given[index])]
        if answered and not is_locked(given[index]):
            chosen[index] = min(answered, key=lambda cell: abs(places[id(cell)] + 1 - index))
        else:
            chosen[index] = candidates[0]
    return chosen


def _places(cells: Sequence[Cell], copies: dict[int, list[Cell]]) -> dict[int, int]:
    """Return, by identity, the last released cell before each cell that is there only once."""
    places, last = {}, -1
    for cell in cells:
        places[id(cell)] = last
        if cell.released is not None and len(copies[cell.released]) == 1:
            last = cell.released
    return places


def match_answers_by_place(cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> list[int]:
    """Take what stands in the place of a missing answer for that answer; return which answers were found so."""
    found = []
    for index in _missing(cells, given):
        if is_answer(given[index]) and (cell := _in_place_of(index, cells, given)) is not None:
            cell.released = index
            found.append(index)
    return found


def _in_place_of(index: int, cells: Sequence[Cell], given: Sequence[dict[str, Any]]) -> Cell | None:
    there = [cell for cell in _gap(index, cells) if essence(cell.body["source"]) or cell.attachments]
    like_it = [cell for cell in there if cell.body["cell_type"] == given[index]["cell_type"]]
    text = [cell for cell in there if cell.body["cell_type"] != "code"]
    found = like_it or text or (there if len(there) == 1 else [])
    return found[0] if found else None


def _gap(index: int, cells: Sequence[Cell]) -> Iterator[Cell]:
    """Yield the cells without a released one that stand between the neighbours of a missing released cell."""
    known = [cell.released for cell in cells if cell.released is not None]
    if not known:  # another notebook altogether: nothing in it has a place
        return
    before = max((i for i in known if i < index), default=None)
    after = min((i for i in known if i > index), default=None)
    inside = before is None
    for cell in cells:
        if cell.released is not None and cell.released == after:
            return
        if inside and cell.released is None:
            yield cell
        if cell.released is not None and cell.released == before:
            inside = True

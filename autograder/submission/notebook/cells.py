"""Reading the cells of an untrusted notebook: only what the format defines is kept, as plain text."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from .encodings import decoded, one_kind_of_line
from .outputs import plain, safe_outputs
from .salvage import salvaged_cells, whole_number

_TYPES = ("code", "markdown", "raw")
_MAX_ODD = 20_000
_LARGE = 20_000_000
"""Characters of a notebook beyond which its outputs are dropped, and which it may have without them."""
_OUTPUTS_KEPT = 10_000_000
_SHOWN = "; what could be read of it is shown"


@dataclass
class Cell:
    """One submitted cell, and the released cell that it is or was made from.

    Attributes
    ----------
    body : dict
        What may be kept of it as it is.
    tags : tuple of str
    settings : dict
        nbgrader's, as submitted.
    released : int or None
        The number of the released cell.
    attachments : object
        Its pasted pictures, as submitted.
    typed_into : str
        For text that was typed into a read-only cell: which.
    """

    body: dict[str, Any]
    tags: tuple[str, ...]
    settings: dict[str, Any]
    released: int | None = None
    attachments: Any = None
    typed_into: str = ""


class Parsed(NamedTuple):
    """What was read of a notebook's file.

    Attributes
    ----------
    cells : list
        Its raw cells.
    notes : list of str
        What a reader should know of how they were read.
    damage : str
        Why the cells may not be all that somebody wrote; empty if the file is whole.
    """

    cells: list[Any]
    notes: list[str]
    damage: str = ""


def parse_notebook(data: bytes) -> Parsed:
    """Return the raw cells of a notebook; of a damaged one what can be read of it.

    Raises
    ------
    ValueError
        If it is neither a notebook in format 4 nor one in format 3 that can be converted, and no cells can be found in
        it; the message says why.
    """
    text, encoding = decoded(data)
    notes = [] if encoding.startswith("UTF") else [f"it is not stored as UTF-8, and was read as {encoding}"]
    if len(text) > _LARGE:
        text, dropped = _without_large_outputs(text)
        if dropped:
            notes.append(f"it is very large; the outputs of {dropped} cells were dropped")
        if len(text) > _LARGE:
            raise ValueError(
                f"it has {len(text)} characters without its outputs, more than the {_LARGE} that are read"
            )
    try:
        notebook = _json(text)
    except ValueError as error:
        salvaged = salvaged_cells(text)
        if not salvaged:
            raise
        return Parsed(salvaged, notes, f"{error}{_SHOWN}")
    if not isinstance(notebook, dict):
        raise ValueError("it is not a notebook")
    if notebook.get("nbformat") == 3:
        notebook = _from_version_3(notebook)
    form, cells = notebook.get("nbformat"), notebook.get("cells")
    known = form == 4 and not isinstance(form, bool)
    damage = "" if known else f"notebook format {str(form)[:20]} is not known, only 4 is"
    if not isinstance(cells, list) or (damage and not cells):
        raise ValueError(damage or "it has no list of cells")
    # in the text of a cell, it would have backslashes
    if not damage and text.count('"cell_type"') > sum(map(_named_types, cells)):
        there = {_words(cell) for cell in cells}
        cells = [*cells, *(cell for cell in salvaged_cells(text) if _words(cell) not in there)]
        damage = "it has cells beside those in its list" if len(cells) > len(notebook["cells"]) else ""
    return Parsed(cells, notes, damage and damage + _SHOWN)


def _json(text: str) -> Any:
    text = text.strip("\0\ufeff \t\r\n")  # a crash leaves zeros at the end of a file
    try:
        return json.loads(
            text, strict=False, parse_int=whole_number
        )  # not strict: some editors leave line ends in strings
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        if not text:
            raise ValueError("it is empty") from error
        if re.search("^(<{7}|>{7}) ", text, re.MULTILINE):
            raise ValueError("it has the marks of a merge conflict (<<<<<<<)") from error
        why = str(error)[:100]
        if isinstance(error, json.JSONDecodeError) and (
            error.pos >= len(text) - 1 or error.msg.startswith("Unterminated string")
        ):
            why = "it ends in the middle: its end is missing"
        raise ValueError(why) from error


# a string, also one that does not end; a bracket; anything else. Every character is looked at once
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{}]|[^"\[\]{}]++', re.DOTALL)


_LARGE_PARTS = (("[", '"outputs"'), ("{", '"widgets"'))
"""How what may be dropped begins: a cell's outputs, and the state of all widgets."""


def _without_large_outputs(text: str) -> tuple[str, int]:
    """Return a notebook's JSON without outputs that do not fit, before it is parsed, and how many cells lost theirs."""
    left, dropped, done = _OUTPUTS_KEPT, 0, 0
    pieces: list[str] = []
    before = ("", "")  # the two tokens in front of this one
    start, depth = -1, 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if depth:
            depth += (token in ("[", "{")) - (token in ("]", "}"))
            if depth == 0 and found.end() - start <= left:
                left -= found.end() - start
            elif depth == 0:
                pieces += [text[done:start], "[]" if text[start] == "[" else "{}"]
                done = found.end()
                dropped += 1
        elif (token, before[0]) in _LARGE_PARTS and before[1].strip() == ":":
            start, depth = found.start(), 1
        before = (before[1], token)
    return "".join([*pieces, text[done:]]), dropped


def own_texts(data: bytes, released: dict[str, Any]) -> frozenset[str]:
    """Return what somebody wrote into a notebook: the texts and pasted pictures that its release does not have.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    given = {essence(cell.get("source")) for cell in released["cells"]}
    cells = [cell for cell in parse_notebook(data).cells if isinstance(cell, dict)]
    texts = {essence(cell.get("source")) for cell in cells} - given - {""}
    pasted = [cell["attachments"] for cell in cells if cell.get("attachments")]
    return frozenset(texts | {json.dumps(bundle, sort_keys=True, default=str) for bundle in pasted})


def share_of_released(data: bytes, released: dict[str, Any]) -> float:
    """Return which share of a released notebook's cells another one has, by name or text; 0 if it is unreadable."""
    try:
        cells = [cell for cell in parse_notebook(data).cells if isinstance(cell, dict)]
    except ValueError:
        return 0.0
    texts = {essence(cell.get("source")) for cell in cells}
    names = {read_settings(cell).get("grade_id") for cell in cells if _hashable(cell)}
    there = 0
    given = [cell for cell in released["cells"] if essence(cell.get("source"))]
    for cell in given:
        grade_id = read_settings(cell).get("grade_id")
        there += essence(cell.get("source")) in texts or (grade_id is not None and grade_id in names)
    return there / max(1, len(given))


def _named_types(cell: Any) -> int:
    """Return how often a cell names a type: nbgrader's settings, too, may name that of their cell."""
    if not isinstance(cell, dict) or "cell_type" not in cell:
        return 1
    return 1 + ("cell_type" in read_settings(cell))


def _hashable(cell: dict[str, Any]) -> bool:
    return isinstance(read_settings(cell).get("grade_id"), str)


def read_settings(cell: dict[str, Any]) -> dict[str, Any]:
    """Return nbgrader's settings of a raw cell, or an empty dict."""
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return settings if isinstance(settings, dict) else {}


def essence(source: Any) -> str:
    """Return a cell's text for comparisons: line ends and blanks at the ends of lines do not matter."""
    text = plain(source)
    return _short_essence(text) if len(text) < _SHORT else _essence(text)


def _essence(text: str) -> str:
    lines = one_kind_of_line(text).strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)


_SHORT = 10_000
_short_essence = functools.lru_cache(maxsize=1000)(_essence)  # a cell is compared with many others


def _words(cell: Any) -> tuple[str, str]:
    """Return what two copies of a cell have in common, whatever version of the format they are in."""
    if not isinstance(cell, dict):
        return "", ""
    kind = cell.get("cell_type")
    return kind if isinstance(kind, str) else "", essence(cell.get("source"))


def _from_version_3(notebook: dict) -> dict:
    import nbformat

    try:
        return nbformat.convert(nbformat.v3.to_notebook_json(notebook), 4)
    except Exception as error:  # whatever is wrong with it, we cannot use it
        raise ValueError("it is in notebook format 3 and cannot be converted") from error


def read_cell(raw: Any) -> Cell:
    """Take from a submitted cell what the format defines; anything else is kept as text, so that nothing is lost."""
    if not isinstance(raw, dict) or raw.get("cell_type") not in _TYPES:
        text = plain(raw.get("source")) if isinstance(raw, dict) else ""
        text = text or plain(json.dumps(raw, ensure_ascii=True, default=str))[:_MAX_ODD]
        return Cell({"cell_type": "raw", "metadata": {}, "source": text}, (), {})
    source = one_kind_of_line(plain(raw.get("source")))
    body: dict[str, Any] = {"cell_type": raw["cell_type"], "metadata": {}, "source": source}
    if isinstance(raw.get("id"), str):
        body["id"] = raw["id"]
    if raw["cell_type"] == "code":
        body |= {"execution_count": None, "outputs": safe_outputs(raw.get("outputs"))}
    metadata = raw.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return Cell(
        body,
        tuple(sorted(tag for tag in tags if isinstance(tag, str))) if isinstance(tags, list) else (),
        read_settings(raw),
        attachments=raw.get("attachments"),
    )

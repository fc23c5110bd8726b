"""Reading the cells of an untrusted notebook: only what the format defines is kept, as plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .notebook_outputs import plain, safe_outputs

_TYPES = ("code", "markdown", "raw")
_MAX_ODD = 20_000


@dataclass
class Cell:
    """One submitted cell, and the released cell that it is or was made from."""

    body: dict[str, Any]
    tags: tuple[str, ...]
    settings: dict[str, Any]
    released: int | None = None


def parse_notebook(data: bytes) -> list[Any]:
    """Return the raw cells of a notebook.

    Raises
    ------
    ValueError, RecursionError
        If it is neither a notebook in format 4 nor one in format 3 that can be converted.
    """
    notebook = json.loads(data.decode("utf-8-sig"))
    if not isinstance(notebook, dict):
        raise ValueError("it is not a notebook")
    if notebook.get("nbformat") == 3:
        notebook = _from_version_3(notebook)
    if notebook.get("nbformat") != 4 or isinstance(notebook["nbformat"], bool):
        raise ValueError(f"notebook format {str(notebook.get('nbformat'))[:20]} is not known, only 4 is")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise ValueError("it has no list of cells")
    return cells


def _from_version_3(notebook: dict) -> dict:
    import nbformat

    try:
        return nbformat.convert(nbformat.from_dict(notebook), 4)
    except Exception as error:  # whatever is wrong with it, we cannot use it
        raise ValueError("it is in notebook format 3 and cannot be converted") from error


def read_cell(raw: Any) -> Cell:
    """Take from a submitted cell what the format defines; anything else is kept as text, so that nothing is lost."""
    if not isinstance(raw, dict) or raw.get("cell_type") not in _TYPES:
        text = plain(json.dumps(raw, ensure_ascii=True, default=str))[:_MAX_ODD]
        return Cell({"cell_type": "raw", "metadata": {}, "source": text}, (), {})
    body: dict[str, Any] = {"cell_type": raw["cell_type"], "metadata": {}, "source": plain(raw.get("source"))}
    if isinstance(raw.get("id"), str):
        body["id"] = raw["id"]
    if raw["cell_type"] == "code":
        body |= {"execution_count": None, "outputs": safe_outputs(raw.get("outputs"))}
    elif attachments := _attachments(raw.get("attachments")):
        body["attachments"] = attachments
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    tags = metadata.get("tags")
    settings = metadata.get("nbgrader")
    return Cell(
        body,
        tuple(sorted(tag for tag in tags if isinstance(tag, str))) if isinstance(tags, list) else (),
        settings if isinstance(settings, dict) else {},
    )


def _attachments(value: Any) -> dict[str, Any]:
    """Keep pictures that were pasted into a Markdown cell."""
    kept = {}
    for name, bundle in value.items() if isinstance(value, dict) else ():
        outputs = safe_outputs([{"output_type": "display_data", "data": bundle}])
        images = {k: v for o in outputs for k, v in o["data"].items() if k.startswith("image/")}
        if images and isinstance(name, str):
            kept[plain(name)] = images
    return kept

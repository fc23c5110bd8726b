"""What a file says, apart from how an editor stored it."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest(name: str, data: bytes) -> str:
    """Return a number that changes with what a file says: with the cells of a notebook, not with their outputs.

    Parameters
    ----------
    name : str
        The file's name; its ending decides how it is read.
    data : bytes
        Its content.
    """
    if name.endswith(".ipynb"):
        cells = cells_of(data)
        if cells is not None:
            texts = [[cell.get("cell_type"), text_of(cell)] for cell in cells]
            data = json.dumps(texts).encode()
    elif name.endswith((".py", ".md", ".txt", ".toml")):
        data = data.replace(b"\r\n", b"\n")
    return hashlib.sha256(data).hexdigest()[:16]


def cells_of(data: bytes) -> list[dict[str, Any]] | None:
    """Return the cells of a notebook; None if it cannot be read as one."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    return cells if isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells) else None


def text_of(cell: dict[str, Any]) -> str:
    """Return the text of a cell, which is stored whole or in lines."""
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.replace("\r\n", "\n")


def grade_id(cell: dict[str, Any]) -> str:
    """Return the name that the course gave a cell, or an empty text."""
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return str(settings.get("grade_id", "")) if isinstance(settings, dict) else ""


def without_outputs(data: bytes) -> bytes:
    """Return a notebook without the outputs of its cells."""
    notebook = json.loads(data.decode("utf-8-sig"))
    for cell in notebook["cells"]:
        if "outputs" in cell:
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()

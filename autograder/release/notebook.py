"""The release of one notebook, made by nbgrader's own preprocessors without its database."""

from __future__ import annotations

from collections.abc import Collection
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..made_before import made_before
from .fences import ReleaseError
from .without_grammars import without_grammars


def strip_notebook(text: str, path: str, extra_credit: Collection[str] = ()) -> str:
    """Return a notebook without solutions, hidden tests and outputs, as nbgrader would release it.

    Parameters
    ----------
    text : str
        The source notebook.
    path : str
        Its name in error messages.
    extra_credit : collection of str, optional
        The cells whose points come on top of the maximum.

    Raises
    ------
    ReleaseError
        If it is not a notebook, has invalid nbgrader metadata or an unbalanced region.
    """
    # nbgrader takes seconds to import, and half of the users of this module never see a notebook.
    with without_grammars():
        import nbformat
        from nbgrader import preprocessors

    steps = (
        preprocessors.LockCells,
        preprocessors.ClearSolutions,
        preprocessors.ClearOutput,
        preprocessors.CheckCellMetadata,
        preprocessors.ComputeChecksums,
        preprocessors.ClearHiddenTests,
        preprocessors.ClearMarkScheme,
        preprocessors.ComputeChecksums,
        preprocessors.CheckCellMetadata,
    )
    try:
        notebook = nbformat.reads(text, as_version=nbformat.current_nbformat)
        without_points(notebook, extra_credit)
        resources: dict[str, Any] = {}
        for step in steps:
            notebook, resources = step().preprocess(notebook, resources)
        clean(notebook)
        return nbformat.writes(notebook) + "\n"
    except Exception as error:
        raise ReleaseError(f"nbgrader cannot strip this notebook: {error}", path) from error


def stripped(text: str, path: str, extra_credit: Collection[str] = ()) -> str:
    """Return what `strip_notebook` returns, kept from run to run: nbgrader takes a second to import."""
    ours = Path(__file__).read_text(encoding="utf-8")
    theirs = [metadata.version(name) for name in ("nbgrader", "nbformat")]
    made_of = (text, path, sorted(extra_credit), ours, theirs)
    return made_before("notebooks", made_of, lambda: strip_notebook(text, path, extra_credit))


def without_points(notebook: Any, names: Collection[str]) -> None:
    """Give cells no points, in place: what comes on top of the maximum is nbgrader's *extra credit* of such a cell."""
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader") or {}
        if settings.get("grade_id") in names and (settings.get("grade") or settings.get("task")):
            settings["points"] = 0


# How a link begins in the repository → in a release, where assignment and library share one folder.
_MOVED = {
    "](../../docs/": "](docs/",  # from an assignment
    "](../../source_lib/": "](",
    "](../source_lib/": "](../",  # from a page in docs
}


def moved_links(text: str) -> str:
    """Return a page with relative links that lead to the same files in a release."""
    for here, there in _MOVED.items():
        text = text.replace(here, there)
    return text


def clean(notebook: Any) -> None:
    """Remove, in place, what an author's editor left in a notebook, and pictures of solutions; adapt its links."""
    for key in ("widgets", "celltoolbar", "signature"):
        notebook.metadata.pop(key, None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
            continue
        if cell.cell_type == "markdown":
            cell.source = moved_links(cell.source)
        _keep_shown_attachments(cell)


def _keep_shown_attachments(cell: Any) -> None:
    """Keep the pictures that a cell's text still shows: others belonged to a solution that stood there."""
    shown = unquote(cell.source)
    attachments = cell.pop("attachments", None) or {}
    kept = {name: data for name, data in attachments.items() if f"attachment:{unquote(name)}" in shown}
    if kept:
        cell.attachments = kept

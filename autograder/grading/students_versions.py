"""With which Python a student's notebook was run last, which may not be the grader's.

Jupyter writes it into a notebook. It is read as text, from the folder as it was handed in, and decides about nothing.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from ..milestone import Milestone
from ..submission.safe_files import RefusedFile, open_folder, read_file

KEY = "student_python"
"""Under which name the version stands in ``versions`` of a report."""

_LARGEST = 20_000_000
_NEAR = 2_000
_VERSION = re.compile(rb'"version"\s*:\s*"(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?)"')


def python_of(notebook: bytes) -> str:
    """Return the version of Python that a notebook names; empty if it names none."""
    _, found, after = notebook.rpartition(b'"language_info"')
    match = _VERSION.search(after[:_NEAR]) if found else None
    return match[1].decode() if match else ""


def add_students_python(report: dict[str, Any], folder: Path, milestone: Milestone) -> dict[str, Any]:
    """Write into a report with which Python the notebook in a folder was run; nothing if that cannot be seen."""
    with contextlib.suppress(OSError, RefusedFile), open_folder(folder) as opened:
        if version := python_of(read_file(opened, f"{milestone.name}.ipynb", _LARGEST)):
            report["versions"][KEY] = version
    return report


def differs(one: str, other: str) -> bool:
    """Return whether two versions differ in more than their last number."""
    return one.split(".")[:2] != other.split(".")[:2]

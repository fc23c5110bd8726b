"""With which Python and NumPy a student worked, which may not be the grader's.

A packed hand-in says both. A notebook says the Python that it was run with last, and what `nndl.hand_in.pack` printed
stands among its outputs. All of it is text that students can write: it decides about nothing, and of each version only
its numbers are kept.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from platform import python_version

from nndl.hand_in.made_with import MADE_WITH

from ..milestone import Milestone
from .safe_files import RefusedFile, open_folder, read_file
from .upload import Upload

PYTHON, NUMPY = "student_python", "student_numpy"
"""Under which names the versions stand in ``versions`` of a report."""

_LARGEST_FILE, _LARGEST_NOTEBOOK = 2_000, 20_000_000
_MOST_FILES = 3
_NEAR = 2_000
_NUMBERS = r"(\d{1,3}\.\d{1,4}(?:\.\d{1,4})?)"
_VERSION = re.compile(rf"{_NUMBERS}(?!\d)", re.ASCII)
_LANGUAGE = re.compile(rb'"version"\s*:\s*"(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?)"')
_PRINTED = re.compile(rf"Python {_NUMBERS} and NumPy {_NUMBERS}(?!\d)".encode())


def of_upload(upload: Upload, notebooks: Iterable[bytes]) -> dict[str, str]:
    """Return the versions that an upload names: in its packed file, else in the notebooks that were found in it."""
    found: dict[str, str] = {}
    packed = [file for file in upload.files if file.kind == "file" and file.parts[-1] == MADE_WITH]
    for file in packed[:_MOST_FILES]:
        with contextlib.suppress(RefusedFile, OSError):
            found = of_file(file.read(_LARGEST_FILE)) | found
    for data in notebooks:
        found = of_notebook(data) | found
    return found


def of_folder(folder: Path, milestone: Milestone) -> dict[str, str]:
    """Return the same of a folder as it was handed in, without looking into archives."""
    found: dict[str, str] = {}
    with contextlib.suppress(RefusedFile, OSError), open_folder(folder) as opened:
        with contextlib.suppress(RefusedFile, OSError):
            found = of_file(read_file(opened, MADE_WITH, _LARGEST_FILE))
        found = of_notebook(read_file(opened, f"{milestone.name}.ipynb", _LARGEST_NOTEBOOK)) | found
    return found


def of_file(data: bytes) -> dict[str, str]:
    """Return what the file of a packed hand-in says."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    found = {}
    for key, name in ((PYTHON, "python"), (NUMPY, "numpy")):
        match = _VERSION.match(value) if isinstance(value := said.get(name), str) else None
        if match is not None:
            found[key] = match[1]
    return found


def of_notebook(data: bytes) -> dict[str, str]:
    """Return what a notebook says."""
    found = {}
    *_, last = [None, *_PRINTED.finditer(data)]
    if last is not None:
        found = {PYTHON: last[1].decode(), NUMPY: last[2].decode()}
    _, there, after = data.rpartition(b'"language_info"')
    if there and (match := _LANGUAGE.search(after[:_NEAR])):
        found[PYTHON] = match[1].decode()
    return found


def here() -> dict[str, str]:
    """Return the grader's versions by the names that people know."""
    return {"Python": python_version(), "NumPy": metadata.version("numpy")}

"""What a release says of itself: the file ``assignment.json`` in it.

The packer on a student's machine, the reader of hand-ins, the sandbox and the visible checks follow this file. So they
agree on which files are handed in, on how large these may be, and on which libraries graded code may use.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nndl.hand_in.contents import digest
from nndl.hand_in.libraries import imported
from nndl.hand_in.packer import LARGEST_FILE
from nndl.hand_in.written import functions, is_stub

from ..milestone import Milestone
from .installed_names import installed_names

NAME = "assignment.json"
SCHEMA = "nndl-assignment/1"
_LIMITS = {".py": 1_000_000, ".ipynb": 100_000_000}
_STORED_LIMIT = LARGEST_FILE
_ALWAYS = ("numpy",)
_OFTEN_THERE = ("scipy",)
"""No requirement of a release, but on most machines, and often imported: for a look at the data, say."""


class Described:
    """A release, made now or kept: what it says of itself.

    Attributes
    ----------
    files : mapping of str to bytes
        File name, relative and with ``/``, → content.
    """

    if TYPE_CHECKING:  # a field of one release is made when it is first needed, that of the other is given

        @property
        def files(self) -> Mapping[str, bytes]:
            """Name → content."""

    @cached_property
    def assignment(self) -> dict[str, Any]:
        """The content of its ``assignment.json``; see `describe`."""
        description: dict[str, Any] = json.loads(self.files[NAME])
        return description

    @property
    def version(self) -> str:
        """Its version: another one as soon as anything that students get is different."""
        return str(self.assignment["version"])


def describe(
    milestone: Milestone, files: Mapping[str, bytes], hand_in: Sequence[str], service: str = ""
) -> dict[str, Any]:
    """Return the content of ``assignment.json``.

    Parameters
    ----------
    milestone : Milestone
    files : mapping of str to bytes
        The release, without this file: name → content.
    hand_in : sequence of str
        The files that a student hands in.
    service : str
        The address of the course's grading service; empty if it has none.

    Returns
    -------
    dict
        ``version``, the first digits of ``digest``, which is a SHA-256 over all files: what students got. So it
        changes with a text that they read, and not with a solution. ``files`` are those to hand in, with the
        largest size that is read, what the course itself imports in them, and the functions to write;
        ``course_files`` are the others; ``cells`` are the cells of each notebook that have a grade id, with their
        points and a digest of their text. Graded code may use ``libraries``; what it imports of ``quiet_imports``
        it must not use. ``service`` is where `nndl.submit` hands in; the version does not depend on it.
    """
    whole = digest_of(files)
    real = (*_ALWAYS, *milestone.libraries)
    installed = (*installed_names(files["requirements.txt"].decode()), *_OFTEN_THERE)
    quiet = {name for name in installed if name not in real and name != milestone.package}
    return {
        "schema": SCHEMA,
        "milestone": milestone.name,
        "title": milestone.title,
        "package": milestone.package,
        "version": whole[:12],
        "digest": whole,
        **({"service": service} if service else {}),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "libraries": list(real),
        "quiet_imports": sorted(quiet),
        "files": [_to_hand_in(name, files, milestone.name) for name in hand_in],
        "course_files": {name: digest(name, data) for name, data in files.items() if name not in hand_in},
        "cells": {name: _cells(files[name]) for name in hand_in if name.endswith(".ipynb")},
    }


def limit_of(name: str) -> int:
    """Return how many bytes are read of a file that is handed in, by its suffix.

    A notebook's outputs are dropped before its size is judged again.
    """
    return _LIMITS.get(PurePosixPath(name).suffix, _STORED_LIMIT)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return a SHA-256 over names and contents."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{len(name)} {name} {hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return whole.hexdigest()


def written(description: Mapping[str, Any]) -> bytes:
    """Return a description as the bytes of a file."""
    return (json.dumps(description, indent=1, ensure_ascii=False) + "\n").encode()


def marked(notebook: bytes, description: Mapping[str, Any]) -> bytes:
    """Return a notebook that says, in its metadata, which version it belongs to: often it is handed in alone."""
    content = json.loads(notebook)
    content["metadata"]["assignment"] = mark(description)
    return (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def mark(description: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands under ``assignment`` in the metadata of a released notebook."""
    return {"milestone": description["milestone"], "version": description["version"]}


def _to_hand_in(name: str, files: Mapping[str, bytes], milestone: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "limit": limit_of(name)}
    if name in files:
        entry["released"] = digest(name, files[name])
    if name in files and name.endswith(".py"):
        source = files[name].decode()
        entry["imports"] = sorted(library for _, library in imported(ast.parse(source)))
        mark = f"milestone {milestone})"
        entry["tasks"] = [str(task) for task, body in functions(source) if is_stub(body, mark)]
    return entry


def _cells(notebook: bytes) -> list[dict[str, Any]]:
    cells = []
    for cell in json.loads(notebook)["cells"]:
        settings = cell["metadata"].get("nbgrader") or {}
        if settings.get("grade_id"):
            text = "".join(cell["source"])
            cells.append(
                {
                    "name": settings["grade_id"],
                    "points": settings.get("points", 0),
                    "answer": bool(settings.get("solution")),
                    "digest": hashlib.sha256(text.encode()).hexdigest(),
                }
            )
    return cells

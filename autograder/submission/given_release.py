"""Which version of a release a hand-in came from: it says so, or else it has most in common with it.

What a hand-in says is not trusted. It only decides what its read-only texts and the course's own files are compared
with; points come from the current checks.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence

from nndl.hand_in.copies import without_copy_marks

from ..release import assignment
from ..release.build import Release
from ..release.kept import KeptRelease, kept, kept_versions
from .notebook.cells import parse_notebook
from .notebook.outputs import plain
from .safe_files import RefusedFile
from .upload import Upload, UploadedFile

_MARK = re.compile(rb'"assignment"\s*:\s*(\{[^{}]{0,300}\})')
_LARGEST = 20_000_000
_MOST_FILES = 3
_MOST_VERSIONS = 20

Content = Callable[[UploadedFile], bytes]


def given_release(upload: Upload, release: Release) -> tuple[Release | KeptRelease, str]:
    """Return what a student was given, and what is to be said about it; an empty text if nothing is.

    Parameters
    ----------
    upload : Upload
    release : Release
        The current one.
    """
    content = functools.cache(_content)  # what is read of an archive counts against a budget
    unknown = ""
    for version in _said(upload, release.milestone.name, content):
        found = kept(release, version)
        if found is not None:
            return found, ""
        unknown = unknown or version
    note = ""
    if unknown:
        note = f"the hand-in says that it is of version {plain(unknown)[:40]!r}, which is not known here"
    others = [version for version in kept_versions(release) if version != release.version]
    return (_most_alike(upload, release, others[:_MOST_VERSIONS], content) if others else release), note


def another_milestone(upload: Upload, milestone: str, names: Sequence[str]) -> list[str]:
    """Return the milestones that an upload says it is of, if ``milestone`` is none of them.

    Parameters
    ----------
    upload : Upload
    milestone : str
        The one that it was handed in for.
    names : sequence of str
        All milestones of the course.
    """
    content = functools.cache(_content)
    descriptions = [file for file in upload.files if file.parts[-1] == assignment.NAME][:_MOST_FILES]
    said = {_milestone_in(content(file)) for file in descriptions}
    for file in _notebooks(upload):
        said |= {_milestone_in(mark[1]) for mark in list(_MARK.finditer(content(file)))[:_MOST_FILES]}
    if not said.intersection(names):
        last_names = {without_copy_marks(file.parts[-1]) for file in upload.files}
        said = {name for name in names if f"{name}.ipynb".casefold() in last_names}
    return [] if milestone in said else [name for name in names if name in said]


def _milestone_in(text: bytes) -> str:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    name = said.get("milestone") if isinstance(said, dict) else None
    return name if isinstance(name, str) else ""


def _said(upload: Upload, milestone: str, content: Content) -> Iterator[str]:
    """Yield the versions that the files of an upload name: ``assignment.json`` first, then the notebooks."""
    descriptions = [file for file in upload.files if file.parts[-1] == assignment.NAME]
    for file in descriptions[:_MOST_FILES]:
        yield from _version_in(content(file), milestone)
    for file in _notebooks(upload):
        for mark in list(_MARK.finditer(content(file)))[:_MOST_FILES]:
            yield from _version_in(mark[1], milestone)


def _version_in(text: bytes, milestone: str) -> Iterator[str]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(said, dict) and said.get("milestone") == milestone and isinstance(said.get("version"), str):
        yield said["version"]


def _notebooks(upload: Upload) -> list[UploadedFile]:
    return [file for file in upload.files if file.parts[-1].endswith(".ipynb")][:_MOST_FILES]


def _content(file: UploadedFile) -> bytes:
    try:
        return file.read(_LARGEST)
    except (RefusedFile, FileNotFoundError):
        return b""


def _most_alike(
    upload: Upload, release: Release, versions: Sequence[str], content: Content
) -> Release | KeptRelease:
    """Return the version with the most cells whose text is in the upload; the current one if there is none better."""
    texts = {digest for file in _notebooks(upload) for digest in _digests(content(file))}
    best: Release | KeptRelease = release
    for version in versions:
        candidate = kept(release, version)
        if candidate is not None and _shared(candidate, texts) > _shared(best, texts):
            best = candidate
    return best


def _shared(release: Release | KeptRelease, texts: set[str]) -> int:
    cells = (cell for cells in release.assignment["cells"].values() for cell in cells)
    return sum(cell["digest"] in texts for cell in cells)


def _digests(data: bytes) -> Iterator[str]:
    try:
        cells = parse_notebook(data).cells
    except ValueError:
        return
    for cell in cells:
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        yield hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8", "replace")).hexdigest()

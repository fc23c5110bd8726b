"""The files of an upload, whatever its shape: folders and archives alike, under names that can be compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

from .archives import Budget, is_archive, unpacked
from .safe_files import OF_AN_ENVIRONMENT, RefusedFile, list_entries, read_file

_NOT_ENTERED = {
    *(
        "__pycache__",
        ".ipynb_checkpoints",
        "__MACOSX",
        ".git",
        ".venv",
        "venv",
        "node_modules",
        "site-packages",
    ),
    *("build", "data", ".virtual_documents", ".jupyter", ".cache", ".Trash"),
}
_NOT_SHOWN = {
    *(".DS_Store", "Thumbs.db", "desktop.ini", ".gitignore"),
    *("timestamp.txt", "submission_secret.txt"),  # nbgrader's
}
_NOT_SHOWN_SUFFIXES = (".pyc", ".so", ".pyd", ".egg-info", ".dist-info")
_TOOLS_FOLDERS = {name.casefold() for name in _NOT_ENTERED}
_TOOLS_FILES = {name.casefold() for name in _NOT_SHOWN}
_MOST = 5000
_DEEPEST = 12
_NESTED = 3
"""Archives in archives that are looked into."""


@dataclass(frozen=True)
class UploadedFile:
    """One file of an upload.

    Attributes
    ----------
    name : str
        Where it is: relative, with ``/``; an archive stands for a folder.
    kind : str
        ``"file"``, ``"link"`` or ``"special"``.
    read : callable
        Returns its content, if this is not longer than its argument; see :func:`safe_files.read_file`.
    """

    name: str
    kind: str
    read: Callable[[int], bytes] = field(repr=False, compare=False)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The name for comparisons: backslashes are separators; capitals, and dots at the end, do not matter."""
        name = unicodedata.normalize("NFC", self.name).replace("\\", "/").casefold()
        parts = (part.strip().rstrip(". ") for part in name.split("/"))
        return tuple(part for part in parts if part)


@dataclass
class Upload:
    """Everything that was handed in, without what tools put there.

    Attributes
    ----------
    files : list of UploadedFile
        By name.
    complete : bool
        False if there was too much to look at, or something could not be listed.
    sealed : list of str
        Archives that could not be unpacked, with the reason.
    """

    files: list[UploadedFile] = field(default_factory=list)
    complete: bool = True
    sealed: list[tuple[str, str]] = field(default_factory=list)


def look_into(folder: int) -> Upload:
    """Return what is in an open folder, and in the archives there."""
    upload = Upload()
    entries, upload.complete = list_entries(folder, most=_MOST, deepest=_DEEPEST, skip=_NOT_ENTERED)
    budget = Budget()
    for entry in entries:
        file = UploadedFile(entry.name, entry.kind, partial(read_file, folder, entry.name))
        _add(file, upload, budget, nested=0)
    places = {file.parts[:-1] for file in upload.files if file.parts[-1] == "pyvenv.cfg"}
    environments = {(*place, folder) for place in places for folder in OF_AN_ENVIRONMENT}
    upload.files = [
        file
        for file in upload.files
        if file.parts[-1] != "pyvenv.cfg" and not _is_in(file.parts, environments)
    ]
    upload.files.sort(key=lambda file: file.name)
    return upload


def _is_in(parts: tuple[str, ...], folders: set[tuple[str, ...]]) -> bool:
    return bool(folders) and any(parts[:depth] in folders for depth in range(1, len(parts)))


def _add(file: UploadedFile, upload: Upload, budget: Budget, nested: int) -> None:
    if _is_tools(file.parts):
        return
    if not is_archive(file.parts[-1]) or nested > _NESTED:
        upload.files.append(file)
        return
    try:
        for name, kind, read in unpacked(file.parts[-1], file.read, budget):
            _add(UploadedFile(f"{file.name}/{name}", kind, read), upload, budget, nested + 1)
    except (RefusedFile, FileNotFoundError) as error:
        upload.sealed.append((file.name, str(error)))


def _is_tools(parts: tuple[str, ...]) -> bool:
    """Return whether nobody wrote this file: it is from an editor, an operating system or Python."""
    return (
        not parts
        or parts[-1] in _TOOLS_FILES
        or parts[-1].startswith("._")
        or not _TOOLS_FOLDERS.isdisjoint(parts[:-1])
        or any(part.endswith(_NOT_SHOWN_SUFFIXES) for part in parts)
    )

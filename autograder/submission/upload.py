"""The files of an upload, whatever its shape: folders and zip archives alike, under names that can be compared."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial

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
    *("group.txt", "handed_in_by.txt"),  # who is in a group
}
_NOT_SHOWN_SUFFIXES = (".pyc", ".so", ".pyd", ".egg-info", ".dist-info")
_TOOLS_FOLDERS = {name.casefold() for name in _NOT_ENTERED}
_TOOLS_FILES = {name.casefold() for name in _NOT_SHOWN}
_MOST = 5000
_DEEPEST = 12
_ARCHIVE = 60_000_000
_UNPACKED = 200_000_000
"""Bytes of an archive, and bytes that are unpacked of all archives of one upload."""
_ARCHIVES = 5
_NESTED = 3
"""Archives in archives that are looked into."""
_ZIP = re.compile(r"\.zip(?: ?\(\d{1,3}\))?(?:\.(?:txt|download|bak))?$")
_UNIX = 3
"""The system that an archive says a member comes from; others have other kinds of files."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


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
    """Return what is in an open folder, and in the zip archives there."""
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


class Budget:
    """How much may still be unpacked of one upload: archives and bytes."""

    def __init__(self) -> None:
        self.archives = _ARCHIVES
        self.bytes = _UNPACKED


def _add(file: UploadedFile, upload: Upload, budget: Budget, nested: int) -> None:
    if _is_tools(file.parts):
        return
    if not _ZIP.search(file.parts[-1]) or nested > _NESTED:
        upload.files.append(file)
        return
    try:
        for inner in _unpacked(file, budget):
            _add(inner, upload, budget, nested + 1)
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


def _unpacked(archive: UploadedFile, budget: Budget) -> Iterator[UploadedFile]:
    """Yield the files of a zip archive; each is unpacked when it is read.

    Raises
    ------
    RefusedFile
        If it is too large, is damaged, has too many files or needs a password.
    """
    if budget.archives == 0:
        raise RefusedFile(f"only {_ARCHIVES} archives are unpacked")
    budget.archives -= 1
    data = archive.read(_ARCHIVE)
    if data.count(b"PK\x01\x02") > _MOST:  # before a list of millions is made
        raise RefusedFile(f"it has more than {_MOST} files")
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
        members = opened.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RecursionError) as error:
        raise RefusedFile("it is not a zip archive, or damaged") from error
    if any(member.flag_bits & 1 for member in members):
        raise RefusedFile("it needs a password")
    for member in members:
        if not member.is_dir() and not member.filename.endswith("\\"):
            name = f"{archive.name}/{member.filename}"
            yield UploadedFile(name, _kind(member), partial(read_member, opened, member, budget))


def _kind(member: zipfile.ZipInfo) -> str:
    """Return what a member was before it was packed: `zip -y` on Unix stores links as such, with their target."""
    form = stat.S_IFMT(member.external_attr >> 16) if member.create_system == _UNIX else 0
    return {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}.get(form, "special")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget, limit: int) -> bytes:
    """Return the content of a file in an archive, if it is not longer than ``limit`` and the budget allows it.

    Raises
    ------
    RefusedFile
        If it is longer, or cannot be unpacked.
    """
    if ".." in member.filename.replace("\\", "/").split("/"):
        raise RefusedFile("its name is not a plain relative path")
    if _kind(member) != "file":
        raise RefusedFile("it is a link, or no ordinary file")
    if member.compress_type not in _METHODS:
        raise RefusedFile("it is packed in a way that is not read")
    allowed = min(limit, budget.bytes)
    try:
        with archive.open(member) as opened:
            data = opened.read(allowed + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise RefusedFile("its archive is damaged") from error
    budget.bytes -= min(len(data), budget.bytes)
    if len(data) > allowed:
        raise RefusedFile(f"it has more than the {allowed} bytes that are read")
    return data

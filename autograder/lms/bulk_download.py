"""The files of a bulk download: a zip archive, or the folder that somebody unpacked it into.

Names come from students: an archive is read member by member, within limits, and never unpacked by its names, and
nothing outside a folder is reached.
"""

from __future__ import annotations

import contextlib
import datetime
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..submission.archives import Budget, read_member
from ..submission.safe_files import RefusedFile, list_entries, open_folder, read_file

_MOST = 200_000
"""Files of a download."""
_OF_TOOLS = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_FOLDERS_OF_TOOLS = {".git", "__pycache__", ".ipynb_checkpoints"}


class DownloadError(ValueError):
    """A bulk download cannot be read; the message says why."""


@dataclass(frozen=True)
class DownloadedFile:
    """One file of a bulk download.

    Attributes
    ----------
    name : str
        Where it is in the download, with ``/``.
    modified : datetime or None
        The time that the download has for it; without a time zone.
    read : callable
        Returns its content within a budget; raises `RefusedFile`.
    """

    name: str
    modified: datetime.datetime | None
    read: Callable[[Budget, int], bytes] = field(repr=False, compare=False)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[list[DownloadedFile], list[str]]]:
    """Open a download, and yield its files by name, and notes on what is not among them.

    Raises
    ------
    DownloadError
        If it is neither a zip archive nor a folder, or has too many files.
    """
    if path.is_dir():
        try:
            with open_folder(path) as folder:
                yield _of_folder(folder)
        except RefusedFile as error:
            raise DownloadError(f"{path}: {error}") from error
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DownloadError(
            f"{path} is neither a folder nor a zip archive that can be read: {error}"
        ) from error
    with archive:
        yield _of_archive(archive)


def _of_folder(folder: int) -> tuple[list[DownloadedFile], list[str]]:
    entries, complete = list_entries(folder, most=_MOST, deepest=24)
    if not complete:
        raise DownloadError(f"it has more than {_MOST} files, or folders that cannot be read")
    notes = [f"{entry.name}: a {entry.kind}; left out" for entry in entries if entry.kind != "file"]

    def reader(name: str) -> Callable[[Budget, int], bytes]:
        def read(budget: Budget, limit: int) -> bytes:
            data = read_file(folder, name, min(limit, budget.bytes))
            budget.bytes -= len(data)
            return data

        return read

    files = [
        DownloadedFile(entry.name, None, reader(entry.name))
        for entry in entries
        if entry.kind == "file" and not _is_tools(entry.name)
    ]
    return files, notes


def _of_archive(archive: zipfile.ZipFile) -> tuple[list[DownloadedFile], list[str]]:
    members = archive.infolist()
    if len(members) > _MOST:
        raise DownloadError(f"it has more than {_MOST} files")
    files, notes = [], []
    for member in members:
        name = _name(member)
        if member.is_dir() or _is_tools(name):
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            notes.append(f"{name}: a link; left out")
            continue
        moment = None
        with contextlib.suppress(ValueError):
            moment = datetime.datetime(*member.date_time)
        files.append(DownloadedFile(name, moment, partial(read_member, archive, member)))
    return sorted(files, key=lambda file: file.name), notes


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; many programs write UTF-8 without saying so."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _is_tools(name: str) -> bool:
    *folders, last = name.split("/")
    return name.startswith(_OF_TOOLS[0]) or last in _OF_TOOLS[1:] or not _FOLDERS_OF_TOOLS.isdisjoint(folders)

"""Reading a folder whose content is not trusted: only regular files of limited size, and no links.

Every component of a path is opened relative to its parent's descriptor with ``O_NOFOLLOW``, so nothing outside the
folder can be reached, whatever names it contains and however they change meanwhile.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a named pipe must not wait for a writer.
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = 1 << 20
OF_AN_ENVIRONMENT = {"lib", "lib64", "bin", "scripts", "include", "share", "etc"}
"""Folders of a Python environment, which somebody may have made right where their work is."""


class RefusedFile(Exception):
    """A file was not read; the message says why, and does not repeat its name."""


@dataclass(frozen=True)
class Entry:
    """What a folder contains under one name.

    Attributes
    ----------
    name : str
        Path relative to the folder, with ``/``.
    kind : str
        ``"file"``, ``"link"`` or ``"special"``.
    size : int
        In bytes, as the file system reports it: for messages, not for decisions.
    """

    name: str
    kind: str
    size: int


@contextmanager
def open_folder(path: Path) -> Iterator[int]:
    """Open a folder, which must not be a link, and yield its descriptor.

    Raises
    ------
    RefusedFile
        If it is missing, not a folder, a link, or not readable.
    """
    try:
        descriptor = os.open(path, _FOLDER_FLAGS)
    except (OSError, ValueError) as error:
        raise RefusedFile(_why(error)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_file(folder: int, name: str, limit: int) -> bytes:
    """Read a file inside an open folder.

    Parameters
    ----------
    folder : int
        Descriptor from :func:`open_folder`.
    name : str
        Relative path with ``/``.
    limit : int
        Largest size in bytes.

    Raises
    ------
    FileNotFoundError
        If there is nothing under this name.
    RefusedFile
        If it is not a regular file, is reached through a link, is larger than ``limit`` or cannot be read.
    """
    parts = name.split("/")
    if not all(parts) or any(part in (".", "..") or "\0" in part for part in parts):
        raise RefusedFile("its name is not a plain relative path")
    opened: list[int] = []
    try:
        current = folder
        for part in parts[:-1]:
            current = os.open(part, _FOLDER_FLAGS, dir_fd=current)
            opened.append(current)
        descriptor = os.open(parts[-1], _FILE_FLAGS, dir_fd=current)
        opened.append(descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedFile("it is not a regular file")
        if status.st_size > limit:
            raise RefusedFile(f"it has {status.st_size} bytes, more than the {limit} that are read")
        return _read_all(descriptor, limit)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RefusedFile(_why(error)) from error
    finally:
        for descriptor in reversed(opened):
            os.close(descriptor)


def list_entries(
    folder: int, *, most: int = 5000, deepest: int = 12, skip: Container[str] = ()
) -> tuple[list[Entry], bool]:
    """Return what lies in an open folder and below, without following links.

    Parameters
    ----------
    folder : int
        Descriptor from :func:`open_folder`.
    most : int
        How many names, those of folders included, are looked at: first all of one level, then those below.
    deepest : int
        How many levels are looked at.
    skip : container of str
        Names of folders that are not entered, and neither is what a Python environment consists of, beside its file
        ``pyvenv.cfg``.

    Returns
    -------
    entries : list of Entry
        Sorted by name.
    complete : bool
        False if there is more than that, or something cannot be listed.
    """
    entries: list[Entry] = []
    complete = True
    left = iter(range(most))
    level = [""]
    for _ in range(deepest):
        below: list[str] = []
        for prefix in level:
            complete &= _list_one(folder, prefix, entries, below, left, skip)
        level = below
    return sorted(entries, key=lambda entry: entry.name), complete and not level


def _list_one(
    folder: int,
    prefix: str,
    entries: list[Entry],
    below: list[str],
    left: Iterator[int],
    skip: Container[str],
) -> bool:
    """Add the entries of one folder, and the names of the folders in it; return whether these are all."""
    files: list[Entry] = []
    folders: list[str] = []
    complete = True
    try:
        with _opened_below(folder, prefix) as current, os.scandir(current) as found:
            for item in found:
                if next(left, None) is None:  # folders count too: a million empty ones take minutes
                    complete = False
                    break
                name = prefix + item.name
                status = item.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    if item.name not in skip:
                        folders.append(name + "/")
                elif stat.S_ISREG(status.st_mode):
                    files.append(Entry(name, "file", status.st_size))
                else:
                    kind = "link" if stat.S_ISLNK(status.st_mode) else "special"
                    files.append(Entry(name, kind, status.st_size))
    except OSError:
        if not prefix:
            raise
        return False
    if any(entry.name == prefix + "pyvenv.cfg" for entry in files):
        folders = [name for name in folders if name.split("/")[-2].casefold() not in OF_AN_ENVIRONMENT]
    entries += files
    below += folders
    return complete


@contextmanager
def _opened_below(folder: int, prefix: str) -> Iterator[int]:
    """Open a folder below an open one, step by step, so that no link is followed."""
    opened: list[int] = []
    try:
        current = folder
        for part in prefix.split("/")[:-1]:
            current = os.open(part, _FOLDER_FLAGS, dir_fd=current)
            opened.append(current)
        yield current
    finally:
        for descriptor in reversed(opened):
            os.close(descriptor)


def _read_all(descriptor: int, limit: int) -> bytes:
    # The file may grow while it is read: the limit is on what arrives, not on what fstat said.
    pieces: list[bytes] = []
    left = limit + 1
    while left > 0 and (piece := os.read(descriptor, min(_CHUNK, left))):
        pieces.append(piece)
        left -= len(piece)
    if left <= 0:
        raise RefusedFile(f"it has more than the {limit} bytes that are read")
    return b"".join(pieces)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        reasons = {
            "ELOOP": "it is a link",
            "ENOTDIR": "it is a link, or part of its path is not a folder",
            "ENOENT": "it does not exist",
            "EACCES": "reading it is not permitted",
            "ENXIO": "it is not a regular file",
        }
        return reasons.get(errno.errorcode.get(error.errno, ""), os.strerror(error.errno))
    return "its name is not valid"

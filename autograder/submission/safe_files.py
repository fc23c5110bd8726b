"""Reading a folder whose content is not trusted: only regular files of limited size, and no links.

Every component of a path is opened relative to its parent's descriptor with ``O_NOFOLLOW``, so nothing outside the
folder can be reached, whatever names it contains and however they change meanwhile.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a named pipe must not wait for a writer.
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = 1 << 20


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


def list_entries(folder: int, *, most: int = 5000, deepest: int = 12) -> tuple[list[Entry], bool]:
    """Return what lies in an open folder and below, without following links.

    Returns
    -------
    entries : list of Entry
        Sorted by name; at most ``most`` names, those of folders included, are looked at.
    complete : bool
        False if there is more than that, or something cannot be listed.
    """
    entries: list[Entry] = []
    complete = _walk(folder, "", entries, iter(range(most)), deepest)
    return sorted(entries, key=lambda entry: entry.name), complete


def _walk(folder: int, prefix: str, entries: list[Entry], left: Iterator[int], depth: int) -> bool:
    complete = True
    with os.scandir(folder) as found:
        for item in found:
            if next(left, None) is None:  # folders count too: a million empty ones take minutes
                return False
            name = prefix + item.name
            status = item.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                if depth <= 1:
                    complete = False
                    continue
                try:
                    below = os.open(item.name, _FOLDER_FLAGS, dir_fd=folder)
                except OSError:
                    complete = False
                    continue
                try:
                    complete &= _walk(below, name + "/", entries, left, depth - 1)
                finally:
                    os.close(below)
            elif stat.S_ISREG(status.st_mode):
                entries.append(Entry(name, "file", status.st_size))
            else:
                kind = "link" if stat.S_ISLNK(status.st_mode) else "special"
                entries.append(Entry(name, kind, status.st_size))
    return complete


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

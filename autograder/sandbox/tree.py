"""The files of a submission as a sandbox shows them: what many have in common, and what lies over it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path

from .inside import protocol, statements
from .inside.fork_server import SUBMISSION


class Base:
    """Files that many trees have in common, such as those of a release; two are the same only if they are one object.

    Parameters
    ----------
    files : mapping of str to bytes
        By their names relative to the tree.
    imported : callable, optional
        Gives the names of those that are worth compiling once for all.
    """

    def __init__(self, files: Mapping[str, bytes], imported: Callable[[], Collection[str]] = tuple):
        self.files = files
        self._imported = imported

    @cached_property
    def compiled(self) -> bytes:
        """A request that gives a worker the compiled form of files; where a student has changed one, it is not used."""
        names = self._imported()
        return (
            compiled_files({name: data for name, data in self.files.items() if name in names})
            if names
            else b""
        )


def compiled_files(files: Mapping[str, bytes]) -> bytes:
    """Return a request that gives a worker the compiled form of files, by their names.

    Where a student has changed one, the worker compiles it as ever.
    """
    compiled = {}
    for name, source in files.items():
        path = f"{SUBMISSION}/{name}"
        with contextlib.suppress(SyntaxError, ValueError):
            compiled[statements.digest(source, path)] = statements.compile_file(source, path)
    return protocol.encode({"id": 0, "op": "compiled", "drop": [], "files": compiled})


NOTHING = Base({})


class Tree:
    """The files of one submission.

    Parameters
    ----------
    own : mapping of str to bytes
        Those that are not the base's, or are there in place of the base's.
    base : Base, optional
        What lies beneath.
    place : Path, optional
        Where `folder` lays the tree out; by default in a folder that goes with this object.
    """

    def __init__(self, own: Mapping[str, bytes], base: Base = NOTHING, place: Path | None = None):
        self.own = own
        self.base = base
        self._place = place

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if there is no such file."""
        return self.own.get(name, self.base.files.get(name))

    @cached_property
    def folder(self) -> Path:
        """A folder with all of the files, which everybody can read; it is made when it is first asked for."""
        place = self._place
        if place is None:
            place = Path(tempfile.mkdtemp(prefix="autograder-"))
            weakref.finalize(self, shutil.rmtree, place, True)
        lay_out(place, {**self.base.files, **self.own})
        return place


def lay_out(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files, and the folders they need, so that everybody can read them whatever this process's umask is."""
    root.mkdir(parents=True, exist_ok=True)
    folders = {root}
    for name, data in files.items():
        path = root / name
        folder = path.parent
        if folder not in folders:
            folder.mkdir(parents=True, exist_ok=True)
            while folder not in folders:
                folders.add(folder)
                folder = folder.parent
        path.write_bytes(data)
        path.chmod(0o644)
    for folder in folders:
        folder.chmod(0o755)


def read_tree(root: Path, largest: int) -> Tree | None:
    """Return the files of a folder; None if there is anything but files and folders, or more than ``largest`` bytes."""
    files: dict[str, bytes] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                    continue
                largest -= entry.stat(follow_symlinks=False).st_size
                if not entry.is_file(follow_symlinks=False) or largest < 0:
                    return None
                files[name] = Path(entry.path).read_bytes()
    return Tree(files)

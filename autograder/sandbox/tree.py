"""The files of a submission as a sandbox shows them: what many have in common, and what lies over it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, eq=False)
class Base:
    """Files that many trees have in common, such as those of a release; two are the same only if they are one object.

    Attributes
    ----------
    files : mapping of str to bytes
        By their names relative to the tree.
    compiled : bytes
        What `worker_sandbox.compiled_files` gives for them; may be empty.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    compiled: bytes = b""


NOTHING = Base()


@dataclass(frozen=True, eq=False)
class Tree:
    """The files of one submission.

    Attributes
    ----------
    own : mapping of str to bytes
        Those that are not the base's, or are there in place of the base's.
    base : Base
        What lies beneath.
    """

    own: Mapping[str, bytes]
    base: Base = NOTHING

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if there is no such file."""
        return self.own.get(name, self.base.files.get(name))

    @contextlib.contextmanager
    def laid_out(self) -> Iterator[Path]:
        """Give a folder with all of the files, which everybody can read."""
        with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
            lay_out(Path(folder), {**self.base.files, **self.own})
            yield Path(folder)


def lay_out(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files, and the folders they need, so that everybody can read them whatever this process's umask is."""
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
    left = largest
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif not entry.is_file(follow_symlinks=False) or (left := left - entry.stat().st_size) < 0:
                    return None
                else:
                    files[name] = Path(entry.path).read_bytes()
    return Tree(files)

"""What was read of one hand-in: a clean tree, and everything that somebody should know of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..milestone import Milestone
from ..sandbox.tree import Tree


class SubmissionError(Exception):
    """The folder cannot be read at all. The submission is then not graded, which is different from zero points."""


@dataclass(frozen=True)
class SubmittedFile:
    """One file that was taken from the submission.

    Attributes
    ----------
    path : str
        Relative to the submission, with ``/``.
    size : int
        Bytes that were read.
    sha256 : str
        Of these bytes.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Submission:
    """One student's work on one milestone, ready for the sandbox.

    Attributes
    ----------
    student : str
        Whose it is.
    milestone : Milestone
    tree : Tree
        The clean tree: the release with the student's editable files.
    files : tuple of SubmittedFile
        What was taken from the submission.
    repairs : tuple of str
        What was repaired in the notebook, and why.
    warnings : tuple of str
        What is missing or was left out, and why.
    artifacts : tuple of str
        Those of the milestone's artifacts that were handed in, relative to the tree.
    notebooks : tuple of str
        The notebooks in the tree, repaired.
    unread : tuple of str
        What was not there or could not be read, so that a human has to look. They are among the warnings, too.
    not_gradable : str
        Why the code cannot be judged; empty if it can. It was not found, or two files could be the same one.
    asked : mapping of str to tuple of str
        Notebook → grade ids of the answers that look unwritten but are for a human, because somebody may have
        answered elsewhere.
    version : str
        The version of the release that the hand-in was held against: the one that the student was given.
    elsewhere : mapping of str to str
        Public name that is unwritten → where it is written instead, or why its file was not read, in a sentence.
    made_with : mapping of str to str
        The student's versions of Python and NumPy, as far as the hand-in says them: ``student_python``,
        ``student_numpy``. Students can write what they like there.
    """

    student: str
    milestone: Milestone
    tree: Tree
    files: tuple[SubmittedFile, ...]
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]
    artifacts: tuple[str, ...]
    notebooks: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    not_gradable: str = ""
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The clean tree as a folder, made when it is first asked for. Nothing in it is a link."""
        return self.tree.folder

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents of the files that were taken, and over what could not be read."""
        whole = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.path):
            whole.update(f"{len(file.path)} {file.path} {file.sha256}\n".encode())
        for reason in self.unread:
            whole.update(f"{reason}\n".encode())
        return whole.hexdigest()

    def summary(self) -> dict[str, Any]:
        """Return what a report says of the submission itself."""
        return {
            "digest": self.digest,
            "files": [asdict(file) for file in self.files],
            "repairs": list(self.repairs),
            "warnings": list(self.warnings),
            "unread": list(self.unread),
            "release": self.version,
        }

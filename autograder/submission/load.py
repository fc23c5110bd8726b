"""Reading a submitted folder and making a clean tree of it, which may enter the sandbox.

The tree is the release of the milestone, with the files that a student may edit from the submission: the notebook,
the files with a fence of this milestone, the artifacts. A package that shadows another one, a changed helper or an
extra module never gets in. The warnings name everything that was left out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..milestone import Milestone
from ..release.build import Release, write_files
from .notebook_outputs import plain
from .notebook_repair import RepairedNotebook, repair_notebook
from .safe_files import Entry, RefusedFile, list_entries, open_folder, read_file

__all__ = ["Submission", "SubmissionError", "SubmittedFile", "load"]

_LIMITS = {".py": 1_000_000, ".ipynb": 20_000_000}
_ARTIFACT_LIMIT = 50_000_000
_IGNORED_FOLDERS = {"__pycache__", ".ipynb_checkpoints", "__MACOSX", ".git", ".venv", "venv", "build", "data"}
_IGNORED_NAMES = {".DS_Store", "timestamp.txt", "submission_secret.txt", "Thumbs.db", ".gitignore"}
_IGNORED_SUFFIXES = (".pyc", ".so", ".pyd", ".egg-info")
_NAMED = 10


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
    root : Path
        The clean tree: the release with the student's editable files. Nothing in it is a link.
    files : tuple of SubmittedFile
        What was taken from the submission.
    repairs : tuple of str
        What was repaired in the notebook, and why.
    warnings : tuple of str
        What is missing or was left out, and why.
    artifacts : tuple of str
        Those of the milestone's artifacts that were handed in, relative to ``root``.
    notebooks : tuple of str
        The notebooks in ``root``, repaired.
    """

    student: str
    milestone: Milestone
    root: Path
    files: tuple[SubmittedFile, ...]
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]
    artifacts: tuple[str, ...]
    notebooks: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents of the files that were taken."""
        whole = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.path):
            whole.update(f"{len(file.path)} {file.path} {file.sha256}\n".encode())
        return whole.hexdigest()

    def summary(self) -> dict[str, Any]:
        """Return what a report says of the submission itself."""
        return {
            "digest": self.digest,
            "files": [asdict(file) for file in self.files],
            "repairs": list(self.repairs),
            "warnings": list(self.warnings),
        }


def load(
    folder: Path,
    release: Release,
    workdir: Path,
    *,
    student: str | None = None,
) -> Submission:
    """Read a submitted folder and make a clean tree of it.

    Parameters
    ----------
    folder : Path
        ``submitted/<student>/<milestone>``. Nothing in it is changed, executed or unpickled.
    release : Release
        What the student was given.
    workdir : Path
        An empty folder, made if missing; the tree is written to ``root`` in it.
    student : str, optional
        By default the name of the folder above ``folder``.

    Returns
    -------
    Submission

    Raises
    ------
    SubmissionError
        If ``folder`` is missing, a link, not a folder, or not readable.
    ReleaseError
        If something is wrong with the course's own sources.
    """
    reader = _Reader(release)
    try:
        with open_folder(Path(folder)) as descriptor:
            reader.read(descriptor)
    except (RefusedFile, OSError) as error:
        raise SubmissionError(
            f"the submitted folder {Path(folder).name!r} cannot be read: {error}"
        ) from error
    root = Path(workdir) / "root"
    root.mkdir(parents=True)
    write_files(root, release.files | reader.taken)
    # readable by the sandbox's user, whatever this process's umask is
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Submission(
        student=student if student is not None else Path(folder).absolute().parent.name,
        milestone=release.milestone,
        root=root,
        files=tuple(reader.files),
        repairs=tuple(reader.repairs),
        warnings=tuple(reader.warnings),
        artifacts=tuple(n for n in release.milestone.artifacts if n in reader.taken),
        notebooks=tuple(name for name in release.files if name.endswith(".ipynb") and "/" not in name),
    )


class _Reader:
    """Takes the editable files from one folder, and notes what it left out."""

    def __init__(self, release: Release) -> None:
        self.released = release.files
        self.editable = release.editable
        self.taken: dict[str, bytes] = {}
        self.files: list[SubmittedFile] = []
        self.repairs: list[str] = []
        self.warnings: list[str] = []

    def read(self, folder: int) -> None:
        entries, complete = list_entries(folder)
        if not complete:
            self.warnings.append("there are too many files to look at all of them")
        prefix = self._prefix(entries)
        for name in self.editable:
            data = self._take(folder, prefix, name)
            if data is None:
                continue
            self.files.append(SubmittedFile(name, len(data), hashlib.sha256(data).hexdigest()))
            self.taken[name] = self._repaired(name, data) if name.endswith(".ipynb") else data
        self._report_rest(folder, prefix, entries)

    def _prefix(self, entries: list[Entry]) -> str:
        """Return the one subfolder that contains everything, as in some archives; otherwise an empty text."""
        names = {entry.name for entry in entries}
        if names.intersection(self.editable):
            return ""
        found = set()
        for name in names:
            top, _, rest = name.partition("/")
            if rest in self.editable and top not in _IGNORED_FOLDERS:
                found.add(top + "/")
        if len(found) != 1:
            return ""
        self.warnings.append(f"the files were taken from the subfolder {_shown(min(found))}")
        return found.pop()

    def _take(self, folder: int, prefix: str, name: str) -> bytes | None:
        try:
            return read_file(folder, prefix + name, _LIMITS.get(PurePosixPath(name).suffix, _ARTIFACT_LIMIT))
        except FileNotFoundError:
            reason = "it is missing"
        except RefusedFile as error:
            reason = str(error)
        instead = "the released file is used instead" if name in self.released else "nothing is used instead"
        self.warnings.append(f"{name} was not read: {reason}; {instead}")
        return None

    def _repaired(self, name: str, data: bytes) -> bytes:
        result: RepairedNotebook = repair_notebook(data, json.loads(self.released[name]))
        self.repairs += result.repairs
        self.warnings += [f"{name}: {warning}" for warning in result.warnings]
        return (json.dumps(result.notebook, indent=1, ensure_ascii=False) + "\n").encode()

    def _report_rest(self, folder: int, prefix: str, entries: list[Entry]) -> None:
        changed, extra = [], []
        for entry in entries:
            name = entry.name.removeprefix(prefix)
            parts = name.split("/")
            if name in self.editable or _IGNORED_FOLDERS.intersection(parts) or parts[-1] in _IGNORED_NAMES:
                continue
            if any(part.endswith(_IGNORED_SUFFIXES) for part in parts):
                continue
            if name not in self.released:
                kind = "" if entry.kind == "file" else f" ({entry.kind})"
                extra.append(_shown(name) + kind)
            elif not self._as_released(folder, entry, name):
                changed.append(_shown(name))
        if changed:
            self.warnings.append(
                "these files belong to the course and are not yours to change; the released ones were used: "
                + _listed(changed)
            )
        if extra:
            own = _listed([name for name in self.editable if name.endswith(".py")])
            where = f"; code that is to be graded goes into {own}" if own else ""
            self.warnings.append(
                f"these were left out, because the assignment has no such files{where}: {_listed(extra)}"
            )

    def _as_released(self, folder: int, entry: Entry, name: str) -> bool:
        try:
            return read_file(folder, entry.name, len(self.released[name]) + 1) == self.released[name]
        except (RefusedFile, FileNotFoundError):
            return False


def _shown(name: str) -> str:
    """Return a name with all unprintable characters replaced."""
    text = "".join(c if c.isprintable() else "?" for c in plain(name))
    return text if len(text) <= 80 else text[:77] + "..."


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

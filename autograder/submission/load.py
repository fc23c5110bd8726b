"""Reading a submitted folder and making a clean tree of it, which may enter the sandbox.

The tree is the release of the milestone, with the files that a student may edit from the submission: the notebook,
the files with a fence of this milestone, the artifacts. They are found whatever folder or archive they came in. A
package that shadows another one, a changed helper or an extra module never gets in. The warnings name everything that
was left out, and what could not be read at all is left to a human.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..milestone import Milestone
from ..release import assignment
from ..release.build import Release, write_files
from ..release.kept import KeptRelease
from .find import Found, as_python, find
from .given_release import given_release
from .notebook_outputs import plain
from .notebook_repair import questions, repair_notebook
from .notebook_versions import brought_up_to_date
from .safe_files import RefusedFile, open_folder
from .upload import Upload, UploadedFile, look_into

__all__ = ["Submission", "SubmissionError", "SubmittedFile", "load"]

_CODE = (".py", ".pyw", ".pyi")
_PACKED = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zipx")
_TO_READ = (
    *(".ipynb", ".md", ".txt", ".rst", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".tex", ".html", ".pages"),
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".svg", ".tif", ".tiff", ".bmp"),
)
"""Suffixes of files in which somebody may have written an answer."""
_RIVAL = 100_000_000
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
    unread : tuple of str
        What was not there or could not be read, so that a human has to look. They are among the warnings, too.
    not_gradable : str
        Why the code cannot be judged; empty if it can. It was not found, or two files could be the same one.
    asked : mapping of str to tuple of str
        Notebook → grade ids of the answers that look unwritten but are for a human, because somebody may have
        answered elsewhere.
    version : str
        The version of the release that the hand-in was held against: the one that the student was given.
    """

    student: str
    milestone: Milestone
    root: Path
    files: tuple[SubmittedFile, ...]
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]
    artifacts: tuple[str, ...]
    notebooks: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    not_gradable: str = ""
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: str = ""

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
        The current one. What the hand-in is compared with is the version that the student was given.
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
    current = {n: data for n, data in release.files.items() if n.endswith(".ipynb") or n == assignment.NAME}
    write_files(root, release.files | reader.released | current | reader.taken)
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
        unread=tuple(reader.unread),
        not_gradable=" ".join(reader.not_gradable),
        asked=reader.asked,
        version=reader.version,
    )


class _Reader:
    """Takes the editable files from one upload, and notes what it left out."""

    def __init__(self, release: Release) -> None:
        self.current = release
        self._compare_with(release)
        self.taken: dict[str, bytes] = {}
        self.files: list[SubmittedFile] = []
        self.repairs: list[str] = []
        self.warnings: list[str] = []
        self.unread: list[str] = []
        self.not_gradable: list[str] = []
        self.asked: dict[str, tuple[str, ...]] = {}

    def _compare_with(self, given: Release | KeptRelease) -> None:
        self.released = dict(given.files)
        self.editable = given.editable
        self.version = given.version

    def read(self, folder: int) -> None:
        upload = look_into(folder)
        given, note = given_release(upload, self.current)
        self._compare_with(given)
        if note:
            self.warnings.append(note)
        if not upload.complete:
            self.warnings.append(
                "there are too many files, or folders that cannot be read, to look at all of them"
            )
        for name, why in upload.sealed:
            self.warnings.append(f"{_shown(name)} was not unpacked: {why}")
        names = self.current.sources.milestone_names
        others = {f"{name}.ipynb" for name in names if name != self.current.milestone.name}
        found = find(upload, self.editable, self.released, others - {*self.released})
        prefix = self._say_where(found)
        changed, extra = self._rest(upload, found, prefix)
        for name in self.editable:
            self._take(found[name])
        self._look_for_code(found, upload, extra)
        self._look_for_answers(extra)
        self._report_rest(changed, extra)

    def _say_where(self, found: Mapping[str, Found]) -> str:
        """Say which files were not in their place, and return the folder that holds them all, or an empty text."""
        places = {
            name: f.file.name for name, f in found.items() if f.file is not None and f.file.name != name
        }
        if len(places) == sum(f.file is not None for f in found.values()):
            prefixes = {
                place.removesuffix(name) for name, place in places.items() if place.endswith("/" + name)
            }
            others = [name for name, place in places.items() if not place.endswith("/" + name)]
            if len(prefixes) == 1 and not others:
                self.warnings.append(f"the files were taken from the subfolder {_shown(min(prefixes))}")
                return prefixes.pop()
        for name, place in places.items():
            self.warnings.append(f"{name} was read from {_shown(place)}")
        return ""

    def _take(self, found: Found) -> None:
        name = found.name
        for file, reason in found.refused:
            if found.file is not None:
                self._human(f"{_shown(file.name)} may be {name}, and was not read: {reason}")
        if found.file is None:
            self._not_found(found)
            return
        data = found.data
        self.files.append(SubmittedFile(name, len(data), hashlib.sha256(data).hexdigest()))
        if found.rivals:
            names = ", ".join(_shown(file.name) for file in (found.file, *found.rivals))
            self._human(
                f"these files differ, and each may be {name}: {names}; keep one of them and grade again"
            )
        if name.endswith(".ipynb"):
            self.taken[name] = self._repaired(found)
            return
        self.taken[name] = as_python(data) if name.endswith(".py") else data
        if self.taken[name] != data:
            self.repairs.append(f"{name} is not stored as UTF-8, and was converted")
        if found.rivals:
            self.not_gradable.append(self.unread[-1] + ".")

    def _not_found(self, found: Found) -> None:
        name = found.name
        reason = "; ".join(
            why if file.name == name else f"{_shown(file.name)}: {why}" for file, why in found.refused
        )
        instead = "the released file is used instead" if name in self.released else "nothing is used instead"
        line = f"{name} was not read: {reason or 'it is missing'}; {instead}"
        if name.endswith(".ipynb"):
            self.asked[name] = self._questions(name)
            if self.asked[name]:
                self._human(f"{line}, without any answers")
                return
        elif found.refused:
            self._human(line)
            return
        self.warnings.append(line)

    def _questions(self, name: str) -> tuple[str, ...]:
        """Return the questions of a notebook as nbgrader knows them."""
        files = self.current.files if name in self.current.files else self.released
        return tuple(questions(json.loads(files[name])))

    def _human(self, line: str) -> None:
        """Note something that only a human can settle."""
        self.unread.append(line)
        self.warnings.append(line)

    def _repaired(self, found: Found) -> bytes:
        name = found.name
        rivals = [file.read(_RIVAL) for file in found.rivals]
        released = json.loads(self.released[name])
        result = repair_notebook(found.data, released, rivals)
        self.repairs += result.repairs
        self.warnings += [f"{name}: {warning}" for warning in result.warnings]
        doubtful = result.unread or found.rivals or found.refused
        asked = self._questions(name) if doubtful else result.asked
        notebook = result.notebook
        if self.version != self.current.version and name in self.current.files:
            current = json.loads(self.current.files[name])
            notebook, new = brought_up_to_date(notebook, released, current)
            asked = [question for question in questions(current) if question in (*asked, *new)]
        self.asked[name] = tuple(asked)
        return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()

    def _look_for_code(
        self, found: Mapping[str, Found], upload: Upload, extra: Sequence[UploadedFile]
    ) -> None:
        """Find out whether code is missing that may be in a file which is not known."""
        code = [name for name in self.editable if name.endswith(".py")]
        missing = [name for name in code if found[name].file is None and not found[name].refused]
        unknown = [f.name for f in extra if f.parts[-1].endswith((*_CODE, *_PACKED))]
        unknown += [name for name, _ in upload.sealed]
        if missing and (len(missing) == len(code) or unknown or not upload.complete):
            there = _listed([_shown(name) for name in unknown or [file.name for file in upload.files]])
            line = f"files not found: {', '.join(missing)}; what was handed in: {there or 'nothing'}"
            self._human(line)
            self.not_gradable.append(line + ".")

    def _look_for_answers(self, extra: Sequence[UploadedFile]) -> None:
        """Leave answers that look unwritten to a human where there are documents that nobody has read."""
        if any(file.parts[-1].endswith(_TO_READ) for file in extra):
            for name in self.current.files:
                if name.endswith(".ipynb") and "/" not in name:
                    self.asked[name] = self._questions(name)

    def _rest(
        self, upload: Upload, found: Mapping[str, Found], prefix: str
    ) -> tuple[list[UploadedFile], list[UploadedFile]]:
        """Return the files of the course that were changed, and those that the assignment does not have."""
        known = set()
        for f in found.values():
            known |= {f.file, *f.rivals, *f.others, *(file for file, _ in f.refused)}
        changed, extra = [], []
        for file in upload.files:
            name = file.name.removeprefix(prefix)
            if file in known:
                continue
            if name not in self.released:
                extra.append(file)
            elif not self._as_released(file, name):
                changed.append(file)
        return changed, [file for file in extra if not self._is_copy(file)]

    def _is_copy(self, file: UploadedFile) -> bool:
        """Return whether a file is one of the release, in some other place."""
        same = self._by_last_name.get(file.name.rpartition("/")[2], ())
        try:
            return bool(same) and file.read(max(map(len, same)) + 1) in same
        except (RefusedFile, FileNotFoundError):
            return False

    @cached_property
    def _by_last_name(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for name, data in self.released.items():
            found.setdefault(name.rpartition("/")[2], []).append(data)
        return found

    def _report_rest(self, changed: Sequence[UploadedFile], extra: Sequence[UploadedFile]) -> None:
        if changed:
            self.warnings.append(
                "these files belong to the course and are not yours to change; the released ones were used: "
                + _listed([_shown(file.name) for file in changed])
            )
        if extra:
            own = _listed([name for name in self.editable if name.endswith(".py")])
            where = f"; code that is to be graded goes into {own}" if own else ""
            names = [_shown(file.name) + ("" if file.kind == "file" else f" ({file.kind})") for file in extra]
            self.warnings.append(
                f"these were left out, because the assignment has no such files{where}: {_listed(names)}"
            )

    def _as_released(self, file: UploadedFile, name: str) -> bool:
        try:
            return file.read(len(self.released[name]) + 1) == self.released[name]
        except (RefusedFile, FileNotFoundError):
            return False


def _shown(name: str) -> str:
    """Return a name with all unprintable characters replaced."""
    text = "".join(c if c.isprintable() else "?" for c in plain(name))
    return text if len(text) <= 80 else text[:77] + "..."


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

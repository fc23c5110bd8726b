"""Reading a submitted folder and making a clean tree of it, which may enter the sandbox.

The tree is the release of the milestone, with the files that a student may edit from the submission: the notebook,
the files with a fence of this milestone, the artifacts, and what modules of their own these import. They are found
whatever folder or archive they came in. A package that shadows another one, a changed helper of the course or a module
that nothing imports never gets in. The warnings name everything that was left out, and what could not be read at all
is left to a human.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from nndl.hand_in.helpers import helpers, lying

from ..release import assignment
from ..release.build import Release
from ..release.kept import KeptRelease
from ..sandbox.tree import Tree
from . import elsewhere, made_with
from .find import Found, as_python, find
from .given_release import another_milestone, given_release
from .notebook.cells import essence
from .notebook.repair import questions, repair_notebook
from .notebook.versions import brought_up_to_date
from .rest import Rest, listed, shown
from .safe_files import RefusedFile, open_folder
from .submission import Submission, SubmissionError, SubmittedFile
from .upload import Upload, UploadedFile, look_into

__all__ = ["Submission", "SubmissionError", "SubmittedFile", "load"]

_CODE = (".py", ".pyw", ".pyi")
_PACKED = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zipx")
_DOCUMENTS = (
    *(".ipynb", ".md", ".txt", ".rst", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".tex", ".html", ".pages"),
)
_TO_READ = (
    *_DOCUMENTS,
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".svg", ".tif", ".tiff", ".bmp"),
)
"""Suffixes of files in which somebody may have written an answer."""
_CONFLICT = re.compile(rb"^<{7}[ \r\n]|^>{7}[ \r\n]", re.MULTILINE)
_RIVAL = 100_000_000
_HELPER = 1_000_000
_PICTURE = 9_000_000
_PLAIN = re.compile(r"\w[\w. -]{0,100}")


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
        An empty folder, made if missing; the tree is laid out as ``root`` in it if its folder is asked for.
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
    given = release.files
    current = {n: data for n, data in given.items() if n.endswith(".ipynb") or n == assignment.NAME}
    own = reader.released | current | reader.taken
    own = {name: data for name, data in own.items() if given.get(name) != data}
    return Submission(
        student=student if student is not None else Path(folder).absolute().parent.name,
        milestone=release.milestone,
        tree=Tree(own, release.base, Path(workdir) / "root"),
        files=tuple(reader.files),
        repairs=tuple(reader.repairs),
        warnings=tuple(reader.warnings),
        artifacts=tuple(n for n in release.milestone.artifacts if n in reader.taken),
        notebooks=tuple(name for name in release.files if name.endswith(".ipynb") and "/" not in name),
        unread=tuple(reader.unread),
        not_gradable=" ".join(reader.not_gradable),
        asked=reader.asked,
        version=reader.version,
        elsewhere=reader.elsewhere,
        made_with=reader.made_with,
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
        self.elsewhere: dict[str, str] = {}
        self.made_with: dict[str, str] = {}

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
            self.warnings.append(f"{shown(name)} was not unpacked: {why}")
        names = self.current.sources.milestone_names
        others = {f"{name}.ipynb" for name in names if name != self.current.milestone.name}
        found = find(upload, self.editable, self.released, others - {*self.released})
        notebooks = [f.data for f in found.values() if f.file is not None and f.name.endswith(".ipynb")]
        self.made_with = made_with.of_upload(upload, notebooks)
        prefix = self._say_where(found)
        rest = Rest(upload, found, self.released, prefix)
        for name in self.editable:
            self._take(found[name], rest)
        self._take_helpers(rest, prefix)
        self._look_for_another_milestone(found, upload)
        self._look_for_code(found, upload, rest)
        self._look_elsewhere(found, upload, rest)
        self._look_for_answers(rest)
        self.warnings += rest.warnings([name for name in self.editable if name.endswith(".py")])

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
                self.warnings.append(f"the files were taken from the subfolder {shown(min(prefixes))}")
                return prefixes.pop()
        for name, place in places.items():
            self.warnings.append(f"{name} was read from {shown(place)}")
        return ""

    def _take(self, found: Found, rest: Rest) -> None:
        name = found.name
        for file, reason in found.refused:
            if found.file is not None:
                self._human(f"{shown(file.name)} may be {name}, and was not read: {reason}")
        if found.file is None:
            self._not_found(found)
            return
        data = found.data
        self._note_file(name, data)
        if found.rivals:
            names = ", ".join(shown(file.name) for file in (found.file, *found.rivals))
            self._human(
                f"these files differ, and each may be {name}: {names}; keep one of them and grade again"
            )
        if name.endswith(".ipynb"):
            self.taken[name] = self._repaired(found, rest)
            return
        self.taken[name] = as_python(data) if name.endswith(".py") else data
        if self.taken[name] != data:
            self.repairs.append(f"{name} is not stored as UTF-8, and was converted")
        if found.rivals:
            self.not_gradable.append(self.unread[-1] + ".")
        elif name.endswith(".py") and (mark := _CONFLICT.search(self.taken[name])):
            line = self.taken[name].count(b"\n", 0, mark.start()) + 1
            self._human(
                f"{name} is in a merge conflict (line {line}): it holds two versions, and one must be chosen"
            )
            self.not_gradable.append(self.unread[-1] + ".")

    def _note_file(self, name: str, data: bytes) -> None:
        self.files.append(SubmittedFile(name, len(data), hashlib.sha256(data).hexdigest()))

    def _not_found(self, found: Found) -> None:
        name = found.name
        reason = "; ".join(
            why if file.name == name else f"{shown(file.name)}: {why}" for file, why in found.refused
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

    def _repaired(self, found: Found, rest: Rest) -> bytes:
        name = found.name
        rivals = [file.read(_RIVAL) for file in found.rivals]
        released = json.loads(self.released[name])
        result = repair_notebook(found.data, released, rivals, partial(self._picture, rest))
        self.repairs += result.repairs
        self.warnings += [f"{name}: {warning}" for warning in result.warnings]
        if result.damage:
            self._human(f"{name} is damaged: {result.damage}, and its answers are for a human")
        doubtful = result.unread or found.rivals or found.refused
        asked = self._questions(name) if doubtful else result.asked
        notebook = result.notebook
        if self.version != self.current.version and name in self.current.files:
            current = json.loads(self.current.files[name])
            notebook, new = brought_up_to_date(notebook, released, current)
            asked = [question for question in questions(current) if question in (*asked, *new)]
        self.asked[name] = tuple(asked)
        return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()

    def _picture(self, rest: Rest, name: str) -> bytes | None:
        """Return the content of a file that an answer shows: one of the upload, or one of the course."""
        own = {file.name: file for file in (*rest.extra, *rest.changed) if file.kind == "file"}
        lies = lying(name, own)
        try:
            data = own[lies].read(_PICTURE) if lies else self.released.get(name)
        except (RefusedFile, FileNotFoundError):
            return None
        rest.extra = [file for file in rest.extra if file.name != lies]
        place = name.rpartition("/")[2]
        if (
            lies
            and data is not None
            and _PLAIN.fullmatch(place)
            and place not in {*self.released, *self.taken}
        ):
            self.taken[place] = data
            self._note_file(place, data)
        return data

    def _take_helpers(self, rest: Rest, prefix: str) -> None:
        """Take the modules of the student's own that the files import which were taken."""
        own = {file.name.removeprefix(prefix): file for file in rest.extra if file.kind == "file"}
        content: dict[str, bytes] = {}

        def read(name: str) -> str | None:
            try:
                content[name] = as_python(own[name].read(_HELPER))
            except (RefusedFile, FileNotFoundError):
                return None
            return content[name].decode("utf-8-sig", errors="replace")

        code = [name for name in self.taken if name.endswith(".py")]
        said = self.current.assignment
        found = helpers(
            {name: self.taken[name].decode("utf-8-sig", errors="replace") for name in code},
            {name: self.released[name].decode() for name in code if name in self.released},
            self.released,
            (*said["libraries"], *said["quiet_imports"]),
            own,
            read,
        )
        for place, name in found.files.items():
            self.taken[place] = content[name]
            self._note_file(place, content[name])
            where = "" if name == place else f" (read from {shown(own[name].name)})"
            self.warnings.append(
                f"{shown(place)}{where} is no file of the assignment; it was used because {found.importers[place]} "
                "imports it"
            )
        used = {own[name] for name in found.files.values()}
        rest.extra = [file for file in rest.extra if file not in used]
        for importer, module in found.missing[:10]:
            self.warnings.append(f"{importer} imports {shown(module)}, which was not handed in")

    def _look_for_another_milestone(self, found: Mapping[str, Found], upload: Upload) -> None:
        """Say it if this is the work on another milestone, handed in in the wrong place."""
        name = self.current.milestone.name
        notebooks = [n for n in self.editable if n.endswith(".ipynb")]
        if any(found[n].file is not None or found[n].refused for n in notebooks):
            return
        other = another_milestone(upload, name, self.current.sources.milestone_names)
        if other:
            line = (
                f"this is the hand-in of {', '.join(other)}, and not of {name}: move it there and grade again"
            )
            self._human(line)
            self.not_gradable.append(line + ".")

    def _look_for_code(self, found: Mapping[str, Found], upload: Upload, rest: Rest) -> None:
        """Find out whether code is missing that may be in a file which is not known."""
        code = [name for name in self.editable if name.endswith(".py")]
        missing = [name for name in code if found[name].file is None and not found[name].refused]
        unknown = [f.name for f in rest.extra if f.parts[-1].endswith((*_CODE, *_PACKED, *_DOCUMENTS))]
        unknown += [name for name, _ in upload.sealed]
        if missing and (len(missing) == len(code) or unknown or not upload.complete):
            there = listed([shown(name) for name in unknown or [file.name for file in upload.files]])
            line = f"files not found: {', '.join(missing)}; what was handed in: {there or 'nothing'}"
            line += "".join(f"; {shown(name)} was not unpacked: {why}" for name, why in upload.sealed[:2])
            self._human(line)
            self.not_gradable.append(line + ".")

    def _look_elsewhere(self, found: Mapping[str, Found], upload: Upload, rest: Rest) -> None:
        """Say where code lies that is finished, while its place in the files that are graded is unwritten."""
        code = [name for name in self.editable if name.endswith(".py")]
        left, all_tasks = elsewhere.unwritten(self.released, self.taken, code, self.current.milestone.name)
        gone: set[str] = set()
        for task, name in left.items():
            if found[name].file is None and found[name].refused:
                reason = found[name].refused[0][1]
                self.elsewhere[task.cls or task.name] = f"{name} was not read: {reason}."
            elif found[name].file is None or not self.taken[name].strip():
                # the release has all of these files: who writes nothing hands them in as they were
                what = "was not handed in" if found[name].file is None else "is empty"
                self.elsewhere[task.cls or task.name] = f"{name} {what}."
                gone.add(f"{name} {what}")
        if not self.not_gradable:
            for line in sorted(gone):
                self._human(line)
        if not left:
            return
        notebooks = {n: found[n] for n in self.editable if n.endswith(".ipynb") and found[n].file}
        given = {essence(c["source"]) for n in notebooks for c in json.loads(self.released[n])["cells"]}
        not_taken: list[UploadedFile] = [*rest.extra, *rest.changed]
        for f in found.values():
            not_taken += f.rivals if f.name.endswith(".ipynb") else [*f.rivals, *f.others]
        notebook_texts = {n: f.data for n, f in notebooks.items()}
        places, complete = elsewhere.places(left, not_taken, notebook_texts, given)
        if not places:
            unread = [file for file in rest.extra if not elsewhere.may_have_code(file)]
            closed = [file.name for file in unread if file.parts[-1].endswith((*_PACKED, *_TO_READ))]
            closed += [name for name, _ in upload.sealed]
            if (
                len(left) == all_tasks
                and (closed or not complete or not upload.complete)
                and not self.not_gradable
            ):
                seen = f"not looked through for code: {listed([shown(name) for name in closed]) or 'all of the files'}"
                self._human(f"nothing is written in {listed(sorted(set(left.values())))}; {seen}")
                self.not_gradable.append(self.unread[-1] + ".")
            return
        where = elsewhere.described(places)
        files = listed(sorted({left[task] for task in places}))
        line = f"code is not where it is graded: {where}; its place in {files} is not written"
        self._human(line)
        if len(left) == all_tasks:  # nothing was handed in that could be graded
            self.not_gradable.append(line + ".")
        for name in elsewhere.names(places):
            mine = {task: p for task, p in places.items() if name == (task.cls or task.name)}
            self.elsewhere[name] = f"It is written somewhere else: {elsewhere.described(mine)}."

    def _look_for_answers(self, rest: Rest) -> None:
        """Leave answers that look unwritten to a human where there are documents that nobody has read."""
        if any(file.parts[-1].endswith(_TO_READ) for file in (*rest.extra, *rest.changed)):
            for name in self.current.files:
                if name.endswith(".ipynb") and "/" not in name:
                    self.asked[name] = self._questions(name)

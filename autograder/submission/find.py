"""Which file of an upload is which file of the assignment, whatever folder it came in and whatever its copy is called.

A file is taken if there is one that it can be. Files that differ from what was released go before those that do not;
two that were both changed, and differ, are ambiguous: nobody but a human can say which one counts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from nndl.hand_in.copies import of_the_same_module, without_copy_marks

from ..release.assignment import limit_of
from .notebook.cells import own_texts, parse_notebook, share_of_released
from .notebook.encodings import decoded, one_kind_of_line
from .safe_files import RefusedFile
from .upload import Upload, UploadedFile

_MOST = 8
"""How many files are compared that could all be the same one."""
_SHARE = 0.3
"""Of a released notebook's cells: as many are in a notebook of another name that is taken for it."""


@dataclass
class Found:
    """What an upload has for one file of the assignment.

    Attributes
    ----------
    name : str
        The file of the assignment.
    file : UploadedFile or None
        What was taken for it.
    data : bytes
        Its content.
    rivals : list of UploadedFile
        Others that could be it just as well, and differ.
    others : list of UploadedFile
        Others that say nothing else.
    refused : list of tuple
        Those that could not be read, with the reason.
    """

    name: str
    file: UploadedFile | None = None
    data: bytes = b""
    rivals: list[UploadedFile] = field(default_factory=list)
    others: list[UploadedFile] = field(default_factory=list)
    refused: list[tuple[UploadedFile, str]] = field(default_factory=list)


def find(
    upload: Upload,
    editable: Sequence[str],
    released: Mapping[str, bytes],
    other_notebooks: Collection[str] = (),
) -> dict[str, Found]:
    """Find the files that a student hands in.

    Parameters
    ----------
    upload : Upload
    editable : sequence of str
        Their names.
    released : mapping of str to bytes
        The whole release.
    other_notebooks : collection of str
        The names of the course's other notebooks. Where somebody hands in the work of several assignments, what lies
        beside one of these is not of this assignment.

    Returns
    -------
    dict of str to Found
        For each editable name.
    """
    known = _Known(editable, released)
    others = _folders_of(upload, other_notebooks) - _folders_of(upload, editable)
    candidates: dict[str, list[UploadedFile]] = {name: [] for name in editable}
    strangers = []
    for file in upload.files:
        name = known.name_of(file)
        if name in candidates:
            candidates[name].append(file)
        elif name is None and _may_be_notebook(file) and file.parts[-1] not in other_notebooks:
            strangers.append(file)
        if file.kind != "file":  # a link in the place of a folder: to be named as the reason
            for expected in candidates:
                if expected.startswith(file.name + "/"):
                    candidates[expected].append(file)
    found = {}
    for name, files in candidates.items():
        mine = [file for file in files if file.name.removesuffix(name) not in others]
        files = mine or files
        if name.endswith(".ipynb"):
            files = files + [file for file in strangers[:_MOST] if _has_cells_of(file, released[name])]
        found[name] = _choose(name, files, released.get(name))
    return found


def _folders_of(upload: Upload, notebooks: Collection[str]) -> set[str]:
    """Return the folders, with a ``/`` at the end, in which notebooks of these names lie."""
    wanted = {name.casefold() for name in notebooks if name.endswith(".ipynb")}
    return {
        file.name[: -len(file.parts[-1])]
        for file in upload.files
        if file.parts[-1] in wanted and file.name.casefold().endswith(file.parts[-1])
    }


class _Known:
    """The names of the assignment, to compare names of an upload with."""

    def __init__(self, editable: Sequence[str], released: Mapping[str, bytes]) -> None:
        self._editable = frozenset(editable)
        self._released = released
        self._by_last: dict[str, list[str]] = {}
        for name in sorted({*editable, *released}):
            self._by_last.setdefault(PurePosixPath(name).name.casefold(), []).append(name)

    def name_of(self, file: UploadedFile) -> str | None:
        """Return the name of the assignment that a file has most in common with, or None."""
        parts = file.parts
        for last in (parts[-1], without_copy_marks(parts[-1])):
            names = self._by_last.get(last, ())
            if not names:
                continue
            shared = {name: _shared_end((*parts[:-1], last), name) for name in names}
            best = [name for name in names if shared[name] == max(shared.values())]
            mine = [name for name in best if name in self._editable]
            if len(mine) == 1 and not (len(best) > 1 and self._as_released(file, best)):
                return mine[0]
            return best[0] if not mine else None
        return None

    def _as_released(self, file: UploadedFile, names: Sequence[str]) -> bool:
        """Return whether a file is one of those that are not a student's to change."""
        course = [self._released[name] for name in names if name not in self._editable]
        return bool(course) and _content(file, max(map(len, course)) + 1) in course


def _shared_end(parts: Sequence[str], name: str) -> int:
    shared = 0
    for mine, its in zip(reversed(parts), reversed(name.casefold().split("/")), strict=False):
        if mine != its:
            break
        shared += 1
    return shared


def _may_be_notebook(file: UploadedFile) -> bool:
    return file.parts[-1].endswith((".ipynb", ".json")) or ".ipynb" in file.parts[-1]


def _has_cells_of(file: UploadedFile, released: bytes) -> bool:
    data = _content(file, limit_of("any.ipynb"))
    return data is not None and share_of_released(data, json.loads(released)) >= _SHARE


def _content(file: UploadedFile, limit: int) -> bytes | None:
    try:
        return file.read(limit)
    except (RefusedFile, FileNotFoundError):
        return None


def _choose(name: str, files: Sequence[UploadedFile], released: bytes | None) -> Found:
    """Choose between the files that one file of the assignment can be."""
    found = Found(name)
    limit = limit_of(name)
    by_meaning: dict[object, list[UploadedFile]] = {}
    # the one in its place first, then the one nearest to the top
    order = sorted(files, key=lambda file: (file.name != name, len(file.parts), file.name))
    read: list[tuple[UploadedFile, bytes]] = []
    for file in order[:_MOST]:
        try:
            read.append((file, file.read(limit)))
        except (RefusedFile, FileNotFoundError) as error:
            found.refused.append((file, _reason(error)))
    alike = of_the_same_module(name, [(file.name, data) for file, data in read])
    for (file, data), is_it in zip(read, alike, strict=True):
        if not is_it:
            continue
        try:
            meaning = _meaning(name, data, released) if len(read) > 1 else _readable(name, data, released)
            by_meaning.setdefault(meaning, []).append(file)
        except RefusedFile as error:
            found.refused.append((file, _reason(error)))
    found.refused += [(file, f"there are more than {_MOST} that it could be") for file in order[_MOST:]]
    untouched = None
    if len(by_meaning) > 1 and released is not None:
        untouched = _meaning(name, released, released)
    changed = [same for meaning, same in by_meaning.items() if meaning != untouched]
    chosen = changed[0] if changed else next(iter(by_meaning.values()), None)
    if chosen is None:
        return found
    found.file = chosen[0]
    found.data = found.file.read(limit)
    found.rivals = [same[0] for same in changed[1:]]
    rest = [file for same in by_meaning.values() for file in same]
    found.others = [file for file in rest if file is not found.file and file not in found.rivals]
    return found


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, RefusedFile) else "it is missing"


def _meaning(name: str, data: bytes, released: bytes | None) -> object:
    """Return what a file says, apart from how it was stored; two files that say the same are as good as one.

    Raises
    ------
    RefusedFile
        If it is a notebook that cannot be read.
    """
    if name.endswith(".ipynb") and released is not None:
        try:
            return own_texts(data, json.loads(released))
        except ValueError as error:
            raise RefusedFile(str(error)) from error
    if name.endswith(".py"):
        return "\n".join(line.rstrip() for line in one_kind_of_line(_python(data)).rstrip().split("\n"))
    return hashlib.sha256(data).digest()


def _readable(name: str, data: bytes, released: bytes | None) -> str:
    """Return a name for what the only file of its kind says; the exceptions are those of `_meaning`."""
    if name.endswith(".ipynb") and released is not None:
        try:
            parse_notebook(data)
        except ValueError as error:
            raise RefusedFile(str(error)) from error
    return "whatever it says"


def _python(data: bytes) -> str:
    return as_python(data).decode("utf-8-sig", errors="replace")


def as_python(data: bytes) -> bytes:
    """Return code in UTF-8, if Python could not read it otherwise."""
    try:
        text, encoding = decoded(data)
    except ValueError:
        return data
    if encoding.startswith("UTF-8") or (encoding == "Windows-1252" and _declared(data) not in ("", "utf8")):
        return data.rstrip(b"\0")  # a crash leaves zeros at the end of a file
    readable = sum(c in "\n\r\t" or " " <= c <= "~" for c in text[:4000])
    return text.encode("utf-8", errors="replace") if 2 * readable > len(text[:4000]) else data


def _declared(data: bytes) -> str:
    """Return the encoding that a Python file says it has in one of its first two lines, or an empty text."""
    for line in data[:2000].split(b"\n")[:2]:
        if found := re.match(rb"[ \t\f]*#.{0,200}?coding[:=][ \t]*([-\w.]+)", line):
            return found[1].decode("ascii", errors="replace").lower().replace("-", "").replace("_", "")
    return ""

"""The last look at a release before it leaves: it may not contain a line of a solution.

The check does not know how stubs are made. It takes the lines that students must not see, from the fences of the
library and the cells of the source notebook, and looks for each of them in everything that is released: Python,
notebook sources, outputs and metadata, documents, binary files.

Two kinds of lines are let through: trivial ones, such as ``return loss, grads``, and single lines that the
course shows elsewhere on purpose, such as a line of an earlier milestone. A *run* of such lines is a leak.
"""

from __future__ import annotations

import base64
import bisect
import io
import itertools
import json
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from .fences import Fence, ReleaseError

_MIN_TOKENS = 7
_MIN_LENGTH = 16
_MIN_PROSE = 24
_RUN = 4
_SPREAD = 3 * _RUN
_MARKER = re.compile(r"(BEGIN|END)\s+(SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_SHOWN = 10
_LAYOUT = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Secret:
    """One line that no student may see.

    Attributes
    ----------
    text : str
        The line without white space and comment.
    origin : str
        Where it comes from: ``file:line``.
    shown : bool
        Whether the course shows the same line elsewhere on purpose.
    """

    text: str
    origin: str
    shown: bool = False


def code_lines(source: str) -> dict[int, tuple[str, bool]]:
    """Return, by line number, each line of Python without white space, and whether it is more than trivial.

    A comment that stands alone counts as a line; one after code is dropped. A source that cannot be
    tokenized, e.g. a notebook cell with a magic command, is split into its plain lines.
    """
    pieces: dict[int, list[str]] = {}
    notes: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                notes[token.start[0]] = squeeze(token.string.lstrip("#"))
            elif token.type not in _LAYOUT:
                pieces.setdefault(token.start[0], []).append(squeeze(token.string))
    except (tokenize.TokenError, SyntaxError):
        return prose_lines(source)
    lines = {n: (text, len(text) >= _MIN_PROSE) for n, text in notes.items() if n not in pieces}
    for number, tokens in pieces.items():
        text = "".join(tokens)
        lines[number] = (text, len(tokens) >= _MIN_TOKENS and len(text) >= _MIN_LENGTH)
    return dict(sorted(lines.items()))


def prose_lines(source: str) -> dict[int, tuple[str, bool]]:
    """Do the same for text that is not Python."""
    lines = {number: squeeze(line) for number, line in enumerate(source.split("\n"), 1)}
    return {number: (line, len(line) >= _MIN_PROSE) for number, line in lines.items() if line}


def squeeze(text: str) -> str:
    """Remove all white space."""
    return "".join(text.split())


def library_secrets(
    code: Mapping[str, str], fences: Mapping[str, Sequence[Fence]], hidden: Collection[str]
) -> tuple[list[Secret], list[list[Secret]]]:
    """Return the solution lines of the library, and their runs of consecutive lines.

    Parameters
    ----------
    code : mapping of str to str
        Name in the release → text with solutions, for each Python file.
    fences : mapping of str to sequence of Fence
        The fences of each file.
    hidden : collection of str
        Milestones whose fences must not be readable.
    """
    regions: list[list[tuple[str, str]]] = []
    open_lines: list[str] = []
    for path, source in code.items():
        lines = code_lines(source)
        for fence in fences[path]:
            if fence.milestone in hidden:
                inside = {n: lines.pop(n) for n in list(lines) if fence.begin < n < fence.end}
                regions.append([(f"{path}:{n}", text) for n, (text, telling) in inside.items() if telling])
        open_lines += [text for text, _ in lines.values()]
    shown = "\n".join(open_lines)
    secrets: list[Secret] = []
    runs: list[list[Secret]] = []
    for region in regions:
        found = [Secret(text, origin, text in shown) for origin, text in region]
        secrets += found
        runs += [found[i : i + _RUN] for i in range(len(found) - _RUN + 1)]
    return secrets, runs


def notebook_secrets(source: dict, released: dict, path: str, shown: str = "") -> list[Secret]:
    """Return the lines of a source notebook that its release does not have: solutions and hidden tests.

    Parameters
    ----------
    source, released : dict
        The two notebooks, as JSON.
    path : str
        The source notebook's name in messages.
    shown : str
        The released library, which students see anyway, without white space inside lines.
    """
    visible = {text for cell in released.get("cells", []) for text, _ in _cell_lines(cell).values()}
    secrets = []
    for index, cell in enumerate(source.get("cells", [])):
        for number, (text, telling) in _cell_lines(cell).items():
            if telling and text not in visible:
                where = f"{path}, cell {index + 1}, line {number}"
                secrets.append(Secret(text, where, text in shown))
    return secrets


def solution_pictures(source: dict, released: dict, path: str) -> dict[bytes, str]:
    """Return the pictures of solutions in a source notebook, each with the place it comes from.

    They are attachments and outputs that the release does not show; parameters as for `notebook_secrets`.
    """
    shown = {picture for cell in released.get("cells", []) for picture in _pictures(cell)}
    return {
        picture: f"{path}, cell {index}"
        for index, cell in enumerate(source.get("cells", []), 1)
        if _holds_secrets(cell)
        for picture in _pictures(cell)
        if picture not in shown
    }


def _holds_secrets(cell: dict) -> bool:
    settings = cell.get("metadata", {}).get("nbgrader") or {}
    return bool(settings.get("solution") or _MARKER.search(_joined(cell.get("source", ""))))


def _pictures(cell: dict) -> Iterator[bytes]:
    bundles = [*cell.get("attachments", {}).values()]
    bundles += [output.get("data", {}) for output in cell.get("outputs", [])]
    for bundle in bundles:
        for kind, data in bundle.items():
            if not kind.startswith("image/"):
                continue
            text = _joined(data)
            try:
                yield base64.b64decode(squeeze(text), validate=True)
            except ValueError:  # SVG is text
                yield text.encode()


def check_pictures(files: Mapping[str, bytes], pictures: Mapping[bytes, str]) -> None:
    """Raise if a release shows a picture of a solution, as a file of its own or inside another one.

    Raises
    ------
    ReleaseError
        Naming the file, and where the picture comes from.
    """
    for name, data in files.items():
        text = b"".join(data.replace(b"\\n", b"").split())
        for picture, origin in pictures.items():
            if picture and (picture in data or base64.b64encode(picture) in text):
                message = f"the release shows a picture that belongs to a solution in {origin}"
                raise ReleaseError(message, name)


def check_mentions(own_files: Collection[str], files: Mapping[str, bytes], sources: Sequence[str]) -> None:
    """Raise if a file of an assignment is mentioned in a solution and nowhere else: students would get it.

    Parameters
    ----------
    own_files : collection of str
        Names of the files in the assignment's folder that are released.
    files : mapping of str to bytes
        The release.
    sources : sequence of str
        The texts of the source notebooks, as they are stored.

    Raises
    ------
    ReleaseError
        Naming the file.
    """
    for name in own_files:
        spellings = {name, quote(name)}
        in_sources = any(spelling in text for spelling in spellings for text in sources)
        shown = any(
            spelling.encode() in data
            for other, data in files.items()
            if other != name and other.endswith((".ipynb", ".md", ".py", ".txt"))
            for spelling in spellings
        )
        if in_sources and not shown:
            message = (
                "only a solution mentions this file, but students would get it; put a dot before its name"
            )
            raise ReleaseError(message, name)


def _cell_lines(cell: dict) -> dict[int, tuple[str, bool]]:
    split = code_lines if cell.get("cell_type") == "code" else prose_lines
    return split(_joined(cell.get("source", "")))


def check(
    files: Mapping[str, bytes], secrets: Sequence[Secret], runs: Sequence[Sequence[Secret]] = ()
) -> None:
    """Raise if a release holds a solution line or a fence marker.

    Parameters
    ----------
    files : mapping of str to bytes
        Everything that is released, by name.
    secrets : sequence of Secret
        Single lines to look for.
    runs : sequence of sequence of Secret
        Neighbouring lines that must not stand together, even if each of them may stand alone.

    Raises
    ------
    ReleaseError
        Naming each place where a line was found, and the line's origin.
    """
    in_runs = {secret.text for run in runs for secret in run}
    leaks: list[_Leak] = []
    for name, data in files.items():
        text = _Text(name, data)
        leaks += [*_markers(text), *_single_lines(text, secrets), *_whole_runs(text, runs, in_runs)]
    if leaks:
        where, line, what = leaks[0]
        rest = [f"{where}:{line}: {what}" for where, line, what in leaks[1:_SHOWN]]
        more = [f"and {len(leaks) - _SHOWN} more"] if len(leaks) > _SHOWN else []
        raise ReleaseError("\n".join([f"the release shows a solution: {what}", *rest, *more]), where, line)


_Leak = tuple[str, int, str]
"""Place, line and what is wrong there."""


class _Text:
    """Everything readable in one file: its lines with their places, and the same lines without white space."""

    def __init__(self, name: str, data: bytes):
        self.lines = list(_lines(name, data))
        self.squeezed = [squeeze(raw) for _, _, raw in self.lines]

    def leak(self, index: int, what: str) -> _Leak:
        where, line, _ = self.lines[index]
        return where, line, what


def _markers(text: _Text) -> Iterator[_Leak]:
    for index, (_, _, raw) in enumerate(text.lines):
        if _MARKER.search(raw):
            yield text.leak(index, f"a fence marker is left: {text.squeezed[index][:80]!r}")


def _single_lines(text: _Text, secrets: Sequence[Secret]) -> Iterator[_Leak]:
    starts = list(itertools.accumulate((len(line) + 1 for line in text.squeezed), initial=0))
    whole = "\n".join(text.squeezed)
    for secret in secrets:
        if not secret.shown and (at := whole.find(secret.text)) >= 0:
            index = bisect.bisect_right(starts, at) - 1
            yield text.leak(index, f"this line is part of the solution in {secret.origin}")


def _whole_runs(text: _Text, runs: Sequence[Sequence[Secret]], in_runs: Collection[str]) -> Iterator[_Leak]:
    known = [(index, line) for index, line in enumerate(text.squeezed) if line in in_runs]
    for run in runs:
        index = _find_run(known, [secret.text for secret in run])
        if index is not None:
            yield text.leak(index, f"here begins the solution of {run[0].origin}")


def _find_run(known: Sequence[tuple[int, str]], run: Sequence[str]) -> int | None:
    """Return the index of the first of the lines of ``run`` where they stand close together; None if nowhere."""
    size = len(run)
    for start in range(len(known) - size + 1):
        window = known[start : start + size]
        if [text for _, text in window] == run and window[-1][0] - window[0][0] < _SPREAD:
            return window[0][0]
    return None


def _lines(name: str, data: bytes) -> Iterator[tuple[str, int, str]]:
    """Yield place, line number and text of everything readable in a file."""
    if name.endswith(".ipynb"):
        for where, text in _strings(json.loads(data)):
            for number, line in enumerate(text.split("\n"), 1):
                yield f"{name}, {where}", number, line
        return
    text = data.decode("utf-8", errors="replace")
    if name.endswith(".py"):
        # Once without the comments, which could hide a line of code, and then the lines with comments.
        for number, (line, _) in code_lines(text).items():
            yield name, number, line
        for number, line in enumerate(text.split("\n"), 1):
            if "#" in line:
                yield name, number, line
        return
    for number, line in enumerate(text.split("\n"), 1):
        yield name, number, line


def _strings(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string in a notebook, with the place where it stands; lists of lines are joined."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        yield where, _joined(value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{where}[{index + 1}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, f"{where}.{key}" if where else str(key))
            if isinstance(key, str) and len(key) >= _MIN_LENGTH:
                yield where, key


def _joined(source: object) -> str:
    if isinstance(source, list):
        return "".join(str(line) for line in source)
    return str(source)

"""Catalogues: named bugs and alternatives, written down as plain text.

A milestone's room holds its named bugs in ``bugs.txt`` or several ``bugs_<part>.txt``, its alternatives likewise in
``alternatives*.txt``.  An example of a named bug::

    Mistakes in the affine layer.

    # layers/affine.py affine_backward

    ## dw_transposed: affine_backward
    affine_backward returns dw transposed: one row for each output feature.
    ? A gradient has the shape of what it belongs to: what is the shape of w?
    - dw = rows.T @ dout
    + dw = dout.T @ rows

What a line means is said by its first characters, with a blank behind them:

``#``
    A file of the package, and a function, a class or ``Class.method`` in it: where the entries below make their
    edits.  Without a function it is the whole file, for imports and new functions.
``##``
    A new entry: its name and, for a bug, the checks that it concerns.  The next lines are the explanation.
``?``
    The hint, one line or several.
``-``, ``+``, two blanks
    A line of the reference that goes, one that comes, one that stays.  Lines that stand together are one edit; a
    blank line ends it.
``@``
    Another place, as after ``#``, for the edits below it; it holds until the entry ends.

The lines that go or stay must stand exactly once, one after another, in the function. They are compared whole;
only how far the function is indented does not matter, and blank lines do not count.  A line that stays is written down
where nothing goes (it says where something comes), or where a line alone would stand there twice.

An alternative has a name and edits; no checks and no hint. A text below its name is for people, as is any text above
the first ``#`` or between a ``#`` and the next ``##``.

Files are read in alphabetical order, entries from top to bottom. Where two bugs explain the same, both are named.
"""

from __future__ import annotations

import ast
import functools
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..failures import CourseError
from ..milestone import PACKAGE
from .edited_reference import EditedReference, NamedBug


class CatalogueError(CourseError, ValueError):
    """A line of a catalogue that cannot be read: where it is, and what to do."""


@dataclass(frozen=True)
class LineEdit:
    """An edit of whole lines inside of one function, class or file.

    Attributes
    ----------
    file : str
        The edited file, relative to the package.
    scope : str
        Function, class or ``Class.method`` in which the lines must stand exactly once; empty for the whole file.
    rows : tuple of (str, str)
        ``"-"``, ``"+"`` or ``""`` (a line that stays), and the line.
    where : str
        Where it is written down.
    """

    file: str
    scope: str
    rows: tuple[tuple[str, str], ...]
    where: str

    def locate(self, source: str) -> tuple[int, int, str]:
        """Return begin, end and replacement; see `Edit`."""
        lines = source.split("\n")
        old = [text for mark, text in self.rows if mark != "+"]
        there = [number for number in self._extent(source) if lines[number].strip()]
        found = []
        for first in range(len(there) - len(old) + 1):
            window = there[first : first + len(old)]
            shift = " " * (_indent(lines[window[0]]) - _indent(old[0]))
            if [lines[number] for number in window] == [shift + text for text in old]:
                found.append((window[0], window[-1] + 1, shift))
        if len(found) != 1:
            what = "this line stands" if len(old) == 1 else "these lines stand"
            place = f"{self.file} {self.scope}".rstrip()
            raise ValueError(
                f"{what} {len(found)} times in {place}, but must stand there exactly once:\n"
                + textwrap.indent("\n".join(old), "    ")
            )
        ((begin, end, shift),) = found
        new = [shift + text if text else "" for mark, text in self.rows if mark != "-"]
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts[begin], min(starts[end], len(source)), "".join(line + "\n" for line in new)

    def _extent(self, source: str) -> range:
        """Return the numbers of the scope's lines, counted from 0."""
        if not self.scope:
            return range(source.count("\n") + 1)
        node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef = _parsed(source)
        for name in self.scope.split("."):
            found = [
                inner
                for inner in node.body
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                and inner.name == name
            ]
            if len(found) != 1:
                raise ValueError(
                    f"{self.file} defines {self.scope} {len(found)} times, but it must be there exactly once"
                )
            node = found[0]
        assert not isinstance(node, ast.Module)
        assert node.end_lineno is not None
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        return range(first - 1, node.end_lineno)


@functools.lru_cache(maxsize=8)  # many edits are of the same few files
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def bugs(files: Iterable[Path], package: str = PACKAGE) -> tuple[NamedBug, ...]:
    """Return the named bugs of some catalogues.

    Raises
    ------
    CatalogueError
        If something in them cannot be read.
    """
    found = []
    for entry in _entries(files):
        for what, there in (
            ("checks behind its name, `## name: check, check`", entry.concerns),
            ("explanation below its name", entry.text),
            ("hint, `? …`", entry.hint),
        ):
            if not there:
                raise CatalogueError(f"{entry.where}: the bug {entry.name} has no {what}")
        found.append(
            NamedBug(entry.edited(package), " ".join(entry.text), " ".join(entry.hint), entry.concerns)
        )
    return tuple(found)


def alternatives(files: Iterable[Path], package: str = PACKAGE) -> dict[str, EditedReference]:
    """Return the alternatives of some catalogues, by their names.

    Raises
    ------
    CatalogueError
        If something in them cannot be read.
    """
    found = {}
    for entry in _entries(files):
        if entry.concerns or entry.hint:
            raise CatalogueError(
                f"{entry.where}: {entry.name} is an alternative, which concerns no checks and needs no hint"
            )
        found[entry.name] = entry.edited(package)
    return found


@dataclass
class _Entry:
    """A bug or an alternative, as far as it has been read."""

    name: str
    concerns: tuple[str, ...]
    where: str
    text: list[str] = field(default_factory=list)
    hint: list[str] = field(default_factory=list)
    edits: list[LineEdit] = field(default_factory=list)

    def edited(self, package: str) -> EditedReference:
        return EditedReference(self.name, tuple(self.edits), package)


def _entries(files: Iterable[Path]) -> Iterator[_Entry]:
    """Yield what stands in some catalogues of one milestone."""
    seen: dict[str, str] = {}
    for file in sorted(files, key=lambda file: file.name):
        for entry in _Reader(file).entries:
            if entry.name in seen:
                raise CatalogueError(
                    f"{entry.where}: the name {entry.name} is taken already ({seen[entry.name]})"
                )
            if not entry.edits:
                raise CatalogueError(f"{entry.where}: {entry.name} edits nothing: it needs lines with - or +")
            seen[entry.name] = entry.where
            yield entry


class _Reader:
    """Reads one file line by line."""

    def __init__(self, file: Path):
        self.title = f"{file.parent.name}/{file.name}"
        self.number = 0
        self.entries: list[_Entry] = []
        self.open = False  # whether lines belong to the last entry, and not to a `#` below it
        self.section: tuple[str, str] | None = None
        self.place: tuple[str, str] | None = None
        self.rows: list[tuple[str, str]] = []
        self.first_row = 0
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise CatalogueError(f"{self.title}: store it as UTF-8 ({error})") from None
        for self.number, line in enumerate(text.split("\n"), 1):
            self._read(line.rstrip())
        self._end_edit()

    def _fail(self, what: str, number: int | None = None) -> CatalogueError:
        return CatalogueError(f"{self._where(number)}: {what}")

    def _where(self, number: int | None = None) -> str:
        return f"{self.title}, line {number or self.number}"

    def _read(self, line: str) -> None:
        mark, _, rest = line.partition(" ")
        if mark in ("-", "+") or line.startswith("  "):
            return self._row(mark, line[2:])
        self._end_edit()
        if mark == "#":
            self.section, self.open = self._read_place(rest), False
        elif mark == "##":
            self._begin_entry(rest)
        elif mark == "@":
            self._entry(line)
            self.place = self._read_place(rest)
        elif mark == "?":
            if self._entry(line).edits:
                raise self._fail("the hint belongs in front of the edits")
            self.entries[-1].hint.append(rest.strip())
        elif re.match(r"[-+#@?\s]", line):
            raise self._fail(
                f"{line.split()[0]!r} means nothing here: a line begins with one of # ## @ ? - + and a blank, "
                "with two blanks, or it is text"
            )
        elif line and self.open:
            if self.entries[-1].hint or self.entries[-1].edits:
                raise self._fail(
                    "the explanation belongs in front of the hint and the edits; is this a line of code "
                    "whose mark (- or + or two blanks) is missing?"
                )
            self.entries[-1].text.append(line)

    def _begin_entry(self, heading: str) -> None:
        name, colon, checks = heading.partition(":")
        concerns = tuple(check.strip() for check in checks.split(",")) if colon else ()
        for word in (name, *concerns):
            if not re.fullmatch(r"[A-Za-z_]\w*", word):
                raise self._fail(f"{word!r} is not a name; write `## name: check, check`")
        self.entries.append(_Entry(name, concerns, self._where()))
        self.open, self.place = True, self.section

    def _entry(self, line: str) -> _Entry:
        """Return the entry that a line belongs to."""
        if not self.open:
            raise self._fail(
                f"`{line}` belongs to no entry: an entry begins with `## name`, and the mark for another place in "
                "the same entry is @"
            )
        return self.entries[-1]

    def _read_place(self, words: str) -> tuple[str, str]:
        match = re.fullmatch(r"((?:\w+/)*\w+\.py)(?:\s+([\w.]+))?", words.strip())
        if match is None:
            raise self._fail(
                f"{words!r} is not a place; write a file of the package and a function in it: "
                "`layers/affine.py affine_forward`, `solver.py Solver.train`"
            )
        return match[1], match[2] or ""

    def _row(self, mark: str, text: str) -> None:
        self._entry(f"{mark} {text}")
        if not self.rows:
            self.first_row = self.number
        if text or mark == "+":  # blank lines of the reference do not count
            self.rows.append((mark, text))

    def _end_edit(self) -> None:
        """Add the lines read since the last edit as an edit, if there are any."""
        if not self.rows:
            return
        marks = {mark for mark, _ in self.rows}
        new = [text for mark, text in self.rows if mark != "-" and text]
        if marks == {""} or new == [text for mark, text in self.rows if mark != "+"]:
            raise self._fail("this edit changes nothing; a blank line ends an edit", self.first_row)
        if marks == {"+"}:
            raise self._fail(
                "this edit does not say where its lines come: add a line that goes (-) or stays (two blanks)",
                self.first_row,
            )
        if self.place is None:
            raise self._fail("this edit has no place: write `# file function` or `@ file function` above")
        texts = textwrap.dedent("\n".join(text for _, text in self.rows)).split("\n")
        rows = tuple((mark, text) for (mark, _), text in zip(self.rows, texts, strict=True))
        self.entries[-1].edits.append(LineEdit(*self.place, rows, self._where(self.first_row)))
        self.rows = []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))

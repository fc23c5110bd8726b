"""Fences in the solution library: finding them, and turning them into stubs for one milestone's release.

A fence marks the lines that a student writes in one milestone::

    ### BEGIN SOLUTION two_layer_net
    scores = hidden @ W2.T + b2
    ### END SOLUTION

Everything that only looks like a fence is an error with file and line, because a fence that goes unnoticed
puts a solution into students' hands.

A whole file can answer a task in other words: an existing course's softmax loss, say. The line ::

    ### ANSWERS fc_net

keeps it out of the releases of that milestone and of all before it. No student writes in such a file.
"""

from __future__ import annotations

import ast
import difflib
import functools
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_BEGIN = re.compile(r"### BEGIN SOLUTION (?P<milestone>\w+)")
_END = "### END SOLUTION"
_ANSWERS = re.compile(r"### ANSWERS (?P<milestone>\w+)")
_ANSWER = re.compile(r"#+\s*ANSWERS?\b")
_LOOKALIKE = 0.85


class ReleaseError(Exception):
    """A release cannot be made; the message starts with the file and line to look at.

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    path : str
        The file, relative to the course.
    line : int
        Counted from 1; 0 where no line can be named.
    """

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        where = f"{path}:{line}: " if line else (f"{path}: " if path else "")
        super().__init__(where + message)
        self.path = path
        self.line = line


@dataclass(frozen=True)
class Fence:
    """One fenced region.

    Attributes
    ----------
    milestone : str
        The milestone in which a student writes this region.
    begin, end : int
        Lines of the two markers, counted from 1.
    indent : str
        Indentation of the statements between them.
    function : str
        Qualified name of the function they belong to, e.g. ``TwoLayerNet.loss``.
    """

    milestone: str
    begin: int
    end: int
    indent: str
    function: str


def parse(source: str, path: str, milestones: Collection[str]) -> list[Fence]:
    """Find the fences of one Python file.

    Parameters
    ----------
    source : str
        The file's text.
    path : str
        Its name in error messages.
    milestones : collection of str
        The names that a fence may have.

    Returns
    -------
    list of Fence
        In the order of the file.

    Raises
    ------
    ReleaseError
        If a file with markers is not valid Python; if a marker is misspelt, shares its line with code, is unbalanced or
        nested, or names an unknown milestone; if a fence does not hold whole statements of one function.
    """
    if not _has_markers(source):
        return []
    tree = require_python(source, path)
    fences = []
    for begin, end, milestone in _regions(source, path, milestones):
        statements, function = _enclosed(tree, begin, end, path)
        lines = source.split("\n")
        first = lines[statements[0].lineno - 1]
        indent = first[: len(first) - len(first.lstrip())]
        fences.append(Fence(milestone, begin, end, indent, function))
    return fences


def require_python(source: str, path: str) -> ast.Module:
    """Return the syntax tree of a file.

    Raises
    ------
    ReleaseError
        If it is not valid Python.
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(f"not valid Python: {error}", path, getattr(error, "lineno", 0) or 0) from error


def answered(source: str, path: str, milestones: Collection[str]) -> str | None:
    """Return the last milestone whose tasks a file answers as a whole; None if it does not say so.

    Raises
    ------
    ReleaseError
        If the line names no milestone, shares its line with code, or stands twice.
    """
    found: str | None = None
    for line, text, alone in _comments(source):
        if not _ANSWER.match(text):
            continue
        match = _ANSWERS.fullmatch(text)
        if not match or not alone or found:
            raise ReleaseError("write '### ANSWERS <milestone>', once, on a line of its own", path, line)
        found = match["milestone"]
        _known(found, milestones, path, line)
    return found


def whole_file(source: str, milestone: str) -> Fence:
    """Return a fence around all lines of a file."""
    return Fence(milestone, 0, source.count("\n") + 2, "", "")


def without_markers(source: str) -> str:
    """Return a file without the lines of the markers, as if a student had written exactly the reference."""
    lines = source.split("\n")
    markers = (_BEGIN.fullmatch, _ANSWERS.fullmatch, re.compile(_END).fullmatch)
    return "\n".join(line for line in lines if not any(is_marker(line.strip()) for is_marker in markers))


def stub(source: str, path: str, fences: Sequence[Fence], hidden: Collection[str]) -> str:
    """Return the text of a file as students get it.

    Fences of hidden milestones become a comment and a ``NotImplementedError`` that names the function, the file and
    the fence's own milestone. The others stay solved, without their markers.

    Parameters
    ----------
    source : str
        Text of a file of the solution library.
    path : str
        The file's name in the release, e.g. ``nndl/neural_net.py``.
    fences : sequence of Fence
        What :func:`parse` found in ``source``.
    hidden : collection of str
        Milestones whose solutions students do not get.

    Raises
    ------
    ReleaseError
        If the result is no longer valid Python.
    """
    if not fences:
        return source
    lines = source.split("\n")
    out: list[str] = []
    position = 0
    for fence in fences:
        out += lines[position : fence.begin - 1]
        if fence.milestone in hidden:
            out += _stub_lines(fence, path)
        else:
            out += lines[fence.begin : fence.end - 1]
        position = fence.end
    out += lines[position:]
    text = "\n".join(out)
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ReleaseError(
            f"the release is no longer valid Python ({error.msg}: {error.text!r}); "
            "a fence must hold whole statements",
            path,
            error.lineno or 0,
        ) from error
    return text


def _stub_lines(fence: Fence, path: str) -> list[str]:
    message = f"{fence.function}: write this part ({path}, milestone {fence.milestone})"
    return [f"{fence.indent}# YOUR CODE HERE", f'{fence.indent}raise NotImplementedError("{message}")']


def _regions(source: str, path: str, milestones: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Pair the markers: begin line, end line and milestone of each region."""
    opened: tuple[int, str] | None = None
    for line, text, alone in _comments(source):
        found = _BEGIN.fullmatch(text)
        if not found and text != _END:
            if _looks_like_marker(text):
                raise ReleaseError(
                    f"{text!r} looks like a fence but is not one; "
                    "write '### BEGIN SOLUTION <milestone>' or '### END SOLUTION'",
                    path,
                    line,
                )
            continue
        if not alone:
            raise ReleaseError("a fence marker must stand on a line of its own", path, line)
        if found:
            if opened:
                raise ReleaseError(f"a fence inside the fence opened in line {opened[0]}", path, line)
            _known(found["milestone"], milestones, path, line)
            opened = (line, found["milestone"])
        elif opened:
            yield opened[0], line, opened[1]
            opened = None
        else:
            raise ReleaseError("'### END SOLUTION' without a '### BEGIN SOLUTION <milestone>'", path, line)
    if opened:
        raise ReleaseError("this fence is never closed by '### END SOLUTION'", path, opened[0])


def _known(milestone: str, milestones: Collection[str], path: str, line: int) -> None:
    if milestone not in milestones:
        message = f"there is no milestone {milestone!r}; the milestones are: {', '.join(milestones)}"
        raise ReleaseError(message, path, line)


@functools.lru_cache(maxsize=1024)  # each file of a library is asked about for several milestones
def _comments(source: str) -> tuple[tuple[int, str, bool], ...]:
    """Return line, text and "nothing else on this line" of each comment; strings are not comments.

    Nothing where no comment can be a marker, or look like one.
    """
    if not _has_markers(source):
        return ()  # to take a file apart takes ten times as long as to parse it
    return tuple(
        (token.start[0], token.string.rstrip(), not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )


@functools.lru_cache(maxsize=1024)
def _has_markers(source: str) -> bool:
    """Whether any comment can be a marker, or look like one."""
    return any(map(_may_be_marked, re.findall(r"#[^\r\n]*", source)))


def _may_be_marked(text: str) -> bool:
    """Whether the rest of a line, from a ``#`` on, reads like a marker from one of its ``#`` on, be it in a string."""
    places = (found.start() for found in re.finditer("#", text))
    return any(_ANSWER.match(text, at) or _looks_like_marker(text[at:]) for at in places)


def _looks_like_marker(comment: str) -> bool:
    words = re.sub(r"[\W_]+", " ", comment).upper().split()[:2]
    if len(words) < 2:
        return re.fullmatch(r"(BEGIN|END)SOLUTIONS?", "".join(words)) is not None
    said = " ".join(words)
    return any(
        # no text of another length can be that much alike
        2 * min(len(said), len(marker)) >= _LOOKALIKE * (len(said) + len(marker))
        and difflib.SequenceMatcher(None, said, marker).ratio() >= _LOOKALIKE
        for marker in ("BEGIN SOLUTION", "END SOLUTION")
    )


def _enclosed(tree: ast.Module, begin: int, end: int, path: str) -> tuple[list[ast.stmt], str]:
    """Return the statements between two markers, which must be neighbours, and the function's name."""
    found = list(_between(tree, begin, end, path, []))
    if not found:
        raise ReleaseError("this fence holds no statement", path, begin)
    if len(found) > 1:
        raise ReleaseError("the statements of a fence must belong to one block", path, begin)
    statements, names = found[0]
    if not names or names[-1][0] != "function":
        message = "a fence must lie inside a function, so that the module still imports"
        raise ReleaseError(message, path, begin)
    return statements, ".".join(name for _, name in names)


def _between(
    node: ast.AST, begin: int, end: int, path: str, names: list[tuple[str, str]]
) -> Iterator[tuple[list[ast.stmt], list[tuple[str, str]]]]:
    """Yield the statements between the two markers, for each block that has some, and the names around the block."""
    for block in _blocks(node):
        touched = [s for s in block if s.lineno <= end and _last_line(s) >= begin]
        inside = [s for s in touched if begin < s.lineno and _last_line(s) < end]
        if inside:
            yield inside, names
        for statement in touched:
            if statement not in inside:
                if not any(_blocks(statement)):
                    raise ReleaseError("a fence must not cut through a statement", path, begin)
                yield from _between(statement, begin, end, path, names + _name_of(statement))


def _last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield block
    for branch in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield branch.body


def _name_of(statement: ast.stmt) -> list[tuple[str, str]]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return [("function", statement.name)]
    if isinstance(statement, ast.ClassDef):
        return [("class", statement.name)]
    return []

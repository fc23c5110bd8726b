"""Syntax that the Python on this machine knows and the grader's does not.

Most of it `ast.parse` tells by itself when it is asked for an older version. What may stand inside an f-string changed
in Python 3.12 without that: the same quotes again, backslashes, comments, line ends. Python 3.12 and later take
f-strings apart into tokens, which show it; an earlier one cannot read such a file in the first place.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from typing import NamedTuple

_F_STRINGS = (3, 12)


class Token(NamedTuple):
    """What is looked at of a token: its kind, as `token` names it, its text, and where it begins and ends."""

    kind: str
    text: str
    start: tuple[int, int]
    end: tuple[int, int]


def too_new(source: str, grader: tuple[int, int]) -> tuple[int, str] | None:
    """Return line and reason of the first thing in valid code that an older Python cannot read; None if there is none.

    Parameters
    ----------
    source : str
        A file that this Python can read.
    grader : (int, int)
        The version that has to read it.
    """
    try:
        tree = ast.parse(source, feature_version=grader)
    except SyntaxError as error:
        return error.lineno or 1, str(error.msg)
    if grader >= _F_STRINGS or not hasattr(tokenize, "FSTRING_START"):
        return None
    tokens = (
        Token(tokenize.tok_name[t.exact_type], t.string, t.start, t.end)
        for t in tokenize.generate_tokens(io.StringIO(source).readline)
    )
    found = new_in_f_strings(tokens) or _nested_formats(tree)
    return None if found is None else (found[0], f"{found[1]} in an f-string needs Python 3.12")


def new_in_f_strings(tokens: Iterable[Token]) -> tuple[int, str] | None:
    """Return line and name of the first thing in the braces of an f-string that Python 3.11 does not allow there."""
    quotes: list[str] = []  # of the f-strings that a token is in
    last_end = (0, 0)
    for token in tokens:
        before, last_end = last_end, token.end
        if token.kind == "FSTRING_END":
            quotes.pop()
            continue
        inside = quotes if token.kind != "FSTRING_MIDDLE" else quotes[:-1]
        if inside and (what := _new(token, before, inside)):
            return token.start[0], what
        if token.kind == "FSTRING_START":
            quotes.append(token.text.lstrip("fFrR"))
    return None


def _new(token: Token, before: tuple[int, int], quotes: list[str]) -> str:
    """Return what is new in a token between the braces of f-strings with these quotes; empty if nothing is."""
    if token.kind == "COMMENT":
        return "a comment"
    if any(quote in token.text for quote in quotes):
        return "the same kind of quotes again"
    if "\\" in token.text:
        return "a backslash between the braces"
    lines = token.start[0] != before[0] or token.end[0] != token.start[0] or token.kind in ("NL", "NEWLINE")
    if lines and any(len(quote) == 1 for quote in quotes) and token.kind != "FSTRING_MIDDLE":
        return "a line end between the braces"
    return ""


def _nested_formats(tree: ast.Module) -> tuple[int, str] | None:
    """Return line and name of a format inside a format inside a format."""
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.FormattedValue)]:
        depth, inner = 0, [node]
        while inner:
            specs = [value.format_spec for value in inner if value.format_spec is not None]
            inner = [
                part for spec in specs for part in ast.walk(spec) if isinstance(part, ast.FormattedValue)
            ]
            depth += bool(inner)
            if depth > 1:
                return node.lineno, "a format inside a format inside a format"
    return None

"""Syntax that Python learned later than the one that runs here.

To be sure, the newer construct is taken out of the file: it was the reason if the file can be read without it, or if
the next error is further down. Otherwise Python's own message is right.

This file is shown in the sandbox: it imports the standard library only, and must hold no secret.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable

Version = tuple[int, int]

_STRING = re.compile(r"(?<!\w)([A-Za-z]{0,2})('''|\"\"\"|'|\")")
_PLACE = re.compile(r"#[^\n]*|(?<!\w)[A-Za-z]{0,2}(?:'''|\"\"\"|'|\")")
_PARAMETERS = re.compile(r"^([ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+[ \t]*)\[", re.MULTILINE)
_TYPE = re.compile(r"^([ \t]*)type[ \t]+(?=\w+[ \t]*(?:=(?!=)|\[))", re.MULTILINE)
_CLASS = r"(?:\w+\.)*[A-Z]\w*"  # a small letter is Python 2's `except Error, e`
_EXCEPT = re.compile(
    rf"^([ \t]*except\*?[ \t]+)({_CLASS}(?:[ \t]*,[ \t]*{_CLASS})+)(?=[ \t]*:)", re.MULTILINE
)
_LONGEST = 1_000_000


class _NotValid(Exception):
    """What looks like a newer construct is not one in any version."""


def needed(source: str, running: Version = (sys.version_info[0], sys.version_info[1])) -> Version | None:
    """Return the version of Python that a file needs, if it cannot be read because that is newer than this one.

    Parameters
    ----------
    source : str
        The file's text, which this Python cannot read.
    running : (int, int)
        This Python's version.
    """
    try:
        before = _error_line(source)
        if before is None or len(source) > _LONGEST:
            return None
        for version, without in _CONSTRUCTS:
            if version <= running:
                continue
            rest = without(source)
            if rest == source:
                continue
            after = _error_line(rest)
            if after is None or after > before:
                return version
            source = rest
    except (_NotValid, RecursionError, MemoryError):
        pass
    return None


def _error_line(source: str) -> int | None:
    """Return the line at which Python stops reading; None if it does not."""
    try:
        ast.parse(source)
    except SyntaxError as error:
        return error.lineno or 0
    except ValueError:  # null bytes
        return 0
    return None


def _without_new_strings(prefixes: str) -> Callable[[str], str]:
    """Return a function that replaces strings with these prefixes by empty ones, where this Python cannot read them."""

    def without(source: str) -> str:
        pieces, position = [], 0
        while found := _PLACE.search(source, position):
            end = _end_of_token(source, found.start())
            text = source[found.start() : end]
            prefix = text[:2].lower()
            is_new = any(p in prefix.partition(text.lstrip("frtbuFRTBU")[:1])[0] for p in prefixes)
            if text[0] != "#" and is_new and _error_line(text) is not None:
                text = '""' + "\\\n" * text.count("\n")
            pieces += [source[position : found.start()], text]
            position = end
        return "".join([*pieces, source[position:]])

    return without


def _end_of_token(source: str, start: int) -> int:
    """Return where the comment or the string that begins at ``start`` ends."""
    if source[start] == "#":
        end = source.find("\n", start)
        return len(source) if end < 0 else end
    match = _STRING.match(source, start)
    if match is None:
        raise _NotValid
    prefix, quote = match[1].lower(), match[2]
    if "f" in prefix or "t" in prefix:
        return _end_of_text(source, match.end(), quote, raw="r" in prefix)
    return _end_of_plain(source, match.end(), quote)


def _end_of_plain(source: str, position: int, quote: str) -> int:
    while position < len(source):
        if source.startswith(quote, position):
            return position + len(quote)
        if source[position] == "\n" and len(quote) == 1:
            break
        position += 2 if source[position] == "\\" else 1
    raise _NotValid


def _end_of_text(source: str, position: int, quote: str, raw: bool) -> int:
    """Return where a formatted string ends, whose text goes on at ``position``."""
    while position < len(source):
        if source.startswith(quote, position):
            return position + len(quote)
        character = source[position]
        if character == "{":
            twice = source.startswith("{{", position)
            position = position + 2 if twice else _end_of_expression(source, position + 1, quote, raw)
        elif character == "\n" and len(quote) == 1:
            break
        else:
            position += 2 if character == "\\" and not (raw and source.startswith("{", position + 1)) else 1
    raise _NotValid


def _end_of_expression(source: str, start: int, quote: str, raw: bool) -> int:
    """Return where the part in braces ends, whose expression begins at ``start``; it must be a right one."""
    depth, position = 0, start
    code: list[str] = []
    while position < len(source):
        character = source[position]
        found = _PLACE.match(source, position)
        if found:
            end = _end_of_token(source, position)
            code.append('""' if character != "#" else "")
            position = end
        elif depth == 0 and (
            character in "}:" or re.match(r"![rsa]\s*[:}]", source[position : position + 9])
        ):
            break
        else:
            depth += (character in "([{") - (character in ")]}")
            code.append(character)
            position += 1
    text = re.sub(r"(?<![=!<>])=\s*$", "", "".join(code))  # {value=} shows the expression, too
    if _error_line(f"({text}\n)") is not None:
        raise _NotValid
    position += 2 * source.startswith("!", position)
    while source[position : position + 1].isspace():
        position += 1
    if source.startswith(":", position):
        position = _end_of_format(source, position + 1, quote, raw)
    if not source.startswith("}", position):
        raise _NotValid
    return position + 1


def _end_of_format(source: str, position: int, quote: str, raw: bool) -> int:
    """Return where the format after a colon ends: at the closing brace."""
    while position < len(source) and source[position] != "}":
        if source.startswith(quote, position):
            raise _NotValid
        inside = source[position] == "{"
        position = _end_of_expression(source, position + 1, quote, raw) if inside else position + 1
    return position


def _without_parameters(defaults: bool) -> Callable[[str], str]:
    """Return a function that removes type parameters: ``def first[T](…)``; only those with or without defaults."""

    def without(source: str) -> str:
        pieces, position = [], 0
        while found := _PARAMETERS.search(source, position):
            end = _closing(source, found.end())
            inside = source[found.end() : end - 1]
            if not inside.strip():
                raise _NotValid
            remove = bool(re.search(r"(?<![=!<>])=(?!=)", inside)) == defaults
            kept = found[1] + "\\\n" * inside.count("\n") if remove else source[found.start() : end]
            pieces += [source[position : found.start()], kept]
            position = end
        return "".join([*pieces, source[position:]])

    return without


def _closing(source: str, position: int) -> int:
    """Return the position after the bracket that closes the one before ``position``."""
    depth = 1
    while depth and position < len(source):
        depth += (source[position] == "[") - (source[position] == "]")
        position += 1
    if depth:
        raise _NotValid
    return position


def _without_type_statements(source: str) -> str:
    """Make assignments of statements such as ``type Pair = tuple[int, int]``."""
    text = re.sub(
        r"^([ \t]*)type[ \t]+(\w+)[ \t]*\[[^\]\n=]*\][ \t]*=", r"\1\2 =", source, flags=re.MULTILINE
    )
    return _TYPE.sub(r"\1", text)


def _with_parentheses_after_except(source: str) -> str:
    """Write ``except A, B:`` as earlier versions know it."""
    return _EXCEPT.sub(r"\1(\2)", source)


_CONSTRUCTS: tuple[tuple[Version, Callable[[str], str]], ...] = (
    ((3, 12), _without_new_strings("f")),
    ((3, 12), _without_parameters(defaults=False)),
    ((3, 12), _without_type_statements),
    ((3, 13), _without_parameters(defaults=True)),
    ((3, 14), _without_new_strings("t")),
    ((3, 14), _with_parentheses_after_except),
)
"""The version that brought a construct, and what takes it out of a file."""

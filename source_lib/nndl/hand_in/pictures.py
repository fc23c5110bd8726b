"""Files with pictures that somebody's text shows: they come along with the notebook.

The packer on a student's machine and the reader of hand-ins both follow this rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp", ".tif", ".tiff", ".pdf")

_NAME = r"[^\s()<>\"']{1,300}(?:\([^\s()]{0,100}\)[^\s()<>\"']{0,100})?"
_REFERENCE = re.compile(
    rf"(?P<md>!\[[^\]\n]{{0,300}}\]\([ \t]{{0,9}})(?:<(?P<angle>[^<>\n]{{1,300}})>|(?P<plain>{_NAME}))"
    r"|(?P<html><img\s[^<>]{0,1000}?\bsrc[ \t]{0,3}=[ \t]{0,3})"
    r"(?:\"(?P<double>[^\"<>\n]{1,300})\"|'(?P<single>[^'<>\n]{1,300})'|(?P<bare>[^\s\"'<>]{1,300}))"
    rf"|(?P<label>^ {{0,3}}\[[^\]\n]{{1,100}}\]:[ \t]{{0,9}})(?:<(?P<inside>[^<>\n]{{1,300}})>|(?P<open>{_NAME}))",
    re.MULTILINE,
)
_GROUPS = ("angle", "plain", "double", "single", "bare", "inside", "open")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#")


def shown_files(text: str) -> list[str]:
    """Return the files that a text in Markdown shows as pictures, as it names them: no pages of the web."""
    found: list[str] = []

    def note(name: str) -> str | None:
        found.append(name)
        return None

    with_other_names(text, note)
    return list(dict.fromkeys(found))


def with_other_names(text: str, rename: Callable[[str], str | None]) -> str:
    """Return a text in which pictures have other names; those for which there is None keep theirs."""

    def replaced(found: re.Match[str]) -> str:
        before = found["md"] or found["html"] or found["label"]
        spelled = next(found[group] for group in _GROUPS if found[group])
        if _SCHEME.match(spelled) or not spelled.lower().endswith(SUFFIXES):
            return found[0]
        new = rename(plain_name(spelled))
        if new is None:
            return found[0]
        return f'{before}"{new}"' if found["html"] else before + new

    return _REFERENCE.sub(replaced, text)


def plain_name(spelled: str) -> str:
    """Return a path as it is on a disk: without ``%20`` and ``./``, and with ``/``."""
    return "/".join(part for part in unquote(spelled).replace("\\", "/").split("/") if part not in ("", "."))

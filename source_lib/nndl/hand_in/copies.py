"""What the name of a copy has that the name of the file has not: "dropout - Kopie (1).py" is one of "dropout.py".

The packer on a student's machine and the reader of hand-ins both follow this rule, and the one that tells a copy from
other code of the same name: a notebook "dropout.ipynb" that was saved as Python is a "dropout.py", but no layer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_COPY = "copy|kopie|copie|copia|cópia|kopia|kópia|副本|コピー"
_COPY_BEFORE = re.compile(rf"(?:{_COPY})(?: ?\(\d{{1,3}}\))?(?: (?:of|von|van|de|di))? +(?=\S)")
_COPY_AFTER = re.compile(
    rf"(?:[ _-]{{0,3}}(?:\(\d{{1,3}}\)|\[\d{{1,3}}\]|(?:{_COPY})[ _-]?\d{{0,3}}|checkpoint)|[ _-]\d{{1,2}})$"
)
_MORE_SUFFIXES = (".txt", ".json", ".download", ".orig", ".bak")
_COUNTED = re.compile(r" ?\(\d{1,3}\)$")
_LONGEST_NAME = 200
_DEFINED = re.compile(rb"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)


def without_copy_marks(name: str) -> str:
    """Return a file's name, in small letters, without what browsers and file managers add to that of a copy."""
    name = unicodedata.normalize("NFC", name[:_LONGEST_NAME]).casefold()
    name = _COUNTED.sub("", name)
    for suffix in _MORE_SUFFIXES:
        if name.endswith(suffix) and "." in name.removesuffix(suffix):
            name = name.removesuffix(suffix)
            break
    stem, dot, suffix = name.rpartition(".")
    stem = _COPY_BEFORE.sub("", stem.strip(), count=1) if _COPY_BEFORE.match(stem.strip()) else stem.strip()
    for _ in range(3):
        shorter = _COPY_AFTER.sub("", stem).strip()
        if not shorter or shorter == stem:
            break
        stem = shorter
    return f"{stem}{dot}{suffix}"


def of_the_same_module(name: str, files: Sequence[tuple[str, bytes]]) -> list[bool]:
    """Return which files may be the Python file ``name``: all, or those that share a definition with one in its place.

    Parameters
    ----------
    name : str
        The file of the assignment.
    files : sequence of (str, bytes)
        Files of that name, in whatever folder, and what they hold; an archive may have one name twice.
    """
    placed = [file == name or file.endswith("/" + name) for file, _ in files]
    if all(placed) or not name.endswith(".py"):
        return [True] * len(files)
    defined = [_definitions(text) for _, text in files]
    known = set().union(*(names for names, here in zip(defined, placed, strict=True) if here))
    if not known:
        return [True] * len(files)
    return [here or bool(names & known) for names, here in zip(defined, placed, strict=True)]


def _definitions(text: bytes) -> set[bytes]:
    """Return the names of functions and classes, in whatever encoding that has ASCII in it, or ASCII and zeros."""
    return set(_DEFINED.findall(text.replace(b"\0", b"").replace(b"\r", b"\n")))

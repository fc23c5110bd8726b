"""What the name of a copy has that the name of the file has not: "dropout - Kopie (1).py" is one of "dropout.py".

The packer on a student's machine and the reader of hand-ins both follow this rule.
"""

from __future__ import annotations

import re
import unicodedata

_COPY = "copy|kopie|copie|copia|cópia|kopia|kópia|副本|コピー"
_COPY_BEFORE = re.compile(rf"(?:{_COPY})(?: ?\(\d{{1,3}}\))?(?: (?:of|von|van|de|di))? +(?=\S)")
_COPY_AFTER = re.compile(
    rf"(?:[ _-]{{0,3}}(?:\(\d{{1,3}}\)|\[\d{{1,3}}\]|(?:{_COPY})[ _-]?\d{{0,3}}|checkpoint)|[ _-]\d{{1,2}})$"
)
_MORE_SUFFIXES = (".txt", ".json", ".download", ".orig", ".bak")
_COUNTED = re.compile(r" ?\(\d{1,3}\)$")
_LONGEST_NAME = 200


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

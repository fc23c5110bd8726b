"""The blocks of a page that a reader carries out: commands, and files to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One block: the lines of a shell, or the text of a file."""

    text: str
    file: str = ""


def steps(page: str) -> Iterator[Step]:
    """Yield what a page tells its reader to do, in order; other blocks are examples."""
    for language, file, text in _BLOCK.findall(page):
        if language == "sh" or file:
            yield Step(text, file)

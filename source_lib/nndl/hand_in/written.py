"""Which functions a text defines, and whether they are written: read line by line.

Texts are not parsed: a notebook's cell may have magics, and half a file is a find, too. The packer on a student's
machine and the reader of hand-ins both follow these rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_DEFINITION = re.compile(r"[ \t]*(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_STRINGS = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"""[\s\S]*|\'\'\'[\s\S]*')


class Task(NamedTuple):
    """A function that a student writes: the class that it is a method of, if it is one, and its name."""

    cls: str
    name: str

    def __str__(self) -> str:
        return f"{self.cls}.{self.name}" if self.cls else self.name


def functions(text: str) -> Iterator[tuple[Task, str]]:
    """Yield each function that is defined in a text, with the lines below its first one."""
    lines = text.split("\n")
    above: list[tuple[int, str, str]] = []  # the definitions that a line is in: indentation, kind, name
    open_functions: list[tuple[int, Task, int]] = []  # indentation, function, the line below its first one
    for number, line in enumerate([*lines, "end"]):
        bare = line.lstrip(" \t")
        if not bare or bare.startswith("#") or (bare[0] in ")]}" and number < len(lines)):
            continue
        indent = len(line.expandtabs(8)) - len(bare.expandtabs(8))
        while above and above[-1][0] >= indent:
            above.pop()
        while open_functions and open_functions[-1][0] >= indent:
            _, task, first = open_functions.pop()
            yield task, "\n".join(lines[first - 1 : number])
        if found := _DEFINITION.match(line):
            cls = next((name for _, kind, name in reversed(above) if kind == "class"), "")
            inside = bool(above) and above[-1][1] == "def"
            above.append((indent, found[1], found[2]))
            if found[1] == "def" and not inside:
                open_functions.append((indent, Task(cls, found[2]), number + 1))


def named(name: str) -> Task:
    """Return the task that is called so: ``"f"``, or ``"Class.method"``."""
    cls, _, own = name.rpartition(".")
    return Task(cls, own)


def bound_otherwise(task: Task, text: str) -> bool:
    """Return whether a text gives a function's name to something that it imports or assigns."""
    name = re.escape(task.name)
    imported = rf"\bimport\b[^\n#]*\b{name}\b|\bimport[ \t]*\([^)]*\b{name}\b|\bimport[ \t]*\*"
    return re.search(rf"{imported}|^[ \t]*{name}[ \t]*[:=]", text, re.MULTILINE) is not None


def means(found: Task, asked: Task, body: str) -> bool:
    """Return whether a function can be the one that is asked for; a method may also stand alone, with ``self``."""
    if found.name != asked.name:
        return False
    alone = not found.cls and not found.name.startswith("__") and "self" in body.split("\n", 1)[0]
    return found.cls == asked.cls or (bool(asked.cls) and alone)


def is_stub(body: str, mark: str) -> bool:
    """Return whether a function says that it is not written: ``mark`` names the milestone in what it raises."""
    return any("NotImplementedError" in line and mark in line for line in body.split("\n"))


def is_written(body: str) -> bool:
    """Return whether a function has more in it than a docstring, comments and what says that it is not written."""
    if "raise NotImplementedError" in body:
        return False
    header, _, rest = _STRINGS.sub("", body).partition("\n")
    one_line = header.rpartition(":")[2].strip()
    statements = [one_line, *(line.strip() for line in rest.split("\n"))]
    return any(s and not s.startswith("#") and s not in ("pass", "...") for s in statements)

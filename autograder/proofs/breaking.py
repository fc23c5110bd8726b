"""One mistake costs once: what a check loses when something is broken that it is not about.

In an otherwise right submission, one function after the other, and one file after the other, is broken in several ways.
Each check whose claim is not about it must keep all of its points, after the second judgement.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..judging import milestone_content
from ..judging.check import Check
from ..judging.edited_reference import EditedReference
from ..judging.run_case import CheckRun
from ..library.interface import Library, Transport
from ..library.local import LocalLibrary, reference_folder, reference_library
from ..milestone import Milestone
from . import strength

FUNCTION_WAYS = ("absent", "raises", "wrong")
FILE_WAYS = ("syntax error", "raises")
_HELPER = """

def _make_wrong(value, owner=None):
    if owner is not None and value is None and isinstance(getattr(owner, "params", None), dict):
        owner.params = {name: _make_wrong(array) for name, array in owner.params.items()}
        return None
    if isinstance(value, tuple):
        return (_make_wrong(value[0]), *value[1:]) if len(value) == 2 else tuple(map(_make_wrong, value))
    if isinstance(value, dict):
        return {key: _make_wrong(item) for key, item in value.items()}
    if isinstance(value, (bool, str)) or value is None:
        return value
    return value * 3 + 1 if hasattr(value, "__mul__") and not isinstance(value, list) else value
"""


@dataclass(frozen=True)
class Broken:
    """Something of a submission that is broken.

    Attributes
    ----------
    file : str
        The file, relative to the package.
    function : str
        The function in it, or a method as ``Class.method``; empty for the whole file.
    way : str
        How: one of `FUNCTION_WAYS` or `FILE_WAYS`.
    """

    file: str
    function: str
    way: str

    def __str__(self) -> str:
        return f"{self.function or self.file}: {self.way}"

    def edited(self, package: str) -> EditedReference:
        """Return the reference with this broken in it."""
        source = (reference_folder(package) / self.file).read_text(encoding="utf-8")
        name = re.sub(r"\W", "_", f"broken_{self.file}_{self.function}_{self.way}")
        return EditedReference(name, (_Whole(self.file, self._broken(source)),), package, in_pieces=True)

    def _broken(self, source: str) -> str:
        if not self.function:
            statement = "def broken(:" if self.way == "syntax error" else "raise RuntimeError('broken')"
            return f"{statement}\n{source}"
        node = _functions(source)[self.function]
        lines = source.split("\n")
        if self.way == "raises" and node.name == "__init__":  # what the course gives in it stays
            at = _first_fence(lines, node)
            return "\n".join([*lines[:at], f"{' ' * 8}raise RuntimeError('broken')", *lines[at:]])
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
        last = node.end_lineno or node.lineno
        indent, name, is_method = " " * node.col_offset, node.name, "." in self.function
        given = "self, *args, **kwargs" if is_method else "*args, **kwargs"
        if self.way == "absent":
            instead = []
        elif self.way == "raises":
            instead = [f"def {name}({given}):", "    raise RuntimeError('broken')"]
        else:
            right = f"self._right_{name}" if is_method else f"_right_{name}"
            call = f"_make_wrong({right}(*args, **kwargs){', self' if is_method else ''})"
            instead = [f"def {name}({given}):", f"    return {call}"]
        kept = lines[first:last] if self.way == "wrong" else []
        if kept:
            kept = [line.replace(f"def {name}(", f"def _right_{name}(", 1) for line in kept]
        new = [*lines[:first], *kept, *(indent + line for line in instead), *lines[last:]]
        return "\n".join(new) + (_HELPER if self.way == "wrong" else "")


@dataclass(frozen=True)
class Loss:
    """Points that a check lost by something that it is not about."""

    check: str
    broken: Broken
    points: float
    message: str


def everything(milestone: Milestone) -> list[Broken]:
    """Return all that is broken in turn: the public functions and methods, and the files, that students hand in."""
    found = []
    for file, source in _handed_in(milestone).items():
        public = [name for name in _functions(source) if _is_public(name)]
        for name in public:
            # Without a constructor an instance has nothing at all, whoever wrote the methods.
            ways = ("raises", "wrong") if name.endswith("__init__") else FUNCTION_WAYS
            found += [Broken(file, name, way) for way in ways]
        found += [Broken(file, "", way) for way in FILE_WAYS]
    return found


def a_few(milestone: Milestone) -> list[Broken]:
    """Return so much of `everything` that each check that is not about all of it is spared something."""
    about = {check.name: subjects(check, milestone) for check in _checks(milestone)}
    found = []
    for broken in (b for b in everything(milestone) if b.way in ("raises", "syntax error")):
        spared = {name for name, names in about.items() if is_spared(names, broken, milestone)}
        if spared:
            about = {name: names for name, names in about.items() if name not in spared}
            found.append(broken)
    return found


def losses(milestone: Milestone, broken: Broken, seed: int = 1) -> tuple[int, list[Loss]]:
    """Return how many checks must be spared by what is broken, and what they lose."""
    edited = broken.edited(milestone.reference)
    try:
        results = strength.grade_in_process(edited.library(milestone), milestone, seed, name_bugs=False)
    finally:
        edited.forget()
    spared = [
        result
        for result in results.values()
        if is_spared(subjects(result.check, milestone), broken, milestone)
    ]
    lost = [
        Loss(r.check.name, broken, r.check.points - r.score, f"{r.verdict}: {r.message}"[:300])
        for r in spared
        if r.score < r.check.points
    ]
    return len(spared), lost


def is_spared(about: Collection[str], broken: Broken, milestone: Milestone) -> bool:
    """Return whether something broken must not cost a check that is ``about`` these functions and methods."""
    if broken.function:
        return broken.function not in about
    return not set(_functions(_handed_in(milestone)[broken.file])) & set(about)


def subjects(check: Check, milestone: Milestone) -> frozenset[str]:
    """Return the functions and methods that a check is about.

    That is what it declares to test. Where it declares nothing that there is, it is what it asks for by
    name and does not borrow, and all private methods of the classes among that: how a class divides its work is the
    student's affair.
    """
    key = milestone.reference, milestone.name, check.name
    if key not in _known:
        _known[key] = _subjects(check, milestone)
    return _known[key]


_known: dict[tuple[str, str, str], frozenset[str]] = {}


def _subjects(check: Check, milestone: Milestone) -> frozenset[str]:
    sources = _handed_in(milestone).values()
    there = {name for source in sources for name in (*_functions(source), *_classes(source))}
    named = {*check.tests} & there or {
        name for name in _asked(check, milestone) if name.partition(".")[0] not in check.borrows
    }
    classes = {name.partition(".")[0] for name in named}
    methods = {
        name
        for source in sources
        for name in _functions(source)
        if name in named
        or name.partition(".")[0] in named
        or (name.partition(".")[0] in classes and not _is_public(name))
    }
    return frozenset(methods)


def _checks(milestone: Milestone) -> list[Check]:
    return [check for check in milestone_content.checks(milestone) if not check.needs_images]


def _asked(check: Check, milestone: Milestone) -> set[str]:
    """Return the functions and methods that a check asks the student's library for by name."""
    recorder = _Recorder(reference_library(milestone))
    check_run = CheckRun(check, reference_library(milestone), 1, milestone)
    for index in range(len(check.cases)):
        check_run.run_case(Library(recorder, milestone.api), index)
    return recorder.asked


class _Recorder:
    """A transport that notes the names of what is asked for."""

    def __init__(self, library: LocalLibrary):
        self._inner: Transport = library._transport
        self._classes: dict[int, str] = {}
        self.asked: set[str] = set()

    @property
    def generation(self) -> int:
        return self._inner.generation

    def settle(self) -> None:
        self._inner.settle()

    def drop(self, generation: int, number: int) -> None:
        self._inner.drop(generation, number)

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        reply = self._inner.request(op, fields)
        name = str(fields.get("name", ""))
        if op in ("call", "make") and fields["result"] == "handle":
            self._classes[reply["handle"]] = name
            if op == "call":
                self.asked.add(f"{name}.__init__")
        elif op == "call":
            self.asked.add(name)
        elif op == "method":
            self.asked.add(f"{self._classes.get(fields['target'], '')}.{name}")
        return reply


@dataclass(frozen=True)
class _Whole:
    """An edit that replaces a whole file."""

    file: str
    text: str
    where: str = "whole file"

    def locate(self, source: str) -> tuple[int, int, str]:
        return 0, len(source), self.text


def _handed_in(milestone: Milestone) -> dict[str, str]:
    """Return the files of the package that students hand in, and their texts."""
    return _files(milestone.reference, milestone.name)


@functools.cache
def _files(package: str, milestone: str) -> dict[str, str]:
    root = reference_folder(package)
    texts = {
        path.relative_to(root).as_posix(): path.read_text("utf-8") for path in sorted(root.rglob("*.py"))
    }
    fence = re.compile(rf"### BEGIN SOLUTION {milestone}\b")
    return {file: text for file, text in texts.items() if fence.search(text)}


@functools.cache
def _functions(source: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a file, and the methods as ``Class.method``."""

    def found(nodes: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for node in nodes:
            if isinstance(node, ast.FunctionDef):
                yield prefix + node.name, node
            elif isinstance(node, ast.ClassDef) and not prefix:
                yield from found(node.body, f"{node.name}.")

    return dict(found(ast.parse(source).body, ""))


def _first_fence(lines: list[str], node: ast.FunctionDef) -> int:
    """Return the index of the line with which a constructor's first fence begins, or the one behind the constructor."""
    end = node.end_lineno or node.lineno
    return next((i for i in range(node.lineno, end) if "### BEGIN SOLUTION" in lines[i]), end)


def _classes(source: str) -> list[str]:
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]


def _is_public(name: str) -> bool:
    *owners, last = name.split(".")
    return not last.startswith("_") or (last == "__init__" and not owners[0].startswith("_"))

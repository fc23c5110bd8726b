"""Which functions of the reference a check runs: what is edited elsewhere leaves its result as it is."""

from __future__ import annotations

import ast
import functools
import sys
from types import FrameType
from typing import Any

from ..judging import milestone_content
from ..judging.check import Check, CheckResult
from ..judging.edited_reference import EditedReference
from ..judging.judge import run_check
from ..library.local import reference_folder, reference_library
from ..milestone import Milestone
from . import strength

Place = tuple[str, str]
"""A file, relative to the package, and a function or method in it."""


def untouched(milestone: Milestone, edited: EditedReference, seed: int) -> dict[str, CheckResult]:
    """Return the results, those of the reference, of the checks that run nothing that is edited."""
    places = edited_places(edited)
    if places is None:
        return {}
    return {
        name: result
        for name, (reached, result) in _runs(milestone, seed).items()
        if not reached & places and result.verdict == "passed"
    }


def edited_places(edited: EditedReference) -> frozenset[Place] | None:
    """Return the functions that are edited; None if something outside of all functions is."""
    root, places = reference_folder(edited.package), set()
    for edit in edited.edits:
        source = (root / edit.file).read_text(encoding="utf-8")
        begin, end, _ = edit.locate(source)
        lines = source.count("\n", 0, begin) + 1, source.count("\n", 0, end) + 1
        name = next(
            (name for name, first, last in _functions(source) if first <= lines[0] and lines[1] <= last), None
        )
        if name is None:
            return None
        places.add((edit.file, name))
    return frozenset(places)


@functools.cache
def _functions(source: str) -> tuple[tuple[str, int, int], ...]:
    """Return the functions and methods of a file with their first and last lines, decorators included."""
    found = []
    for node in ast.parse(source).body:
        owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef):
                first = min([inner.lineno, *(decorator.lineno for decorator in inner.decorator_list)])
                found.append((owner + inner.name, first, inner.end_lineno or inner.lineno))
    return tuple(found)


def _runs(milestone: Milestone, seed: int) -> dict[str, tuple[frozenset[Place], CheckResult]]:
    key = milestone.package, milestone.name, seed
    if key not in _known:
        checks = [check for check in milestone_content.checks(milestone) if not check.needs_images]
        _known[key] = {check.name: _run(check, milestone, seed) for check in checks}
    return _known[key]


_known: dict[tuple[str, str, int], dict[str, tuple[frozenset[Place], CheckResult]]] = {}


def _run(check: Check, milestone: Milestone, seed: int) -> tuple[frozenset[Place], CheckResult]:
    """Run a check on the reference, and note what it runs, on either side."""
    seen: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            # by the module's name: whoever has loaded it may have read it from another folder
            seen.add((str(frame.f_globals.get("__name__", "")), frame.f_code.co_qualname))

    right = reference_library(milestone)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        result = run_check(check, strength.reference(milestone), right, run_seed=seed, milestone=milestone)
    finally:
        sys.setprofile(before)
    packages = {milestone.package, milestone.reference}
    reached = {
        (_file_of(module), name.partition(".<locals>")[0])
        for module, name in seen
        if module.partition(".")[0] in packages
    }
    return frozenset(reached), result


def _file_of(module: str) -> str:
    """Return the file of a module, relative to its package."""
    package, _, rest = module.partition(".")
    inside = rest.replace(".", "/")
    is_package = not inside or (reference_folder(package) / inside).is_dir()
    return f"{inside}/__init__.py".lstrip("/") if is_package else f"{inside}.py"

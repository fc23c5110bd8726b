"""What lies in a milestone's room: its checks, named bugs and alternatives, and the nets of a simulated class."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.util
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from ..failures import CourseError, told
from ..library.local import reference_folder
from ..milestone import Milestone
from . import bug_catalogue
from .check import Check
from .edited_reference import EditedReference, Insertion, NamedBug


def checks(milestone: Milestone) -> Sequence[Check]:
    """Return the checks of a milestone: ``CHECKS`` of its module ``checks``.

    Raises
    ------
    LookupError
        If the milestone has no checks yet.
    CourseError
        If they cannot be imported, or ``CHECKS`` is not what it must be.
    """
    module = _module(milestone, "checks")
    if module is None:
        raise LookupError(f"milestone {milestone.name!r} has no checks yet")
    found = getattr(module, "CHECKS", None)
    if not isinstance(found, Sequence) or not all(isinstance(check, Check) for check in found):
        raise CourseError(
            f"{module.__file__} must end with CHECKS = (one_check, another, …): the functions with @check above them"
        )
    for check in found:
        if unknown := [name for name in check.borrows if name not in milestone.api]:
            there = ", ".join(milestone.api)
            raise CourseError(
                f"{module.__file__}: {check.name} borrows {unknown[0]!r}, which the milestone's api does not have; "
                f"it has: {there}"
            )
    return found


def bugs(milestone: Milestone) -> Sequence[NamedBug]:
    """Return the named bugs of a milestone, in its catalogues ``bugs*.txt``; empty if none are written yet."""
    return _bugs(milestone.room, milestone.reference)


def bug_files(milestone: Milestone) -> Sequence[Path]:
    """Return the files that the named bugs of a milestone are written in."""
    return _catalogues(milestone.room, "bugs")


def pass_throughs(milestone: Milestone) -> Sequence[NamedBug]:
    """Return what every part of the work would give if it returned its input: the plainest way to be unwritten.

    The way back of a function passes with it, as its cache holds nothing. Functions whose first array is not
    something that could stand for the result are among them: nobody gives their values.
    """
    own = {
        function: tuple(c.name for c in checks(milestone) if function in c.tests)
        for function in milestone.api
    }
    return [
        replace(bug, concerns=own.get(function, ()))
        for function, bug in _pass_throughs(milestone.name, milestone.reference).items()
    ]


def known_mistakes(milestone: Milestone) -> Sequence[NamedBug]:
    """Return all that a grader can name: what does nothing, and the named bugs."""
    return *pass_throughs(milestone), *bugs(milestone)


def home_mistakes(milestone: Milestone) -> Sequence[NamedBug]:
    """Return mistakes that only the visible checks name, in catalogues ``home*.txt``; empty if none are written."""
    return bug_catalogue.bugs(_catalogues(milestone.room, "home"), milestone.package)


def alternatives(milestone: Milestone) -> Mapping[str, EditedReference]:
    """Return a milestone's alternatives, in its catalogues ``alternatives*.txt``; empty if none are written yet.

    Each must earn every point on every seed.
    """
    return _alternatives(milestone.room, milestone.reference)


def simulated_nets(milestone: Milestone) -> Callable[[str | None], Mapping[str, bytes]] | None:
    """Return what makes the stored nets that a simulated class hands in: ``train`` of the module ``simulated_nets``.

    It gets the folder with images, ``"offline"`` or None for ``$NNDL_DATA``, and returns a file ``"tuned"`` and a
    file ``"untuned"``. None if the milestone has none.
    """
    module = _module(milestone, "simulated_nets")
    return module.train if module else None


def digest(milestone: Milestone) -> str:
    """Return a SHA-256 over everything of the course that decides about points.

    That is the code and the catalogues in the milestone's room, what lies between the rooms, the reference, and what
    the course says of extra credit. Files are read once in the life of a process, as modules are.
    """
    files = _digest(milestone.room, milestone.reference)
    if not milestone.extra_credit:
        return files
    extra = json.dumps(dict(milestone.extra_credit), sort_keys=True)
    return hashlib.sha256(f"{files} {extra}".encode()).hexdigest()


@functools.cache
def _digest(room: str, package: str) -> str:
    rooms, _, _ = room.rpartition(".")
    shared = [path for folder in _folders(rooms) for path in folder.glob("*.py")] if rooms else []
    own = [path for folder in _folders(room) for path in (*folder.rglob("*.py"), *folder.rglob("*.txt"))]
    reference = [path for folder in _folders(package) for path in folder.rglob("*.py")]
    whole = hashlib.sha256()
    for files in (shared, own, reference):
        for path in sorted(files):
            whole.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _folders(package: str) -> list[Path]:
    return [Path(folder) for folder in importlib.import_module(package).__path__]


def _module(milestone: Milestone, name: str) -> ModuleType | None:
    """Return a module of the room; None if the room does not have it."""
    module = f"{milestone.room}.{name}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name == module:
            return None
        raise _not_importable(module, error) from error
    except Exception as error:
        raise _not_importable(module, error) from error


def _not_importable(module: str, error: Exception) -> CourseError:
    spec = importlib.util.find_spec(module)
    return CourseError(f"{spec.origin if spec else module} cannot be imported: {told(error)}")


@functools.cache
def _bugs(room: str, package: str) -> Sequence[NamedBug]:
    return bug_catalogue.bugs(_catalogues(room, "bugs"), package)


@functools.cache
def _alternatives(room: str, package: str) -> Mapping[str, EditedReference]:
    return bug_catalogue.alternatives(_catalogues(room, "alternatives"), package)


@functools.cache
def _pass_throughs(milestone: str, package: str) -> Mapping[str, NamedBug]:
    functions: dict[tuple[str, str], tuple[Insertion, ...]] = {}
    root = reference_folder(package)
    for path in sorted(root.rglob("*.py")):
        source = path.read_text(encoding="utf-8", errors="replace")
        if f"### BEGIN SOLUTION {milestone}\n" in source:
            file = path.relative_to(root).as_posix()
            functions |= {(file, name): edits for name, edits in _passing_input(file, source, milestone)}
    found = {}
    for (file, name), edits in functions.items():
        stem = name.removesuffix("_forward")
        back = (f"{name}_backward", f"{stem}_backward", f"{stem}_backward_alt")
        together = dict.fromkeys(edit for other in back for edit in functions.get((file, other), ()))
        edited = EditedReference(
            f"{name.replace('._', '_').replace('.', '_')}_gives_back_its_input",
            (*edits, *(edit for edit in together if edit not in edits)),
            package,
        )
        explanation = f"It is as if {name} gave its input back unchanged."
        hint = "Is it written, is it called, and do its settings reach what it calls?"
        found[name] = NamedBug(edited, explanation, hint, (), simple=True)
    return found


def _passing_input(file: str, source: str, milestone: str) -> Iterator[tuple[str, tuple[Insertion, ...]]]:
    """Yield each function with fences of the milestone, and the edit that lets it return its first array at once."""
    lines = source.split("\n")
    begins = [n for n, line in enumerate(lines, 1) if line.strip() == f"### BEGIN SOLUTION {milestone}"]
    for name, node in _functions(ast.parse(source)):
        assert node.end_lineno is not None
        arrays = [a.arg for a in node.args.args if a.annotation and "ndarray" in ast.unparse(a.annotation)]
        number = _number_of_values(node)
        if not arrays or not number or not any(node.lineno < begin < node.end_lineno for begin in begins):
            continue
        value = ", ".join([arrays[0], *["None"] * (number - 1)])
        body = node.body[1:] if ast.get_docstring(node) else node.body
        if body:
            decorators = getattr(body[0], "decorator_list", [])
            line = min([body[0].lineno, *(decorator.lineno for decorator in decorators)])
            yield name, (Insertion(file, line, f"return {value}"),)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{inner.name}", inner)
                for inner in node.body
                if isinstance(inner, ast.FunctionDef)
            )


def _number_of_values(node: ast.FunctionDef) -> int:
    """Return how many values a function returns; 0 for a dict or nothing."""
    kind = node.returns
    if kind is None or "dict" in ast.unparse(kind) or ast.unparse(kind) == "None":
        return 0
    if isinstance(kind, ast.Subscript) and ast.unparse(kind.value) == "tuple":
        return len(kind.slice.elts) if isinstance(kind.slice, ast.Tuple) else 1
    return 1


def _catalogues(room: str, kind: str) -> list[Path]:
    files = [path for folder in _folders(room) for path in folder.glob("*.txt")]
    return [path for path in files if re.fullmatch(rf"{kind}(_\w+)?", path.stem)]

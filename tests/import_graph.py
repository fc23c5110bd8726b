"""Which module of a package imports which, read from the sources: nothing is imported to find out.

Every import counts: those inside functions, which delay a circle but do not remove it, and those under
``TYPE_CHECKING``, because whoever reads an annotation has to know the other module, too.
"""

from __future__ import annotations

import ast
import functools
import graphlib
from collections.abc import Iterator, Mapping
from pathlib import Path

Graph = Mapping[str, set[str]]
"""Module or room → what it imports."""

GENERATED = {".so", ".c", ".pyc"}


def modules(folder: Path) -> list[Path]:
    """Return the Python files of a folder and all folders in it."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path, package: Path) -> str:
    """Return the dotted name of a file: ``autograder.judging`` for ``judging/__init__.py``."""
    parts = [package.name, *path.relative_to(package).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def _statements(source: str) -> tuple[tuple[int, str, str], ...]:
    """Return each import of a source as the level of a relative import, the module and the name (or nothing)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.level, node.module or "", alias.name) for alias in node.names]
    return tuple(found)


def _imports(path: Path, package: Path) -> Iterator[tuple[str, str]]:
    """Yield each import of a file as an absolute module, and the full name of what is taken from it."""
    parts = [package.name, *path.relative_to(package).with_suffix("").parts]
    for level, module, name in _statements(path.read_text(encoding="utf-8")):
        base = ".".join(parts[: len(parts) - level]) if level else ""
        full = ".".join(filter(None, (base, module)))
        yield full, f"{full}.{name}" if name else full


def imported(path: Path, package: Path) -> set[str]:
    """Return the absolute names of all that a file imports: modules, and names from modules."""
    return {name for pair in _imports(path, package) for name in pair}


def module_graph(package: Path) -> Graph:
    """Return which module of a package imports which of its modules.

    ``from .room import module`` is an import of the module, ``from .room import function`` one of the room.
    """
    files = {name_of(path, package): path for path in modules(package)}
    return {
        importer: {
            name if name in files else module
            for module, name in _imports(path, package)
            if name in files or module in files
        }
        for importer, path in files.items()
    }


def room_of(module: str, files: Mapping[str, Path]) -> str:
    """Return the folder that a module lies in; what lies at the top of the package is a room of its own."""
    is_package = files[module].name == "__init__.py"
    room = module if is_package else module.rpartition(".")[0]
    return room if "." in room else module


def room_graph(package: Path) -> Graph:
    """Return which room of a package imports from which other room."""
    files = {name_of(path, package): path for path in modules(package)}
    rooms: dict[str, set[str]] = {}
    for importer, imported in module_graph(package).items():
        here = room_of(importer, files)
        rooms.setdefault(here, set()).update({room_of(module, files) for module in imported} - {here})
    return rooms


def circle(graph: Graph) -> list[str]:
    """Return one circle of a graph, its first name also at the end; empty if there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(reversed(error.args[1]))  # the sorter lists who is imported first
    return []


def files_in(folder: Path) -> list[str]:
    """Return the files that lie directly in a folder, without what a build or a run leaves there."""
    return sorted(p.name for p in folder.iterdir() if p.is_file() and p.suffix not in GENERATED)


def rooms_in(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and each folder inside it that holds files, as a relative path, with its files."""
    for path in (folder, *sorted(p for p in folder.rglob("*") if p.is_dir())):
        files = files_in(path)
        if files and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts):
            yield path.relative_to(folder).as_posix(), files

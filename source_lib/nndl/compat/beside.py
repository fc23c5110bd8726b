"""What lies beside the notebook: the course's own package, and its data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

LIBRARY_FOLDER = Path(__file__).resolve().parents[1]

#: Where the courses keep their data, relative to the notebook or to a folder above it.
_DATA_FOLDERS = ("cs231n/datasets", "utils/datasets", "datasets", ".")


def course_package(name: str) -> ModuleSpec | None:
    """Return where Python would find the first package or module ``name`` that is not this library's."""
    for entry in sys.path:
        spec = PathFinder.find_spec(name, [entry])
        if spec is None or package_folder(spec) == LIBRARY_FOLDER:
            continue
        # without an __init__.py any folder of the name would do: only one with modules is a course's
        if spec.origin is not None or module_files(package_folder(spec)):
            return spec
    return None


def is_library(module: ModuleType | None) -> bool:
    """Return whether a module is this library's package, and not another one of that name."""
    return any(Path(place).resolve() == LIBRARY_FOLDER for place in getattr(module, "__path__", ()))


def place(spec: ModuleSpec) -> str:
    """Return where a package or module lies, for a message."""
    return str(spec.origin or package_folder(spec))


def package_folder(spec: ModuleSpec) -> Path | None:
    """Return the folder of a package; None for a single module."""
    for location in spec.submodule_search_locations or ():
        return Path(location).resolve()
    return None


def module_files(folder: Path | None) -> list[str]:
    """Return the names of the modules in a folder, subfolders included; none without a folder."""
    if folder is None:
        return []
    paths = sorted(folder.rglob("*.py"))
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [name for name in names if not name.endswith("__init__.py") and not name.startswith(".")]


def find_data(name: str) -> Path | None:
    """Return the file or folder ``name`` where a course keeps it, beside the notebook or above it."""
    here = Path.cwd()
    for candidate in _candidates((here, *here.parents)):
        if (candidate / name).exists():
            return candidate / name
    return None


def _candidates(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        for data_folder in _DATA_FOLDERS:
            yield folder / data_folder

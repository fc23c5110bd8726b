"""Which files a sandbox shows: the Python installation, the allowed libraries, and nothing else.

Libraries are found by their distribution's own list of files and shown one by one, never as a whole
``site-packages``: that folder also holds the autograder, and through editable installs leads to the repository.
"""

from __future__ import annotations

import functools
import glob
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from packaging.requirements import Requirement

PYTHON_PATH = "/libraries"
"""Folder of the sandbox that holds the allowed libraries."""

SYSTEM = "/usr"

_PACKAGE_FOLDERS = (
    "/usr/lib*/python3*/dist-packages",
    "/usr/lib*/python3*/site-packages",
    "/usr/local/lib*/python3*/dist-packages",
    "/usr/local/lib*/python3*/site-packages",
)


@dataclass(frozen=True)
class Bind:
    """One path of this machine, shown in a sandbox as ``target``; read-only unless ``writable``."""

    source: str
    target: str
    writable: bool = False


def python_executable() -> str:
    """Return the interpreter of the base installation, to which virtual environments and links lead."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def standard_library() -> str:
    """Return the folder of the standard library."""
    return os.path.dirname(os.path.realpath(os.__file__))


def python_binds() -> list[Bind]:
    """Return what the base installation of Python needs besides ``/usr``, which is always shown.

    For an installation elsewhere, e.g. in a home folder, that is the interpreter itself and the ``lib`` folder.
    """
    library = os.path.dirname(standard_library())
    return [Bind(path, path) for path in (python_executable(), library) if not within(path, SYSTEM)]


def masked_folders(packages: Sequence[str]) -> list[str]:
    """Return the folders under the ones shown that must look empty: where packages are installed, and this project.

    Parameters
    ----------
    packages : sequence of str
        Names of packages that belong to the project besides the autograder.
    """
    found = {os.path.join(standard_library(), "site-packages")}
    for pattern in _PACKAGE_FOLDERS:
        found.update(os.path.realpath(path) for path in glob.glob(pattern))
    for package in ("autograder", *packages):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            # the folder that holds the package is the root of the repository or of one distribution
            found.add(os.path.dirname(os.path.realpath(folder)))
    shown = [SYSTEM, *(bind.source for bind in python_binds())]
    inside = [path for path in found if os.path.isdir(path) and any(within(path, s) for s in shown)]
    return sorted(p for p in inside if not any(within(p, other) for other in inside if other != p))


@functools.cache
def library_binds(names: tuple[str, ...]) -> tuple[Bind, ...]:
    """Return binds that show importable packages, and what they require, under `PYTHON_PATH`.

    Parameters
    ----------
    names : tuple of str
        Names of packages or distributions, e.g. ``("numpy", "torch")``.

    Raises
    ------
    ModuleNotFoundError
        If one is not installed.
    """
    binds: dict[str, Bind] = {}
    wanted, seen = list(names), set()
    while wanted:
        name = wanted.pop()
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        distribution = _distribution(name)
        for entry in _entries(distribution):
            source = os.path.realpath(str(distribution.locate_file(entry)))
            if os.path.exists(source):
                binds[entry] = Bind(source, f"{PYTHON_PATH}/{entry}")
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    return tuple(binds[entry] for entry in sorted(binds))


def _distribution(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        owners = metadata.packages_distributions().get(name)
        if not owners:
            raise ModuleNotFoundError(f"the library {name} is not installed", name=name) from None
        return metadata.distribution(owners[0])


def _entries(distribution: metadata.Distribution) -> set[str]:
    """Return the names directly under ``site-packages`` that belong to a distribution."""
    tops = {file.parts[0] for file in distribution.files or ()}
    return {
        t
        for t in tops
        if t not in ("..", "__pycache__") and not t.endswith(".pth") and "__editable__" not in t
    }


def within(path: str, folder: str) -> bool:
    """Return whether ``path`` is ``folder`` or lies below it."""
    return os.path.commonpath([path, folder]) == folder
